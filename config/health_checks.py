"""A health check as it is written: its shape, and how it becomes a `HealthCheck`."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from config import names
from config.faults import Problem
from config.names import BadName
from config.shape import Says, Shape, refuse, spelled
from config.world import (
    ALL_CHECKER_REGIONS,
    CalculatedCheck,
    CheckConfig,
    EndpointCheck,
    EndpointType,
    HealthCheck,
    HealthCheckId,
    InsufficientData,
    MetricCheck,
    RecoveryCheck,
)

CheckType = Literal[
    "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"
]
CheckerRegion = Literal[
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "sa-east-1",
]  # fmt: skip
CHECKER_REGIONS = Says("H14", "checker-region", f"health checkers' Regions: {', '.join(ALL_CHECKER_REGIONS)}")
MIN_REQUEST_INTERVAL_S = 0.1
MAX_CHILDREN = 256

_RESERVED = re.compile(r"[;/?:@=&]")
_ROUTING_CONTROL = re.compile(
    r"arn:aws[a-z-]*:route53-recovery-control:[^:]*:[^:]*:controlpanel/[^/]+/routingcontrol/.+"
)


class AlarmIdentifierShape(Shape):
    """The CloudWatch alarm that a metric check follows (H89)."""

    region: str
    name: str


class HealthCheckShape(Shape):
    """One health check, in a file or pasted from the API."""

    id: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$"),
        Says("H95", "check-id", "an id of 1 to 64 of 0-9 A-Z a-z . _ -"),
    ]  # fmt: skip
    type: Annotated[CheckType, Says("H1", "check-type", "one of HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, "
                                    "CALCULATED, CLOUDWATCH_METRIC, RECOVERY_CONTROL")]  # fmt: skip
    ip_address: Annotated[str | None, Says("H7", "check-address", "an IPv4 or IPv6 address")] = None
    fully_qualified_domain_name: Annotated[
        str | None, Field(max_length=255), Says("H9", "check-name", "a domain name")
    ] = None
    port: Annotated[int | None, Field(ge=1, le=65535), Says("H10", "check-port", "a whole number from 1 to 65535")] = (
        None
    )
    resource_path: Annotated[
        str | None, Field(max_length=255), Says("H12", "check-path", "a path of at most 255 characters")
    ] = None
    search_string: Annotated[
        str | None, Field(min_length=1, max_length=255), Says("H20", "search-string", "text of 1 to 255 characters")
    ] = None
    request_interval: Annotated[
        float | None, Field(ge=MIN_REQUEST_INTERVAL_S, le=86400),
        Says("H63", "request-interval", "a number of seconds from 0.1 to 86400"),
    ] = None  # fmt: skip
    failure_threshold: Annotated[
        int | None, Field(ge=1, le=10), Says("H64", "failure-threshold", "a whole number from 1 to 10")
    ] = None
    measure_latency: bool | None = None
    enable_sni: bool | None = None
    regions: Annotated[
        list[CheckerRegion] | None, Field(min_length=3, max_length=64),
        Says("H13", "checker-region", f"three or more of {', '.join(ALL_CHECKER_REGIONS)}"),
    ] = None  # fmt: skip
    inverted: bool = False
    disabled: bool = False
    child_health_checks: Annotated[
        list[str] | None, Field(max_length=MAX_CHILDREN), Says("H82", "children", "a list of at most 256 check ids")
    ] = None
    health_threshold: Annotated[
        int | None, Field(ge=0, le=MAX_CHILDREN), Says("H79", "health-threshold", "a whole number from 0 to 256")
    ] = None
    alarm_identifier: AlarmIdentifierShape | None = None
    insufficient_data_health_status: Annotated[
        Literal["Healthy", "Unhealthy", "LastKnownStatus"] | None,
        Says("H29", "insufficient-data", "Healthy, Unhealthy or LastKnownStatus"),
    ] = None  # fmt: skip
    routing_control_arn: Annotated[
        str | None, Field(min_length=1, max_length=255), Says("H33", "routing-control", "a routing control's ARN")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, data: Any) -> Any:
        """Take the fields out of the API's nested `health_check_config`, and drop what only describes the resource."""
        if not isinstance(data, dict):
            return data
        fields = spelled(data)
        for described in ("caller_reference", "health_check_version", "cloud_watch_alarm_configuration"):
            fields.pop(described, None)
        nested = fields.get("health_check_config")
        if isinstance(nested, dict):
            del fields["health_check_config"]
            fields = {**spelled(nested), **fields}
        return fields

    @field_validator("type", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        """Case does not matter in a check's type (H2)."""
        return value.upper() if isinstance(value, str) else value

    @field_validator("ip_address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        try:
            return str(ip_address(value)) if value is not None else None
        except ValueError:
            raise refuse("check-address", "H7", f"{value!r} is no address", "write an IPv4 or IPv6 address") from None

    @field_validator("fully_qualified_domain_name")
    @classmethod
    def _domain(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if _RESERVED.search(value):
            message = 'Invalid fully qualified domain name: It may not contain reserved characters of RFC1738 ";/?:@=&"'
            raise refuse("check-name", "H9", message, "write the name alone, without scheme, port and path")
        try:
            names.parse(value)
        except BadName as error:
            raise refuse("check-name", "H9", str(error), "write a domain name") from None
        return value

    @field_validator("resource_path")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        """A missing leading slash is added (H12)."""
        return f"/{value}" if value and not value.startswith("/") else value

    @field_validator("routing_control_arn")
    @classmethod
    def _arn(cls, value: str | None) -> str | None:
        if value is not None and not _ROUTING_CONTROL.fullmatch(value):
            wanted = "arn:aws:route53-recovery-control::ACCOUNT:controlpanel/ID/routingcontrol/ID"
            raise refuse("routing-control", "H33", f"{value!r} is no routing control's ARN", f"write {wanted}")
        return value

    @property
    def family(self) -> str:
        """Which of the four kinds of check it is: they differ in the fields they take."""
        return _FAMILIES.get(self.type, "endpoint")


_FAMILIES = {"CALCULATED": "calculated", "CLOUDWATCH_METRIC": "metric", "RECOVERY_CONTROL": "recovery"}


# --- which fields go together (H4–H34) ---

_EXCLUDED: dict[str, list[tuple[str, str, str]]] = {
    "calculated": [
        ("failure_threshold", "H21", "Calculated health checks must not have a failure threshold specified."),
        ("port", "H22", "Invalid parameter : Calculated health checks must not have a port specified."),
        ("ip_address", "H22", "Invalid parameter : Calculated health checks must not have an IP address specified."),
        ("regions", "H22", "Invalid parameter : Calculated health checks must not have regions specified."),
    ],
    "metric": [
        ("port", "H28", "Invalid parameter : Metric-based health checks must not have a port specified."),
        ("ip_address", "H28", "Invalid parameter : Metric-based health checks must not have an IP address specified."),
    ],
    "recovery": [],
    "endpoint": [
        (
            "child_health_checks", "H23",
            "Invalid parameter : Only calculated health checks can have child health checks specified.",
        ),
        (
            "health_threshold", "H23",
            "Invalid parameter : Only calculated health checks can have a health threshold specified.",
        ),
        (
            "alarm_identifier", "H25",
            "Invalid parameter : Basic health checks must not have an metric region specified.",
        ),
        (
            "insufficient_data_health_status", "H26",
            "Invalid parameter : Basic health checks must not have an insufficient data health state specified.",
        ),
    ],
}  # fmt: skip
"""By family: a field that it does not take, the rule, and Route 53's sentence."""


def problems(check: HealthCheckShape) -> Iterator[Problem]:
    """What is wrong with a check whose fields are each in order: those that exclude or need each other (H4–H34)."""
    for field, rule, message in _EXCLUDED[check.family]:
        if getattr(check, field) is not None:
            yield Problem("check-field", rule, message, f"leave {field} out", (field,))
    if check.family == "endpoint":
        yield from _endpoint_problems(check)
    if check.family == "calculated" and check.health_threshold is None:
        message = "Invalid parameter : Calculated health checks must have a health threshold specified."
        yield Problem(
            "health-threshold", "H83", message, "write health_threshold, the number of healthy children wanted"
        )
    if check.family == "metric" and check.alarm_identifier is None:
        yield Problem(
            "alarm-missing", "H27", "Alarm identifier must not be null.", "write alarm_identifier: {region, name}"
        )
    if check.family == "recovery" and check.routing_control_arn is None:
        yield Problem("routing-control", "H32", "Routing control ARN must not be null", "write routing_control_arn")


def _endpoint_problems(check: HealthCheckShape) -> Iterator[Problem]:
    has_name = check.fully_qualified_domain_name is not None
    if check.ip_address is None and not has_name:
        message = "Invalid parameter : IP address and fully qualified domain name can not be both empty."
        yield Problem("check-endpoint", "H4", message, "write ip_address or fully_qualified_domain_name")
    matches = check.type.endswith("_STR_MATCH")
    if check.type == "TCP":
        yield from _tcp_problems(check, has_name)
    elif matches and check.search_string is None:
        message = "String match health checks must have a search string specified."
        yield Problem("search-string", "H20", message, "write search_string")
    if not matches and check.search_string is not None:
        message = f"{check.type} health checks must not have a search string specified."
        instead = f"write type: {check.type}_STR_MATCH, or leave it out" if check.type != "TCP" else "leave it out"
        yield Problem("search-string", "H19", message, instead, ("search_string",))
    if check.enable_sni and not check.type.startswith("HTTPS"):
        kind = check.type.removesuffix("_STR_MATCH")
        message = f"Invalid parameter : Health checks with {kind} type must not enable SNI support."
        yield Problem("sni", "H34", message, "leave it out", ("enable_sni",))


def _tcp_problems(check: HealthCheckShape, has_name: bool) -> Iterator[Problem]:
    if check.ip_address is not None and has_name:
        message = "TCP health checks that have IP address must not have a fully qualified domain name specified."
        yield Problem("check-endpoint", "H5", message, "leave it out", ("fully_qualified_domain_name",))
    if check.port is None:
        message = "Invalid parameter : TCP health checks must have a port specified."
        yield Problem("check-port", "H55", message, "write port")
    if check.resource_path is not None:
        message = "TCP health checks must not have a resource path specified."
        yield Problem("check-path", "H18", message, "leave it out", ("resource_path",))


def child_problems(
    check: HealthCheck, kind_of: Callable[[HealthCheckId], type[CheckConfig] | None]
) -> Iterator[Problem]:
    """Children that do not exist or are calculated themselves (H24, H81).

    Args:
        kind_of: what a check is, None if there is none of that id.
    """
    if not isinstance(check.config, CalculatedCheck):
        return
    for index, child in enumerate(check.config.children):
        kind = kind_of(child)
        if kind is None or kind is CalculatedCheck:
            message = f"Invalid parameter : Child health check IDs do not exist or are deleted: {child}"
            instead = "a calculated check cannot be a child" if kind else "write the id of a declared health check"
            rule = "H81" if kind else "H24"
            yield Problem("child-check", rule, message, instead, ("child_health_checks", index))


# --- shape to health check ---


def convert(shape: HealthCheckShape) -> HealthCheck:
    """The health check that was written; `problems` found nothing."""
    return HealthCheck(HealthCheckId(shape.id), _config(shape), shape.inverted, shape.disabled)


def _config(shape: HealthCheckShape) -> CheckConfig:
    if shape.family == "calculated":
        children = tuple(map(HealthCheckId, shape.child_health_checks or ()))
        return CalculatedCheck(children, shape.health_threshold or 0)
    if shape.family == "metric" and (alarm := shape.alarm_identifier) is not None:
        state = shape.insufficient_data_health_status
        insufficient_data = InsufficientData(state) if state else InsufficientData.LAST_KNOWN
        return MetricCheck(alarm.region, alarm.name, insufficient_data)
    if shape.family == "recovery":
        return RecoveryCheck(shape.routing_control_arn or "")
    return EndpointCheck(
        type=EndpointType(shape.type),
        ip_address=shape.ip_address,
        fully_qualified_domain_name=shape.fully_qualified_domain_name,
        port=shape.port,
        resource_path=shape.resource_path,
        search_string=shape.search_string,
        request_interval_s=float(shape.request_interval if shape.request_interval is not None else 30),
        failure_threshold=shape.failure_threshold or 3,
        measure_latency=bool(shape.measure_latency),
        enable_sni=shape.enable_sni,
        regions=tuple(shape.regions or ()),
    )
