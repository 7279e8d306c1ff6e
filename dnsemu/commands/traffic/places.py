"""Reads and checks the places in a document's rules; geoproximity rules have two formats for them (R187)."""

from collections.abc import Mapping

from dnsemu.commands.traffic.fields import BadDocument, JsonObject
from dnsemu.config.model.routing import Geolocation, Geoproximity, Latency, Routing
from dnsemu.config.rules.places import place_problem

FIELDS_2023 = ("Location", "Bias")
FIELDS_2015 = ("Region", "Latitude", "Longitude", "Bias")

_PREFIX = "aws:route53:"
_MAX_BIAS = 99

_WANTED: Mapping[type[Routing], str] = {
    Latency: "a Region such as us-east-1",
    Geolocation: "a Continent such as EU, a Country such as JP, or a Country of US or UA with a Subdivision",
    Geoproximity: "a Region such as us-east-1, or a Local Zone such as us-west-2-den-1a",
}
"""By policy: the places that a document may name, by its own fields."""


def geoproximity_2023(item: JsonObject) -> Geoproximity:
    """Reads a location in the format of 2023-05-09.

    Raises:
        BadDocument: the place does not exist, or is not written as one.
    """
    place = item.object("Location", ("Type", "LocationName", "Latitude", "Longitude"))
    kind = place.one_of("Type", ("Region", "LocalZone", "Coordinate"))
    if kind == "Coordinate":
        _refuse(place, "LocationName")
        return _at(item, place)
    _refuse(place, "Latitude", "Longitude")
    name = place.required("LocationName", f"{_PREFIX}us-east-1 or the like").removeprefix(_PREFIX)
    if kind == "Region":
        return _checked(place, Geoproximity(region=name, bias=_bias(item)))
    # A Local Zone's group is its name without the last letter (R84).
    group = name[:-1] if name[-1:].isalpha() else name
    return _checked(place, Geoproximity(local_zone_group=group, bias=_bias(item)))


def geoproximity_2015(item: JsonObject) -> Geoproximity:
    """Reads a location in the format of 2015-10-01; raises like `geoproximity_2023`."""
    region = item.text("Region")
    if region is None:
        return _at(item, item)
    _refuse(item, "Latitude", "Longitude")
    return _checked(item, Geoproximity(region=region.removeprefix(_PREFIX), bias=_bias(item)))


def _at(item: JsonObject, place: JsonObject) -> Geoproximity:
    return Geoproximity(
        latitude=place.degrees("Latitude", 90), longitude=place.degrees("Longitude", 180), bias=_bias(item)
    )


def _bias(item: JsonObject) -> int:
    return item.integer("Bias", -_MAX_BIAS, _MAX_BIAS) or 0


def check_place(fields: JsonObject, routing: Routing) -> None:
    """Checks that a Region, location or Local Zone is known (R69, R75, R76, R83).

    Raises:
        BadDocument: it is not.
    """
    if (problem := place_problem(routing)) is not None:
        problem_text = problem.message.removesuffix(" No changes made.").rstrip(".")
        message = f"{problem_text}. Please write {_WANTED[type(routing)]}."
        raise BadDocument(fields.path, message)


def _checked(fields: JsonObject, place: Geoproximity) -> Geoproximity:
    check_place(fields, place)
    return place


def _refuse(fields: JsonObject, *keys: str) -> None:
    for key in keys:
        if key in fields:
            raise fields.error(key, "a location is named or has coordinates, not both; leave this out")
