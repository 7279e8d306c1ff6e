"""Errors of the HTTP port: in JSON for control calls and pages, in the form of the Route 53 API for everything else."""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from dnsemu.runtime.limits import Limit, Reached

CONTROL = "/dnsemu"
"""Every path below is one of control calls."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


def failure(status: int, what: str, where: str = "", rule: str = "") -> web.Response:
    """Write an error reply: what was refused, where, and the rule id if there is one."""
    return web.json_response({"error": {"what": what, "where": where, "rule": rule}}, status=status)


class Refuse(Protocol):
    """Writes an error reply in the form of the API that the request is for."""

    def __call__(self, request: web.Request, status: int, what: str, where: str = "") -> web.Response:
        """Returns the reply: what was refused, and where."""


def in_the_apis_form(xml: Callable[[web.Request, int, str], web.Response], pages: Collection[str]) -> Refuse:
    """Writes errors in JSON below `/dnsemu` and for pages, and through `xml` for every other path.

    A path without a route counts as one of the Route 53 API, because AWS clients cannot read anything but XML.
    """

    def refuse(request: web.Request, status: int, what: str, where: str = "") -> web.Response:
        if request.path in pages or f"{request.path}/".startswith(f"{CONTROL}/"):
            return failure(status, what, where)
        return xml(request, status, what)

    return refuse


def errors_as_replies(refuse: Refuse, limits: Reached, pages: Collection[str] = ()) -> Middleware:
    """Turns every error into a reply, aiohttp's own errors too, except for pages; logs internal errors."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPClientError as refusal:
            if refusal.status == 413:
                limits[Limit.HTTP_BODY_BYTES] += 1
            if request.path in pages:
                raise
            return refuse(request, refusal.status, refusal.reason.lower(), "body" if refusal.status == 413 else "")
        except (web.HTTPException, web.RequestPayloadError, ConnectionError):  # the last two: the client disconnected
            raise
        except Exception:
            log.exception("a call failed", method=request.method, path=request.path)
            return refuse(request, 500, "the server failed; its log says how")

    return middleware
