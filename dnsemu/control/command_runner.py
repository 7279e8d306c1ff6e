"""Whoever keeps what is declared: carries out commands one at a time, makes them durable, then has them answered.

A command is acknowledged when it is on the disk and on the wire. One that is refused, or that cannot be kept, leaves
no trace.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from dnsemu.clock.scheduler import Scheduler
from dnsemu.commands.context import Context, Ids, Live, Request, Response
from dnsemu.commands.from_file import FROM_FILE
from dnsemu.commands.record_sets.lists import preparation
from dnsemu.commands.registry import COMMANDS, is_read
from dnsemu.config.model.world import World
from dnsemu.control.ids import UnusedIds
from dnsemu.control.reconciling import reconcile
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import Write
from dnsemu.store.store import MemoryStore, Store

T = TypeVar("T")

Publish = Callable[[Sequence[Write], State], None]
"""Has writes answered from now on."""


class CommandRunner:
    """Holds the one state; reads see the last one that is durable."""

    def __init__(self, store: Store, scheduler: Scheduler, ids: Ids, live: Live, publish: Publish) -> None:
        self._store = store
        self._is_kept = not isinstance(store, MemoryStore)
        self._scheduler = scheduler
        self._ids = ids
        self._live = live
        self._publish = publish
        self._turn = asyncio.Lock()
        self._waiting: deque[tuple[float, Sequence[Write]]] = deque()
        """What is kept but not answered yet, and from when it is to be, in order."""
        self._working: set[asyncio.Task[Any]] = set()
        self.state = State()

    async def open(self, declared: World, serve: Callable[[State], None]) -> None:
        """Take over what the store holds, and what files declare, and serve it.

        Raises:
            StoreUnusable: the store cannot be read.
            StoreFailed: what files declare cannot be kept.
        """
        self.state = await self._store.load()
        await self.declare(declared, serve)

    async def close(self) -> None:
        """Wait for what is being written, and let go of the store."""
        while self._working:
            await asyncio.wait(self._working)
        await self._store.close()

    async def carry_out(self, operation: str, request: Request) -> Response:
        """Carry out an operation of the Route 53 API.

        Raises:
            ApiError: the operation cannot be carried out.
            StoreFailed: it could not be kept, so it did not happen.
        """
        if is_read(operation):
            for _ in preparation(operation, request, self.state):
                await asyncio.sleep(0)
            return COMMANDS[operation](request, Step(self.state), self._context())
        return await self._shielded(self._write(operation, request))

    async def declare(self, declared: World, serve: Callable[[State], None]) -> None:
        """Make the state match what files declare.

        Args:
            serve: has the whole state answered, before anything else is written; what waited for that waits no more.
        Raises:
            StoreFailed: it could not be kept, so it did not happen.
        """
        await self._shielded(self._replace(None, declared, serve))

    async def restore(self, state: State, declared: World, serve: Callable[[State], None]) -> None:
        """Put another state in place of this one, under what files declare; as `declare` does.

        What files declared where the other state comes from counts as made by the API here.
        """
        await self._shielded(self._replace(state, declared, serve))

    @property
    def is_waiting(self) -> bool:
        """Whether something that is kept is not answered yet (R43)."""
        return bool(self._waiting)

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

    async def _replace(self, state: State | None, declared: World, serve: Callable[[State], None]) -> None:
        async with self._turn:
            step = Step(self.state)
            if state is not None:
                for _ in step.becoming(state):
                    await asyncio.sleep(0)
                for key, _ in list(step.all(FROM_FILE)):
                    step.drop(FROM_FILE, *key)
            async for _ in reconcile(step, declared, is_kept=self._is_kept):
                await asyncio.sleep(0)
            await self._store.commit(step.writes)
            self.state = step.state
            serve(self.state)
            self._waiting.clear()

    def _make_visible(self, writes: Sequence[Write]) -> None:
        """At once, or when the change is in sync (R43), but never before an earlier one."""
        now = self._scheduler.clock.now()
        when = now + self.state.world.api.change_delay_s
        if self._waiting:
            when = max(when, self._waiting[-1][0])
        if when <= now:
            self._publish(writes, self.state)
            return
        self._waiting.append((when, writes))
        self._scheduler.call_at(when, self._publish_due)

    def _publish_due(self, at: float) -> None:
        while self._waiting and self._waiting[0][0] <= at:
            self._publish(self._waiting.popleft()[1], self.state)

    def _context(self) -> Context:
        ids = UnusedIds(self._ids, self.state)
        return Context(self._scheduler.clock.now(), ids, self.state.world.api, self._live)

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
