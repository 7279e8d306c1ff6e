"""A worker as the control plane sees it: its process, what it was told, and what it has taken in of that."""

import asyncio
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Any

import structlog

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.publication.board import Difference
from dnsemu.query_log.log_file import STANDARD_OUTPUT
from dnsemu.workers import messages
from dnsemu.workers.channel import Channel
from dnsemu.workers.feed import Feed, Source

WINDOW_BYTES = 128 << 10
"""Sent and not taken in: with more, nothing is sent."""
TURN_S = 0.002
"""How long pieces are made for a worker before the rest of the loop gets a turn."""
TAKEN_WITHIN_S = 1.5
"""A worker that has not taken in a piece for this long will not be waited for."""
SLOWEST_OCTETS_A_S = 1 << 20
"""What a large piece may take beyond that: all CIDR collections are one."""
HEARD_WITHIN_S = 5.0
"""A worker that has not said a word for this long is taken for stuck."""
STARTED_WITHIN_S = 60.0
"""A process that has not said a word this long after it was started never will."""
REAP_EVERY_S = 0.01

log = structlog.get_logger()


class WorkerHandle:
    """One process. What it is told is bounded: at most a window's bytes, and the merged changes that wait."""

    def __init__(
        self,
        source: Source,
        *,
        begun: Callable[[], None],
        counted: Callable[[messages.CountersRead], None],
        ask: Callable[[messages.RelayedQuery, Callable[[bytes], None]], None],
    ) -> None:
        """Prepare one.

        Args:
            begun: is called when it answers.
            counted: is called with what it counted.
            ask: has a question answered.
        """
        self._feed = Feed(source)
        self._begun, self._counted, self._ask = begun, counted, ask
        self._channel = Channel(self._handle, handled=lambda _: None, lost=self._on_lost)
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: Iterator[bytes] | None = None
        """The rest of the message under way."""
        self._sent = 0
        self._taken: int | None = None
        """Frames taken in; None before the first word."""
        self._unacknowledged: deque[tuple[int, int, float]] = deque()
        """Frames that are under way: number, bytes, when sent."""
        self._unacknowledged_octets = 0
        self._noted = self._telling = self._applied = 0
        """How many changes were noted; how many the message under way has in it; how many were applied."""
        self._ends: deque[tuple[int, int]] = deque()
        """Messages under way: the number of their last frame, and the changes applied with it."""
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._is_scheduled = False
        self._heard_at = self._loop.time()
        self.is_live = False
        """Whether it answers queries, or is about to."""
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Its process id; None before it has one."""
        return self._process.pid if self._process is not None else None

    async def start(self, setup: messages.Setup) -> None:
        """Start the process and begin to tell it what is published.

        Raises:
            OSError: there can be no such process.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            self._feed.end()
            raise
        ours.setblocking(False)
        with theirs:
            theirs.setblocking(False)
            try:
                descriptors = [fd for udp, tcp, _ in setup.sockets for fd in (udp, tcp)]
                self._process = _spawn(theirs.fileno(), descriptors, writes=setup.query_log == STANDARD_OUTPUT)
            except OSError:
                ours.close()
                self._feed.end()
                raise
        await self._channel.open(ours)
        self._send(setup)
        self._heard_at = self._loop.time()

    async def reap(self) -> int:
        """Its exit status, once it has ended."""
        assert self._process is not None
        while (status := self._process.poll()) is None:  # noqa: ASYNC110 - other watchers differ by loop
            await asyncio.sleep(REAP_EVERY_S)
        return status

    def note(self, difference: Difference) -> None:
        """Have what was published told."""
        self._feed.note(difference)
        self._on_noted()

    def note_statuses(self, checks: Collection[HealthCheckId]) -> None:
        """Have these checks' statuses told."""
        self._feed.note_statuses(checks)
        self._on_noted()

    def note_pace(self) -> None:
        """Have it told how time goes."""
        self._feed.note_pace()
        self._on_noted()

    async def reached(self) -> None:
        """Wait until everything noted so far is answered from, or the worker is no more."""
        if self._applied < self._noted and not self.ended.is_set():
            waiting = self._loop.create_future()
            self._waiting.append((self._noted, waiting))
            await waiting

    def count(self, number: int) -> None:
        """Have it tell what it counted."""
        self._send(messages.ReadCounters(number))

    def terminate(self) -> None:
        """Have it answer what is queued, and end."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def fault(self, now: float) -> str | None:
        """Why it will not be waited for any longer, if so.

        Args:
            now: the loop's time.
        """
        if self._taken is None:
            return "it did not start" if now - self._heard_at > STARTED_WITHIN_S else None
        if self._unacknowledged:
            _, octets, sent_at = self._unacknowledged[0]
            is_late = now - sent_at > TAKEN_WITHIN_S + octets / SLOWEST_OCTETS_A_S
            return "it does not take in what it is told" if is_late else None
        return "it is silent" if now - self._heard_at > HEARD_WITHIN_S else None

    def forgive(self, now: float) -> None:
        """Begin to count anew: the time that passed was nobody's but ours."""
        self._heard_at = now
        self._unacknowledged = deque((number, octets, now) for number, octets, _ in self._unacknowledged)

    # --- what it is told ---

    def _on_noted(self) -> None:
        self._noted += 1
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled and self._taken is not None and not self.ended.is_set():
            self._is_scheduled = True
            self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._is_scheduled = False
        try:
            self._send_pieces()
        except Exception:  # a fault of ours, for which nobody may be kept waiting
            log.exception("a worker cannot be told what is published")
            self.kill()

    def _send_pieces(self) -> None:
        """Send pieces while there are some, and room for them, and it is our turn."""
        until = self._loop.time() + TURN_S
        while self._unacknowledged_octets < WINDOW_BYTES and not self.ended.is_set():
            if self._frames is None or self._feed.is_void:
                if not self._feed.is_behind:
                    if not self.is_live:
                        self.is_live = True
                        self._send(messages.StartAnswering())
                    return
                self._telling, self._frames = self._noted, self._feed.message()
            frame = next(self._frames, None)
            if frame is None:
                self._frames = None
                self._ends.append((self._sent, self._telling))
                self._tell_reached()  # its last frame may have been taken in before its end was found
            else:
                self._channel.send_pickled(frame)
                self._track(len(frame))
                if self._loop.time() > until:
                    self._schedule()
                    return

    def _send(self, message: Any) -> None:
        self._channel.send(message)
        self._track(0)

    def _track(self, octets: int) -> None:
        self._sent += 1
        self._unacknowledged.append((self._sent, octets, self._loop.time()))
        self._unacknowledged_octets += octets

    # --- what it says ---

    def _handle(self, message: Any) -> None:
        self._heard_at = self._loop.time()
        match message:
            case messages.Acknowledged(frames):
                self._on_taken(frames)
            case messages.CountersRead():
                self._counted(message)
            case messages.Answering():
                self._begun()
            case messages.RelayedQuery(number):
                self._ask(message, lambda packet: self._reply(number, packet))

    def _reply(self, number: int, packet: bytes) -> None:
        self._send(messages.RelayedReply(number, packet))

    def _on_taken(self, frames: int) -> None:
        self._taken = frames
        while self._unacknowledged and self._unacknowledged[0][0] <= frames:
            self._unacknowledged_octets -= self._unacknowledged.popleft()[1]
        self._tell_reached()
        self._schedule()

    def _tell_reached(self) -> None:
        while self._ends and self._ends[0][0] <= (self._taken or 0):
            self._applied = self._ends.popleft()[1]
        for waiting in [waiting for noted, waiting in self._waiting if noted <= self._applied]:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting = [pair for pair in self._waiting if pair[0] > self._applied]

    def _on_lost(self) -> None:
        self.is_live = False
        self.ended.set()
        for _, waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
        self._frames = None
        self._feed.end()
        self._channel.close()


def _spawn(control: int, sockets: Collection[int], *, writes: bool) -> subprocess.Popen[bytes]:
    """Start a worker; `writes` is whether it has something to say on standard output."""
    command = [sys.executable, "-P", "-m", "dnsemu.workers", str(control)]
    # Its standard error is ours, for what it logs; standard output is for the ready line, and for a query log if asked.
    stdout = None if writes else subprocess.DEVNULL
    return subprocess.Popen(command, pass_fds=[control, *sockets], stdin=subprocess.DEVNULL, stdout=stdout)
