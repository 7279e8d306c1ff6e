"""Resolution of endpoints' names: a look-up for each probe, IPv4 only (H56–H60)."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Protocol

MAX_LOOKUPS = 100
"""Concurrent look-ups, each of a different name."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A failed look-up; `reason` is the status text of H58 without its first word."""

    reason: str


NO_ADDRESS = Unresolved("DNS resolution failed: No address record found")
NX_DOMAIN = Unresolved("DNS resolution failed: Rcode NXDomain(3)")
SERV_FAIL = Unresolved("DNS resolution failed: Rcode ServFail(2)")
TIMED_OUT = Unresolved("DNS resolution failed: Timed out")


class Resolver(Protocol):
    """Resolves the name of an endpoint."""

    async def resolve(self, name: str, region: str) -> str | Unresolved:
        """Returns an IPv4 address of the name, for a checker in a Region."""


Answer = str | Unresolved
GetAddrInfo = Callable[..., list[tuple[Any, Any, Any, Any, Any]]]


class HostResolver:
    """Resolves names with the host's resolver, without a cache.

    A look-up cannot be cancelled, and may take many seconds if a name server is down. So each runs in a separate daemon
    thread, which delays neither other names (H163) nor the end of the program (H165). Concurrent look-ups of one name
    share the result.
    """

    def __init__(self, getaddrinfo: GetAddrInfo = socket.getaddrinfo) -> None:
        self._getaddrinfo = getaddrinfo
        self._lookups: dict[str, asyncio.Task[Answer]] = {}
        self._slots = asyncio.Semaphore(MAX_LOOKUPS)

    async def resolve(self, name: str, region: str) -> Answer:
        """Returns the first IPv4 address of the answer; if the resolver rotates addresses, probes follow (H57)."""
        if name not in self._lookups:
            self._lookups[name] = asyncio.create_task(self._look_up(name))
        return await asyncio.shield(self._lookups[name])

    async def _look_up(self, name: str) -> Answer:
        try:
            async with self._slots:
                loop = asyncio.get_running_loop()
                answer: asyncio.Future[Answer] = loop.create_future()
                Thread(target=self._run_thread, args=(name, loop, answer), name=f"resolve {name}", daemon=True).start()
                return await answer
        finally:
            del self._lookups[name]

    def _run_thread(self, name: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Answer]) -> None:
        found = _first_address(self._getaddrinfo, name)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(_set_answer, answer, found)


def _set_answer(answer: asyncio.Future[Answer], found: Answer) -> None:
    if not answer.done():
        answer.set_result(found)


def _first_address(getaddrinfo: GetAddrInfo, name: str) -> Answer:
    try:
        found = getaddrinfo(name, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except socket.gaierror as failure:
        return _REASONS.get(failure.errno or 0, SERV_FAIL)
    except ValueError:  # not a valid host name
        return NX_DOMAIN
    except OSError:
        return SERV_FAIL
    return str(found[0][4][0]) if found else NO_ADDRESS


_REASONS = {
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME): NO_ADDRESS,
    getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME): NO_ADDRESS,
    socket.EAI_NONAME: NX_DOMAIN,
}
