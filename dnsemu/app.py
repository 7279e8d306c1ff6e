"""The one place where objects meet: a whole server, wired in `Application.__init__` from top to bottom.

The data plane outlives the rest: if the health checkers or a file watch stop with an error, `status` and the log show
it, and DNS goes on answering from what was published last.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from dnsemu.answering.dice import QuickDice
from dnsemu.api.calls.changes import ChangeCalls
from dnsemu.api.calls.checkers import CheckerCalls
from dnsemu.api.calls.clock import ClockCalls
from dnsemu.api.calls.datapoints import DataPointCalls
from dnsemu.api.calls.endpoint_faults import EndpointFaultCalls
from dnsemu.api.calls.events import EventCalls
from dnsemu.api.calls.explain import ExplainCalls
from dnsemu.api.calls.files import FileCalls
from dnsemu.api.calls.forced_statuses import ForcedStatusCalls
from dnsemu.api.calls.health_checks import HealthCheckCalls
from dnsemu.api.calls.injections import InjectionCalls
from dnsemu.api.calls.reset import ResetCalls
from dnsemu.api.calls.resolve import ResolveCalls
from dnsemu.api.calls.signals import SignalCalls
from dnsemu.api.calls.state import StateCalls
from dnsemu.api.calls.status import StatusCalls
from dnsemu.api.calls.stop import StopCalls
from dnsemu.api.calls.what_if import WhatIfCalls
from dnsemu.api.calls.words import WordCalls
from dnsemu.api.control import Calls, control_routes
from dnsemu.api.health_json import check_detail
from dnsemu.api.limits import HttpLimits
from dnsemu.api.metrics import Metrics
from dnsemu.api.server import HttpPort, Probes, open_words
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.errors import FileError
from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.text.addresses import Address, parse_address
from dnsemu.control.command_runner import CommandRunner
from dnsemu.control.ids import NewIds
from dnsemu.control.live_world import LiveWorld
from dnsemu.control.publisher import Publisher
from dnsemu.control.replacement import Replacement
from dnsemu.control.resetting import Part, Resetter
from dnsemu.control.status_log import status_listener
from dnsemu.faults.api_errors import InjectedErrors
from dnsemu.faults.endpoint_faults import EndpointFaults
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.files.declared_files import DeclaredFiles
from dnsemu.files.loading import LoadedFiles
from dnsemu.files.watch import Stamp
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.probes.partitions import Partitions
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import HostResolver, NoLookups
from dnsemu.healthcheck.probes.simulated import Endpoints
from dnsemu.healthcheck.verdict.history import Event, History
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.locator import read_embedded_data
from dnsemu.publication.board import Board
from dnsemu.publication.propagation import Propagation
from dnsemu.publication.target_hosts import TargetHosts
from dnsemu.query_log.query_log import QueryLog
from dnsemu.route53.endpoint import ApiEndpoint, refusal
from dnsemu.route53.model import error_codes
from dnsemu.runtime.file_limit import max_probes
from dnsemu.runtime.garbage_collection import settle
from dnsemu.runtime.lifecycle import Lifecycle, Ready
from dnsemu.server.data_plane import DataPlane
from dnsemu.server.options import DEFAULT_DNS, DEFAULT_HTTP, Options
from dnsemu.server.responder import Responder
from dnsemu.server.settings import SettingsFollower
from dnsemu.server.transport.listeners import SocketPair, bind_shares, close_pairs, listening_at
from dnsemu.server.vantage_points import VantagePoints
from dnsemu.state.change_feed import ChangeFeed
from dnsemu.state.state import State
from dnsemu.store.store import MemoryStore
from dnsemu.upstream.clients import is_open
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.upstream.hosted_resolver import HostedResolver
from dnsemu.upstream.own_addresses import refuse_own
from dnsemu.workers.backlog import Source
from dnsemu.workers.starting import data_plane_of

log = structlog.get_logger()


class Application:
    """A whole server: `run` binds and answers, `reload` reads the files again, `stop` ends it."""

    def __init__(
        self,
        declared: LoadedFiles,
        options: Options | None = None,
        *,
        files: Sequence[Path] = (),
        seen: Stamp | None = None,
        on_change: Callable[[Event], None] | None = None,
    ) -> None:
        """Wire a server.

        Args:
            declared: what the files declared when they were read first.
            files: the files to watch and to read again.
            seen: their stamp when they were read; None for now.
            on_change: called at each change of a health check's status; it is logged without.
        """
        self._options = options = options or Options()
        self._first: LoadedFiles | None = declared
        self._stopping = asyncio.Event()
        chance = random.Random(options.seed)
        dice = QuickDice(chance.random)
        lookup_chance = random.Random(chance.getrandbits(64))
        lookup_dice = QuickDice(lookup_chance.random)

        # Time.
        self.clock = options.clock or Clock()
        self.scheduler = Scheduler(self.clock, max_concurrent=max_probes())
        self.lifecycle = Lifecycle(self.clock.now())
        self.limits = HttpLimits()

        # What queries read: declared things, compiled, and health.
        self.board = Board(declared.published)
        self.health = HealthBoard()

        # Health checks.
        self.history = History(format(time.time_ns() // 1_000_000, "x"))
        self.history.subscribe(status_listener(on_change))
        self.partitions = Partitions()
        outside = options.resolver or (NoLookups() if options.simulates_endpoints else HostResolver())
        resolver = HostedResolver(self.board, self.health, lookup_dice, outside)
        self.target_hosts = TargetHosts(self.board, resolver, self.scheduler)
        self._prober = Prober(
            resolver, is_cut_off=self.partitions.is_cut_off, is_strict=lambda: self._fleet().strict_addresses
        )
        self.endpoints = Endpoints(
            *(self._prober, resolver, self.partitions.is_cut_off), is_simulated=options.simulates_endpoints
        )
        self.monitor = HealthMonitor(
            scheduler=self.scheduler,
            board=self.health,
            history=self.history,
            probe=options.probe or self.endpoints,
            seed=chance.getrandbits(64),
            is_served=resolver.serves,
        )
        self.forcing = Forcing(self.scheduler, self.monitor.set_overlays)
        self.endpoint_faults = EndpointFaults(self.board, self.forcing, self.endpoints.set_failing)
        self.force_file = ForceFile(self.forcing, self.clock)

        # DNS.
        self.vantage_points = VantagePoints()
        self.query_log: QueryLog | None = None
        if options.query_log is not None:
            after_turn = asyncio.get_running_loop().call_soon
            self.query_log = QueryLog(options.query_log, self.board, self.clock.now, after_turn)
        self.responder = Responder(
            self.board,
            self.health,
            dice,
            partial(check_detail, self.monitor),
            Forwarder(options.forward) if options.forward else None,
            query_log=self.query_log,
            reached=self.limits.reached,
        )
        self.settings = SettingsFollower(
            *(self.board, self.clock, self.responder, self.vantage_points, self.partitions, self.force_file),
            scale_ttls=options.scale_ttls,
            force_file_path=options.force_file,
        )
        self.data_plane: DataPlane
        """The processes that answer DNS; set when addresses are bound."""

        # The API and its state.
        self.publisher = Publisher(
            *(self.board, self.monitor, self.forcing, self.target_hosts),
            probes=options.probes,
            is_simulated=lambda: self.endpoints.is_simulated,
        )
        new_ids = NewIds(None if options.seed is None else chance.getrandbits(64))
        change_feed = ChangeFeed()
        self.propagation = Propagation(
            change_feed, self.scheduler, self.publisher.compile_writes, self.publisher.publish_writes
        )
        self.command_runner = CommandRunner(
            options.store or MemoryStore(),
            self.clock,
            new_ids,
            LiveWorld(self.board, self.health, self.monitor, dice),
            change_feed,
            self.propagation.compile,
        )
        self.replacement = Replacement(self.board, self.command_runner, self.publisher, self.propagation)
        self.injected_errors = InjectedErrors(error_codes)

        # Files.
        self.files = DeclaredFiles(
            tuple(files),
            declared,
            seen,
            lambda: self.board.current.world.geo.database,
            self._replace,
            self.lifecycle.failures,
            skips_faulty=options.skips_faulty,
        )

        # Resets.
        self.resetter = Resetter(
            *(self.scheduler, self.monitor, self.forcing, self.force_file, self.partitions, self.injected_errors),
            *(self.propagation, self.target_hosts, self.board, self.restore),
        )
        self.resetter.on_reset(Part.FORCED, self.endpoint_faults.end_all)
        self.resetter.on_reset(Part.API, new_ids.restart)
        if options.seed is not None:
            for source in (chance, lookup_chance):
                self.resetter.on_reset(Part.API, partial(source.setstate, source.getstate()))

    # --- from start to stop ---

    async def run(self, announce: Callable[[Ready], None]) -> None:
        """Listen and answer until `stop`; then answer what is queued and return.

        Args:
            announce: called once, when everything listens.
        Raises:
            CannotListen: an address cannot be bound; nothing was served.
            ForwardsToItself: an upstream is one of the addresses that were bound.
            StoreUnusable: the store cannot be read, or a row of it cannot be served.
            StoreFailed: the store could not commit what files declare.
        """
        declared, self._first = self._first, None
        assert declared is not None, "an application runs once"
        read_embedded_data()  # before clients can use up the descriptors
        await self.replacement.open(declared.published, repairs=self._options.repairs)
        await self.force_file.read()
        settings = self.board.current.world.server
        addresses = self._options.dns or tuple(map(parse_address, settings.dns or DEFAULT_DNS))
        vantage_points = [parse_address(vantage_point.dns) for vantage_point in settings.vantage_points]
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self.command_runner.close)
            opened.callback(self._prober.close)
            if self.query_log is not None:
                self.query_log.start()
                opened.callback(self.query_log.close)
            shares = bind_shares(addresses, vantage_points, self._options.workers)
            opened.callback(close_pairs, shares)
            refuse_own(self._options.forward, listening_at(shares[0]))
            self.data_plane = self._data_plane(shares)
            events = EventCalls(self.history, self.limits)
            http = self._http_port(events)
            opened.push_async_callback(http.close)
            opened.callback(events.close)
            http_address = await http.start(self._options.http or parse_address(settings.http or DEFAULT_HTTP))
            opened.push_async_callback(self.data_plane.close)
            self.clock.on_change(self.data_plane.on_clock_change)
            if await self._has_started():
                await self._serve(Ready(listening_at(shares[0]), http_address, self._warnings(http_address)), announce)

    async def _has_started(self) -> bool:
        """Wait until the data plane answers, or until `stop`; returns whether it answers."""
        starting, stopping = asyncio.create_task(self.data_plane.start()), asyncio.create_task(self._stopping.wait())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if starting.done():
            await starting
            return True
        starting.cancel()
        return False

    def _warnings(self, http: Address) -> tuple[str, ...]:
        """The ready line's words for what more clients can use than this machine's, or than private networks'."""
        settings, forwards = self.board.current.world.server, bool(self._options.forward)
        return open_words(http, self._options.token or settings.token, forwards=forwards and is_open(settings))

    async def _serve(self, ready: Ready, announce: Callable[[Ready], None]) -> None:
        parts = {
            "health checkers": self.scheduler.run(),
            "force file watch": self.force_file.watch(),
            "file watch": self.files.watch(),
            "reload": self.files.run(),
            "lateness meter": self.lifecycle.lateness.run(),
        }
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._outlived(part, work)) for part, work in parts.items()]
            settle()
            self.lifecycle.begin(ready)
            announce(ready)
            await self._stopping.wait()
            self.lifecycle.is_ready = False
            self.scheduler.refuse_steps()
            await self.data_plane.close()
            for task in running:
                task.cancel()

    async def _outlived(self, part: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a part of the server; if it fails, DNS goes on."""
        try:
            await work
        except Exception as failure:
            self.lifecycle.failures[part] = repr(failure)
            log.exception("a part of the server stopped; DNS goes on", part=part)

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()

    # --- the DNS side ---

    def _data_plane(self, shares: Sequence[Sequence[SocketPair]]) -> DataPlane:
        vantage_points = [point.dns for point in self.board.current.world.server.vantage_points]
        places = self.vantage_points
        source = Source(self.board, self.health, places.places, self.clock, lambda: self.responder.ttl_divisor)
        return data_plane_of(shares, vantage_points, self.responder, places, source, self._options)

    # --- the HTTP side ---

    def _http_port(self, events: EventCalls) -> HttpPort:
        board, monitor, clock, history = self.board, self.monitor, self.clock, self.history
        life, errors, forcing, reached = self.lifecycle, self.file_errors, self.forcing, self.limits.reached
        checks = HealthCheckCalls(monitor, history, clock)
        route53 = ApiEndpoint(self.command_runner, lambda: board.current.world.api, self.injected_errors, reached)
        control: list[Calls] = [
            StatusCalls(
                *(board, self.health, monitor, self.scheduler, self.data_plane, life, errors, self._fleet, forcing),
                lambda: self.endpoints.is_simulated,
            ),
            ExplainCalls(board, self.health, partial(check_detail, monitor), self.responder.forward_to),
            WhatIfCalls(board),
            WordCalls(board),
            ClockCalls(self.scheduler, history),
            events,
            DataPointCalls(monitor, clock),
            checks,
            ForcedStatusCalls(forcing, self.force_file, monitor, clock, checks, reached),
            SignalCalls(monitor),
            CheckerCalls(self.partitions, self._fleet),
            StateCalls(self.command_runner, clock, reached, self.restore),
            ResetCalls(self.resetter, self.command_runner),
            EndpointFaultCalls(self.endpoint_faults, self.endpoints),
            FileCalls(self.files, self.endpoints),
            ChangeCalls(self.command_runner),
            ResolveCalls(self.responder),
            InjectionCalls(self.injected_errors),
            StopCalls(self.stop),
        ]
        self.resetter.on_reset(Part.API, route53.refill)
        metrics = Metrics(board, self.data_plane, monitor, clock, life, errors, self.limits.metrics)
        return HttpPort(
            [*route53.routes(), *Probes(self.lifecycle, metrics).routes(), *control_routes(control)],
            allowed_hosts=lambda: (*self._options.allowed_hosts, *board.current.world.server.allowed_hosts),
            token=lambda: self._options.token or board.current.world.server.token,
            reached=self.data_plane.wait_until_applied,
            api_error=refusal,
            connections=self.limits.connections,
        )

    def _fleet(self) -> HealthCheckers:
        """The health checkers as they work now: as the files say, apart from the command line's choice."""
        return self.board.current.world.health_checkers.with_probes(self._options.probes)

    # --- files and the whole state ---

    def reload(self) -> None:
        """Read the files again, soon; a rotated query log is reopened."""
        self.files.reload()
        if self.query_log is not None:
            self.query_log.reopen()

    def file_errors(self) -> tuple[FileError, ...]:
        """Errors that keep the files' present state from being served; empty when it is served."""
        return (*self.files.errors, *self.force_file.errors)

    async def restore(self, state: State, then: Callable[[], None] = lambda: None) -> None:
        """Replace the state by another one, below what files declare.

        Args:
            then: called when the state is published, before the next query.
        Raises:
            LoadingFailed: the files could not be read.
            StoreFailed: the store could not commit; nothing changed.
            CannotBeServed: it cannot be compiled; nothing changed.
        """

        async def restore_below(declared: LoadedFiles) -> None:
            await self.replacement.restore(state, declared.published, then)

        await self.files.read_for(restore_below)

    async def _replace(self, declared: LoadedFiles) -> None:
        await self.replacement.declare(declared.published)
