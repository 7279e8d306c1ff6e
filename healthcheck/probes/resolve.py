"""Names of endpoints: asked afresh for each probe, IPv4 only (H56–H60)."""

import asyncio
import socket
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name that gave no address; `reason` is the status text of H58 without its first word."""

    reason: str


NO_ADDRESS = Unresolved("DNS resolution failed: No address record found")
NX_DOMAIN = Unresolved("DNS resolution failed: Rcode NXDomain(3)")
SERV_FAIL = Unresolved("DNS resolution failed: Rcode ServFail(2)")
TIMED_OUT = Unresolved("DNS resolution failed: Timed out")


class Resolver(Protocol):
    """Finds the address of an endpoint that is given by name."""

    async def resolve(self, name: str, region: str) -> str | Unresolved:
        """An IPv4 address of the name, for a checker in a Region."""


class HostResolver:
    """Asks as every program on this host does; keeps nothing."""

    async def resolve(self, name: str, region: str) -> str | Unresolved:
        """The first IPv4 address of the answer, so that a resolver that rotates also rotates probes (H57)."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(name, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
        except socket.gaierror as failure:
            return _REASONS.get(failure.errno or 0, SERV_FAIL)
        except UnicodeError:
            return NX_DOMAIN
        return str(found[0][4][0]) if found else NO_ADDRESS


_REASONS = {
    socket.EAI_NONAME: NX_DOMAIN,
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME): NO_ADDRESS,
    socket.EAI_AGAIN: SERV_FAIL,
}
