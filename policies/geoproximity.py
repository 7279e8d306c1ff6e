"""Geoproximity routing: the nearest resource answers, by distances that a bias shrinks or stretches (R83–R88)."""

from collections.abc import Sequence

from dnsemu.config.aws.places import LOCAL_ZONES, REGIONS
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Geoproximity
from dnsemu.policies.geodata.distance import distance_km
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "geoproximity"
READS_CLIENT = True


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Every record set, by ascending biased distance from the client; ties by set identifier (R85, R88).

    An unlocated client is placed at `geo.default` (R71).
    """
    return sorted(group.record_sets, key=lambda r: (biased_km(_km(r, client), _place(r)), r.set_identifier or ""))


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer (R87)."""
    return OneOf.only(pool[0])


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """The resource's location, its distance from the client, and the bias with the biased distance if there is one."""
    place, km = _place(record_set), _km(record_set, client)
    where = place.region or place.local_zone_group or f"{place.latitude},{place.longitude}"
    found: Criteria = {"location": where, "distance_km": round(km, 1)}
    return found | {"bias": place.bias, "biased_km": round(biased_km(km, place), 1)} if place.bias else found


def biased_km(distance_km: float, place: Geoproximity) -> float:
    """Applies a bias to a distance: d × (1 − bias/100) (R85).

    With `divides_by_bias` a negative bias follows the formula of the 2022 guide, d / (1 + bias/100) (R86).
    """
    if place.divides_by_bias and place.bias < 0:
        return distance_km / (1 + place.bias / 100)
    return distance_km * (1 - place.bias / 100)


def _km(record_set: RecordSet, client: Client) -> float:
    latitude, longitude = _point(_place(record_set))
    return distance_km(client.place.latitude, client.place.longitude, latitude, longitude)


def _point(place: Geoproximity) -> tuple[float, float]:
    """The resource's coordinates in degrees. `config.rules` has checked that the Region or Local Zone group exists."""
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
