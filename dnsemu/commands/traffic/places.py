"""The places that a document's rules name: geoproximity has two formats for them (R187), and all have to exist."""

from dnsemu.commands.traffic.fields import BadDocument, Fields
from dnsemu.config.model.routing import Geoproximity, Routing
from dnsemu.config.rules.places import place_problem

LOCATED = ("Location", "Bias")
LOCATED_2015 = ("Region", "Latitude", "Longitude", "Bias")

_PREFIX = "aws:route53:"
_MAX_BIAS = 99


def geoproximity(item: Fields) -> Geoproximity:
    """A location in the format of 2023-05-09.

    Raises:
        BadDocument: there is no such place, or it is not written as one.
    """
    place = item.fields("Location", ("Type", "LocationName", "Latitude", "Longitude"))
    kind = place.one_of("Type", ("Region", "LocalZone", "Coordinate"))
    if kind == "Coordinate":
        _leave_out(place, "LocationName")
        return _at(item, place)
    _leave_out(place, "Latitude", "Longitude")
    name = place.needed("LocationName", f"{_PREFIX}us-east-1 or the like").removeprefix(_PREFIX)
    if kind == "Region":
        return _known(place, Geoproximity(region=name, bias=_bias(item)))
    # A Local Zone's group is its name without the last letter (R84).
    group = name[:-1] if name[-1:].isalpha() else name
    return _known(place, Geoproximity(local_zone_group=group, bias=_bias(item)))


def geoproximity_2015(item: Fields) -> Geoproximity:
    """A location in the format of 2015-10-01; raises as `geoproximity` does."""
    region = item.text("Region")
    if region is None:
        return _at(item, item)
    _leave_out(item, "Latitude", "Longitude")
    return _known(item, Geoproximity(region=region.removeprefix(_PREFIX), bias=_bias(item)))


def _at(item: Fields, place: Fields) -> Geoproximity:
    return Geoproximity(
        latitude=place.degrees("Latitude", 90), longitude=place.degrees("Longitude", 180), bias=_bias(item)
    )


def _bias(item: Fields) -> int:
    return item.whole("Bias", -_MAX_BIAS, _MAX_BIAS) or 0


def check_place(fields: Fields, routing: Routing) -> None:
    """Refuse a Region, location or Local Zone that is not known (R69, R75, R76, R83).

    Raises:
        BadDocument: there is no such place.
    """
    if (problem := place_problem(routing)) is not None:
        raise BadDocument(
            fields.place, f"{problem.message.removesuffix(' No changes made.')} Please {problem.instead}."
        )


def _known(fields: Fields, place: Geoproximity) -> Geoproximity:
    check_place(fields, place)
    return place


def _leave_out(fields: Fields, *keys: str) -> None:
    for key in keys:
        if key in fields:
            raise fields.fault(key, "a location is named or has coordinates, not both; leave this out")
