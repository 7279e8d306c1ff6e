"""Resolution of host names: a look-up for each probe (H56–H60), and those of targets."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from threading import Thread
from typing import Any, Protocol

from dnsemu.config.model.addresses import IPVersion
from dnsemu.healthcheck.probes.hosts_file import HostsFile

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
    """Resolves host names."""

    async def resolve(self, name: str, region: str, version: IPVersion = 4) -> str | Unresolved:
        """Returns an address of the name as seen from a Region; IPv4 for endpoints of health checks (H56)."""


class NoLookups:
    """Resolves no name, and opens no socket."""

    async def resolve(self, name: str, region: str, version: IPVersion = 4) -> str | Unresolved:
        """Returns that the name has no address."""
        return NO_ADDRESS


Answer = str | Unresolved
GetAddrInfo = Callable[..., list[tuple[Any, Any, Any, Any, Any]]]


class HostResolver:
    """Resolves names with the host's resolver, without a cache.

    Names are absolute, with a trailing dot or without (H56): the host's search list and `ndots` do not apply. Its
    `/etc/hosts` and `localhost` do.

    A look-up cannot be cancelled, and may take many seconds if a name server is down. So each runs in a separate daemon
    thread, which delays neither other names (H163) nor the end of the program (H165). Concurrent look-ups of one name
    share the result.
    """

    def __init__(self, getaddrinfo: GetAddrInfo = socket.getaddrinfo, hosts: HostsFile | None = None) -> None:
        self._getaddrinfo = getaddrinfo
        self._hosts = hosts or HostsFile()
        self._lookups: dict[tuple[str, IPVersion], asyncio.Task[Answer]] = {}
        self._slots = asyncio.Semaphore(MAX_LOOKUPS)

    async def resolve(self, name: str, region: str, version: IPVersion = 4) -> Answer:
        """Returns the first address of the answer; if the resolver rotates addresses, probes follow (H57)."""
        key = (name, version)
        if key not in self._lookups:
            self._lookups[key] = asyncio.create_task(self._look_up(name, version))
        return await asyncio.shield(self._lookups[key])

    async def _look_up(self, name: str, version: IPVersion) -> Answer:
        try:
            async with self._slots:
                loop = asyncio.get_running_loop()
                answer: asyncio.Future[Answer] = loop.create_future()
                run = partial(self._run_thread, name, version, loop, answer)
                Thread(target=run, name=f"resolve {name}", daemon=True).start()
                return await answer
        finally:
            del self._lookups[name, version]

    def _run_thread(
        self, name: str, version: IPVersion, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Answer]
    ) -> None:
        found = self._local_address(name, version) or _first_address(self._getaddrinfo, name, version)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(_set_answer, answer, found)

    def _local_address(self, name: str, version: IPVersion) -> Answer | None:
        """Returns what is known without DNS: an address as its own name, `/etc/hosts`, and `localhost` (RFC 6761)."""
        with suppress(ValueError):
            return name if ip_address(name).version == version else NO_ADDRESS
        if (address := self._hosts.address(name, version)) is not None:
            return address
        if f".{name.rstrip('.').lower()}".endswith(".localhost"):
            return _LOOPBACK[version]
        return None


def _set_answer(answer: asyncio.Future[Answer], found: Answer) -> None:
    if not answer.done():
        answer.set_result(found)


def _first_address(getaddrinfo: GetAddrInfo, name: str, version: IPVersion) -> Answer:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    try:
        found = getaddrinfo(f"{name.rstrip('.')}.", None, family=family, type=socket.SOCK_STREAM)
    except socket.gaierror as failure:
        return _REASONS.get(failure.errno or 0, SERV_FAIL)
    except ValueError:  # not a valid host name
        return NX_DOMAIN
    except OSError:
        return SERV_FAIL
    return str(found[0][4][0]) if found else NO_ADDRESS


_LOOPBACK: dict[IPVersion, str] = {4: "127.0.0.1", 6: "::1"}
_REASONS = {
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME): NO_ADDRESS,
    getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME): NO_ADDRESS,
    socket.EAI_NONAME: NX_DOMAIN,
}
