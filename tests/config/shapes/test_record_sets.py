"""Shapes of record sets: coordinates."""

import pytest

from dnsemu.commands.record_sets.conversion import to_api
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text
from tests.config.rules.zone_files import FIRST_LINE, zone


def near(latitude, longitude):
    point = f"coordinates: {{latitude: {latitude}, longitude: {longitude}}}"
    return f"{{name: a, type: A, ttl: 60, set_identifier: s, resource_records: [192.0.2.1], geo_proximity_location: {{{point}}}}}"


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        pytest.param(("49.20", "'7'"), ("49.2", "7"), id="R83 a number, as short as it can be"),
        pytest.param(("'49.20'", "'+7.'"), ("49.20", "+7."), id="R83 A132 text, as it is written"),
        pytest.param(("90.0", "-180"), ("90", "-180"), id="R83 the pole and the date line"),
        pytest.param(("'-0'", "-0.0"), ("-0", "0"), id="R83 a zero with its sign"),
    ],
)
def test_coordinates(written, listed):
    (found,) = load_text("shop.yaml", zone(near(*written))).world.hosted_zones.values()
    (record_set,) = (r for r in found.record_sets.values() if r.set_identifier)
    place = to_api(record_set)["GeoProximityLocation"]
    assert place == {"Coordinates": dict(zip(("Latitude", "Longitude"), listed, strict=True))}
    assert (record_set.routing.latitude, record_set.routing.longitude) == tuple(map(float, listed))


@pytest.mark.parametrize(
    ("latitude", "longitude", "field", "words"),
    [
        pytest.param("91", "0", "latitude", "91 is no number of degrees from -90 to 90; write -90 to 90, two", id="R83 beyond the pole"),
        pytest.param("0", "-180.01", "longitude", "-180.01 is no number of degrees from -180 to 180", id="R83 beyond the date line"),
        pytest.param("'90.00'", "0", "latitude", "Route 53 does not take '90.00'; write 90", id="A132 nothing follows 90"),
        pytest.param("0", "'180.0'", "longitude", "Route 53 does not take '180.0'; write 180", id="A132 nothing follows 180"),
        pytest.param("0", "'1e1'", "longitude", "Route 53 does not take '1e1'; write 10", id="A132 an exponent"),
        pytest.param("1.234", "0", "latitude", "1.234 has more than two decimals; write 1.23", id="R83 three decimals"),
        pytest.param("0", "'1.234'", "longitude", "1.234 has more than two decimals; write 1.23", id="R83 three decimals as text"),
        pytest.param("north", "0", "latitude", "'north' is no number of degrees", id="R83 a word"),
        pytest.param(".nan", "0", "latitude", "nan is no number of degrees", id="R83 not a number"),
        pytest.param("true", "0", "latitude", "true is a truth value; write -90 to 90, two decimals at most", id="R83 a truth value"),
    ],
)  # fmt: skip
def test_coordinates_that_route_53_refuses(latitude, longitude, field, words):
    with pytest.raises(FilesRefused) as caught:
        load_text("shop.yaml", zone(near(latitude, longitude)))
    (error,) = caught.value.errors
    assert (error.rule, error.id, error.line) == ("R83", "coordinates", FIRST_LINE)
    assert error.where.endswith(f".geo_proximity_location.coordinates.{field}")
    assert words in str(error)
