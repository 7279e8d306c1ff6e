"""The one place where objects meet: listeners, responder, health monitor, HTTP port, files.

The data plane outlives the rest: if the checkers or the file watch stop with an error, that is logged and shown by
`status`, and DNS goes on answering from what was published last.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from immutables import Map

from dnsemu.answering.dice import QuickDice
from dnsemu.api.running import DataPlane, Ready
from dnsemu.api.server import HttpPort
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.commands.hosted_zones.hosted_zones import ZONES
from dnsemu.commands.traffic.answered import Traffic
from dnsemu.config.errors import FileError
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.settings import ServerSettings, VantagePoint
from dnsemu.config.model.world import World
from dnsemu.config.text.addresses import Address, parse_address
from dnsemu.control.command_runner import CommandRunner
from dnsemu.control.ids import NewIds
from dnsemu.control.live_world import LiveWorld
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.files.declared_files import DeclaredFiles
from dnsemu.files.reading import LoadedFiles
from dnsemu.files.watch import Stamp
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.probes.partitions import Partitions
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import HostResolver
from dnsemu.healthcheck.verdict.history import Event, EventKind, History
from dnsemu.healthcheck.verdict.ledger import UnknownHealthCheck
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.place import Place, place_declared
from dnsemu.publication.board import EVERYTHING, Board
from dnsemu.publication.freeing import free_incrementally, maps_of
from dnsemu.publication.publishing import beside, compiled_anew, with_writes
from dnsemu.publication.target_hosts import TargetHosts
from dnsemu.query_log.log_file import LogFile
from dnsemu.query_log.query_log import QueryLog
from dnsemu.runtime.file_limit import max_probes
from dnsemu.runtime.garbage_collection import settle
from dnsemu.runtime.logs import timestamp
from dnsemu.server.responder import Responder, TtlDivisor
from dnsemu.server.transport.listeners import Listeners, Pair, bind_shares, close_pairs, listening_at
from dnsemu.state.state import State
from dnsemu.state.tables import HEALTH_CHECK, Write
from dnsemu.store.store import MemoryStore, Store
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.upstream.hosted_resolver import HostedResolver
from dnsemu.workers.feed import Source
from dnsemu.workers.in_process import InProcess
from dnsemu.workers.pool import WorkerPool
from dnsemu.zone.catalog import Catalog

DEFAULT_DNS = ("127.0.0.1:1053",)
DEFAULT_HTTP = "127.0.0.1:8053"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listen:
    """Addresses from the command line; None leaves the choice to the files, then to the defaults."""

    dns: tuple[Address, ...] | None = None
    http: Address | None = None


class Application:
    """A whole server: bound on `run`, reloaded on request, stopped by `stop`."""

    def __init__(
        self,
        reading: LoadedFiles,
        *,
        files: Sequence[Path] = (),
        seen: Stamp | None = None,
        listen: Listen | None = None,
        forward: Sequence[Address] = (),
        seed: int | None = None,
        clock: Clock | None = None,
        scale_ttls: bool = False,
        force_file: Path | None = None,
        query_log: LogFile | None = None,
        store: Store | None = None,
        on_change: Callable[[Event], None] | None = None,
        workers: int = 1,
        logs_as_json: bool = False,
    ) -> None:
        self._listen = listen or Listen()
        self.clock = clock or Clock()
        self.scheduler = Scheduler(self.clock, max_concurrent=max_probes())
        chance = random.Random(seed)
        dice = QuickDice(chance.random)
        self.board = Board(reading.published)
        self.health = HealthBoard()
        self.history = History(format(time.time_ns() // 1_000_000, "x"))
        self.history.subscribe(partial(_tell, on_change or _log_change))
        self._scale_ttls = scale_ttls
        forwarder = Forwarder(forward) if forward else None
        self.query_log: QueryLog | None = None
        if query_log is not None:
            self.query_log = QueryLog(query_log, self.board, self.clock.now, asyncio.get_running_loop().call_soon)
        self.responder = Responder(
            self.board,
            self.health,
            dice,
            self.check_detail,
            forwarder,
            ttl_divisor=self._ttl_divisor(),
            query_log=self.query_log,
        )
        lookup_dice = QuickDice(random.Random(chance.getrandbits(64)).random)
        self._workers, self._forward, self._seed, self._logs_as_json = workers, tuple(forward), seed, logs_as_json
        self.data_plane: DataPlane
        """Whoever answers; there from when addresses are bound."""
        resolver = HostedResolver(self.board, self.health, lookup_dice, HostResolver())
        self.partitions = Partitions()
        self.prober = Prober(resolver, is_cut_off=self.partitions.is_cut_off, is_strict=self._is_strict)
        self.target_hosts = TargetHosts(self.board, resolver, self.scheduler)
        self.monitor = HealthMonitor(
            scheduler=self.scheduler,
            board=self.health,
            history=self.history,
            probe=self.prober,
            seed=chance.getrandbits(64),
            is_served=resolver.serves,
        )
        self._force_file = force_file
        self.forcing = Forcing(self.scheduler, self.monitor.overlay)
        self.force_file = ForceFile(self.forcing, self.clock)
        self.command_runner = CommandRunner(
            store or MemoryStore(),
            self.scheduler,
            NewIds(None if seed is None else chance.getrandbits(64)),
            LiveWorld(self.board, self.health, self.monitor, dice, lambda: self.command_runner.state.world),
            self._publish,
        )
        self._reading: LoadedFiles | None = reading
        self.started_at = self.clock.now()
        self.is_ready = False
        self.failures: dict[str, str] = {}
        """Parts that stopped with an error or failed just now, and the error."""
        self.ready: Ready | None = None
        self._vantage: dict[str, Place] = {}
        """Where the clients of each vantage point are, by its address."""
        self._stopping = asyncio.Event()
        self.files = DeclaredFiles(
            tuple(files),
            reading,
            seen,
            lambda: self.board.current.world.geo.database,
            self._replace,
            self.failures,
        )

    async def run(self, announce: Callable[[Ready], None]) -> None:
        """Listen and answer until `stop`; then answer what is queued and return.

        Args:
            announce: called once, when everything listens.
        Raises:
            CannotListen: an address cannot be bound; nothing was served.
            StoreUnusable: the store cannot be read.
            StoreFailed: what files declare cannot be kept.
        """
        await self._open()
        settings = self.board.current.world.server
        addresses = self._listen.dns or tuple(map(parse_address, settings.dns or DEFAULT_DNS))
        vantage_points = [parse_address(vantage_point.dns) for vantage_point in settings.vantage_points]
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self.command_runner.close)
            if self.query_log is not None:
                self.query_log.start()
                opened.callback(self.query_log.close)
            shares = bind_shares(addresses, vantage_points, self._workers)
            opened.callback(close_pairs, shares)
            self.data_plane = self._data_plane(shares, settings.vantage_points)
            http = HttpPort(self)
            opened.push_async_callback(http.close)
            http_address = await http.start(self._listen.http or parse_address(settings.http or DEFAULT_HTTP))
            opened.push_async_callback(self.data_plane.close)
            self.clock.on_change(self.data_plane.note_pace)
            if not await self._has_started(self.data_plane):
                return
            await self._serve(Ready(listening_at(shares[0]), http_address), announce)

    async def _has_started(self, data_plane: DataPlane) -> bool:
        """Wait until it answers, or all is to stop."""
        starting, stopping = asyncio.create_task(data_plane.start()), asyncio.create_task(self._stopping.wait())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if starting.done():
            await starting
            return True
        starting.cancel()
        return False

    def _data_plane(self, shares: Sequence[Sequence[Pair]], vantage_points: Sequence[VantagePoint]) -> DataPlane:
        common = len(shares[0]) - len(vantage_points)
        places = [None] * common + [point.dns for point in vantage_points]
        doors = [self.responder.doors()] * common
        doors += [self.responder.doors(partial(self._vantage.__getitem__, point.dns)) for point in vantage_points]
        if self._workers == 1:
            return InProcess(self.responder, Listeners(shares[0]), doors)
        source = Source(self.board, self.health, self._vantage, self.clock, lambda: self.responder.ttl_divisor)
        return WorkerPool(
            source,
            shares,
            places,
            doors,
            self.responder,
            forward=self._forward,
            seed=self._seed,
            logs_as_json=self._logs_as_json,
            query_log=self.query_log.path if self.query_log is not None else None,
        )

    async def _open(self) -> None:
        """Take over what the store holds and what files declare."""
        reading, self._reading = self._reading, None
        assert reading is not None, "an application runs once"
        await self.command_runner.open(reading.published.world, partial(self.serve, reading))

    async def _serve(self, ready: Ready, announce: Callable[[Ready], None]) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._outlived("health checkers", self.scheduler.run())),
                tasks.create_task(self._outlived("force file watch", self.force_file.watch())),
                tasks.create_task(self._outlived("file watch", self.files.watch())),
                tasks.create_task(self._outlived("reload", self.files.run())),
            ]
            settle()
            self.ready = ready
            self.is_ready = True
            announce(ready)
            await self._stopping.wait()
            self.is_ready = False
            self.scheduler.interrupt()
            await self.data_plane.close()
            for task in running:
                task.cancel()

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the files again, soon; a query log that was moved away is made anew."""
        self.files.reload()
        if self.query_log is not None:
            self.query_log.reopen()

    @property
    def file_errors(self) -> tuple[FileError, ...]:
        """What stands in the way of the files' present state being served; empty when it is served."""
        return (*self.files.errors, *self.force_file.errors)

    def _ttl_divisor(self) -> TtlDivisor | None:
        """What tells how TTLs are divided, if they are: by the clock's speed; while it stands still they are 0."""
        if not (self._scale_ttls or self.board.current.world.server.scale_ttls):
            return None
        return lambda: self.clock.speed or None

    def _is_strict(self) -> bool:
        return self.board.current.world.health_checkers.strict_addresses

    def check_detail(self, check: HealthCheckId) -> str:
        """What to say of a health check in an explanation."""
        try:
            entry = self.monitor.entry(check)
            return f"{entry.summary}, since {timestamp(entry.since)[11:19]}"
        except UnknownHealthCheck:
            return "not declared, so taken as healthy"

    async def reset(self) -> None:
        """Go back to what files declare, or to nothing; what was forced or blocked by call is forgotten.

        Raises:
            ReadingFailed: the files could not be read.
            StoreFailed: it could not be kept, so it did not happen.
        """
        await self.restore(State())
        self.forcing.forget()
        self.partitions.forget()

    async def restore(self, state: State) -> None:
        """Hold another state, under what files declare; raises as `reset` does."""

        async def hold(reading: LoadedFiles) -> None:
            await self.command_runner.restore(state, reading.published.world, partial(self.serve, reading, anew=True))

        await self.files.read_for(hold)

    async def _replace(self, reading: LoadedFiles) -> None:
        """Serve this from now on, and let go of what was served before in small pieces: freeing takes time too."""
        before = self.board.current
        # What waited to become visible is compiled anew: what is answered now does not have it.
        await self.command_runner.declare(
            reading.published.world, lambda: self.serve(reading, anew=self.command_runner.is_waiting)
        )
        old = maps_of(before, self.board.current)
        del before
        for _ in free_incrementally(old):
            await asyncio.sleep(0)

    def serve(self, reading: LoadedFiles, *, anew: bool = False) -> None:
        """Serve this from now on, beside what the API made: one step, between two queries.

        Args:
            anew: whether what the API made is compiled again, since it may be other than what is answered now.
        """
        before = self.board.current
        known = Catalog(Map()) if anew else before.catalog
        state = self.command_runner.state
        published = beside(reading.published, known, state.world, self._created_at, Traffic.of(state))
        world = published.world
        if _addresses(world.server) != _addresses(before.world.server):
            log.warning("addresses to listen on changed; that takes effect at the next start")
        if world.server.query_log != before.world.server.query_log:
            log.warning("the file of the query log changed; that takes effect at the next start")
        self._vantage |= {point.dns: _place(point) for point in world.server.vantage_points}
        self.partitions.declared = world.health_checkers.blocked
        self._watch_over(world)
        self.force_file.follow(str(self._force_file) if self._force_file else world.server.force_file)
        self.board.publish(self.target_hosts.taken_over(published))
        self.responder.ttl_divisor = self._ttl_divisor()

    def _publish(self, writes: Sequence[Write]) -> None:
        """Serve what a command wrote, from now on."""
        before = self.board.current
        change = EVERYTHING
        try:
            published, change = with_writes(before, writes, self._created_at)
        except Exception:  # a fault of ours, of which nothing may be left behind: it is kept already
            log.exception("a change could not be compiled by itself; everything is compiled anew")
            state = self.command_runner.state
            published = compiled_anew(before, state.world, self._created_at, Traffic.of(state))
        if any(write.table == HEALTH_CHECK for write in writes):
            self._watch_over(published.world)
        else:
            self.forcing.apply(published.world)
        self.board.publish(published, change)

    def _watch_over(self, world: World) -> None:
        self.monitor.apply(world.health_checks, world.health_checkers)
        self.forcing.apply(world)

    def _created_at(self, zone_id: HostedZoneId) -> float:
        row = self.command_runner.state.row(ZONES, zone_id)
        return row.created_at or 0.0 if row is not None else 0.0

    async def _outlived(self, part: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as failure:
            self.failures[part] = repr(failure)
            log.exception("a part of the server stopped; DNS goes on", part=part)


def _addresses(settings: ServerSettings) -> tuple[Any, ...]:
    return settings.dns, settings.http, [vantage_point.dns for vantage_point in settings.vantage_points]


def _place(vantage_point: VantagePoint) -> Place:
    return place_declared(vantage_point.place, f"vantage point {vantage_point.dns}")


def _tell(on_change: Callable[[Event], None], event: Event) -> None:
    if event.kind is EventKind.STATUS:
        on_change(event)


def _log_change(event: Event) -> None:
    old, new = event.old and event.old.value, event.new and event.new.value
    log.info("health", check=event.check_id, status=new, was=old, cause=event.cause)
