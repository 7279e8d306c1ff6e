"""RFC 1034: look-up (§3.6.2, §4.2.1, §4.3.1, §4.3.2)."""

import dns.flags
import pytest

from tests.conformance.facts import data, nodata, nxdomain, referral, rows

SUB = ["sub 60 NS ns.elsewhere.test.", "sub 60 NS ns.sibling", "sub 60 NS ns.sub"]

CASES = [
    pytest.param("a", "A", data("a 60 A 192.0.2.10"), id="RFC 1034 4.3.2 step 3a: the whole name matches"),
    pytest.param("types", "AAAA", data("types 70 AAAA 2001:db8::20"), id="RFC 1034 4.3.2 step 3a: only records of the type asked"),
    pytest.param("two", "A", data("two 60 A 192.0.2.11", "two 60 A 192.0.2.12"), id="RFC 1034 4.3.2 step 3a: all records of the type"),
    pytest.param("A", "A", {"rcode": "NOERROR", "values": 1}, id="RFC 1034 3.1: names are compared without regard to case"),
    pytest.param("upper", "A", {"rcode": "NOERROR", "values": 1}, id="RFC 1034 3.1: names in the zone are compared without regard to case"),
    pytest.param("tWo", "A", data("tWo 60 A 192.0.2.11", "tWo 60 A 192.0.2.12"), id="RFC 4343 4.1: an owner is spelled as in the question"),
    pytest.param("cased", "PTR", data("cased 60 PTR MiXeD.CaSe.test."), id="RFC 1034 3.1: the case of a value is preserved"),
    pytest.param("c1", "A", data("c1 60 CNAME a", "a 60 A 192.0.2.10", chain=["c1", "a"]), id="RFC 1034 3.6.2: the query goes on at the canonical name"),
    pytest.param("c3", "A", data("c3 30 CNAME c2", "c2 40 CNAME c1", "c1 60 CNAME a", "a 60 A 192.0.2.10", chain=["c3", "c2", "c1", "a"]), id="RFC 1034 3.6.2: the query follows several CNAMEs"),
    pytest.param("c1", "CNAME", data("c1 60 CNAME a"), id="RFC 1034 3.6.2: a query that matches the CNAME type is answered by it"),
    pytest.param("toapex", "A", data("toapex 60 CNAME @", "@ 60 A 192.0.2.1"), id="RFC 1034 3.6.2: a CNAME to the apex"),
    pytest.param("towild", "A", data("towild 60 CNAME x.wild", "x.wild 60 A 192.0.2.7"), id="RFC 1034 3.6.2: a CNAME to a name that a wildcard matches"),
    pytest.param("away", "A", data("away 60 CNAME www.elsewhere.test."), id="RFC 1034 4.3.2 step 3a: a CNAME that leaves every zone ends the answer"),
    pytest.param("cut", "A", data("cut 60 CNAME host.sub"), id="RFC 1034 4.3.2 step 3b: a CNAME below a cut ends the answer"),
    pytest.param("other", "A", data("other 60 CNAME www.child", "www.child 60 A 192.0.2.88"), id="RFC 1034 4.3.2 step 3a: a CNAME is followed into another zone of this server"),
    pytest.param("loop1", "A", {"rcode": "NOERROR", "aa": True, "chain": ["loop1", "loop2.ring"]}, id="RFC 1034 3.6.2: a loop of CNAMEs is followed once"),
    pytest.param("a", "TXT", nodata(), id="RFC 1034 4.3.2 step 3a: the name has nothing of the type"),
    pytest.param("y.ent", "A", nodata(), id="RFC 1034 4.3.2 step 3: a name without records but with others below it exists"),
    pytest.param("missing", "A", nxdomain(), id="RFC 1034 4.3.2 step 3c: no match and no wildcard"),
    pytest.param("below.a", "A", nxdomain(), id="RFC 1034 4.3.2 step 3c: no match below a name with records"),
    pytest.param("@", "SOA", {"rcode": "NOERROR", "aa": True, "types": ["SOA"]}, id="RFC 1034 4.2.1: the SOA is the top node's"),
    pytest.param("@", "NS", data("@ 3600 NS ns1", "@ 3600 NS ns2.elsewhere.test."), id="RFC 1034 4.2.1: the top node's NS are authoritative data"),
    pytest.param("www.elsewhere.test.", "A", {"rcode": "REFUSED", "aa": False, "answer": []}, id="RFC 1034 4.3.1: a zone of another server, without recursion"),
]  # fmt: skip

REFERRALS = [
    pytest.param("sub", "A", referral(*SUB), id="RFC 1034 4.3.2 step 3b: a referral at the cut"),
    pytest.param("sub", "NS", referral(*SUB), id="RFC 1034 4.3.2 step 3b: a referral for the cut's NS"),
    pytest.param("deep.host.sub", "A", referral(*SUB), id="RFC 1034 4.3.2 step 3b: a referral below the cut"),
    pytest.param("ns.sub", "A", referral(*SUB), id="RFC 1034 4.2.1: glue is not authoritative data"),
    pytest.param("missing.sub", "TXT", referral(*SUB), id="RFC 1034 4.3.2 step 3b: a referral for records below the cut"),
    pytest.param("sub", "DS", data("sub 60 DS 4711 13 2 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"), id="RFC 4035 3.1.4.1: DS at the cut is the parent's"),
    pytest.param("unsigned", "DS", nodata(), id="RFC 4035 3.1.4.1: the parent answers that there is no DS"),
    pytest.param("child", "DS", nodata(), id="RFC 4035 3.1.4.1: the parent answers DS if this server has the child zone too"),
    pytest.param("www.child", "A", data("www.child 60 A 192.0.2.88"), id="RFC 1034 4.3.2 step 2: the nearest ancestor zone answers"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "type_", "expected"), [*CASES, *REFERRALS])
def test_lookup(ask, assert_agrees, name, type_, expected):
    assert_agrees(ask(name, type_), expected)


@pytest.mark.parametrize(
    "flags",
    [
        pytest.param("", id="RFC 1034 4.3.1: recursion is neither requested nor available"),
        pytest.param("RD", id="RFC 1034 4.3.1: RD comes back, RA stays clear"),
    ],
)
def test_recursion(ask, assert_agrees, flags):
    assert_agrees(ask("a", flags=dns.flags.from_text(flags)), {"flags": f"QR AA {flags}".strip()})


@pytest.mark.parametrize(
    ("name", "type_", "along"),
    [
        pytest.param("mx", "MX", ["mail 60 A 192.0.2.25", "mail 60 AAAA 2001:db8::25"], id="RFC 1034 3.7: addresses of mail exchanges are additional"),
        pytest.param("@", "NS", ["ns1 3600 A 192.0.2.53", "ns1 3600 AAAA 2001:db8::53"], id="RFC 1034 3.7: addresses of name servers are additional"),
        pytest.param("srv", "SRV", ["mail 60 A 192.0.2.25", "mail 60 AAAA 2001:db8::25"], id="RFC 2782: addresses of a service's hosts are additional"),
    ],
)  # fmt: skip
def test_additional_data(ask, assert_agrees, name, type_, along):
    additional = rows(ask(name, type_).additional)
    assert_agrees({"along": [row for row in additional if row in along]}, {"along": along})


@pytest.mark.parametrize(
    "authority",
    [pytest.param([], id="RFC 1034 4.3.2: a positive answer needs no authority section")],
)
def test_authority(ask, assert_agrees, authority):
    assert_agrees(ask("a"), {"authority": authority})
