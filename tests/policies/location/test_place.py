"""Places from declarations and names (routing.md R135, R179, R180)."""

import pytest

from dnsemu.config.model.geo import DeclaredPlace
from dnsemu.policies.location.place import Place, UnknownPlace, place_declared, place_named


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param(
            DeclaredPlace(region="us-east-1"),
            Place(38.95, -77.45, "NA", "US", "VA", "us-east-1", "x"),
            id="R179 us-east-1 is NA, US, VA",
        ),
        pytest.param(
            DeclaredPlace(region="us-east-2"),
            Place(39.96, -83.0, "NA", "US", "OH", "us-east-2", "x"),
            id="R180 us-east-2 is OH",
        ),
        pytest.param(
            DeclaredPlace(region="us-west-1"),
            Place(37.35, -121.95, "NA", "US", "CA", "us-west-1", "x"),
            id="R180 us-west-1 is CA",
        ),
        pytest.param(
            DeclaredPlace(region="us-west-2"),
            Place(45.84, -119.7, "NA", "US", "OR", "us-west-2", "x"),
            id="R180 us-west-2 is OR",
        ),
        pytest.param(
            DeclaredPlace(region="eu-central-1"),
            Place(50.11, 8.68, "EU", "DE", None, "eu-central-1", "x"),
            id="R180 elsewhere the country alone",
        ),
        pytest.param(
            DeclaredPlace(country="JP"), Place(35.71, 137.65, "AS", "JP", source="x"), id="R135 a country's centre"
        ),
        pytest.param(
            DeclaredPlace(country="US", subdivision="CA"),
            Place(35.16, -119.2, "NA", "US", "CA", source="x"),
            id="R135 a state's centre",
        ),
        pytest.param(
            DeclaredPlace(latitude=35.68, longitude=139.69),
            Place(35.68, 139.69, source="x"),
            id="R79 coordinates have no country",
        ),
    ],
)
def test_declared_places(declared, expected):
    assert place_declared(declared, "x") == expected


@pytest.mark.parametrize(
    "declared",
    [
        DeclaredPlace(),
        DeclaredPlace(latitude=1.0),
        DeclaredPlace(region="us-west-9"),
        DeclaredPlace(country="ZZ"),
        DeclaredPlace(country="JP", subdivision="13"),
    ],
)
def test_unknown_declared_places(declared):
    """R135 a declaration is refused rather than guessed."""
    with pytest.raises(UnknownPlace):
        place_declared(declared, "x")


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        pytest.param("ap-northeast-1", DeclaredPlace(region="ap-northeast-1"), id="R179 a Region"),
        pytest.param("JP", DeclaredPlace(country="JP"), id="R135 a country"),
        pytest.param("US-CA", DeclaredPlace(country="US", subdivision="CA"), id="R135 a US state"),
        pytest.param("UA-61", DeclaredPlace(country="UA", subdivision="61"), id="R135 an oblast of Ukraine"),
        pytest.param("35.68,139.69", DeclaredPlace(latitude=35.68, longitude=139.69), id="R135 coordinates"),
        pytest.param(" -33.9, 18.4 ", DeclaredPlace(latitude=-33.9, longitude=18.4), id="R135 coordinates with spaces"),
        pytest.param("jp", DeclaredPlace(country="JP"), id="R135 a country in small letters"),
        pytest.param("EU-WEST-1", DeclaredPlace(region="eu-west-1"), id="R179 a Region in capital letters"),
    ],
)
def test_named_places(text, declared):
    place = place_named(text)
    assert place == place_declared(declared, place.source)
    assert text.strip().lower() in place.source.lower()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        pytest.param("ap-northeast1", "ap-northeast-1", id="R135 a Region misspelt"),
        pytest.param("Tokyo", "ap-northeast-1", id="R135 a Region by its city"),
        pytest.param("japan", "JP", id="R135 a country by its name"),
        pytest.param("Germny", "DE", id="R135 a country by its name, misspelt"),
        pytest.param("California", "US-CA", id="R135 a state by its name"),
        pytest.param("91,0", None, id="R135 no such latitude"),
        pytest.param("0,181", None, id="R135 no such longitude"),
        pytest.param("nan,0", None, id="R135 no number"),
        pytest.param("", None, id="R135 nothing"),
        pytest.param("*", None, id="R135 the default location is no place"),
    ],
)
def test_unknown_names(text, first):
    with pytest.raises(UnknownPlace) as refused:
        place_named(text)
    assert refused.value.nearest[:1] == ((first,) if first else ())
    assert (first or "LAT,LON") in str(refused.value)
