"""Replaces the whole state: at start, when files are read again, and by a snapshot."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from immutables import Map

from dnsemu.config.model.batches import Steps
from dnsemu.control.command_runner import CommandRunner
from dnsemu.control.publisher import Publisher
from dnsemu.publication.board import Board, Published
from dnsemu.publication.freeing import free_incrementally, maps_of
from dnsemu.publication.propagation import Propagation
from dnsemu.state.state import State


class Replacement:
    """Makes the state match what files declare; compiled first, then stored, then published."""

    def __init__(
        self, board: Board, runner: CommandRunner, publisher: Publisher, propagation: Propagation[Any]
    ) -> None:
        self._board = board
        self._runner = runner
        self._publisher = publisher
        self._propagation = propagation

    async def open(self, declared: Published, *, repairs: bool = False) -> None:
        """Loads the stored state and makes it match the files; raises as `CommandRunner.open` does."""
        compile = partial(self._compile, declared, recompile=False)
        await self._runner.open(declared.world, compile, repairs=repairs)

    async def declare(self, declared: Published) -> None:
        """Publishes files that were read again, then frees the old generation incrementally."""
        before = self._board.current

        def compile(state: State) -> Steps[Callable[[], None]]:
            # A change that waits for its delay (R43) is in the state but not in the published zones.
            return self._compile(declared, state, recompile=self._propagation.has_pending)

        await self._runner.declare(declared.world, compile)
        old = maps_of(before, self._board.current)
        del before
        await _free(old)

    async def restore(self, state: State, declared: Published, then: Callable[[], None]) -> None:
        """Replaces the state by another one, below what files declare; raises as `CommandRunner.restore` does.

        Args:
            then: called when the state is published, before the next query.
        """

        before = self._board.current

        def compile(state: State) -> Steps[Callable[[], None]]:
            publish = yield from self._compile(declared, state, recompile=True)

            def publish_and_go_on() -> None:
                publish()
                then()

            return publish_and_go_on

        await self._runner.restore(state, declared.world, compile)
        old = maps_of(before, self._board.current)
        del before
        await _free(old)

    def _compile(self, declared: Published, state: State, *, recompile: bool) -> Steps[Callable[[], None]]:
        published = yield from self._publisher.compile_files(declared, state, recompile=recompile)
        return partial(self._publisher.publish_all, published)


async def _free(maps: list[Map[Any, Any]]) -> None:
    for _ in free_incrementally(maps):
        await asyncio.sleep(0)
