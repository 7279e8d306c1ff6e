"""The end of a probe's connection: closed like a well-behaved client's, so that the peer has nothing to log."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import cast

LINGER_S = 1.0
"""Real seconds after a probe in which its peer may finish what it sends."""
MAX_LINGERING = 100
"""Connections that linger at once; further ones are reset. Each takes an open file."""


class Connection(asyncio.Protocol):
    """The client side of a probe's connection."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        """The connection; None before it is made and after it is lost."""
        self.on_lost: Callable[[], object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transport does not inherit from it

    def connection_lost(self, exc: BaseException | None) -> None:
        self.transport = None
        if self.on_lost is not None:
            self.on_lost()

    @abstractmethod
    def finish(self) -> bool:
        """Closes the connection now, or, without another call, once the peer has finished; returns True if now."""

    def abort(self) -> None:
        """Closes the connection at once; the peer may see a reset."""
        if self.transport is not None:
            self.transport.abort()


class Closing:
    """The connections whose probes have ended and whose peers have not finished.

    A close while the peer still sends resets the connection, and TLS without its closing alert looks cut off; servers
    log both. So the rest is read for a moment, without delaying the probe's result.
    """

    def __init__(self) -> None:
        self._lingering: set[Connection] = set()

    def take(self, connection: Connection) -> None:
        """Finishes a connection, or aborts it after `LINGER_S`."""
        transport = connection.transport
        if transport is None:
            return
        is_tls = transport.get_extra_info("sslcontext") is not None
        if connection.finish() and not is_tls:
            return
        if len(self._lingering) >= MAX_LINGERING:
            connection.abort()
            return
        timer = asyncio.get_running_loop().call_later(LINGER_S, connection.abort)
        self._lingering.add(connection)

        def forget() -> None:
            timer.cancel()
            self._lingering.discard(connection)

        connection.on_lost = forget

    def close(self) -> None:
        """Aborts what lingers, at the end of the program."""
        for connection in tuple(self._lingering):
            connection.abort()
