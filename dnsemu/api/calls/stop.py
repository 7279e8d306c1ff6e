"""The control call `stop`: ends the server as SIGTERM does."""

import os
from collections.abc import Callable

from aiohttp import web

from dnsemu.api.json_bodies import BadBody, as_json, body_of


class StopCalls:
    """Answers `POST stop`."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.post(f"{prefix}/stop", self._end)]

    async def _end(self, request: web.Request) -> web.Response:
        """Replies first; queued queries are still answered."""
        try:
            await body_of(request, "{}", ())
        except BadBody as bad:
            return bad.reply
        self._stop()
        return as_json({"stopping": True, "pid": os.getpid()})
