"""Rules for aliases: their targets exist, and chains of aliases neither loop nor get too long."""

from collections.abc import Iterable, Iterator, Mapping

from immutables import Map

from dnsemu.config import names
from dnsemu.config.aws.services import FIXED_ZONES, service_named, service_of_zone, zones_of
from dnsemu.config.errors import Problem, Severity
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.checked_zone import CheckedZone

GroupKey = tuple[DName, RRType]
"""The name and type that the record sets of a group share."""

NO_RESOURCES: Mapping[DName, Resource | None] = Map()


MAX_LEVELS = 16
"""Groups in a chain of aliases, including the last; a longer chain is answered with SERVFAIL (R112)."""

_AT_NAME = ("alias_target", "dns_name")
_AT_ZONE = ("alias_target", "hosted_zone_id")
_AT_HEALTH = ("alias_target", "evaluate_target_health")


def alias_problems(
    record_set: RecordSet, zone: CheckedZone, resources: Mapping[DName, Resource | None] = NO_RESOURCES
) -> Iterator[Problem]:
    """Yields problems of an alias's target; none if the record set is not an alias.

    Args:
        record_set: a record set of any kind.
        zone: its hosted zone.
        resources: the declared resources by all their names; None for a resource with an error.
    """
    alias = record_set.alias
    if alias is None:
        return
    at, tried = _AT_NAME, alias_attempt(alias, record_set.type)
    if alias.name in resources and not names.is_at_or_below(alias.name, zone.name):
        if (resource := resources[alias.name]) is not None:
            yield from _resource_problems(record_set, alias, resource, zone)
        return
    if alias.hosted_zone_id != zone.id:
        yield from _cloudfront_problems(alias)
        yield from _fixed_zone_problems(record_set, alias)
        message = f"{names.to_text(alias.name)} lies outside the zone and is answered with no data (R107)"
        yield Problem("alias-elsewhere", "R107", message, "declare it under resources", at, Severity.WARNING)
        return
    if not names.is_at_or_below(alias.name, zone.name):
        message = f"{tried} the alias target name does not lie within the target zone"
        instead = (
            f"write a name in {names.display(zone.name)}, or the target's hosted_zone_id, or declare it under resources"
        )
        yield Problem("alias-outside-zone", "A169", message, instead, at)
    elif alias.name == record_set.name:
        yield Problem("alias-itself", "R112", "the alias targets itself", "write another dns_name", at)
    elif not zone.has_group(alias.name, record_set.type):
        instead = f"declare a record set of type {record_set.type.name} there"
        yield Problem("alias-target-missing", "A170", f"{tried} that target was not found", instead, at)


def alias_attempt(alias: AliasTarget, type: RRType) -> str:
    """Returns the beginning of Route 53's message about an alias that is refused (A168–A170)."""
    target = names.to_text(alias.name)
    return f"Tried to create an alias that targets {target}, type {type.name} in zone {alias.hosted_zone_id}, but"


def _resource_problems(
    record_set: RecordSet, alias: AliasTarget, resource: Resource, zone: CheckedZone
) -> Iterator[Problem]:
    """Yields problems of an alias to a declared resource (R106)."""
    target, type = names.to_text(alias.name), record_set.type
    if resource.kind is ResourceKind.MULTI_AZ_DATABASE:
        message = f"Route 53 has no alias to a database such as {target}"
        yield Problem("alias-to-database", "R106", message, f"write type: CNAME with the value {target}", _AT_NAME)
        return
    can_have_data = type in (RRType.A, RRType.AAAA)
    if not (can_have_data or (type is RRType.HTTPS and resource.kind is ResourceKind.CLOUDFRONT)):
        message = f"{alias_attempt(alias, type)} that target was not found"
        yield Problem("alias-resource-type", "R106", message, "write type: A or AAAA", _AT_NAME)
    elif not (can_have_data and _has_addresses(resource, type)):
        message = f"{target} has no target with an address of type {type.name} and is answered with no data (R107)"
        yield Problem("alias-no-data", "R107", message, "", _AT_NAME, Severity.WARNING)
    yield from _cloudfront_problems(alias)
    yield from _resource_zone_problems(alias, resource, zone)
    name, bucket = names.display(record_set.name), _bucket(resource)
    if bucket is not None and bucket != name:
        message = f"the bucket {bucket.rstrip('.')} would not be found under {name}: both names have to be one"
        yield Problem("bucket-name", "R106", message, f"name the bucket {name.rstrip('.')}", _AT_NAME, Severity.WARNING)


def _has_addresses(resource: Resource, type: RRType) -> bool:
    """True if a target may have an address of a type; hosts are looked up for IPv4 only."""
    version = 4 if type is RRType.A else 6
    return any(t.address.version == version if t.address is not None else version == 4 for t in resource.targets)


def _cloudfront_problems(alias: AliasTarget) -> Iterator[Problem]:
    service = service_of_zone(alias.hosted_zone_id) or service_named(alias.name)
    if alias.evaluate_target_health and service is not None and service.name.startswith("cloudfront"):
        message = "EvaluateTargetHealth cannot be true for an alias to a CloudFront distribution"
        yield Problem("cloudfront-health", "A177", message, "write evaluate_target_health: false", _AT_HEALTH)


def _resource_zone_problems(alias: AliasTarget, resource: Resource, zone: CheckedZone) -> Iterator[Problem]:
    """Yields a problem if the alias names a hosted zone that is not the service's, as far as known (A176)."""
    given, wanted = alias.hosted_zone_id, zones_of(resource)
    if given == zone.id:
        message = f"the hosted zone of {names.to_text(alias.name)} is not known here"
        yield Problem("alias-zone-id", "A176", message, "write hosted_zone_id", ("alias_target",))
    elif wanted and given not in wanted:
        owner = service_of_zone(given)
        kind = resource.kind.value
        message = f"{given} is not known as a hosted zone of {kind}" if owner is None else f"{given} belongs to {owner}"
        severity = Severity.WARNING if owner is None else Severity.ERROR
        yield Problem("alias-zone-id", "A176", message, f"write {wanted[0]}, or leave it out", _AT_ZONE, severity)


def _fixed_zone_problems(record_set: RecordSet, alias: AliasTarget) -> Iterator[Problem]:
    """Yields a problem if an alias names a fixed hosted zone with a name outside it, or the reverse (A176)."""
    for zone, suffix in FIXED_ZONES.items():
        if (zone == alias.hosted_zone_id) is not names.is_at_or_below(alias.name, suffix):
            tried = alias_attempt(alias, record_set.type)
            message = f"{tried} the alias target name does not lie within the target zone"
            instead = f"names in {names.display(suffix)} go with hosted_zone_id {zone}, and no others do"
            yield Problem("alias-outside-zone", "A176", message, instead, _AT_NAME)


def _bucket(resource: Resource) -> str | None:
    """Returns the bucket in the name of an S3 website; None for the Region's endpoint itself."""
    if resource.kind is not ResourceKind.S3_WEBSITE:
        return None
    text = names.display(resource.name)
    before = text.partition("s3-website")[0]
    return before if before != text and before else None


def chain_problems(record_sets: Iterable[RecordSet], zone: HostedZoneId) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Yields problems of chains of aliases that loop or are too long (R112), except for aliases to themselves.

    Returns:
        For each loop, the alias that closes it, and the problem, which names the whole loop; for each chain that is too
        long, an alias of its first group.
    """
    edges: dict[GroupKey, list[RecordSet]] = {}
    for record_set in record_sets:
        alias = record_set.alias
        if alias is not None and alias.hosted_zone_id == zone and alias.name != record_set.name:
            edges.setdefault((record_set.name, record_set.type), []).append(record_set)
    levels: dict[GroupKey, int] = {}
    for start in edges:
        if start not in levels:
            yield from _loops_from(start, edges, levels)
    inner = {(r.alias.name, r.type) for aliases in edges.values() for r in aliases if r.alias is not None}
    for start in edges:
        if start not in inner and levels[start] > MAX_LEVELS:
            yield edges[start][0].key, _too_deep(start, levels[start])


def _loops_from(
    start: GroupKey, edges: dict[GroupKey, list[RecordSet]], levels: dict[GroupKey, int]
) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Searches depth first, without recursion, as a chain may be as long as the zone.

    Fills `levels`: for each visited group the number of groups in its longest chain.
    """
    path: dict[GroupKey, Iterator[RecordSet]] = {start: iter(edges[start])}
    while path:
        node, rest = next(reversed(path.items()))
        record_set = next(rest, None)
        if record_set is None or record_set.alias is None:
            below = (levels.get((r.alias.name, r.type), 1) for r in edges[node] if r.alias is not None)
            levels[node] = 1 + max(below)
            path.popitem()
            continue
        target = (record_set.alias.name, record_set.type)
        if target in path:
            chain = [*path][[*path].index(target) :]
            loop = " → ".join(names.display(name) for name, _ in [*chain, target])
            message = f"these aliases of type {record_set.type.name} lead in a circle: {loop}"
            yield record_set.key, Problem("alias-cycle", "R112", message, "give one of them values", _AT_NAME)
        elif target in edges and target not in levels:
            path[target] = iter(edges[target])


def _too_deep(start: GroupKey, levels: int) -> Problem:
    name = names.display(start[0])
    message = f"the chain of aliases that begins at {name} has {levels} levels, and {MAX_LEVELS} are followed"
    return Problem("alias-depth", "R112", message, "let an alias of the chain target its end", _AT_NAME)
