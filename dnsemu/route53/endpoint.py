"""The Route 53 API on HTTP: bytes in, an operation carried out, bytes out."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from aiohttp import web

from dnsemu.commands.context import Request, Response
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.errors.requests import (
    InternalFailure,
    InvalidInput,
    MalformedInput,
    ServiceUnavailable,
    UnknownOperationException,
)
from dnsemu.config.model.settings import ApiSettings
from dnsemu.control.command_runner import CommandRunner
from dnsemu.faults.api_errors import InjectedErrors
from dnsemu.route53.model import Operation
from dnsemu.route53.routing import route
from dnsemu.route53.signature import verify_signature
from dnsemu.route53.validation import validate
from dnsemu.route53.xml import parse, render, render_error, response_headers
from dnsemu.store.store import StoreFailed

PREFIX = "/2013-04-01"
CONTENT_TYPE = "text/xml"

log = structlog.get_logger()


class ApiEndpoint:
    """Answers every request below `/2013-04-01`; nothing that is sent makes it fail."""

    def __init__(
        self, command_runner: CommandRunner, settings: Callable[[], ApiSettings], injected: InjectedErrors
    ) -> None:
        self._command_runner = command_runner
        self._injected = injected
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        """The one route that all operations share; which one it is says the service model (A1, A2)."""
        return [web.route("*", PREFIX + "{path:(/.*)?}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        request_id = str(uuid4())
        try:
            body = await request.read()
            return await self._answer(request, body, request_id)
        except ApiError as error:
            return _error_response(error, request_id)
        except StoreFailed as failed:
            log.error("a change could not be kept", error=str(failed), path=request.path)
            message = f"The change could not be kept, so it did not happen: {failed}"
            return _error_response(ServiceUnavailable(message), request_id)
        except web.HTTPRequestEntityTooLarge:
            return _error_response(InvalidInput("The request body is too large."), request_id)
        except web.RequestPayloadError:
            message = "The request body is not encoded as its headers say."
            return _error_response(MalformedInput(message), request_id)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            log.exception("an operation failed", method=request.method, path=request.path)
            return _error_response(InternalFailure("The server failed; its log says how."), request_id)

    async def _answer(self, request: web.Request, body: bytes, request_id: str) -> web.Response:
        settings = self._settings()
        path, _, query = request.raw_path.partition("?")
        if settings.credentials:
            headers = {name: ",".join(request.headers.getall(name)) for name in request.headers}
            credentials = dict(settings.credentials)
            verify_signature(credentials, request.method, path, query, headers, body, datetime.now(UTC))
        found = route(request.method, path)
        if found is None:
            raise UnknownOperationException(f"There is no operation {request.method} {request.path}")
        operation, path_parameters = found
        self._injected.raise_next(operation.name)
        asked = parse(operation, path_parameters, request.query, request.headers, body, strict=settings.is_strict)
        response = await self._carry_out(operation, validate(operation, asked))
        return web.Response(
            status=operation.status,
            body=render(operation, response),
            headers=_headers(request_id) | response_headers(operation, response),
        )

    async def _carry_out(self, operation: Operation, asked: Request) -> Response:
        return await self._command_runner.carry_out(operation.name, asked)


def _error_response(error: ApiError, request_id: str) -> web.Response:
    return web.Response(status=error.status, body=render_error(error, request_id), headers=_headers(request_id))


def _headers(request_id: str) -> dict[str, str]:
    return {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
