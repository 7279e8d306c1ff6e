"""Health checks of all kinds: endpoint, calculated, metric, recovery."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NewType

HealthCheckId = NewType("HealthCheckId", str)


class EndpointType(Enum):
    """The types of health check that probe an endpoint (H1)."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    HTTP_STR_MATCH = "HTTP_STR_MATCH"
    HTTPS_STR_MATCH = "HTTPS_STR_MATCH"
    TCP = "TCP"

    @property
    def is_tls(self) -> bool:
        """True if the probe uses TLS."""
        return self in (EndpointType.HTTPS, EndpointType.HTTPS_STR_MATCH)

    @property
    def is_http(self) -> bool:
        """True if the probe sends an HTTP request."""
        return self is not EndpointType.TCP

    @property
    def matches_string(self) -> bool:
        """True if the response body must contain the search string (H49)."""
        return self in (EndpointType.HTTP_STR_MATCH, EndpointType.HTTPS_STR_MATCH)


@dataclass(frozen=True, slots=True)
class EndpointCheck:
    """An endpoint to probe. Fields left out stay None, so that the API shows them as written (H10).

    `request_interval_s` counts from the end of a probe to the start of the next (H63); `failure_threshold` is 1–10
    equal results in a row (H64); empty `regions` means all Regions of the fleet (H14).
    """

    type: EndpointType
    ip_address: str | None = None
    fully_qualified_domain_name: str | None = None
    port: int | None = None
    resource_path: str | None = None
    search_string: str | None = None
    request_interval_s: float = 30.0
    failure_threshold: int = 3
    measure_latency: bool = False
    enable_sni: bool | None = None
    regions: tuple[str, ...] = ()

    @property
    def effective_port(self) -> int:
        """The declared port, by default 443 for HTTPS and 80 for HTTP (H10)."""
        return self.port or (443 if self.type.is_tls else 80)

    @property
    def sends_sni(self) -> bool:
        """True if the TLS client hello names the host; the default for HTTPS (H46)."""
        return self.type.is_tls and self.enable_sni is not False


@dataclass(frozen=True, slots=True)
class CalculatedCheck:
    """Healthy if at least `health_threshold` children are healthy (H78)."""

    children: tuple[HealthCheckId, ...]
    health_threshold: int


class InsufficientData(Enum):
    """The status of a metric check when its alarm has insufficient data (H88)."""

    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    LAST_KNOWN = "LastKnownStatus"


@dataclass(frozen=True, slots=True)
class AlarmConfiguration:
    """A copy of the CloudWatch alarm, taken when the metric check was made (H89, H91); `period` is in seconds."""

    evaluation_periods: int
    threshold: float
    comparison_operator: str
    period: int
    metric_name: str
    namespace: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """Follows a CloudWatch alarm's data (H87); `configuration` is None where none was declared (H89)."""

    alarm_region: str
    alarm_name: str
    insufficient_data: InsufficientData = InsufficientData.LAST_KNOWN
    configuration: AlarmConfiguration | None = None


@dataclass(frozen=True, slots=True)
class RecoveryCheck:
    """Follows a routing control (H93)."""

    routing_control_arn: str


CheckConfig = EndpointCheck | CalculatedCheck | MetricCheck | RecoveryCheck


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One health check; `inverted` and `disabled` apply to every kind (H72, H73).

    `name` is for people: the file's `name`, or the tag Name, as the console shows it.
    """

    id: HealthCheckId
    config: CheckConfig
    inverted: bool = False
    disabled: bool = False
    name: str | None = None

    @property
    def label(self) -> str:
        """The name, or the id of a check without one."""
        return self.name or self.id


def label_in(checks: Mapping[HealthCheckId, HealthCheck], check_id: HealthCheckId) -> str:
    """The label of a check, or the id of one that is not declared."""
    return checks[check_id].label if check_id in checks else check_id
