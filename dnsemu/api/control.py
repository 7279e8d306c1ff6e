"""The control API: the JSON calls below `/dnsemu/v1/`, of which each command of the command line is a client."""

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web

from dnsemu.api.errors import CONTROL, failure

PREFIX = f"{CONTROL}/v1"


class Calls(Protocol):
    """The control calls of one subject."""

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of the subject, below a path prefix."""


def control_routes(subjects: Sequence[Calls]) -> list[web.RouteDef]:
    """The routes of all subjects; any other path below the prefix is answered by 404 in the API's own form."""
    routes = [route for calls in subjects for route in calls.routes(PREFIX)]
    return [*routes, web.route("*", f"{PREFIX}/{{path:.*}}", _unknown)]


async def _unknown(request: web.Request) -> web.Response:
    return failure(404, f"no control call {request.method} {request.path}", "path")
