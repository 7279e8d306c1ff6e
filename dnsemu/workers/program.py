"""A worker: answers DNS from what its control plane publishes, and goes on when the control plane is gone.

Run as `python -m dnsemu.workers FD`, where FD is one end of a socket pair. A fresh interpreter rather than a
fork: the control plane has threads and an event loop by the time that a worker has to be replaced, and CPython's
reference counts would soon have copied most of what a fork shares.
"""

import asyncio
import gc
import os
import random
import signal
import socket
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import structlog
from immutables import Map

from dnsemu.answering.counters import Answered
from dnsemu.answering.dice import QuickDice
from dnsemu.config.names import ROOT
from dnsemu.policies.location.place import Place
from dnsemu.publication.freeing import free_incrementally, maps_of
from dnsemu.query_log.log_file import LogFile, LogFileUnusable
from dnsemu.query_log.query_log import QueryLog
from dnsemu.runtime.event_loop import loop_factory
from dnsemu.runtime.garbage_collection import settle
from dnsemu.runtime.logs import configure_logs
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import Listeners
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.doors import Doors
from dnsemu.wire.protocol import MAX_PLAIN_UDP_BYTES, RCode
from dnsemu.wire.query import parse_query
from dnsemu.wire.reply import Reply, render
from dnsemu.workers import messages
from dnsemu.workers.channel import Channel
from dnsemu.workers.counting import CounterReader
from dnsemu.workers.pieces import Anew, Piece, Publish
from dnsemu.workers.replica import Replica

SILENT_S = 5.0
"""A control plane that has not said a word for this long stands still: it says something every second."""
LOOK_EVERY_S = 1.0
REPLY_WITHIN_S = 1.0
MAX_ASKED = 100
"""Questions that wait for the control plane; one more is answered SERVFAIL."""
DRAIN_S = 0.2
"""How long what comes in still is answered at the end, while there is something."""
TOLD_WITHIN_S = 0.5
"""How long the last words to the control plane may take, at the end."""

log = structlog.get_logger()


class WorkerProgram:
    """Everything that one worker is."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._number = 0
        self._replica = Replica()
        self._channel = Channel(self._handle, handled=self._handled, lost=self._on_lost)
        self._taken = 0
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._questions = 0
        self._has_begun = self._is_alone = self._is_silent = False
        self._heard_at = 0.0
        self._lost = asyncio.Event()
        self._listeners: Listeners | None = None
        self._doors: list[Doors] = []
        self._responder: Responder | None = None
        self._meter: CounterReader | None = None
        self._query_log: QueryLog | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, control: socket.socket) -> None:
        """Answer until told to end."""
        await self._channel.open(control)
        looking = asyncio.create_task(self._look_for_silence())
        await self._stopping.wait()
        looking.cancel()
        if self._listeners is not None and self._has_begun:
            await self._listeners.drain(DRAIN_S)
            self._listeners.close()
        if self._query_log is not None:
            self._query_log.close()
        if self._meter is not None:
            self._channel.send(self._meter.read())
        self._channel.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_WITHIN_S):
                await self._lost.wait()

    def _handle(self, message: Any) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        try:
            self._act_on(message)
        except Exception:  # whoever has not taken everything in must not answer
            self._give_up("a worker cannot take in what it is told; it ends")

    def _act_on(self, message: Any) -> None:
        match message:
            case messages.Setup():
                self._set_up(message)
            case messages.StartAnswering():
                self._spawn(self._begin())
            case messages.ReadCounters(number):
                if self._meter is not None:
                    self._channel.send(self._meter.read(number))
            case messages.RelayedReply(number, packet):
                waiting = self._asked.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(packet)
            case _:
                self._take(message)

    def _handled(self, count: int) -> None:
        self._taken += count
        self._channel.send(messages.Acknowledged(self._taken))

    def _set_up(self, setup: messages.Setup) -> None:
        self._number = setup.number
        configure_logs(self._replica.now, as_json=setup.logs_as_json)
        dice = QuickDice(random.Random(setup.dice).random)
        forwarder = Forwarder(setup.forward) if setup.forward else None
        replica = self._replica
        self._query_log = self._opened(setup.query_log)
        responder = Responder(
            replica.board,
            replica.health,
            dice,
            str,
            forwarder,
            ask_elsewhere=self._ask,
            query_log=self._query_log,
        )
        self._responder, self._meter = responder, CounterReader(responder)
        pairs = [(socket.socket(fileno=udp), socket.socket(fileno=tcp)) for udp, tcp, _ in setup.sockets]
        self._listeners = Listeners(pairs)
        self._doors = [
            responder.doors(partial(self._place_at, where) if where is not None else None)
            for *_, where in setup.sockets
        ]

    def _opened(self, path: str | None) -> QueryLog | None:
        """The query log at a path; without one, too, there is DNS."""
        if path is None:
            return None
        try:
            file = LogFile(path)
        except LogFileUnusable as unusable:
            log.error("a worker writes no query log", worker=self._number, error=str(unusable))
            return None
        query_log = QueryLog(file, self._replica.board, self._replica.now, asyncio.get_running_loop().call_soon)
        query_log.start()
        return query_log

    def _place_at(self, vantage_point: str) -> Place:
        return self._replica.vantage[vantage_point]

    def _take(self, piece: Piece) -> None:
        before = None
        if isinstance(piece, Anew):
            gc.disable()  # what comes is no garbage, and looking through it takes long
        elif isinstance(piece, Publish) and piece.difference is not None and piece.difference.everything:
            before = self._replica.board.current
        self._replica.take(piece)
        if isinstance(piece, Publish) and self._responder is not None:
            divided = self._replica.pace.ttls_are_divided
            self._responder.ttl_divisor = self._replica.ttl_divisor if divided else None
        if before is not None:
            gc.freeze()
            gc.enable()
            old = maps_of(before, self._replica.board.current)
            del before
            self._spawn(_let_go(old))

    async def _begin(self) -> None:
        assert self._listeners is not None
        settle()
        try:
            await self._listeners.start(self._doors)
        except Exception:
            self._give_up("a worker cannot answer on its sockets; it ends")
        self._has_begun = True
        self._channel.send(messages.Answering())

    def _give_up(self, why: str) -> NoReturn:
        """End at once: the control plane sees to it that others answer."""
        log.exception(why, worker=self._number)
        os._exit(1)

    def _on_lost(self) -> None:
        """The control plane is gone; whoever answers already goes on."""
        self._is_alone = True
        self._lost.set()
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_result(b"")
        if not self._has_begun:
            self._stopping.set()
        elif not self._stopping.is_set():
            said = "the control plane is gone; answering on from what it published last, until SIGTERM"
            log.error(said, worker=self._number, pid=os.getpid())

    async def _look_for_silence(self) -> None:
        """Say so, once, if the control plane stands still."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            is_silent = loop.time() - self._heard_at > SILENT_S
            if is_silent is not self._is_silent and self._has_begun and not self._is_alone:
                self._is_silent = is_silent
                if is_silent:
                    said = "the control plane stands still; answering on from what it published last"
                    log.error(said, worker=self._number)
                else:
                    log.info("the control plane goes on", worker=self._number)

    async def _ask(self, packet: bytes, source: str, *, over_udp: bool, place: Place | None) -> bytes:
        """The control plane's reply to a query; SERVFAIL if there is none within a second."""
        reply = b""
        if not self._is_alone and len(self._asked) < MAX_ASKED and not self._channel.unsent_octets:
            self._questions += 1
            number = self._questions
            answered = self._asked[number] = asyncio.get_running_loop().create_future()
            self._channel.send(messages.RelayedQuery(number, packet, source, over_udp, place))
            try:
                async with asyncio.timeout(REPLY_WITHIN_S):
                    reply = await answered
            except TimeoutError:
                pass
            finally:
                del self._asked[number]
        if reply:
            return reply
        if self._meter is not None:
            protocol = "UDP" if over_udp else "TCP"
            self._meter.failed[Answered(ROOT, "TXT", RCode.SERVFAIL.name, "none", protocol)] += 1
        return render(parse_query(packet), Reply(RCode.SERVFAIL, is_authoritative=False), MAX_PLAIN_UDP_BYTES)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _let_go(maps: list[Map[Any, Any]]) -> None:
    for _ in free_incrementally(maps):
        await asyncio.sleep(0)


def run(fd: int) -> None:
    """Be a worker until SIGTERM or SIGINT.

    Args:
        fd: the end of a socket pair whose other end the control plane holds.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_main(fd))


async def _main(fd: int) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await WorkerProgram(stopping).run(socket.socket(fileno=fd))
