"""AWS services in DNS: the patterns of their host names, and the hosted zones for aliases to them (R106, A176)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dnsemu.config import names
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.config.names import DName


@dataclass(frozen=True, slots=True)
class AwsService:
    """A service in a Region (None for a global service); `name` is as in `alias-zones.json`."""

    name: str
    region: str | None = None

    def __str__(self) -> str:
        return _TITLES.get(self.name, self.name) + (f" in {self.region}" if self.region else "")


_SERVICE_NAMES = {
    ResourceKind.APPLICATION_LOAD_BALANCER: "alb_clb",
    ResourceKind.CLASSIC_LOAD_BALANCER: "alb_clb",
    ResourceKind.NETWORK_LOAD_BALANCER: "nlb",
    ResourceKind.CLOUDFRONT: "cloudfront",
    ResourceKind.S3_WEBSITE: "s3_website",
    ResourceKind.API_GATEWAY: "api_gateway",
    ResourceKind.GLOBAL_ACCELERATOR: "global_accelerator",
    ResourceKind.VPC_ENDPOINT: "vpc_endpoint",
    ResourceKind.ELASTIC_BEANSTALK: "elastic_beanstalk",
    ResourceKind.MULTI_AZ_DATABASE: "rds",
}
_TITLES = {
    "alb_clb": "application and classic load balancers",
    "nlb": "network load balancers",
    "cloudfront": "CloudFront",
    "s3_website": "S3 websites",
    "api_gateway": "API Gateway",
    "global_accelerator": "Global Accelerator",
    "vpc_endpoint": "VPC endpoints",
    "elastic_beanstalk": "Elastic Beanstalk",
    "app_runner": "App Runner",
    "rds": "databases",
}
_DOMAINS = frozenset(
    map(
        names.parse,
        (
            *("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "aws", "awsapps.com", "awsapprunner.com"),
            *("awsglobalaccelerator.com", "amazoncognito.com", "amazonlightsail.com", "amplifyapp.com"),
            *("cloudfront.net", "cloudfront.cn", "elasticbeanstalk.com", "elasticbeanstalk.com.cn"),
            *("c2s.ic.gov", "sc2s.sgov.gov"),
        ),
    )
)
"""The domains in which AWS's services name their endpoints."""

_DUALSTACK_LABEL = b"\x09dualstack"
_REGION = r"(?P<region>[a-z]+(?:-[a-z]+)+-\d+)"


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files("dnsemu.config.aws").joinpath("data", "alias-zones.json").read_text("utf-8")
    )
    return found


def _patterns(data: dict[str, Any]) -> Iterator[tuple[re.Pattern[str], str]]:
    for service, found in data["name_patterns"].items():
        bucket = r"(?:.+\.)?" if service == "s3_website" else ""
        for pattern in [*found["pattern"], *filter(None, [found.get("china")])]:
            yield re.compile(bucket + _regex(pattern)), service
    for pattern in ("{name}.{region}.rds.amazonaws.com", "{name}.{region}.rds.amazonaws.com.cn"):
        yield re.compile(_regex(pattern)), "rds"
    for service, found in data["global"].items():
        for suffix in found["suffix"]:
            yield re.compile(rf".+\.{re.escape(suffix)}"), service


def _regex(pattern: str) -> str:
    """Turns a pattern such as `{name}.elb.{region}.amazonaws.com` into a regular expression."""
    return re.sub(r"\\\{(\w+)\\\}", lambda field: _REGION if field[1] == "region" else ".+", re.escape(pattern))


def _zones(data: dict[str, Any]) -> dict[AwsService, tuple[HostedZoneId, ...]]:
    seen = {**data["also_seen"], "alb_clb": data["also_seen"]["clb_without_dualstack"]}
    zones: dict[AwsService, tuple[HostedZoneId, ...]] = {
        AwsService(service): (HostedZoneId(found["zone_id"]),) for service, found in data["global"].items()
    }
    for service, regions in data["regional"].items():
        for region, zone in regions.items():
            older = seen.get(service, {}).get(region, [])
            zones[AwsService(service, region)] = (zone, *([older] if isinstance(older, str) else older))
    return zones


_DATA = _read()
_PATTERNS = tuple(_patterns(_DATA))
_ZONES = _zones(_DATA)
_SERVICE_OF = {zone: service for service, zones in _ZONES.items() for zone in zones}


def service_of_kind(kind: ResourceKind, region: str | None) -> AwsService:
    """Returns the service that resources of a kind belong to."""
    return AwsService(_SERVICE_NAMES[kind], region)


def service_named(name: DName) -> AwsService | None:
    """Returns the service whose pattern a DNS name matches, if any."""
    text = names.to_text(name).rstrip(".")
    for pattern, service in _PATTERNS:
        if (match := pattern.fullmatch(text)) is not None:
            return AwsService(service.removesuffix("_china"), match.groupdict().get("region"))
    return None


def service_of_zone(zone: HostedZoneId) -> AwsService | None:
    """Returns the service that a hosted zone belongs to, if known."""
    return _SERVICE_OF.get(zone)


def zones_of(resource: Resource) -> tuple[HostedZoneId, ...]:
    """Returns the hosted zones that an alias to a resource may name, the current one first; empty if unknown."""
    return _zones_of(service_of_kind(resource.kind, resource.region), resource.name)


def zones_of_name(name: DName) -> tuple[HostedZoneId, ...]:
    """Returns the hosted zones of the service that a DNS name belongs to, as `zones_of` does."""
    service = service_named(name)
    return _zones_of(service, name) if service is not None else ()


def _zones_of(service: AwsService, name: DName) -> tuple[HostedZoneId, ...]:
    if service.name == "cloudfront" and names.to_text(name).endswith(".cn."):
        service = AwsService("cloudfront_china")
    return _ZONES.get(service, ())


def is_name_of_aws(name: DName) -> bool:
    """True if a name lies in a domain of AWS, so that it may belong to a service that is not known here."""
    return any(ancestor in _DOMAINS for ancestor in names.ancestors(name))


def is_global(kind: ResourceKind) -> bool:
    """True if resources of a kind are in no Region."""
    return _SERVICE_NAMES[kind] in _DATA["global"]


def without_dualstack(name: DName) -> DName:
    """Strips the `dualstack.` that the name of an application or classic load balancer may begin with."""
    return DName(name[len(_DUALSTACK_LABEL) :]) if name.startswith(_DUALSTACK_LABEL) else name


def names_of(resource: Resource) -> tuple[DName, ...]:
    """Returns the names of a resource: for application and classic load balancers also the one with `dualstack.`.

    If the second exceeds the limit for names, it matches nothing.
    """
    if _SERVICE_NAMES[resource.kind] == "alb_clb":
        return resource.name, DName(_DUALSTACK_LABEL + resource.name)
    return (resource.name,)
