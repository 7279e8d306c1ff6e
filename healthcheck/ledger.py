"""What is known of every health check, and the verdicts that follow: arithmetic and bookkeeping, no waiting.

Whatever changes a verdict, an observation, a forced status or a new declaration, the effective statuses on the board
follow at once, those of calculated checks too (H85).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from immutables import Map

from config.world import (
    CalculatedCheck,
    EndpointCheck,
    HealthCheck,
    HealthCheckers,
    HealthCheckId,
    InsufficientData,
    MetricCheck,
)
from healthcheck.calculated import is_met
from healthcheck.fleet import Checker, checkers_of
from healthcheck.observation import Observation
from healthcheck.quorum import is_effective, is_quorate
from healthcheck.snapshot import HealthBoard, Status
from healthcheck.streak import Streak


class NoSuchHealthCheck(Exception):
    """A call named a health check that is not declared."""

    def __init__(self, check_id: HealthCheckId) -> None:
        super().__init__(f"No health check exists with the specified ID {check_id}")
        self.check_id = check_id


@dataclass(frozen=True, slots=True)
class StatusChange:
    """An effective status that changed; `cause` says what was observed, `at` is seconds since the epoch."""

    check_id: HealthCheckId
    old: Status
    new: Status
    cause: str
    at: float


@dataclass(slots=True)
class CheckerState:
    """One checker's view of one endpoint."""

    checker: Checker
    streak: Streak = field(default_factory=Streak)
    last: Observation | None = None
    last_failure: Observation | None = None


@dataclass(slots=True)
class Entry:
    """Everything known of one health check. `status` is the effective one, `observed` what it would be unforced."""

    check: HealthCheck
    since: float
    checkers: dict[Checker, CheckerState] = field(default_factory=dict)
    forced: Status | None = None
    down: tuple[HealthCheckId, ...] = ()
    """Children of a calculated check that are unhealthy or not declared, sorted."""
    observed: Status = Status.HEALTHY
    status: Status = Status.HEALTHY

    @property
    def votes(self) -> tuple[int, int]:
        """How many reporting checkers vote healthy, and how many report."""
        reporting = [state.streak.is_healthy for state in self.checkers.values() if state.streak.is_reporting]
        return sum(reporting), len(reporting)

    @property
    def is_probed(self) -> bool:
        """Whether checkers have work here: an endpoint that is not disabled (H73)."""
        return isinstance(self.check.config, EndpointCheck) and not self.check.disabled

    @property
    def summary(self) -> str:
        """The verdict's ground in a few words."""
        return ", ".join(self._grounds())

    def _grounds(self) -> Iterator[str]:
        if self.forced:
            yield f"forced {self.forced.value}"
        if self.check.disabled:
            yield "disabled"
        elif isinstance(self.check.config, EndpointCheck):
            healthy, reporting = self.votes
            yield f"{healthy} of {reporting} checkers up" if reporting else "not observed yet"
            failed = [s.last for s in self.checkers.values() if s.last and not s.last.outcome.success]
            if failed:
                yield max(failed, key=lambda observation: observation.at).text.rstrip(".")
        elif isinstance(self.check.config, CalculatedCheck):
            children = set(self.check.config.children)
            up = f"{len(children) - len(self.down)} of {len(children)} children healthy"
            yield f"{up} ({', '.join(self.down)} down)" if self.down else up
            yield f"needs {self.check.config.health_threshold}"
        elif isinstance(self.check.config, MetricCheck):
            yield f"no alarm data, which counts as {self.check.config.insufficient_data.value}"
        else:
            yield "no routing control state, which counts as on"
        if self.check.inverted:
            yield "inverted"


class Ledger:
    """All entries, and the board that their effective statuses are published on."""

    def __init__(self, board: HealthBoard, on_change: Callable[[StatusChange], None]) -> None:
        self._board = board
        self._on_change = on_change
        self._entries: dict[HealthCheckId, Entry] = {}
        self._parents: dict[HealthCheckId, list[HealthCheckId]] = {}

    def entry(self, check_id: HealthCheckId) -> Entry:
        """What is known of a health check.

        Raises:
            NoSuchHealthCheck: it is not declared.
        """
        try:
            return self._entries[check_id]
        except KeyError:
            raise NoSuchHealthCheck(check_id) from None

    def entries(self) -> Iterable[Entry]:
        """What is known of every health check, in order of declaration."""
        return self._entries.values()

    def apply(self, checks: Mapping[HealthCheckId, HealthCheck], fleet: HealthCheckers, now: float) -> None:
        """Take over what is declared: what did not change keeps its verdicts, what is gone is forgotten.

        The new statuses are published together, as one step; they are where checks begin, not changes to report,
        except for those that had another status before.
        """
        before = {check_id: entry.status for check_id, entry in self._entries.items()}
        self._entries = {
            check_id: _taken_over(self._entries.get(check_id), check, fleet, now) for check_id, check in checks.items()
        }
        self._parents = {}
        for check_id, check in checks.items():
            if isinstance(check.config, CalculatedCheck):
                for child in dict.fromkeys(check.config.children):
                    self._parents.setdefault(child, []).append(check_id)
        for entry in sorted(self._entries.values(), key=lambda e: isinstance(e.check.config, CalculatedCheck)):
            entry.observed, entry.status = self._judge(entry)
        self._board.publish(Map({check_id: entry.status for check_id, entry in self._entries.items()}))
        for check_id, entry in self._entries.items():
            old = before.get(check_id)
            if old is not None and old is not entry.status:
                self._report(entry, old, "declared anew", now)

    def record(self, check_id: HealthCheckId, checker: Checker, observation: Observation) -> None:
        """Fold one observation; what is no longer declared is ignored."""
        entry = self._entries.get(check_id)
        state = entry.checkers.get(checker) if entry else None
        if entry is None or state is None or not isinstance(entry.check.config, EndpointCheck):
            return
        state.last = observation
        if not observation.outcome.success:
            state.last_failure = observation
        was = state.streak
        state.streak = was.fold(observation.outcome.success, entry.check.config.failure_threshold)
        if was.is_healthy is not state.streak.is_healthy or not was.is_reporting:
            self._settle(entry, observation.at)

    def force(self, check_id: HealthCheckId, status: Status | None, now: float) -> None:
        """Lay a status over what is observed, or take it away again with None.

        It stands in for the raw status: disabling and inversion still apply to it (H162).

        Raises:
            NoSuchHealthCheck: it is not declared.
        """
        entry = self.entry(check_id)
        entry.forced = status
        self._settle(entry, now)

    def _settle(self, entry: Entry, now: float) -> None:
        """Bring an entry's statuses, and those that are calculated from it, up to date."""
        observed, status = self._judge(entry)
        entry.observed = observed
        if status is entry.status:
            return
        old, entry.status = entry.status, status
        self._board.set(entry.check.id, status)
        self._report(entry, old, entry.summary, now)
        for parent in self._parents.get(entry.check.id, ()):
            self._settle(self._entries[parent], now)

    def _report(self, entry: Entry, old: Status, cause: str, now: float) -> None:
        entry.since = now
        self._on_change(StatusChange(entry.check.id, old, entry.status, cause, now))

    def _judge(self, entry: Entry) -> tuple[Status, Status]:
        """The status as observed and the effective one."""
        check = entry.check
        raw = self._raw(entry)
        standing = raw if entry.forced is None else entry.forced is Status.HEALTHY
        observed = is_effective(raw, inverted=check.inverted, disabled=check.disabled)
        effective = is_effective(standing, inverted=check.inverted, disabled=check.disabled)
        return Status.of(observed), Status.of(effective)

    def _is_up(self, check_id: HealthCheckId) -> bool:
        """Whether a child counts: one that is not declared any more does not (H84)."""
        child = self._entries.get(check_id)
        return child is not None and child.status is Status.HEALTHY

    def _raw(self, entry: Entry) -> bool:
        config = entry.check.config
        if isinstance(config, EndpointCheck):
            return is_quorate(*entry.votes)
        if isinstance(config, CalculatedCheck):
            up = {child: self._is_up(child) for child in config.children}
            entry.down = tuple(sorted(child for child, is_up in up.items() if not is_up))
            return is_met(up.values(), config.health_threshold)
        # No alarm or routing control has spoken yet (H88, H93).
        return not (isinstance(config, MetricCheck) and config.insufficient_data is InsufficientData.UNHEALTHY)


def _taken_over(old: Entry | None, check: HealthCheck, fleet: HealthCheckers, now: float) -> Entry:
    """The entry for a check as it is declared now, with whatever of the old one still holds (H68, H102)."""
    entry = Entry(check, now)
    if old is not None:
        entry.forced, entry.status, entry.observed, entry.since = old.forced, old.status, old.observed, old.since
    if not isinstance(check.config, EndpointCheck):
        return entry
    known = old.checkers if old is not None and not (old.check.disabled and not check.disabled) else {}
    moved = old is not None and _endpoint(old.check) != _endpoint(check)
    for checker in checkers_of(check.config, fleet):
        state = known.get(checker)
        if state is None:
            state = CheckerState(checker)
        elif moved:
            state = replace(state, streak=state.streak.restarted())
        entry.checkers[checker] = state
    return entry


def _endpoint(check: HealthCheck) -> object:
    """What an observation speaks of: everything declared but thresholds, intervals and Regions."""
    if not isinstance(check.config, EndpointCheck):
        return None
    return replace(check.config, failure_threshold=1, request_interval_s=1.0, measure_latency=False, regions=())
