"""A connection to a server, started or taken over, and the ways in which code under test reaches it."""

import os
from types import TracebackType
from typing import Any, Self

from dnsemu.testing import resolvers
from dnsemu.testing.control import ControlClient, Refused
from dnsemu.testing.lookups import Lookups
from dnsemu.testing.process import ServerProcess

MAX_REPORTED = 20
"""Health checks in the report of a failed test."""


class Connected:
    """A server: `dns` is its address for queries, `http` the URL of its HTTP port."""

    dns: str
    http: str

    def __init__(self, server: str | None, seed: int) -> None:
        self._server, self._seed = server, seed
        self._is_ours = server is None or "://" not in server
        self._process: ServerProcess | None = None
        self._lookups: list[Lookups] = []
        self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def reset(self) -> None:
        """Starts the server if it has ended; the subclass resets it."""
        if self._process is not None and not self._process.is_running:
            self._process.stop()
            self._connect()
        self._close_lookups()

    def close(self) -> None:
        """Stops the server if it was started here; another one is reset."""
        try:
            if self._process is None:
                self.reset()
        finally:
            self._close_lookups()
            self._control.close()
            if self._process is not None:
                self._process.stop()

    # --- code under test ---

    @property
    def env(self) -> dict[str, str]:
        """Variables for a subprocess: the server's addresses, and those that AWS clients read."""
        return {
            "DNSEMU_SERVER": self.http,
            "DNSEMU_DNS": self.dns,
            "AWS_ENDPOINT_URL_ROUTE_53": self.http,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
        }

    @property
    def resolv_conf(self) -> str:
        """The text of a resolv.conf that names this server.

        Raises:
            Refused: it could not listen on port 53, the only one that a resolv.conf can mean.
        """
        if self._resolver_address is None:
            raise Refused(
                "no server could listen on port 53 here, the only one that a resolv.conf can mean: allow it with "
                "'sysctl net.ipv4.ip_unprivileged_port_start=53', or use dnsemu.dns, aiohttp_resolver() or patched()"
            )
        return f"nameserver {self._resolver_address}\noptions timeout:1 attempts:2\n"

    def boto3(self, **more: Any) -> Any:
        """Returns boto3's Route 53 client of this server.

        Raises:
            Refused: boto3 is not installed beside the tests.
        """
        try:
            import boto3
        except ImportError:
            raise Refused("boto3 is not installed beside the tests: pip install boto3") from None
        credentials = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
        return boto3.client("route53", **{"endpoint_url": self.http, **credentials, **more})

    def aiohttp_resolver(self, *, place: str | None = None, ttl_cache: bool = True) -> Any:
        """Returns a resolver for `aiohttp.TCPConnector(resolver=…, use_dns_cache=False)`.

        Args:
            place: the place from which names are resolved.
            ttl_cache: keep answers for their TTL in the server's time, as a caching resolver does.
        """
        return resolvers.aiohttp_resolver(self._new_lookups(place, keeps_ttl=ttl_cache))

    def patched(self, *, place: str | None = None, ttl_cache: bool = True) -> resolvers.Patched:
        """Returns a context manager in which `socket.getaddrinfo` asks this server for the names that it hosts.

        It serves requests, httpx, asyncpg and everything else that calls the `socket` module; not uvloop. Arguments are
        those of `aiohttp_resolver`.
        """
        return resolvers.Patched(self._new_lookups(place, keeps_ttl=ttl_cache))

    def report(self) -> str:
        """Describes the server's state, for the report of a failed test."""
        if self._process is not None and not self._process.is_running:
            return f"the server has ended:\n{self._process.last_lines()}"
        status, faults = self._control.get("status"), self._control.get("endpoint-faults")
        lines = [f"time     {status['time']}"]
        lines += [f"zone     {zone['name']} ({zone['record_sets']} record sets)" for zone in status["hosted_zones"]]
        lines += [f"failing  {check} ({how})" for check, how in faults["failing"].items()]
        for check in status["health_checks"][:MAX_REPORTED]:
            lines.append(f"health   {check['name'] or check['id']}: {check['status']} ({check['summary']})")
        return "\n".join(lines)

    # --- connections ---

    def _connect(self) -> None:
        """Starts the server if it is ours, and finds its addresses."""
        if self._is_ours:
            self._process = ServerProcess(self._server, seed=self._seed)
            self.http, addresses = self._process.http, self._process.dns
            self._control = self._connection()
        else:
            self._control = self._connection()
            self.http, addresses = self._control.url, tuple(self._control.get("status")["dns"])
        self.dns = addresses[0]
        self._resolver_address = next((a.removesuffix(":53") for a in addresses if a.endswith(":53")), None)

    def _connection(self) -> ControlClient:
        if self._is_ours:
            return ControlClient(self.http)
        return ControlClient(str(self._server), os.environ.get("DNSEMU_TOKEN"))

    def _new_lookups(self, place: str | None, *, keeps_ttl: bool) -> Lookups:
        lookups = Lookups(self._connection(), self.dns, place, keeps_ttl=keeps_ttl)
        self._lookups.append(lookups)
        return lookups

    def _close_lookups(self) -> None:
        while self._lookups:
            self._lookups.pop().close()
