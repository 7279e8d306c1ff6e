"""Runs API commands one at a time: compile the change, commit it to the store, then publish it to the DNS side.

There is no other order, for any change: a command, files that are read again, a snapshot, the store at start. A command
is acknowledged once its writes are durable and published. One that is refused, that cannot be compiled, or that the
store cannot keep, changes nothing.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from dnsemu.clock.clock import Clock
from dnsemu.commands.context import Context, Ids, LiveReader, Request, Response
from dnsemu.commands.errors.requests import PriorRequestNotComplete
from dnsemu.commands.from_file import FROM_FILE
from dnsemu.commands.record_sets.change import change_in_steps
from dnsemu.commands.registry import COMMANDS, is_read
from dnsemu.config.errors import Problem
from dnsemu.config.model.batches import Steps
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.world import World
from dnsemu.config.text.ids import bare_id
from dnsemu.control.ids import UnusedIds
from dnsemu.control.reconciling import reconcile
from dnsemu.control.repair import load_valid, without
from dnsemu.publication.publishing import CannotBeServed
from dnsemu.runtime.turns import in_turns
from dnsemu.state.change_feed import ChangeFeed
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import HOSTED_ZONE, InvalidRow, Write
from dnsemu.store.store import REPAIR, MemoryStore, Store, StoreUnusable

T = TypeVar("T")

CompileWrites = Callable[[Sequence[Write], State], Steps[None]]
"""Compiles the writes of a command, and the state after them, for the feed's subscribers, in steps."""

CompileState = Callable[[State], Steps[Callable[[], None]]]
"""Compiles a whole state in steps; returns the function that publishes it, which never fails."""

CHANGE_RECORD_SETS = "ChangeResourceRecordSets"
LIST_RECORD_SETS = "ListResourceRecordSets"
TEST_ANSWER = "TestDNSAnswer"


class CommandRunner:
    """Holds the current state, which is always durable; reads see it, and each write makes the next one."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, live: LiveReader, feed: ChangeFeed, compile: CompileWrites
    ) -> None:
        self._store = store
        self._is_durable = not isinstance(store, MemoryStore)
        self._clock = clock
        self._ids = ids
        self._live = live
        self._feed = feed
        self._compile = compile
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._changing: set[str] = set()
        self.state = State()

    async def open(self, declared: World, compile: CompileState, *, repairs: bool = False) -> None:
        """Loads the stored state, makes it match what files declare, and publishes it.

        Args:
            repairs: set rows aside that cannot be served; otherwise they refuse the store.
        Raises:
            StoreUnusable: the store cannot be read, or a row of it cannot be served; the message names the row.
            StoreFailed: what files declare cannot be stored.
        """
        try:
            self.state = await load_valid(self._store, repairs=repairs)
            while not await self._has_declared(declared, compile, repairs=repairs):
                pass
        except BaseException:
            await self._store.close()
            raise

    async def _has_declared(self, declared: World, compile: CompileState, *, repairs: bool) -> bool:
        """Declares files on the loaded state; False if a hosted zone had to be set aside, so that it is done again."""
        try:
            await self.declare(declared, compile)
        except CannotBeServed as error:  # no rule forbids the zone, and yet it cannot be compiled
            row = InvalidRow(HOSTED_ZONE, error.zone_id, Problem("unservable", "", str(error)))
            if not repairs or error.zone_id not in self.state.world.hosted_zones:
                raise StoreUnusable(f"{self._store.where}: {row}; {REPAIR}") from error
            self.state = await without(self._store, self.state, [row])
            return False
        return True

    async def close(self) -> None:
        """Waits for running writes, then closes the store."""
        while self._running:
            await asyncio.wait(self._running)
        await self._store.close()

    async def run(self, operation: str, request: Request) -> Response:
        """Runs an operation of the Route 53 API.

        Raises:
            ApiError: the operation is refused.
            StoreFailed: it could not be stored, so it did not happen.
        """
        if operation == CHANGE_RECORD_SETS and self.state.world.api.is_strict:
            return await self._shielded(self._one_batch(bare_id(request["HostedZoneId"]), request))
        if is_read(operation):
            for _ in self._preparation(operation, request):
                await asyncio.sleep(0)
            return COMMANDS[operation](request, Step(self.state), self._context())
        return await self._shielded(self._write(operation, request))

    def _preparation(self, operation: str, request: Request) -> Iterator[None]:
        """The long part of a read, in steps."""
        zone = self.state.world.hosted_zones.get(HostedZoneId(bare_id(request.get("HostedZoneId", ""))))
        if zone is not None and operation == LIST_RECORD_SETS:
            return zone.record_sets.prepare_order()
        return self._live.prepare(zone) if zone is not None and operation == TEST_ANSWER else iter(())

    async def _one_batch(self, zone_id: str, request: Request) -> Response:
        """Runs a change batch, unless one for the same zone is still running; then Route 53 refuses it (A121)."""
        if zone_id in self._changing:
            raise PriorRequestNotComplete
        self._changing.add(zone_id)
        try:
            return await self._write(CHANGE_RECORD_SETS, request)
        finally:
            self._changing.discard(zone_id)

    async def declare(self, declared: World, compile: CompileState) -> None:
        """Makes the state match what files declare.

        Args:
            compile: compiles the whole state, what was delayed (R43) included; it is published before the next write.
        Raises:
            CannotBeServed: it could not be compiled, so it did not happen.
            StoreFailed: it could not be stored, so it did not happen.
        """
        await self._shielded(self._replace(None, declared, compile))

    async def restore(self, state: State, declared: World, compile: CompileState) -> None:
        """Replaces the state by another one, and makes that match what files declare; raises as `declare` does.

        What the other state knows as declared by files counts as made by the API here.
        """
        await self._shielded(self._replace(state, declared, compile))

    async def _write(self, operation: str, request: Request) -> Response:
        async with self._lock:
            step = Step(self.state)
            if operation == CHANGE_RECORD_SETS:
                response = await in_turns(change_in_steps(request, step, self._context()))
            else:
                response = COMMANDS[operation](request, step, self._context())
            writes = step.writes
            if writes:
                after = step.state
                await in_turns(self._compile(writes, after))
                await self._store.commit(writes)
                self.state = after
                self._feed.append(writes, after)
            return response

    async def _replace(self, state: State | None, declared: World, compile: CompileState) -> None:
        async with self._lock:
            step = Step(self.state)
            if state is not None:
                for _ in step.replace_state(state):
                    await asyncio.sleep(0)
                for key, _ in list(step.all(FROM_FILE)):
                    step.drop(FROM_FILE, *key)
            async for _ in reconcile(step, declared, is_durable=self._is_durable):
                await asyncio.sleep(0)
            writes, after = await in_turns(step.writes_in_steps()), step.state
            publish = await in_turns(compile(after))
            await self._store.commit(writes)
            self.state = after
            publish()
            self._feed.append(writes, self.state, is_replacement=True)

    def _context(self) -> Context:
        ids = UnusedIds(self._ids, self.state)
        return Context(self._clock.now(), ids, self.state.world.api, self._live)

    async def _shielded(self, work: Coroutine[Any, Any, T]) -> T:
        """Finishes a write that has begun, even if its caller is cancelled."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._on_done)
        return await asyncio.shield(task)

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved: the caller may have left
