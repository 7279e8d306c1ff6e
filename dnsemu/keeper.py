"""Whoever keeps what is declared: carries out commands one at a time, makes them durable, then has them answered.

A command is acknowledged when it is on the disk and on the wire. One that is refused, or that cannot be kept, leaves
no trace.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from config.world import World
from dnsemu.commands import state as kinds
from dnsemu.commands.context import Context, Ids, Live, Request, Response
from dnsemu.commands.state import State, Step, Write
from dnsemu.commands.table import COMMANDS, is_read
from dnsemu.reconciling import reconcile
from dnsemu.store.store import MemoryStore, Store
from healthcheck.agenda import Agenda

T = TypeVar("T")

Publish = Callable[[Sequence[Write]], None]
"""Has writes answered from now on."""


class Keeper:
    """Holds the one state; reads see the last one that is durable."""

    def __init__(self, store: Store, agenda: Agenda, ids: Ids, live: Live, publish: Publish) -> None:
        self._store = store
        self._is_kept = not isinstance(store, MemoryStore)
        self._agenda = agenda
        self._ids = ids
        self._live = live
        self._publish = publish
        self._turn = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._working: set[asyncio.Task[Any]] = set()
        self.state = State()

    async def open(self, declared: World) -> None:
        """Take over what the store holds, and what files declare.

        Raises:
            StoreUnusable: the store cannot be read.
            StoreFailed: what files declare cannot be kept.
        """
        self.state = await self._store.load()
        await self.declare(declared)

    async def close(self) -> None:
        """Wait for what is being written, and let go of the store."""
        while self._working:
            await asyncio.wait(self._working)
        await self._store.close()

    async def carry_out(self, operation: str, request: Request) -> Response:
        """Carry out an operation of the Route 53 API.

        Raises:
            Refusal: what was asked cannot be done.
            StoreFailed: it could not be kept, so it did not happen.
        """
        if is_read(operation):
            return COMMANDS[operation](request, Step(self.state), self._context())
        return await self._shielded(self._write(operation, request))

    async def declare(self, declared: World) -> None:
        """Make the state match what files declare; nobody is told: whoever read the files publishes them.

        Raises:
            StoreFailed: it could not be kept, so it did not happen.
        """
        await self._shielded(self._declare(declared))

    async def restore(self, state: State, declared: World) -> tuple[Write, ...]:
        """Put another state in place of this one, under what files declare; returns what that writes.

        Raises:
            StoreFailed: it could not be kept, so it did not happen.
        """
        return await self._shielded(self._restore(state, declared))

    async def _write(self, operation: str, request: Request) -> Response:
        async with self._turn:
            step = Step(self.state)
            response = COMMANDS[operation](request, step, self._context())
            writes = step.writes
            if writes:
                await self._store.commit(writes)
                self.state = step.state
                self._make_visible(writes)
            return response

    async def _declare(self, declared: World) -> None:
        async with self._turn:
            step = Step(self.state)
            async for _ in reconcile(step, declared, is_kept=self._is_kept):
                await asyncio.sleep(0)
            await self._store.commit(step.writes)
            self.state = step.state
            self._overtake(declared)

    async def _restore(self, state: State, declared: World) -> tuple[Write, ...]:
        async with self._turn:
            step = Step(self.state)
            step.become(state)
            async for _ in reconcile(step, declared, is_kept=self._is_kept):
                await asyncio.sleep(0)
            writes = step.writes
            await self._store.commit(writes)
            self.state = step.state
            self._waiting.clear()
            return writes

    def _make_visible(self, writes: Sequence[Write]) -> None:
        """At once, or when the change is in sync (R43)."""
        delay_s = self.state.world.api.change_delay_s
        if not delay_s:
            self._publish(writes)
            return
        waiting = _Waiting(tuple(writes))
        self._waiting.append(waiting)
        self._agenda.call_at(self._agenda.clock.now() + delay_s, lambda _at: self._publish_waiting(waiting))

    def _publish_waiting(self, waiting: "_Waiting") -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._publish(waiting.writes)

    def _overtake(self, declared: World) -> None:
        """What waits to become visible does so no more where files have spoken meanwhile."""
        for waiting in self._waiting:
            waiting.writes = tuple(write for write in waiting.writes if not _is_declared(write, declared))

    def _context(self) -> Context:
        return Context(self._agenda.clock.now(), self._ids, self.state.world.api, self._live)

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        """A write that has begun is finished, even if whoever asked for it has left."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            task.exception()  # told to whoever asked, if that one is still there


@dataclass(slots=True, eq=False)
class _Waiting:
    """Writes that become visible later."""

    writes: tuple[Write, ...]


def _is_declared(write: Write, declared: World) -> bool:
    """Whether a write is to something that files declare."""
    match write.table:
        case kinds.RECORD_SET:
            return write.key[0] in declared.hosted_zones
        case kinds.HOSTED_ZONE:
            return write.key in declared.hosted_zones
        case kinds.HEALTH_CHECK:
            return write.key in declared.health_checks
        case kinds.CIDR_COLLECTION:
            return write.key in declared.cidr_collections
    return False
