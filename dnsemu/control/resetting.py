"""Resets a running server to its state just after the start, all of it or parts of it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Container, Iterable
from enum import Enum
from typing import Any

from dnsemu.clock.scheduler import Scheduler
from dnsemu.faults.api_errors import InjectedErrors
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.probes.partitions import Partitions
from dnsemu.publication.board import Board
from dnsemu.publication.propagation import Propagation
from dnsemu.publication.target_hosts import TargetHosts
from dnsemu.runtime.finishing import finish
from dnsemu.state.state import State

Undone = dict[str, dict[str, Any]]
"""By part: numbers of things that a reset removed or put back."""

Restore = Callable[[State, Callable[[], None]], Awaitable[None]]
"""Replaces the API's state by another one, below what files declare.

Once the store has committed, it publishes the state and calls the function, in one step of the event loop.
"""


class Part(Enum):
    """The parts of a server that can be reset, in the order in which they are reset."""

    API = "api"
    """Everything made through the Route 53 API, injected errors, the rate limit's budget, and draws from a seed."""
    HEALTH = "health"
    """Results of probes, votes, statuses, and the states of alarms and routing controls."""
    CLOCK = "clock"
    """Time and speed."""
    FORCED = "forced"
    """Forced statuses and blocked paths that calls made; the force file's durations begin again."""
    HISTORY = "history"
    """The events of health checks."""


ALL_PARTS = tuple(Part)


class Resetter:
    """Resets parts in one step of the event loop: a query is answered from before it or after it, never between."""

    def __init__(
        self,
        scheduler: Scheduler,
        monitor: HealthMonitor,
        forcing: Forcing,
        force_file: ForceFile,
        partitions: Partitions,
        injected_errors: InjectedErrors,
        propagation: Propagation[Any],
        target_hosts: TargetHosts,
        board: Board,
        restore: Restore,
    ) -> None:
        self._scheduler = scheduler
        self._monitor = monitor
        self._forcing = forcing
        self._force_file = force_file
        self._partitions = partitions
        self._injected_errors = injected_errors
        self._propagation = propagation
        self._target_hosts = target_hosts
        self._board = board
        self._restore = restore
        self._listeners: list[tuple[Part, Callable[[], None]]] = []

    def on_reset(self, part: Part, listener: Callable[[], None]) -> None:
        """Calls a listener at each later reset of a part, in the same step of the event loop."""
        self._listeners.append((part, listener))

    async def reset(self, parts: Collection[Part]) -> Undone:
        """Puts these parts back to their state just after the start.

        A step of the clock in progress is interrupted if the clock is one of them, and so are steps that wait for it.
        A reset that has begun is finished, even if the caller is cancelled: probes stand still in the middle of it.

        Returns:
            By part, what was undone.
        Raises:
            LoadingFailed: the files could not be read; nothing changed.
            StoreFailed: the store could not commit; nothing changed.
        """
        return await finish(self._reset_between_steps(parts))

    async def _reset_between_steps(self, parts: Collection[Part]) -> Undone:
        events = len(self._monitor.history)
        if Part.CLOCK not in parts:
            undone = await self._reset(parts)
        else:
            async with self._scheduler.interrupted():
                undone = await self._reset(parts)
        if Part.HISTORY in parts:
            undone[Part.HISTORY.value] = {"events": events}
        return undone

    async def _reset(self, parts: Collection[Part]) -> Undone:
        undone = self._undo(parts) if Part.API not in parts else await self._reset_api(parts)
        if Part.HEALTH in parts:
            for _ in self._monitor.restart_schedules():
                await asyncio.sleep(0)
        return undone

    async def _reset_api(self, parts: Collection[Part]) -> Undone:
        undone: Undone = {}
        before = self._board.current.world
        await self._restore(State(), lambda: undone.update(self._undo(parts)))
        after = self._board.current.world
        undone[Part.API.value] |= {
            "hosted_zones": _number_gone(before.hosted_zones, after.hosted_zones),
            "health_checks": _number_gone(before.health_checks, after.health_checks),
            "cidr_collections": _number_gone(before.cidr_collections, after.cidr_collections),
        }
        return undone

    def _undo(self, parts: Collection[Part]) -> Undone:
        if Part.CLOCK in parts and Part.API not in parts:
            self._propagation.publish_pending()  # their time may be far away now; a reset of the API drops them
        undo = {
            Part.API: self._undo_api,
            Part.CLOCK: self._undo_clock,
            Part.FORCED: self._undo_forced,
            Part.HEALTH: self._undo_health,  # last, by the new time and without forced statuses
        }
        undone = {part.value: undo_part() for part, undo_part in undo.items() if part in parts}
        if Part.API in parts or Part.HEALTH in parts:
            self._target_hosts.restart()
        if Part.HISTORY in parts:
            cause = f"reset of {', '.join(part.value for part in Part if part in parts)}"
            self._monitor.history.clear(self._scheduler.clock.now(), cause)
        for part, listener in self._listeners:
            if part in parts:
                listener()
        return undone

    def _undo_api(self) -> dict[str, Any]:
        return {"injected_errors": self._injected_errors.clear()}

    def _undo_clock(self) -> dict[str, Any]:
        moved_s = self._scheduler.restart_clock()
        self._monitor.latency.clear()
        return {"moved_s": round(moved_s, 3)}

    def _undo_forced(self) -> dict[str, Any]:
        rules = self._forcing.clear()
        self._force_file.restart()
        return {"rules": rules, "blocked": self._partitions.clear()}

    def _undo_health(self) -> dict[str, Any]:
        signals = sum(state is not None for state in self._monitor.signals().values())
        self._monitor.reset()
        return {"health_checks": sum(1 for _ in self._monitor.states()), "signals": signals}


def _number_gone(before: Iterable[object], after: Container[object]) -> int:
    return sum(key not in after for key in before)
