"""RFC 8482: permitted answers to ANY (§4)."""

import dns.query
import pytest

CASES = [
    pytest.param("types", dns.query.udp, {"rcode": "NOERROR", "aa": True, "tc": False, "types": ["A", "AAAA", "TXT"]}, id="RFC 1035 3.2.3: ANY asks for every RRset of the name"),
    pytest.param("types", dns.query.tcp, {"rcode": "NOERROR", "aa": True, "tc": False, "types": ["A", "AAAA", "TXT"]}, id="RFC 8482 4.4: ANY over TCP"),
    pytest.param("c1", dns.query.tcp, {"rcode": "NOERROR", "aa": True, "chain": ["c1"]}, id="RFC 1034 3.6.2: a CNAME is not followed for ANY"),
    pytest.param("y.ent", dns.query.tcp, {"rcode": "NOERROR", "aa": True, "types": [], "soa_ttl": {300}}, id="RFC 8482 4: a name without records has no answer to ANY"),
    pytest.param("x.wild", dns.query.tcp, {"rcode": "NOERROR", "aa": True, "types": ["A"]}, id="RFC 8482 4: ANY at a name that a wildcard matches"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "over", "expected"), CASES)
def test_any(ask, assert_agrees, name, over, expected):
    assert_agrees(ask(name, "ANY", over=over), expected)
