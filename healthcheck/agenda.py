"""What falls due when: followed as time passes, or stepped through when the clock is moved.

Two kinds of entries. A call happens at its instant. Work is real: it begins at its instant, takes the real time that it
takes, and says at its end how much emulated time it cost and what is to be done then. As time passes, work goes on
beside everything else, up to a bound. When the clock is moved, work that is due within the step begins together and
the clock waits for it; what it ends with is then done in order of emulated time, so a step can be repeated.
"""

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from itertools import count
from math import inf

import structlog

from healthcheck.clock import Clock

MOST_AT_ONCE = 2000
"""Work under way at once (H163)."""
_ALIKE_AT_ONCE = 4
_SLOW_S = 0.1
"""While stepping, work of the same first rank begins by this many, more when those are not done after so much real
time."""
_CALLS_BETWEEN_TURNS = 64
"""While stepping, everything else gets its turn at least this often."""

Rank = tuple[str, str, int]
"""Orders what falls due at one instant."""

Ending = tuple[float, Callable[[float], None]]
"""What work cost, in emulated seconds, and what is to be done at the instant that it then is."""

Work = Callable[[], Awaitable[Ending]]

NO_RANK: Rank = ("", "", 0)

log = structlog.get_logger()


class Call:
    """A call on the agenda, to be made at its instant."""

    __slots__ = ("action", "is_live")

    def __init__(self, action: Callable[[float], None]) -> None:
        self.action = action
        self.is_live = True

    def cancel(self) -> None:
        """Take it off the agenda."""
        self.is_live = False


class Appointment:
    """Work on the agenda; `due` is in seconds since the epoch."""

    __slots__ = ("_ending", "_task", "due", "is_live", "may_begin_early", "rank", "work")

    def __init__(self, due: float, rank: Rank, work: Work, *, may_begin_early: bool) -> None:
        self.due = due
        self.rank = rank
        self.work = work
        self.may_begin_early = may_begin_early
        self.is_live = True
        self._task: asyncio.Task[None] | None = None
        self._ending: Call | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it is or was under way."""
        return self._task is not None

    def begin(self, task: asyncio.Task[None]) -> None:
        """Remember what carries it out."""
        self._task = task

    def end_by(self, ending: Call) -> None:
        """Remember what its end is to be."""
        self._ending = ending

    def cancel(self) -> None:
        """Take it off the agenda; work that is under way is broken off, and nothing follows from it."""
        self.is_live = False
        if self._task is not None:
            self._task.cancel()
        if self._ending is not None:
            self._ending.cancel()


class Agenda:
    """Follows the clock while `run` runs; `advance` moves the clock and does everything that falls due on the way."""

    def __init__(self, clock: Clock, *, most_at_once: int = MOST_AT_ONCE) -> None:
        self._clock = clock
        self._most_at_once = most_at_once
        self._calls: list[tuple[float, Rank, int, Call]] = []
        self._works: list[tuple[float, Rank, int, Appointment]] = []
        self._numbers = count()
        self._running: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stepping = asyncio.Lock()
        clock.on_change(self._woken.set)

    @property
    def clock(self) -> Clock:
        """The clock that it follows."""
        return self._clock

    @property
    def in_flight(self) -> int:
        """How much work is under way."""
        return len(self._running)

    def call_at(self, when: float, action: Callable[[float], None], rank: Rank = NO_RANK) -> Call:
        """Have something done at an instant.

        Args:
            when: seconds since the epoch; what is past is done as soon as possible.
            action: it is given the instant, and neither waits nor raises.
        """
        call = Call(action)
        heappush(self._calls, (when, rank, next(self._numbers), call))
        if self._calls[0][3] is call:
            self._woken.set()
        return call

    def work_at(self, when: float, work: Work, rank: Rank = NO_RANK, *, may_begin_early: bool = False) -> Appointment:
        """Have work begun at an instant.

        Args:
            when: seconds since the epoch; what is past is begun as soon as possible.
            work: begins it, and returns its ending. A failure of it is logged, and nothing follows.
            may_begin_early: whether, when the clock is moved, it may begin before what is due earlier has ended: it
                must read nothing that the emulated world changes.
        """
        entry = Appointment(when, rank, work, may_begin_early=may_begin_early)
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
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def advance(self, by_s: float) -> None:
        """Move the clock, and do everything that falls due on the way, in order; returns when all of it is done.

        The clock then goes on as before. One step at a time: another one waits for it.
        """
        async with self._stepping:
            with self._clock.held():
                await self._quiet()
                end = self._clock.now() + by_s
                await self._step_to(end)
                self._clock.move_to(end)
        self._woken.set()

    async def steer(self, change: Callable[[], None]) -> None:
        """Change how the clock goes, between two steps."""
        async with self._stepping:
            change()

    def _enter(self, entry: Appointment) -> None:
        heappush(self._works, (entry.due, entry.rank, next(self._numbers), entry))
        if self._works[0][3] is entry:
            self._woken.set()

    async def _quiet(self) -> None:
        """Until what began before the step has ended."""
        while self._running:
            await asyncio.wait(self._running)

    async def _step_to(self, end: float) -> None:
        calls = 0
        while (when := min(self._next_call(), self._next_work())) <= end:
            self._clock.move_to(when)
            if not self._calls or (self._works and self._works[0][:2] < self._calls[0][:2]):
                await self._begin_together(end)
                continue
            self._make_first_call(max(when, self._clock.now()))
            calls += 1
            if not calls % _CALLS_BETWEEN_TURNS:
                await asyncio.sleep(0)

    async def _begin_together(self, end: float) -> None:
        """Begin the first work that is due, and with it what may begin before it has ended; wait for all of it."""
        now = self._clock.now()
        together = [heappop(self._works)[3]]
        while (
            together[-1].may_begin_early
            and len(together) < self._most_at_once
            and self._next_work() <= end
            and self._works[0][3].may_begin_early
        ):
            together.append(heappop(self._works)[3])
        alike: dict[str, list[Appointment]] = {}
        for appointment in together:
            alike.setdefault(appointment.rank[0], []).append(appointment)
        try:
            await asyncio.gather(*(self._begin_in_turn(some, now) for some in alike.values()))
        finally:  # a step that is broken off leaves what it did not come to
            for appointment in together:
                if not appointment.has_begun:
                    self._enter(appointment)

    async def _begin_in_turn(self, appointments: list[Appointment], now: float) -> None:
        """Begin a few at a time, more as they end or are slow: a small server cannot take all its clients at once."""
        begun: list[asyncio.Task[None]] = []
        running: set[asyncio.Task[None]] = set()
        for appointment in appointments:
            if len(running) >= _ALIKE_AT_ONCE:
                done, _ = await asyncio.wait(running, timeout=_SLOW_S, return_when=asyncio.FIRST_COMPLETED)
                running = running - done if done else set()
            if appointment.is_live:
                task = self._begin(appointment, max(appointment.due, now), is_stepped=True)
                begun.append(task)
                running.add(task)
        if begun:
            await asyncio.wait(begun)

    def _next_call(self) -> float:
        while self._calls and not self._calls[0][3].is_live:
            heappop(self._calls)
        return self._calls[0][0] if self._calls else inf

    def _next_work(self) -> float:
        while self._works and not self._works[0][3].is_live:
            heappop(self._works)
        return self._works[0][0] if self._works else inf

    def _make_first_call(self, at: float) -> None:
        call = heappop(self._calls)[3]
        self._end(call.action, at)

    def _end(self, action: Callable[[float], None], at: float) -> None:
        try:
            action(at)
        except Exception as fault:  # ours: the agenda goes on
            log.error("something due could not be done", fault=repr(fault))

    def _do_what_is_due(self) -> None:
        now = self._clock.now()
        while self._next_call() <= now:
            self._make_first_call(now)
        while self._next_work() <= now and len(self._running) < self._most_at_once:
            self._begin(heappop(self._works)[3], now, is_stepped=False)

    def _begin(self, entry: Appointment, begun: float, *, is_stepped: bool) -> asyncio.Task[None]:
        task = asyncio.create_task(self._carry_out(entry, begun, is_stepped))
        entry.begin(task)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._works and len(self._running) == self._most_at_once - 1:
            self._woken.set()  # there is room again

    async def _carry_out(self, entry: Appointment, begun: float, is_stepped: bool) -> None:
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
        when = self._next_call()
        if len(self._running) < self._most_at_once:
            when = min(when, self._next_work())
        left_s = self._clock.real_s_until(when) if when < inf and not self._stepping.locked() else None
        timer = None if left_s is None else asyncio.get_running_loop().call_later(left_s, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            if timer is not None:
                timer.cancel()
