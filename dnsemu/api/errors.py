"""Errors of the control API: one JSON form for all of them."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


def failure(status: int, what: str, where: str = "", rule: str = "") -> web.Response:
    """Write an error reply: what was refused, where, and the rule id if there is one."""
    return web.json_response({"error": {"what": what, "where": where, "rule": rule}}, status=status)


def errors_as_json(prefix: str) -> Middleware:
    """Turns every error below a path prefix into the JSON form, aiohttp's own errors too; logs internal errors."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPClientError as refusal:
            if not request.path.startswith(f"{prefix}/"):
                raise
            return failure(refusal.status, refusal.reason.lower(), "body" if refusal.status == 413 else "")
        except (web.HTTPException, web.RequestPayloadError, ConnectionError):  # the last two: the client disconnected
            raise
        except Exception:
            log.exception("a call failed", method=request.method, path=request.path)
            return failure(500, "the server failed; its log says how")

    return middleware
