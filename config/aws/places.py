"""Places that Route 53 knows: AWS Regions, Local Zone groups, countries, subdivisions, continents."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from dnsemu.config.model.geo import DeclaredPlace


@dataclass(frozen=True, slots=True)
class AwsSite:
    """An AWS location other than a Region; coordinates in degrees, of the city's centre or of the airport."""

    country: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Region:
    """An AWS Region that a latency record set may name (R69).

    `lat` and `lon` are degrees, north and east positive, accurate to about 50 km. `subdivision` is the state's code
    (`VA`) in the United States, elsewhere None (R180).
    """

    code: str
    name: str
    lat: float
    lon: float
    country: str
    subdivision: str | None
    continent: str
    az_ids: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("dnsemu.config.aws").joinpath("data", name).read_text("utf-8"))
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
            az_ids=tuple(row["az_ids"]),
        )
        for row in _read("aws-regions.json")["regions"]
        if row["latency_record"]
    }


def _sites(file: str, section: str, key: str) -> dict[str, AwsSite]:
    return {row[key]: AwsSite(row["country"], row["lat"], row["lon"]) for row in _read(file)[section]}


_GEO = _read("geo-locations.json")
_DETAILS: list[dict[str, str]] = _GEO["GeoLocationDetailsList"]

REGIONS: Mapping[str, Region] = MappingProxyType(_regions())
LOCAL_ZONES: Mapping[str, AwsSite] = MappingProxyType(_sites("local-zones.json", "local_zones", "group"))
"""Local Zone groups (R84)."""

COUNTRIES: Mapping[str, str] = MappingProxyType(
    {d["CountryCode"]: d["CountryName"] for d in _DETAILS if "CountryCode" in d and "SubdivisionCode" not in d}
)
"""Names of the countries of geolocation routing, by ISO 3166-1 alpha-2 code, and of `*`, the default (A330–A335)."""

SUBDIVISIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {(d["CountryCode"], d["SubdivisionCode"]): d["SubdivisionName"] for d in _DETAILS if "SubdivisionCode" in d}
)
"""Names of US states and Ukrainian oblasts, by (country, subdivision); Route 53 has no others (A332)."""

CONTINENTS: Mapping[str, str] = MappingProxyType(
    {d["ContinentCode"]: d["ContinentName"] for d in _DETAILS if "ContinentCode" in d}
)

CONTINENT_OF: Mapping[str, str] = MappingProxyType(_GEO["country_continent"]["pairs"])
"""The continent of each country, as Route 53 assigns it (R81)."""

EDGE_CODE_LETTERS = 3
"""Letters in an edge location's code; a number may follow, as in query logs (R204)."""

_COORDINATES = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*,\s*([-+]?\d+(?:\.\d+)?)", re.ASCII)


@cache
def _places_by_code() -> Mapping[str, DeclaredPlace]:
    """Returns AWS locations other than Regions: Availability Zones, zone groups and edge locations."""
    sites = {
        **LOCAL_ZONES,
        **_sites("local-zones.json", "wavelength_zones", "group"),
        **_sites("edge-locations.json", "locations", "code"),
    }
    zones = {az: DeclaredPlace(region=region.code) for region in REGIONS.values() for az in region.az_ids}
    return zones | {
        name: DeclaredPlace(country=site.country, latitude=site.lat, longitude=site.lon) for name, site in sites.items()
    }


def parse_place(text: str) -> DeclaredPlace:
    """Reads a place as users write it.

    Args:
        text: an AWS Region (`ap-northeast-1`), a country (`JP`), a subdivision (`US-CA`), an Availability Zone id
            (`use1-az1`), a Local or Wavelength Zone group (`us-west-2-den-1`), an edge location (`DFW`, `DFW3`), or
            `LAT,LON` in degrees.
    Raises:
        ValueError: none of these; the message lists them.
    """
    if text in REGIONS:
        return DeclaredPlace(region=text)
    if text in CONTINENT_OF:
        return DeclaredPlace(country=text)
    country, _, subdivision = text.partition("-")
    if (country, subdivision) in SUBDIVISIONS:
        return DeclaredPlace(country=country, subdivision=subdivision)
    code = text[:EDGE_CODE_LETTERS] if text[EDGE_CODE_LETTERS:].isdecimal() else text
    if (place := _places_by_code().get(code)) is not None:
        return place
    if (match := _COORDINATES.fullmatch(text)) and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180:
        return DeclaredPlace(latitude=float(match[1]), longitude=float(match[2]))
    raise ValueError(f"{text!r} is no AWS Region or zone, country, US state, edge location or LAT,LON")
