"""Control calls about health checks: forced statuses, probes on demand, what they follow, cut-off checkers."""

from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.events import event_json
from dnsemu.api.health_json import blocked_json, check_json, rule_json, signal_json
from dnsemu.api.json_calls import BadBody, as_json, body_of, optional_text_in, text_in
from dnsemu.api.running import Running
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.shapes.health_checkers import parse_blocked
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.times import parse_time
from dnsemu.faults.force_rules import ForceRule, Pattern, PatternKind, parse_pattern
from dnsemu.faults.forced_statuses import NothingMeant
from dnsemu.healthcheck.monitor import NoSuchChecker, ProbesAreOff
from dnsemu.healthcheck.verdict.ledger import UnknownHealthCheck
from dnsemu.healthcheck.verdict.observation import Outcome
from dnsemu.healthcheck.verdict.signals import (
    Alarm,
    AlarmState,
    ControlState,
    NoSuchSource,
    RoutingControl,
    Source,
    State,
    source_of,
)
from dnsemu.runtime.logs import timestamp

STATUSES = {"healthy": "healthy", "unhealthy": "unhealthy", "auto": None}
MAX_REASON_CHARACTERS = 255
EVENTS_OF_ONE = 20

_FORCE_ONE = '{"status": "unhealthy"}, healthy or auto, and "for": "10m" if it is to end'
_FORCE = '{"pattern": "web-*", "status": "unhealthy", "for": "10m"}'
_ALARM = '{"name": "high-latency", "region": "us-east-1", "state": "ALARM"}, OK or INSUFFICIENT_DATA'
_CONTROL = '{"arn": "arn:aws:route53-recovery-control::…", "state": "Off"} or On'
_OBSERVE = '{"success": false, "reason": "made up", "region": "us-east-1"}'
_PROBE = '{"region": "us-east-1"} or {}'
_BLOCK = '{"from": "sa-east-1", "to": "10.1.0.0/16"}'


class NoSuchAlarm(Exception):
    """No health check follows an alarm of that name, in any Region."""


class HealthCalls:
    """Handlers for one application; `routes` has them all."""

    def __init__(self, application: Running) -> None:
        self._application = application

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call about health checks."""
        check = f"{prefix}/health-checks/{{id}}"
        return [
            web.get(check, self._one),
            web.post(f"{check}/force", self._force_one),
            web.post(f"{check}/probe", self._probe),
            web.post(f"{check}/observe", self._observe),
            web.get(f"{prefix}/force", self._rules),
            web.post(f"{prefix}/force", self._force),
            web.get(f"{prefix}/signals", self._signals),
            web.post(f"{prefix}/alarms", self._alarm),
            web.post(f"{prefix}/routing-controls", self._routing_control),
            web.get(f"{prefix}/health-checkers", self._checkers),
            web.post(f"{prefix}/health-checkers/block", self._block),
            web.post(f"{prefix}/health-checkers/unblock", self._unblock),
        ]

    def _told(self, check_id: HealthCheckId) -> dict[str, Any]:
        app = self._application
        events = app.history.of(check_id, EVENTS_OF_ONE)
        told = check_json(app.monitor.entry(check_id), app.monitor)
        return told | {
            "time": timestamp(app.clock.now()),
            "history": [event_json(app.history, event) for event in events],
        }

    async def _one(self, request: web.Request) -> web.Response:
        try:
            return as_json(self._told(_id(request)))
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", "H103")

    # --- forced statuses ---

    async def _force_one(self, request: web.Request) -> web.Response:
        check_id = _id(request)
        try:
            body = await body_of(request, _FORCE_ONE, ("status", "for", "until"))
            rule = self._rule(Pattern(PatternKind.CHECK, check_id), body, _FORCE_ONE)
            self._application.monitor.entry(check_id)
            self._application.forcing.force(rule)
        except BadBody as bad:
            return bad.reply
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", "H103")
        return as_json(self._told(check_id))

    async def _force(self, request: web.Request) -> web.Response:
        try:
            body = await body_of(request, _FORCE, ("pattern", "status", "for", "until"))
            pattern = _pattern(text_in(body, "pattern", _FORCE))
            meant = self._application.forcing.force(self._rule(pattern, body, _FORCE))
        except BadBody as bad:
            return bad.reply
        except NothingMeant as nothing:
            return failure(404, str(nothing), "pattern")
        monitor = self._application.monitor
        checks = [check_json(monitor.entry(check_id), monitor) for check_id in sorted(meant)]
        return as_json({"rules": self._all_rules(), "health_checks": checks})

    async def _rules(self, _request: web.Request) -> web.Response:
        return as_json({"rules": self._all_rules(), "faults": list(map(str, self._application.force_file.errors))})

    def _all_rules(self) -> list[dict[str, Any]]:
        forcing = self._application.forcing
        return [
            *(rule_json(rule, "file") for rule in forcing.from_file),
            *(rule_json(rule, "call") for rule in forcing.called),
        ]

    def _rule(self, pattern: Pattern, body: dict[str, Any], example: str) -> ForceRule:
        status = text_in(body, "status", example)
        if status not in STATUSES:
            raise BadBody(f"'{status}' is no status: write healthy, unhealthy or auto", "status")
        now = self._application.clock.now()
        duration, time = optional_text_in(body, "for", example), optional_text_in(body, "until", example)
        until = None
        try:
            if duration is not None:
                until = now + parse_duration(duration)
            elif time is not None:
                until = parse_time(time)
        except ValueError as bad:
            raise BadBody(str(bad), "for" if duration is not None else "until") from None
        if duration is not None and time is not None:
            raise BadBody("for and until exclude each other", "until")
        if until is not None and until <= now:
            raise BadBody("that is over already: write a time to come", "for" if duration is not None else "until")
        return ForceRule(pattern, STATUSES[status], until)

    # --- probes and observations on demand ---

    async def _probe(self, request: web.Request) -> web.Response:
        check_id = _id(request)
        try:
            body = await body_of(request, _PROBE, ("region",)) if request.can_read_body else {}
            await self._application.monitor.probe_now(check_id, optional_text_in(body, "region", _PROBE))
        except BadBody as bad:
            return bad.reply
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", "H103")
        except (NoSuchChecker, ProbesAreOff) as refusal:
            return failure(400, str(refusal), "region" if isinstance(refusal, NoSuchChecker) else "id")
        return as_json(self._told(check_id))

    async def _observe(self, request: web.Request) -> web.Response:
        check_id = _id(request)
        try:
            body = await body_of(request, _OBSERVE, ("success", "reason", "region"))
            success = body.get("success")
            if not isinstance(success, bool):
                raise BadBody(f"write for example {_OBSERVE}", "success")
            reason = optional_text_in(body, "reason", _OBSERVE) or "as told by a control call"
            if len(reason) > MAX_REASON_CHARACTERS:
                raise BadBody(f"write at most {MAX_REASON_CHARACTERS} characters", "reason")
            region = optional_text_in(body, "region", _OBSERVE)
            self._application.monitor.observe(check_id, Outcome(success, reason), region)
        except BadBody as bad:
            return bad.reply
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", "H103")
        except NoSuchChecker as refusal:
            return failure(400, str(refusal), "region")
        return as_json(self._told(check_id))

    # --- alarms and routing controls ---

    async def _signals(self, _request: web.Request) -> web.Response:
        signals = self._application.monitor.signals()
        alarms = {source: state for source, state in signals.items() if isinstance(source, Alarm)}
        controls = {source: state for source, state in signals.items() if isinstance(source, RoutingControl)}
        return as_json(
            {
                "alarms": [signal_json(source, state) for source, state in alarms.items()],
                "routing_controls": [signal_json(source, state) for source, state in controls.items()],
            }
        )

    async def _alarm(self, request: web.Request) -> web.Response:
        try:
            body = await body_of(request, _ALARM, ("name", "region", "state"))
            name, state = text_in(body, "name", _ALARM), text_in(body, "state", _ALARM)
            if state not in {known.value for known in AlarmState}:
                raise BadBody(f"'{state}' is no state of an alarm: write OK, ALARM or INSUFFICIENT_DATA", "state")
            alarm = self._alarm_named(name, optional_text_in(body, "region", _ALARM))
        except BadBody as bad:
            return bad.reply
        except NoSuchAlarm as missing:
            return failure(404, str(missing), "name", "H87")
        return self._signal(alarm, AlarmState(state), "name", "H87")

    async def _routing_control(self, request: web.Request) -> web.Response:
        try:
            body = await body_of(request, _CONTROL, ("arn", "state"))
            arn, state = text_in(body, "arn", _CONTROL), text_in(body, "state", _CONTROL)
            if state.capitalize() not in {known.value for known in ControlState}:
                raise BadBody(f"'{state}' is no state of a routing control: write On or Off", "state")
        except BadBody as bad:
            return bad.reply
        return self._signal(RoutingControl(arn), ControlState(state.capitalize()), "arn", "H93")

    def _alarm_named(self, name: str, region: str | None) -> Alarm:
        """The alarm of that name; in which Region need only be said where several have one."""
        signals = self._application.monitor.signals()
        alarms = [source for source in signals if isinstance(source, Alarm) and source.name == name]
        if region is None and len(alarms) > 1:
            regions = ", ".join(sorted(alarm.region for alarm in alarms))
            raise BadBody(f"several Regions have an alarm {name}: write one of {regions}", "region")
        if region is not None:
            return Alarm(region, name)
        if not alarms:
            known = ", ".join(sorted({source.name for source in signals if isinstance(source, Alarm)})) or "none"
            raise NoSuchAlarm(f"no health check follows an alarm {name}; those that are followed: {known}")
        return alarms[0]

    def _signal(self, source: Source, state: State, field: str, rule: str) -> web.Response:
        monitor = self._application.monitor
        try:
            monitor.signal(source, state)
        except NoSuchSource as missing:
            return failure(404, str(missing), field, rule)
        followers = [entry for entry in monitor.entries() if source_of(entry.check.config) == source]
        return as_json(
            signal_json(source, state) | {"health_checks": [check_json(entry, monitor) for entry in followers]}
        )

    # --- cut-off checkers ---

    async def _checkers(self, _request: web.Request) -> web.Response:
        return as_json(self._fleet())

    async def _block(self, request: web.Request) -> web.Response:
        try:
            self._application.partitions.block(await _blocked(request))
        except BadBody as bad:
            return bad.reply
        return as_json(self._fleet())

    async def _unblock(self, request: web.Request) -> web.Response:
        try:
            blocked = await _blocked(request)
        except BadBody as bad:
            return bad.reply
        if not self._application.partitions.unblock(blocked):
            declared = blocked in self._application.partitions.declared
            what = "the file says so; change it there" if declared else "no call blocks that path"
            return failure(404, what, "from")
        return as_json(self._fleet())

    def _fleet(self) -> dict[str, Any]:
        fleet = self._application.board.current.world.health_checkers
        partitions = self._application.partitions
        return {
            "regions": list(fleet.regions),
            "per_region": fleet.per_region,
            "probes": fleet.probes.value,
            "strict_addresses": fleet.strict_addresses,
            "blocked": [
                *(blocked_json(blocked, "file") for blocked in partitions.declared),
                *(blocked_json(blocked, "call") for blocked in partitions.called),
            ],
        }


def _id(request: web.Request) -> HealthCheckId:
    return HealthCheckId(request.match_info["id"])


def _pattern(text: str) -> Pattern:
    try:
        return parse_pattern(text)
    except ValueError as bad:
        raise BadBody(str(bad), "pattern") from None


async def _blocked(request: web.Request) -> Any:
    body = await body_of(request, _BLOCK, ("from", "to"))
    try:
        return parse_blocked(text_in(body, "from", _BLOCK), optional_text_in(body, "to", _BLOCK))
    except ValueError as bad:
        raise BadBody(str(bad), "from") from None
