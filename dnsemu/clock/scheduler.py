"""Runs timers and jobs when they are due, as time passes or when the clock is advanced.

A timer calls its callback at its instant. A job is real work: it starts at its instant, takes real time, and returns
the emulated time that it cost and a callback to run at its end. As time passes, jobs run concurrently, up to a limit.
When the clock is advanced, jobs due within the step start together and the clock waits for them; their callbacks then
run in order of emulated time, so that a step is repeatable.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf

import structlog

from dnsemu.clock.clock import Clock
from dnsemu.clock.jobs import NO_RANK, Callback, Job, JobFunction, Rank, TimeQueue, Timer

MAX_CONCURRENT_JOBS = 2000
"""Jobs running at once (H163)."""
_MAX_CONCURRENT_PER_GROUP = 4
_SLOW_S = 0.1
"""In a step, jobs whose ranks begin with the same text start a few at a time, and more if those run longer than this
in real time."""
_LONGEST_WAIT_S = 1.0
"""Bound on real time between two looks at the clock: timers of the event loop stand still while the machine sleeps."""
_TIMERS_PER_YIELD = 64
"""In a step, timers that run before other tasks of the event loop get a turn."""

log = structlog.get_logger()


class Scheduler:
    """Follows the clock while `run` runs; `advance` moves the clock and runs everything due on the way."""

    def __init__(self, clock: Clock, *, max_concurrent: int = MAX_CONCURRENT_JOBS) -> None:
        self._clock = clock
        self._max_concurrent = max_concurrent
        self._timers: TimeQueue[Timer] = TimeQueue()
        self._jobs: TimeQueue[Job] = TimeQueue()
        self._running: set[asyncio.Task[None]] = set()
        self._wake_up = asyncio.Event()
        self._step_lock = asyncio.Lock()
        self._is_interrupted = False
        self._interruptions = 0
        """Callers that keep steps from going on."""
        self._moved_s = 0.0
        """Seconds by which restarts of the clock have moved time."""
        self.advancing_to: float | None = None
        """Target of the step in progress, in seconds since the epoch; None if there is none."""
        clock.on_change(self._wake_up.set)

    @property
    def clock(self) -> Clock:
        """The clock that it follows."""
        return self._clock

    @property
    def in_flight(self) -> int:
        """Number of running jobs."""
        return len(self._running)

    def call_at(self, when: float, callback: Callback, rank: Rank = NO_RANK) -> Timer:
        """Calls a callback at an instant.

        Args:
            when: seconds since the epoch; a past instant means as soon as possible.
            callback: called with the instant; must neither block nor raise.
        """
        timer = Timer(callback)
        if self._timers.push(when, rank, timer):
            self._wake_up.set()
        return timer

    def run_job_at(
        self, when: float, function: JobFunction, rank: Rank = NO_RANK, *, may_start_early: bool = False
    ) -> Job:
        """Starts a job at an instant.

        Args:
            when: seconds since the epoch; a past instant means as soon as possible.
            function: does the work and returns its result. If it raises, the error is logged and no callback runs.
            may_start_early: lets a step start the job before earlier jobs have ended. The function must then read
                nothing that the emulated world changes.
        """
        job = Job(when, rank, function, may_start_early=may_start_early)
        self._enqueue(job)
        return job

    async def run(self) -> None:
        """Follows the clock until cancelled; then cancels the running jobs (H165)."""
        try:
            while True:
                self._wake_up.clear()
                if not self._step_lock.locked():
                    self._run_due()
                await self._wait_until_due()
        finally:
            self.refuse_steps()
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def advance(self, by_s: float) -> None:
        """Moves the clock, and runs everything due on the way, in order; returns when all of it is done.

        The clock then goes on as before. Steps run one at a time: a second one waits for the first. A step that is
        cancelled or interrupted stops where it is.
        """
        async with self._step_lock:
            self._is_interrupted = self._interruptions > 0
            try:
                with self._clock.paused():
                    await self._wait_for_running()
                    self.advancing_to = end = self._clock.now() + by_s
                    await self._step_to(end)
                    if not self._is_interrupted:
                        self._clock.move_to(end)
            finally:
                self.advancing_to = None
                self._wake_up.set()

    def stop_step(self) -> None:
        """Stops the step in progress where it is; the clock stays at the instant of what runs now."""
        self._is_interrupted = True

    def refuse_steps(self) -> None:
        """Stops the step in progress once its running jobs have ended; all later steps end at once."""
        self._interruptions += 1
        self._is_interrupted = True

    @asynccontextmanager
    async def interrupted(self) -> AsyncIterator[None]:
        """Does the same as `between_steps`, after it has stopped the step in progress and those that wait for it."""
        self.refuse_steps()
        try:
            await self._step_lock.acquire()
        finally:
            self._interruptions -= 1
        try:
            yield
        finally:
            self._step_lock.release()
            self._wake_up.set()

    async def change_clock(self, change: Callable[[], None]) -> None:
        """Pauses, resumes or changes the clock's speed between two steps."""
        async with self.between_steps():
            change()

    @asynccontextmanager
    async def between_steps(self) -> AsyncIterator[None]:
        """Keeps steps, timers and new jobs waiting inside an `async with` block."""
        async with self._step_lock:
            try:
                yield
            finally:
                self._wake_up.set()

    def restart_clock(self) -> float:
        """Restarts the clock, between two steps; what is due in some seconds is due in as many seconds afterwards.

        Returns:
            The seconds by which time moved; less than 0 if it went back.
        """
        moved_s = self._clock.restart()
        self._moved_s += moved_s
        self._timers.shift(moved_s)
        self._jobs.shift(moved_s)
        for job in self._jobs.items():
            job.due += moved_s
        self._wake_up.set()
        return moved_s

    def _enqueue(self, job: Job) -> None:
        if self._jobs.push(job.due, job.rank, job):
            self._wake_up.set()

    async def _wait_for_running(self) -> None:
        while self._running:
            await asyncio.wait(self._running)

    async def _step_to(self, end: float) -> None:
        timers_run = 0
        while not self._is_interrupted and (when := min(self._timers.next_due, self._jobs.next_due)) <= end:
            self._clock.move_to(when)
            if self._jobs.next_key < self._timers.next_key:
                await self._run_batch(end)
                continue
            self._call(self._timers.pop().callback, max(when, self._clock.now()))
            timers_run += 1
            if not timers_run % _TIMERS_PER_YIELD:
                await asyncio.sleep(0)

    async def _run_batch(self, end: float) -> None:
        """Runs the first due job, together with the jobs that may start before it has ended."""
        now = self._clock.now()
        batch: list[Job] = [self._jobs.pop()]
        later: list[Job] = []
        while len(batch) < self._max_concurrent and self._jobs.next_due <= end:
            job = self._jobs.pop()
            (batch if job.may_start_early else later).append(job)
        for job in later:
            self._enqueue(job)
        groups: dict[str, list[Job]] = {}
        for job in batch:
            groups.setdefault(job.rank[0], []).append(job)
        try:
            await asyncio.gather(*(self._run_group(group, now) for group in groups.values()))
        finally:  # a cancelled step puts back the jobs that it has not started
            for job in batch:
                if not job.has_started:
                    self._enqueue(job)

    async def _run_group(self, jobs: list[Job], now: float) -> None:
        """Starts a few jobs at a time, more as they end or are slow: a small server cannot take all clients at once."""
        started: list[asyncio.Task[None]] = []
        running: set[asyncio.Task[None]] = set()
        for job in jobs:
            if len(running) >= _MAX_CONCURRENT_PER_GROUP:
                done, _ = await asyncio.wait(running, timeout=_SLOW_S, return_when=asyncio.FIRST_COMPLETED)
                running = running - done if done else set()
            if job.is_live:
                task = self._start(job, max(job.due, now), is_stepped=True)
                started.append(task)
                running.add(task)
        if started:
            await asyncio.wait(started)

    def _call(self, callback: Callback, at: float) -> None:
        try:
            callback(at)
        except Exception as fault:  # a bug of ours; the other timers still run
            log.error("a scheduled callback failed", fault=repr(fault))

    def _run_due(self) -> None:
        now = self._clock.now()
        while self._timers.next_due <= now:
            self._call(self._timers.pop().callback, now)
        while self._jobs.next_due <= now and len(self._running) < self._max_concurrent:
            self._start(self._jobs.pop(), now, is_stepped=False)

    def _start(self, job: Job, at: float, *, is_stepped: bool) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run_job(job, at, is_stepped=is_stepped))
        job.attach_task(task)
        self._running.add(task)
        task.add_done_callback(self._on_task_done)
        return task

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if len(self._jobs) and len(self._running) == self._max_concurrent - 1:
            self._wake_up.set()  # there is room for another job

    async def _run_job(self, job: Job, started_at: float, *, is_stepped: bool) -> None:
        moved_before_s = self._moved_s
        try:
            cost_s, callback = await job.function()
        except Exception as fault:  # a bug of ours, or this host ran out of something
            log.error("a scheduled job failed", fault=repr(fault))
            return
        if not job.is_live:
            return
        now = self._clock.now()
        ends_at = started_at + cost_s + self._moved_s - moved_before_s
        if is_stepped or ends_at > now:
            job.attach_completion(self.call_at(ends_at, callback, job.rank))
        else:
            self._call(callback, now)

    async def _wait_until_due(self) -> None:
        """Waits until a timer or job is due, or until `_wake_up` says that the wait has to be computed again."""
        when = self._timers.next_due
        if len(self._running) < self._max_concurrent:
            when = min(when, self._jobs.next_due)
        left_s = self._clock.real_s_until(when) if when < inf and not self._step_lock.locked() else None
        wait_s = None if left_s is None else min(left_s, _LONGEST_WAIT_S)
        handle = None if wait_s is None else asyncio.get_running_loop().call_later(wait_s, self._wake_up.set)
        try:
            await self._wake_up.wait()
        finally:
            if handle is not None:
                handle.cancel()
