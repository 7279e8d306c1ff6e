"""Health checks as the API spells them: how a config is kept and shown, and what it declares."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv6Address, ip_address
from typing import Any

from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.config.model.health_checks import (
    AlarmConfiguration,
    CalculatedCheck,
    CheckConfig,
    EndpointCheck,
    EndpointType,
    HealthCheck,
    HealthCheckId,
    InsufficientData,
    MetricCheck,
)
from dnsemu.config.rules.health_check import problems
from dnsemu.config.shapes.base import validate
from dnsemu.config.shapes.health_checks import HealthCheckShape, convert
from dnsemu.config.text.ids import bare_id

Config = dict[str, Any]
"""A HealthCheckConfig by the service model's names."""

_ENDPOINT_TYPES = frozenset(type_.value for type_ in EndpointType)
_SWITCHES = {"MeasureLatency": False, "Inverted": False, "Disabled": False}
_OF_ENDPOINTS = {"RequestInterval": 30, "FailureThreshold": 3}


def normal(sent: Mapping[str, Any]) -> Config:
    """A config as Route 53 shows it: with defaults and tidy values, which is also how it is kept and compared (H97).

    What is empty is taken for absent (H17a). Defaults come for the switches of every type, and for endpoints' interval
    and threshold; a port, Regions and what only other types have are never invented (H10, H14, H17).
    """
    config = {name: value for name, value in sent.items() if value not in ("", [])}
    type_ = config["Type"] = config["Type"].upper()
    defaults = _SWITCHES | {"EnableSNI": type_.startswith("HTTPS")}
    if type_ in _ENDPOINT_TYPES:
        defaults |= _OF_ENDPOINTS
    for name, spell in _SPELLED.items():
        if name in config:
            config[name] = spell(config[name])
    return defaults | config


def _path(path: str) -> str:
    """With the leading slash that may be missing (H12)."""
    return path if path.startswith("/") else f"/{path}"


def _address(text: str) -> str:
    """An IPv6 address in eight groups without leading zeros (H16); whatever else there is stays as it is."""
    try:
        address = ip_address(text)
    except ValueError:
        return text  # `declared` refuses it
    if not isinstance(address, IPv6Address) or address.scope_id:
        return text
    return ":".join(f"{int(group, 16):x}" for group in address.packed.hex(":", 2).split(":"))


def _children(ids: list[str]) -> list[str]:
    return [bare_id(check_id) for check_id in ids]


_SPELLED: Mapping[str, Callable[[Any], Any]] = {
    "ResourcePath": _path,
    "IPAddress": _address,
    "ChildHealthChecks": _children,
}


# --- from a config to what is declared ---


def declared(check_id: HealthCheckId, config: Mapping[str, Any]) -> HealthCheck:
    """The health check that a config declares.

    Raises:
        InvalidInput: in Route 53's words, about the first field or pair of fields that is wrong (H4–H34).
    """
    shape, faults = validate(HealthCheckShape, {"id": check_id, **config})
    for fault in faults if shape is None else problems(shape):
        raise InvalidInput(fault.message)
    assert shape is not None
    return convert(shape)


def carried_over(before: CheckConfig, after: CheckConfig) -> CheckConfig:
    """An updated config with what only a file can say: an interval of any length (H11), an alarm's settings (H91)."""
    if isinstance(before, EndpointCheck) and isinstance(after, EndpointCheck):
        return replace(after, request_interval_s=before.request_interval_s)
    if isinstance(before, MetricCheck) and isinstance(after, MetricCheck):
        follows_the_same = (before.alarm_region, before.alarm_name) == (after.alarm_region, after.alarm_name)
        return replace(after, configuration=before.configuration if follows_the_same else None)
    return after


# --- from what is declared to a config ---


def to_api(check: HealthCheck) -> Config:
    """The config that declares a check; its interval in whole seconds, as the model has it."""
    config = {"Inverted": check.inverted, "Disabled": check.disabled} | _of_its_kind(check.config)
    return normal({name: value for name, value in config.items() if value is not None})


def _of_its_kind(config: CheckConfig) -> Config:
    if isinstance(config, EndpointCheck):
        return {
            "Type": config.type.value,
            "IPAddress": config.ip_address,
            "Port": config.port,
            "ResourcePath": config.resource_path,
            "FullyQualifiedDomainName": config.fully_qualified_domain_name,
            "SearchString": config.search_string,
            "RequestInterval": max(1, round(config.request_interval_s)),
            "FailureThreshold": config.failure_threshold,
            "MeasureLatency": config.measure_latency,
            "EnableSNI": config.enable_sni,
            "Regions": list(config.regions),
        }
    if isinstance(config, CalculatedCheck):
        children = list(config.children)
        return {"Type": "CALCULATED", "HealthThreshold": config.health_threshold, "ChildHealthChecks": children}
    if isinstance(config, MetricCheck):
        insufficient = config.insufficient_data
        return {
            "Type": "CLOUDWATCH_METRIC",
            "AlarmIdentifier": {"Region": config.alarm_region, "Name": config.alarm_name},
            "InsufficientDataHealthStatus": insufficient.value
            if insufficient is not InsufficientData.LAST_KNOWN
            else None,
        }
    return {"Type": "RECOVERY_CONTROL", "RoutingControlArn": config.routing_control_arn}


def alarm_settings(alarm: AlarmConfiguration) -> dict[str, Any]:
    """A CloudWatchAlarmConfiguration (H89)."""
    settings: dict[str, Any] = {
        "EvaluationPeriods": alarm.evaluation_periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison_operator,
        "Period": alarm.period,
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": alarm.statistic,
    }
    dimensions = [{"Name": name, "Value": value} for name, value in alarm.dimensions]
    return settings | ({"Dimensions": dimensions} if dimensions else {})
