"""What is known of one health check: its checkers' views, what is laid over it, and its verdict in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheck, HealthCheckId, MetricCheck
from dnsemu.healthcheck.checkers import Checker, checkers_of
from dnsemu.healthcheck.verdict.observation import Observation
from dnsemu.healthcheck.verdict.signals import State, source_of
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.healthcheck.verdict.streak import Streak


@dataclass(slots=True)
class CheckerState:
    """One checker's view of one endpoint."""

    checker: Checker
    since: float
    """When it began to watch, in seconds since the epoch."""
    streak: Streak = field(default_factory=Streak)
    last: Observation | None = None
    last_failure: Observation | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A status that stands in for what is observed; `by` is the pattern that says so, `until` when it ends, if ever."""

    status: Status
    by: str
    until: float | None = None


@dataclass(slots=True)
class Entry:
    """Everything known of one health check. `status` is the effective one, `observed` what it would be unforced."""

    check: HealthCheck
    since: float
    checkers: dict[Checker, CheckerState] = field(default_factory=dict)
    overlay: Overlay | None = None
    down: tuple[HealthCheckId, ...] = ()
    """Children of a calculated check that are unhealthy or not declared, sorted."""
    signal: State | None = None
    """What a metric or recovery check follows says; None before it said anything."""
    last_known: bool = True
    """The raw status that sufficient alarm data gave last (H88)."""
    observed: Status = Status.HEALTHY
    status: Status = Status.HEALTHY

    @property
    def forced(self) -> Status | None:
        """The status laid over what is observed, if one is."""
        return self.overlay.status if self.overlay else None

    @property
    def votes(self) -> tuple[int, int]:
        """How many reporting checkers vote healthy, and how many report."""
        healthy = reporting = 0
        for state in self.checkers.values():
            if state.streak.is_reporting:
                reporting += 1
                healthy += state.streak.is_healthy
        return healthy, reporting

    @property
    def is_probed(self) -> bool:
        """Whether checkers have work here: an endpoint that is not disabled (H73)."""
        return isinstance(self.check.config, EndpointCheck) and not self.check.disabled

    @property
    def summary(self) -> str:
        """The verdict's ground in a few words."""
        return ", ".join(self._grounds())

    def _grounds(self) -> Iterator[str]:
        if self.overlay:
            yield f"forced {self.overlay.status.value}"
        if self.check.disabled:
            yield "disabled"
        elif isinstance(self.check.config, EndpointCheck):
            healthy, reporting = self.votes
            yield f"{healthy} of {reporting} checkers up" if reporting else "not observed yet"
            failed = [s.last for s in self.checkers.values() if s.last and not s.last.outcome.success]
            if failed:
                last = max(failed, key=lambda observation: observation.at).text.partition(". ")[0].rstrip(".")
                yield last if len(failed) == reporting else f"{len(failed)} failing: {last.removeprefix('Failure: ')}"
        elif isinstance(self.check.config, CalculatedCheck):
            children = set(self.check.config.children)
            up = f"{len(children) - len(self.down)} of {len(children)} children healthy"
            yield f"{up} ({', '.join(self.down)} down)" if self.down else up
            yield f"needs {self.check.config.health_threshold}"
        elif isinstance(self.check.config, MetricCheck):
            said = f"alarm {self.signal.value}" if self.signal else "no alarm data"
            lacks = self.signal is None or self.signal.value == "INSUFFICIENT_DATA"
            yield f"{said}, which counts as {self.check.config.insufficient_data.value}" if lacks else said
        else:
            yield f"routing control {self.signal.value}" if self.signal else "no routing control state, counts as On"
        if self.check.inverted:
            yield "inverted"


def what_is_probed(check: HealthCheck) -> object:
    """What an observation speaks of: everything declared but thresholds, intervals and Regions (H102)."""
    if not isinstance(check.config, EndpointCheck):
        return None
    return replace(check.config, failure_threshold=1, request_interval_s=1.0, measure_latency=False, regions=())


def taken_over(old: Entry | None, check: HealthCheck, fleet: HealthCheckers, now: float) -> Entry:
    """The entry for a check as it is declared now, with whatever of the old one still holds (H68, H102)."""
    entry = Entry(check, now)
    if old is not None:
        entry.overlay, entry.status, entry.observed, entry.since = old.overlay, old.status, old.observed, old.since
        if source_of(old.check.config) == source_of(check.config):
            entry.last_known = old.last_known
    if not isinstance(check.config, EndpointCheck):
        return entry
    known = old.checkers if old is not None and not (old.check.disabled and not check.disabled) else {}
    moved = old is not None and old.check != check and what_is_probed(old.check) != what_is_probed(check)
    for checker in checkers_of(check.config, fleet):
        state = known.get(checker)
        if state is None:
            state = CheckerState(checker, now)
        elif moved:
            state = replace(state, streak=state.streak.restarted())
        entry.checkers[checker] = state
    return entry
