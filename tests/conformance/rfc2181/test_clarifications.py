"""RFC 2181: RRsets, TTLs, zone cuts, the TC bit and names (§5, §6, §9, §11)."""

import dns.message
import pytest

from tests.conformance.facts import data, nodata, referral

CASES = [
    pytest.param("two", "A", data("two 60 A 192.0.2.11", "two 60 A 192.0.2.12"), id="RFC 2181 5.1: an RRset is sent whole, with one TTL (5.2)"),
    pytest.param("types", "TXT", data('types 80 TXT "several types, a TTL each"'), id="RFC 2181 5.2: types of one name have a TTL each"),
    pytest.param("sub", "NS", referral("sub 60 NS ns.elsewhere.test.", "sub 60 NS ns.sibling", "sub 60 NS ns.sub"), id="RFC 2181 6.1: the parent's NS at a cut are not authoritative"),
    pytest.param("www.child", "A", data("www.child 60 A 192.0.2.88"), id="RFC 2181 6.1: the child's data come from the child zone"),
    pytest.param("c1", "TXT", nodata("c1 60 CNAME a"), id="RFC 2181 10.1: a name with a CNAME has no other records"),
    pytest.param(r"\000\001", "A", data(r"\000\001 60 A 192.0.2.30"), id="RFC 2181 11: any octet may be in a label"),
    pytest.param(r"dot\.dot", "A", data(r"dot\.dot 60 A 192.0.2.31"), id="RFC 2181 11: a dot may be in a label"),
    pytest.param(r"sp\032ace", "A", data(r"sp\032ace 60 A 192.0.2.32"), id="RFC 2181 11: a space may be in a label"),
    pytest.param(r"dot.dot", "A", {"rcode": "NXDOMAIN", "aa": True}, id="RFC 2181 11: two labels differ from one label with a dot"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "type_", "expected"), CASES)
def test_lookup(ask, assert_agrees, name, type_, expected):
    assert_agrees(ask(name, type_), expected)


@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        pytest.param("big", 1232, {"tc": True, "is_empty": True}, id="RFC 2181 9: a truncated answer is useless, so none is sent"),
        pytest.param("medium", 1232, {"tc": False, "values": 5}, id="RFC 2181 9: TC is clear where the answer is complete"),
    ],
)  # fmt: skip
def test_truncated_answers(ask, assert_agrees, name, payload, expected):
    assert_agrees(ask(name, "TXT", use_edns=0, payload=payload), expected)


@pytest.mark.parametrize("size", [pytest.param(512, id="RFC 2181 9: optional records are left out without TC")])
def test_optional_data(exchange, assert_agrees, size):
    query = dns.message.make_query("mxs.conf.test.", "MX", flags=0)
    packet = exchange(query.to_wire())
    assert len(packet) <= size
    assert_agrees(dns.message.from_wire(packet), {"tc": False, "values": 10})
