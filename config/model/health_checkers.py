"""Health checkers: the Regions that probe, and network paths that are blocked."""

from dataclasses import dataclass, replace
from enum import Enum

from dnsemu.config.model.addresses import IPNetwork


@dataclass(frozen=True, slots=True)
class BlockedPath:
    """A blocked network path: from checkers (a Region, a simulated address or `*`) to `network`; None is any."""

    checkers: str
    network: IPNetwork | None = None


class ProbeMode(Enum):
    """Probes run on schedule, only on request, or never (H160)."""

    ON = "on"
    MANUAL = "manual"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class HealthCheckers:
    """The fleet that probes: `per_region` independent checkers in each of `regions` (H62).

    `strict_addresses` refuses to probe addresses that Route 53 refuses (H7, H8).
    """

    regions: tuple[str, ...]
    per_region: int = 2
    blocked: tuple[BlockedPath, ...] = ()
    strict_addresses: bool = False
    probes: ProbeMode = ProbeMode.ON

    def with_probes(self, mode: ProbeMode | None) -> "HealthCheckers":
        """Returns the fleet with another mode of probing, or unchanged for None."""
        return self if mode is None else replace(self, probes=mode)


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
