"""The places Route 53 knows: AWS Regions, Local Zone groups, countries, subdivisions, continents."""

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
class Spot:
    """A place of AWS's that is no Region; coordinates in degrees, of the city's centre or of the airport."""

    country: str
    lat: float
    lon: float


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


def _spots(file: str, section: str, key: str) -> dict[str, Spot]:
    return {row[key]: Spot(row["country"], row["lat"], row["lon"]) for row in _read(file)[section]}


_GEO = _read("geo-locations.json")
_DETAILS: list[dict[str, str]] = _GEO["GeoLocationDetailsList"]

REGIONS: Mapping[str, Region] = MappingProxyType(_regions())
LOCAL_ZONES: Mapping[str, Spot] = MappingProxyType(_spots("local-zones.json", "local_zones", "group"))
"""Local Zone groups (R84)."""

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

EDGE_CODE_LETTERS = 3
"""Letters of an edge location's code; a number may follow, as in query logs (R204)."""

_COORDINATES = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*,\s*([-+]?\d+(?:\.\d+)?)", re.ASCII)


@cache
def _named() -> Mapping[str, DeclaredPlace]:
    """Places of AWS's that are no Regions: Availability Zones, zone groups and edge locations, by id, group or code."""
    spots = {
        **LOCAL_ZONES,
        **_spots("local-zones.json", "wavelength_zones", "group"),
        **_spots("edge-locations.json", "locations", "code"),
    }
    zones = {az: DeclaredPlace(region=region.code) for region in REGIONS.values() for az in region.az_ids}
    return zones | {
        name: DeclaredPlace(country=spot.country, latitude=spot.lat, longitude=spot.lon) for name, spot in spots.items()
    }


def parse_place(text: str) -> DeclaredPlace:
    """Read a place as people name it.

    Args:
        text: an AWS Region (`ap-northeast-1`), a country (`JP`), a subdivision (`US-CA`), an Availability Zone id
            (`use1-az1`), a Local or Wavelength Zone group (`us-west-2-den-1`), an edge location (`DFW`, `DFW3`), or
            `LAT,LON` in degrees.
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
    code = text[:EDGE_CODE_LETTERS] if text[EDGE_CODE_LETTERS:].isdecimal() else text
    if (named := _named().get(code)) is not None:
        return named
    if (match := _COORDINATES.fullmatch(text)) and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180:
        return DeclaredPlace(latitude=float(match[1]), longitude=float(match[2]))
    raise ValueError(f"{text!r} is no AWS Region or zone, country, US state, edge location or LAT,LON")
