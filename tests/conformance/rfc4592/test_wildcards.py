"""RFC 4592: the example of §2.2.1, and wildcards beside what exists (§2, §3, §4)."""

import pytest

from tests.conformance.facts import data, nodata, nxdomain

EXAMPLE = [
    pytest.param("host3.example.", "MX", {"rcode": "NOERROR", "aa": True, "answer": ["host3.example. 3600 MX 10 host1.example."]}, id="RFC 4592 2.2.1: MX of host3 is synthesized"),
    pytest.param("host3.example.", "A", {"rcode": "NOERROR", "aa": True, "answer": [], "soa_ttl": {3600}}, id="RFC 4592 2.2.1: A of host3 is no data: the wildcard has none"),
    pytest.param("foo.bar.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": ['foo.bar.example. 3600 TXT "this is a wildcard"']}, id="RFC 4592 2.2.1: bar does not exist, so foo.bar is synthesized"),
    pytest.param("host1.example.", "MX", {"rcode": "NOERROR", "aa": True, "answer": []}, id="RFC 4592 2.2.1: host1 exists"),
    pytest.param("sub.*.example.", "MX", {"rcode": "NOERROR", "aa": True, "answer": []}, id="RFC 4592 2.2.1: sub.* exists"),
    pytest.param("_telnet._tcp.host1.example.", "SRV", {"rcode": "NXDOMAIN", "aa": True, "answer": []}, id="RFC 4592 2.2.1: _tcp.host1 exists, without data"),
    pytest.param("host.subdel.example.", "A", {"rcode": "NOERROR", "aa": False, "answer": []}, id="RFC 4592 2.2.1: subdel exists and is a cut"),
    pytest.param("ghost.*.example.", "MX", {"rcode": "NXDOMAIN", "aa": True, "answer": []}, id="RFC 4592 2.2.1: the asterisk itself exists"),
    pytest.param("_tcp.host2.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": []}, id="RFC 4592 2.2.2: an empty non-terminal is not synthesized"),
    pytest.param("host2.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": []}, id="RFC 4592 2.2.2: an empty non-terminal above another is not synthesized"),
    pytest.param("x.host2.example.", "TXT", {"rcode": "NXDOMAIN", "aa": True, "answer": []}, id="RFC 4592 2.2.3: no name is synthesized below an empty non-terminal"),
    pytest.param("*.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": ['*.example. 3600 TXT "this is a wildcard"']}, id="RFC 4592 2.2: the wildcard can be asked for by name"),
    pytest.param("*.foo.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": ['*.foo.example. 3600 TXT "this is a wildcard"']}, id="RFC 4592 2.2: an asterisk in a query is an ordinary label"),
    pytest.param("sub.*.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": ['sub.*.example. 3600 TXT "this is not a wildcard"']}, id="RFC 4592 2.1.3: below an asterisk there are ordinary names"),
    pytest.param("sub.x.example.", "TXT", {"rcode": "NOERROR", "aa": True, "answer": ['sub.x.example. 3600 TXT "this is a wildcard"']}, id="RFC 4592 2.1.3: an asterisk in the middle matches no other label"),
    pytest.param("HOST3.EXAMPLE.", "MX", {"rcode": "NOERROR", "types": ["MX"]}, id="RFC 4592 2.1.1: wildcards match without regard to case"),
]  # fmt: skip

MORE = [
    pytest.param("wild", "A", nodata(), id="RFC 4592 2.2.2: the parent of a wildcard exists"),
    pytest.param("x.y.z.wild", "A", data("x.y.z.wild 60 A 192.0.2.7"), id="RFC 4592 3.3.1: any number of labels"),
    pytest.param("x.cwild", "A", data("x.cwild 60 CNAME a", "a 60 A 192.0.2.10", chain=["x.cwild", "a"]), id="RFC 4592 4.4: a wildcard CNAME is followed"),
    pytest.param("x.cwild", "CNAME", data("x.cwild 60 CNAME a"), id="RFC 4592 4.4: a wildcard CNAME answers a query for CNAME"),
    pytest.param("x.ent", "TXT", nxdomain(), id="RFC 4592 3.3.1: no wildcard below the closest encloser"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "type_", "expected"), [*EXAMPLE, *MORE])
def test_wildcards(ask, assert_agrees, name, type_, expected):
    assert_agrees(ask(name, type_), expected)
