"""What falls due when: followed as time passes, or stepped through when the clock is moved.

Two kinds of entries. A call happens at its instant. Work is real: it begins at its instant, takes the real time that it
takes, and says at its end how much emulated time it cost and what is to be done then. As time passes, work goes on
beside everything else, up to a bound. When the clock is moved, work that is due within the step begins together and
the clock waits for it; what it ends with is then done in order of emulated time, so a step can be repeated.
"""

import asyncio
from collections.abc import Callable
from math import inf

import structlog

from dnsemu.clock.clock import Clock
from dnsemu.clock.jobs import NO_RANK, Job, Rank, TimeQueue, Timer, Work

MAX_AT_ONCE = 2000
"""Work under way at once (H163)."""
_ALIKE_AT_ONCE = 4
_SLOW_S = 0.1
"""While stepping, work of the same first rank begins by this many, more when those are not done after so much real
time."""
_CALLS_BETWEEN_TURNS = 64
"""While stepping, everything else gets its turn at least this often."""

log = structlog.get_logger()


class Scheduler:
    """Follows the clock while `run` runs; `advance` moves the clock and does everything that falls due on the way."""

    def __init__(self, clock: Clock, *, max_concurrent: int = MAX_AT_ONCE) -> None:
        self._clock = clock
        self._most_at_once = max_concurrent
        self._calls: TimeQueue[Timer] = TimeQueue()
        self._works: TimeQueue[Job] = TimeQueue()
        self._running: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stepping = asyncio.Lock()
        self._broken_off = False
        self.advancing_to: float | None = None
        """Where the clock is being moved to, in seconds since the epoch; None while it is not."""
        clock.on_change(self._woken.set)

    @property
    def clock(self) -> Clock:
        """The clock that it follows."""
        return self._clock

    @property
    def in_flight(self) -> int:
        """How much work is under way."""
        return len(self._running)

    def call_at(self, when: float, action: Callable[[float], None], rank: Rank = NO_RANK) -> Timer:
        """Have something done at an instant.

        Args:
            when: seconds since the epoch; what is past is done as soon as possible.
            action: it is given the instant, and neither waits nor raises.
        """
        call = Timer(action)
        if self._calls.push(when, rank, call):
            self._woken.set()
        return call

    def work_at(self, when: float, work: Work, rank: Rank = NO_RANK, *, may_begin_early: bool = False) -> Job:
        """Have work begun at an instant.

        Args:
            when: seconds since the epoch; what is past is begun as soon as possible.
            work: begins it, and returns its ending. A failure of it is logged, and nothing follows.
            may_begin_early: whether, when the clock is moved, it may begin before what is due earlier has ended: it
                must read nothing that the emulated world changes.
        """
        entry = Job(when, rank, work, may_begin_early=may_begin_early)
        self._enter(entry)
        return entry

    async def run(self) -> None:
        """Follow the clock until cancelled; then break off what is under way (H165)."""
        try:
            while True:
                self._woken.clear()
                if not self._stepping.locked():
                    self._do_what_is_due()
                await self._next_instant()
        finally:
            self.break_off()
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def advance(self, by_s: float) -> None:
        """Move the clock, and do everything that falls due on the way, in order; returns when all of it is done.

        The clock then goes on as before. One step at a time: another one waits for it. A step that is cancelled or
        broken off stops where it is.
        """
        async with self._stepping:
            self._broken_off = False
            try:
                with self._clock.held():
                    await self._quiet()
                    self.advancing_to = end = self._clock.now() + by_s
                    await self._step_to(end)
                    if not self._broken_off:
                        self._clock.move_to(end)
            finally:
                self.advancing_to = None
                self._woken.set()

    def break_off(self) -> None:
        """Stop a step under way when what has begun of it has ended."""
        self._broken_off = True

    async def steer(self, change: Callable[[], None]) -> None:
        """Change how the clock goes, between two steps."""
        async with self._stepping:
            change()

    def _enter(self, entry: Job) -> None:
        if self._works.push(entry.due, entry.rank, entry):
            self._woken.set()

    async def _quiet(self) -> None:
        """Until what began before the step has ended."""
        while self._running:
            await asyncio.wait(self._running)

    async def _step_to(self, end: float) -> None:
        calls = 0
        while not self._broken_off and (when := min(self._calls.when, self._works.when)) <= end:
            self._clock.move_to(when)
            if self._works.first < self._calls.first:
                await self._begin_together(end)
                continue
            self._end(self._calls.pop().action, max(when, self._clock.now()))
            calls += 1
            if not calls % _CALLS_BETWEEN_TURNS:
                await asyncio.sleep(0)

    async def _begin_together(self, end: float) -> None:
        """Begin the first work that is due, and with it what may begin before it has ended; wait for all of it."""
        now = self._clock.now()
        together: list[Job] = [self._works.pop()]
        later: list[Job] = []
        while len(together) < self._most_at_once and self._works.when <= end:
            entry = self._works.pop()
            (together if entry.may_begin_early else later).append(entry)
        for entry in later:
            self._enter(entry)
        alike: dict[str, list[Job]] = {}
        for job in together:
            alike.setdefault(job.rank[0], []).append(job)
        try:
            await asyncio.gather(*(self._begin_in_turn(some, now) for some in alike.values()))
        finally:  # a step that is broken off leaves what it did not come to
            for job in together:
                if not job.has_begun:
                    self._enter(job)

    async def _begin_in_turn(self, jobs: list[Job], now: float) -> None:
        """Begin a few at a time, more as they end or are slow: a small server cannot take all its clients at once."""
        begun: list[asyncio.Task[None]] = []
        running: set[asyncio.Task[None]] = set()
        for job in jobs:
            if len(running) >= _ALIKE_AT_ONCE:
                done, _ = await asyncio.wait(running, timeout=_SLOW_S, return_when=asyncio.FIRST_COMPLETED)
                running = running - done if done else set()
            if job.is_live:
                task = self._begin(job, max(job.due, now), is_stepped=True)
                begun.append(task)
                running.add(task)
        if begun:
            await asyncio.wait(begun)

    def _end(self, action: Callable[[float], None], at: float) -> None:
        try:
            action(at)
        except Exception as fault:  # ours: the agenda goes on
            log.error("something due could not be done", fault=repr(fault))

    def _do_what_is_due(self) -> None:
        now = self._clock.now()
        while self._calls.when <= now:
            self._end(self._calls.pop().action, now)
        while self._works.when <= now and len(self._running) < self._most_at_once:
            self._begin(self._works.pop(), now, is_stepped=False)

    def _begin(self, entry: Job, begun: float, *, is_stepped: bool) -> asyncio.Task[None]:
        task = asyncio.create_task(self._carry_out(entry, begun, is_stepped))
        entry.begin(task)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if len(self._works) and len(self._running) == self._most_at_once - 1:
            self._woken.set()  # there is room again

    async def _carry_out(self, entry: Job, begun: float, is_stepped: bool) -> None:
        try:
            cost_s, action = await entry.work()
        except Exception as fault:  # ours, not the endpoint's
            log.error("work could not be done", fault=repr(fault))
            return
        if not entry.is_live:
            return
        now = self._clock.now()
        ends = begun + cost_s
        if is_stepped or ends > now:
            entry.end_by(self.call_at(ends, action, entry.rank))
        else:
            self._end(action, now)

    async def _next_instant(self) -> None:
        """Until something falls due, or it becomes clear that something falls due sooner."""
        when = self._calls.when
        if len(self._running) < self._most_at_once:
            when = min(when, self._works.when)
        left_s = self._clock.real_s_until(when) if when < inf and not self._stepping.locked() else None
        timer = None if left_s is None else asyncio.get_running_loop().call_later(left_s, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            if timer is not None:
                timer.cancel()
