"""Latency routing: the Region nearest in time to the client answers (R66–R71)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Latency
from dnsemu.policies.geodata.region_latency import latencies_ms
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group, OneOf, Worth

NAME = "latency"
READS_CLIENT = True

CHINA = "CN"
CHINA_REGION = "cn-north-1"


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Every record set, by ascending latency from the client to its Region; ties by set identifier.

    For clients in China `cn-north-1` goes first whatever its latency, and is passed over like any other when it is
    unhealthy. A client that nothing locates is at `geo.default`.

    Source: routing.md R66, R68, R70, R71.
    """
    latency_ms = times_ms(client.place)
    first = CHINA_REGION if client.place.country == CHINA else None

    def rank(record_set: RecordSet) -> tuple[bool, float, str]:
        region = _region(record_set)
        return region != first, latency_ms[region], record_set.set_identifier or ""

    return sorted(group.record_sets, key=rank)


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer (R67)."""
    return OneOf(((pool[0], 1),))


def worth(record_set: RecordSet, client: Client) -> Worth:
    """Its Region and the modelled round-trip time from there to the client."""
    region = _region(record_set)
    return {"region": region, "latency_ms": round(times_ms(client.place)[region], 1)}


@lru_cache(maxsize=4096)
def times_ms(place: Place) -> Mapping[str, float]:
    """Round-trip times in ms from a place to every Region: modelled, but for those that the user gave (R70)."""
    modelled = latencies_ms(place.latitude, place.longitude)
    return {**modelled, **dict(place.latency_ms)} if place.latency_ms else modelled


def _region(record_set: RecordSet) -> str:
    assert isinstance(record_set.routing, Latency)
    return record_set.routing.region
