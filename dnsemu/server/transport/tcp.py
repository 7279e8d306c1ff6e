"""DNS over TCP: any number of queries in a connection, pipelined or not (RFC 7766, R150).

Time limits are in real time: the network does not follow the emulator's clock.
"""

import asyncio
import socket
from collections import OrderedDict
from typing import cast

from dnsemu.server.transport.sockets import BACKLOG
from dnsemu.wire.handlers import Handler, PendingReply

IDLE_S = 10.0
"""A connection is closed after this time without a complete query (R150)."""
MAX_CONNECTIONS = 1024
"""Past it, the connection that has been idle longest is closed for a new one."""
MAX_PER_TURN = 64
"""Messages of one connection that are answered in one turn of the loop; also the limit of its pending replies."""
WRITE_BUFFER_BYTES = 256 << 10
"""A client with more unread replies than this is not read from until it catches up."""


class TcpListener:
    """Accepts connections on a bound socket until it is closed."""

    def __init__(self, handler: Handler, *, idle_s: float = IDLE_S, max_connections: int = MAX_CONNECTIONS) -> None:
        self._handler = handler
        self._idle_s = idle_s
        self._max_connections = max_connections
        self._server: asyncio.Server | None = None
        self._connections: OrderedDict[_Connection, None] = OrderedDict()
        """Least recently active first."""

    async def start(self, sock: socket.socket) -> None:
        """Starts to accept connections on a bound socket, which it will close."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, self._handler), sock=sock, backlog=BACKLOG)

    def close(self) -> None:
        """Stops accepting; replies that are written already are still sent."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.finish()

    def on_opened(self, connection: "_Connection") -> None:
        """Adds a connection; closes the one that has been idle longest if there are too many."""
        if len(self._connections) >= self._max_connections:
            next(iter(self._connections)).abort()
        self.on_active(connection)

    def on_active(self, connection: "_Connection") -> None:
        """Restarts a connection's idle time."""
        self._connections[connection] = None
        self._connections.move_to_end(connection)
        connection.restart_idle_timer(self._idle_s)

    def on_closed(self, connection: "_Connection") -> None:
        """Removes a connection."""
        self._connections.pop(connection, None)


class _Connection(asyncio.Protocol):
    def __init__(self, listener: TcpListener, handler: Handler) -> None:
        self._listener = listener
        self._handler = handler
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._is_paused = False
        self._is_yielding = False
        self._is_half_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._pending: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = stream = cast(asyncio.Transport, transport)  # uvloop's class is no subclass
        peer = transport.get_extra_info("peername")
        if not peer:
            stream.abort()
            return
        self._peer = peer[0]
        stream.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._listener.on_opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in self._pending:
            task.cancel()
        self._listener.on_closed(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_yielding:
            self._answer_received()

    def eof_received(self) -> bool:
        """Keeps the connection half open while there are replies to send."""
        self._is_half_closed = True
        return self._owes_replies

    def pause_writing(self) -> None:
        self._is_paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_paused = False
        self._resume()

    @property
    def _owes_replies(self) -> bool:
        return self._is_paused or self._is_yielding or bool(self._pending)

    def _resume(self) -> None:
        """Answers the rest, then reads on, or closes if the client has closed its side."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._is_yielding = False
        self._answer_received()
        if self._owes_replies:
            return
        if self._is_half_closed:
            transport.close()
        else:
            transport.resume_reading()

    def _answer_received(self) -> None:
        """Answers received messages until the client has to catch up with reading, or the turn's limit is reached."""
        received, transport = self._received, self._transport
        assert transport is not None
        position = answered = 0
        while not self._is_paused and len(received) - position >= 2:
            if answered == MAX_PER_TURN or len(self._pending) >= MAX_PER_TURN:
                self._yield_to_loop()
                break
            answered += 1
            end = position + 2 + int.from_bytes(received[position : position + 2], "big")
            if len(received) < end:
                break
            reply = self._handler(bytes(received[position + 2 : end]), self._peer)
            position = end
            if reply is None:  # the peer is no DNS client
                transport.close()
                return
            if isinstance(reply, bytes):
                transport.write(len(reply).to_bytes(2, "big") + reply)
            else:
                self._send_when_ready(reply)
        if position:
            del received[:position]
            self._listener.on_active(self)

    def _yield_to_loop(self) -> None:
        """Leaves the rest for another turn of the loop, or until pending replies are sent."""
        assert self._transport is not None
        self._is_yielding = True
        self._transport.pause_reading()
        if len(self._pending) < MAX_PER_TURN:
            asyncio.get_running_loop().call_soon(self._resume)

    def _send_when_ready(self, reply: PendingReply) -> None:
        async def send() -> None:
            message = await reply
            if self._transport is not None:
                self._transport.write(len(message).to_bytes(2, "big") + message)

        def done(task: asyncio.Task[None]) -> None:
            self._pending.discard(task)
            reply.close()  # in case it is cancelled before it starts
            if self._is_yielding or self._is_half_closed:
                self._resume()

        task = asyncio.get_running_loop().create_task(send())
        self._pending.add(task)
        task.add_done_callback(done)

    def restart_idle_timer(self, idle_s: float) -> None:
        """Closes the connection unless this is called again within `idle_s` seconds."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(idle_s, self.abort)

    def finish(self) -> None:
        """Closes after the written replies are sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()
