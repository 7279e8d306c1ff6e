"""How the server and the API behave."""

from dataclasses import dataclass

from dnsemu.config.model.geo import DeclaredPlace


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
