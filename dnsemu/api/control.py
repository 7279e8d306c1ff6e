"""The control API: what each command of the command line is a client of (JSON under `/dnsemu/v1/`)."""

import asyncio

from aiohttp import web

from dnsemu import __version__
from dnsemu.api.clock import ClockCalls, clock_json
from dnsemu.api.datapoints import Datapoints
from dnsemu.api.errors import failure
from dnsemu.api.events import Events
from dnsemu.api.health import HealthCalls
from dnsemu.api.health_json import check_json
from dnsemu.api.injections import InjectionCalls
from dnsemu.api.json_calls import as_json
from dnsemu.api.running import Running
from dnsemu.api.state import StateCalls
from dnsemu.api.what_if import WhatIf
from dnsemu.config import names
from dnsemu.explain.questions import BadQuestion, explain_question
from dnsemu.explain.status import serving
from dnsemu.faults.api_errors import InjectedErrors
from dnsemu.policies.location.client import Client
from dnsemu.runtime.logs import timestamp

PREFIX = "/dnsemu/v1"
EXPLAIN_PARAMETERS = frozenset({"name", "type", "client", "place"})


class ControlApi:
    """Handlers of the control calls for one application."""

    def __init__(self, application: Running, injected: InjectedErrors) -> None:
        self._application = application
        self._injections = InjectionCalls(injected)
        self._clock = ClockCalls(application)
        self._events = Events(application.history)

    def routes(self) -> list[web.RouteDef]:
        """Every control call."""
        return [
            web.get(f"{PREFIX}/status", self._status),
            web.get(f"{PREFIX}/explain", self._explain),
            web.get(f"{PREFIX}/what-if", WhatIf(self._application.board).handle),
            web.get(f"{PREFIX}/clock", self._clock.read),
            web.post(f"{PREFIX}/clock", self._clock.change),
            web.get(f"{PREFIX}/history", self._events.list_events),
            web.get(f"{PREFIX}/events", self._events.stream),
            web.get(f"{PREFIX}/metrics", Datapoints(self._application).handle),
            *HealthCalls(self._application).routes(PREFIX),
            *StateCalls(self._application).routes(PREFIX),
            *self._injections.routes(PREFIX),
            web.route("*", f"{PREFIX}/{{path:.*}}", self._unknown),
        ]

    def close(self) -> None:
        """End what goes on until told to."""
        self._events.close()

    async def _status(self, _request: web.Request) -> web.Response:
        app = self._application
        published, health = app.board.current, app.health.current
        groups = []
        for group in serving(published, health, Client.at_place(published.locator.unlocated)):
            if group is None:
                await asyncio.sleep(0)
            else:
                groups.append(group)
        now = app.clock.now()
        status = {
            "version": __version__,
            "time": timestamp(now),
            "clock": clock_json(app.scheduler),
            "uptime_s": round(now - app.started_at, 3),
            "dns": [str(address) for address in app.ready.dns] if app.ready else [],
            "http": str(app.ready.http) if app.ready else None,
            "hosted_zones": [
                {"id": zone.id, "name": names.display(zone.name), "record_sets": len(zone.record_sets)}
                for zone in published.world.hosted_zones.values()
            ],
            "health_checks": [check_json(entry, app.monitor) for entry in app.monitor.entries()],
            "serving": groups,
            "faults": [str(error) for error in app.file_errors],
            "failures": app.failures,
            "workers": app.data_plane.rows(),
        }
        return as_json(status)

    async def _explain(self, request: web.Request) -> web.Response:
        unknown = set(request.query) - EXPLAIN_PARAMETERS
        if unknown:
            known = ", ".join(sorted(EXPLAIN_PARAMETERS))
            return failure(400, f"unknown parameter {sorted(unknown)[0]}; there are {known}", "query")
        if "client" in request.query and "place" in request.query:
            return failure(400, "client and place exclude each other: an address already has a place", "query")
        app = self._application
        try:
            return as_json(
                explain_question(
                    app.board.current, app.health.current, request.query, app.check_detail, app.responder.forward_to
                )
            )
        except BadQuestion as bad:
            return failure(400, str(bad), bad.field)

    async def _unknown(self, request: web.Request) -> web.Response:
        return failure(404, f"no control call {request.method} {request.path}", "path")
