"""Control calls that set CloudWatch alarms and routing controls, which health checks without probes follow."""

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.health_json import check_json, signal_json
from dnsemu.api.json_bodies import BadBody, as_json, body_of, optional_text_in, text_in
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.verdict.signals import (
    Alarm,
    AlarmState,
    ControlState,
    NoSuchSource,
    RoutingControl,
    SignalSource,
    SignalState,
    source_of,
)

_ALARM = '{"name": "high-latency", "region": "us-east-1", "state": "ALARM"}, OK or INSUFFICIENT_DATA'
_CONTROL = '{"arn": "arn:aws:route53-recovery-control::…", "state": "Off"} or On'


class NoSuchAlarm(Exception):
    """No health check follows an alarm of that name, in any Region."""


class SignalCalls:
    """Answers `GET signals`, `POST alarms` and `POST routing-controls`."""

    def __init__(self, monitor: HealthMonitor) -> None:
        self._monitor = monitor

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [
            web.get(f"{prefix}/signals", self._signals),
            web.post(f"{prefix}/alarms", self._alarm),
            web.post(f"{prefix}/routing-controls", self._routing_control),
        ]

    async def _signals(self, _request: web.Request) -> web.Response:
        signals = self._monitor.signals()
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
        signals = self._monitor.signals()
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

    def _signal(self, source: SignalSource, state: SignalState, field: str, rule: str) -> web.Response:
        monitor = self._monitor
        try:
            monitor.set_signal(source, state)
        except NoSuchSource as missing:
            return failure(404, str(missing), field, rule)
        followers = [check_state for check_state in monitor.states() if source_of(check_state.check.config) == source]
        return as_json(
            signal_json(source, state)
            | {"health_checks": [check_json(check_state, monitor) for check_state in followers]}
        )
