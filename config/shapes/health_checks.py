"""Health checks: their shape, and its conversion to a `HealthCheck`."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from dnsemu.config import names
from dnsemu.config.errors import quoted
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS
from dnsemu.config.model.health_checks import (
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
from dnsemu.config.names import BadName
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.alarms import AlarmConfigurationShape, AlarmIdentifierShape, written_alarm
from dnsemu.config.shapes.base import Hint, Shape, refuse, with_snake_keys

CheckType = Literal[
    "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"
]
CheckerRegion = Literal[
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "sa-east-1",
]  # fmt: skip
CHECKER_REGIONS = Hint("H14", "checker-region", f"health checkers' Regions: {', '.join(ALL_CHECKER_REGIONS)}")
MIN_REQUEST_INTERVAL_S = 0.1
DEFAULT_REQUEST_INTERVAL_S = 30
DEFAULT_FAILURE_THRESHOLD = 3
MAX_CHILDREN = 256
MAX_NAME = 256
"""Characters of a check's name, as of a tag's value."""

_RESERVED = re.compile(r"[;/?:@=&]")
_ROUTING_CONTROL = re.compile(
    r"arn:aws[a-z-]*:route53-recovery-control:[^:]*:[^:]*:controlpanel/[^/]+/routingcontrol/.+"
)


class HealthCheckShape(Shape):
    """One health check, in a file or pasted from the API."""

    USUAL_FIELDS = ("id", "type", "ip_address", "port")
    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "path": "write resource_path",
        "url": "write resource_path",
        "uri": "write resource_path",
        "interval": "write request_interval",
        "interval_seconds": "write request_interval",
        "period": "write request_interval",
        "host": "write fully_qualified_domain_name",
        "hostname": "write fully_qualified_domain_name",
        "domain": "write fully_qualified_domain_name",
        "fqdn": "write fully_qualified_domain_name",
        "domain_name": "write fully_qualified_domain_name",
        "ip": "write ip_address",
        "address": "write ip_address",
        "threshold": "write failure_threshold",
        "unhealthy_threshold": "write failure_threshold",
        "protocol": "write type",
        "search": "write search_string",
        "string": "write search_string",
        "match": "write search_string",
        "children": "write child_health_checks",
        "sni": "write enable_sni",
        "invert": "write inverted",
        "timeout": "leave it out: Route 53 has no such setting",
        "healthy_threshold": "leave it out: Route 53 has no such setting",
        "alarm": "write alarm_identifier: {region: …, name: …}",
    }

    OUTPUT_FIELDS = frozenset(
        {"caller_reference", "health_check_version", "linked_service", "endpoint_type", "health_check_source_id"}
    )
    """Every endpoint is probed from this machine, private ones too."""

    id: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z._-]{1,64}$"),
        Hint("H95", "check-id", "an id of 1 to 64 of 0-9 A-Z a-z . _ -"),
        about("The id by which record sets, other health checks and commands refer to it."),
    ]  # fmt: skip
    name: Annotated[
        str | None, Field(min_length=1, max_length=MAX_NAME),
        Hint("A220", "check-label", "text of 1 to 256 characters"),
        about("A name for people, which is shown in place of the id."),
    ] = None  # fmt: skip
    type: Annotated[
        CheckType, Hint("H1", "check-type", "one of HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, "
                        "CALCULATED, CLOUDWATCH_METRIC, RECOVERY_CONTROL"),
        about("The kind of health check, which decides what other fields it has."),
    ]  # fmt: skip
    ip_address: Annotated[
        str | None, Hint("H7", "check-address", "an IPv4 or IPv6 address"), Notation.ADDRESS,
        about("The address of the endpoint; left out, the domain name is resolved to IPv4 addresses."),
    ] = None  # fmt: skip
    fully_qualified_domain_name: Annotated[
        str | None, Field(max_length=255), Hint("H9", "check-name", "a domain name"), Notation.DOMAIN_NAME,
        about("The domain name of the endpoint; beside `ip_address` it is sent as the `Host` of the request only."),
    ] = None  # fmt: skip
    port: Annotated[
        int | None, Field(ge=1, le=65535), Hint("H10", "check-port", "a whole number from 1 to 65535"),
        about("The port of the endpoint; left out, 80 for HTTP and 443 for HTTPS. TCP needs it."),
    ] = None  # fmt: skip
    resource_path: Annotated[
        str | None, Field(max_length=255), Hint("H12", "check-path", "a path of at most 255 characters"),
        about("The path that the request asks for; `/` if left out."),
    ] = None  # fmt: skip
    search_string: Annotated[
        str | None,
        Field(min_length=1, max_length=255),
        Hint("H20", "search-string", "text of 1 to 255 characters"),
        about("The text that the response body must contain; for `HTTP_STR_MATCH` and `HTTPS_STR_MATCH`."),
    ] = None
    request_interval: Annotated[
        float | None, Field(ge=MIN_REQUEST_INTERVAL_S, le=86400),
        Hint("H63", "request-interval", "a number of seconds from 0.1 to 86400"),
        about(
            "Seconds from the end of one checker's probe to the start of its next; the API takes 10 and 30 only.",
            default=DEFAULT_REQUEST_INTERVAL_S,
        ),
    ] = None  # fmt: skip
    failure_threshold: Annotated[
        int | None, Field(ge=1, le=10), Hint("H64", "failure-threshold", "a whole number from 1 to 10"),
        about(
            "Equal results in a row until a checker changes its vote: failures to unhealthy, successes to healthy.",
            default=DEFAULT_FAILURE_THRESHOLD,
        ),
    ] = None  # fmt: skip
    measure_latency: Annotated[
        bool | None, about("`true` reports the times of probes as CloudWatch metrics.", default=False)
    ] = None
    enable_sni: Annotated[
        bool | None,
        about(
            "`true` sends the domain name in the TLS handshake (SNI): for HTTPS only, where it is the default.", "H46"
        ),
    ] = None
    regions: Annotated[
        list[CheckerRegion] | None, Field(min_length=3, max_length=64),
        Hint("H13", "checker-region", f"three or more of {', '.join(ALL_CHECKER_REGIONS)}"),
        about("The Regions whose checkers probe; left out, all that have checkers."),
    ] = None  # fmt: skip
    inverted: Annotated[bool, about("`true` swaps healthy and unhealthy.", "H72", default=False)] = False
    disabled: Annotated[
        bool,
        about(
            "`true` stops the health check: it counts as healthy, or as unhealthy if it is inverted too.",
            "H73",
            default=False,
        ),
    ] = False
    child_health_checks: Annotated[
        list[str] | None,
        Field(max_length=MAX_CHILDREN),
        Hint("H82", "children", "a list of at most 256 check ids"),
        about("`CALCULATED`: the ids of the health checks to count, none of which is `CALCULATED`."),
    ] = None
    health_threshold: Annotated[
        int | None, Field(ge=0, le=MAX_CHILDREN), Hint("H79", "health-threshold", "a whole number from 0 to 256"),
        about("`CALCULATED`, required: the number of healthy children that make it healthy; 0 is always healthy."),
    ] = None  # fmt: skip
    alarm_identifier: Annotated[
        AlarmIdentifierShape | None, about("`CLOUDWATCH_METRIC`, required: the CloudWatch alarm to follow.", "H27")
    ] = None
    cloud_watch_alarm_configuration: Annotated[
        AlarmConfigurationShape | None,
        about("`CLOUDWATCH_METRIC`: the settings of the alarm, for the API to show.", "H89"),
    ] = None
    insufficient_data_health_status: Annotated[
        Literal["Healthy", "Unhealthy", "LastKnownStatus"] | None,
        Hint("H29", "insufficient-data", "Healthy, Unhealthy or LastKnownStatus"),
        about(
            "`CLOUDWATCH_METRIC`: the status while the alarm has too little data.",
            default=InsufficientData.LAST_KNOWN.value,
        ),
    ] = None  # fmt: skip
    routing_control_arn: Annotated[
        str | None, Field(min_length=1, max_length=255), Hint("H33", "routing-control", "a routing control's ARN"),
        about("`RECOVERY_CONTROL`, required: the ARN of the routing control to follow."),
    ] = None  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _unwrap(cls, data: Any) -> Any:
        """Flattens the API's nested `health_check_config`."""
        if not isinstance(data, dict):
            return data
        fields = with_snake_keys(data)
        nested = fields.get("health_check_config")
        if isinstance(nested, dict):
            del fields["health_check_config"]
            fields = {**with_snake_keys(nested), **fields}
        return fields

    @field_validator("type", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        """Accepts a type in any case (H2)."""
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
            instead = "write the name alone, without scheme, port and path"
            plain = f"{quoted(value)} holds more than a domain name"
            raise refuse("check-name", "H9", message, instead, plain)
        try:
            names.parse(value)
        except BadName as error:
            message = f"Invalid fully qualified domain name: {error}"
            raise refuse("check-name", "H9", message, "write a domain name", error.plain) from None
        return value

    @field_validator("resource_path")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        """Adds a missing leading slash (H12)."""
        return f"/{value}" if value and not value.startswith("/") else value

    @field_validator("routing_control_arn")
    @classmethod
    def _arn(cls, value: str | None) -> str | None:
        if value is not None and not _ROUTING_CONTROL.fullmatch(value):
            wanted = "arn:aws:route53-recovery-control::ACCOUNT:controlpanel/ID/routingcontrol/ID"
            message, plain = f"Routing control ARN is not valid: {value!r}", f"{quoted(value)} is no routing control"
            raise refuse("routing-control", "H33", message, f"write {wanted}", plain)
        return value

    @property
    def family(self) -> str:
        """The kind of check, which decides its fields: `endpoint`, `calculated`, `metric` or `recovery`."""
        return _FAMILIES.get(self.type, "endpoint")


_FAMILIES = {"CALCULATED": "calculated", "CLOUDWATCH_METRIC": "metric", "RECOVERY_CONTROL": "recovery"}


# --- shape to health check ---


def convert(shape: HealthCheckShape) -> HealthCheck:
    """Converts a shape for which `problems` found nothing."""
    return HealthCheck(HealthCheckId(shape.id), _config(shape), shape.inverted, shape.disabled, shape.name)


def _config(shape: HealthCheckShape) -> CheckConfig:
    if shape.family == "calculated":
        children = tuple(map(HealthCheckId, shape.child_health_checks or ()))
        return CalculatedCheck(children, shape.health_threshold or 0)
    if shape.family == "metric" and (alarm := shape.alarm_identifier) is not None:
        state = shape.insufficient_data_health_status
        insufficient_data = InsufficientData(state) if state else InsufficientData.LAST_KNOWN
        written = shape.cloud_watch_alarm_configuration
        configuration = written.declared() if written is not None else None
        return MetricCheck(alarm.region, alarm.name, insufficient_data, configuration)
    if shape.family == "recovery":
        return RecoveryCheck(shape.routing_control_arn or "")
    return EndpointCheck(
        type=EndpointType(shape.type),
        ip_address=shape.ip_address,
        fully_qualified_domain_name=shape.fully_qualified_domain_name,
        port=shape.port,
        resource_path=shape.resource_path,
        search_string=shape.search_string,
        request_interval_s=float(shape.request_interval or DEFAULT_REQUEST_INTERVAL_S),
        failure_threshold=shape.failure_threshold or DEFAULT_FAILURE_THRESHOLD,
        measure_latency=bool(shape.measure_latency),
        enable_sni=shape.enable_sni,
        regions=tuple(shape.regions or ()),
    )


# --- health check to shape ---


def written(check: HealthCheck) -> dict[str, Any]:
    """Returns a health check as a file writes it, so that the rules for files apply to it from wherever it came."""
    fields = {"id": check.id, "name": check.name, "inverted": check.inverted, "disabled": check.disabled}
    return {name: value for name, value in (fields | _written_config(check.config)).items() if value is not None}


def _written_config(config: CheckConfig) -> dict[str, Any]:
    if isinstance(config, CalculatedCheck):
        children = list(config.children)
        return {"type": "CALCULATED", "child_health_checks": children, "health_threshold": config.health_threshold}
    if isinstance(config, RecoveryCheck):
        return {"type": "RECOVERY_CONTROL", "routing_control_arn": config.routing_control_arn}
    if isinstance(config, MetricCheck):
        return {
            "type": "CLOUDWATCH_METRIC",
            "alarm_identifier": {"region": config.alarm_region, "name": config.alarm_name},
            "insufficient_data_health_status": config.insufficient_data.value,
            "cloud_watch_alarm_configuration": config.configuration and written_alarm(config.configuration),
        }
    return {
        "type": config.type.value,
        "ip_address": config.ip_address,
        "fully_qualified_domain_name": config.fully_qualified_domain_name,
        "port": config.port,
        "resource_path": config.resource_path,
        "search_string": config.search_string,
        "request_interval": config.request_interval_s,
        "failure_threshold": config.failure_threshold,
        "measure_latency": config.measure_latency,
        "enable_sni": config.enable_sni,
        "regions": list(config.regions) or None,
    }
