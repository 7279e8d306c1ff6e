"""Messages: flags, sizes, compression, EDNS, ECS, and packets that are not queries (routing.md §6–§7)."""

import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.config.model.geo import DeclaredPlace, Geo, GeoNetwork
from dnsemu.policies.location.place import Place
from dnsemu.wire.edns import parse_client_subnet
from dnsemu.wire.query import Query, Rejected, Unanswerable, parse_query
from dnsemu.wire.rendering import render
from dnsemu.wire.reply import Reply
from tests.asking import Server, ecs, flags, lines, rcode
from tests.builders import geo, latency, record_set, weighted, zone
from tests.rounds import rounds


@pytest.fixture(scope="module")
def server():
    from ipaddress import ip_network

    networks = (
        GeoNetwork(ip_network("203.0.113.0/24"), DeclaredPlace(country="JP")),
        GeoNetwork(ip_network("2001:db8:1::/48"), DeclaredPlace(country="JP")),
    )
    return Server(
        zone(
            "example.test",
            record_set("example.test", values="192.0.2.1"),
            record_set("many.example.test", values=[f"192.0.2.{n}" for n in range(1, 29)]),
            record_set("more.example.test", values=[f"198.51.{n // 250}.{n % 250 + 1}" for n in range(300)]),
            record_set("huge.example.test", "TXT", [f'"{n:03}{"x" * 240}"' for n in range(300)]),
            geo("geo.example.test", "jp", country="JP", values="192.0.2.81"),
            geo("geo.example.test", "*", country="*", values="192.0.2.99"),
            record_set("alias.example.test", alias="geo.example.test"),
            record_set("cname.example.test", "CNAME", "geo.example.test"),
            weighted("w.example.test", 1, "a", alias="geo.example.test"),
            latency("l.example.test", "ap-northeast-1", values="192.0.2.82"),
            latency("l.example.test", "us-east-1", values="192.0.2.83"),
        ),
        geo=Geo(networks=networks),
    )


def test_r140_flags(server):
    query = dns.message.make_query("example.test", "A", flags=dns.flags.RD | dns.flags.CD | dns.flags.AD)
    reply = dns.message.from_wire(server.raw(query.to_wire()))
    assert flags(reply) == {"QR", "AA", "RD", "CD"}  # RD and CD copied; RA and AD never
    query.flags = 0
    assert flags(dns.message.from_wire(server.raw(query.to_wire()))) == {"QR", "AA"}


def test_r141_the_question_keeps_its_case_and_owner_names_follow_it(server):
    query = dns.message.make_query(dns.name.from_text("eXaMpLe.TeSt"), "A")
    wire = server.raw(query.to_wire())
    assert b"\x07eXaMpLe\x04TeSt\x00" in wire
    reply = dns.message.from_wire(wire)
    assert reply.answer[0].name.to_text() == "eXaMpLe.TeSt."


def test_names_are_compressed(server):
    wire = server.raw(dns.message.make_query("example.test", "NS").to_wire())
    assert wire.count(b"awsdns") == 2
    assert wire.count(b"\x07example") == 1


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from([b"a", b"B", b"bb", b"www"]), max_size=5),
            st.sampled_from(["A", "NS", "MX", "SOA", "TXT"]),
            st.lists(st.sampled_from([b"a", b"A", b"bb", b"net"]), max_size=4),
        ),
        max_size=12,
    )
)
def test_compressed_messages_read_back_as_they_were_written(rows):
    """RFC 1035 §4.1.4, RFC 3597 §4: dnspython reads each record as it was written, names in rdata in their case."""
    from dnsemu.config.rdata.rrtypes import RRType

    question = b"\x01a\x02bb\x00\x00\x01\x00\x01"
    records = []
    for owner, type_, host in rows:
        name = b"".join(bytes([len(part)]) + part for part in owner) + b"\x00"
        target = b"".join(bytes([len(part)]) + part for part in host) + b"\x00"
        rdata = {
            "A": b"\xc0\x00\x02\x01",
            "NS": target,
            "MX": b"\x00\x0a" + target,
            "SOA": target + target + bytes(20),
            "TXT": b"\x03abc",
        }[type_]
        records.append((name.lower(), int(RRType[type_]), 60, rdata))
    wire = render(
        Query(1, 0, question, question[:-4], 1, 1, None), Reply(0, is_authoritative=True, answer=records), 65535
    )
    found = dns.message.from_wire(wire, one_rr_per_rrset=True)
    texts = [(rrset.name.to_wire().lower(), int(rrset.rdtype), rrset[0].to_wire()) for rrset in found.answer]
    assert texts == [(owner, type_, rdata) for owner, type_, _, rdata in records]


@pytest.mark.parametrize(
    ("name", "payload", "limit"),
    [
        pytest.param("more.example.test", None, 512, id="R137.1 plain UDP: at most 512 bytes"),
        pytest.param("more.example.test", 100, 512, id="R137.2 a tiny advertised size counts as 512"),
        pytest.param("more.example.test", 1232, 1232, id="R137.3 EDNS: at most what is advertised"),
        pytest.param("more.example.test", 65000, 4096, id="R137.4 EDNS: never above 4096"),
    ],
)
def test_r139_a_reply_that_does_not_fit_is_truncated_to_nothing(server, name, payload, limit):
    edns = {"use_edns": 0, "payload": payload} if payload else {}
    query = dns.message.make_query(name, "A", **edns)
    wire = server.raw(query.to_wire())
    reply = dns.message.from_wire(wire)
    assert len(wire) <= limit
    assert flags(reply) == {"QR", "AA", "TC", "RD"}
    assert (reply.answer, reply.authority, reply.additional) == ([], [], [])
    assert reply.edns == (0 if payload else -1)


@pytest.mark.parametrize(
    ("edns", "authority"),
    [
        pytest.param({}, 0, id="R145.1 authority gives way before the answer does"),
        pytest.param({"use_edns": 0, "payload": 4096}, 2, id="R145.2 and is there when there is room"),
    ],
)
def test_r145_the_answer_outlasts_the_authority(server, edns, authority):
    reply = server.ask("many.example.test", **edns)
    assert "TC" not in flags(reply)
    assert (len(lines(reply.answer)), len(lines(reply.authority))) == (28, authority)


def test_r137_tcp_carries_what_udp_cannot(server):
    assert len(lines(server.ask("more.example.test", over_udp=False).answer)) == 300


def test_an_rrset_beyond_64_kib_is_servfail_over_tcp(server):
    assert rcode(server.ask("huge.example.test", "TXT", over_udp=False)) == "SERVFAIL"


def test_r138_our_opt(server):
    reply = server.ask("example.test", use_edns=0, payload=1232, want_dnssec=True)
    assert (reply.edns, reply.payload, bool(reply.ednsflags & dns.flags.DO)) == (0, 4096, True)
    reply = server.ask("example.test", use_edns=0)
    assert reply.ednsflags == 0


def test_r147_cookies_and_other_options_are_not_answered(server):
    options = [dns.edns.GenericOption(10, b"12345678"), dns.edns.GenericOption(3, b"")]
    assert server.ask("example.test", use_edns=0, options=options).options == ()


def test_r148_edns_version_one_is_badvers(server):
    reply = server.ask("example.test", use_edns=1)
    assert (rcode(reply), reply.edns, reply.answer) == ("BADVERS", 0, [])


@pytest.mark.parametrize(
    ("name", "network", "answer", "scope"),
    [
        pytest.param("geo.example.test", "203.0.113.0/24", "192.0.2.81", 24, id="R127 the ECS network is the client"),
        pytest.param("geo.example.test", "203.0.113.7/32", "192.0.2.81", 24, id="R132.1 IPv4: the scope is 24"),
        pytest.param("geo.example.test", "203.0.112.0/20", "192.0.2.99", 24, id="R132.2 also for a shorter source"),
        pytest.param("geo.example.test", "2001:db8:1::/56", "192.0.2.81", 48, id="R132.3 IPv6: the scope is 48"),
        pytest.param("example.test", "203.0.113.0/24", "192.0.2.1", 0, id="R132.4 no location policy: scope 0"),
        pytest.param("alias.example.test", "203.0.113.0/24", "192.0.2.81", 24, id="R133.1 through an alias"),
        pytest.param("cname.example.test", "203.0.113.0/24", "192.0.2.81", 24, id="R133.2 through a CNAME"),
        pytest.param("w.example.test", "203.0.113.0/24", "192.0.2.81", 24, id="R133.3 through a weighted alias"),
        pytest.param("l.example.test", "203.0.113.0/24", "192.0.2.82", 24, id="R126 latency looks at the client"),
    ],
)
def test_ecs(server, name, network, answer, scope):
    reply = server.ask(name, use_edns=0, options=[ecs(network)])
    assert lines(reply.answer[-1:])[0].split()[-1] == answer
    (option,) = reply.options
    address, _, bits = network.partition("/")
    assert (option.address, option.srclen, option.scopelen) == (address, int(bits), scope)  # R131


def test_r130_an_undisclosed_client_is_the_sender_and_the_scope_is_0(server):
    reply = server.ask("geo.example.test", source="203.0.113.9", use_edns=0, options=[ecs("0.0.0.0/0")])
    assert lines(reply.answer)[0].split()[-1] == "192.0.2.81"
    assert [(option.srclen, option.scopelen) for option in reply.options] == [(0, 0)]


def test_r130_family_0_as_dig_sends_it(server):
    option = dns.edns.GenericOption(8, bytes(4))
    wire = server.raw(dns.message.make_query("geo.example.test", "A", use_edns=0, options=[option]).to_wire())
    assert (wire[3] & 0xF, wire[-8:]) == (0, b"\x00\x08\x00\x04" + bytes(4))


def test_r131_without_ecs_the_reply_has_none(server):
    assert server.ask("geo.example.test", use_edns=0).options == ()


def test_r128_over_tcp_and_without_edns_the_sender_is_the_client(server):
    for over_udp in (True, False):
        reply = server.ask("geo.example.test", source="203.0.113.9", over_udp=over_udp)
        assert lines(reply.answer) == ["geo.example.test. 60 A 192.0.2.81"]


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("0001", id="R129.1 too short"),
        pytest.param("00031800cb0071", id="R129.2 unknown family"),
        pytest.param("00012100cb007101", id="R129.3 prefix longer than the address family"),
        pytest.param("00011800cb00", id="R129.4 address too short for the prefix"),
        pytest.param("00011800cb007100", id="R129.5 address too long for the prefix"),
        pytest.param("00011700cb0071", id="R129.6 bits beyond the prefix"),
        pytest.param("00011818cb0071", id="R129.7 a scope in a query"),
    ],
)
def test_r129_bad_ecs_is_formerr(server, option):
    data = bytes.fromhex(option)
    with pytest.raises(ValueError):
        parse_client_subnet(data)
    query = dns.message.make_query("example.test", "A", use_edns=0, options=[dns.edns.GenericOption(8, data)])
    assert rcode(dns.message.from_wire(server.raw(query.to_wire()))) == "FORMERR"


HEADER = struct.pack("!HHHHHH", 0xBEEF, 0x0100, 1, 0, 0, 0)
QUESTION = b"\x07example\x04test\x00\x00\x01\x00\x01"
OPT = b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"


def header(flags=0x0100, qd=1, an=0, ns=0, ar=0):
    return struct.pack("!HHHHHH", 0xBEEF, flags, qd, an, ns, ar)


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        pytest.param(b"", None, id="R149.1 an empty packet: no reply"),
        pytest.param(HEADER[:11], None, id="R149.2 shorter than a header: no reply"),
        pytest.param(header(0x8100) + QUESTION, None, id="R149.3 a reply: no reply, or two servers could loop"),
        pytest.param(HEADER, 1, id="R149.4 the question is missing"),
        pytest.param(HEADER + QUESTION[:-1], 1, id="R149.5 half a question"),
        pytest.param(HEADER + b"\xc0\x0c\x00\x01\x00\x01", 1, id="R149.6 a pointer in the question"),
        pytest.param(HEADER + b"\x40" + b"a" * 64 + QUESTION, 1, id="R149.7 a label of 64"),
        pytest.param(HEADER + b"\x3f" + b"\x3fx" * 200, 1, id="R149.8 a name that never ends"),
        pytest.param(HEADER + (b"\x3f" + b"a" * 63) * 4 + b"\x00\x00\x01\x00\x01", 1, id="R149.9 a name over 255"),
        pytest.param(HEADER + QUESTION + b"x", 1, id="R149.10 bytes after the end"),
        pytest.param(header(qd=2) + QUESTION * 2, 1, id="R57.4 two questions"),
        pytest.param(header(qd=0), 1, id="R57.4 no question"),
        pytest.param(header(0x2800) + QUESTION, 4, id="R57.2 opcode UPDATE is not implemented"),
        pytest.param(header(0x1000, qd=0), 4, id="R57.2 opcode STATUS is not implemented"),
        pytest.param(header(ar=2) + QUESTION + OPT * 2, 1, id="R148 two OPT records"),
        pytest.param(header(ar=1) + QUESTION + b"\x01a" + OPT, 1, id="R148 an OPT that is not the root's"),
        pytest.param(header(ar=1) + QUESTION + OPT[:-1], 1, id="R149.11 half an OPT"),
        pytest.param(header(ar=1) + QUESTION + OPT[:-2] + b"\x00\x09", 1, id="R149.12 options beyond the packet"),
        pytest.param(header(ar=1) + QUESTION + OPT[:-2] + b"\x00\x02\x00\x08", 1, id="R149.13 half an option"),
        pytest.param(header(an=65535) + QUESTION, 1, id="R149.14 counts that are lies"),
    ],
)
def test_packets_that_are_no_query(server, packet, code):
    wire = server.raw(packet)
    if code is None:
        assert wire is None
        return
    id, bits, *counts = struct.unpack("!HHHHHH", wire[:12])
    asked = struct.unpack("!H", packet[2:4])[0]
    assert (id, bits) == (0xBEEF, 0x8000 | asked & 0x7900 | code)
    assert counts[1:3] == [0, 0]
    assert wire[12:] == (QUESTION if counts[0] else b"") + (OPT if counts[3] else b"")


@pytest.mark.parametrize(
    ("packet", "sections"),
    [
        pytest.param(HEADER + QUESTION + b"x", [1, 0], id="RFC 8906 §8 the question comes back if it could be read"),
        pytest.param(HEADER + QUESTION[:-1], [0, 0], id="RFC 8906 §8 and not if it could not"),
        pytest.param(
            header(ar=1) + QUESTION + OPT[:-2] + b"\x00\x02\x00\x08",
            [1, 1],
            id="RFC 6891 §7 a bad OPT is answered with an OPT",
        ),
        pytest.param(header(ar=2) + QUESTION + OPT * 2, [1, 1], id="R148 RFC 6891 §7 two OPT records"),
        pytest.param(header(0x2800) + QUESTION, [0, 0], id="RFC 8906 §8 NOTIMP is a bare header"),
    ],
)
def test_question_and_opt_in_an_error_reply(server, packet, sections):
    counts = struct.unpack("!HHHH", server.raw(packet)[4:12])
    assert [counts[0], counts[3]] == sections


@settings(max_examples=rounds(300))
@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: HEADER + tail))
def test_garbage_is_rejected_and_nothing_else(data):
    """R149: any bytes are read as a query or raise `Rejected` or `Unanswerable`."""
    try:
        query = parse_query(data)
    except (Rejected, Unanswerable):
        return
    assert data[12:].startswith(query.question)


@settings(max_examples=rounds(300))
@given(st.data())
def test_damaged_queries_get_a_readable_reply_or_none(server, data):
    """R149, R151: a query with a few changed bytes gets a known rcode or no reply, and never raises."""
    query = dns.message.make_query("geo.example.test", "A", use_edns=0, options=[ecs("203.0.113.0/24")])
    wire = bytearray(query.to_wire())
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    reply = server.raw(bytes(wire))
    if reply is not None:
        assert reply[3] & 0xF in (0, 1, 2, 3, 4, 5)
        assert reply[:2] == wire[:2]


def test_an_exception_while_answering_is_servfail_and_is_logged_with_the_packet():
    from structlog.testing import capture_logs

    more = Server(zone("example.test", record_set("example.test", values=("192.0.2.1", "192.0.2.2"))))
    more.responder._dice = None  # an error of ours
    packet = dns.message.make_query("example.test", "A").to_wire()
    with capture_logs() as logs:
        assert more.raw(packet)[3] & 0xF == 2
    assert [(entry["event"], entry["packet"]) for entry in logs] == [("query failed", packet.hex())]


def test_replies_differ_only_in_the_order_of_values(server):
    """R142, R144."""
    first = server.ask("many.example.test", use_edns=0)
    second = server.ask("many.example.test", use_edns=0)
    assert lines(first.answer) == lines(second.answer)
    assert lines(first.authority) == lines(second.authority)


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        pytest.param([], "192.0.2.81", id="R128 the listener's place is the client's"),
        pytest.param([ecs("8.8.8.0/24")], "192.0.2.99", id="R127 ECS wins over the listener's place"),
        pytest.param([ecs("0.0.0.0/0")], "192.0.2.81", id="R130 an undisclosed client is at the listener's place"),
    ],
)
def test_a_listener_with_a_place(server, options, answer):
    respond = server.responder.handlers(lambda: Place(35.68, 139.69, "AS", "JP")).udp
    query = dns.message.make_query("geo.example.test", "A", use_edns=0, options=options)
    reply = dns.message.from_wire(respond(query.to_wire(), "8.8.8.8"))
    assert lines(reply.answer)[0].split()[-1] == answer
