"""Who may talk to the HTTP port.

A server that people run on their laptop must not be open to DNS rebinding: a page from elsewhere whose name was made to
point here sends its own `Host` or `Origin`, and is refused by it.
"""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.api.errors import failure

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ALWAYS = frozenset({"localhost", "host.docker.internal"})


def guard(allowed_hosts: Callable[[], Iterable[str]]) -> Middleware:
    """Refuse requests whose `Host` is not this server, or that a page from elsewhere makes.

    Args:
        allowed_hosts: reads the user's own list at each request, since a reload may change it.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts = frozenset(host.lower() for host in allowed_hosts())
        if not is_allowed(host_of(request.headers.get("Host", "")), hosts):
            return failure(403, "Host is not allowed here; add it to server.allowed_hosts", "header Host")
        origin = request.headers.get("Origin")
        if origin is not None and not is_allowed(urlsplit(origin).hostname or "", hosts):
            return failure(403, "requests from pages of another origin are refused", "header Origin")
        return await handler(request)

    return middleware


def host_of(header: str) -> str:
    """The host of a `Host` header, without port and brackets, in lower case; empty if it is none."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_allowed(host: str, also: frozenset[str] = frozenset()) -> bool:
    """IP literals, localhost names, single labels (compose services), `host.docker.internal`, and the user's own."""
    if host in _ALWAYS or host in also or host.endswith(".localhost"):
        return True
    try:
        ip_address(host)
    except ValueError:
        return bool(host) and "." not in host
    return True
