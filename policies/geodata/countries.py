"""Coordinates of every country, continent, US state and Ukrainian oblast.

They are population centres, the best guess for a client of which only the country is known.
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
    """The coordinates of a country or of one of its subdivisions (R75); None if Route 53 does not know it."""
    points = _points()
    return points.countries.get(country) if subdivision is None else points.subdivisions.get((country, subdivision))


def continent_point(continent: str) -> Point | None:
    """The coordinates of one of Route 53's seven continents; None for any other."""
    return _points().continents.get(continent)
