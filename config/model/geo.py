"""Where clients are: declared places, networks, latencies, CIDR collections."""

from dataclasses import dataclass, field

from immutables import Map

from dnsemu.config.model.addresses import IPNetwork

# --- the rest of what may be declared ---


@dataclass(frozen=True, slots=True)
class CidrCollection:
    """Named sets of client networks (R199)."""

    id: str
    name: str
    locations: Map[str, tuple[IPNetwork, ...]] = field(default_factory=Map)


@dataclass(frozen=True, slots=True)
class DeclaredPlace:
    """A place as the user wrote it: a Region, a country with or without subdivision, or coordinates (degrees)."""

    region: str | None = None
    country: str | None = None
    subdivision: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class GeoNetwork:
    """Clients of `network` are at `place`, whatever any database says."""

    network: IPNetwork
    place: DeclaredPlace


@dataclass(frozen=True, slots=True)
class GeoLatency:
    """Round-trip times of the user's own, in ms by Region, for clients of a network, or in a Region or country."""

    latency_ms: tuple[tuple[str, float], ...]
    network: IPNetwork | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Geo:
    """How a client's address becomes a place (R135); `default` serves latency and geoproximity only (R71).

    `database` is the path of a .mmdb file, None for the embedded one.
    """

    networks: tuple[GeoNetwork, ...] = ()
    default: DeclaredPlace = field(default_factory=lambda: DeclaredPlace(region="us-east-1"))
    database: str | None = None
    latency: tuple[GeoLatency, ...] = ()
