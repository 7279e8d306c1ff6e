"""Geolocation routing: the most specific location that contains the client answers (R75–R82)."""

from collections.abc import Iterator, Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Geolocation
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "geolocation"
READS_CLIENT = True

ANYWHERE = "*"


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The record sets whose location contains the client: subdivision, country, continent, then the default.

    Empty if none matches and the group has no default: the answer is NODATA (R78).

    Source: routing.md R77–R80.
    """
    by_location = {record_set.routing: record_set for record_set in reversed(group.record_sets)}
    return [by_location[location] for location in _locations(client.place) if location in by_location]


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool, which is the most specific, takes every answer (R77, R80)."""
    return OneOf.only(pool[0])


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Its location in words."""
    location = record_set.routing
    assert isinstance(location, Geolocation)
    if location.continent is not None:
        return {"location": f"continent {location.continent}"}
    if location.subdivision is not None:
        return {"location": f"subdivision {location.country}-{location.subdivision}"}
    return {"location": "default" if location.country == ANYWHERE else f"country {location.country}"}


def _locations(place: Place) -> Iterator[Geolocation]:
    """Yields the locations that contain a place, most specific first; for an unlocated one only the default (R79)."""
    if place.country is not None:
        if place.subdivision is not None:
            yield Geolocation(country=place.country, subdivision=place.subdivision)
        yield Geolocation(country=place.country)
    if place.continent is not None:
        yield Geolocation(continent=place.continent)
    yield Geolocation(country=ANYWHERE)
