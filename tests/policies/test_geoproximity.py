"""Geoproximity: the nearest by biased distance (routing.md R83–R89)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.model.routing import Geoproximity
from dnsemu.policies.decide import decide
from dnsemu.policies.geodata.distance import distance_km
from dnsemu.policies.geoproximity import biased_km, criteria
from tests.builders import FakeSurroundings, at, geoproximity, group, leaf_shares, shares_by_id

EQUATOR = at(0.0, 0.0)
DEGREE_KM = distance_km(0, 0, 0, 1)


def near(id, longitude, bias=0, **more):
    return geoproximity("www.test", id, longitude=longitude, latitude=0.0, bias=bias, **more)


@pytest.mark.parametrize(
    ("members", "down", "served"),
    [
        pytest.param([near("a", 2.0), near("b", 1.0)], "", "b", id="R85.1 without bias the nearest"),
        pytest.param([near("a", 1.5, 50), near("b", 1.0)], "", "a", id="R85.2 150 at bias 50 beat 100 at bias 0"),
        pytest.param([near("a", 1.0, -60), near("b", 1.5)], "", "b", id="R85.3 a negative bias stretches"),
        pytest.param([near("b", 1.0), near("a", -1.0)], "", "a", id="R88 a tie goes by set identifier"),
        pytest.param(
            [near("a", 1.0, check="a"), near("b", 2.0, check="b"), near("c", 3.0)],
            "a",
            "b",
            id="R87.1 the next healthy",
        ),
        pytest.param(
            [near("a", 1.0, check="a"), near("b", 2.0, check="b")], "ab", "a", id="R87.2 none healthy: the closest"
        ),
        pytest.param(
            [geoproximity("www.test", "ie", region="eu-west-1"), geoproximity("www.test", "us", region="us-east-1")],
            "",
            "ie",
            id="R83.1 a Region's point",
        ),
        pytest.param(
            [
                geoproximity("www.test", "den", local_zone_group="us-west-2-den-1"),
                geoproximity("www.test", "los", local_zone_group="af-south-1-los-1"),
            ],
            "",
            "los",
            id="R84 a Local Zone group's point",
        ),
    ],
)
def test_the_nearest_answers(members, down, served):
    decision = decide(group(*members), EQUATOR, FakeSurroundings.of(down=down))
    assert shares_by_id(decision) == {served: 1}
    assert decision.reads_client


def test_r86_the_older_formula_for_negative_biases_is_a_choice():
    assert biased_km(100.0, Geoproximity(region="eu-west-1", bias=-50)) == 150.0
    assert biased_km(100.0, Geoproximity(region="eu-west-1", bias=-50, divides_by_bias=True)) == 200.0
    assert biased_km(100.0, Geoproximity(region="eu-west-1", bias=50, divides_by_bias=True)) == 50.0


def test_criteria_are_the_distance_and_the_biased_distance():
    member = near("a", 1.0, 25)
    assert criteria(member, EQUATOR) == {
        "location": "0.0,1.0",
        "distance_km": round(DEGREE_KM, 1),
        "bias": 25,
        "biased_km": round(DEGREE_KM * 0.75, 1),
    }


@given(
    st.lists(st.tuples(st.integers(-90, 90), st.integers(-180, 180), st.integers(-99, 99)), min_size=1, max_size=8),
    st.integers(-90, 90),
    st.integers(-180, 180),
)
def test_r85_the_order_is_that_of_biased_distances(rows, latitude, longitude):
    members = [
        geoproximity("www.test", f"{n}", latitude=float(lat), longitude=float(lon), bias=bias)
        for n, (lat, lon, bias) in enumerate(rows)
    ]
    (served,) = leaf_shares(decide(group(*members), at(latitude, longitude), FakeSurroundings.of()))
    distances = {
        f"{n}": distance_km(latitude, longitude, lat, lon) * (1 - bias / 100) for n, (lat, lon, bias) in enumerate(rows)
    }
    assert distances[served] == min(distances.values())
