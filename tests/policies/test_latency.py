"""Latency routing: the order of Regions for a client (routing.md R66–R71)."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.aws.places import REGIONS
from dnsemu.config.model.geo import DeclaredPlace, Geo, GeoLatency, GeoNetwork
from dnsemu.policies import latency as policy
from dnsemu.policies.geodata.region_latency import latencies_ms
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import place_named
from tests.builders import at, group, latency


def client(place):
    return Client(b"\xc0\x00\x02\x01", 32, place_named(place))


def regions(candidates):
    return [candidate.routing.region for candidate in candidates]


def in_regions(*codes):
    return group(*(latency("www.test", code) for code in sorted(codes)))


@pytest.mark.parametrize(
    ("place", "codes", "expected"),
    [
        pytest.param(
            "FR",
            ["us-east-1", "eu-west-3", "ap-northeast-1"],
            ["eu-west-3", "us-east-1", "ap-northeast-1"],
            id="R66 ascending latency, not the order of the set identifiers",
        ),
        pytest.param(
            "FR",
            ["us-west-2", "us-east-1"],
            ["us-east-1", "us-west-2"],
            id="R66 Regions without a record set don't count",
        ),
        pytest.param(
            "ZA",
            ["sa-east-1", "eu-west-2"],
            ["eu-west-2", "sa-east-1"],
            id="R66 cables decide, not the globe: London before São Paulo, though it is farther",
        ),
        pytest.param(
            "JP",
            ["cn-north-1", "ap-northeast-1"],
            ["ap-northeast-1", "cn-north-1"],
            id="R68 outside China cn-north-1 is a Region like others",
        ),
        pytest.param(
            "CN",
            ["ap-east-1", "cn-north-1", "cn-northwest-1"],
            ["cn-north-1", "cn-northwest-1", "ap-east-1"],
            id="R68 in China cn-north-1 goes first, the rest by latency",
        ),
    ],
)
def test_candidates_by_latency(place, codes, expected):
    assert regions(policy.candidates(in_regions(*codes), client(place))) == expected


def test_china_comes_before_a_nearer_region():
    """R68 whatever the latency: at the point of Hong Kong, with the country of China."""
    hong_kong = REGIONS["ap-east-1"]
    members = in_regions("ap-east-1", "cn-north-1")
    assert regions(policy.candidates(members, at(hong_kong.lat, hong_kong.lon, "AS", "HK"))) == [
        "ap-east-1",
        "cn-north-1",
    ]
    assert regions(policy.candidates(members, at(hong_kong.lat, hong_kong.lon, "AS", "CN"))) == [
        "cn-north-1",
        "ap-east-1",
    ]


def test_ties_by_set_identifier():
    """R70 equal latency: the order of the set identifiers, whatever order the group has."""
    members = group(*(latency("www.test", "eu-west-1", id=id) for id in ("c", "a", "b")))
    ordered = policy.candidates(members, client("IE"))
    assert [candidate.set_identifier for candidate in ordered] == ["a", "b", "c"]


@pytest.fixture(params=["us-east-1", "eu-central-1"])
def geo_default(request):
    return Locator(Geo(default=DeclaredPlace(region=request.param))), request.param


def test_unlocated_client_is_at_the_default(geo_default):
    """R71 an unlocated client is placed at `geo.default`, and has every candidate."""
    locator, near = geo_default
    place = locator.locate(b"\x0a\x00\x00\x01", 32).place
    members = in_regions("ap-southeast-2", "eu-central-1", "us-east-1")
    ordered = regions(policy.candidates(members, Client(b"\x0a\x00\x00\x01", 32, place)))
    assert ordered[0] == near
    assert len(ordered) == 3


def test_the_first_of_the_pool_takes_every_answer():
    """R66, R67 the best that is left answers alone."""
    members = in_regions("us-east-1", "eu-west-3")
    ordered = policy.candidates(members, client("FR"))
    assert [(record_set.routing.region, share) for record_set, share in policy.shares(ordered).shares()] == [
        ("eu-west-3", 1)
    ]
    assert regions(r for r, _ in policy.shares(ordered[1:]).shares()) == ["us-east-1"]


def test_criteria_are_region_and_milliseconds():
    """R70 the latency shown is the model's, which the order follows."""
    members = in_regions("us-east-1", "eu-west-1", "ap-south-1")
    asking = client("GB")
    shown = [policy.criteria(record_set, asking) for record_set in policy.candidates(members, asking)]
    assert [criteria["region"] for criteria in shown] == ["eu-west-1", "us-east-1", "ap-south-1"]
    assert shown[0] == {
        "region": "eu-west-1",
        "latency_ms": round(latencies_ms(asking.place.latitude, asking.place.longitude)["eu-west-1"], 1),
    }


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sets(st.sampled_from(sorted(REGIONS)), min_size=2, max_size=6),
    st.sampled_from(sorted(REGIONS)),
)
def test_order_of_two_does_not_depend_on_a_third(latitude, longitude, codes, other):
    """R66 another record set does not change the order of two others."""
    asking = at(latitude, longitude)
    without = regions(policy.candidates(in_regions(*codes - {other}), asking)) if codes - {other} else []
    with_it = regions(policy.candidates(in_regions(*codes | {other}), asking))
    assert [code for code in with_it if code != other] == without


def test_every_region_of_the_api_has_a_latency():
    """R69 no Region that a record set may name is missing from the model."""
    ordered = policy.candidates(in_regions(*REGIONS), client("BR"))
    assert len(ordered) == len(REGIONS) == 39
    assert regions(ordered)[0] == "sa-east-1"


OWN = Geo(
    networks=(GeoNetwork(ip_network("198.51.100.0/24"), DeclaredPlace(region="eu-central-1")),),
    latency=(
        GeoLatency((("us-east-1", 1.0),), network=ip_network("203.0.113.128/25")),
        GeoLatency((("us-west-2", 2.0),), country="JP"),
        GeoLatency((("sa-east-1", 3.0),), region="eu-central-1"),
        GeoLatency((("ap-south-1", 4.0),), country="DE"),
    ),
)


@pytest.mark.parametrize(
    ("client", "best", "ms", "scope"),
    [
        pytest.param("203.0.113.129", "us-east-1", 1.0, 25, id="R70.1 the user's times for a network"),
        pytest.param("203.178.136.1", "us-west-2", 2.0, 24, id="R70.2 for a country, as the database finds it"),
        pytest.param("198.51.100.1", "sa-east-1", 3.0, 24, id="R70.3 for a Region, before its country"),
        pytest.param("193.0.0.1", "eu-central-1", None, 24, id="R70.4 the model elsewhere"),
    ],
)
def test_declared_latencies(client, best, ms, scope):
    located = Locator(OWN).locate(ip_address(client).packed, 32)
    members = [latency("www.test", region) for region in ("us-east-1", "us-west-2", "sa-east-1", "eu-central-1")]
    first = policy.candidates(group(*members), located.client)[0]
    assert (first.routing.region, located.scope_bits) == (best, scope)
    assert ms is None or policy.criteria(first, located.client) == {"region": best, "latency_ms": ms}


def test_r70_a_named_place_has_declared_latencies_too():
    assert dict(Locator(OWN).with_latencies(place_named("JP")).latency_ms) == {"us-west-2": 2.0}
    assert Locator(OWN).with_latencies(place_named("FR")).latency_ms == ()
