"""A checkout service: it asks a price service, which stands in two Regions behind one name."""

import aiohttp
from aiohttp import web
from policies.rounding import rounded

import config
import healthcheck

PRICES = web.AppKey("prices", aiohttp.ClientSession)
PORT = web.AppKey("port", int)


def checkout(port, connector=None):
    """Makes the service; `connector` lets a test choose how it connects."""
    app = web.Application()
    app[PORT] = port
    app.cleanup_ctx.append(lambda app: _session(app, connector))
    app.router.add_get("/price", _price)
    app.router.add_get("/health", healthcheck.alive)
    return app


async def _session(app, connector):
    timeout = aiohttp.ClientTimeout(config.TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as app[PRICES]:
        yield


async def _price(request):
    try:
        async with request.app[PRICES].get(f"http://{config.PRICES_HOST}:{request.app[PORT]}/") as reply:
            price = await reply.json()
    except aiohttp.ClientError as failure:
        return web.json_response({"error": str(failure)}, status=502)
    return web.json_response({"from": price["region"], "euros": rounded(price["cents"])})
