"""Host and Origin checks of the HTTP port, and the token of control calls.

They stop DNS rebinding: a page from elsewhere whose name was pointed at this port still sends a foreign `Host` or
`Origin`, and is refused by it.
"""

from collections.abc import Callable, Collection, Iterable
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.api.errors import CONTROL, Handler, Refuse

_ALWAYS = frozenset({"localhost", "host.docker.internal"})
_ALWAYS_BELOW = (".localhost", ".svc.cluster.local")
"""Names that no foreign page has: loopback, and services of a Kubernetes cluster."""


def guard(allowed_hosts: Callable[[], Iterable[str]], refuse: Refuse, open_pages: Collection[str] = ()) -> Middleware:
    """Refuses requests with a foreign `Host` or `Origin`.

    Args:
        open_pages: paths that answer any host, for probes and scrapers; they tell nothing that a page may not know.
        allowed_hosts: returns the user's list; called at each request, since a reload may change it.
        refuse: writes the reply.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts = frozenset(host.lower() for host in allowed_hosts())
        host = request.headers.get("Host", "")
        if request.path not in open_pages and not is_allowed(host_of(host), hosts):
            instead = "add it to server.allowed_hosts or DNSEMU_ALLOWED_HOSTS"
            return refuse(request, 403, f"Host is not allowed here; {instead}", "header Host")
        origin = request.headers.get("Origin")
        if origin is not None and not is_own(origin, host, hosts):
            return refuse(request, 403, "requests from pages of another origin are refused", "header Origin")
        return await handler(request)

    return middleware


def token_required(token: Callable[[], str | None], refuse: Refuse) -> Middleware:
    """Refuses control calls without the server's token.

    Args:
        token: returns the token, or None if calls need none; called at each request, since a reload may change it.
        refuse: writes the reply.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        wanted = token()
        if wanted is None or not _is_control(request) or _has_token(request, wanted):
            return await handler(request)
        what = "wrong token" if "Authorization" in request.headers else "a token is required"
        instead = "give the server's with --token or DNSEMU_TOKEN, or as Authorization: Bearer TOKEN"
        reply = refuse(request, 401, f"{what}; {instead}", "header Authorization")
        reply.headers["WWW-Authenticate"] = "Bearer"
        return reply

    return middleware


def _is_control(request: web.Request) -> bool:
    """True for control calls, by the path and by the route that was found, in case these are read differently."""
    resource = request.match_info.route.resource
    paths = (request.path, resource.canonical if resource is not None else "")
    return any(f"{path}/".startswith(f"{CONTROL}/") for path in paths)


def _has_token(request: web.Request, wanted: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(given.strip().encode(errors="replace"), wanted.encode())


def host_of(header: str) -> str:
    """Extract the host of a `Host` header: lower case, without port and brackets; empty if the header is malformed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_own(origin: str, host: str, also: frozenset[str] = frozenset()) -> bool:
    """True if a page of this `Origin` was served under this `Host`, or by a host the user allowed.

    IP literals and single labels are not enough here: a foreign server's pages have such origins too.
    """
    authority = origin.partition("://")[2]
    return authority.lower() == host.lower() or host_of(authority) in also


def is_allowed(host: str, also: frozenset[str] = frozenset()) -> bool:
    """True for IP literals, `localhost`, `host.docker.internal`, compose and Kubernetes services, the user's own."""
    if host in _ALWAYS or host in also or host.endswith(_ALWAYS_BELOW):
        return True
    try:
        ip_address(host)
    except ValueError:
        return bool(host) and "." not in host
    return True
