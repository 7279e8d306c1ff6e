"""A status tracker for tests, with its board and history."""

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.results import Observation, ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.healthcheck.verdict.tracker import StatusTracker

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY
SIXTEEN = HealthCheckers(ALL_CHECKER_REGIONS, 2)
ONE = HealthCheckers(("us-east-1",), 1)


def endpoint(id, *, threshold=1, address="127.0.0.1", regions=(), path=None, **flags):
    config = EndpointCheck(
        EndpointType.HTTP, ip_address=address, failure_threshold=threshold, regions=regions, resource_path=path
    )
    return HealthCheck(id, config, **flags)


def calculated(id, children, threshold, **flags):
    return HealthCheck(id, CalculatedCheck(tuple(children), threshold), **flags)


class Tracked:
    """A tracker with its board and history, in a time that the test counts up."""

    def __init__(self, *checks, fleet=ONE):
        self.board = HealthBoard()
        self.history = History("run")
        self.tracker = StatusTracker(self.board, self.history)
        self.now = 0.0
        self._forced = {}
        self._cleared = 0
        self.apply(*checks, fleet=fleet)

    def apply(self, *checks, fleet=ONE):
        self.now += 1
        self.tracker.apply({check.id: check for check in checks}, fleet, self.now)

    def observe(self, check_id, results, checkers=slice(None)):
        """Records results, `F` or `S`, for each chosen checker."""
        for result in results:
            for checker in list(self.tracker.state(check_id).checkers)[checkers]:
                self.now += 1
                found = ProbeResult.passed("all well") if result == "S" else ProbeResult.failed("broken")
                self.tracker.record(check_id, checker, Observation(found, self.now))

    def force(self, **forced):
        """Forces statuses, or ends them with None; other checks are unchanged."""
        for check_id, status in forced.items():
            self._forced.pop(check_id, None)
            if status is not None:
                self._forced[check_id] = Overlay(status, check_id)
        self.now += 1
        self.tracker.set_overlays(dict(self._forced), self.now)

    def status(self, check_id):
        return self.board.current.status[check_id]

    @property
    def changes(self):
        """Every change of an effective status since `clear`."""
        return self.history.since(self._cleared, kind=EventKind.STATUS)

    def clear(self):
        self._cleared = self.history.last

    @property
    def moves(self):
        return [(change.check_id, change.new) for change in self.changes]
