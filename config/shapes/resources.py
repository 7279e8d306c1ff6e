"""AWS resources: their shape, and its conversion to a `Resource` (R106, R111)."""

from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from dnsemu.config import names
from dnsemu.config.aws.meant_places import meant_region
from dnsemu.config.aws.places import REGIONS
from dnsemu.config.aws.services import is_global, service_named, service_of_kind, without_dualstack
from dnsemu.config.errors import Path, Problem
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.resources import Resource, ResourceKind, Target
from dnsemu.config.names import BadName, DName
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, bad_name, refuse

KindName = Literal[
    "application-load-balancer", "network-load-balancer", "classic-load-balancer", "cloudfront", "s3-website",
    "api-gateway", "global-accelerator", "vpc-endpoint", "elastic-beanstalk", "multi-az-database",
]  # fmt: skip


class TargetShape(Shape):
    """One target of a resource: `address` or `host`."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "ip": "write address",
        "ip_address": "write address",
        "hostname": "write host",
        "dns_name": "write host",
        "name": "write host",
        "az": "write availability_zone",
        "zone": "write availability_zone",
        "health_check": "write health_check_id",
    }

    address: Annotated[str | None, Notation.ADDRESS, about("The address that is answered.")] = None
    host: Annotated[
        str | None,
        Notation.DOMAIN_NAME,
        about("A name whose addresses are answered, resolved every ten seconds."),
    ] = None
    availability_zone: Annotated[
        str | None, Notation.AVAILABILITY_ZONE, about("The Availability Zone that the target is in, and fails with.")
    ] = None
    target_group: Annotated[
        str | None, about("The target group of the target; targets without one are a group together.")
    ] = None
    health_check_id: Annotated[
        str | None, about("The `id` of the health check of the target; left out, the target is always healthy.")
    ] = None

    @field_validator("address")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        try:
            if value is not None and "%" not in value:
                return str(ip_address(value))
        except ValueError:
            pass
        if value is None:
            return None
        instead = "write an IPv4 or IPv6 address; a name goes under host"
        raise refuse("target-address", "R106", f"{value!r} is no address", instead)


class ResourceShape(Shape):
    """A load balancer or another AWS resource that aliases point to, with its DNS name."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "name": "write dns_name",
        "type": "write kind",
        "service": "write kind",
        "azs": "write availability_zones",
        "zones": "write availability_zones",
    }
    SHORT_WORDS: ClassVar[Mapping[str, str]] = {
        "alb": "application-load-balancer",
        "nlb": "network-load-balancer",
        "clb": "classic-load-balancer",
        "elb": "classic-load-balancer",
        "cdn": "cloudfront",
        "s3": "s3-website",
        "rds": "multi-az-database",
        "beanstalk": "elastic-beanstalk",
    }

    dns_name: Annotated[str, Notation.DOMAIN_NAME, about("The name that AWS gave the resource; aliases point to it.")]
    kind: Annotated[
        KindName, Hint("R106", "resource-kind", f"one of {', '.join(kind.value for kind in ResourceKind)}"),
        about("The AWS service that the resource is of."),
    ]  # fmt: skip
    region: Annotated[
        str | None, Notation.REGION, about("The Region of the resource; needed only if its name does not contain it.")
    ] = None
    availability_zones: Annotated[
        list[str] | None, Notation.AVAILABILITY_ZONE,
        about("The Availability Zones that the resource is in; left out, all of the Region."),
    ] = None  # fmt: skip
    target_groups: Annotated[
        list[Annotated[str, Field(min_length=1)]] | None, Hint("R111", "target-group", "a list of names"),
        about("All target groups of the resource; needed only for one without targets. Load balancers have them."),
    ] = None  # fmt: skip
    targets: Annotated[
        list[TargetShape] | None,
        about("The machines behind the resource: the healthy ones are answered, at most eight.", "R106", default=[]),
    ] = None


def convert(shape: ResourceShape) -> tuple[Resource | None, list[Problem]]:
    """Converts a shape to a resource.

    Returns:
        The resource, or None and its problems.
    """
    found: list[Problem] = []
    kind = ResourceKind(shape.kind)
    name = _name(shape.dns_name, ("dns_name",), found)
    region = _region(shape, kind, name, found) if name is not None else None
    if region is not None or is_global(kind):
        found += _zone_problems(shape, region)
    targets = [_target(shape, index, found) for index in range(len(shape.targets or ()))]
    found += _kind_problems(shape, kind)
    if found or name is None:
        return None, found
    if service_of_kind(kind, region).name == "alb_clb":
        name = without_dualstack(name)
    zones = tuple(dict.fromkeys(shape.availability_zones or ()))
    return Resource(name, kind, region, zones, tuple(shape.target_groups or ()), tuple(targets)), []


def _name(text: str, path: Path, found: list[Problem]) -> DName | None:
    try:
        name = names.parse(text)
    except BadName as error:
        found.append(bad_name(error, path))
        return None
    if name == names.ROOT or names.is_wildcard(name):
        found.append(Problem("resource-name", "R106", f"{text!r} is no name of a host", "write its DNS name", path))
        return None
    return name


def _region(shape: ResourceShape, kind: ResourceKind, name: DName, found: list[Problem]) -> str | None:
    """Returns the resource's Region, from the field or from the name, which must agree."""
    named = service_named(name)
    own = service_of_kind(kind, shape.region)
    if named is not None and named.name != own.name:
        message = f"{names.display(name)} is a name of {named}"
        found.append(Problem("resource-kind", "R106", message, "write the kind that fits", ("kind",)))
        return None
    if is_global(kind):
        if shape.region is not None:
            found.append(Problem("resource-region", "R106", f"{own.name} is in no Region", "leave it out", ("region",)))
        return None
    region = shape.region or (named.region if named is not None else None)
    if region is None:
        message = f"the name {names.display(name)} does not contain the Region"
        found.append(Problem("resource-region", "R106", message, "write region: us-east-1 or the like"))
    elif region not in REGIONS:
        found.append(
            Problem("resource-region", "R106", f"{region!r} is no AWS Region",
                    f"write {meant_region(region) or 'one such as us-east-1'}",
                    ("region",) if shape.region else ("dns_name",))
        )  # fmt: skip
    elif named is not None and named.region != region:
        message = f"{names.display(name)} is in {named.region}, not in {region}"
        found.append(Problem("resource-region", "R106", message, f"write {named.region}, or leave it out", ("region",)))
    else:
        return region
    return None


def _zone_problems(shape: ResourceShape, region: str | None) -> Iterator[Problem]:
    """Yields problems of Availability Zones that the Region, or the resource, does not have."""
    known = REGIONS[region].az_ids if region is not None else ()
    for index, zone in enumerate(shape.availability_zones or ()):
        yield from _zone_problem(zone, known, region or shape.kind, ("availability_zones", index))
    own = shape.availability_zones if shape.availability_zones is not None else known
    for index, target in enumerate(shape.targets or ()):
        if target.availability_zone is not None:
            where = "availability_zones" if shape.availability_zones is not None else region or shape.kind
            yield from _zone_problem(target.availability_zone, own, where, ("targets", index, "availability_zone"))


def _zone_problem(zone: str, known: Collection[str], where: str, path: Path) -> Iterator[Problem]:
    if zone not in known:
        instead = f"write one of {', '.join(known)}" if known else "leave it out"
        yield Problem("no-such-availability-zone", "R106", f"there is no Availability Zone {zone} in {where}",
                      instead, path)  # fmt: skip


def _target(shape: ResourceShape, index: int, found: list[Problem]) -> Target:
    target = (shape.targets or ())[index]
    path: Path = ("targets", index)
    if (target.address is None) == (target.host is None):
        message = "a target is one address or one host"
        found.append(Problem("target-place", "R106", message, "write address or host", path))
    groups = shape.target_groups
    if target.target_group is not None and groups is not None and target.target_group not in groups:
        message = f"there is no target group {target.target_group} in target_groups"
        instead = f"write one of {', '.join(groups)}, or leave target_groups out" if groups else "leave it out"
        found.append(Problem("no-such-target-group", "R111", message, instead, (*path, "target_group")))
    host = _name(target.host, (*path, "host"), found) if target.host is not None else None
    return Target(
        address=ip_address(target.address) if target.address is not None else None,
        host=host,
        availability_zone=target.availability_zone,
        target_group=target.target_group,
        health_check_id=HealthCheckId(target.health_check_id) if target.health_check_id is not None else None,
    )


def _kind_problems(shape: ResourceShape, kind: ResourceKind) -> Iterator[Problem]:
    """Yields problems of fields that only some kinds have."""
    targets = shape.targets or []
    if not kind.has_target_groups:
        message = "only application and network load balancers have target groups"
        if shape.target_groups is not None:
            yield Problem("target-group", "R111", message, "leave it out", ("target_groups",))
        for index, target in enumerate(targets):
            if target.target_group is not None:
                yield Problem("target-group", "R111", message, "leave it out", ("targets", index, "target_group"))
    if kind is ResourceKind.MULTI_AZ_DATABASE:
        if not targets:
            yield Problem("database-targets", "R106", "a database without targets answers nothing", "write targets")
        for index, target in enumerate(targets):
            if target.address is not None:
                message = "the name of a database is a CNAME of its first healthy host"
                yield Problem("database-targets", "R106", message, "write host", ("targets", index, "address"))
