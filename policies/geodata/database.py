"""Location databases in MaxMind DB format: the embedded country database, or one of the user's."""

from functools import cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import NamedTuple

import maxminddb

from dnsemu.policies.geodata import DIRECTORY

_NUMBERS = (int, float)


class UnusableDatabase(ValueError):
    """A file that cannot be read as a MaxMind DB."""

    def __init__(self, path: Path, reason: Exception) -> None:
        super().__init__(f"{path} cannot be used as a location database: {reason}")
        self.path = path


class LocationRecord(NamedTuple):
    """The database's fields for an address, as they are; None for missing ones. Coordinates in degrees."""

    country: str | None
    subdivision: str | None
    continent: str | None
    latitude: float | None
    longitude: float | None


class LocationDatabase:
    """One MaxMind DB file, open for the lifetime of the object.

    Reads the records of GeoIP2 and GeoLite2 City and Country, and the flat ones of DB-IP and other repackagers.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file.

        Raises:
            UnusableDatabase: the file does not exist, cannot be read, or is no MaxMind DB.
        """
        try:
            if path.exists() and not path.is_file():  # opening a pipe would wait for a writer
                raise OSError("this is no file")
            self._reader = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise UnusableDatabase(path, error) from error
        self._holds_ipv6 = self._reader.metadata().ip_version == 6

    def find(self, address: bytes) -> LocationRecord | None:
        """The record of an address of 4 or 16 bytes; None if there is none, as for private addresses."""
        if len(address) == 16 and not self._holds_ipv6:
            return None
        record = self._reader.get(IPv4Address(address) if len(address) == 4 else IPv6Address(address))
        return None if record is None else _parsed(record)


@cache
def embedded() -> LocationDatabase:
    """The database that comes with the emulator; opened at the first call, then shared."""
    return LocationDatabase(DIRECTORY / "ip-country.mmdb")


def _parsed(record: object) -> LocationRecord:
    if not isinstance(record, dict):
        return LocationRecord(None, None, None, None, None)
    country = (
        _in(record.get("country"), "iso_code")
        or _in(record.get("registered_country"), "iso_code")
        or record.get("country_code")
    )
    location = record.get("location")
    latitude, longitude = _in(location, "latitude"), _in(location, "longitude")
    if latitude is None or longitude is None:
        latitude, longitude = record.get("latitude"), record.get("longitude")
    subdivisions = record.get("subdivisions")
    subdivision = _in(subdivisions[0], "iso_code") if isinstance(subdivisions, list) and subdivisions else None
    return LocationRecord(
        _text(country),
        _text(subdivision),
        _text(_in(record.get("continent"), "code")),
        _degrees(latitude),
        _degrees(longitude),
    )


def _in(record: object, key: str) -> object:
    return record.get(key) if isinstance(record, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _degrees(value: object) -> float | None:
    return float(value) if isinstance(value, _NUMBERS) else None
