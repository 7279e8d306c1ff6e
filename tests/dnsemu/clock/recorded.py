"""A scheduler in virtual time that records what ran."""

import asyncio
from contextlib import asynccontextmanager, suppress

from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from tests.dnsemu.clock.virtual_time import START


class RecordedScheduler:
    """A scheduler on the loop's time; `started` and `done` hold names and seconds after the start."""

    def __init__(self, *, max_concurrent=2000, **clock):
        loop = asyncio.get_running_loop()
        self.slept_s = 0.0
        """Real time for which the machine slept: the loop's time stood still."""
        self.clock = Clock(start=START, monotonic=lambda: loop.time() + self.slept_s, **clock)
        self.scheduler = Scheduler(self.clock, max_concurrent=max_concurrent)
        self.started = []
        self.done = []
        self.running_jobs = 0
        self.max_running = 0

    def timer(self, name, after_s):
        return self.scheduler.call_at(START + after_s, lambda at: self.done.append((name, at - START)))

    def job(self, name, after_s, *, takes_s=0.0, cost_s=0.0):
        async def run():
            self.started.append((name, self.clock.now() - START))
            await self.take(takes_s)
            return cost_s, lambda at: self.done.append((name, at - START))

        return self.scheduler.run_job_at(START + after_s, run)

    async def take(self, takes_s):
        """The time that a job takes, while it counts as running."""
        self.running_jobs += 1
        self.max_running = max(self.max_running, self.running_jobs)
        try:
            await asyncio.sleep(takes_s)
        finally:
            self.running_jobs -= 1

    @asynccontextmanager
    async def running(self):
        """Follows the clock inside an `async with` block."""
        task = asyncio.create_task(self.scheduler.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
