"""Settings of the server and of the Route 53 API."""

from dataclasses import dataclass, field

from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.model.geo import DeclaredPlace


@dataclass(frozen=True, slots=True)
class VantagePoint:
    """An additional address to listen on; clients that query it are at `place`, unless the query carries ECS (R128)."""

    dns: str
    place: DeclaredPlace


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in an interval: at once, or spread over it."""

    requests: int
    interval_s: float


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Addresses to listen on (`ADDRESS:PORT`, None if not given), and options of serving.

    `scale_ttls` divides served TTLs by the clock's speed. `force_file` is the path of a watched file of forced
    statuses, if any. `query_log` is the path of a file for query logs, or `-` for standard output, if any.
    `forward_for` are networks whose clients may have queries forwarded, besides loopback and private ones;
    `forward_rate_limit` holds for each client. Control calls must send `token`, if there is one.
    """

    dns: tuple[str, ...] | None = None
    http: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    explain_over_dns: bool = True
    vantage_points: tuple[VantagePoint, ...] = ()
    scale_ttls: bool = False
    force_file: str | None = None
    query_log: str | None = None
    forward_for: tuple[IPNetwork, ...] = ()
    forward_rate_limit: RateLimit | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Options of the Route 53 API.

    `credentials` are access key ids with their secrets; if there are any, requests must be signed with one of them.
    `change_delay_s` passes before a change is visible and in sync (R43). `is_strict` also refuses what Route 53 refuses
    but local use needs; docs/api.md lists it. `has_quotas` enforces account quotas (R209). `rate_limit` throttles
    requests (A360).
    """

    credentials: tuple[tuple[str, str], ...] = ()
    change_delay_s: float = 0.0
    is_strict: bool = False
    has_quotas: bool = False
    rate_limit: RateLimit | None = None
