"""Control calls that make endpoints fail on purpose, and heal them."""

from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import BadBody, as_json, body_of, optional_text_in, text_in
from dnsemu.faults.endpoint_faults import EndpointFaults, NothingFails, failing_text, parse_failing
from dnsemu.faults.forced_statuses import NothingMatches
from dnsemu.faults.patterns import Pattern, parse_pattern
from dnsemu.faults.unchecked import unchecked_text
from dnsemu.healthcheck.probes.simulated import Endpoints

EXAMPLE = '{"pattern": "region:us-east-1", "how": "refuse"}'


HEAL_EXAMPLE = '{"pattern": "region:us-east-1"} or {}'


class EndpointFaultCalls:
    """Answers `GET` and `POST` of `endpoint-faults`, and `POST endpoint-faults/heal`."""

    def __init__(self, faults: EndpointFaults, endpoints: Endpoints) -> None:
        self._faults = faults
        self._endpoints = endpoints

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        path = f"{prefix}/endpoint-faults"
        return [web.get(path, self._read), web.post(path, self._fail), web.post(f"{path}/heal", self._heal)]

    async def _read(self, _request: web.Request) -> web.Response:
        return as_json(self._shown())

    async def _fail(self, request: web.Request) -> web.Response:
        """Makes the endpoints that a pattern matches fail."""
        try:
            body = await body_of(request, EXAMPLE, ("pattern", "how"))
            pattern = _pattern(text_in(body, "pattern", EXAMPLE))
            how = parse_failing(body.get("how", "refuse"))
            contents = self._faults.fail(pattern, how)
        except BadBody as bad:
            return bad.reply
        except ValueError as bad:
            return BadBody(str(bad), "how").reply
        except NothingMatches as nothing:
            return failure(404, str(nothing), "pattern")
        return as_json(self._shown() | {"warning": unchecked_text(pattern, contents.unchecked) or None})

    async def _heal(self, request: web.Request) -> web.Response:
        """Heals everything, or the endpoints that a pattern matches."""
        try:
            body = await body_of(request, HEAL_EXAMPLE, ("pattern",))
            pattern = optional_text_in(body, "pattern", HEAL_EXAMPLE)
            if pattern is None:
                self._faults.end_all()
            else:
                self._faults.heal(_pattern(pattern))
        except BadBody as bad:
            return bad.reply
        except NothingFails as nothing:
            return failure(404, str(nothing), "pattern")
        return as_json(self._shown())

    def _shown(self) -> dict[str, Any]:
        faults = [
            {"pattern": str(fault.pattern), "how": failing_text(fault.how) if fault.how else None}
            for fault in self._faults.faults
        ]
        failing = {check_id: failing_text(how) for check_id, how in sorted(self._endpoints.failing.items())}
        return {"is_simulated": self._endpoints.is_simulated, "faults": faults, "failing": failing}


def _pattern(text: str) -> Pattern:
    try:
        return parse_pattern(text)
    except ValueError as bad:
        raise BadBody(str(bad), "pattern") from None
