"""RFC 8906: the probes of §8, which detect servers that fail to communicate."""

import struct

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

SOA = {"rcode": "NOERROR", "aa": True, "types": ["SOA"]}
MBZ = 0x0040
"""The reserved header bit."""
UNKNOWN = dns.edns.GenericOption(100, b"")
SEVERAL = [
    dns.edns.GenericOption(dns.edns.NSID, b""),
    dns.edns.GenericOption(dns.edns.COOKIE, b"12345678"),
    dns.edns.ECSOption("0.0.0.0", 0),
    dns.edns.GenericOption(9, b""),  # EXPIRE
]
BADVERS = {"rcode": "BADVERS", "edns": 0, "types": []}


@pytest.mark.parametrize(
    ("type_", "query", "expected"),
    [
        pytest.param("SOA", {}, SOA | {"flags": "QR AA", "edns": -1}, id="RFC 8906 8.1.1: the zone is served"),
        pytest.param("TYPE1000", {}, {"rcode": "NOERROR", "aa": True, "types": [], "soa_ttl": {300}}, id="RFC 8906 8.1.2: an unknown type"),
        pytest.param("SOA", {"flags": dns.flags.CD}, SOA | {"edns": -1}, id="RFC 8906 8.1.3.1: CD in a query"),
        pytest.param("SOA", {"flags": dns.flags.AD}, SOA | {"flags": "QR AA"}, id="RFC 8906 8.1.3.2: AD in a query"),
        pytest.param("SOA", {"flags": MBZ}, SOA | {"flags": "QR AA"}, id="RFC 8906 8.1.3.3: the reserved bit"),
        pytest.param("SOA", {"flags": dns.flags.RD}, SOA | {"flags": "QR AA RD"}, id="RFC 8906 8.1.3.4: RD in a query"),
        pytest.param("SOA", {"over": dns.query.tcp}, SOA, id="RFC 8906 8.1.5: TCP"),
        pytest.param("SOA", {"use_edns": 0}, SOA | {"edns": 0}, id="RFC 8906 8.2.1: plain EDNS"),
        pytest.param("SOA", {"use_edns": 1}, BADVERS, id="RFC 8906 8.2.2: EDNS version 1"),
        pytest.param("SOA", {"use_edns": 0, "options": [UNKNOWN]}, SOA | {"edns": 0, "options": set()}, id="RFC 8906 8.2.3: an unknown option"),
        pytest.param("SOA", {"use_edns": 0, "ednsflags": 0x40}, SOA | {"edns": 0, "ednsflags": 0}, id="RFC 8906 8.2.4: an unknown flag is not sent back"),
        pytest.param("SOA", {"use_edns": 1, "ednsflags": 0x40 | 1 << 16}, BADVERS | {"ednsflags": 0x01000000}, id="RFC 8906 8.2.5: version 1 and an unknown flag"),
        pytest.param("SOA", {"use_edns": 1, "options": [UNKNOWN]}, BADVERS | {"options": set()}, id="RFC 8906 8.2.6: version 1 and an unknown option"),
        pytest.param("DNSKEY", {"use_edns": 0, "want_dnssec": True, "payload": 512}, {"rcode": "NOERROR", "edns": 0}, id="RFC 8906 8.2.7: OPT is in replies of any size"),
        pytest.param("SOA", {"use_edns": 0, "want_dnssec": True}, SOA | {"edns": 0, "do": True}, id="RFC 8906 8.2.8: DO in a query"),
        pytest.param("SOA", {"use_edns": 1, "want_dnssec": True}, BADVERS, id="RFC 8906 8.2.9: version 1 and DO"),
        pytest.param("SOA", {"use_edns": 0, "options": SEVERAL}, SOA | {"edns": 0}, id="RFC 8906 8.2.10: several options that are defined"),
    ],
)  # fmt: skip
def test_probe(ask, assert_agrees, type_, query, expected):
    assert_agrees(ask("@", type_, **query), expected)


@pytest.mark.parametrize("opcode", [pytest.param(15, id="RFC 8906 8.1.4: an unknown opcode")])
def test_unknown_opcode(exchange, assert_agrees, opcode):
    """NOTIMP, without AA and without records."""
    query = dns.message.make_query("conf.test.", "SOA", id=4711, flags=0)
    query.set_opcode(opcode)
    reply = exchange(query.to_wire())
    flags, _, answers, authorities, additionals = struct.unpack("!HHHHH", reply[2:12])
    assert (flags & dns.flags.AA, answers, authorities, additionals) == (0, 0, 0, 0)
    assert_agrees({"rcode": dns.rcode.to_text(flags & 15)}, {"rcode": "NOTIMP"})
