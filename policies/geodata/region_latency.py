"""Round-trip times from any point on Earth to every AWS Region: the relay model.

A client reaches a nearby Region over the public net, and from there the times measured between Regions hold:

    near = the 4 anchors nearest to the client, less those more than 2,000 km farther than the nearest
    rtt(client, R) = 10 + min over K in near of (1.8 * km(client, K) / 100 + rtt[K][R])    [ms]

AWS publishes no such table (R70), so these are estimates. Their median error is 6.6 ms against the measured times, when
each Region in turn is left out and treated as the client. The last mile of 10 ms is an assumption; it is added to every
Region alike and never changes their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nsmallest
from types import MappingProxyType

from dnsemu.config.aws.places import REGIONS
from dnsemu.policies.geodata import load
from dnsemu.policies.geodata.distance import distance_km

MAX_CACHED_POINTS = 4096
"""Points whose table is cached; the embedded database has some 1,500."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A Region by which clients may enter AWS's network, and the times (ms) from there, in the model's Region order."""

    latitude: float
    longitude: float
    rtt_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _RelayModel:
    regions: tuple[str, ...]
    anchors: tuple[_Anchor, ...]
    nearest_anchors: int
    anchor_window_km: float
    ms_per_km: float
    last_mile_ms: float

    def near(self, latitude: float, longitude: float) -> list[tuple[float, int]]:
        """Distance (km) and index of the anchors that count for a point, nearest first."""
        nearest = nsmallest(
            self.nearest_anchors,
            (
                (distance_km(latitude, longitude, anchor.latitude, anchor.longitude), number)
                for number, anchor in enumerate(self.anchors)
            ),
        )
        farthest_km = nearest[0][0] + self.anchor_window_km
        return [(km, number) for km, number in nearest if km <= farthest_km]


@cache
def _model() -> _RelayModel:
    document = load("region-latency.json")
    relay = document["model"]["relay"]
    rows = dict(zip(document["regions"], document["rtt"], strict=True))
    return _RelayModel(
        regions=tuple(document["regions"]),
        anchors=tuple(_Anchor(REGIONS[code].lat, REGIONS[code].lon, tuple(rows[code])) for code in relay["anchors"]),
        nearest_anchors=relay["nearest_anchors"],
        anchor_window_km=relay["anchor_window_km"],
        ms_per_km=relay["ms_per_100_km"] / 100,
        last_mile_ms=relay["last_mile_ms"],
    )


@lru_cache(maxsize=MAX_CACHED_POINTS)
def latencies_ms(latitude: float, longitude: float) -> Mapping[str, float]:
    """The round-trip time in ms from a point (degrees) to each Region that a latency record set may name (R69).

    Source: routing.md R66, R70; the model in `region-latency.json`.
    """
    model = _model()
    by_anchor = [
        [model.last_mile_ms + km * model.ms_per_km + rtt_ms for rtt_ms in model.anchors[number].rtt_ms]
        for km, number in model.near(latitude, longitude)
    ]
    return MappingProxyType(dict(zip(model.regions, map(min, zip(*by_anchor, strict=True)), strict=True)))
