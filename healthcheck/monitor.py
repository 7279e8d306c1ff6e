"""The health monitor: schedules the probes of all checkers, and passes their results to the status tracker.

Each checker has one schedule per endpoint, with one job in the scheduler. So ten thousand idle checks cost ten thousand
queued jobs and nothing more, and a slow endpoint delays no other (H163).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from itertools import repeat
from time import perf_counter

import structlog

from dnsemu.clock.jobs import Job, JobResult, Rank
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.health_checkers import HealthCheckers, ProbeMode
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.report.cloudwatch import LatencyRecorder
from dnsemu.healthcheck.report.durations import Durations
from dnsemu.healthcheck.verdict.check_state import HealthCheckState, Overlay, probe_target
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import Observation, ProbeResult
from dnsemu.healthcheck.verdict.signals import SignalSource, SignalState
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.healthcheck.verdict.tracker import StatusTracker, UnknownHealthCheck

Probe = Callable[[HealthCheck, Checker], Awaitable[ProbeResult]]
"""Makes one probe. It enforces its own time limits, and returns a failure as a result."""

_CHECKS_PER_PIECE = 4
"""Checks whose probes are planned before the event loop runs other tasks."""

_RECORDING_TURN_S = 0.004
"""Seconds in which planned events are recorded before the event loop runs other tasks."""

_MAX_ON_DEMAND = 4
"""Concurrent probes of one endpoint on demand: a small server cannot take sixteen clients at once."""

log = structlog.get_logger()


class ProbesAreOff(Exception):
    """A probe was requested, but the file or the command line turns probes off."""

    def __init__(self) -> None:
        super().__init__("probes are off: write health_checkers: {probes: manual}, or start with --probes manual")


class NoSuchChecker(Exception):
    """A call named a Region, or a checker in it, from which a health check is not probed."""


class ProbeSchedule:
    """The schedule of one checker's probes of one endpoint: the next job, or the running one."""

    __slots__ = ("check_id", "checker", "job", "rank")

    def __init__(self, check_id: HealthCheckId, checker: Checker) -> None:
        self.check_id = check_id
        self.checker = checker
        self.rank: Rank = (check_id, checker.region, checker.number)
        self.job: Job | None = None

    def cancel(self) -> None:
        """Cancels the next probe, or stops the running one."""
        if self.job is not None:
            self.job.cancel()
            self.job = None


def phase(seed: int, check_id: HealthCheckId, checker: Checker) -> float:
    """The part of its interval after which a checker first probes an endpoint, 0–1: random (H63), but fixed by seed."""
    key = f"{seed}/{check_id}/{checker.region}/{checker.number}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest()) / 2**64


class HealthMonitor:
    """Probes every declared endpoint from every checker, and keeps the health board up to date.

    `probes` counts results by (check, Region, success). `durations` measures probes, `lateness` the delay from due time
    to start, both in seconds. Metrics read them at scrape time.
    """

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        board: HealthBoard,
        history: History,
        probe: Probe,
        seed: int,
        is_served: Callable[[str], bool] = lambda _name: True,
    ) -> None:
        """Creates a monitor without checks.

        Args:
            probe: makes one probe.
            seed: for the phases of the checkers' schedules.
            is_served: returns True if this server answers a name, so that its address may depend on earlier results.
        """
        self._scheduler = scheduler
        self._clock = scheduler.clock
        self._probe = probe
        self._seed = seed
        self._is_served = is_served
        self._mode = ProbeMode.ON
        self._tracker = StatusTracker(board, history)
        self._schedules: dict[HealthCheckId, dict[Checker, ProbeSchedule]] = {}
        self.history = history
        history.record_soon = self._record_soon
        self.latency = LatencyRecorder()
        self.probes: Counter[tuple[HealthCheckId, str, bool]] = Counter()
        self.durations = Durations()
        self.lateness = Durations()

    def apply(self, checks: Mapping[HealthCheckId, HealthCheck], fleet: HealthCheckers) -> None:
        """Applies a declaration: new schedules start at random within their interval (H63).

        Unchanged checks keep their verdicts and schedules; running probes of removed and changed endpoints are stopped.
        """
        now = self._clock.now()
        before = {state.check.id: state for state in self._tracker.states()}
        self._tracker.apply(checks, fleet, now)
        self._mode = fleet.probes
        self._forget_all_but(checks, before)
        old_schedules, self._schedules = self._schedules, {}
        for state in self._tracker.states():
            check_id, old = state.check.id, before.get(state.check.id)
            if old is state:  # neither the check nor the fleet changed
                self._schedules[check_id] = old_schedules.pop(check_id, {})
            elif state.is_probed and self._mode is not ProbeMode.OFF:
                reused = old_schedules.get(check_id, {})
                restarts = old is None or _restarts_schedule(old.check, state.check)
                self._schedules[check_id] = {
                    checker: self._prepared(reused.pop(checker, None), state.check, checker, now, restarts=restarts)
                    for checker in state.checkers
                }
        _cancel(old_schedules)

    def reset(self) -> None:
        """Puts all checks back to their state just after the first declaration; forced statuses stay, counters go on.

        All probes are stopped until `restart_schedules`.
        """
        self._tracker.reset(self._clock.now())
        self.latency.clear()
        stopped, self._schedules = self._schedules, {}
        _cancel(stopped)

    def restart_schedules(self) -> Iterator[None]:
        """Plans the probes of all checks that have none, as after the first declaration, in pieces of a millisecond."""
        for number, check_id in enumerate([state.check.id for state in self._tracker.states()]):
            if not self._schedules.get(check_id) and self._tracker.is_declared(check_id):
                state = self._tracker.state(check_id)
                if state.is_probed and self._mode is not ProbeMode.OFF:
                    self._schedules[check_id] = {
                        checker: self._prepared(None, state.check, checker, self._clock.now(), restarts=False)
                        for checker in state.checkers
                    }
            if number % _CHECKS_PER_PIECE == 0:
                yield

    def _record_soon(self) -> None:
        """Records planned events in turns of the event loop; at once if none runs, or if emulated time is stepped."""
        try:
            loop = None if self._scheduler.advancing_to is not None else asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is not None:
            loop.call_soon(self._record_for_a_turn, loop)
            return
        for _ in self.history.record_planned():
            pass

    def _record_for_a_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        ends_at = perf_counter() + _RECORDING_TURN_S
        for _ in self.history.record_planned():
            if perf_counter() >= ends_at:
                loop.call_soon(self._record_for_a_turn, loop)
                return

    def set_overlays(self, overlays: Mapping[HealthCheckId, Overlay]) -> None:
        """Replaces all forced statuses; probing goes on."""
        self._tracker.set_overlays(overlays, self._clock.now())

    def target_overlay(self, target_id: HealthCheckId) -> Overlay | None:
        """The overlay of a resource's target, if its failure domain is forced."""
        return self._tracker.target_overlay(target_id)

    def set_signal(self, source: SignalSource, signal: SignalState) -> None:
        """Sets an alarm's data state or a routing control.

        Raises:
            NoSuchSource: no health check follows it.
        """
        self._tracker.set_signal(source, signal, self._clock.now())

    def signals(self) -> Mapping[SignalSource, SignalState | None]:
        """Every alarm and routing control that is followed, with its last state."""
        return self._tracker.signals()

    async def probe_now(self, check_id: HealthCheckId, region: str | None = None) -> None:
        """Probes an endpoint now, from all its checkers or those of a Region; the schedule restarts from here (H67).

        Raises:
            UnknownHealthCheck: it is not declared.
            NoSuchChecker: it is not probed from there.
            ProbesAreOff: the file or the command line turns probes off.
        """
        schedules = self._schedules_of(check_id, region)
        check = self._tracker.state(check_id).check
        for schedule in schedules:
            schedule.cancel()
        results: Iterable[ProbeResult | None] = repeat(None)
        try:
            slots = asyncio.Semaphore(_MAX_ON_DEMAND)
            results = await asyncio.gather(*(self._attempt_in_slot(slots, check, s.checker) for s in schedules))
        finally:
            for schedule, result in zip(schedules, results, strict=False):
                if self._is_current(schedule) and self._has_same_target(check):
                    schedule.cancel()  # a declaration may have planned another probe
                    self._record(schedule, result, self._clock.now())

    def record_result(self, check_id: HealthCheckId, result: ProbeResult, region: str | None = None) -> None:
        """Records a probe result by hand, for all checkers or those of a Region (H161).

        Raises:
            UnknownHealthCheck: it is not declared.
            NoSuchChecker: it is not probed from there.
        """
        now = self._clock.now()
        for checker in self._checkers_of(check_id, region):
            self._tracker.record(check_id, checker, Observation(result, now))

    def state(self, check_id: HealthCheckId) -> HealthCheckState:
        """The state of a health check; read it at once, because it changes.

        Raises:
            UnknownHealthCheck: it is not declared.
        """
        return self._tracker.state(check_id)

    def states(self) -> Iterable[HealthCheckState]:
        """The states of all health checks, in order of declaration; read them at once, because they change."""
        return self._tracker.states()

    def find(self, text: str) -> HealthCheckId:
        """The health check of this id or, if there is none, the only one of this name.

        Raises:
            UnknownHealthCheck: there is none, or several have the name.
        """
        check_id = HealthCheckId(text)
        named = self._tracker.ids_named(text)
        if len(named) > 1 and check_id not in named and not self._tracker.is_declared(check_id):
            raise UnknownHealthCheck(check_id, named)
        return named[0] if named and not self._tracker.is_declared(check_id) else check_id

    def is_declared_and_healthy(self, check_id: HealthCheckId) -> bool:
        """True if a check is declared and its effective status is healthy."""
        return self._tracker.is_declared_and_healthy(check_id)

    def next_probe(self, check_id: HealthCheckId, checker: Checker) -> float | None:
        """Due time of a checker's next or running probe, in seconds since the epoch; None if there is none."""
        schedule = self._schedules.get(check_id, {}).get(checker)
        return schedule.job.due if schedule and schedule.job else None

    @property
    def in_flight(self) -> int:
        """Number of running probes."""
        return self._scheduler.in_flight

    def _forget_all_but(self, checks: Collection[HealthCheckId], before: Iterable[HealthCheckId]) -> None:
        """Drops the latencies, events and counters of removed checks."""
        for check_id in before:
            if check_id not in checks:
                self.latency.forget(check_id)
                self.history.forget(check_id)
        for counted in [counted for counted in self.probes if counted[0] not in checks]:
            del self.probes[counted]

    def _prepared(
        self, schedule: ProbeSchedule | None, check: HealthCheck, checker: Checker, now: float, *, restarts: bool
    ) -> ProbeSchedule:
        """Returns the schedule, or a new one, with its next probe planned."""
        if schedule is None:
            schedule = ProbeSchedule(check.id, checker)
        elif restarts:
            schedule.cancel()
        if self._mode is not ProbeMode.ON:
            schedule.cancel()
        elif schedule.job is None:
            self._plan(schedule, now + phase(self._seed, check.id, checker) * _interval_s(check), check)
        return schedule

    def _plan(self, schedule: ProbeSchedule, when: float, check: HealthCheck) -> None:
        config = check.config
        assert isinstance(config, EndpointCheck)
        # The address of a name that this server answers may depend on earlier results.
        is_fixed = config.ip_address is not None or not self._is_served(config.fully_qualified_domain_name or "")
        function = partial(self._run_probe, schedule)
        schedule.job = self._scheduler.run_job_at(when, function, schedule.rank, may_start_early=is_fixed)

    async def _run_probe(self, schedule: ProbeSchedule) -> JobResult:
        if schedule.job is not None:
            self.lateness.add(max(self._clock.now() - schedule.job.due, 0.0))
        result = await self._attempt(self._tracker.state(schedule.check_id).check, schedule.checker)
        return JobResult(result.waited_s if result else 0.0, partial(self._record, schedule, result))

    async def _attempt_in_slot(
        self, slots: asyncio.Semaphore, check: HealthCheck, checker: Checker
    ) -> ProbeResult | None:
        async with slots:
            return await self._attempt(check, checker)

    async def _attempt(self, check: HealthCheck, checker: Checker) -> ProbeResult | None:
        """Makes one probe; None if it could not be made."""
        began = perf_counter()
        try:
            result = await self._probe(check, checker)
        except (Exception, asyncio.CancelledError) as fault:  # of this host, not the endpoint: nothing was observed
            task = asyncio.current_task()
            if isinstance(fault, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            log.error("a probe could not be made", check=check.id, region=checker.region, fault=repr(fault))
            return None
        self.durations.add(perf_counter() - began)
        if self._tracker.is_declared(check.id):  # it may be gone since
            self.probes[check.id, checker.region, result.success] += 1
        return result

    def _record(self, schedule: ProbeSchedule, result: ProbeResult | None, at: float) -> None:
        """Records a probe's result, and plans the next probe an interval after the end of this one (H63)."""
        if not self._is_current(schedule):
            return
        check = self._tracker.state(schedule.check_id).check
        if self._mode is ProbeMode.ON:
            self._plan(schedule, at + _interval_s(check), check)
        if result is not None:
            observation = Observation(result, at)
            self.latency.record(check, schedule.checker, observation)
            self._tracker.record(schedule.check_id, schedule.checker, observation)

    def _is_current(self, schedule: ProbeSchedule) -> bool:
        return self._schedules.get(schedule.check_id, {}).get(schedule.checker) is schedule

    def _has_same_target(self, probed: HealthCheck) -> bool:
        return probe_target(self._tracker.state(probed.id).check) == probe_target(probed)

    def _schedules_of(self, check_id: HealthCheckId, region: str | None) -> list[ProbeSchedule]:
        checkers = self._checkers_of(check_id, region)
        if self._mode is ProbeMode.OFF:
            raise ProbesAreOff
        schedules = self._schedules.get(check_id, {})
        return [schedules[checker] for checker in checkers if checker in schedules]

    def _checkers_of(self, check_id: HealthCheckId, region: str | None) -> list[Checker]:
        state = self._tracker.state(check_id)
        checkers = [checker for checker in state.checkers if region in (None, checker.region)]
        if not isinstance(state.check.config, EndpointCheck):
            raise NoSuchChecker(f"{check_id} has no endpoint to probe: it follows something else")
        if not checkers or not state.is_probed:
            where = f" from {region}" if state.is_probed else ", as it is disabled"
            raise NoSuchChecker(f"{check_id} is not probed{where}")
        return checkers


def _cancel(schedules: Mapping[HealthCheckId, Mapping[Checker, ProbeSchedule]]) -> None:
    for of_check in schedules.values():
        for schedule in of_check.values():
            schedule.cancel()


def _restarts_schedule(old: HealthCheck, new: HealthCheck) -> bool:
    """True if a change restarts the schedule of a check: another target or another interval."""
    return probe_target(old) != probe_target(new) or _interval_s(old) != _interval_s(new)


def _interval_s(check: HealthCheck) -> float:
    assert isinstance(check.config, EndpointCheck)
    return check.config.request_interval_s
