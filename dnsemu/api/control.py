"""The control API: what each command of the command line is a client of (JSON under `/dnsemu/v1/`)."""

import json
from typing import Any

from aiohttp import web

from config import names
from config.world import CalculatedCheck, EndpointCheck, HealthCheckId, MetricCheck, RecoveryCheck
from dnsemu import __version__
from dnsemu.api.errors import failure
from dnsemu.api.what_if import WhatIf
from dnsemu.logs import timestamp
from dnsemu.questions import BadQuestion, explain_question
from dnsemu.running import Running
from dnsemu.status import serving
from healthcheck.ledger import CheckerState, Entry, NoSuchHealthCheck
from healthcheck.observation import Observation
from healthcheck.snapshot import Status
from policies.place import Client

PREFIX = "/dnsemu/v1"
EXPLAIN_PARAMETERS = frozenset({"name", "type", "client", "place"})
FORCED = {"healthy": Status.HEALTHY, "unhealthy": Status.UNHEALTHY, "auto": None}


class ControlApi:
    """Handlers of the control calls for one application."""

    def __init__(self, application: Running) -> None:
        self._application = application

    def routes(self) -> list[web.RouteDef]:
        """Every control call."""
        return [
            web.get(f"{PREFIX}/status", self._status),
            web.get(f"{PREFIX}/explain", self._explain),
            web.get(f"{PREFIX}/what-if", WhatIf(self._application.board).handle),
            web.post(f"{PREFIX}/health-checks/{{id}}/force", self._force),
            web.route("*", f"{PREFIX}/{{path:.*}}", self._unknown),
        ]

    async def _status(self, _request: web.Request) -> web.Response:
        return _json(self.status())

    def status(self) -> dict[str, Any]:
        """Everything the server can say about itself just now, as plain data."""
        app = self._application
        published = app.board.current
        now = app.clock.now()
        return {
            "version": __version__,
            "time": timestamp(now),
            "uptime_s": round(now - app.started_at, 3),
            "dns": [str(address) for address in app.ready.dns] if app.ready else [],
            "http": str(app.ready.http) if app.ready else None,
            "hosted_zones": [
                {"id": zone.id, "name": names.display(zone.name), "record_sets": len(zone.record_sets)}
                for zone in published.world.hosted_zones.values()
            ],
            "health_checks": [check_status(entry) for entry in app.monitor.entries()],
            "serving": list(serving(published, app.health.current, Client.somewhere(published.locator.unlocated))),
            "faults": [str(fault) for fault in app.faults],
            "failures": app.failures,
        }

    async def _explain(self, request: web.Request) -> web.Response:
        unknown = set(request.query) - EXPLAIN_PARAMETERS
        if unknown:
            known = ", ".join(sorted(EXPLAIN_PARAMETERS))
            return failure(400, f"unknown parameter {sorted(unknown)[0]}; there are {known}", "query")
        if "client" in request.query and "place" in request.query:
            return failure(400, "client and place exclude each other: an address already has a place", "query")
        app = self._application
        try:
            return _json(
                explain_question(
                    app.board.current, app.health.current, request.query, app.check_detail, app.responder.forward_to
                )
            )
        except BadQuestion as bad:
            return failure(400, str(bad), bad.field)

    async def _force(self, request: web.Request) -> web.Response:
        try:
            forced = FORCED[json.loads(await request.read())["status"]]
        except (ValueError, LookupError, TypeError, RecursionError):
            return failure(400, 'write {"status": "healthy"}, "unhealthy" or "auto"', "body")
        check = HealthCheckId(request.match_info["id"])
        try:
            self._application.monitor.force(check, forced)
        except NoSuchHealthCheck as missing:
            return failure(404, str(missing), "id", "H103")
        return _json(check_status(self._application.monitor.entry(check)))

    async def _unknown(self, request: web.Request) -> web.Response:
        return failure(404, f"no control call {request.method} {request.path}", "path")


_TYPES = {CalculatedCheck: "CALCULATED", MetricCheck: "CLOUDWATCH_METRIC", RecoveryCheck: "RECOVERY_CONTROL"}


def check_status(entry: Entry) -> dict[str, Any]:
    """One health check as `status` shows it; times are ISO 8601 in UTC."""
    config = entry.check.config
    healthy, reporting = entry.votes
    return {
        "id": entry.check.id,
        "type": config.type.value if isinstance(config, EndpointCheck) else _TYPES[type(config)],
        "endpoint": endpoint_of(config) if isinstance(config, EndpointCheck) else None,
        "status": entry.status.value,
        "since": timestamp(entry.since),
        "observed": entry.observed.value,
        "forced": entry.forced.value if entry.forced else None,
        "inverted": entry.check.inverted,
        "disabled": entry.check.disabled,
        "checkers_healthy": healthy,
        "checkers_reporting": reporting,
        "summary": entry.summary,
        "checkers": [_checker_status(state) for state in entry.checkers.values()],
    }


def endpoint_of(config: EndpointCheck) -> str:
    """What is probed, in one line."""
    host = config.ip_address or config.fully_qualified_domain_name or ""
    where = f"{f'[{host}]' if ':' in host else host}:{config.effective_port}"
    return f"{where}{config.resource_path or '/'}" if config.type.is_http else where


def _checker_status(state: CheckerState) -> dict[str, Any]:
    return {
        "region": state.checker.region,
        "address": state.checker.address,
        "vote": "healthy" if state.streak.is_healthy else "unhealthy",
        "is_reporting": state.streak.is_reporting,
        "against": state.streak.against,
        "last": _observation(state.last),
        "last_failure": _observation(state.last_failure),
    }


def _observation(observation: Observation | None) -> dict[str, Any] | None:
    if observation is None:
        return None
    phases = observation.outcome.phases
    return {
        "text": observation.text,
        "at": timestamp(observation.at),
        "connect_s": phases.connect_s,
        "tls_s": phases.tls_s,
        "first_byte_s": phases.first_byte_s,
    }


def _json(data: Any) -> web.Response:
    return web.json_response(data, dumps=lambda value: json.dumps(value, ensure_ascii=False))
