"""Declared locations of clients: places, networks, latencies, CIDR collections."""

from dataclasses import dataclass, field

from immutables import Map

from dnsemu.config.model.addresses import IPNetwork


@dataclass(frozen=True, slots=True)
class CidrCollection:
    """Named sets of client networks (R199)."""

    id: str
    name: str
    locations: Map[str, tuple[IPNetwork, ...]] = field(default_factory=Map)


@dataclass(frozen=True, slots=True)
class DeclaredPlace:
    """A place as written: a Region, a country with or without subdivision, or coordinates (degrees)."""

    region: str | None = None
    country: str | None = None
    subdivision: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class GeoNetwork:
    """Places the clients of `network` at `place`; overrides the location database."""

    network: IPNetwork
    place: DeclaredPlace


@dataclass(frozen=True, slots=True)
class GeoLatency:
    """Round-trip times given by the user, in ms by Region, for clients of a network, Region or country."""

    latency_ms: tuple[tuple[str, float], ...]
    network: IPNetwork | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Geo:
    """Settings that map a client's address to a place (R135).

    `default` is used by latency and geoproximity routing only (R71). `database` is the path of a .mmdb file, None for
    the embedded one.
    """

    networks: tuple[GeoNetwork, ...] = ()
    default: DeclaredPlace = field(default_factory=lambda: DeclaredPlace(region="us-east-1"))
    database: str | None = None
    latency: tuple[GeoLatency, ...] = ()
