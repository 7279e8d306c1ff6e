"""Messages over a local stream socket: pickled values with a length prefix, handled in order.

Both ends are our own processes on an unnamed socket pair, which no other process can reach: so pickle is safe here.
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
"""Received messages are handled for this long before the event loop runs other tasks."""
MAX_WAITING_BYTES = 1 << 20
"""Received and not yet handled; above it the channel stops reading."""


class Channel(asyncio.Protocol):
    """One end of the socket."""

    def __init__(
        self,
        on_message: Callable[[Any], None],
        *,
        on_handled: Callable[[int], None] | None = None,
        on_lost: Callable[[], None],
    ) -> None:
        """Prepares one end.

        Args:
            on_message: called with each message.
            on_handled: called with the number of messages handled, once a turn.
            on_lost: called when the other end is gone, after all that it sent was handled.
        """
        self._on_message = on_message
        self._on_handled = on_handled
        self._on_lost = on_lost
        self._received = bytearray()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_scheduled = self._is_paused = self._is_ended = False
        self._transport: asyncio.Transport | None = None

    async def open(self, sock: socket.socket) -> None:
        """Opens the channel on a connected stream socket, and owns that from now on."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=sock)

    @property
    def unsent_bytes(self) -> int:
        """Written, but not yet accepted by the socket."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def send(self, message: Any) -> None:
        """Sends a message."""
        self.send_pickled(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))

    def send_pickled(self, message: bytes) -> None:
        """Sends a message that is already pickled; after the end it is dropped."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)

    def close(self) -> None:
        """Sends what is written, then closes the socket."""
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
            self._waiting_bytes += end - start
            position = end
        if position:
            del received[:position]
        if self._waiting_bytes > MAX_WAITING_BYTES and self._transport is not None and not self._is_paused:
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
                self._waiting_bytes -= len(message)
                count += 1
                self._on_message(pickle.loads(message))
                if time.monotonic() > until:
                    break
        finally:
            if count and self._on_handled is not None:
                self._on_handled(count)
            if self._waiting:
                self._schedule()
        if self._is_ended:
            if not self._waiting:
                self._on_lost()
        elif self._is_paused and self._waiting_bytes <= MAX_WAITING_BYTES and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
