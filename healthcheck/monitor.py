"""Which checker probes which endpoint when, and what is made of it.

Every checker's watch over an endpoint is a post, with one entry on the agenda. So ten thousand checks at rest cost ten
thousand entries and nothing more, and a slow endpoint delays nobody else (H163).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
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
from dnsemu.healthcheck.report.cloudwatch import LatencyBook
from dnsemu.healthcheck.report.durations import Durations
from dnsemu.healthcheck.verdict.entry import Entry, Overlay, what_is_probed
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.ledger import Ledger
from dnsemu.healthcheck.verdict.observation import Observation, Outcome
from dnsemu.healthcheck.verdict.signals import Source, State
from dnsemu.healthcheck.verdict.snapshot import HealthBoard

Probe = Callable[[HealthCheck, Checker], Awaitable[Outcome]]
"""One attempt at an endpoint. It keeps its own time limits and returns failure as an outcome."""

_AT_ONCE_ON_DEMAND = 4
"""Probes of one endpoint at once when they are asked for: a small server cannot take sixteen clients together."""

log = structlog.get_logger()


class ProbesAreOff(Exception):
    """A probe was asked for, but the file says that none are made."""

    def __init__(self) -> None:
        super().__init__("probes are off: write health_checkers: {probes: manual}, or leave it out")


class NoSuchChecker(Exception):
    """A call named a Region, or a checker in it, from which a health check is not probed."""


class ProbeSchedule:
    """One checker's watch over one endpoint: what is scheduled."""

    __slots__ = ("check_id", "checker", "job", "rank")

    def __init__(self, check_id: HealthCheckId, checker: Checker) -> None:
        self.check_id = check_id
        self.checker = checker
        self.rank: Rank = (check_id, checker.region, checker.number)
        self.job: Job | None = None

    def leave(self) -> None:
        """Break off what is under way and what is planned."""
        if self.job is not None:
            self.job.cancel()
            self.job = None


def phase(seed: int, check_id: HealthCheckId, checker: Checker) -> float:
    """Where in its interval a checker first probes an endpoint, 0–1: at random (H63), but always the same by seed."""
    post = f"{seed}/{check_id}/{checker.region}/{checker.number}".encode()
    return int.from_bytes(blake2b(post, digest_size=8).digest()) / 2**64


class HealthMonitor:
    """Probes every declared endpoint from every checker, and keeps the board true.

    `probes` counts results by (check, Region, success); `durations` measures them, `lateness` how long after they were
    due they began, both in seconds. Metrics read them at scrape time.
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
        """Watch nothing yet.

        Args:
            probe: makes one attempt.
            seed: of the phases in which checkers probe.
            is_served: whether a name is answered by this server, so that its address follows from what is observed.
        """
        self._scheduler = scheduler
        self._clock = scheduler.clock
        self._probe = probe
        self._seed = seed
        self._is_served = is_served
        self._mode = ProbeMode.ON
        self._ledger = Ledger(board, history)
        self._posts: dict[HealthCheckId, dict[Checker, ProbeSchedule]] = {}
        self.history = history
        self.latency = LatencyBook()
        self.probes: Counter[tuple[HealthCheckId, str, bool]] = Counter()
        self.durations = Durations()
        self.lateness = Durations()

    def apply(self, checks: Mapping[HealthCheckId, HealthCheck], fleet: HealthCheckers) -> None:
        """Watch what is declared, from now on: new posts begin at random within their interval (H63).

        What is unchanged keeps its verdicts and its schedule; probes of what is gone or moved are broken off.
        """
        now = self._clock.now()
        known = {entry.check.id: entry for entry in self._ledger.entries()}
        self._ledger.apply(checks, fleet, now)
        self._mode = fleet.probes
        for check_id in [check_id for check_id in known if check_id not in checks]:
            self.latency.forget(check_id)
            self.history.forget(check_id)
        for counted in [counted for counted in self.probes if counted[0] not in checks]:
            del self.probes[counted]
        before = self._posts
        self._posts = {}
        for entry in self._ledger.entries():
            check_id = entry.check.id
            held = before.pop(check_id, {})
            old = known.get(check_id)
            if old is entry:  # neither it nor the fleet changed
                self._posts[check_id] = held
                continue
            if not entry.is_probed or self._mode is ProbeMode.OFF:
                before[check_id] = held
                continue
            is_moved = old is None or _is_moved(old.check, entry.check)
            self._posts[check_id] = {
                checker: self._manned(held.pop(checker, None), entry.check, checker, now, is_moved)
                for checker in entry.checkers
            }
            before[check_id] = held
        for held in before.values():
            for post in held.values():
                post.leave()

    def overlay(self, overlays: Mapping[HealthCheckId, Overlay]) -> None:
        """Lay these statuses, and no others, over what is observed; probing goes on."""
        self._ledger.lay_over(overlays, self._clock.now())

    def signal(self, source: Source, state: State) -> None:
        """Set an alarm's data state or a routing control.

        Raises:
            NoSuchSource: no health check follows it.
        """
        self._ledger.signal(source, state, self._clock.now())

    def signals(self) -> Mapping[Source, State | None]:
        """Every alarm and routing control that is followed, and what it said last."""
        return self._ledger.signals()

    async def probe_now(self, check_id: HealthCheckId, region: str | None = None) -> None:
        """Probe an endpoint at once, from all its checkers or those of a Region; the schedule goes on from there (H67).

        Raises:
            UnknownHealthCheck: it is not declared.
            NoSuchChecker: it is not probed from there.
            ProbesAreOff: the file says that no probes are made.
        """
        posts = self._posts_of(check_id, region)
        check = self._ledger.entry(check_id).check
        for post in posts:
            post.leave()
        outcomes: Iterable[Outcome | None] = repeat(None)
        try:
            few = asyncio.Semaphore(_AT_ONCE_ON_DEMAND)
            outcomes = await asyncio.gather(*(self._attempt_by_turns(few, check, post.checker) for post in posts))
        finally:
            for post, outcome in zip(posts, outcomes, strict=False):
                if self._is_manned(post) and self._is_the_same(check):
                    post.leave()  # what was planned meanwhile
                    self._take_in(post, outcome, self._clock.now())

    def observe(self, check_id: HealthCheckId, outcome: Outcome, region: str | None = None) -> None:
        """Take in a result as if checkers had observed it (H161).

        Raises:
            UnknownHealthCheck: it is not declared.
            NoSuchChecker: it is not probed from there.
        """
        now = self._clock.now()
        for checker in self._checkers_of(check_id, region):
            self._ledger.record(check_id, checker, Observation(outcome, now))

    def entry(self, check_id: HealthCheckId) -> Entry:
        """What is known of a health check; to be read, not kept.

        Raises:
            UnknownHealthCheck: it is not declared.
        """
        return self._ledger.entry(check_id)

    def entries(self) -> Iterable[Entry]:
        """What is known of every health check, in order of declaration; to be read, not kept."""
        return self._ledger.entries()

    def is_up(self, check_id: HealthCheckId) -> bool:
        """Whether a check is declared and its effective status healthy."""
        return self._ledger.is_up(check_id)

    def next_probe(self, check_id: HealthCheckId, checker: Checker) -> float | None:
        """When a checker is to probe an endpoint next, or began to; seconds since the epoch, None if it is not to."""
        post = self._posts.get(check_id, {}).get(checker)
        return post.job.due if post and post.job else None

    @property
    def in_flight(self) -> int:
        """How many probes are under way."""
        return self._scheduler.in_flight

    def _manned(
        self, post: ProbeSchedule | None, check: HealthCheck, checker: Checker, now: float, is_moved: bool
    ) -> ProbeSchedule:
        """The post, with its next probe planned."""
        if post is None:
            post = ProbeSchedule(check.id, checker)
        elif is_moved:
            post.leave()
        if self._mode is not ProbeMode.ON:
            post.leave()
        elif post.job is None:
            self._plan(post, now + phase(self._seed, check.id, checker) * _interval_s(check), check)
        return post

    def _plan(self, post: ProbeSchedule, when: float, check: HealthCheck) -> None:
        # The address of a name that we serve may depend on what is observed before.
        config = check.config
        assert isinstance(config, EndpointCheck)
        is_fixed = config.ip_address is not None or not self._is_served(config.fully_qualified_domain_name or "")
        post.job = self._scheduler.run_job_at(when, partial(self._carry_out, post), post.rank, may_start_early=is_fixed)

    async def _carry_out(self, post: ProbeSchedule) -> JobResult:
        if post.job is not None:
            self.lateness.add(max(self._clock.now() - post.job.due, 0.0))
        outcome = await self._attempt(self._ledger.entry(post.check_id).check, post.checker)
        return JobResult(outcome.waited_s if outcome else 0.0, partial(self._take_in, post, outcome))

    async def _attempt_by_turns(self, few: asyncio.Semaphore, check: HealthCheck, checker: Checker) -> Outcome | None:
        async with few:
            return await self._attempt(check, checker)

    async def _attempt(self, check: HealthCheck, checker: Checker) -> Outcome | None:
        began = perf_counter()
        try:
            outcome = await self._probe(check, checker)
        except (Exception, asyncio.CancelledError) as fault:  # ours, not the endpoint's: nothing was observed
            task = asyncio.current_task()
            if isinstance(fault, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            log.error("a probe could not be made", check=check.id, region=checker.region, fault=repr(fault))
            return None
        self.durations.add(perf_counter() - began)
        self.probes[check.id, checker.region, outcome.success] += 1
        return outcome

    def _take_in(self, post: ProbeSchedule, outcome: Outcome | None, at: float) -> None:
        """Fold what a probe found, and plan the next one: an interval after its end (H63)."""
        if not self._is_manned(post):
            return
        check = self._ledger.entry(post.check_id).check
        if self._mode is ProbeMode.ON:
            self._plan(post, at + _interval_s(check), check)
        if outcome is not None:
            observation = Observation(outcome, at)
            self.latency.record(check, post.checker, observation)
            self._ledger.record(post.check_id, post.checker, observation)

    def _is_manned(self, post: ProbeSchedule) -> bool:
        return self._posts.get(post.check_id, {}).get(post.checker) is post

    def _is_the_same(self, probed: HealthCheck) -> bool:
        return what_is_probed(self._ledger.entry(probed.id).check) == what_is_probed(probed)

    def _posts_of(self, check_id: HealthCheckId, region: str | None) -> list[ProbeSchedule]:
        checkers = self._checkers_of(check_id, region)
        if self._mode is ProbeMode.OFF:
            raise ProbesAreOff
        posts = self._posts.get(check_id, {})
        return [posts[checker] for checker in checkers if checker in posts]

    def _checkers_of(self, check_id: HealthCheckId, region: str | None) -> list[Checker]:
        entry = self._ledger.entry(check_id)
        checkers = [checker for checker in entry.checkers if region in (None, checker.region)]
        if not isinstance(entry.check.config, EndpointCheck):
            raise NoSuchChecker(f"{check_id} has no endpoint to probe: it follows something else")
        if not checkers or not entry.is_probed:
            where = f" from {region}" if entry.is_probed else ", as it is disabled"
            raise NoSuchChecker(f"{check_id} is not probed{where}")
        return checkers


def _is_moved(old: HealthCheck, new: HealthCheck) -> bool:
    """Whether the schedule of a check begins anew: what is probed, or how often, changed."""
    if what_is_probed(old) != what_is_probed(new):
        return True
    return _interval_s(old) != _interval_s(new)


def _interval_s(check: HealthCheck) -> float:
    assert isinstance(check.config, EndpointCheck)
    return check.config.request_interval_s
