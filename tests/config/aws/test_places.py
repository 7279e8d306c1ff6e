"""Places of AWS (R69, R75, R84, A330–A336)."""

import pytest

from dnsemu.config.aws.places import CONTINENT_OF, CONTINENTS, COUNTRIES, REGIONS, SUBDIVISIONS, parse_place
from dnsemu.config.model.geo import DeclaredPlace
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS


def test_tables():
    """R69, A330–A336, R81."""
    assert len(REGIONS) == 39
    assert set(ALL_CHECKER_REGIONS) <= set(REGIONS)
    assert (REGIONS["us-east-1"].subdivision, REGIONS["us-west-2"].subdivision) == ("VA", "OR")
    assert REGIONS["eu-west-1"].subdivision is None
    assert list(CONTINENTS) == ["AF", "AN", "AS", "EU", "NA", "OC", "SA"]
    assert COUNTRIES["*"] == "Default"
    assert not {"BV", "CX", "EH", "HM"} & COUNTRIES.keys()
    assert sum(country == "US" for country, _ in SUBDIVISIONS) == 51
    assert SUBDIVISIONS["UA", "30"] == "Kyiv"
    assert (CONTINENT_OF["TR"], CONTINENT_OF["GE"], CONTINENT_OF["GS"]) == ("EU", "AS", "AN")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ap-northeast-1", DeclaredPlace(region="ap-northeast-1")),
        ("JP", DeclaredPlace(country="JP")),
        ("US-CA", DeclaredPlace(country="US", subdivision="CA")),
        ("48.1,11.6", DeclaredPlace(latitude=48.1, longitude=11.6)),
        ("use1-az1", DeclaredPlace(region="us-east-1")),
        ("us-west-2-den-1", DeclaredPlace(country="US", latitude=39.74, longitude=-104.99)),
        ("ap-northeast-1-wl1-kix-wlz-1", DeclaredPlace(country="JP", latitude=34.69, longitude=135.5)),
        ("DFW", DeclaredPlace(country="US", latitude=32.9, longitude=-97.04)),
        ("DFW3", DeclaredPlace(country="US", latitude=32.9, longitude=-97.04)),
        ("-33, +151.2", DeclaredPlace(latitude=-33.0, longitude=151.2)),
    ],
)
def test_parse_place(text, place):
    assert parse_place(text) == place


@pytest.mark.parametrize("text", ["", "xx-east-1", "ZZ", "CA-ON", "91,0", "0,181", "1", "nan,0", "jp", "*"])
def test_parse_place_refuses(text):
    with pytest.raises(ValueError, match="is no AWS Region or zone, country, US state, edge location or LAT,LON"):
        parse_place(text)
