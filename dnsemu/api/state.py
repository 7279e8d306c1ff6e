"""Control calls about everything that is kept: back to the beginning, out to a file, in from one."""

import asyncio
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_calls import as_json
from dnsemu.api.running import Running
from dnsemu.commands.registry import TABLES
from dnsemu.files.reading import LoadingFailed
from dnsemu.store.snapshot import Snapshot, SnapshotUnusable, load, save
from dnsemu.store.store import StoreFailed

MAX_SNAPSHOT_BYTES = 1 << 30


class StateCalls:
    """Handlers for one application; `routes` has them all."""

    def __init__(self, application: Running) -> None:
        self._application = application

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call about what is kept."""
        return [
            web.post(f"{prefix}/reset", self._reset),
            web.get(f"{prefix}/snapshot", self._save),
            web.post(f"{prefix}/snapshot", self._load),
        ]

    async def _reset(self, _request: web.Request) -> web.Response:
        """Back to the files' state, or to nothing; what was forced or blocked by call is forgotten, too."""
        try:
            await self._application.reset()
        except (StoreFailed, LoadingFailed) as failed:
            return failure(503, str(failed))
        return as_json(self._kept())

    async def _save(self, request: web.Request) -> web.StreamResponse:
        app = self._application
        response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
        await response.prepare(request)
        for piece in save(Snapshot(app.command_runner.state, app.clock.now()), TABLES):
            await response.write(piece.encode())
        return response

    async def _load(self, request: web.Request) -> web.Response:
        octets = bytearray()
        async for piece in request.content.iter_any():
            octets += piece
            if len(octets) > MAX_SNAPSHOT_BYTES:
                return failure(413, f"a snapshot has at most {MAX_SNAPSHOT_BYTES} bytes", "body")
        try:
            # In a thread, since reading takes its time, and DNS goes on meanwhile.
            snapshot = await asyncio.to_thread(load, octets.decode(), TABLES)
            await self._application.restore(snapshot.state)
        except (SnapshotUnusable, UnicodeDecodeError) as unusable:
            return failure(400, str(unusable), "body")
        except (StoreFailed, LoadingFailed) as failed:
            return failure(503, str(failed))
        return as_json(self._kept())

    def _kept(self) -> dict[str, Any]:
        world = self._application.command_runner.state.world
        return {
            "hosted_zones": len(world.hosted_zones),
            "record_sets": sum(len(zone.record_sets) for zone in world.hosted_zones.values()),
            "health_checks": len(world.health_checks),
            "cidr_collections": len(world.cidr_collections),
        }
