"""`World`: everything declared, as one immutable value.

A change makes a new World; nothing is edited in place. Large mappings are persistent (`immutables.Map`), so that the
cost of a change depends on its size only.
"""

from dataclasses import dataclass, field

from immutables import Map

from dnsemu.config.model.geo import CidrCollection, Geo
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.settings import ApiSettings, ServerSettings
from dnsemu.config.names import DName


@dataclass(frozen=True, slots=True)
class World:
    """Everything declared, by files and by the API."""

    hosted_zones: Map[HostedZoneId, HostedZone] = field(default_factory=Map)
    health_checks: Map[HealthCheckId, HealthCheck] = field(default_factory=Map)
    cidr_collections: Map[str, CidrCollection] = field(default_factory=Map)
    resources: Map[DName, Resource] = field(default_factory=Map)
    geo: Geo = field(default_factory=Geo)
    health_checkers: HealthCheckers = field(default_factory=lambda: HealthCheckers(ALL_CHECKER_REGIONS))
    server: ServerSettings = field(default_factory=ServerSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
