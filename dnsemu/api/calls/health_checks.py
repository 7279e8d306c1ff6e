"""Control calls about one health check: its status, a probe at once, a result recorded by hand."""

from typing import Any

from aiohttp import web

from dnsemu.api.calls.events import event_json
from dnsemu.api.errors import failure
from dnsemu.api.health_json import check_json
from dnsemu.api.json_bodies import BadBody, as_json, body_of, optional_text_in
from dnsemu.clock.clock import Clock
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.monitor import HealthMonitor, NoSuchChecker, ProbesAreOff
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import ProbeResult
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from dnsemu.runtime.logs import timestamp

MAX_REASON_CHARACTERS = 255
MAX_EVENTS_SHOWN = 20

_OBSERVE = '{"success": false, "reason": "made up", "region": "us-east-1"}'
_PROBE = '{"region": "us-east-1"} or {}'


class HealthCheckCalls:
    """Answers `GET health-checks/{id}`, and `POST` of `probe` and `observe` below it."""

    def __init__(self, monitor: HealthMonitor, history: History, clock: Clock) -> None:
        self._monitor = monitor
        self._history = history
        self._clock = clock

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        check = f"{prefix}/health-checks/{{id}}"
        return [
            web.get(check, self._one),
            web.post(f"{check}/probe", self._probe),
            web.post(f"{check}/observe", self._observe),
        ]

    async def _one(self, request: web.Request) -> web.Response:
        try:
            return as_json(self.shown(check_id_of(request, self._monitor)))
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", missing.rule)

    async def _probe(self, request: web.Request) -> web.Response:
        try:
            check_id = check_id_of(request, self._monitor)
            body = await body_of(request, _PROBE, ("region",)) if request.can_read_body else {}
            await self._monitor.probe_now(check_id, optional_text_in(body, "region", _PROBE))
        except BadBody as bad:
            return bad.reply
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", missing.rule)
        except (NoSuchChecker, ProbesAreOff) as refusal:
            return failure(400, str(refusal), "region" if isinstance(refusal, NoSuchChecker) else "id")
        return as_json(self.shown(check_id))

    async def _observe(self, request: web.Request) -> web.Response:
        try:
            check_id = check_id_of(request, self._monitor)
            body = await body_of(request, _OBSERVE, ("success", "reason", "region"))
            success = body.get("success")
            if not isinstance(success, bool):
                raise BadBody(f"write for example {_OBSERVE}", "success")
            reason = optional_text_in(body, "reason", _OBSERVE) or "as told by a control call"
            if len(reason) > MAX_REASON_CHARACTERS:
                raise BadBody(f"write at most {MAX_REASON_CHARACTERS} characters", "reason")
            region = optional_text_in(body, "region", _OBSERVE)
            self._monitor.record_result(check_id, ProbeResult(success, reason), region)
        except BadBody as bad:
            return bad.reply
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", missing.rule)
        except NoSuchChecker as refusal:
            return failure(400, str(refusal), "region")
        return as_json(self.shown(check_id))

    def shown(self, check_id: HealthCheckId) -> dict[str, Any]:
        """The health check as plain data, with its newest events.

        Raises:
            UnknownHealthCheck: there is none of this id.
        """
        events = self._history.of(check_id, MAX_EVENTS_SHOWN)
        check = check_json(self._monitor.state(check_id), self._monitor)
        return check | {
            "time": timestamp(self._clock.now()),
            "history": [event_json(self._history, event) for event in events],
        }


def check_id_of(request: web.Request, monitor: HealthMonitor) -> HealthCheckId:
    """The health check that a request's path names, by id or by name.

    Raises:
        UnknownHealthCheck: there is none, or several have the name.
    """
    return monitor.find(request.match_info["id"])
