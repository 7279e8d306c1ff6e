"""Control calls about the API's whole state: save a snapshot, load one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import as_json
from dnsemu.clock.clock import Clock
from dnsemu.commands.registry import TABLES
from dnsemu.commands.validity import invalid_rows
from dnsemu.control.command_runner import CommandRunner
from dnsemu.files.reading import LoadingFailed
from dnsemu.publication.publishing import CannotBeServed
from dnsemu.state.state import State
from dnsemu.store.snapshot import Snapshot, SnapshotUnusable, load, save
from dnsemu.store.store import StoreFailed

MAX_SNAPSHOT_BYTES = 1 << 30


class StateCalls:
    """Answers `GET snapshot` and `POST snapshot`."""

    def __init__(self, runner: CommandRunner, clock: Clock, restore: Callable[[State], Awaitable[None]]) -> None:
        """Answer for a server.

        Args:
            restore: replaces the state by another one, below what files declare; raises LoadingFailed, StoreFailed
                or CannotBeServed.
        """
        self._runner = runner
        self._clock = clock
        self._restore = restore

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [
            web.get(f"{prefix}/snapshot", self._save),
            web.post(f"{prefix}/snapshot", self._load),
        ]

    async def _save(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
        await response.prepare(request)
        for piece in save(Snapshot(self._runner.state, self._clock.now()), TABLES):
            await response.write(piece.encode())
        return response

    async def _load(self, request: web.Request) -> web.Response:
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > MAX_SNAPSHOT_BYTES:
                return failure(413, f"a snapshot has at most {MAX_SNAPSHOT_BYTES} bytes", "body")
        try:
            # In a thread: parsing takes long, and DNS answers meanwhile.
            snapshot = await asyncio.to_thread(load, body.decode(), TABLES, invalid_rows)
            await self._restore(snapshot.state)
        except (SnapshotUnusable, UnicodeDecodeError, CannotBeServed) as unusable:
            return failure(400, str(unusable), "body")
        except (StoreFailed, LoadingFailed) as failed:
            return failure(503, str(failed))
        return as_json(state_counts(self._runner.state))


def state_counts(state: State) -> dict[str, Any]:
    """The numbers of things in a state, by kind."""
    world = state.world
    return {
        "hosted_zones": len(world.hosted_zones),
        "record_sets": sum(len(zone.record_sets) for zone in world.hosted_zones.values()),
        "health_checks": len(world.health_checks),
        "cidr_collections": len(world.cidr_collections),
    }
