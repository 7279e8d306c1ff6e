"""Resolvers for code under test: one for aiohttp, and a patch of `socket.getaddrinfo` for everything else."""

import asyncio
import gc
import socket
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from dnsemu.testing.control import Refused
from dnsemu.testing.lookups import Lookups, NotHosted

UVLOOP = (
    "uvloop resolves names by itself, and does not call socket.getaddrinfo: give aiohttp dnsemu.aiohttp_resolver(), or "
    "run this test on asyncio's own event loop"
)

Result = list[tuple[Any, Any, int, str, tuple[Any, ...]]]


def aiohttp_resolver(lookups: Lookups) -> Any:
    """Makes a resolver for `aiohttp.TCPConnector`; names that are not hosted go to aiohttp's own."""
    from aiohttp.abc import AbstractResolver
    from aiohttp.resolver import ThreadedResolver

    class _Resolver(AbstractResolver):
        def __init__(self) -> None:
            self._other = ThreadedResolver()

        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
            families = [socket.AF_INET, socket.AF_INET6] if family == socket.AF_UNSPEC else [family]
            try:
                found = [(one, await asyncio.to_thread(lookups.addresses, host, one)) for one in families]
            except NotHosted:
                return await self._other.resolve(host, port, family)
            hosts = [
                {"hostname": host, "host": address, "port": port, "family": one, "proto": 0, "flags": _NUMERIC}
                for one, addresses in found
                for address in addresses
            ]
            if not hosts:
                raise OSError(None, f"{host} has no address")
            return hosts

        async def close(self) -> None:
            await self._other.close()

    return _Resolver()


_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Patched:
    """A patch of the `socket` module's look-ups, in force inside a `with` statement; of the whole process."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._original: Callable[..., Result] = socket.getaddrinfo
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        """Puts the patch in force.

        Raises:
            Refused: a running event loop is uvloop's, which the patch does not reach.
        """
        _refuse_uvloop()
        self._original = socket.getaddrinfo
        with ExitStack() as undo:
            undo.enter_context(patch.object(socket, "getaddrinfo", self._getaddrinfo))
            undo.enter_context(patch.object(socket, "gethostbyname", self._gethostbyname))
            undo.enter_context(patch.object(socket, "gethostbyname_ex", self._gethostbyname_ex))
            if (uvloop := sys.modules.get("uvloop")) is not None:
                for name in ("new_event_loop", "Loop", "run"):
                    if hasattr(uvloop, name):
                        undo.enter_context(patch.object(uvloop, name, _refused))
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _getaddrinfo(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Result:
        """As `socket.getaddrinfo`: hosted names are found by the server, any other by the original."""
        name = host.decode() if isinstance(host, bytes) else host
        if not isinstance(name, str) or not name or _is_address(name) or flags & socket.AI_NUMERICHOST:
            return self._original(host, port, family, type, proto, flags)
        families = [one for one in (socket.AF_INET, socket.AF_INET6) if family in (socket.AF_UNSPEC, one)]
        try:
            addresses = [address for one in families for address in self._lookups.addresses(name, one)]
        except NotHosted:
            return self._original(host, port, family, type, proto, flags)
        except UnicodeError:
            raise socket.gaierror(socket.EAI_NONAME, f"{name} is no host name") from None
        except OSError as failure:
            raise socket.gaierror(socket.EAI_AGAIN, f"dnsemu does not answer: {failure}") from failure
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, f"dnsemu has no address for {name}")
        numeric = flags & ~socket.AI_ADDRCONFIG | socket.AI_NUMERICHOST
        return [entry for address in addresses for entry in self._original(address, port, family, type, proto, numeric)]

    def _gethostbyname(self, host: str) -> str:
        return str(self._getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])

    def _gethostbyname_ex(self, host: str) -> tuple[str, list[str], list[str]]:
        found = self._getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
        return host, [], [str(entry[4][0]) for entry in found]


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _refused(*_: Any, **__: Any) -> Any:
    raise Refused(UVLOOP)


def _refuse_uvloop() -> None:
    """Raises Refused if an event loop of uvloop's runs, or would be made."""
    uvloop = sys.modules.get("uvloop")
    if uvloop is None:
        return
    with suppress(RuntimeError):
        if isinstance(asyncio.get_running_loop(), uvloop.Loop):
            _refused()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        policy = asyncio.get_event_loop_policy()
    if isinstance(policy, uvloop.EventLoopPolicy):
        _refused()
    if any(isinstance(one, uvloop.Loop) and one.is_running() for one in gc.get_objects()):
        _refused()
