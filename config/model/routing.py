"""Routing: a union with one class per policy, so that a weight exists only on `Weighted` (R31)."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Simple:
    """One record set answers for its name and type (R60)."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """`weight`: 0–255, no unit (R62)."""

    weight: int


@dataclass(frozen=True, slots=True)
class Latency:
    """`region`: an AWS Region code that Route 53 accepts in a latency record set (R69)."""

    region: str


class FailoverRole(Enum):
    """The role of a failover record set (R72)."""

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"


@dataclass(frozen=True, slots=True)
class Failover:
    """Primary or secondary (R72)."""

    role: FailoverRole


@dataclass(frozen=True, slots=True)
class Geolocation:
    """A continent, a country with or without subdivision, or country `*`, the default (R75)."""

    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Geoproximity:
    """Exactly one of Region, Local Zone group and coordinates (degrees); `bias` is −99…99 (R83).

    `divides_by_bias` selects the older formula for negative biases (R86). `spelling` is latitude and longitude as they
    were written, for lists; None if they are written as `config.text.degrees` writes them. `is_zero_bias_written`
    is True if a bias of 0 was written, which lists then show.
    """

    region: str | None = None
    local_zone_group: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    bias: int = 0
    divides_by_bias: bool = False
    spelling: tuple[str, str] | None = None
    is_zero_bias_written: bool = False


@dataclass(frozen=True, slots=True)
class IpBased:
    """A location of a CIDR collection, or `*`, the default (R92)."""

    collection_id: str
    location: str


@dataclass(frozen=True, slots=True)
class Multivalue:
    """Multivalue answer: up to eight record sets are answered together (R90)."""


Routing = Simple | Weighted | Latency | Failover | Geolocation | Geoproximity | IpBased | Multivalue
