"""The health of everything at one instant: an immutable snapshot, and the one cell it is published in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from immutables import Map

from config.world import HealthCheckId


class Status(Enum):
    """A health check's effective status."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """Every declared health check's status at one instant; never changes once published.

    `generation` moves only when some effective status changes.
    """

    generation: int = 0
    status: Map[HealthCheckId, Status] = field(default_factory=Map)

    def is_healthy(self, check: HealthCheckId | None) -> bool:
        """No health check, or an unknown one (R117), is healthy."""
        return check is None or self.status.get(check, Status.HEALTHY) is Status.HEALTHY


class HealthBoard:
    """The one cell between the checker, which writes, and the server, which reads."""

    def __init__(self) -> None:
        self.current = HealthSnapshot()

    def publish(self, status: Mapping[HealthCheckId, Status]) -> None:
        """Replace the snapshot, if anything in it changes."""
        new = Map(status)
        if new != self.current.status:
            self.current = HealthSnapshot(self.current.generation + 1, new)
