"""The checkers: independent probers in several Regions, each with its address."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import EndpointCheck

PUBLISHED_RANGE = IPv4Network("15.177.0.0/18")
"""The network that Route 53 publishes for all its health checkers; the simulated addresses lie in it."""

ADDRESSES_PER_REGION = 1024
"""Distinct addresses of a Region's checkers; more checkers than that share them."""

_FIRST_REGION = 2 * 256
_FIRST_CHECKER = 133


@dataclass(frozen=True, slots=True)
class Checker:
    """One checker of one Region. `address` is its simulated source address; real probes are sent from this host."""

    region: str
    number: int

    @property
    def address(self) -> str:
        """Stable, and inside Route 53's published range: `15.177.<2+4·Region>.<133+number>` and on (H124)."""
        region = _FIRST_REGION + ADDRESSES_PER_REGION * ALL_CHECKER_REGIONS.index(self.region)
        return str(PUBLISHED_RANGE[region + (_FIRST_CHECKER + self.number) % ADDRESSES_PER_REGION])


def checkers_of(check: EndpointCheck, fleet: HealthCheckers) -> Iterator[Checker]:
    """Yields the checkers of an endpoint: those of the Regions that it names, else the whole fleet (H14, H62)."""
    for region in dict.fromkeys(check.regions or fleet.regions):
        for number in range(fleet.per_region):
            yield Checker(region, number)
