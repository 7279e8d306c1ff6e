"""The methods as coroutines: each runs in a thread, so that a service in the same event loop goes on."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dnsemu.testing.answers import Answer, SharesByValue

if TYPE_CHECKING:
    from dnsemu.testing.resolvers import Patched
    from dnsemu.testing.steering import Changes, Dnsemu, Endpoints


class AsyncDnsemu:
    """A server for tests with coroutines. Use it in an `async with` statement; `Dnsemu` describes the methods."""

    def __init__(self, server: str | None = None, *, seed: int = 1) -> None:
        """Prepares a server, which `async with` starts."""
        self._server, self._seed = server, seed
        self._steered: Dnsemu | None = None

    @classmethod
    def of(cls, steered: "Dnsemu") -> "AsyncDnsemu":
        """Returns the coroutines of a running server."""
        made = cls()
        made._steered = steered
        return made

    async def __aenter__(self) -> Self:
        from dnsemu.testing.steering import Dnsemu

        self._steered = await asyncio.to_thread(Dnsemu, self._server, seed=self._seed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.sync.close)

    @property
    def sync(self) -> "Dnsemu":
        """The same server with plain methods."""
        assert self._steered is not None, "write async with AsyncDnsemu() as dnsemu"
        return self._steered

    # --- content ---

    async def load(self, *files: str | os.PathLike[str], endpoints: "Endpoints | None" = None) -> None:
        """Hosts files."""
        await asyncio.to_thread(self.sync.load, *files, endpoints=endpoints)

    async def zone(
        self, name: str, record_sets: Sequence[Mapping[str, Any]], *, health_checks: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Hosts one zone from Python."""
        await asyncio.to_thread(self.sync.zone, name, record_sets, health_checks=health_checks)

    async def change(self, zone: str, changes: "Changes") -> None:
        """Changes record sets as the Route 53 API does."""
        await asyncio.to_thread(self.sync.change, zone, changes)

    async def reset(self) -> None:
        """Puts the server back to its start."""
        await asyncio.to_thread(self.sync.reset)

    # --- faults and time ---

    async def fail(self, pattern: str, how: str = "refuse") -> None:
        """Makes endpoints fail."""
        await asyncio.to_thread(self.sync.fail, pattern, how)

    async def heal(self, pattern: str | None = None) -> None:
        """Ends faults of endpoints."""
        await asyncio.to_thread(self.sync.heal, pattern)

    async def force(self, pattern: str, status: str = "unhealthy") -> None:
        """Overrides the statuses of health checks."""
        await asyncio.to_thread(self.sync.force, pattern, status)

    async def dns_fault(self, **fault: Any) -> None:
        """Breaks answers. Not supported yet."""
        self.sync.dns_fault(**fault)

    async def advance(self, duration: str | float) -> None:
        """Lets time pass; services in this event loop go on answering."""
        await asyncio.to_thread(self.sync.advance, duration)

    # --- questions and assertions ---

    async def resolve(self, name: str, type: str = "A", **client: str | None) -> Answer:
        """Queries the server; `place` or `client` says for whom."""
        return await asyncio.to_thread(self.sync.resolve, name, type, **client)

    async def shares(self, name: str, type: str = "A", **client: str | None) -> SharesByValue:
        """Returns the exact shares of the answers."""
        return await asyncio.to_thread(self.sync.shares, name, type, **client)

    async def explain(self, name: str, type: str = "A", **client: str | None) -> str:
        """Returns why a name is answered as it is."""
        return await asyncio.to_thread(self.sync.explain, name, type, **client)

    async def assert_split(self, name: str, shares: Mapping[str, float], type: str = "A", **client: str | None) -> None:
        """Asserts that the answers divide as given."""
        await asyncio.to_thread(self.sync.assert_split, name, shares, type, **client)

    async def assert_fails_over(
        self, name: str, pattern: str, *, within: str | float, type: str = "A", **client: str | None
    ) -> float:
        """Asserts that a name moves in time; returns the seconds that it took."""
        return await asyncio.to_thread(self.sync.assert_fails_over, name, pattern, within=within, type=type, **client)

    # --- code under test ---

    @property
    def dns(self) -> str:
        """The address for queries."""
        return self.sync.dns

    @property
    def http(self) -> str:
        """The URL of the HTTP port."""
        return self.sync.http

    @property
    def env(self) -> dict[str, str]:
        """Variables for a subprocess."""
        return self.sync.env

    @property
    def resolv_conf(self) -> str:
        """The text of a resolv.conf that names this server."""
        return self.sync.resolv_conf

    def boto3(self, **more: Any) -> Any:
        """Returns boto3's Route 53 client, whose calls are not coroutines."""
        return self.sync.boto3(**more)

    def aiohttp_resolver(self, *, place: str | None = None, ttl_cache: bool = True) -> Any:
        """Returns a resolver for aiohttp."""
        return self.sync.aiohttp_resolver(place=place, ttl_cache=ttl_cache)

    def patched(self, *, place: str | None = None, ttl_cache: bool = True) -> "Patched":
        """Returns the patch of `socket.getaddrinfo`."""
        return self.sync.patched(place=place, ttl_cache=ttl_cache)
