"""Rules for the places that routing names."""

import pytest

from dnsemu.config.model.routing import Geoproximity
from dnsemu.config.rules.places import place_problem
from tests.config.rules.zone_files import a, assert_refused

REFUSED = [
    pytest.param([a("a", "set_identifier: x, region: xx-fake-1")], "R69", "region-unknown", 0, ".region",
                 "Cannot find region 'xx-fake-1'. No changes made.", id="R69 A152"),
    pytest.param([a("a", "set_identifier: x, geo_location: {country_code: ZZ}")], "R75", "location-unknown", 0,
                 ".geo_location", "Cannot find location: 'country = ZZ'. No changes made.", id="R75 A155 country"),
    pytest.param([a("a", "set_identifier: x, geo_location: {continent_code: XX}")], "R75", "location-unknown", 0,
                 ".geo_location", "Cannot find location: ' continent = XX'. No changes made.", id="R75 A155 continent"),
    pytest.param([a("a", "set_identifier: x, geo_location: {country_code: US, subdivision_code: ZZ}")], "R75",
                 "location-unknown", 0, ".geo_location", "'country = US subdivision = ZZ'", id="R75 A155 subdivision"),
    pytest.param([a("a", "set_identifier: x, geo_location: {country_code: CA, subdivision_code: 'ON'}")], "R75",
                 "location-unknown", 0, ".geo_location", "'country = CA subdivision = ON'", id="A332 A432 CA/ON"),
    pytest.param([a("a", "set_identifier: x, geo_location: {continent_code: NA, subdivision_code: WA}")], "R75",
                 "location-unknown", 0, ".geo_location", "' continent = NA subdivision = WA'", id="R75 A155 both"),
    pytest.param([a("a", "set_identifier: x, geo_location: {country_code: BV}")], "R76", "location-unknown", 0,
                 ".geo_location", "'country = BV'", id="R76 A432 Bouvet Island"),
    pytest.param([a("a", "set_identifier: x, geo_location: {}")], "R75", "location-form", 0, ".geo_location",
                 "the location is empty", id="R75 empty"),
    pytest.param([a("a", "set_identifier: x, geo_location: {subdivision_code: WA}")], "R75", "location-form", 0,
                 ".geo_location", "needs its country", id="R75 a subdivision alone"),
    pytest.param([a("a", "set_identifier: x, cidr_routing_config: {collection_id: c, location_name: '*'}")], "A166",
                 "no-such-collection", 0, ".cidr_routing_config.collection_id", "Cannot find CidrCollection 'c'",
                 id="R92 A166 a collection that is not there"),
    pytest.param([a("a", "set_identifier: x, geo_proximity_location: {aws_region: us-east-1, local_zone_group: y}")],
                 "R83", "geoproximity-place", 0, ".geo_proximity_location", "aws_region and local_zone_group",
                 id="R83 A128 two places"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "rule", "id", "at", "field", "words"), REFUSED)
def test_refused(entries, rule, id, at, field, words):
    assert_refused(entries, rule, id, at, field, words)


@pytest.mark.parametrize(
    ("routing", "words"),
    [
        pytest.param(
            Geoproximity(region="xx-fake-1"),
            "Cannot find GeoProximityLocation with AWSRegion = xx-fake-1. No changes made.",
            id="A167 Region",
        ),
        pytest.param(
            Geoproximity(local_zone_group="x"),
            "Cannot find GeoProximityLocation with LocalZoneGroup = x. No changes made.",
            id="A167 Local Zone group",
        ),
    ],
)
def test_unknown_geoproximity_places(routing, words):
    problem = place_problem(routing)
    assert problem.message == words
    assert place_problem(Geoproximity(local_zone_group="us-west-2-den-1")) is None
