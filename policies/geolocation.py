"""Geolocation routing: the most specific location that holds the client answers (R75–R82)."""

from collections.abc import Iterator, Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Geolocation
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group, OneOf, Worth

NAME = "geolocation"
READS_CLIENT = True

ANYWHERE = "*"


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The record sets whose location holds the client: its subdivision's, country's, continent's, then the default.

    Empty when none matches and the group has no default: the answer is NODATA (R78).

    Source: routing.md R77–R80.
    """
    at = {record_set.routing: record_set for record_set in reversed(group.record_sets)}
    return [at[location] for location in _locations(client.place) if location in at]


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool, the most specific, takes every answer (R77, R80)."""
    return OneOf(((pool[0], 1),))


def worth(record_set: RecordSet, client: Client) -> Worth:
    """Its location in words."""
    location = record_set.routing
    assert isinstance(location, Geolocation)
    if location.continent is not None:
        return {"location": f"continent {location.continent}"}
    if location.subdivision is not None:
        return {"location": f"subdivision {location.country}-{location.subdivision}"}
    return {"location": "default" if location.country == ANYWHERE else f"country {location.country}"}


def _locations(place: Place) -> Iterator[Geolocation]:
    """Every location that holds the place, most specific first; only the default for one that nothing locates (R79)."""
    if place.country is not None:
        if place.subdivision is not None:
            yield Geolocation(country=place.country, subdivision=place.subdivision)
        yield Geolocation(country=place.country)
    if place.continent is not None:
        yield Geolocation(continent=place.continent)
    yield Geolocation(country=ANYWHERE)
