"""The control plane's side of one worker: its process, what was sent to it, and what it has acknowledged."""

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
from dnsemu.workers.backlog import Backlog, Source
from dnsemu.workers.channel import Channel
from dnsemu.workers.limits import Limits

WINDOW_BYTES = 128 << 10
"""Sent and not acknowledged; above it nothing more is sent."""
TURN_S = 0.002
"""Messages are made for this long before the event loop runs other tasks."""
MIN_BYTES_PER_S = 1 << 20
"""A frame gets its size over this in addition to `Limits.acknowledgement_s`: all CIDR collections are one frame."""
REAP_EVERY_S = 0.01

log = structlog.get_logger()


class WorkerHandle:
    """One worker process. Memory is bounded: a window of sent bytes, and a backlog of merged changes."""

    def __init__(
        self,
        source: Source,
        limits: Limits,
        *,
        on_answering: Callable[[], None],
        on_counters: Callable[[messages.CountersRead], None],
        on_query: Callable[[messages.RelayedQuery, Callable[[bytes], None]], None],
    ) -> None:
        """Prepares a worker.

        Args:
            source: what is replicated.
            limits: when the worker is judged stuck.
            on_answering: called when it answers.
            on_counters: called with its counters.
            on_query: called with a query that it relays, and with the function that takes the reply.
        """
        self._backlog = Backlog(source)
        self._limits = limits
        self._on_answering, self._on_counters, self._on_query = on_answering, on_counters, on_query
        self._channel = Channel(self._on_message, on_lost=self._on_lost)
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._update: Iterator[bytes] | None = None
        """The rest of the update being sent."""
        self._sent = 0
        self._acknowledged: int | None = None
        """Frames acknowledged; None before the first message from the worker."""
        self._unacknowledged: deque[tuple[int, int, float]] = deque()
        """Frames sent: number, bytes, time of sending."""
        self._unacknowledged_bytes = 0
        self._changes_added = self._changes_in_update = self._changes_applied = 0
        """Changes added to the backlog in total; up to the update being sent; up to the last applied update."""
        self._update_ends: deque[tuple[int, int]] = deque()
        """Updates sent: the number of the last frame, and the changes applied with it."""
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._is_scheduled = False
        self._heard_at = self._loop.time()
        self.is_live = False
        """True if it answers queries, or was told to."""
        self.ended = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Its process id; None before the start."""
        return self._process.pid if self._process is not None else None

    async def start(self, setup: messages.Setup) -> None:
        """Starts the process and begins to replicate to it.

        Raises:
            OSError: the process cannot be started.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            self._backlog.close()
            raise
        ours.settimeout(0.0)
        with theirs:
            theirs.settimeout(0.0)
            try:
                descriptors = [fd for udp, tcp, _ in setup.sockets for fd in (udp, tcp)]
                inherits_output = setup.query_log == STANDARD_OUTPUT
                self._process = _spawn(theirs.fileno(), descriptors, inherits_output=inherits_output)
            except OSError:
                ours.close()
                self._backlog.close()
                raise
        await self._channel.open(ours)
        self._send(setup)
        self._heard_at = self._loop.time()

    async def reap(self) -> int:
        """Waits for the end of the process; returns its exit status."""
        assert self._process is not None
        while (status := self._process.poll()) is None:  # noqa: ASYNC110 - other watchers differ by loop
            await asyncio.sleep(REAP_EVERY_S)
        return status

    def add(self, difference: Difference) -> None:
        """Sends what was published."""
        self._backlog.add(difference)
        self._on_added()

    def add_statuses(self, checks: Collection[HealthCheckId]) -> None:
        """Sends statuses that changed."""
        self._backlog.add_statuses(checks)
        self._on_added()

    def add_clock_change(self) -> None:
        """Sends the clock's reading and speed."""
        self._backlog.add_clock_change()
        self._on_added()

    async def wait_until_applied(self) -> None:
        """Waits until the worker answers from all changes added so far, or has ended."""
        if self._changes_applied < self._changes_added and not self.ended.is_set():
            waiting = self._loop.create_future()
            self._waiting.append((self._changes_added, waiting))
            await waiting

    def read_counters(self, request_id: int) -> None:
        """Asks for its counters."""
        self._send(messages.ReadCounters(request_id))

    def terminate(self) -> None:
        """Makes it answer what is queued, then end."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """Ends it at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def reason_to_replace(self, now: float) -> str | None:
        """The limit that it exceeds, as text for the log; None while it works.

        Args:
            now: the event loop's time.
        """
        silent_s = now - self._heard_at
        if self._acknowledged is None:
            return "it did not start" if silent_s > self._limits.start_s else None
        if self._unacknowledged:
            _, frame_bytes, sent_at = self._unacknowledged[0]
            limit_s = self._limits.acknowledgement_s + frame_bytes / MIN_BYTES_PER_S
            return "it does not acknowledge updates" if now - sent_at > limit_s else None
        return "it is silent" if silent_s > self._limits.worker_silence_s else None

    def restart_limits(self, now: float) -> None:
        """Measures all limits from now on: the control plane itself was late."""
        self._heard_at = now
        self._unacknowledged = deque((number, frame_bytes, now) for number, frame_bytes, _ in self._unacknowledged)

    # --- sending ---

    def _on_added(self) -> None:
        self._changes_added += 1
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled and self._acknowledged is not None and not self.ended.is_set():
            self._is_scheduled = True
            self._loop.call_soon(self._send_turn)

    def _send_turn(self) -> None:
        self._is_scheduled = False
        try:
            self._send_update()
        except Exception:  # an error of ours: without this worker its callers do not wait for ever
            log.exception("an update cannot be sent to a worker")
            self.kill()

    def _send_update(self) -> None:
        """Sends frames until the backlog is empty, the window is full, or the turn is over."""
        until = self._loop.time() + TURN_S
        while self._unacknowledged_bytes < WINDOW_BYTES and not self.ended.is_set():
            if self._update is None or self._backlog.needs_everything:
                if not self._backlog.has_changes:
                    if not self.is_live:
                        self.is_live = True
                        self._send(messages.StartAnswering())
                    return
                self._changes_in_update, self._update = self._changes_added, self._backlog.next_update()
            frame = next(self._update, None)
            if frame is None:
                self._update = None
                self._update_ends.append((self._sent, self._changes_in_update))
                self._wake_waiting()  # the last frame may be acknowledged already
            else:
                self._channel.send_pickled(frame)
                self._track(len(frame))
                if self._loop.time() > until:
                    self._schedule()
                    return

    def _send(self, message: Any) -> None:
        self._channel.send(message)
        self._track(0)

    def _track(self, frame_bytes: int) -> None:
        self._sent += 1
        self._unacknowledged.append((self._sent, frame_bytes, self._loop.time()))
        self._unacknowledged_bytes += frame_bytes

    # --- receiving ---

    def _on_message(self, message: Any) -> None:
        self._heard_at = self._loop.time()
        match message:
            case messages.Acknowledged(frames):
                self._on_acknowledged(frames)
            case messages.CountersRead():
                self._on_counters(message)
            case messages.Answering():
                self._on_answering()
            case messages.RelayedQuery(query_id):
                self._on_query(message, lambda packet: self._send(messages.RelayedReply(query_id, packet)))

    def _on_acknowledged(self, frames: int) -> None:
        self._acknowledged = frames
        while self._unacknowledged and self._unacknowledged[0][0] <= frames:
            self._unacknowledged_bytes -= self._unacknowledged.popleft()[1]
        self._wake_waiting()
        self._schedule()

    def _wake_waiting(self) -> None:
        while self._update_ends and self._update_ends[0][0] <= (self._acknowledged or 0):
            self._changes_applied = self._update_ends.popleft()[1]
        for waiting in [waiting for changes, waiting in self._waiting if changes <= self._changes_applied]:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting = [pair for pair in self._waiting if pair[0] > self._changes_applied]

    def _on_lost(self) -> None:
        self.is_live = False
        self.ended.set()
        for _, waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
        self._update = None
        self._backlog.close()
        self._channel.close()


def _spawn(control: int, sockets: Collection[int], *, inherits_output: bool) -> subprocess.Popen[bytes]:
    """Starts a worker process; it inherits standard error for its log.

    Args:
        control: the worker's end of the socket pair.
        sockets: descriptors that it inherits.
        inherits_output: true if its query log goes to standard output, which otherwise has the ready line only.
    """
    command = [sys.executable, "-P", "-m", "dnsemu.workers", str(control)]
    stdout = None if inherits_output else subprocess.DEVNULL
    return subprocess.Popen(command, pass_fds=[control, *sockets], stdin=subprocess.DEVNULL, stdout=stdout)
