"""AWS services as DNS shows them: how their names look, and the hosted zones that aliases to them name (R106, A176)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dnsemu.config import names
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.config.names import DName


@dataclass(frozen=True, slots=True)
class AwsService:
    """A service in a Region, None for a global one; `name` is as in `alias-zones.json`."""

    name: str
    region: str | None = None

    def __str__(self) -> str:
        return _WORDS.get(self.name, self.name) + (f" in {self.region}" if self.region else "")


_NAMES = {
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
_WORDS = {
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
FIXED: Mapping[HostedZoneId, DName] = {
    HostedZoneId("Z2FDTNDATAQYW2"): names.parse("cloudfront.net"),
    HostedZoneId("Z2BJ6XQ5FK7U4H"): names.parse("awsglobalaccelerator.com"),
    HostedZoneId("Z3AQBSTGFYJSTF"): names.parse("s3-website-us-east-1.amazonaws.com"),
}
"""Hosted zones that never change and all whose names are at or below one: known of any alias (A176)."""

_DUALSTACK = b"\x09dualstack"
_REGION = r"(?P<region>[a-z]+(?:-[a-z]+)+-\d+)"


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files("dnsemu.config.aws").joinpath("data", "alias-zones.json").read_text("utf-8")
    )
    return found


def _patterns(data: dict[str, Any]) -> Iterator[tuple[re.Pattern[str], str]]:
    for service, forms in data["name_patterns"].items():
        bucket = r"(?:.+\.)?" if service == "s3_website" else ""
        for form in [*forms["pattern"], *filter(None, [forms.get("china")])]:
            yield re.compile(bucket + _regex(form)), service
    for form in ("{name}.{region}.rds.amazonaws.com", "{name}.{region}.rds.amazonaws.com.cn"):
        yield re.compile(_regex(form)), "rds"
    for service, found in data["global"].items():
        for suffix in found["suffix"]:
            yield re.compile(rf".+\.{re.escape(suffix)}"), service


def _regex(form: str) -> str:
    """A form such as `{name}.elb.{region}.amazonaws.com` as a regular expression."""
    return re.sub(r"\\\{(\w+)\\\}", lambda hole: _REGION if hole[1] == "region" else ".+", re.escape(form))


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
    """The service that resources of a kind belong to."""
    return AwsService(_NAMES[kind], region)


def service_named(name: DName) -> AwsService | None:
    """The service that a DNS name belongs to by its looks, if to any."""
    text = names.to_text(name).rstrip(".")
    for pattern, service in _PATTERNS:
        if (match := pattern.fullmatch(text)) is not None:
            return AwsService(service.removesuffix("_china"), match.groupdict().get("region"))
    return None


def service_of_zone(zone: HostedZoneId) -> AwsService | None:
    """The service that a hosted zone belongs to, if it is known."""
    return _SERVICE_OF.get(zone)


def zones_of(resource: Resource) -> tuple[HostedZoneId, ...]:
    """The hosted zones that an alias to a resource may name, today's first; none where they are not known."""
    service = service_of_kind(resource.kind, resource.region)
    if service.name == "cloudfront" and names.to_text(resource.name).endswith(".cn."):
        service = AwsService("cloudfront_china")
    return _ZONES.get(service, ())


def is_global(kind: ResourceKind) -> bool:
    """Whether resources of a kind are in no Region."""
    return _NAMES[kind] in _DATA["global"]


def without_dualstack(name: DName) -> DName:
    """A name without the `dualstack.` that an application or classic load balancer may have in front."""
    return DName(name[len(_DUALSTACK) :]) if name.startswith(_DUALSTACK) else name


def names_of(resource: Resource) -> tuple[DName, ...]:
    """The names that lead to a resource: its own, which may have `dualstack.` in front for two kinds of load balancer.

    The second may be longer than a name can be, and then matches nothing.
    """
    if _NAMES[resource.kind] == "alb_clb":
        return resource.name, DName(_DUALSTACK + resource.name)
    return (resource.name,)
