"""HealthCheckConfig ↔ health check: the normal form of a config, and conversion from and to the declared check."""

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
_SWITCH_DEFAULTS = {"Inverted": False, "Disabled": False}
_ENDPOINT_DEFAULTS = {"MeasureLatency": False, "RequestInterval": 30, "FailureThreshold": 3}


def normalized(sent: Mapping[str, Any]) -> Config:
    """Returns a config in normal form, in which it is shown, stored and compared: with defaults and tidy values (H97).

    Empty members count as absent (H17a). Defaults are `Inverted` and `Disabled` of every type, and the other switches,
    the interval and the threshold of endpoints. A port, Regions and members of other types get none (H10, H14, H17).
    """
    config = {name: value for name, value in sent.items() if value not in ("", [])}
    type_ = config["Type"] = config["Type"].upper()
    defaults: Config = dict(_SWITCH_DEFAULTS)
    if type_ in _ENDPOINT_TYPES:
        defaults |= _ENDPOINT_DEFAULTS | {"EnableSNI": type_.startswith("HTTPS")}
    for name, normalize in _NORMALIZERS.items():
        if name in config:
            config[name] = normalize(config[name])
    return defaults | config


def _path(path: str) -> str:
    """Adds the leading slash if it is missing (H12)."""
    return path if path.startswith("/") else f"/{path}"


def _address(text: str) -> str:
    """Writes an IPv6 address in eight groups without leading zeros (H16); other text stays as it is."""
    try:
        address = ip_address(text)
    except ValueError:
        return text  # `from_api` refuses it
    if not isinstance(address, IPv6Address) or address.scope_id:
        return text
    return ":".join(f"{int(group, 16):x}" for group in address.packed.hex(":", 2).split(":"))


def _children(ids: list[str]) -> list[str]:
    return [bare_id(check_id) for check_id in ids]


_NORMALIZERS: Mapping[str, Callable[[Any], Any]] = {
    "ResourcePath": _path,
    "IPAddress": _address,
    "ChildHealthChecks": _children,
}


# --- from the API ---


def from_api(check_id: HealthCheckId, config: Mapping[str, Any]) -> HealthCheck:
    """Returns the health check that a config declares.

    Raises:
        InvalidInput: in Route 53's words, about the first field or pair of fields that is wrong (H4–H34).
    """
    shape, faults = validate(HealthCheckShape, {"id": check_id, **config})
    for fault in faults if shape is None else problems(shape):
        raise InvalidInput(fault.message)
    assert shape is not None
    return convert(shape)


def with_file_settings(after: CheckConfig, before: CheckConfig) -> CheckConfig:
    """Returns an updated config with the settings that only a file has: exact interval (H11), alarm (H91)."""
    if isinstance(before, EndpointCheck) and isinstance(after, EndpointCheck):
        return replace(after, request_interval_s=before.request_interval_s)
    if isinstance(before, MetricCheck) and isinstance(after, MetricCheck):
        is_same_alarm = (before.alarm_region, before.alarm_name) == (after.alarm_region, after.alarm_name)
        return replace(after, configuration=before.configuration if is_same_alarm else None)
    return after


# --- to the API ---


def to_api(check: HealthCheck) -> Config:
    """Returns the config that declares a check; its interval in whole seconds, as the model has it."""
    config = {"Inverted": check.inverted, "Disabled": check.disabled} | _kind_to_api(check.config)
    return normalized({name: value for name, value in config.items() if value is not None})


def _kind_to_api(config: CheckConfig) -> Config:
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


def alarm_to_api(alarm: AlarmConfiguration) -> dict[str, Any]:
    """Returns a CloudWatchAlarmConfiguration (H89)."""
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
