"""Health checks as plain data, for `status` and the health calls; times are ISO 8601 in UTC."""

from typing import Any

from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheckId, MetricCheck, RecoveryCheck
from dnsemu.faults.force_rules import ForceRule
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.verdict.check_state import CheckerState, HealthCheckState
from dnsemu.healthcheck.verdict.results import Observation
from dnsemu.healthcheck.verdict.signals import Alarm, SignalSource, SignalState
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from dnsemu.runtime.logs import timestamp

_TYPES = {CalculatedCheck: "CALCULATED", MetricCheck: "CLOUDWATCH_METRIC", RecoveryCheck: "RECOVERY_CONTROL"}


def check_json(entry: HealthCheckState, monitor: HealthMonitor) -> dict[str, Any]:
    """One health check with all its checkers."""
    config = entry.check.config
    healthy, reporting = entry.votes
    overlay = entry.overlay
    return {
        "id": entry.check.id,
        "type": config.type.value if isinstance(config, EndpointCheck) else _TYPES[type(config)],
        "endpoint": endpoint_of(config) if isinstance(config, EndpointCheck) else None,
        "status": entry.status.value,
        "since": timestamp(entry.since),
        "observed": entry.observed.value,
        "forced": overlay.status.value if overlay else None,
        "forced_by": overlay.by if overlay else None,
        "forced_until": timestamp(overlay.until) if overlay and overlay.until is not None else None,
        "inverted": entry.check.inverted,
        "disabled": entry.check.disabled,
        "signal": entry.signal.value if entry.signal else None,
        "checkers_healthy": healthy,
        "checkers_reporting": reporting,
        "summary": entry.summary,
        "checkers": [_checker_json(entry, state, monitor) for state in entry.checkers.values()],
    }


def endpoint_of(config: EndpointCheck) -> str:
    """The probed endpoint in one line."""
    host = config.ip_address or config.fully_qualified_domain_name or ""
    where = f"{f'[{host}]' if ':' in host else host}:{config.effective_port}"
    return f"{where}{config.resource_path or '/'}" if config.type.is_http else where


def rule_json(rule: ForceRule, by: str) -> dict[str, Any]:
    """One forced status; `by` is `file` or `call`."""
    until = None if rule.until is None else timestamp(rule.until)
    return {"pattern": str(rule.pattern), "status": rule.status or "auto", "until": until, "by": by}


def blocked_json(blocked: BlockedPath, by: str) -> dict[str, Any]:
    """One blocked path; `by` is `file` or `call`."""
    return {"from": blocked.checkers, "to": str(blocked.network) if blocked.network else None, "by": by}


def signal_json(source: SignalSource, state: SignalState | None) -> dict[str, Any]:
    """An alarm or a routing control, with its last state."""
    value = state.value if state else None
    if isinstance(source, Alarm):
        return {"region": source.region, "name": source.name, "state": value}
    return {"arn": source.arn, "state": value}


def _checker_json(entry: HealthCheckState, state: CheckerState, monitor: HealthMonitor) -> dict[str, Any]:
    next_probe = monitor.next_probe(entry.check.id, state.checker)
    return {
        "region": state.checker.region,
        "address": state.checker.address,
        "vote": "healthy" if state.streak.is_healthy else "unhealthy",
        "is_reporting": state.streak.is_reporting,
        "against": state.streak.opposite,
        "next_probe": None if next_probe is None else timestamp(next_probe),
        "last": _observation_json(state.last),
        "last_failure": _observation_json(state.last_failure),
    }


def _observation_json(observation: Observation | None) -> dict[str, Any] | None:
    if observation is None:
        return None
    phases = observation.result.phases
    return {
        "text": observation.text,
        "at": timestamp(observation.at),
        "connect_s": phases.connect_s,
        "tls_s": phases.tls_s,
        "first_byte_s": phases.first_byte_s,
    }


def check_detail(monitor: HealthMonitor, check: HealthCheckId) -> str:
    """Describe a health check in one line, for explanations."""
    try:
        entry = monitor.state(check)
        return f"{entry.summary}, since {timestamp(entry.since)[11:19]}"
    except UnknownHealthCheck:
        return "not declared, so taken as healthy"
