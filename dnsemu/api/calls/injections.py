"""Control calls that make the Route 53 API fail on purpose, to rehearse a client's retries."""

from typing import Any

from aiohttp import web

from dnsemu.api.json_bodies import BadBody, as_json, body_of, text_in
from dnsemu.faults.api_errors import ANY_OPERATION, InjectedErrors

EXAMPLE = '{"operation": "ChangeResourceRecordSets", "code": "Throttling", "times": 3}'


class InjectionCalls:
    """Answers `GET`, `POST` and `DELETE` of `api-errors`."""

    def __init__(self, injected: InjectedErrors) -> None:
        self._injected = injected

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        path = f"{prefix}/api-errors"
        return [web.get(path, self._read), web.post(path, self._add), web.delete(path, self._clear)]

    async def _read(self, _request: web.Request) -> web.Response:
        return as_json(self._shown())

    async def _add(self, request: web.Request) -> web.Response:
        try:
            body = await body_of(request, EXAMPLE, ("operation", "code", "times"))
            operation = text_in({"operation": ANY_OPERATION, **body}, "operation", EXAMPLE)
            times = body.get("times", 1)
            if not isinstance(times, int) or isinstance(times, bool):
                raise BadBody(f"write for example {EXAMPLE}", "times")
            self._injected.add(operation, text_in(body, "code", EXAMPLE), times)
        except BadBody as bad:
            return bad.reply
        except ValueError as bad:
            return BadBody(str(bad), "code").reply
        return as_json(self._shown())

    async def _clear(self, _request: web.Request) -> web.Response:
        self._injected.clear()
        return as_json(self._shown())

    def _shown(self) -> dict[str, Any]:
        pending = self._injected.pending
        return {"errors": [{"operation": one.operation, "code": one.code, "times": one.times} for one in pending]}
