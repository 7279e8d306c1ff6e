"""The HTTP port: the socket, the checks that every request passes, and the routes that are no API."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.api.errors import Handler, errors_as_replies, in_the_apis_form
from dnsemu.api.guard import guard
from dnsemu.api.metrics import Metrics
from dnsemu.config.text.addresses import Address
from dnsemu.runtime.lifecycle import Lifecycle
from dnsemu.server.transport.listeners import CannotListen, explain_bind_failure
from dnsemu.server.transport.sockets import bind_tcp

MAX_BODY_BYTES = 4 << 20
"""Bytes of a request body. The largest change batch (A117) has three quarters of that."""
OPEN_PAGES = ("/healthz", "/readyz", "/metrics")
"""Pages that answer any `Host`: probes and scrapers ask under names of their networks."""
PAGES = ("/", *OPEN_PAGES)
SHUTDOWN_S = 1.0

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
        reached: Callable[[], Awaitable[None]],
        api_error: Callable[[web.Request, int, str], web.Response],
    ) -> None:
        """Prepare the routes.

        Args:
            allowed_hosts: returns hosts that requests may name besides those that are always allowed.
            reached: waits until every process answers from what was published; each reply waits for it.
            api_error: writes an error with a status and a message in the form of the Route 53 API.
        """
        refuse = in_the_apis_form(api_error, PAGES)
        app = web.Application(
            client_max_size=MAX_BODY_BYTES,
            middlewares=[
                errors_as_replies(refuse, PAGES),
                guard(allowed_hosts, refuse, OPEN_PAGES),
                _on_the_wire(reached),
            ],
        )
        app.add_routes(routes)
        self._runner = web.AppRunner(
            app, access_log=None, logger=_quiet, shutdown_timeout=SHUTDOWN_S, handler_cancellation=True
        )

    async def start(self, address: Address) -> Address:
        """Start serving; returns the address with its real port.

        Raises:
            CannotListen: the address cannot be bound.
        """
        try:
            sock = bind_tcp(*address)
            sock.listen(128)
        except OSError as failure:
            raise CannotListen(explain_bind_failure(address, "TCP", failure, "--http")) from failure
        await self._runner.setup()
        await web.SockSite(self._runner, sock).start()
        return Address(*sock.getsockname()[:2])

    async def close(self) -> None:
        """Finish the requests under way and stop."""
        await self._runner.cleanup()


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
