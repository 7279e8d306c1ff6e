"""RFC 1035: messages, names and rdata (§2.3.4, §3, §4)."""

import struct

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import pytest

from tests.conformance.facts import data, nxdomain
from tests.conformance.zones import LONG_LABEL, LONGEST_NAME

HASH = "d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"

VALUES = [
    pytest.param("a", "A", data("a 60 A 192.0.2.10"), id="RFC 1035 3.4.1: A"),
    pytest.param("c1", "CNAME", data("c1 60 CNAME a"), id="RFC 1035 3.3.1: CNAME"),
    pytest.param("mx", "MX", data("mx 60 MX 10 mail", "mx 60 MX 20 mail.elsewhere.test."), id="RFC 1035 3.3.9: MX"),
    pytest.param("@", "NS", data("@ 3600 NS ns1", "@ 3600 NS ns2.elsewhere.test."), id="RFC 1035 3.3.11: NS"),
    pytest.param("ptr", "PTR", data("ptr 60 PTR a"), id="RFC 1035 3.3.12: PTR"),
    pytest.param("@", "SOA", data("@ 900 SOA ns1 hostmaster 2026010100 7200 900 1209600 300"), id="RFC 1035 3.3.13: SOA"),
    pytest.param("txt", "TXT", data('txt 60 TXT "one" "two" ""'), id="RFC 1035 3.3.14: TXT of several strings, one empty"),
    pytest.param("octets", "TXT", data(r'octets 60 TXT "\000\127\255\"\\"'), id="RFC 1035 3.3: character strings hold any octet"),
    pytest.param("aaaa", "AAAA", data("aaaa 60 AAAA 2001:db8::10"), id="RFC 3596 2.2: AAAA"),
    pytest.param("srv", "SRV", data("srv 60 SRV 1 2 5060 mail"), id="RFC 2782: SRV"),
    pytest.param("naptr", "NAPTR", data('naptr 60 NAPTR 100 10 "S" "SIP+D2U" "" srv'), id="RFC 3403 4.1: NAPTR"),
    pytest.param("spf", "SPF", data('spf 60 SPF "v=spf1 -all"'), id="RFC 4408 3.1.1: SPF"),
    pytest.param("sshfp", "SSHFP", data("sshfp 60 SSHFP 1 1 123456789abcdef67890123456789abcdef67890"), id="RFC 4255 3.1: SSHFP"),
    pytest.param("tlsa", "TLSA", data(f"tlsa 60 TLSA 3 1 1 {HASH}"), id="RFC 6698 2.1: TLSA"),
    pytest.param("caa", "CAA", data('caa 60 CAA 0 issue "ca.elsewhere.test"'), id="RFC 8659 4.1: CAA"),
    pytest.param("svcb", "SVCB", data('svcb 60 SVCB 1 mail alpn="h2,h3" port="8443" ipv4hint="192.0.2.10"'), id="RFC 9460 2.2: SVCB"),
    pytest.param("https", "HTTPS", data('https 60 HTTPS 1 . alpn="h2" ipv6hint="2001:db8::10"'), id="RFC 9460 2.2: HTTPS"),
]  # fmt: skip

NAMES = [
    pytest.param(LONG_LABEL, data(f"{LONG_LABEL} 60 A 192.0.2.34"), id="RFC 1035 2.3.4: a label of 63 octets"),
    pytest.param(LONGEST_NAME, data(f"{LONGEST_NAME} 60 A 192.0.2.35"), id="RFC 1035 2.3.4: a name of 255 octets"),
    pytest.param(
        LONGEST_NAME.replace("y", "z"), nxdomain(), id="RFC 1035 2.3.4: a name of 255 octets that does not exist"
    ),
    pytest.param(
        "x." * 119 + "wild", data("x." * 119 + "wild 60 A 192.0.2.7"), id="RFC 1035 3.1: a name of 122 labels"
    ),
]


@pytest.mark.parametrize(("name", "type_", "expected"), VALUES)
@pytest.mark.parametrize("over", [pytest.param(dns.query.udp, id="UDP"), pytest.param(dns.query.tcp, id="TCP")])
def test_a_value_is_read_back_by_an_independent_reader(ask, assert_agrees, name, type_, expected, over):
    assert_agrees(ask(name, type_, over=over), expected)


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_names_as_long_as_they_may_be(ask, assert_agrees, name, expected):
    assert_agrees(ask(name), expected)


@pytest.mark.parametrize(
    ("name", "type_", "size", "expected"),
    [
        pytest.param(
            "a", "A", 512, {"tc": False, "values": 1}, id="RFC 1035 4.2.1: a reply of up to 512 octets is whole"
        ),
        pytest.param("medium", "TXT", 512, {"tc": True}, id="RFC 1035 4.2.1: more than 512 octets are truncated"),
        pytest.param("huge", "TXT", 512, {"tc": True}, id="RFC 1035 4.1.1: far more than 512 octets are truncated"),
    ],
)
def test_truncation(exchange, assert_agrees, name, type_, size, expected):
    query = dns.message.make_query(f"{name}.conf.test.", type_)
    packet = exchange(query.to_wire())
    assert len(packet) <= size
    assert_agrees(dns.message.from_wire(packet), expected)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        pytest.param(
            "wWw.wILd", b"\3wWw\4wILd\4cOnF\4TeSt\0", id="RFC 1035 4.1.2: the question comes back as it was sent"
        )
    ],
)
def test_the_question_section(exchange, assert_agrees, name, spelled):
    query = dns.message.make_query(dns.name.from_text(f"{name}.cOnF.TeSt."), "A")
    packet = exchange(query.to_wire())
    assert_agrees({"question": packet[12 : 12 + len(spelled)]}, {"question": spelled})


@pytest.mark.parametrize(
    ("name", "suffix", "times"),
    [
        pytest.param("mx", b"\4conf\4test\0", 1, id="RFC 1035 4.1.4: names in an answer are compressed"),
        pytest.param(
            "srv", b"\4mail\4conf\4test\0", 1, id="RFC 3597 4: names in rdata of later types are not compressed"
        ),
    ],
)
def test_compression(exchange, assert_agrees, name, suffix, times):
    packet = exchange(dns.message.make_query(f"{name}.conf.test.", name.upper()).to_wire())
    dns.message.from_wire(packet)
    assert_agrees({"times": packet.count(suffix)}, {"times": times})


HEADER_OPCODES = [
    pytest.param(1, "NOTIMP", id="RFC 1035 4.1.1: opcode IQUERY is not implemented (RFC 3425 3)"),
    pytest.param(2, "NOTIMP", id="RFC 1035 4.1.1: opcode STATUS is not implemented"),
    pytest.param(3, "NOTIMP", id="RFC 1035 4.1.1: an unassigned opcode is not implemented"),
    pytest.param(4, "NOTIMP", id="RFC 1996 3.12: NOTIFY where nothing is secondary"),
    pytest.param(5, "NOTIMP", id="RFC 2136 2.2: UPDATE where nothing may be updated"),
]


@pytest.mark.parametrize(("opcode", "rcode"), HEADER_OPCODES)
def test_other_opcodes(exchange, assert_agrees, opcode, rcode):
    query = dns.message.make_query("conf.test.", "SOA", id=4711)
    query.set_opcode(opcode)
    id, flags = struct.unpack("!HH", exchange(query.to_wire())[:4])
    assert (id, flags >> 15, flags >> 11 & 15) == (4711, 1, opcode)
    assert_agrees({"rcode": dns.rcode.to_text(flags & 15)}, {"rcode": rcode})


HEADER = struct.Struct("!HHHHHH")
QUESTION = b"\1a\4conf\4test\0\0\1\0\1"


@pytest.mark.parametrize(
    ("packet", "rcode"),
    [
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 0), "FORMERR", id="RFC 1035 4.1.1: a missing question is a format error"),
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 0) + QUESTION[:-1], "FORMERR", id="RFC 1035 4.1.1: half a question"),
        pytest.param(HEADER.pack(1, 0, 2, 0, 0, 0) + QUESTION * 2, "FORMERR", id="RFC 9619 4: two questions"),
        pytest.param(HEADER.pack(1, 0, 0, 0, 0, 0), "FORMERR", id="RFC 1035 4.1.2: no question"),
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 1) + QUESTION, "FORMERR", id="RFC 1035 4.1.1: a missing record is a format error"),
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 0) + b"\x41" + QUESTION, "FORMERR", id="RFC 1035 4.1.4: label types 01 and 10 are reserved"),
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1", "FORMERR", id="RFC 1035 4.1.4: a pointer to itself"),
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 0) + QUESTION[:-4] + b"\0\1\0\3", "REFUSED", id="RFC 1035 3.2.4: class CH"),
    ],
)  # fmt: skip
def test_queries_that_cannot_be_answered(exchange, assert_agrees, packet, rcode):
    reply = exchange(packet)
    if reply is None:
        assert_agrees({"rcode": "silence"}, {"rcode": rcode})
        return
    id, flags = struct.unpack("!HH", reply[:4])
    assert (id, flags >> 15) == (1, 1)
    assert_agrees({"rcode": dns.rcode.to_text(flags & 15)}, {"rcode": rcode})


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(HEADER.pack(1, 0, 1, 0, 0, 0)[:11], id="RFC 1035 4.1.1: less than a header is not answered"),
        pytest.param(HEADER.pack(1, 0x8000, 1, 0, 0, 0) + QUESTION, id="RFC 1035 7.3: a reply is not answered"),
    ],
)
def test_silence(exchange, assert_agrees, packet):
    assert_agrees({"is_answered": exchange(packet) is not None}, {"is_answered": False})


@pytest.mark.parametrize("type_", [pytest.param("AXFR", id="RFC 5936 2.2.1: a transfer that is not allowed")])
def test_transfers(ask, assert_agrees, type_):
    assert_agrees(ask("@", type_, over=dns.query.tcp), {"rcode": "REFUSED", "values": 0})
