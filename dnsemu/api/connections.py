"""Bounds of HTTP connections: their number, and the times in which a request must arrive and a reply be read.

aiohttp bounds headers and bodies, and closes idle connections. It has no time limit for a request that arrives slowly,
and no limit of connections. At ours, the oldest connection without a complete request is closed for a new one, so new
requests are always served.
"""

import asyncio
import enum
from collections.abc import Callable
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.api.errors import Handler
from dnsemu.runtime.limits import Limit, Reached

MAX_REQUEST_S = 20.0
"""Real seconds from the start of a request until all of it is there."""
MIN_BYTES_PER_S = 1 << 20
"""A large body, such as a snapshot, has a second more for each of these that arrived."""
MAX_STALL_S = 60.0
"""Real seconds for which a client may leave a reply unread."""
MAX_HEADER_BYTES = 512 << 10
"""Bytes of a request's headers, and of requests that wait until the one before them is answered."""
MAX_DISCARDED_BYTES = 8 << 20
"""Bytes of a body that are discarded after its request was refused, so that the client gets to read why."""
CLOSE_EVERY_S = 1.0


class Phase(enum.Enum):
    """The state of a connection."""

    INCOMPLETE = "incomplete"
    """No complete request is there: nothing came yet, or a part of one."""
    SERVING = "serving"
    """A complete request is being answered."""
    IDLE = "idle"
    """All requests were answered."""


class Connections:
    """All connections of the HTTP port, the oldest of each phase first."""

    def __init__(self, max_connections: int, reached: Reached, clock: Callable[[], float]) -> None:
        """Starts without connections.

        Args:
            reached: counts the connections that were closed, by the bound that they reached.
            clock: returns real seconds.
        """
        self._max_connections = max_connections
        self.clock = clock
        self.reached = reached
        self._phases: dict[Phase, dict[HttpConnection, None]] = {phase: {} for phase in Phase}
        self._stalled: dict[HttpConnection, float] = {}
        self._by_protocol: dict[web.RequestHandler, HttpConnection] = {}

    def __len__(self) -> int:
        return len(self._by_protocol)

    def count(self, phase: Phase) -> int:
        """Counts the connections in a phase."""
        return len(self._phases[phase])

    def accept(self, server: web.Server) -> "HttpConnection":
        """Makes the protocol of a new connection; a factory for `loop.create_server`."""
        return HttpConnection(self, server())

    def close_expired(self) -> None:
        """Closes connections past a time limit; call it every `CLOSE_EVERY_S`."""
        now = self.clock()
        for connection in [c for c in self._phases[Phase.INCOMPLETE] if c.deadline <= now]:
            connection.close(Limit.HTTP_REQUEST_TIME)
        for connection in [c for c, since in self._stalled.items() if since + MAX_STALL_S <= now]:
            connection.close(Limit.HTTP_REPLY_TIME)

    def track(self) -> Middleware:
        """Returns the middleware that notes when requests are complete and when they are answered, the outermost."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            connection = self._by_protocol.get(request.protocol)
            if connection is None:
                return await handler(request)
            connection.on_headers(request)
            try:
                return await handler(request)
            finally:
                connection.on_answered()

        return middleware

    # --- called by a connection ---

    def on_opened(self, connection: "HttpConnection", protocol: web.RequestHandler) -> None:
        """Adds a connection, and closes another one if there are too many."""
        if len(self) >= self._max_connections:
            self._make_room()
        self._by_protocol[protocol] = connection

    def on_closed(self, connection: "HttpConnection", protocol: web.RequestHandler) -> None:
        """Removes a connection."""
        self._phases[connection.phase].pop(connection, None)
        self._stalled.pop(connection, None)
        self._by_protocol.pop(protocol, None)

    def on_phase(self, connection: "HttpConnection", before: Phase) -> None:
        """Moves a connection to the end of the list of its new phase."""
        self._phases[before].pop(connection, None)
        self._phases[connection.phase][connection] = None

    def on_stalled(self, connection: "HttpConnection", *, is_stalled: bool) -> None:
        """Notes that a client stopped reading, or that it reads again."""
        if is_stalled:
            self._stalled[connection] = self.clock()
        else:
            self._stalled.pop(connection, None)

    def _make_room(self) -> None:
        """Closes the oldest connection without a complete request, else an idle one, else one that is not read."""
        for candidates in (self._phases[Phase.INCOMPLETE], self._phases[Phase.IDLE], self._stalled):
            if candidates:
                next(iter(candidates)).close(Limit.HTTP_CONNECTIONS)
                return
        oldest = next(iter(self._phases[Phase.SERVING]))
        oldest.close(Limit.HTTP_CONNECTIONS)


class HttpConnection(asyncio.Protocol):
    """One connection: keeps account of it, and passes everything on to aiohttp's protocol."""

    def __init__(self, connections: Connections, protocol: web.RequestHandler) -> None:
        self._connections = connections
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self.phase = Phase.INCOMPLETE
        self._since = connections.clock()
        self._received_bytes = 0
        """Since the present request began."""
        self._has_headers = False
        self._is_answered = False

    @property
    def deadline(self) -> float:
        """The time by which the request must be complete."""
        return self._since + MAX_REQUEST_S + self._received_bytes / MIN_BYTES_PER_S

    def close(self, limit: Limit) -> None:
        """Closes the connection at once, because it reached a bound."""
        self._connections.reached[limit] += 1
        self._connections.on_closed(self, self._protocol)
        if self._transport is not None:
            self._transport.abort()

    # --- called by the event loop ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's class is no subclass
        self._connections.on_opened(self, self._protocol)
        self._connections.on_phase(self, self.phase)
        self._protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.on_closed(self, self._protocol)
        self._protocol.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.phase is Phase.IDLE:
            self._begin()
        if (past := self._past_limit()) is not None:
            self.close(past)
            return
        self._received_bytes += len(data)
        self._protocol.data_received(data)

    def eof_received(self) -> None:
        self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._connections.on_stalled(self, is_stalled=True)
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._connections.on_stalled(self, is_stalled=False)
        self._protocol.resume_writing()

    # --- called by the middleware ---

    def on_headers(self, request: web.Request) -> None:
        """Notes that the headers are complete, and waits for the end of the body."""
        if self.phase is not Phase.INCOMPLETE:  # it came together with the request before
            self._begin()
        self._has_headers = True
        self._is_answered = False
        request.content.on_eof(self._on_complete)

    def on_answered(self) -> None:
        """Notes that the request was answered, perhaps before the end of its body."""
        self._is_answered = True
        if self.phase is Phase.INCOMPLETE:  # aiohttp discards the rest of the body
            self._received_bytes = 0
        elif self._received_bytes:  # of another request
            self._begin()
        else:
            self._enter(Phase.IDLE)

    def _past_limit(self) -> Limit | None:
        """Returns the bound of received bytes that is reached, if any; readers of bodies have bounds themselves."""
        if self.phase is not Phase.INCOMPLETE or not self._has_headers:
            return Limit.HTTP_HEADER_BYTES if self._received_bytes > MAX_HEADER_BYTES else None
        is_past = self._is_answered and self._received_bytes > MAX_DISCARDED_BYTES
        return Limit.HTTP_DISCARDED_BYTES if is_past else None

    def _begin(self) -> None:
        """Waits for a request, of which a part may be there."""
        self._since = self._connections.clock()
        self._received_bytes = 0
        self._has_headers = self._is_answered = False
        self._enter(Phase.INCOMPLETE)

    def _on_complete(self) -> None:
        self._received_bytes = 0
        self._enter(Phase.IDLE if self._is_answered else Phase.SERVING)

    def _enter(self, phase: Phase) -> None:
        before, self.phase = self.phase, phase
        if self._transport is not None and not self._transport.is_closing():
            self._connections.on_phase(self, before)
