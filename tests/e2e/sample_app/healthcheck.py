"""The service's own health endpoint."""

from aiohttp import web


async def alive(_request):
    return web.json_response({"alive": True})
