"""`World`: everything declared, as one immutable value.

A change is a new World; nothing in here is ever edited in place. Large mappings are persistent
(`immutables.Map`), so that a change costs what it touches.
"""

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NewType

from immutables import Map

from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

HostedZoneId = NewType("HostedZoneId", str)
HealthCheckId = NewType("HealthCheckId", str)
IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


# --- routing: a tagged union, so that a weight exists only on `Weighted` (R31) ---


@dataclass(frozen=True, slots=True)
class Simple:
    """One record set answers for its name and type (R60)."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """`weight`: 0–255, no unit (R62)."""

    weight: int


@dataclass(frozen=True, slots=True)
class Latency:
    """`region`: an AWS Region code that Route 53 takes in a latency record set (R69)."""

    region: str


class FailoverRole(Enum):
    """Which of the two a failover record set is (R72)."""

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"


@dataclass(frozen=True, slots=True)
class Failover:
    """Primary or secondary (R72)."""

    role: FailoverRole


@dataclass(frozen=True, slots=True)
class Geolocation:
    """A continent, or a country with or without subdivision, or country `*`: the default (R75)."""

    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Geoproximity:
    """Exactly one of Region, Local Zone group and coordinates (degrees); `bias` −99…99 (R83).

    `divides_by_bias` chooses the older formula for negative biases (R86).
    """

    region: str | None = None
    local_zone_group: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    bias: int = 0
    divides_by_bias: bool = False


@dataclass(frozen=True, slots=True)
class IpBased:
    """A location of a CIDR collection, or `*`: the default (R92)."""

    collection_id: str
    location: str


@dataclass(frozen=True, slots=True)
class Multivalue:
    """One of the up to eight that answer together (R90)."""


Routing = Simple | Weighted | Latency | Failover | Geolocation | Geoproximity | IpBased | Multivalue


# --- record sets and hosted zones ---


@dataclass(frozen=True, slots=True)
class AliasTarget:
    """Where an alias leads. `hosted_zone_id` is the alias's own zone for a target in the same zone (R102)."""

    hosted_zone_id: HostedZoneId
    name: DName
    evaluate_target_health: bool


@dataclass(frozen=True, slots=True)
class RecordSet:
    """One ResourceRecordSet: a leaf with TTL (seconds) and values, or an alias with neither (R20).

    `values` is the text as it was written, `rdata` the same in uncompressed wire form, in the same order. One with a
    `traffic_policy_instance_id` has none of these: it stands for what that instance answers (R195).
    """

    name: DName
    type: RRType
    routing: Routing = field(default_factory=Simple)
    set_identifier: str | None = None
    ttl: int | None = None
    values: tuple[str, ...] = ()
    rdata: tuple[bytes, ...] = ()
    alias: AliasTarget | None = None
    health_check_id: HealthCheckId | None = None
    traffic_policy_instance_id: str | None = None

    @property
    def key(self) -> "RecordSetKey":
        """The record set's identity inside its hosted zone (R30)."""
        return self.name, self.type, self.set_identifier


RecordSetKey = tuple[DName, RRType, str | None]


@dataclass(frozen=True, slots=True)
class HostedZone:
    """A hosted zone and all its record sets, its NS and SOA among them; a private one is not served to the public."""

    id: HostedZoneId
    name: DName
    record_sets: RecordSets = field(default_factory=RecordSets)
    name_servers: tuple[str, ...] = ()
    comment: str | None = None
    is_private: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.record_sets, RecordSets):  # any mapping by key will do
            object.__setattr__(self, "record_sets", RecordSets(self.record_sets))


# --- health checks ---


class EndpointType(Enum):
    """The health checks that probe an endpoint (H1)."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    HTTP_STR_MATCH = "HTTP_STR_MATCH"
    HTTPS_STR_MATCH = "HTTPS_STR_MATCH"
    TCP = "TCP"

    @property
    def is_tls(self) -> bool:
        """Whether the probe speaks TLS."""
        return self in (EndpointType.HTTPS, EndpointType.HTTPS_STR_MATCH)

    @property
    def is_http(self) -> bool:
        """Whether the probe sends an HTTP request."""
        return self is not EndpointType.TCP

    @property
    def matches_string(self) -> bool:
        """Whether the body must hold the search string (H49)."""
        return self in (EndpointType.HTTP_STR_MATCH, EndpointType.HTTPS_STR_MATCH)


@dataclass(frozen=True, slots=True)
class EndpointCheck:
    """What to probe and how often. Fields left out stay None, so that they are shown as they were written (H10).

    `request_interval_s` is in seconds, from the end of a probe to the start of the next (H63);
    `failure_threshold` 1–10 results in a row (H64); empty `regions` means those of the whole fleet (H14).
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
        """The declared port, else 443 for HTTPS and 80 for HTTP (H10)."""
        return self.port or (443 if self.type.is_tls else 80)

    @property
    def sends_sni(self) -> bool:
        """Whether the TLS hello names the host: on by default for HTTPS (H46)."""
        return self.type.is_tls and self.enable_sni is not False


@dataclass(frozen=True, slots=True)
class CalculatedCheck:
    """Healthy when at least `health_threshold` children are (H78)."""

    children: tuple[HealthCheckId, ...]
    health_threshold: int


class InsufficientData(Enum):
    """What a metric check is without enough data (H88)."""

    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"
    LAST_KNOWN = "LastKnownStatus"


@dataclass(frozen=True, slots=True)
class AlarmConfiguration:
    """What the alarm of a metric check was when the check copied it (H89, H91); `period` is in seconds."""

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
    """One health check; `inverted` and `disabled` apply to every kind (H72, H73)."""

    id: HealthCheckId
    config: CheckConfig
    inverted: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """A path that is down: from a Region, a checker's simulated address or `*`, to `network`; None is everything."""

    checkers: str
    network: IPNetwork | None = None


class ProbeMode(Enum):
    """Whether probes are made on schedule, only when asked for, or never (H160)."""

    ON = "on"
    MANUAL = "manual"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class HealthCheckers:
    """Where probes are made from: `per_region` independent checkers in each of `regions` (H62).

    `strict_addresses` forbids to probe what Route 53 forbids (H7, H8).
    """

    regions: tuple[str, ...]
    per_region: int = 2
    blocked: tuple[Blocked, ...] = ()
    strict_addresses: bool = False
    probes: ProbeMode = ProbeMode.ON


# --- AWS resources that aliases lead to ---


class ResourceKind(Enum):
    """What a resource is: an AWS service that gives out DNS names (R106), or a database that fails over by its name."""

    APPLICATION_LOAD_BALANCER = "application-load-balancer"
    NETWORK_LOAD_BALANCER = "network-load-balancer"
    CLASSIC_LOAD_BALANCER = "classic-load-balancer"
    CLOUDFRONT = "cloudfront"
    S3_WEBSITE = "s3-website"
    API_GATEWAY = "api-gateway"
    GLOBAL_ACCELERATOR = "global-accelerator"
    VPC_ENDPOINT = "vpc-endpoint"
    ELASTIC_BEANSTALK = "elastic-beanstalk"
    MULTI_AZ_DATABASE = "multi-az-database"


@dataclass(frozen=True, slots=True)
class Target:
    """What stands behind a resource: an address, or a host that has one; exactly one of the two.

    `availability_zone` is an id (`use1-az1`); `target_group` None is the group of those that name none.
    """

    address: IPAddress | None = None
    host: DName | None = None
    availability_zone: str | None = None
    target_group: str | None = None
    health_check_id: HealthCheckId | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """An AWS resource by its DNS name, outside every hosted zone; `region` is None for the global services.

    `target_groups` are those declared by name, with targets or without; `targets` are in order of preference, which
    matters to a database only.
    """

    name: DName
    kind: ResourceKind
    region: str | None = None
    availability_zones: tuple[str, ...] = ()
    target_groups: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


# --- the rest of what may be declared ---


@dataclass(frozen=True, slots=True)
class CidrCollection:
    """Named sets of client networks (R199)."""

    id: str
    name: str
    locations: Map[str, tuple[IPNetwork, ...]] = field(default_factory=Map)


@dataclass(frozen=True, slots=True)
class DeclaredPlace:
    """A place as the user wrote it: a Region, a country with or without subdivision, or coordinates (degrees)."""

    region: str | None = None
    country: str | None = None
    subdivision: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class GeoNetwork:
    """Clients of `network` are at `place`, whatever any database says."""

    network: IPNetwork
    place: DeclaredPlace


@dataclass(frozen=True, slots=True)
class GeoLatency:
    """Round-trip times of the user's own, in ms by Region, for clients of a network, or in a Region or country."""

    latency_ms: tuple[tuple[str, float], ...]
    network: IPNetwork | None = None
    region: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Geo:
    """How a client's address becomes a place (R135); `default` serves latency and geoproximity only (R71).

    `database` is the path of a .mmdb file, None for the embedded one.
    """

    networks: tuple[GeoNetwork, ...] = ()
    default: DeclaredPlace = field(default_factory=lambda: DeclaredPlace(region="us-east-1"))
    database: str | None = None
    latency: tuple[GeoLatency, ...] = ()


@dataclass(frozen=True, slots=True)
class VantagePoint:
    """A further address to listen on: whoever asks there is at `place`, unless the query carries ECS (R128)."""

    dns: str
    place: DeclaredPlace


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where to listen, as `ADDRESS:PORT`; None where the file says nothing. The rest is how to serve.

    `scale_ttls` divides served TTLs by the clock's speed. `force_file` is the path of a watched file of forced
    statuses, None for none. `query_log` is the path of a file for query logs, `-` for standard output, None for none.
    """

    dns: tuple[str, ...] | None = None
    http: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    explain_over_dns: bool = True
    vantage_points: tuple[VantagePoint, ...] = ()
    scale_ttls: bool = False
    force_file: str | None = None
    query_log: str | None = None


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the Route 53 API behaves.

    `credentials` are access key ids with their secrets: with any, requests have to be signed by one of them.
    `change_delay_s` passes until a change is visible and in sync (R43). `is_strict` refuses what Route 53 refuses and a
    laptop needs: single-label zones, private addresses. `has_quotas` enforces account quotas (R209).
    """

    credentials: tuple[tuple[str, str], ...] = ()
    change_delay_s: float = 0.0
    is_strict: bool = False
    has_quotas: bool = False


ALL_CHECKER_REGIONS = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
)
"""The Regions that hold health checkers, in the order of the service model (H14)."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything declared."""

    hosted_zones: Map[HostedZoneId, HostedZone] = field(default_factory=Map)
    health_checks: Map[HealthCheckId, HealthCheck] = field(default_factory=Map)
    cidr_collections: Map[str, CidrCollection] = field(default_factory=Map)
    resources: Map[DName, Resource] = field(default_factory=Map)
    geo: Geo = field(default_factory=Geo)
    health_checkers: HealthCheckers = field(default_factory=lambda: HealthCheckers(ALL_CHECKER_REGIONS))
    server: ServerSettings = field(default_factory=ServerSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
