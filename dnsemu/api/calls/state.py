"""Control calls about the API's whole state: save a snapshot, load one."""

from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import as_json
from dnsemu.api.long_bodies import write_in_turns
from dnsemu.clock.clock import Clock
from dnsemu.commands.registry import TABLES
from dnsemu.control.command_runner import CommandRunner
from dnsemu.files.reading import LoadingFailed
from dnsemu.files.snapshots import MAX_SNAPSHOT_BYTES, SnapshotTooLarge, read_snapshot
from dnsemu.publication.publishing import CannotBeServed
from dnsemu.runtime.finishing import finish
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.state.state import State
from dnsemu.store.snapshot import Snapshot, SnapshotUnusable, save
from dnsemu.store.store import StoreFailed

MAX_LOADING = 2
"""Snapshots that are loaded at once, each in a child process."""


class StateCalls:
    """Answers `GET snapshot` and `POST snapshot`."""

    def __init__(
        self,
        runner: CommandRunner,
        clock: Clock,
        limits: Reached,
        restore: Callable[[State], Coroutine[Any, Any, None]],
    ) -> None:
        """Answer for a server.

        Args:
            limits: counts the bounds that are reached.
            restore: replaces the state by another one, below what files declare; raises LoadingFailed, StoreFailed
                or CannotBeServed.
        """
        self._runner = runner
        self._clock = clock
        self._restore = restore
        self._limits = limits
        self._loading = 0

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [
            web.get(f"{prefix}/snapshot", self._save),
            web.post(f"{prefix}/snapshot", self._load),
        ]

    async def _save(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
        await response.prepare(request)
        await write_in_turns(response, save(Snapshot(self._runner.state, self._clock.now()), TABLES))
        return response

    async def _load(self, request: web.Request) -> web.Response:
        if self._loading >= MAX_LOADING:
            self._limits[Limit.SNAPSHOT_LOADS] += 1
            return failure(503, f"{MAX_LOADING} snapshots are being loaded; try again when they are")
        self._loading += 1
        try:
            state = await read_snapshot(request.content.iter_any())
            await finish(self._restore(state))
        except SnapshotTooLarge:
            self._limits[Limit.SNAPSHOT_BYTES] += 1
            return failure(413, f"a snapshot has at most {MAX_SNAPSHOT_BYTES} bytes", "body")
        except (SnapshotUnusable, CannotBeServed) as unusable:
            return failure(400, str(unusable), "body")
        except (StoreFailed, LoadingFailed) as failed:
            return failure(503, str(failed))
        finally:
            self._loading -= 1
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
