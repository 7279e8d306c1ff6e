"""Takes over the declared server settings at each reload, without a restart where that is possible."""

from pathlib import Path

import structlog

from dnsemu.clock.clock import Clock
from dnsemu.config.model.settings import ServerSettings
from dnsemu.faults.force_file import ForceFile
from dnsemu.healthcheck.probes.partitions import Partitions
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.server.responder import Responder, TtlDivisor
from dnsemu.server.vantage_points import VantagePoints

log = structlog.get_logger()


class SettingsFollower:
    """Subscribes to the board and passes settings on to the parts that they concern."""

    def __init__(
        self,
        board: Board,
        clock: Clock,
        responder: Responder,
        vantage_points: VantagePoints,
        partitions: Partitions,
        force_file: ForceFile,
        *,
        scale_ttls: bool,
        force_file_path: Path | None,
    ) -> None:
        """Follow the settings that are published from now on.

        Args:
            scale_ttls: divide TTLs by the clock's speed, whatever the files say.
            force_file_path: the force file of the command line, which wins over the files'.
        """
        self._clock = clock
        self._responder = responder
        self._vantage_points = vantage_points
        self._partitions = partitions
        self._force_file = force_file
        self._scale_ttls = scale_ttls
        self._force_file_path = force_file_path
        self._followed: ServerSettings | None = None
        responder.ttl_divisor = self._ttl_divisor(board.current.world.server)
        board.subscribe(self._follow)

    def _follow(self, published: Published, _difference: Difference) -> None:
        before, settings = self._followed, published.world.server
        self._partitions.declared = published.world.health_checkers.blocked
        if settings is before:
            return
        self._followed = settings
        if before is not None:
            _warn_of_restart(before, settings)
        self._vantage_points.follow(settings.vantage_points)
        self._force_file.follow(str(self._force_file_path) if self._force_file_path else settings.force_file)
        self._responder.ttl_divisor = self._ttl_divisor(settings)

    def _ttl_divisor(self, settings: ServerSettings) -> TtlDivisor | None:
        """Divides TTLs by the clock's speed, if asked for; while the clock stands still they are 0."""
        if not (self._scale_ttls or settings.scale_ttls):
            return None
        return lambda: self._clock.speed or None


def _warn_of_restart(before: ServerSettings, settings: ServerSettings) -> None:
    """Log the changes that take effect at the next start only."""
    addresses = [(s.dns, s.http, [point.dns for point in s.vantage_points]) for s in (before, settings)]
    if addresses[0] != addresses[1]:
        log.warning("addresses to listen on changed; that takes effect at the next start")
    if settings.query_log != before.query_log:
        log.warning("the file of the query log changed; that takes effect at the next start")
