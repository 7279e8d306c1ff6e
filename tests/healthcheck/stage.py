"""A health monitor with a scheduler, a board and fake endpoints, in virtual time or on a clock that is stepped."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress

from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.results import ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from tests.dnsemu.clock.virtual_time import START

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY
ONE = HealthCheckers(("us-east-1",), 1)
FOUR = HealthCheckers(("us-east-1", "eu-west-1"), 2)
SIXTEEN = HealthCheckers(ALL_CHECKER_REGIONS, 2)
INTERVAL_S = 10.0
TIME_OUT_S = 4.0


def endpoint(id, *, port=80, interval_s=INTERVAL_S, threshold=3, name=None, **flags):
    """A TCP check of an address, or of a name if one is given."""
    address = "127.0.0.1" if name is None else None
    config = EndpointCheck(
        EndpointType.TCP, address, name, port=port, request_interval_s=interval_s, failure_threshold=threshold
    )
    return HealthCheck(id, config, **flags)


def calculated(id, children, threshold, **flags):
    return HealthCheck(id, CalculatedCheck(tuple(children), threshold), **flags)


class Endpoints:
    """Fake endpoints, by the id of the check: up, down, silent for ever or timing out. Records each probe and its time."""

    def __init__(self, clock):
        self._clock = clock
        self.down = set()
        self.silent = set()
        self.timing_out = set()
        self.probed = []
        self.cancelled = Counter()
        self.running = 0
        self.max_running = 0

    async def __call__(self, check, checker):
        self.probed.append((check.id, checker, self._clock.now()))
        self.running += 1
        self.max_running = max(self.running, self.max_running)
        try:
            if check.id in self.silent:
                await asyncio.Event().wait()
            if check.id in self.timing_out:
                await asyncio.sleep(TIME_OUT_S)
                return ProbeResult.failed("timed out", waited_s=TIME_OUT_S)
            return ProbeResult(check.id not in self.down, "as told")
        except asyncio.CancelledError:
            self.cancelled[check.id] += 1
            raise
        finally:
            self.running -= 1

    def times(self, check):
        return [at for id, _, at in self.probed if id == check]


class Stage:
    """A monitor with its scheduler, board, history and endpoints. Its clock follows the loop, unless it is stepped."""

    def __init__(self, *, seed=1, max_concurrent=2000, is_stepped=False, probe=None):
        self.is_stepped = is_stepped
        self.clock = (
            Clock(start=START, is_paused=True)
            if is_stepped
            else Clock(start=START, monotonic=asyncio.get_running_loop().time)
        )
        self.scheduler = Scheduler(self.clock, max_concurrent=max_concurrent)
        self.board = HealthBoard()
        self.history = History("stage")
        self.endpoints = Endpoints(self.clock)
        self.monitor = HealthMonitor(
            scheduler=self.scheduler, board=self.board, history=self.history, probe=probe or self.endpoints, seed=seed
        )

    def apply(self, *checks, fleet=ONE):
        self.monitor.apply({check.id: check for check in checks}, fleet)

    def status(self, check):
        return self.board.current.status[check]

    @property
    def changes(self):
        """Every change of an effective status."""
        return self.history.since(0, kind=EventKind.STATUS)

    async def passes(self, seconds):
        """Lets emulated time pass, or advances the clock."""
        await (self.scheduler.advance(seconds) if self.is_stepped else asyncio.sleep(seconds))

    @asynccontextmanager
    async def running(self):
        """Runs the scheduler inside an `async with` block."""
        task = asyncio.create_task(self.scheduler.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
