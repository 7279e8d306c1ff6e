"""Geolocation routing: the locations that contain a client (routing.md R75–R82). `test_decide` adds health."""

import pytest

from dnsemu.policies import geolocation as policy
from dnsemu.policies.location.place import place_named
from tests.builders import at, geo, group

CALIFORNIA = at(continent="NA", country="US", subdivision="CA")
OREGON = at(continent="NA", country="US", subdivision="OR")
US_STATE_UNKNOWN = at(continent="NA", country="US")
CANADA = at(continent="NA", country="CA")
FRANCE = at(continent="EU", country="FR")
UNLOCATED = at(38.95, -77.45)

STATE = geo("www.test", "a", country="US", subdivision="CA")
COUNTRY = geo("www.test", "b", country="US")
CONTINENT = geo("www.test", "c", continent="NA")
DEFAULT = geo("www.test", "d", country="*")
ALL = (STATE, COUNTRY, CONTINENT, DEFAULT)


def ids(candidates):
    return "".join(candidate.set_identifier for candidate in candidates)


@pytest.mark.parametrize(
    ("client", "members", "expected"),
    [
        pytest.param(CALIFORNIA, ALL, "abcd", id="R82.1–R82.5 California: state, country, continent, default"),
        pytest.param(OREGON, ALL, "bcd", id="R82.6 another state falls to its country"),
        pytest.param(US_STATE_UNKNOWN, ALL, "bcd", id="R82.7 R79 United States, state unknown"),
        pytest.param(CANADA, ALL, "cd", id="R82.8 Canada: continent, then default"),
        pytest.param(FRANCE, ALL, "d", id="R82.9 France: the default alone"),
        pytest.param(FRANCE, ALL[:3], "", id="R82.10 R78 nothing matches and no default"),
        pytest.param(CANADA, ALL[:3], "c", id="R82.11 the continent alone, without a default"),
        pytest.param(UNLOCATED, ALL, "d", id="R79 an unlocated client gets the default alone"),
        pytest.param(UNLOCATED, ALL[:3], "", id="R79 an unlocated client and no default"),
        pytest.param(
            CALIFORNIA, (DEFAULT, CONTINENT, STATE), "acd", id="R77 specific first, in whatever order declared"
        ),
        pytest.param(CANADA, (geo("www.test", "x", country="CA"), STATE), "x", id="R77 Canada is not California"),
        pytest.param(
            at(continent="EU", country="UA", subdivision="61"),
            (geo("www.test", "x", country="UA", subdivision="61"), geo("www.test", "y", continent="EU")),
            "xy",
            id="R75 subdivisions of Ukraine",
        ),
        pytest.param(
            at(continent="NA", country="US", subdivision="61"),
            (geo("www.test", "x", country="UA", subdivision="61"), DEFAULT),
            "d",
            id="R75 a subdivision counts within its country only",
        ),
    ],
)
def test_candidates(client, members, expected):
    assert ids(policy.candidates(group(*members), client)) == expected


@pytest.mark.parametrize(
    ("country", "continent"),
    [
        pytest.param("TR", "EU", id="R81 Türkiye is in Europe"),
        pytest.param("RU", "EU", id="R81 Russia is in Europe"),
        pytest.param("GE", "AS", id="R81 Georgia is in Asia"),
        pytest.param("CY", "EU", id="R81 Cyprus is in Europe"),
        pytest.param("UA", "EU", id="R81 Ukraine is in Europe"),
        pytest.param("AM", "AS", id="R81 Armenia is in Asia"),
        pytest.param("AZ", "AS", id="R81 Azerbaijan is in Asia"),
        pytest.param("KZ", "AS", id="R81 Kazakhstan is in Asia"),
        pytest.param("IL", "AS", id="R81 Israel is in Asia"),
        pytest.param("EG", "AF", id="R81 Egypt is in Africa"),
        pytest.param("TF", "AN", id="R81 the French Southern Territories are in Antarctica"),
        pytest.param("GS", "AN", id="R81 South Georgia is in Antarctica"),
        pytest.param("UM", "OC", id="R81 the US Minor Outlying Islands are in Oceania"),
        pytest.param("GU", "OC", id="R81 Guam is in Oceania"),
        pytest.param("AS", "OC", id="R81 American Samoa is in Oceania"),
        pytest.param("GL", "NA", id="R81 Greenland is in North America"),
        pytest.param("XK", "EU", id="R81 Kosovo is a country in Europe"),
        pytest.param("PR", "NA", id="R76 Puerto Rico is a country, not a state"),
        pytest.param("EH", "AF", id="R76 Western Sahara matches by its continent"),
    ],
)
def test_continent_of_country(country, continent):
    members = [geo("www.test", code, continent=code) for code in ("AF", "AN", "AS", "EU", "NA", "OC", "SA")]
    place = place_named(country)
    client = at(place.latitude, place.longitude, place.continent, place.country, place.subdivision)
    assert ids(policy.candidates(group(*members), client)) == continent


def test_the_most_specific_takes_every_answer():
    """R77, R80 the first of the pool answers alone."""
    assert dict(policy.shares((STATE, COUNTRY, DEFAULT)).shares()) == {STATE: 1}


@pytest.mark.parametrize(
    ("member", "words"),
    [
        pytest.param(STATE, "subdivision US-CA", id="R75 subdivision"),
        pytest.param(COUNTRY, "country US", id="R75 country"),
        pytest.param(CONTINENT, "continent NA", id="R75 continent"),
        pytest.param(DEFAULT, "default", id="R75 default"),
    ],
)
def test_criteria_are_the_location(member, words):
    assert policy.criteria(member, CALIFORNIA) == {"location": words}
