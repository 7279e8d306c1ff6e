"""Reads the bodies of requests: all at once if they are small, a few at a time if they are large."""

import asyncio

from aiohttp import web

from dnsemu.runtime.limits import Limit, Reached

SMALL_BYTES = 64 << 10
MAX_LARGE_BODIES = 16
"""Bodies of more than `SMALL_BYTES` that are read at once; together they take 64 MiB at most."""
MAX_WAIT_S = 1.0
"""Real seconds for which a large body waits for its turn before the connection of the oldest one is closed."""


class BodyReader:
    """Bounds the memory that bodies take while they arrive."""

    def __init__(self, limits: Reached, *, max_wait_s: float = MAX_WAIT_S) -> None:
        self._limits = limits
        self._max_wait_s = max_wait_s
        self._free = asyncio.Semaphore(MAX_LARGE_BODIES)
        self._arriving: dict[asyncio.Transport, None] = {}
        """The connections of large bodies, the oldest first."""

    async def read(self, request: web.Request) -> bytes:
        """Reads a request's body.

        Raises:
            HTTPRequestEntityTooLarge: it has more bytes than the application accepts.
            ConnectionError: the connection was closed, perhaps in favour of another one.
        """
        if request.content.is_eof() or (request.content_length or SMALL_BYTES + 1) <= SMALL_BYTES:
            return await request.read()
        await self._wait()
        try:
            transport = request.transport
            if transport is None:
                raise ConnectionResetError("the client disconnected")
            self._arriving[transport] = None
            try:
                return await request.read()
            finally:
                del self._arriving[transport]
        finally:
            self._free.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._max_wait_s):
                await self._free.acquire()
        except TimeoutError:
            self._limits[Limit.HTTP_LARGE_BODIES] += 1
            oldest = next(iter(self._arriving), None)
            if oldest is not None:
                oldest.abort()
            await self._free.acquire()
