"""Replies of other servers: dnspython writes them, with all the compression that it knows."""

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.wire.edns import ClientSubnet
from dnsemu.wire.received_reply import read_reply

LABELS = st.lists(st.sampled_from([b"a", b"B", b"bb", b"Www", b"c" * 63]), max_size=3)
TYPES = {
    "A": (b"\xc0\x00\x02\x01", 0, b""),
    "TXT": (b"\x03abc", 0, b""),
    "APL": (b"", 0, b""),
    "NS": (b"", 1, b""),
    "DNAME": (b"", 1, b""),
    "MX": (b"\x00\x0a", 1, b""),
    "SRV": (bytes(6), 1, b""),
    "NAPTR": (bytes(4) + b"\x01u\x00\x05a\xc0b.c", 1, b""),
    "RP": (b"", 2, b""),
    "SOA": (b"", 2, bytes(20)),
}
"""The rdata of each type: the bytes before the names, the number of names, and the bytes after them."""


def wire(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"


def rdata_of(type_, names):
    before, count, after = TYPES[type_]
    return before + b"".join(map(wire, names[:count])) + after


RECORDS = st.lists(st.tuples(LABELS, st.sampled_from(sorted(TYPES)), st.tuples(LABELS, LABELS)), max_size=8)


def message(sections, flags=0x8000):
    reply = dns.message.Message(7)
    reply.flags = flags
    reply.question = [dns.rrset.RRset(dns.name.from_text("a.bb."), dns.rdataclass.IN, dns.rdatatype.A)]
    for section, records in zip((reply.answer, reply.authority, reply.additional), sections, strict=False):
        for owner, type_, names in records:
            rdata = rdata_of(type_, names)
            kind = dns.rdatatype.from_text(type_)
            parsed = dns.rdata.from_wire(dns.rdataclass.IN, kind, rdata, 0, len(rdata))
            section.append(dns.rrset.from_rdata(dns.name.from_wire(wire(owner), 0)[0], 60, parsed))
    return reply


def folded(records):
    """Records in lower case: dnspython's compression changes the case of names."""
    return [(owner.lower(), type_, ttl, rdata.lower()) for owner, type_, ttl, rdata in records]


@given(st.tuples(RECORDS, RECORDS, RECORDS))
def test_replies_read_back_as_they_were_written(sections):
    """RFC 1035 §4.1.4, RFC 3597 §4."""
    found = read_reply(message(sections).to_wire(max_size=65535))
    for read, written in zip((found.answer, found.authority, found.additional), sections, strict=True):
        expected = [
            (wire(owner), dns.rdatatype.from_text(type_), 60, rdata_of(type_, names)) for owner, type_, names in written
        ]
        assert folded(read) == folded(expected)


@given(st.tuples(RECORDS, RECORDS), st.data())
def test_a_damaged_reply_is_read_or_refused(sections, data):
    packet = bytearray(message(sections).to_wire(max_size=65535))
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(4, len(packet) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_reply(bytes(packet[: data.draw(st.integers(0, len(packet)))]))
    except ValueError:
        return
    assert all(len(owner) <= 255 for owner, *_ in found.answer)


@given(RECORDS, st.data())
def test_a_truncated_reply_gives_its_whole_records(records, data):
    packet = message([records], flags=0x8200).to_wire(max_size=65535)
    whole = read_reply(packet).answer
    found = read_reply(packet[: data.draw(st.integers(12, len(packet)))])
    assert found.is_truncated
    assert found.answer == whole[: len(found.answer)]


HEADER = b"\x00\x07\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00"
A = b"\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"
MX = b"\x00\x0f\x00\x01\x00\x00\x00\x3c"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"\xc0\x0c" + A, id="a pointer to itself"),
        pytest.param(b"\xc0\x20" + A, id="a pointer that leads on"),
        pytest.param(b"\x40a\x00" + A, id="a label of an unknown kind"),
        pytest.param((b"\x3f" + b"a" * 63) * 4 + b"\x00" + A, id="a name of 257 bytes"),
        pytest.param(b"\x00" + A[:-1], id="half an address"),
        pytest.param(b"\x00" + MX + b"\x00\x04\x00\x0a\x01a", id="a name that ends outside the packet"),
        pytest.param(b"\x00" + MX + b"\x00\x03\x00\x0a\x01a\x00", id="a name that ends outside its record"),
        pytest.param(b"\x00" + MX + b"\x00\x00", id="no rdata where there must be some"),
        pytest.param(b"", id="no record at all"),
    ],
)
def test_malformed(record):
    with pytest.raises(ValueError, match="malformed"):
        read_reply(HEADER + record)


def test_records_of_other_classes_are_left_out():
    chaos = b"\x00" + A[:3] + b"\x03" + A[4:]
    assert read_reply(HEADER + chaos).answer == []


def test_the_rcode_has_the_bits_of_the_opt_record():
    reply = message([])
    reply.use_edns(0)
    reply.set_rcode(dns.rcode.BADVERS)
    found = read_reply(reply.to_wire())
    assert (found.rcode, found.opt_options, found.additional) == (16, b"", [])


@pytest.mark.parametrize(
    ("option", "scope_bits"),
    [
        pytest.param(dns.edns.ECSOption("192.0.2.0", 24, 20), 20, id="R132 its own"),
        pytest.param(dns.edns.ECSOption("192.0.3.0", 24, 20), 0, id="another network"),
        pytest.param(dns.edns.ECSOption("192.0.2.0", 25, 20), 0, id="another length"),
        pytest.param(dns.edns.GenericOption(10, b"12345678"), 0, id="none"),
        pytest.param(dns.edns.GenericOption(8, b"\x00"), 0, id="half a client subnet"),
    ],
)
def test_the_scope_of_the_client_subnet_that_was_sent(option, scope_bits):
    reply = message([])
    reply.use_edns(0, options=[dns.edns.GenericOption(10, b"12345678"), option])
    assert read_reply(reply.to_wire()).scope_bits(ClientSubnet(1, 24, b"\xc0\x00\x02")) == scope_bits


def test_without_a_client_subnet_the_scope_is_0():
    assert read_reply(message([]).to_wire()).scope_bits(None) == 0
    assert read_reply(message([]).to_wire()).scope_bits(ClientSubnet(1, 24, b"\xc0\x00\x02")) == 0
