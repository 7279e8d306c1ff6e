"""Messages over a local stream socket: each a pickled value behind its length, handled in order, a few at a time.

Both ends are processes of ours on a socket pair that nobody else can reach, so pickle is safe here.
"""

import asyncio
import pickle
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast

LENGTH_BYTES = 4
TURN_S = 0.001
"""How long received messages are handled before the rest of the loop gets a turn."""
MAX_WAITING_BYTES = 1 << 20
"""Received and not handled; with more nothing is read."""


class Channel(asyncio.Protocol):
    """One end of the socket."""

    def __init__(
        self, handle: Callable[[Any], None], *, handled: Callable[[int], None], lost: Callable[[], None]
    ) -> None:
        """Handle what comes.

        Args:
            handle: is called with each message.
            handled: is called with the number of messages handled, once a turn.
            lost: is called when the other end is gone, after everything that it sent was handled.
        """
        self._handle = handle
        self._handled = handled
        self._lost = lost
        self._received = bytearray()
        self._waiting: deque[bytes] = deque()
        self._waiting_octets = 0
        self._is_scheduled = self._is_paused = self._is_ended = False
        self._transport: asyncio.Transport | None = None

    async def open(self, sock: socket.socket) -> None:
        """Talk over a connected stream socket, which this now owns."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=sock)

    @property
    def unsent_octets(self) -> int:
        """What the other end's socket has no room for just now."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, message: Any) -> None:
        """Send a message."""
        self.send_pickled(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))

    def send_pickled(self, message: bytes) -> None:
        """Send a message that is pickled already; what is sent after the end is lost."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)

    def close(self) -> None:
        """Send what is written already, and end."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        position = 0
        while len(received) - position >= LENGTH_BYTES:
            start = position + LENGTH_BYTES
            end = start + int.from_bytes(received[position:start], "big")
            if len(received) < end:
                break
            self._waiting.append(bytes(received[start:end]))
            self._waiting_octets += end - start
            position = end
        if position:
            del received[:position]
        if self._waiting_octets > MAX_WAITING_BYTES and self._transport is not None and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        if self._waiting:
            self._schedule()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_ended = True
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_scheduled = False
        count, until = 0, time.monotonic() + TURN_S
        try:
            while self._waiting:
                message = self._waiting.popleft()
                self._waiting_octets -= len(message)
                count += 1
                self._handle(pickle.loads(message))
                if time.monotonic() > until:
                    break
        finally:
            if count:
                self._handled(count)
            if self._waiting:
                self._schedule()
        if self._is_ended:
            if not self._waiting:
                self._lost()
        elif self._is_paused and self._waiting_octets <= MAX_WAITING_BYTES and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
