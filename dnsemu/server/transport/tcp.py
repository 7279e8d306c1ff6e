"""DNS over TCP: many queries a connection, pipelined or not (RFC 7766, R150).

Time limits here are the real network's, so they run on the loop's own time and not on the emulator's clock.
"""

import asyncio
import socket
from collections import OrderedDict
from typing import cast

from dnsemu.wire.handlers import Handler, PendingReply

IDLE_S = 10.0
"""A connection without a whole new query for this long is closed (R150)."""
MAX_CONNECTIONS = 1024
"""Beyond this the connection that was idle longest makes room for the new one."""
MAX_PER_TURN = 64
"""Messages of one connection answered before the rest of the loop gets a turn, and as many waited for."""
WRITE_BUFFER_BYTES = 256 << 10
"""A client that lets more than this pile up is not read from until it catches up."""


class TcpListener:
    """Accepts connections on a bound socket until closed."""

    def __init__(self, respond: Handler, *, idle_s: float = IDLE_S, most_connections: int = MAX_CONNECTIONS) -> None:
        self._respond = respond
        self._idle_s = idle_s
        self._most = most_connections
        self._server: asyncio.Server | None = None
        self._connections: OrderedDict[_Connection, None] = OrderedDict()
        """Least recently active first."""

    async def start(self, sock: socket.socket) -> None:
        """Begin to accept on a bound socket, which this now owns."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, self._respond), sock=sock, backlog=512)

    def close(self) -> None:
        """Stop accepting; what is written already still goes out."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.finish()

    def opened(self, connection: "_Connection") -> None:
        """Make room for a connection, and note it as active."""
        if len(self._connections) >= self._most:
            next(iter(self._connections)).abort()
        self.active(connection)

    def active(self, connection: "_Connection") -> None:
        """Note that a connection did something useful just now."""
        self._connections[connection] = None
        self._connections.move_to_end(connection)
        connection.expire_after(self._idle_s)

    def closed(self, connection: "_Connection") -> None:
        """Forget a connection."""
        self._connections.pop(connection, None)


class _Connection(asyncio.Protocol):
    def __init__(self, listener: TcpListener, respond: Handler) -> None:
        self._listener = listener
        self._respond = respond
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._is_paused = False
        self._is_waiting = False
        self._is_ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._later: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = stream = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass
        peer = transport.get_extra_info("peername")
        if not peer:
            stream.abort()
            return
        self._peer = peer[0]
        stream.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._listener.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in self._later:
            task.cancel()
        self._listener.closed(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_waiting:
            self._answer_received()

    def eof_received(self) -> bool:
        """Keep the connection half open as long as there are replies to come."""
        self._is_ended = True
        return self._owes_replies

    def pause_writing(self) -> None:
        self._is_paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_paused = False
        self._go_on()

    @property
    def _owes_replies(self) -> bool:
        return self._is_paused or self._is_waiting or bool(self._later)

    def _go_on(self) -> None:
        """Answer what is left, then read on, or close if the client has ended."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._is_waiting = False
        self._answer_received()
        if self._owes_replies:
            return
        if self._is_ended:
            transport.close()
        else:
            transport.resume_reading()

    def _answer_received(self) -> None:
        """Answer the messages received, until the client must catch up with reading or others must have a turn."""
        received, transport = self._received, self._transport
        assert transport is not None
        position = answered = 0
        while not self._is_paused and len(received) - position >= 2:
            if answered == MAX_PER_TURN or len(self._later) >= MAX_PER_TURN:
                self._wait_a_turn()
                break
            answered += 1
            end = position + 2 + int.from_bytes(received[position : position + 2], "big")
            if len(received) < end:
                break
            reply = self._respond(bytes(received[position + 2 : end]), self._peer)
            position = end
            if reply is None:  # what gets no reply is no DNS client
                transport.close()
                return
            if isinstance(reply, bytes):
                transport.write(len(reply).to_bytes(2, "big") + reply)
            else:
                self._send_later(reply)
        if position:
            del received[:position]
            self._listener.active(self)

    def _wait_a_turn(self) -> None:
        """Leave the rest for another turn of the loop, or until replies that are waited for have come."""
        assert self._transport is not None
        self._is_waiting = True
        self._transport.pause_reading()
        if len(self._later) < MAX_PER_TURN:
            asyncio.get_running_loop().call_soon(self._go_on)

    def _send_later(self, reply: PendingReply) -> None:
        async def send() -> None:
            octets = await reply
            if self._transport is not None:
                self._transport.write(len(octets).to_bytes(2, "big") + octets)

        def done(task: asyncio.Task[None]) -> None:
            self._later.discard(task)
            reply.close()  # it may have been cancelled before it began
            if self._is_waiting or self._is_ended:
                self._go_on()

        task = asyncio.get_running_loop().create_task(send())
        self._later.add(task)
        task.add_done_callback(done)

    def expire_after(self, idle_s: float) -> None:
        """Close the connection unless this is called again within `idle_s`, in seconds."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(idle_s, self.abort)

    def finish(self) -> None:
        """Close once what is written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
