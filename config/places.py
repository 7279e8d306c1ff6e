"""The places Route 53 knows: AWS Regions, Local Zone groups, countries, subdivisions, continents."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from config.world import DeclaredPlace


@dataclass(frozen=True, slots=True)
class Region:
    """An AWS Region that a latency record set may name (R69).

    `lat` and `lon` are degrees, north and east positive, good to about 50 km. `subdivision` is the state's code without
    its country (`VA`), for the United States only; elsewhere None (R180).
    """

    code: str
    name: str
    lat: float
    lon: float
    country: str
    subdivision: str | None
    continent: str


@dataclass(frozen=True, slots=True)
class LocalZone:
    """An AWS Local Zone group (R84); coordinates in degrees, of the city's centre."""

    group: str
    city: str
    lat: float
    lon: float
    country: str
    parent_region: str


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("config").joinpath("data", name).read_text("utf-8"))
    return found


def _regions() -> dict[str, Region]:
    return {
        row["code"]: Region(
            code=row["code"],
            name=row["name"],
            lat=row["lat"],
            lon=row["lon"],
            country=row["country"],
            subdivision=row["subdivision"].partition("-")[2] if row["country"] == "US" else None,
            continent=row["continent"],
        )
        for row in _read("aws-regions.json")["regions"]
        if row["latency_record"]
    }


def _local_zones() -> dict[str, LocalZone]:
    return {
        row["group"]: LocalZone(row["group"], row["city"], row["lat"], row["lon"], row["country"], row["parent_region"])
        for row in _read("local-zones.json")["local_zones"]
    }


_GEO = _read("geo-locations.json")
_DETAILS: list[dict[str, str]] = _GEO["GeoLocationDetailsList"]

REGIONS: Mapping[str, Region] = MappingProxyType(_regions())
LOCAL_ZONES: Mapping[str, LocalZone] = MappingProxyType(_local_zones())

COUNTRIES: Mapping[str, str] = MappingProxyType(
    {d["CountryCode"]: d["CountryName"] for d in _DETAILS if "CountryCode" in d and "SubdivisionCode" not in d}
)
"""Names of the countries that geolocation knows, by ISO 3166-1 alpha-2 code, and of `*`, the default (A330–A335)."""

SUBDIVISIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {(d["CountryCode"], d["SubdivisionCode"]): d["SubdivisionName"] for d in _DETAILS if "SubdivisionCode" in d}
)
"""Names of the US's states and Ukraine's oblasts, by (country, subdivision): no others are known (A332)."""

CONTINENTS: Mapping[str, str] = MappingProxyType(
    {d["ContinentCode"]: d["ContinentName"] for d in _DETAILS if "ContinentCode" in d}
)

CONTINENT_OF: Mapping[str, str] = MappingProxyType(_GEO["country_continent"]["pairs"])
"""The continent of each country, as Route 53 sees it (R81)."""

_COORDINATES = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*,\s*([-+]?\d+(?:\.\d+)?)", re.ASCII)


def parse_place(text: str) -> DeclaredPlace:
    """Read a place as people name it.

    Args:
        text: an AWS Region (`ap-northeast-1`), a country (`JP`), a subdivision (`US-CA`) or `LAT,LON` in degrees.
    Raises:
        ValueError: it is none of these; the text says what would be.
    """
    if text in REGIONS:
        return DeclaredPlace(region=text)
    if text in CONTINENT_OF:
        return DeclaredPlace(country=text)
    country, _, subdivision = text.partition("-")
    if (country, subdivision) in SUBDIVISIONS:
        return DeclaredPlace(country=country, subdivision=subdivision)
    if (match := _COORDINATES.fullmatch(text)) and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180:
        return DeclaredPlace(latitude=float(match[1]), longitude=float(match[2]))
    raise ValueError(f"{text!r} is no AWS Region, country, US state or LAT,LON")
