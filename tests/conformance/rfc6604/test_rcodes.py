"""RFC 6604: header bits and the rcode at the end of a chain of CNAMEs (§2, §3)."""

import pytest

CASES = [
    pytest.param("gone", {"rcode": "NXDOMAIN", "aa": True, "chain": ["gone"]}, id="RFC 6604 3: NXDOMAIN is about the last name"),
    pytest.param("gone2", {"rcode": "NXDOMAIN", "aa": True, "chain": ["gone2", "gone"]}, id="RFC 6604 3: NXDOMAIN is about the last name of a longer chain"),
    pytest.param("typeless", {"rcode": "NOERROR", "aa": True, "chain": ["typeless"]}, id="RFC 6604 3: NOERROR where the last name exists"),
    pytest.param("away", {"rcode": "NOERROR", "aa": True, "chain": ["away"]}, id="RFC 6604 3: NOERROR if the last name belongs to another server"),
    pytest.param("cut", {"rcode": "NOERROR", "aa": True, "chain": ["cut"]}, id="RFC 6604 2.1: AA is about the first name"),
    pytest.param("c1", {"rcode": "NOERROR", "aa": True, "chain": ["c1", "a"]}, id="RFC 6604 2.1: AA if this server has all names of the chain"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_a_chain_ends_with(ask, assert_agrees, name, expected):
    assert_agrees(ask(name), expected)
