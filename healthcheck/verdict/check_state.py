"""The state of one health check: its checkers' votes, its overlay, and its verdict in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheck, MetricCheck
from dnsemu.healthcheck.checkers import Checker, checkers_of
from dnsemu.healthcheck.verdict.results import Observation
from dnsemu.healthcheck.verdict.signals import AlarmState, SignalState, source_of
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.healthcheck.verdict.streak import Streak


@dataclass(slots=True)
class CheckerState:
    """One checker's results for one endpoint."""

    checker: Checker
    since: float
    """Start of its probes, in seconds since the epoch."""
    streak: Streak = field(default_factory=Streak)
    last: Observation | None = None
    last_failure: Observation | None = None

    def restart(self, now: float) -> None:
        """Forgets all results, as just after the declaration."""
        self.since, self.streak, self.last, self.last_failure = now, Streak(), None, None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A forced status that replaces the observed one.

    `by` is the pattern of the rule that forces it; `until` is its end in seconds since the epoch, or None.
    """

    status: Status
    by: str
    until: float | None = None


@dataclass(slots=True)
class HealthCheckState:
    """State of one health check. `status` is the effective one, `observed` the one without the overlay."""

    check: HealthCheck
    since: float
    checkers: dict[Checker, CheckerState] = field(default_factory=dict)
    overlay: Overlay | None = None
    unhealthy_children: tuple[str, ...] = ()
    """Labels of the children of a calculated check that are unhealthy or not declared, sorted."""
    signal: SignalState | None = None
    """State of the alarm or routing control that the check follows; None before it was set."""
    was_healthy: bool = True
    """Raw status by the last sufficient alarm data (H88)."""
    observed: Status = Status.HEALTHY
    status: Status = Status.HEALTHY

    def restart(self, now: float) -> None:
        """Forgets all results and signals, as just after the declaration; the overlay stays."""
        self.since, self.signal, self.was_healthy, self.unhealthy_children = now, None, True, ()
        self.observed = self.status = Status.HEALTHY
        for checker_state in self.checkers.values():
            checker_state.restart(now)

    @property
    def forced(self) -> Status | None:
        """The overlay's status; None without an overlay."""
        return self.overlay.status if self.overlay else None

    @property
    def votes(self) -> tuple[int, int]:
        """The number of reporting checkers that vote healthy, and of all that report."""
        healthy = reporting = 0
        for state in self.checkers.values():
            if state.streak.is_reporting:
                reporting += 1
                healthy += state.streak.is_healthy
        return healthy, reporting

    @property
    def is_probed(self) -> bool:
        """True for an endpoint that is not disabled (H73)."""
        return isinstance(self.check.config, EndpointCheck) and not self.check.disabled

    @property
    def summary(self) -> str:
        """The reasons for the status, in a few words."""
        return ", ".join(self._reasons())

    def _reasons(self) -> Iterator[str]:
        if self.overlay:
            yield f"forced {self.overlay.status.value}"
        if self.check.disabled:
            yield "disabled"
        elif isinstance(self.check.config, EndpointCheck):
            yield from self._endpoint_reasons()
        elif isinstance(self.check.config, CalculatedCheck):
            children = set(self.check.config.children)
            up = f"{len(children) - len(self.unhealthy_children)} of {len(children)} children healthy"
            yield f"{up} ({', '.join(self.unhealthy_children)} down)" if self.unhealthy_children else up
            yield f"needs {self.check.config.health_threshold}"
        elif isinstance(self.check.config, MetricCheck):
            alarm = f"alarm {self.signal.value}" if self.signal else "no alarm data"
            is_lacking = self.signal in (None, AlarmState.INSUFFICIENT_DATA)
            yield f"{alarm}, which counts as {self.check.config.insufficient_data.value}" if is_lacking else alarm
        else:
            yield f"routing control {self.signal.value}" if self.signal else "no routing control state, counts as On"
        if self.check.inverted:
            yield "inverted"

    def _endpoint_reasons(self) -> Iterator[str]:
        healthy, reporting = self.votes
        yield f"{healthy} of {reporting} checkers up" if reporting else "not observed yet"
        failed = [s for s in self.checkers.values() if s.last is not None and not s.last.result.success]
        down = [state for state in failed if not state.streak.is_healthy]
        if down:
            yield _last_failure(down) if not healthy else f"{len(down)} failing: {_last_failure(down)}"
        elif failed:
            yield f"{len(failed)} with failures below the threshold: {_last_failure(failed)}"


def _last_failure(states: Sequence[CheckerState]) -> str:
    """The newest of the checkers' last observations, without its details."""
    newest = max((state.last for state in states if state.last), key=lambda observation: observation.at)
    return newest.text.removeprefix("Failure: ").partition(". ")[0].rstrip(".")


def probe_target(check: HealthCheck) -> object:
    """The part of a declaration that a probe's result depends on: all but thresholds, intervals and Regions (H102)."""
    if not isinstance(check.config, EndpointCheck):
        return None
    return replace(check.config, failure_threshold=1, request_interval_s=1.0, measure_latency=False, regions=())


def state_for(
    check: HealthCheck, fleet: HealthCheckers, now: float, *, old: HealthCheckState | None = None
) -> HealthCheckState:
    """Creates the state of a check as declared now; copies the parts of the old state that still hold (H68, H102)."""
    state = HealthCheckState(check, now)
    if old is not None:
        state.overlay, state.status, state.observed, state.since = old.overlay, old.status, old.observed, old.since
        if source_of(old.check.config) == source_of(check.config):
            state.was_healthy = old.was_healthy
    if not isinstance(check.config, EndpointCheck):
        return state
    is_enabled_again = old is not None and old.check.disabled and not check.disabled
    checkers = old.checkers if old is not None and not is_enabled_again else {}
    has_moved = old is not None and old.check != check and probe_target(old.check) != probe_target(check)
    for checker in checkers_of(check.config, fleet):
        checker_state = checkers.get(checker)
        if checker_state is None:
            checker_state = CheckerState(checker, now)
        elif has_moved:
            checker_state = replace(checker_state, streak=checker_state.streak.restarted())
        state.checkers[checker] = checker_state
    return state
