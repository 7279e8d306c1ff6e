"""Health checkers: where probes are made from, and what keeps them from endpoints."""

from dataclasses import dataclass
from enum import Enum

from dnsemu.config.model.addresses import IPNetwork


@dataclass(frozen=True, slots=True)
class Blocked:
    """A path that is down: from a Region, a checker's simulated address or `*`, to `network`; None is everything."""

    checkers: str
    network: IPNetwork | None = None


class ProbeMode(Enum):
    """Whether probes are made on schedule, only when asked for, or never (H160)."""

    ON = "on"
    MANUAL = "manual"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class HealthCheckers:
    """Where probes are made from: `per_region` independent checkers in each of `regions` (H62).

    `strict_addresses` forbids to probe what Route 53 forbids (H7, H8).
    """

    regions: tuple[str, ...]
    per_region: int = 2
    blocked: tuple[Blocked, ...] = ()
    strict_addresses: bool = False
    probes: ProbeMode = ProbeMode.ON


ALL_CHECKER_REGIONS = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
)
"""The Regions that hold health checkers, in the order of the service model (H14)."""
