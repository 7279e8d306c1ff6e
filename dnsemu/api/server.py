"""The HTTP port: the socket, the checks that every request passes, and the routes that are no API."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.api.connections import CLOSE_EVERY_S, Connections
from dnsemu.api.errors import Handler, Refuse, errors_as_replies, in_the_apis_form
from dnsemu.api.guard import guard, token_required
from dnsemu.api.metrics import Metrics
from dnsemu.config.text.addresses import Address
from dnsemu.runtime.lifecycle import Lifecycle
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.server.transport.listeners import CannotListen, explain_bind_failure
from dnsemu.server.transport.sockets import bind_tcp

MAX_BODY_BYTES = 4 << 20
"""Bytes of a request body. The largest change batch (A117) has three quarters of that."""
OPEN_PAGES = ("/healthz", "/readyz", "/metrics")
"""Pages that answer any `Host`: probes and scrapers ask under names of their networks."""
PAGES = ("/", *OPEN_PAGES)
SHUTDOWN_S = 1.0
BACKLOG = 128
MAX_HEADERS = 64
"""Lines of headers of a request, of 8,190 bytes each; clients of AWS send about 15."""
IDLE_S = 75.0
"""Real seconds after which a connection without a request is closed."""
MAX_DISCARD_S = 2.0
"""Real seconds for which the body of a refused request is discarded before its connection is closed."""

_quiet = logging.getLogger("dnsemu.http")
"""Silences aiohttp, which logs each malformed request. Internal errors are logged where they are answered."""
_quiet.setLevel(logging.CRITICAL)

_INDEX = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>dnsemu</title>
<h1>dnsemu</h1>
<p>A Route 53 you can run on a laptop. This port holds:</p>
<ul>
<li>the Route 53 API, for any AWS client: <code>aws route53 list-hosted-zones --endpoint-url http://HOST:PORT</code>
<li><a href="/dnsemu/v1/status">/dnsemu/v1/status</a>: health checks, checkers, who serves what
<li>/dnsemu/v1/explain?name=NAME&amp;type=A&amp;client=ADDR: why an answer is given
<li>/dnsemu/v1/what-if?name=NAME&amp;fail=1: the answers clients would get if endpoints failed
<li><a href="/dnsemu/v1/clock">/dnsemu/v1/clock</a>: the emulator's time
<li><a href="/dnsemu/v1/history">/dnsemu/v1/history</a>: health check events; live at /dnsemu/v1/events
<li><a href="/metrics">/metrics</a>, <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>
</ul>
<p><a href="https://db-ip.com">IP Geolocation by DB-IP</a>, adapted.</p>
"""


class HttpPort:
    """Serves routes on one address, behind the checks that all of them share."""

    def __init__(
        self,
        routes: Iterable[web.RouteDef],
        *,
        allowed_hosts: Callable[[], Iterable[str]],
        token: Callable[[], str | None],
        reached: Callable[[], Awaitable[None]],
        api_error: Callable[[web.Request, int, str], web.Response],
        connections: Connections,
    ) -> None:
        """Prepare the routes.

        Args:
            allowed_hosts: returns hosts that requests may name besides those that are always allowed.
            token: returns the token that control calls must send, or None.
            reached: waits until every process answers from what was published; each reply waits for it.
            api_error: writes an error with a status and a message in the form of the Route 53 API.
            connections: bounds the connections, and counts the bounds that requests reach.
        """
        self._connections = connections
        refuse = in_the_apis_form(api_error, PAGES)
        app = web.Application(
            client_max_size=MAX_BODY_BYTES,
            middlewares=[
                self._connections.track(),
                errors_as_replies(refuse, connections.reached, PAGES),
                guard(allowed_hosts, refuse, OPEN_PAGES),
                token_required(token, refuse),
                plain_bodies(refuse, connections.reached),
                _on_the_wire(reached),
            ],
        )
        app.add_routes(routes)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_quiet,
            shutdown_timeout=SHUTDOWN_S,
            handler_cancellation=True,
            auto_decompress=False,
            keepalive_timeout=IDLE_S,
            lingering_time=MAX_DISCARD_S,
            max_headers=MAX_HEADERS,
        )
        self._listening: asyncio.Server | None = None
        self._next_check: asyncio.TimerHandle | None = None

    async def start(self, address: Address) -> Address:
        """Start serving; returns the address with its real port.

        Raises:
            CannotListen: the address cannot be bound.
        """
        try:
            sock = bind_tcp(*address)
            sock.listen(BACKLOG)
        except OSError as failure:
            raise CannotListen(explain_bind_failure(address, "TCP", failure, "--http")) from failure
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(
            partial(self._connections.accept, server), sock=sock, backlog=BACKLOG
        )
        self._check_connections()
        return Address(*sock.getsockname()[:2])

    async def close(self) -> None:
        """Finish the requests under way and stop."""
        if self._next_check is not None:
            self._next_check.cancel()
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()

    def _check_connections(self) -> None:
        self._connections.close_expired()
        self._next_check = asyncio.get_running_loop().call_later(CLOSE_EVERY_S, self._check_connections)


def open_words(http: Address, token: str | None, *, forwards: bool) -> tuple[str, ...]:
    """Returns the ready line's words of warning about what is open to clients elsewhere.

    Args:
        http: the address of the control API; off loopback, calls should need a token.
        token: the token that they need.
        forwards: true if queries of any public network are forwarded.
    """
    is_control_open = not http.is_loopback and token is None
    return ("open-resolver",) * forwards + ("open-control-api",) * is_control_open


def plain_bodies(refuse: Refuse, limits: Reached) -> Middleware:
    """Refuses bodies with a Content-Encoding before they are read: nothing is decompressed."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        encoding = request.headers.get("Content-Encoding", "identity")
        if encoding.strip().lower() not in ("", "identity"):
            limits[Limit.HTTP_BODY_ENCODING] += 1
            return refuse(request, 415, "send the body without Content-Encoding", "header Content-Encoding")
        return await handler(request)

    return middleware


class Probes:
    """Answers `/`, `/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self._lifecycle = lifecycle
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """Every route of this subject."""
        pages = (self._index, self._healthz, self._readyz, self._exposition)
        return [web.get(path, page) for path, page in zip(PAGES, pages, strict=True)]

    async def _index(self, _request: web.Request) -> web.Response:
        return web.Response(text=_INDEX, content_type="text/html")

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        if self._lifecycle.is_ready:
            return web.Response(text="ready\n")
        return web.Response(status=503, text="not ready\n")

    async def _exposition(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain; version=0.0.4"})
        await self._metrics.refresh()
        await response.prepare(request)
        for piece in self._metrics.exposition():
            await response.write(piece)
            await asyncio.sleep(0)
        return response


def _on_the_wire(reached: Callable[[], Awaitable[None]]) -> Middleware:
    """Delays each reply until every worker answers what the call changed."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        await reached()
        return response

    return middleware
