"""The control call `status`: health checks, checkers, zones, and who serves what, at this moment."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from dnsemu import __version__
from dnsemu.api.calls.clock import clock_json
from dnsemu.api.errors import failure
from dnsemu.api.health_json import check_json, target_json
from dnsemu.api.long_bodies import as_long_json
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config import names
from dnsemu.config.errors import FileError
from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.control.outside_probes import outside_probes
from dnsemu.explain.status import group_shares, shares_behind
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.client import Client
from dnsemu.publication.board import Board
from dnsemu.runtime.lifecycle import Lifecycle
from dnsemu.runtime.logs import timestamp
from dnsemu.runtime.turns import Turns, in_turns
from dnsemu.server.data_plane import DataPlane


class StatusCalls:
    """Answers `GET status`."""

    def __init__(
        self,
        board: Board,
        health: HealthBoard,
        monitor: HealthMonitor,
        scheduler: Scheduler,
        data_plane: DataPlane,
        lifecycle: Lifecycle,
        file_errors: Callable[[], tuple[FileError, ...]],
        fleet: Callable[[], HealthCheckers],
        forcing: Forcing,
        is_simulated: Callable[[], bool],
    ) -> None:
        """Answer from what is published and observed now.

        Args:
            file_errors: returns the errors that keep the declared files from being served.
            fleet: returns the health checkers as they work now.
            forcing: the statuses that are forced, also of targets without a health check.
            is_simulated: returns True if endpoints are simulated, so that no probe leaves this machine.
        """
        self._board = board
        self._health = health
        self._monitor = monitor
        self._scheduler = scheduler
        self._data_plane = data_plane
        self._lifecycle = lifecycle
        self._file_errors = file_errors
        self._fleet = fleet
        self._forcing = forcing
        self._is_simulated = is_simulated

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/status", self._status)]

    async def _status(self, request: web.Request) -> web.StreamResponse:
        """`GET status`, or `GET status?name=NAME`: only what stands behind a name."""
        states, targets = list(self._monitor.states()), self._forcing.forced_targets()
        if "name" in request.query:
            try:
                name = names.parse(request.query["name"])
            except names.BadName as bad:
                return failure(400, str(bad), "name")
            published = self._board.current
            client = Client.at_place(published.locator.unlocated)
            groups, checks = shares_behind(published, self._health.current, client, name)
            states = [state for state in states if state.check.id in checks]
            targets = {id: forced for id, forced in targets.items() if id in checks}
        else:
            groups = await self._groups()
        probing = await self._probing()
        published = self._board.current
        now, ready, lateness = self._scheduler.clock.now(), self._lifecycle.ready, self._lifecycle.lateness
        status = {
            "version": __version__,
            "time": timestamp(now),
            "clock": clock_json(self._scheduler),
            "uptime_s": round(now - self._lifecycle.started_at, 3),
            "dns": [str(address) for address in ready.dns] if ready else [],
            "http": str(ready.http) if ready else None,
            "hosted_zones": [
                {"id": zone.id, "name": names.display(zone.name), "record_sets": len(zone.record_sets)}
                for zone in published.world.hosted_zones.values()
            ],
            "health_checks": (check_json(check_state, self._monitor) for check_state in states),
            "forced_targets": (
                target_json(forced.resource, forced.target, forced.overlay) for forced in targets.values()
            ),
            "probes": probing,
            "serving": groups,
            "faults": map(str, self._file_errors()),
            "failures": self._lifecycle.failures,
            "workers": self._data_plane.rows(),
            "event_loop": {
                "lateness_max_s": round(lateness.total.max_s, 4),
                "lateness_recent_max_s": round(lateness.recent_max_s, 4),
            },
        }
        return await as_long_json(request, status)

    async def _probing(self) -> dict[str, Any]:
        published, fleet = self._board.current, self._fleet()
        checks = () if self._is_simulated() else published.world.health_checks.values()
        outside = await in_turns(outside_probes(checks, published.catalog, fleet))
        return {
            "mode": fleet.probes.value,
            "outside": outside.endpoints,
            "warning": str(outside) if outside.endpoints else None,
        }

    async def _groups(self) -> list[dict[str, Any]]:
        """The groups with a routing policy; queries are answered between two steps."""
        published, health = self._board.current, self._health.current
        groups, turns = [], Turns()
        for group in group_shares(published, health, Client.at_place(published.locator.unlocated)):
            if group is not None:
                groups.append(group)
            await turns.pause_if_over()
        return groups
