"""RFC 2308: negative answers (§2, §3)."""

import pytest

from tests.conformance.facts import nodata, nxdomain

SOA = "@ 300 SOA ns1 hostmaster 2026010100 7200 900 1209600 300"

CASES = [
    pytest.param("missing", "A", nxdomain(authority=[SOA]), id="RFC 2308 2.1: NXDOMAIN carries the SOA"),
    pytest.param("gone", "A", nxdomain("gone 60 CNAME missing", authority=[SOA]), id="RFC 2308 2.1: NXDOMAIN after a CNAME"),
    pytest.param("gone2", "A", nxdomain("gone2 60 CNAME gone", "gone 60 CNAME missing"), id="RFC 2308 2.1: NXDOMAIN after two CNAMEs"),
    pytest.param("a", "TXT", nodata(authority=[SOA]), id="RFC 2308 2.2: NODATA carries the SOA"),
    pytest.param("typeless", "A", nodata("typeless 60 CNAME txt", authority=[SOA]), id="RFC 2308 2.2: NODATA after a CNAME"),
    pytest.param("@", "TXT", nodata(), id="RFC 2308 2.2: NODATA at the apex"),
    pytest.param("missing.child", "A", nxdomain(), id="RFC 2308 3: the SOA is that of the nearest zone"),
    pytest.param("x.wild", "TXT", nodata(), id="RFC 2308 2.2: NODATA at a name that a wildcard matches"),
    pytest.param("missing", "ANY", {"rcode": "NXDOMAIN", "soa_ttl": {300}}, id="RFC 2308 2.1: NXDOMAIN for every type"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "type_", "expected"), CASES)
def test_negative_answers(ask, assert_agrees, name, type_, expected):
    """RFC 2308 3: the SOA's TTL in a negative answer is the minimum of its TTL, 900 s, and its MINIMUM, 300 s."""
    assert_agrees(ask(name, type_), expected)


def test_rfc_2308_a_queried_soa_keeps_its_ttl(ask, assert_agrees):
    assert_agrees(ask("@", "SOA"), {"answer": [SOA.replace("@ 300", "@ 900")]})
