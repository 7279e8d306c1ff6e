"""The health of everything at one instant: an immutable snapshot, and the one cell it is published in."""

from dataclasses import dataclass, field
from enum import Enum

from immutables import Map

from config.world import HealthCheckId


class Status(Enum):
    """A health check's verdict."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"

    @classmethod
    def of(cls, is_healthy: bool) -> "Status":
        """The status for a claim."""
        return cls.HEALTHY if is_healthy else cls.UNHEALTHY


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """Every declared health check's effective status at one instant; never changes once published.

    `generation` moves only when some effective status changes.
    """

    generation: int = 0
    status: Map[HealthCheckId, Status] = field(default_factory=Map)

    def is_healthy(self, check: HealthCheckId | None) -> bool:
        """No check, or an unknown one (R117), is healthy; an unobserved inverted one is listed as unhealthy (H71)."""
        return check is None or self.status.get(check, Status.HEALTHY) is Status.HEALTHY


class HealthBoard:
    """The one cell between the checker, which writes, and the server, which reads."""

    def __init__(self) -> None:
        self.current = HealthSnapshot()

    def publish(self, status: Map[HealthCheckId, Status]) -> None:
        """Replace the snapshot by one with these statuses, if any differs."""
        if status != self.current.status:
            self.current = HealthSnapshot(self.current.generation + 1, status)

    def set(self, check: HealthCheckId, status: Status) -> None:
        """Replace the snapshot by one in which this check has this status."""
        if self.current.status.get(check) is not status:
            self.current = HealthSnapshot(self.current.generation + 1, self.current.status.set(check, status))
