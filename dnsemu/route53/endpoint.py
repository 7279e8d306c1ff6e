"""The Route 53 API over HTTP: reads a request, runs its operation, writes the response."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from uuid import uuid4

import structlog
from aiohttp import web

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.errors.requests import (
    AccessDenied,
    InternalFailure,
    InvalidInput,
    MalformedInput,
    ServiceUnavailable,
    Throttling,
    UnknownOperationException,
)
from dnsemu.config.model.settings import ApiSettings
from dnsemu.control.command_runner import CommandRunner
from dnsemu.faults.api_errors import InjectedErrors
from dnsemu.route53.bodies import BodyReader
from dnsemu.route53.not_implemented import refuse_operation, without_defaults
from dnsemu.route53.parsing import parse_in_steps
from dnsemu.route53.rendering import render, render_error, response_headers
from dnsemu.route53.routing import route
from dnsemu.route53.signature import Claim, claimed_signature, require_signature
from dnsemu.route53.validation import validate_in_steps
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.runtime.token_bucket import TokenBucket
from dnsemu.runtime.turns import in_turns
from dnsemu.store.store import StoreFailed

PREFIX = "/2013-04-01"
CONTENT_TYPE = "text/xml"

log = structlog.get_logger()


class ApiEndpoint:
    """Answers every request below `/2013-04-01`; no request makes it raise."""

    def __init__(
        self,
        command_runner: CommandRunner,
        settings: Callable[[], ApiSettings],
        injected: InjectedErrors,
        limits: Reached,
    ) -> None:
        """Answer from these.

        Args:
            settings: returns the present settings.
            limits: counts the bounds that requests reach.
        """
        self._command_runner = command_runner
        self._injected = injected
        self._settings = settings
        self._bucket = TokenBucket(monotonic)
        self._limits = limits
        self._bodies = BodyReader(limits)

    def routes(self) -> list[web.RouteDef]:
        """The one route that all operations share; the service model tells them apart (A1, A2)."""
        return [web.route("*", PREFIX + "{path:(/.*)?}", self.handle)]

    def refill(self) -> None:
        """Lets as many requests pass at once as the rate limit allows, as at the start."""
        self._bucket.refill()

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one request."""
        request_id = str(uuid4())
        try:
            return await self._answer(request, request_id)
        except ApiError as error:
            if error.limit:
                self._limits[Limit(error.limit)] += 1
            return _error_response(error, request_id)
        except StoreFailed as failed:
            log.error("a change could not be stored", error=str(failed), path=request.path)
            message = f"The change could not be stored, so it was not made: {failed}"
            return _error_response(ServiceUnavailable(message), request_id)
        except web.HTTPRequestEntityTooLarge:
            self._limits[Limit.HTTP_BODY_BYTES] += 1
            return _error_response(InvalidInput("The request body is too large."), request_id)
        except web.RequestPayloadError:
            message = "The request body is not encoded as its headers say."
            return _error_response(MalformedInput(message), request_id)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            log.exception("an operation failed", method=request.method, path=request.path)
            return _error_response(InternalFailure("The server failed; its log says how."), request_id)

    async def _answer(self, request: web.Request, request_id: str) -> web.Response:
        """Reads the body only if what comes before it is good: the signature's key and time, and the path."""
        settings = self._settings()
        path, _, query = request.raw_path.partition("?")
        claim = _claimed_signature(request, path, query, settings)
        found = route(request.method, path)
        if found is None:
            raise _unknown_operation(request)
        operation, path_parameters = found
        body = await self._bodies.read(request)
        if claim is not None:
            claim.verify(body)
        if not self._bucket.take(settings.rate_limit):
            raise Throttling
        self._injected.raise_next(operation.name)
        refuse_operation(operation)
        strict = settings.is_strict
        parse = parse_in_steps(operation, path_parameters, request.query, request.headers, body, strict=strict)
        validate = validate_in_steps(operation, await in_turns(parse), strict=strict)
        valid = without_defaults(operation, await in_turns(validate))
        response = await self._command_runner.run(operation.name, valid)
        return web.Response(
            status=operation.status,
            body=render(operation, response),
            headers=_headers(request_id) | response_headers(operation, response),
        )


def _claimed_signature(request: web.Request, path: str, query: str, settings: ApiSettings) -> Claim | None:
    """Returns the signature to verify with the body, if there are credentials."""
    if settings.credentials:
        headers = {name: ",".join(request.headers.getall(name)) for name in request.headers}
        return claimed_signature(dict(settings.credentials), request.method, path, query, headers, datetime.now(UTC))
    if settings.is_strict:
        require_signature(query, request.headers, datetime.now(UTC))
    return None


def refusal(request: web.Request, status: int, message: str) -> web.Response:
    """Writes the error of a request that no operation gets to see, such as one for another version of the API (A1)."""
    error: ApiError
    match status:
        case 403:
            error = AccessDenied(message)
        case 404:
            error = _unknown_operation(request)
        case 415:
            error = MalformedInput(message)
        case _ if status < 500:
            error = InvalidInput(message)
        case _:
            error = InternalFailure(message)
    return _error_response(error, str(uuid4()))


def _unknown_operation(request: web.Request) -> UnknownOperationException:
    is_outside = not request.path.startswith(f"{PREFIX}/")
    hint = f": operations are below {PREFIX}/" if is_outside else ""
    return UnknownOperationException(f"There is no operation {request.method} {request.path}{hint}")


def _error_response(error: ApiError, request_id: str) -> web.Response:
    return web.Response(status=error.status, body=render_error(error, request_id), headers=_headers(request_id))


def _headers(request_id: str) -> dict[str, str]:
    return {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": request_id, "x-amz-request-id": request_id}
