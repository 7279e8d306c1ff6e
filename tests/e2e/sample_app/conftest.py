"""Two price services on loopback, one a Region."""

import socket
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

US, EU = "127.0.0.11", "127.0.0.12"


class PriceService:
    """A price service; `stop` is its outage."""

    def __init__(self, region, address, port):
        self._region, self._address, self._port = region, address, port
        self._runner = None

    async def start(self):
        app = web.Application()
        app.router.add_get("/", self._price)
        app.router.add_get("/health", self._price)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._address, self._port).start()

    async def stop(self):
        if self._runner is not None:
            await self._runner.cleanup()

    async def _price(self, _request):
        return web.json_response({"region": self._region, "cents": 1999})


@pytest.fixture
def port():
    """A port that is free at both addresses."""
    with socket.create_server((US, 0)) as one:
        number = one.getsockname()[1]
        with socket.create_server((EU, number)):
            return number


@pytest.fixture
async def prices(port):
    """The price services by Region."""
    async with started("us", US, port) as us, started("eu", EU, port) as eu:
        yield {"us": us, "eu": eu}


@asynccontextmanager
async def started(region, address, port):
    service = PriceService(region, address, port)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
