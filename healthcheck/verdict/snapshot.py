"""The health of all checks at one instant: an immutable snapshot, and the board on which it is published."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from immutables import Map

from dnsemu.config.model.health_checks import HealthCheckId


class Status(Enum):
    """A health check's verdict."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"

    @classmethod
    def of(cls, *, is_healthy: bool) -> "Status":
        """The status for a claim."""
        return cls.HEALTHY if is_healthy else cls.UNHEALTHY


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """Every declared health check's effective status at one instant; never changes once published.

    Targets of resources have an entry only while they are down with their failure domain. `generation` grows when an
    effective status changes, and only then.
    """

    generation: int = 0
    status: Map[HealthCheckId, Status] = field(default_factory=Map)

    def is_healthy(self, check: HealthCheckId | None) -> bool:
        """True for no check and for an unknown one (R117); an unobserved inverted one is listed as unhealthy (H71)."""
        return check is None or self.status.get(check, Status.HEALTHY) is Status.HEALTHY


StatusListener = Callable[[HealthSnapshot, Collection[HealthCheckId]], None]
"""Called with the new snapshot, and the checks that were added, removed or changed their status."""


class HealthBoard:
    """The cell between the monitor, which publishes, and the server, which reads."""

    def __init__(self) -> None:
        self.current = HealthSnapshot()
        self._listeners: list[StatusListener] = []

    def publish(self, status: Map[HealthCheckId, Status]) -> None:
        """Publishes these statuses if any of them differs; compares all of them."""
        before = self.current.status
        changed = [check for check in before if check not in status]
        changed += [check for check, now in status.items() if before.get(check) is not now]
        self._publish(status, changed)

    def set(self, check: HealthCheckId, status: Status) -> None:
        """Publishes one check's status if it differs."""
        if self.current.status.get(check) is not status:
            self._publish(self.current.status.set(check, status), (check,))

    def put(self, statuses: Mapping[HealthCheckId, Status | None]) -> None:
        """Publishes some statuses in one step, where they differ; None removes one."""
        before = self.current.status
        changed = [check for check, status in statuses.items() if before.get(check) is not status]
        with before.mutate() as mutation:
            for check in changed:
                if (status := statuses[check]) is None:
                    del mutation[check]
                else:
                    mutation[check] = status
            self._publish(mutation.finish(), changed)

    def subscribe(self, listener: StatusListener) -> None:
        """Calls a listener after every later change."""
        self._listeners.append(listener)

    def _publish(self, status: Map[HealthCheckId, Status], changed: Collection[HealthCheckId]) -> None:
        if changed:
            self.current = HealthSnapshot(self.current.generation + 1, status)
            for listener in self._listeners:
                listener(self.current, changed)
