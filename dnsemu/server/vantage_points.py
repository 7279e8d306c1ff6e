"""Vantage points: listeners whose clients are at a declared place, unless a query carries ECS (R128)."""

from collections.abc import Callable, Iterable
from functools import partial

from dnsemu.config.model.settings import VantagePoint
from dnsemu.policies.location.place import Place, place_declared


class VantagePoints:
    """The place of each vantage point's clients, by the address it listens on; a reload may change it."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}

    def follow(self, declared: Iterable[VantagePoint]) -> None:
        """Takes over the declared places; addresses that are no longer declared keep theirs until the next start."""
        self.places |= {point.dns: place_declared(point.place, f"vantage point {point.dns}") for point in declared}

    def place_at(self, address: str) -> Callable[[], Place]:
        """Returns a function that returns the place of one vantage point at the time of each query."""
        return partial(self.places.__getitem__, address)
