"""Route 53's name servers, and the defaults of a hosted zone: four name servers, NS, SOA and id."""

from collections.abc import Sequence
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address

from dnsemu.config import names
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.parsing import parse_value
from dnsemu.config.rdata.rrtypes import RRType

SERVER_COUNT = 2048
"""Number of name servers (R26)."""

_TOP_LEVELS = ("com", "net", "org", "co.uk")
_QUARTER = SERVER_COUNT // len(_TOP_LEVELS)
NS_TTL_S = 172800
SOA_TTL_S = 900
_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_CHARACTERS = 20


def name_server(number: int) -> str:
    """Returns the name of server `number` (0–2047), without trailing dot (R26)."""
    return f"ns-{number}.awsdns-{number % _QUARTER // 8:02d}.{_TOP_LEVELS[number // _QUARTER]}"


def addresses(number: int) -> tuple[IPv4Address, IPv6Address]:
    """Returns the addresses of server `number` (0–2047) in the real Route 53 (R27)."""
    block, host = divmod(number, 256)
    return IPv4Address(f"205.251.{192 + block}.{host}"), IPv6Address(f"2600:9000:530{block}:{host:x}00::1")


def draw(zone: DName, salt: str = "") -> tuple[str, ...]:
    """Chooses four name servers for a zone, one of each quarter, in an order that differs between zones (R26).

    Args:
        zone: its name; the same name and salt always give the same four, so that they survive restarts.
        salt: differs between zones of the same name (A85).
    """
    digest = sha256(zone + salt.encode()).digest()
    parts = [digest[4 * quarter : 4 * quarter + 4] for quarter in range(len(_TOP_LEVELS))]
    numbers = {q: _QUARTER * q + int.from_bytes(part[:2]) % _QUARTER for q, part in enumerate(parts)}
    return tuple(name_server(numbers[quarter]) for quarter in sorted(numbers, key=lambda q: parts[q][2:]))


def derived_zone_id(zone: DName) -> HostedZoneId:
    """Derives a zone's id from its name, for zones declared without one: `Z` and twenty of `0-9A-Z` (A47)."""
    number = int.from_bytes(sha256(b"hosted zone id " + zone).digest())
    characters = []
    for _ in range(_ID_CHARACTERS):
        number, index = divmod(number, len(_ID_ALPHABET))
        characters.append(_ID_ALPHABET[index])
    return HostedZoneId("Z" + "".join(characters))


def default_ns(zone: DName, name_servers: Sequence[str]) -> RecordSet:
    """Makes the NS record set of a zone served by `name_servers` (R25, A84)."""
    return _record_set(zone, RRType.NS, NS_TTL_S, [f"{server}." for server in name_servers])


def default_soa(zone: DName, name_servers: Sequence[str]) -> RecordSet:
    """Makes the SOA record set of a zone, with the first of `name_servers` as primary (R25, A84)."""
    value = f"{name_servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
    return _record_set(zone, RRType.SOA, SOA_TTL_S, [value])


def _record_set(zone: DName, type: RRType, ttl: int, values: Sequence[str]) -> RecordSet:
    rdata = tuple(parse_value(type, value) for value in values)
    return RecordSet(zone, type, ttl=ttl, values=tuple(values), rdata=rdata)


def listed_in(record_set: RecordSet) -> tuple[str, ...]:
    """Returns the servers that an NS record set lists, without trailing dots."""
    return tuple(names.to_text(DName(rdata)).rstrip(".") for rdata in record_set.rdata)
