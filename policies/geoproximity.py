"""Geoproximity routing: the nearest resource answers, each distance stretched or shrunk by a bias (R83–R88)."""

from collections.abc import Sequence

from dnsemu.config.aws.places import LOCAL_ZONES, REGIONS
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Geoproximity
from dnsemu.policies.geodata.distance import distance_km
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, OneOf, Worth

NAME = "geoproximity"
READS_CLIENT = True


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Every record set, by ascending biased distance from the client; ties by set identifier (R85, R88).

    A client that nothing locates is at `geo.default` (R71).
    """
    return sorted(group.record_sets, key=lambda r: (biased_km(_km(r, client), _place(r)), r.set_identifier or ""))


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer (R87)."""
    return OneOf(((pool[0], 1),))


def worth(record_set: RecordSet, client: Client) -> Worth:
    """Where the resource is, how far from the client, and how far its bias makes that."""
    place, km = _place(record_set), _km(record_set, client)
    where = place.region or place.local_zone_group or f"{place.latitude},{place.longitude}"
    worth: Worth = {"location": where, "distance_km": round(km, 1)}
    return worth | {"bias": place.bias, "biased_km": round(biased_km(km, place), 1)} if place.bias else worth


def biased_km(distance_km: float, place: Geoproximity) -> float:
    """A distance as its bias makes it: d × (1 − bias/100) (R85).

    With `divides_by_bias` a negative bias follows the formula of the 2022 guide, d / (1 + bias/100) (R86).
    """
    if place.divides_by_bias and place.bias < 0:
        return distance_km / (1 + place.bias / 100)
    return distance_km * (1 - place.bias / 100)


def _km(record_set: RecordSet, client: Client) -> float:
    latitude, longitude = _point(_place(record_set))
    return distance_km(client.place.latitude, client.place.longitude, latitude, longitude)


def _point(place: Geoproximity) -> tuple[float, float]:
    """The resource's point, in degrees; `config.rules` has seen to it that the Region or Local Zone group exists."""
    if place.region is not None:
        region = REGIONS[place.region]
        return region.lat, region.lon
    if place.local_zone_group is not None:
        zone = LOCAL_ZONES[place.local_zone_group]
        return zone.lat, zone.lon
    assert place.latitude is not None
    assert place.longitude is not None
    return place.latitude, place.longitude


def _place(record_set: RecordSet) -> Geoproximity:
    assert isinstance(record_set.routing, Geoproximity)
    return record_set.routing
