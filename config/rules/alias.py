"""Rules for aliases: the hosted zone that they name holds their target, and answers queries of their type."""

from collections.abc import Iterator, Mapping

from immutables import Map

from dnsemu.config import names
from dnsemu.config.aws.services import (
    is_name_of_aws,
    service_named,
    service_of_kind,
    service_of_zone,
    zones_of,
    zones_of_name,
)
from dnsemu.config.errors import Problem, Severity
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.checked_zone import CheckedZone

NO_RESOURCES: Mapping[DName, Resource | None] = Map()

OUTSIDE = "alias-outside-zone"
"""Id of the problem that the hosted zone named does not hold the target's name."""
WRONG_ZONE = "alias-zone-id"
"""Id of the problem that the hosted zone named is not the one of the declared resource's service."""
MISSING = "alias-target-missing"
"""Id of the problem that the hosted zone named has no record set of the alias's name and type."""

_AT_NAME = ("alias_target", "dns_name")
_AT_ZONE = ("alias_target", "hosted_zone_id")
_AT_HEALTH = ("alias_target", "evaluate_target_health")


def alias_problems(
    record_set: RecordSet,
    zone: CheckedZone,
    target_zone: CheckedZone | None,
    resources: Mapping[DName, Resource | None] = NO_RESOURCES,
) -> Iterator[Problem]:
    """Yields problems of an alias's target; none if the record set is not an alias.

    Args:
        record_set: a record set of any kind.
        zone: its hosted zone.
        target_zone: the hosted zone of ours with the id that the alias names, if there is one.
        resources: the declared resources by all their names; None for a resource with an error.
    """
    alias = record_set.alias
    if alias is None:
        return
    if alias.name in resources and not names.is_at_or_below(alias.name, zone.name):
        if (resource := resources[alias.name]) is not None:
            yield from _resource_problems(record_set, alias, resource, zone)
    elif target_zone is None:
        yield from _service_problems(record_set, alias)
    elif not names.is_at_or_below(alias.name, target_zone.name):
        instead = (
            f"write a name in {names.display(target_zone.name)}, or the target's hosted_zone_id, or declare it under "
            "resources"
        )
        plain = _not_in(alias, names.display(target_zone.name))
        yield Problem(OUTSIDE, "A169", outside_message(record_set, alias), instead, _AT_NAME, plain=plain)
    elif not target_zone.has_group(alias.name, record_set.type):
        where = "there" if target_zone is zone else f"in {names.display(target_zone.name)}"
        instead = f"declare a record set of type {record_set.type.name} {where}"
        plain = f"there is no record set {names.display(alias.name)} {record_set.type.name}"
        yield Problem(MISSING, "A170", missing_message(record_set, alias), instead, _AT_NAME, plain=plain)


def _not_in(alias: AliasTarget, zone: str) -> str:
    return f"{names.display(alias.name)} is not in the hosted zone {zone}"


def outside_message(record_set: RecordSet, alias: AliasTarget) -> str:
    """Returns Route 53's message about a target whose name is not in the hosted zone that the alias names (A169)."""
    return f"{_attempt(record_set, alias)} the alias target name does not lie within the target zone"


def missing_message(record_set: RecordSet, alias: AliasTarget) -> str:
    """Returns Route 53's message about a target that the hosted zone does not have (A170)."""
    return f"{_attempt(record_set, alias)} that target was not found"


def _attempt(record_set: RecordSet, alias: AliasTarget) -> str:
    target, type = names.to_text(alias.name), record_set.type.name
    return f"Tried to create an alias that targets {target}, type {type} in zone {alias.hosted_zone_id}, but"


# --- declared resources ---


def _resource_problems(
    record_set: RecordSet, alias: AliasTarget, resource: Resource, zone: CheckedZone
) -> Iterator[Problem]:
    """Yields problems of an alias to a declared resource (R106)."""
    target, type = names.to_text(alias.name), record_set.type
    if resource.kind is ResourceKind.MULTI_AZ_DATABASE:
        message = f"Route 53 has no alias to a database such as {target}"
        yield Problem("alias-to-database", "R106", message, f"write type: CNAME with the value {target}", _AT_NAME)
        return
    zone_problem = _resource_zone_problem(record_set, alias, resource, zone)
    if zone_problem is not None:
        yield zone_problem
        if zone_problem.severity is Severity.ERROR:
            return
    is_cloudfront = resource.kind is ResourceKind.CLOUDFRONT
    if not _answers(type, is_cloudfront=is_cloudfront):
        yield from _wrong_type(record_set, alias, is_cloudfront=is_cloudfront)
    elif not _has_addresses(resource, type):
        message = f"{target} has no target with an address of type {type.name} and is answered with no data (R107)"
        yield Problem("alias-no-data", "R107", message, "", _AT_NAME, Severity.WARNING)
    yield from _cloudfront_problems(alias)
    name, bucket = names.display(record_set.name), _bucket(resource)
    if bucket is not None and bucket != name:
        message = f"the bucket {bucket.rstrip('.')} would not be found under {name}: both names have to be one"
        yield Problem("bucket-name", "R106", message, f"name the bucket {name.rstrip('.')}", _AT_NAME, Severity.WARNING)


def _resource_zone_problem(
    record_set: RecordSet, alias: AliasTarget, resource: Resource, zone: CheckedZone
) -> Problem | None:
    """Returns the problem that an alias names a hosted zone that is not the resource's service's, if so (A176)."""
    given, wanted = alias.hosted_zone_id, zones_of(resource)
    owner, message = service_of_zone(given), outside_message(record_set, alias)
    plain = _not_in(alias, given)
    if given in wanted:
        return None
    if wanted:
        found = f"{given} belongs to {owner}" if owner is not None else f"{given} is no hosted zone of its service"
        instead = f"{found}: write {wanted[0]}, or leave it out"
        return Problem(WRONG_ZONE, "A176", message, instead, _AT_ZONE, plain=plain)
    if given == zone.id:
        instead = f"write hosted_zone_id: the one of {names.display(resource.name)} is not known here"
        return Problem(WRONG_ZONE, "A176", message, instead, ("alias_target",), plain="hosted_zone_id is missing")
    if owner is not None and owner != service_of_kind(resource.kind, resource.region):
        instead = f"{given} belongs to {owner}: write another"
        return Problem(WRONG_ZONE, "A176", message, instead, _AT_ZONE, plain=plain)
    return None


def _has_addresses(resource: Resource, type: RRType) -> bool:
    """True if a target may have an address of a type; hosts are looked up for IPv4 only."""
    version = {RRType.A: 4, RRType.AAAA: 6}.get(type)
    return any(t.address.version == version if t.address is not None else version == 4 for t in resource.targets)


def _bucket(resource: Resource) -> str | None:
    """Returns the bucket in the name of an S3 website; None for the Region's endpoint itself."""
    if resource.kind is not ResourceKind.S3_WEBSITE:
        return None
    text = names.display(resource.name)
    before = text.partition("s3-website")[0]
    return before if before != text and before else None


# --- services' hosted zones ---


def _service_problems(record_set: RecordSet, alias: AliasTarget) -> Iterator[Problem]:
    """Yields problems of an alias to a hosted zone that is not ours (A176).

    A name of an AWS service whose hosted zone is not known here is taken with any id that is not another service's.
    """
    given, wanted = alias.hosted_zone_id, zones_of_name(alias.name)
    is_known = service_of_zone(given) is not None or wanted or not is_name_of_aws(alias.name)
    if is_known and given not in wanted:
        message = outside_message(record_set, alias)
        instead = _right_zone(given, alias.name, wanted)
        yield Problem(OUTSIDE, "A176", message, instead, _AT_NAME, plain=_not_in(alias, given))
        return
    is_cloudfront = _is_cloudfront(alias)
    if not _answers(record_set.type, is_cloudfront=is_cloudfront):
        yield from _wrong_type(record_set, alias, is_cloudfront=is_cloudfront)
        return
    yield from _cloudfront_problems(alias)
    message = f"{names.display(alias.name)} is not declared and is answered with no data (R107)"
    yield Problem("alias-elsewhere", "R107", message, "declare it under resources", _AT_NAME, Severity.WARNING)


def _right_zone(given: HostedZoneId, name: DName, wanted: tuple[HostedZoneId, ...]) -> str:
    """Returns what to write instead of a hosted zone that does not hold the target's name."""
    owner = service_of_zone(given)
    found = f"{given} belongs to {owner}" if owner is not None else f"no hosted zone {given} is declared"
    if wanted:
        return f"{found}: write hosted_zone_id {wanted[0]}, of {service_named(name)}"
    if owner is not None:
        return f"{found}: write a name of theirs, or the target's hosted_zone_id, or declare it under resources"
    return f"{found}: declare it with its id, or write the target's hosted_zone_id, or declare that under resources"


# --- types ---


def _is_cloudfront(alias: AliasTarget) -> bool:
    service = service_of_zone(alias.hosted_zone_id) or service_named(alias.name)
    return service is not None and service.name.startswith("cloudfront")


def _answers(type: RRType, *, is_cloudfront: bool) -> bool:
    """True if AWS services answer queries of a type: those for addresses, and CloudFront also HTTPS."""
    return type in (RRType.A, RRType.AAAA) or (type is RRType.HTTPS and is_cloudfront)


def _wrong_type(record_set: RecordSet, alias: AliasTarget, *, is_cloudfront: bool) -> Iterator[Problem]:
    """Yields the problem that a service does not answer a type, unless no alias may have that type (A168)."""
    if record_set.type in (RRType.NS, RRType.SOA):
        return
    types = "A, AAAA or HTTPS" if is_cloudfront else "A or AAAA"
    message = missing_message(record_set, alias)
    plain = f"an alias to {names.display(alias.name)} cannot have type {record_set.type.name}"
    yield Problem("alias-resource-type", "R106", message, f"write type: {types}", _AT_NAME, plain=plain)


def _cloudfront_problems(alias: AliasTarget) -> Iterator[Problem]:
    if alias.evaluate_target_health and _is_cloudfront(alias):
        message = "EvaluateTargetHealth cannot be true for an alias to a CloudFront distribution"
        plain, instead = "an alias to CloudFront cannot evaluate its health", "write evaluate_target_health: false"
        yield Problem("cloudfront-health", "A177", message, instead, _AT_HEALTH, plain=plain)
