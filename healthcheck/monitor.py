"""The loop that schedules probes and folds what they observe.

One heap of due times and one task that follows it; a task of its own only for a probe that is under way. So ten
thousand checks at rest cost ten thousand heap entries and nothing more, and a slow endpoint delays nobody else (H163).
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from time import perf_counter

import structlog

from config.world import EndpointCheck, HealthCheck, HealthCheckers, HealthCheckId
from healthcheck.clock import Clock
from healthcheck.fleet import Checker
from healthcheck.ledger import Entry, Ledger, StatusChange
from healthcheck.observation import Observation, Outcome
from healthcheck.snapshot import HealthBoard, Status

MOST_PROBES = 2000
"""Probes under way at once; each checker has at most one (H163)."""

Probe = Callable[[HealthCheck, Checker], Awaitable[Outcome]]
"""One attempt at an endpoint. It keeps its own time limits and returns failure as an outcome."""

log = structlog.get_logger()

Post = tuple[HealthCheckId, Checker]
"""One checker's watch over one endpoint: what is scheduled."""


@dataclass(slots=True)
class Durations:
    """How long probes took, as a Prometheus histogram: counts at or below each bound, and the sum, in seconds."""

    BOUNDS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

    counts: list[int] = field(default_factory=lambda: [0] * (len(Durations.BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, duration_s: float) -> None:
        """Count one probe."""
        self.sum_s += duration_s
        for index, bound in enumerate(self.BOUNDS_S):
            if duration_s <= bound:
                self.counts[index] += 1
                return
        self.counts[-1] += 1


class HealthMonitor:
    """Probes every declared endpoint from every checker, and keeps the board true.

    `probes` counts results by (check, Region, success); `durations` measures them. Metrics read both at scrape time.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        board: HealthBoard,
        probe: Probe,
        seed: int,
        on_change: Callable[[StatusChange], None],
        most_probes: int = MOST_PROBES,
    ) -> None:
        self._clock = clock
        self._probe = probe
        self._dice = random.Random(seed)
        self._ledger = Ledger(board, on_change)
        self._most_probes = most_probes
        self._wanted: dict[Post, int] = {}
        """Posts that are kept, each with the number of the one heap item that is valid for it."""
        self._due: list[tuple[float, int, Post]] = []
        self._numbers = count()
        self._ready: deque[tuple[int, Post]] = deque()
        self._running: dict[Post, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self.probes: Counter[tuple[HealthCheckId, str, bool]] = Counter()
        self.durations = Durations()

    def apply(self, checks: Mapping[HealthCheckId, HealthCheck], fleet: HealthCheckers) -> None:
        """Watch what is declared, from now on: new posts begin at random within their interval (H63).

        An unchanged check keeps its verdicts and its schedule; probes of what is gone or changed are broken off.
        """
        now = self._clock.now()
        known = {entry.check.id: entry.check for entry in self._ledger.entries()}
        self._ledger.apply(checks, fleet, now)
        kept: dict[Post, float] = {}
        for entry in self._ledger.entries():
            if entry.is_probed:
                interval_s = _interval_s(entry.check)
                kept.update(((entry.check.id, checker), interval_s) for checker in entry.checkers)
        for post in [post for post in self._wanted if post not in kept or known[post[0]] != checks[post[0]]]:
            del self._wanted[post]
            if post in self._running:
                self._running[post].cancel()
        for counted in [counted for counted in self.probes if counted[0] not in checks]:
            del self.probes[counted]
        for post, interval_s in kept.items():
            if post not in self._wanted:
                self._schedule(post, now + self._dice.random() * interval_s)

    async def run(self) -> None:
        """Follow the schedule until cancelled; then break off what is under way (H165)."""
        try:
            while True:
                self._begin_due()
                self._woken.clear()
                await self._wait()
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def force(self, check_id: HealthCheckId, status: Status | None) -> None:
        """Lay a status over what is observed, or take it away with None; probing goes on.

        Raises:
            NoSuchHealthCheck: it is not declared.
        """
        self._ledger.force(check_id, status, self._clock.now())

    def entry(self, check_id: HealthCheckId) -> Entry:
        """What is known of a health check; to be read, not kept.

        Raises:
            NoSuchHealthCheck: it is not declared.
        """
        return self._ledger.entry(check_id)

    def entries(self) -> Iterable[Entry]:
        """What is known of every health check, in order of declaration; to be read, not kept."""
        return self._ledger.entries()

    @property
    def in_flight(self) -> int:
        """How many probes are under way."""
        return len(self._running)

    def _schedule(self, post: Post, when: float) -> None:
        number = next(self._numbers)
        self._wanted[post] = number
        is_next = not self._due or when < self._due[0][0]
        heappush(self._due, (when, number, post))
        if is_next:
            self._woken.set()

    def _begin_due(self) -> None:
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            _, number, post = heappop(self._due)
            if self._wanted.get(post) == number:
                self._ready.append((number, post))
        held = []
        while self._ready and len(self._running) < self._most_probes:
            number, post = self._ready.popleft()
            if self._wanted.get(post) != number:
                continue
            if post in self._running:  # broken off just now; its end wakes us
                held.append((number, post))
                continue
            task = self._running[post] = asyncio.create_task(self._probe_once(post, number))
            task.add_done_callback(partial(self._ended, post, number))
        self._ready.extend(held)

    def _ended(self, post: Post, number: int, task: asyncio.Task[None]) -> None:
        """Make room and set the next due time, however the probe ended: also if it was broken off before it began."""
        del self._running[post]
        if not task.cancelled() and (fault := task.exception()):
            log.error("an observation could not be taken in", check=post[0], fault=repr(fault))
        if self._wanted.get(post) == number:
            self._schedule(post, self._clock.now() + _interval_s(self._ledger.entry(post[0]).check))
        if self._ready:
            self._woken.set()

    async def _wait(self) -> None:
        """Until the next post is due, or something was scheduled before it or a place became free."""
        if not self._due:
            await self._woken.wait()
            return
        sleep = asyncio.ensure_future(self._clock.sleep_until(self._due[0][0]))
        sleep.add_done_callback(self._wake)
        try:
            await self._woken.wait()
        finally:
            sleep.remove_done_callback(self._wake)
            sleep.cancel()  # not awaited: that could swallow a cancellation of our own

    def _wake(self, _slept: asyncio.Future[None]) -> None:
        self._woken.set()

    async def _probe_once(self, post: Post, number: int) -> None:
        check_id, checker = post
        check = self._ledger.entry(check_id).check
        began = perf_counter()
        try:
            outcome = await self._probe(check, checker)
        except Exception as fault:  # ours, not the endpoint's: nothing was observed
            log.error("a probe could not be made", check=check_id, region=checker.region, fault=repr(fault))
            return
        self.durations.add(perf_counter() - began)
        self.probes[check_id, checker.region, outcome.success] += 1
        if self._wanted.get(post) == number:
            self._ledger.record(check_id, checker, Observation(outcome, self._clock.now()))


def _interval_s(check: HealthCheck) -> float:
    assert isinstance(check.config, EndpointCheck)
    return check.config.request_interval_s
