"""The program of a worker process: answers DNS from its replica, even after the end of the control plane.

It runs as `python -m dnsemu.workers FD`; FD is one end of a socket pair. It is a new interpreter, not a fork: the
control plane has threads and an event loop when a worker is replaced, and CPython's reference counts would soon copy
most of the memory that a fork shares.
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

from dnsemu.answering.counters import ReplyLabels
from dnsemu.answering.dice import QuickDice
from dnsemu.config.names import ROOT
from dnsemu.policies.location.locator import read_embedded_data
from dnsemu.policies.location.place import Place
from dnsemu.publication.freeing import free_incrementally, maps_of
from dnsemu.query_log.log_file import LogFile, LogFileUnusable
from dnsemu.query_log.query_log import QueryLog
from dnsemu.runtime.event_loop import loop_factory
from dnsemu.runtime.garbage_collection import settle
from dnsemu.runtime.lateness import LatenessMeter
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.runtime.logs import configure_logs
from dnsemu.runtime.registry import LEFT_BEHIND, Registration
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import Listeners
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.handlers import Handlers
from dnsemu.wire.protocol import MAX_PLAIN_UDP_BYTES, RCode
from dnsemu.wire.query import parse_query
from dnsemu.wire.rendering import render
from dnsemu.wire.reply import Reply
from dnsemu.workers import messages
from dnsemu.workers.channel import Channel
from dnsemu.workers.counter_reader import CounterReader
from dnsemu.workers.limits import LIMITS
from dnsemu.workers.replica import Replica
from dnsemu.workers.replication import Publish, ReplicationMessage, Reset
from dnsemu.zone.view import View

SILENCE_CHECKS = 5
"""The control plane's silence is checked so many times within its limit."""
REPLY_WITHIN_S = 1.0
MAX_RELAYED = 100
"""Queries that wait for the control plane; one more is answered SERVFAIL."""
DRAIN_S = 0.2
"""At the end, queries that still arrive are answered for at most this long."""
REPORTED_WITHIN_S = 0.5
"""At the end, the last report to the control plane may take this long."""

log = structlog.get_logger()


class WorkerProgram:
    """One worker: its replica, its responder and its sockets."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._number = 0
        self._replica = Replica()
        self._channel = Channel(self._on_message, on_handled=self._on_handled, on_lost=self._on_lost)
        self._handled = 0
        self._relayed: dict[int, asyncio.Future[bytes]] = {}
        """Queries that wait for the control plane's reply, by id."""
        self._last_query_id = 0
        self._is_answering = self._is_orphaned = self._is_control_silent = False
        self._heard_at = 0.0
        self._silence_limit_s = LIMITS.control_silence_s
        self._lost = asyncio.Event()
        self._listeners: Listeners | None = None
        self._handlers: list[Handlers] = []
        self._responder: Responder | None = None
        self._counters: CounterReader | None = None
        self._lateness = LatenessMeter()
        self._query_log: QueryLog | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._left_behind: Registration | None = None

    async def run(self, control: socket.socket) -> None:
        """Answers until told to stop."""
        await self._channel.open(control)
        watching = asyncio.create_task(self._watch_control())
        await self._stopping.wait()
        watching.cancel()
        if self._listeners is not None and self._is_answering:
            await self._listeners.drain(DRAIN_S)
            self._listeners.close()
        if self._query_log is not None:
            self._query_log.close()
        if self._counters is not None:
            self._channel.send(self._counters.read())
        self._channel.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(REPORTED_WITHIN_S):
                await self._lost.wait()
        if self._left_behind is not None:
            self._left_behind.close()

    def _on_message(self, message: Any) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        try:
            self._handle(message)
        except Exception:  # without all updates it must not answer
            self._give_up("a worker cannot apply an update; it ends")

    def _handle(self, message: Any) -> None:
        match message:
            case messages.Setup():
                self._set_up(message)
            case messages.StartAnswering():
                self._spawn(self._start_answering())
            case messages.ReadCounters(request_id):
                if self._counters is not None:
                    self._channel.send(self._counters.read(request_id))
            case messages.RelayedReply(query_id, packet):
                waiting = self._relayed.get(query_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(packet)
            case _:
                self._apply(message)

    def _on_handled(self, count: int) -> None:
        self._handled += count
        self._channel.send(messages.Acknowledged(self._handled))

    def _set_up(self, setup: messages.Setup) -> None:
        read_embedded_data()  # before clients can use up the descriptors
        self._number, self._silence_limit_s = setup.number, setup.silence_limit_s
        reached = Reached()
        configure_logs(self._replica.now, as_json=setup.logs_as_json, reached=reached)
        dice = QuickDice(random.Random(setup.dice).random)
        forwarder = Forwarder(setup.forward) if setup.forward else None
        replica = self._replica
        self._query_log = self._open_query_log(setup.query_log)
        responder = Responder(
            replica.board,
            replica.health,
            dice,
            str,
            forwarder,
            ask_elsewhere=self._relay,
            query_log=self._query_log,
            reached=reached,
        )
        self._responder, self._counters = responder, CounterReader(responder, self._lateness)
        pairs = [(socket.socket(fileno=udp), socket.socket(fileno=tcp)) for udp, tcp, _ in setup.sockets]
        self._listeners = Listeners(pairs)
        self._handlers = [
            responder.handlers(partial(self._place_at, where) if where is not None else None)
            for *_, where in setup.sockets
        ]

    def _open_query_log(self, path: str | None) -> QueryLog | None:
        """Opens the query log; if that fails, the worker answers without one."""
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

    def _apply(self, message: ReplicationMessage) -> None:
        before = None
        if isinstance(message, Reset):
            gc.disable()  # what follows is not garbage, and the collector would look through all of it
        elif isinstance(message, Publish) and message.difference is not None and message.difference.everything:
            before = self._replica.board.current
        self._replica.apply(message)
        if isinstance(message, Publish) and self._responder is not None:
            divided = self._replica.pace.ttls_are_divided
            self._responder.ttl_divisor = self._replica.ttl_divisor if divided else None
        if before is not None:
            gc.freeze()
            gc.enable()
            old = maps_of(before, self._replica.board.current)
            del before
            self._spawn(_free(old))

    async def _start_answering(self) -> None:
        assert self._listeners is not None
        settle()
        try:
            await self._listeners.start(self._handlers)
        except Exception:
            self._give_up("a worker cannot answer on its sockets; it ends")
        self._is_answering = True
        self._spawn(self._lateness.run())
        self._channel.send(messages.Answering())

    def _give_up(self, why: str) -> NoReturn:
        """Ends at once: the control plane answers in its place and replaces it."""
        log.exception(why, worker=self._number)
        os._exit(1)

    def _on_lost(self) -> None:
        """Goes on without the control plane, if it answers already."""
        self._is_orphaned = True
        self._lost.set()
        for waiting in self._relayed.values():
            if not waiting.done():
                waiting.set_result(b"")
        if not self._is_answering:
            self._stopping.set()
        elif not self._stopping.is_set():
            self._left_behind = Registration(LEFT_BEHIND, {"number": self._number})
            event = "the control plane is gone; the worker answers from what was published last, until 'dnsemu stop'"
            log.error(event, worker=self._number, pid=os.getpid())

    async def _watch_control(self) -> None:
        """Logs when the control plane falls silent, and when it sends again."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._silence_limit_s / SILENCE_CHECKS)
            is_silent = loop.time() - self._heard_at > self._silence_limit_s
            if is_silent is not self._is_control_silent and self._is_answering and not self._is_orphaned:
                self._is_control_silent = is_silent
                if is_silent:
                    event = "the control plane is silent; the worker answers from what was published last"
                    log.error(event, worker=self._number)
                else:
                    log.info("the control plane is no longer silent", worker=self._number)

    async def _relay(self, packet: bytes, source: str, *, over_udp: bool, place: Place | None, view: View) -> bytes:
        """Asks the control plane for a reply; SERVFAIL if there is none within a second."""
        reply = b""
        if len(self._relayed) >= MAX_RELAYED and self._responder is not None:
            self._responder.reached[Limit.RELAYED_QUERIES] += 1
        if not self._is_orphaned and len(self._relayed) < MAX_RELAYED and not self._channel.unsent_bytes:
            self._last_query_id += 1
            query_id = self._last_query_id
            waiting = self._relayed[query_id] = asyncio.get_running_loop().create_future()
            self._channel.send(messages.RelayedQuery(query_id, packet, source, over_udp, place, view))
            try:
                async with asyncio.timeout(REPLY_WITHIN_S):
                    reply = await waiting
            except TimeoutError:
                pass
            finally:
                del self._relayed[query_id]
        if reply:
            return reply
        if self._counters is not None:
            protocol = "UDP" if over_udp else "TCP"
            self._counters.failed[ReplyLabels(ROOT, "TXT", RCode.SERVFAIL.name, "none", protocol)] += 1
        return render(parse_query(packet), Reply(RCode.SERVFAIL, is_authoritative=False), MAX_PLAIN_UDP_BYTES)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _free(maps: list[Map[Any, Any]]) -> None:
    for _ in free_incrementally(maps):
        await asyncio.sleep(0)


def run(fd: int) -> None:
    """Runs a worker until SIGTERM or SIGINT.

    Args:
        fd: the worker's end of the socket pair.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_main(fd))


async def _main(fd: int) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await WorkerProgram(stopping).run(socket.socket(fileno=fd))
