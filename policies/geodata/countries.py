"""A point for every country, continent, US state and Ukrainian oblast.

The points are population centres: the better guess of where clients are. They place a client of whom no more than
its country is known.
"""

from functools import cache
from typing import NamedTuple

from dnsemu.policies.geodata import load


class Point(NamedTuple):
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


class _Points(NamedTuple):
    countries: dict[str, Point]
    subdivisions: dict[tuple[str, str], Point]
    continents: dict[str, Point]


@cache
def _points() -> _Points:
    document = load("country-coordinates.json")
    countries, subdivisions, continents = (document[key] for key in ("countries", "subdivisions", "continents"))
    return _Points(
        countries={entry["code"]: Point(entry["lat"], entry["lon"]) for entry in countries},
        subdivisions={(entry["country"], entry["code"]): Point(entry["lat"], entry["lon"]) for entry in subdivisions},
        continents={entry["code"]: Point(entry["lat"], entry["lon"]) for entry in continents},
    )


def country_point(country: str, subdivision: str | None = None) -> Point | None:
    """The point of a country, or of one of its subdivisions that Route 53 knows (R75); None for any other."""
    points = _points()
    return points.countries.get(country) if subdivision is None else points.subdivisions.get((country, subdivision))


def continent_point(continent: str) -> Point | None:
    """The point of one of Route 53's seven continents."""
    return _points().continents.get(continent)
