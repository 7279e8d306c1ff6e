"""Health checks as plain data, for `status` and the health calls; times are ISO 8601 in UTC."""

from typing import Any

from dnsemu.config import names
from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheckId, MetricCheck, RecoveryCheck
from dnsemu.config.model.resources import Resource, Target, is_target_id
from dnsemu.faults.force_rules import ForceRule
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.verdict.check_state import CheckerState, HealthCheckState, Overlay
from dnsemu.healthcheck.verdict.results import Observation
from dnsemu.healthcheck.verdict.signals import Alarm, SignalSource, SignalState
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from dnsemu.runtime.logs import timestamp

_TYPES = {CalculatedCheck: "CALCULATED", MetricCheck: "CLOUDWATCH_METRIC", RecoveryCheck: "RECOVERY_CONTROL"}


def check_json(check_state: HealthCheckState, monitor: HealthMonitor) -> dict[str, Any]:
    """One health check with all its checkers."""
    config = check_state.check.config
    healthy, reporting = check_state.votes
    overlay = check_state.overlay
    return {
        "id": check_state.check.id,
        "name": check_state.check.name,
        "type": config.type.value if isinstance(config, EndpointCheck) else _TYPES[type(config)],
        "endpoint": endpoint_of(config) if isinstance(config, EndpointCheck) else None,
        "status": check_state.status.value,
        "since": timestamp(check_state.since),
        "observed": check_state.observed.value,
        "forced": overlay.status.value if overlay else None,
        "forced_by": overlay.by if overlay else None,
        "forced_until": timestamp(overlay.until) if overlay and overlay.until is not None else None,
        "inverted": check_state.check.inverted,
        "disabled": check_state.check.disabled,
        "signal": check_state.signal.value if check_state.signal else None,
        "checkers_healthy": healthy,
        "checkers_reporting": reporting,
        "summary": check_state.summary,
        "checkers": [_checker_json(check_state, state, monitor) for state in check_state.checkers.values()],
    }


def endpoint_of(config: EndpointCheck) -> str:
    """The probed endpoint in one line."""
    host = config.ip_address or config.fully_qualified_domain_name or ""
    where = f"{f'[{host}]' if ':' in host else host}:{config.effective_port}"
    return f"{where}{config.resource_path or '/'}" if config.type.is_http else where


def rule_json(rule: ForceRule, by: str, warning: str | None) -> dict[str, Any]:
    """One forced status; `by` is `file` or `call`."""
    until = None if rule.until is None else timestamp(rule.until)
    return {
        "pattern": str(rule.pattern),
        "status": rule.status or "auto",
        "until": until,
        "by": by,
        "warning": warning,
    }


def target_json(resource: Resource, target: Target, overlay: Overlay | None) -> dict[str, Any]:
    """A target without a health check, and the status that it is forced to with its failure domain."""
    return {
        "resource": names.display(resource.name),
        "target": str(target),
        "availability_zone": target.availability_zone,
        "forced": overlay.status.value if overlay else None,
        "forced_by": overlay.by if overlay else None,
        "forced_until": timestamp(overlay.until) if overlay and overlay.until is not None else None,
    }


def blocked_json(blocked: BlockedPath, by: str) -> dict[str, Any]:
    """One blocked path; `by` is `file` or `call`."""
    return {"from": blocked.checkers, "to": str(blocked.network) if blocked.network else None, "by": by}


def signal_json(source: SignalSource, state: SignalState | None) -> dict[str, Any]:
    """An alarm or a routing control, with its last state."""
    value = state.value if state else None
    if isinstance(source, Alarm):
        return {"region": source.region, "name": source.name, "state": value}
    return {"arn": source.arn, "state": value}


def _checker_json(check_state: HealthCheckState, state: CheckerState, monitor: HealthMonitor) -> dict[str, Any]:
    next_probe = monitor.next_probe(check_state.check.id, state.checker)
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
    """Describe a health check, or a target that its failure domain takes down, in one line, for explanations."""
    if is_target_id(check):
        overlay = monitor.target_overlay(check)
        return f"forced {overlay.status.value} by {overlay.by}" if overlay else "not forced"
    try:
        check_state = monitor.state(check)
        return f"{check_state.summary}, since {timestamp(check_state.since)[11:19]}"
    except UnknownHealthCheck:
        return "not declared, so taken as healthy"
