"""Distances, points, the relay model and location databases (routing.md R66, R69, R70, R81, R88)."""

from itertools import combinations
from math import cos, isclose, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.aws.places import CONTINENTS, COUNTRIES, REGIONS, SUBDIVISIONS
from dnsemu.policies.geodata import load
from dnsemu.policies.geodata.countries import continent_point, country_point
from dnsemu.policies.geodata.database import LocationDatabase, UnusableDatabase, embedded
from dnsemu.policies.geodata.distance import EARTH_RADIUS_KM, distance_km
from dnsemu.policies.geodata.region_latency import latencies_ms
from tests.policies import mmdb

LATENCY = load("region-latency.json")
ANCHORS = LATENCY["model"]["relay"]["anchors"]
MEASURED = sorted(set(LATENCY["regions"]) - set(LATENCY["estimated"]))
RTT = {
    (one, other): LATENCY["rtt"][i][j]
    for i, one in enumerate(LATENCY["regions"])
    for j, other in enumerate(LATENCY["regions"])
}
HALF_EARTH_KM = 3.141592653589793 * EARTH_RADIUS_KM

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def from_region(code):
    return latencies_ms(REGIONS[code].lat, REGIONS[code].lon)


# --- distance ---


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        pytest.param((0, 0), (0, 0), 0, id="R88 a point to itself"),
        pytest.param((90, 0), (-90, 0), HALF_EARTH_KM, id="R88 pole to pole is half the circumference"),
        pytest.param((0, 0), (0, 180), HALF_EARTH_KM, id="R88 antipodes on the equator"),
        pytest.param((0, 179.5), (0, -179.5), HALF_EARTH_KM / 180, id="R88 across the date line"),
        pytest.param((90, -120), (90, 60), 0, id="R88 a pole has every longitude"),
        pytest.param((51.51, -0.13), (40.71, -74.01), 5570, id="R88 London to New York"),
        pytest.param((35.68, 139.69), (-33.87, 151.21), 7826, id="R88 Tokyo to Sydney"),
    ],
)
def test_distance(one, other, km):
    assert distance_km(*one, *other) == pytest.approx(km, rel=1e-3, abs=1e-6)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_is_symmetric_and_bounded(a, b, c, d):
    """R88 as far there as back, and never farther than half way round."""
    assert isclose(distance_km(a, b, c, d), distance_km(c, d, a, b), abs_tol=1e-6)
    assert 0 <= distance_km(a, b, c, d) <= HALF_EARTH_KM * (1 + 1e-12)


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_distance_is_flat_nearby(latitude, longitude, north, east):
    """R88 over a kilometre the Earth is a plane."""
    km_per_degree = HALF_EARTH_KM / 180
    plane = km_per_degree * (north**2 + (east * cos(radians(latitude + north / 2))) ** 2) ** 0.5
    assert distance_km(latitude, longitude, latitude + north, longitude + east) == pytest.approx(
        plane, rel=1e-4, abs=1e-5
    )


# --- points ---


def test_every_place_of_route_53_has_a_point():
    """R75, R135 every place with a name has coordinates."""
    assert [country for country in COUNTRIES if country != "*" and country_point(country) is None] == []
    assert [pair for pair in SUBDIVISIONS if country_point(*pair) is None] == []
    assert [continent for continent in CONTINENTS if continent_point(continent) is None] == []


def test_unknown_places_have_no_point():
    """R75 a subdivision is known within its country only."""
    assert country_point("ZZ") is None
    assert country_point("US", "ZZ") is None
    assert country_point("UA", "CA") is None
    assert continent_point("XX") is None


# --- the relay model ---


def by_formula(latitude, longitude):
    """The formula of `region-latency.json`, computed without tables."""
    km = {code: distance_km(latitude, longitude, REGIONS[code].lat, REGIONS[code].lon) for code in ANCHORS}
    near = sorted(ANCHORS, key=lambda code: km[code])[:4]
    near = [code for code in near if km[code] <= km[near[0]] + 2000]
    return {region: 10 + min(1.8 * km[code] / 100 + RTT[code, region] for code in near) for region in REGIONS}


@given(latitudes, longitudes)
def test_latencies_are_the_relay_model(latitude, longitude):
    """R66, R69, R70 the time of every Region is that of the published formula."""
    assert dict(latencies_ms(latitude, longitude)) == pytest.approx(by_formula(latitude, longitude))


@pytest.mark.parametrize("code", MEASURED)
def test_a_region_is_nearest_to_itself(code):
    """R66 at the point of a measured Region, that Region is the best or within 5 ms of the best measured one."""
    latency_ms = from_region(code)
    assert latency_ms[code] <= min(latency_ms[other] for other in MEASURED) + 5


@pytest.mark.parametrize("code", MEASURED)
def test_times_at_a_region_are_never_above_the_measured_ones(code):
    """R70 the Region itself is the first relay, so the model adds the last mile at most."""
    latency_ms = from_region(code)
    assert all(latency_ms[other] <= RTT[code, other] + 10 + 1e-9 for other in REGIONS)


def test_model_is_roughly_symmetric():
    """R70 between two Regions the model says about the same either way: the matrix behind it is symmetric."""
    gaps = sorted(abs(from_region(one)[other] - from_region(other)[one]) for one, other in combinations(MEASURED, 2))
    assert gaps[len(gaps) // 2] < 5


def test_latency_tables_are_cached_and_immutable():
    """R66 the same point gives the same table, which cannot be changed."""
    assert latencies_ms(1.0, 2.0) is latencies_ms(1.0, 2.0)
    with pytest.raises(TypeError):
        latencies_ms(1.0, 2.0)["us-east-1"] = 0.0


# --- location databases ---

CITY = {
    "continent": {"code": "EU"},
    "country": {"iso_code": "DE"},
    "location": {"latitude": 52.5, "longitude": 13.25},
    "subdivisions": [{"iso_code": "BE"}],
}


@pytest.mark.parametrize(
    ("record", "country", "subdivision", "continent", "latitude"),
    [
        pytest.param(CITY, "DE", "BE", "EU", 52.5, id="R135 GeoIP2 City"),
        pytest.param({"country": {"iso_code": "DE"}}, "DE", None, None, None, id="R135 GeoIP2 Country"),
        pytest.param({"registered_country": {"iso_code": "FR"}}, "FR", None, None, None, id="R135 registered country"),
        pytest.param(
            {"country_code": "JP", "latitude": 35.5, "longitude": 139.5}, "JP", None, None, 35.5, id="R135 flat record"
        ),
        pytest.param(
            {"location": {"latitude": 35.5}, "country_code": "JP"},
            "JP",
            None,
            None,
            None,
            id="R135 half a point is none",
        ),
        pytest.param(
            {"country": {"iso_code": 7}, "subdivisions": []},
            None,
            None,
            None,
            None,
            id="R135 values of the wrong type are ignored",
        ),
        pytest.param("text", None, None, None, None, id="R135 a record that is no map"),
    ],
)
def test_records_of_users_databases(tmp_path, record, country, subdivision, continent, latitude):
    database = LocationDatabase(mmdb.write(tmp_path / "own.mmdb", {"192.0.2.0/24": record}))
    found = database.find(b"\xc0\x00\x02\x07")
    assert (found.country, found.subdivision, found.continent) == (country, subdivision, continent)
    assert found.latitude == latitude
    assert (found.longitude is None) is (latitude is None)
    assert database.find(b"\xc0\x00\x03\x07") is None


def test_ipv4_only_database(tmp_path):
    """R135 a file without IPv6 finds no IPv6 address, and does not fail."""
    database = LocationDatabase(mmdb.write(tmp_path / "own.mmdb", {"192.0.2.0/24": CITY}, ip_version=4))
    assert database.find(b"\xc0\x00\x02\x07").country == "DE"
    assert database.find(bytes(16)) is None


@pytest.mark.parametrize("content", [None, b"", b"no database at all"])
def test_unusable_database(tmp_path, content):
    """R135 a user's file that cannot be used is refused at once, by its path."""
    path = tmp_path / "own.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableDatabase, match=r"own\.mmdb") as refused:
        LocationDatabase(path)
    assert refused.value.path == path


def test_embedded_database_is_opened_once():
    """R135 all locators share one reader."""
    assert embedded() is embedded()
