"""Edge locations: finds the AWS edge location that would answer a resolver at some place."""

import json
from functools import cache, lru_cache
from importlib.resources import files

from dnsemu.policies.geodata.distance import distance_km
from dnsemu.policies.location.place import Place

NUMBER = 1
"""The number after a location's letters. AWS numbers the points of presence of a city without publishing how."""


def nearest_edge(place: Place) -> str:
    """The edge location nearest to a place, as in query logs: `FRA1` (R204)."""
    return _nearest(place.latitude, place.longitude)


@lru_cache(maxsize=4096)
def _nearest(latitude: float, longitude: float) -> str:
    code, _, _ = min(_locations(), key=lambda location: distance_km(latitude, longitude, *location[1:]))
    return f"{code}{NUMBER}"


@cache
def _locations() -> tuple[tuple[str, float, float], ...]:
    """Code, latitude and longitude of each edge location; degrees."""
    found = json.loads(files("dnsemu.config.aws").joinpath("data", "edge-locations.json").read_text("utf-8"))
    return tuple((row["code"], row["lat"], row["lon"]) for row in found["locations"])
