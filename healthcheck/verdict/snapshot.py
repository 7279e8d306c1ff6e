"""The health of everything at one instant: an immutable snapshot, and the one cell it is published in."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum

from immutables import Map

from dnsemu.config.model.health_checks import HealthCheckId


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


Told = Callable[[HealthSnapshot, Collection[HealthCheckId]], None]


class HealthBoard:
    """The one cell between the checker, which writes, and the server, which reads."""

    def __init__(self) -> None:
        self.current = HealthSnapshot()
        self._subscribers: list[Told] = []

    def publish(self, status: Map[HealthCheckId, Status]) -> None:
        """Replace the snapshot by one with these statuses, if any differs; this looks at all of them."""
        before = self.current.status
        differing = [check for check in before if check not in status]
        differing += [check for check, now in status.items() if before.get(check) is not now]
        self._publish(status, differing)

    def set(self, check: HealthCheckId, status: Status) -> None:
        """Replace the snapshot by one in which this check has this status."""
        if self.current.status.get(check) is not status:
            self._publish(self.current.status.set(check, status), (check,))

    def subscribe(self, tell: Told) -> None:
        """Have every later change told at once: the snapshot, and the checks whose status differs, came or went."""
        self._subscribers.append(tell)

    def _publish(self, status: Map[HealthCheckId, Status], differing: Collection[HealthCheckId]) -> None:
        if differing:
            self.current = HealthSnapshot(self.current.generation + 1, status)
            for tell in self._subscribers:
                tell(self.current, differing)
