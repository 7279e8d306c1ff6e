"""Routing of method and path to an operation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.route53.model import service
from dnsemu.route53.routing import route


def named(method, path):
    found = route(method, f"/2013-04-01{path}")
    return found and (found[0].name, found[1])


@pytest.mark.parametrize("operation", service().operations.values(), ids=lambda op: f"A70 {op.name}")
@pytest.mark.parametrize("end", ["", "/"], ids=["A1 bare", "A1 slash"])
def test_every_operation_is_reached(operation, end):
    filled = operation.path.rstrip("/").replace("{", "its-").replace("}", "") + end
    found, parameters = route(operation.method, filled)
    assert found is operation
    assert parameters == {
        name: f"its-{name}" for name in (s[1:-1] for s in operation.path.split("/") if s.startswith("{"))
    }


@pytest.mark.parametrize(("method", "path", "expected"), [
    pytest.param("GET", "/hostedzone/Z1", ("GetHostedZone", {"Id": "Z1"}), id="A422 a bare id"),
    pytest.param("GET", "/hostedzone/%2Fhostedzone%2FZ1", ("GetHostedZone", {"Id": "/hostedzone/Z1"}), id="A2 A46 an encoded prefix is the validator's to strip"),
    pytest.param("GET", "/hostedzone//hostedzone/Z1", ("GetHostedZone", {"Id": "Z1"}), id="A2 A422 a literal prefix"),
    pytest.param("POST", "/hostedzone//hostedzone/Z1/rrset/", ("ChangeResourceRecordSets", {"Id": "Z1"}), id="A2 a literal prefix, more behind"),
    pytest.param("GET", "/hostedzone/hostedzone/Z1/rrset", ("ListResourceRecordSets", {"Id": "Z1"}), id="A2 a prefix whose slashes a proxy merged"),
    pytest.param("GET", "//hostedzone///Z1//dnssec//", ("GetDNSSEC", {"Id": "Z1"}), id="A2 doubled slashes anywhere"),
    pytest.param("GET", "/hostedzone/hostedzone", ("GetHostedZone", {"Id": "hostedzone"}), id="A2 a prefix of nothing is an id"),
    pytest.param("GET", "/hostedzone/%252Fhostedzone%252FZ1", ("GetHostedZone", {"Id": "%2Fhostedzone%2FZ1"}), id="A2 decoded only once"),
    pytest.param("GET", "/hosted%7Aone/Z1", ("GetHostedZone", {"Id": "Z1"}), id="A2 an encoded letter"),
    pytest.param("GET", "/change//change/C1", ("GetChange", {"Id": "C1"}), id="A46 a change"),
    pytest.param("GET", "/delegationset/delegationset/N1", ("GetReusableDelegationSet", {"Id": "N1"}), id="A46 a delegation set"),
    pytest.param("GET", "/tags/hostedzone/Z1", ("ListTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1"}), id="A46 a resource type is no id"),
    pytest.param("GET", "/tags/hostedzone//hostedzone/Z1", None, id="A221 no prefix for a tagged resource"),
    pytest.param("POST", "/tags/hostedzone", ("ListTagsForResources", {"ResourceType": "hostedzone"}), id="A46 a resource type alone"),
    pytest.param("DELETE", "/keysigningkey//hostedzone/Z1/a%2Fb", ("DeleteKeySigningKey", {"HostedZoneId": "Z1", "Name": "a/b"}), id="A46 a key's name is no id"),
    pytest.param("DELETE", "/cidrcollection/u", ("DeleteCidrCollection", {"CidrCollectionId": "u"}), id="named as in the template"),
    pytest.param("GET", "/hostedzone/%ff%zz", ("GetHostedZone", {"Id": "\ufffd%zz"}), id="what cannot be decoded is no zone's id"),
    pytest.param("GET", "/hostedzones", None, id="A1 no such path"),
    pytest.param("GET", "/hostedzone/Z1/rrset/more", None, id="A1 a path that goes on"),
    pytest.param("GET", "/hostedzonelimit/Z1", None, id="A1 a path that stops short"),
    pytest.param("PUT", "/hostedzone/Z1", None, id="A365 an update is a POST"),
    pytest.param("get", "/hostedzone/Z1", None, id="methods are in upper case"),
])  # fmt: skip
def test_paths(method, path, expected):
    assert named(method, path) == expected


@pytest.mark.parametrize("path", ["", "/", "/2013-04-01", "/2012-12-12/hostedzone", "hostedzone"])
def test_a1_other_paths_name_nothing(path):
    assert route("GET", path) is None


SEGMENTS = st.sampled_from(["hostedzone", "tags", "Z1", "", "%2f", "%ff", "\udc80", "rrset", "change", "%"])


@given(st.sampled_from(["GET", "POST", "DELETE"]), st.lists(SEGMENTS))
def test_any_path_is_routed_or_not(method, segments):
    found = route(method, "/".join(["", "2013-04-01", *segments]))
    assert found is None or found[0].method == method
