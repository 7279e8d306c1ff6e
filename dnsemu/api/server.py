"""The HTTP port: routes, and the socket they are served on."""

import asyncio
import logging

from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.api.control import PREFIX, ControlApi
from dnsemu.api.errors import Handler, told
from dnsemu.api.guard import guard
from dnsemu.api.metrics import Metrics
from dnsemu.api.running import Running
from dnsemu.config.text.addresses import Address
from dnsemu.faults.api_errors import InjectedErrors
from dnsemu.route53.endpoint import ApiEndpoint
from dnsemu.route53.model import error_codes
from dnsemu.server.transport.listeners import CannotListen, explain_bind_failure
from dnsemu.server.transport.sockets import bind_tcp

MAX_BODY_BYTES = 2 << 20
SHUTDOWN_S = 1.0

_quiet = logging.getLogger("dnsemu.http")
"""What aiohttp would log: that clients speak no HTTP. Failures of ours are logged where they are answered."""
_quiet.setLevel(logging.CRITICAL)

_INDEX = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>dnsemu</title>
<h1>dnsemu</h1>
<p>A Route 53 you can run on a laptop. This port holds:</p>
<ul>
<li>the Route 53 API, for any AWS client: <code>aws route53 list-hosted-zones --endpoint-url http://HOST:PORT</code>
<li><a href="/dnsemu/v1/status">/dnsemu/v1/status</a>: health checks, checkers, who serves what
<li>/dnsemu/v1/explain?name=NAME&amp;type=A&amp;client=ADDR: why an answer is given
<li>/dnsemu/v1/what-if?name=NAME&amp;fail=1: what clients would get if endpoints failed
<li><a href="/dnsemu/v1/clock">/dnsemu/v1/clock</a>: the emulator's time
<li><a href="/dnsemu/v1/history">/dnsemu/v1/history</a>: what became of the health checks; live at /dnsemu/v1/events
<li><a href="/metrics">/metrics</a>, <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>
</ul>
<p><a href="https://db-ip.com">IP Geolocation by DB-IP</a>, adapted.</p>
"""


class HttpPort:
    """Serves an application's control API, metrics and readiness."""

    def __init__(self, application: Running) -> None:
        self._application = application
        self._all_metrics = Metrics(application)
        injected = InjectedErrors(error_codes)
        self._control = ControlApi(application, injected)
        app = web.Application(
            client_max_size=MAX_BODY_BYTES,
            middlewares=[
                told(PREFIX),
                guard(lambda: application.board.current.world.server.allowed_hosts),
                _on_the_wire(application),
            ],
        )
        route53 = ApiEndpoint(application.command_runner, lambda: application.board.current.world.api, injected)
        app.add_routes(
            [
                *route53.routes(),
                web.get("/", self._index),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
                *self._control.routes(),
            ]
        )
        self._runner = web.AppRunner(
            app, access_log=None, logger=_quiet, shutdown_timeout=SHUTDOWN_S, handler_cancellation=True
        )

    async def start(self, address: Address) -> Address:
        """Begin to serve; returns the address with its real port.

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
        """Finish what is being answered and stop."""
        self._control.close()
        await self._runner.cleanup()

    async def _index(self, _request: web.Request) -> web.Response:
        return web.Response(text=_INDEX, content_type="text/html")

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        if self._application.is_ready:
            return web.Response(text="ready\n")
        return web.Response(status=503, text="not ready\n")

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain; version=0.0.4"})
        await self._application.data_plane.count()
        await response.prepare(request)
        for piece in self._all_metrics.exposition():
            await response.write(piece)
            await asyncio.sleep(0)
        return response


def _on_the_wire(application: Running) -> Middleware:
    """Reply to a call only when what it changed is answered by every worker."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        await application.data_plane.reached()
        return response

    return middleware
