"""Latency routing: the Region with the lowest latency to the client answers (R66–R71)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Latency
from dnsemu.policies.geodata.region_latency import latencies_ms
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "latency"
READS_CLIENT = True

CHINA = "CN"
CHINA_REGION = "cn-north-1"


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Every record set, by ascending latency from the client to its Region; ties by set identifier.

    For clients in China `cn-north-1` comes first whatever its latency; health applies to it as to any other. An
    unlocated client is placed at `geo.default`.

    Source: routing.md R66, R68, R70, R71.
    """
    latency_ms = region_latencies_ms(client.place)
    first = CHINA_REGION if client.place.country == CHINA else None

    def rank(record_set: RecordSet) -> tuple[bool, float, str]:
        region = _region(record_set)
        return region != first, latency_ms[region], record_set.set_identifier or ""

    return sorted(group.record_sets, key=rank)


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer (R67)."""
    return OneOf.only(pool[0])


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Its Region and the round-trip time from there to the client."""
    region = _region(record_set)
    return {"region": region, "latency_ms": round(region_latencies_ms(client.place)[region], 1)}


@lru_cache(maxsize=4096)
def region_latencies_ms(place: Place) -> Mapping[str, float]:
    """Round-trip times in ms from a place to every Region: the user's where declared, else modelled (R70)."""
    modelled = latencies_ms(place.latitude, place.longitude)
    return {**modelled, **dict(place.latency_ms)} if place.latency_ms else modelled


def _region(record_set: RecordSet) -> str:
    assert isinstance(record_set.routing, Latency)
    return record_set.routing.region
