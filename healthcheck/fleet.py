"""The checkers: independent probers in several Regions, each with an address of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.world import ALL_CHECKER_REGIONS, EndpointCheck, HealthCheckers


@dataclass(frozen=True, slots=True)
class Checker:
    """One checker of one Region. `address` is the simulated source address; real probes leave from this host."""

    region: str
    number: int

    @property
    def address(self) -> str:
        """Stable, and inside Route 53's published range (H124)."""
        return f"15.177.{2 + 4 * ALL_CHECKER_REGIONS.index(self.region)}.{133 + self.number}"


def checkers_of(check: EndpointCheck, fleet: HealthCheckers) -> Iterator[Checker]:
    """The checkers that probe an endpoint: those of its own Regions, or of the whole fleet (H14, H62)."""
    for region in dict.fromkeys(check.regions or fleet.regions):
        for number in range(fleet.per_region):
            yield Checker(region, number)
