"""The rules for aliases: where they lead, and that they do not lead in circles or too far."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from immutables import Map

from dnsemu.config import names
from dnsemu.config.aws.services import FIXED_ZONES, service_named, service_of_zone, zones_of
from dnsemu.config.errors import Problem, Severity
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

Node = tuple[DName, RRType]
"""A group: all record sets of one name and type."""

NO_RESOURCES: Mapping[DName, Resource | None] = Map()


class TargetZone(Protocol):
    """The hosted zone an alias stands in."""

    @property
    def id(self) -> HostedZoneId:
        """The hosted zone's id."""

    @property
    def name(self) -> DName:
        """The hosted zone's name."""

    def has_group(self, name: DName, type: RRType) -> bool:
        """Whether there is a record set of exactly this name and type."""


MAX_LEVELS = 16
"""Groups in a chain of aliases, with the one at its end; what is longer is answered with SERVFAIL (R112)."""
AT_NAME = ("alias_target", "dns_name")
AT_ZONE = ("alias_target", "hosted_zone_id")
AT_HEALTH = ("alias_target", "evaluate_target_health")


def alias_target(
    record_set: RecordSet, zone: TargetZone, resources: Mapping[DName, Resource | None] = NO_RESOURCES
) -> Iterator[Problem]:
    """What is wrong with where an alias leads; nothing, of a record set that is none.

    Args:
        resources: the declared resources by all their names; None for one that has a fault of its own.
    """
    alias = record_set.alias
    if alias is None:
        return
    at = AT_NAME
    target, type = names.to_text(alias.name), record_set.type.name
    if alias.name in resources and not names.is_at_or_below(alias.name, zone.name):
        if (resource := resources[alias.name]) is not None:
            yield from _to_resource(record_set, alias, resource, zone)
        return
    if alias.hosted_zone_id != zone.id:
        yield from _to_cloudfront(alias)
        yield from _fixed_zone(record_set, alias)
        message = f"{target} lies outside the zone and is answered with no data (R107)"
        yield Problem("alias-elsewhere", "R107", message, "declare it under resources", at, Severity.WARNING)
        return
    tried = f"Tried to create an alias that targets {target}, type {type} in zone {zone.id}"
    if not names.is_at_or_below(alias.name, zone.name):
        message = f"{tried}, but the alias target name does not lie within the target zone"
        instead = (
            f"write a name in {names.display(zone.name)}, or the target's hosted_zone_id, or declare it under resources"
        )
        yield Problem("alias-outside-zone", "A169", message, instead, at)
    elif alias.name == record_set.name:
        yield Problem("alias-itself", "R112", "the alias targets itself", "write another dns_name", at)
    elif not zone.has_group(alias.name, record_set.type):
        message = f"{tried}, but that target was not found"
        yield Problem("alias-target-missing", "A170", message, f"declare a record set of type {type} there", at)


def _to_resource(record_set: RecordSet, alias: AliasTarget, resource: Resource, zone: TargetZone) -> Iterator[Problem]:
    """What is wrong with an alias onto a declared resource (R106)."""
    target, type = names.to_text(alias.name), record_set.type
    if resource.kind is ResourceKind.MULTI_AZ_DATABASE:
        message = f"Route 53 has no alias to a database such as {target}"
        yield Problem("alias-to-database", "R106", message, f"write type: CNAME with the value {target}", AT_NAME)
        return
    can_have_data = type in (RRType.A, RRType.AAAA)
    if not (can_have_data or (type is RRType.HTTPS and resource.kind is ResourceKind.CLOUDFRONT)):
        message = (
            f"Tried to create an alias that targets {target}, type {type.name} in zone {alias.hosted_zone_id}, "
            "but that target was not found"
        )
        yield Problem("alias-resource-type", "R106", message, "write type: A or AAAA", AT_NAME)
    elif not (can_have_data and _has_addresses(resource, type)):
        message = f"{target} has no target with an address of type {type.name} and is answered with no data (R107)"
        yield Problem("alias-no-data", "R107", message, "", AT_NAME, Severity.WARNING)
    yield from _to_cloudfront(alias)
    yield from _resource_zone(alias, resource, zone)
    name, bucket = names.display(record_set.name), _bucket(resource)
    if bucket is not None and bucket != name:
        message = f"the bucket {bucket.rstrip('.')} would not be found under {name}: both names have to be one"
        yield Problem("bucket-name", "R106", message, f"name the bucket {name.rstrip('.')}", AT_NAME, Severity.WARNING)


def _has_addresses(resource: Resource, type: RRType) -> bool:
    """Whether a target may have an address of a type; hosts are looked up for IPv4 alone."""
    version = 4 if type is RRType.A else 6
    return any(t.address.version == version if t.address is not None else version == 4 for t in resource.targets)


def _to_cloudfront(alias: AliasTarget) -> Iterator[Problem]:
    service = service_of_zone(alias.hosted_zone_id) or service_named(alias.name)
    if alias.evaluate_target_health and service is not None and service.name.startswith("cloudfront"):
        message = "EvaluateTargetHealth cannot be true for an alias to a CloudFront distribution"
        yield Problem("cloudfront-health", "A177", message, "write evaluate_target_health: false", AT_HEALTH)


def _resource_zone(alias: AliasTarget, resource: Resource, zone: TargetZone) -> Iterator[Problem]:
    """Whether the hosted zone is the resource's service's own, as far as the two are known (A176)."""
    given, wanted = alias.hosted_zone_id, zones_of(resource)
    if given == zone.id:
        message = f"the hosted zone of {names.to_text(alias.name)} is not known here"
        yield Problem("alias-zone-id", "A176", message, "write hosted_zone_id", ("alias_target",))
    elif wanted and given not in wanted:
        owner = service_of_zone(given)
        kind = resource.kind.value
        message = f"{given} is not known as a hosted zone of {kind}" if owner is None else f"{given} belongs to {owner}"
        severity = Severity.WARNING if owner is None else Severity.ERROR
        yield Problem("alias-zone-id", "A176", message, f"write {wanted[0]}, or leave it out", AT_ZONE, severity)


def _fixed_zone(record_set: RecordSet, alias: AliasTarget) -> Iterator[Problem]:
    """Whether one of the hosted zones that never change goes with a name of its own (A176)."""
    for zone, suffix in FIXED_ZONES.items():
        if (zone == alias.hosted_zone_id) is not names.is_at_or_below(alias.name, suffix):
            message = (
                f"Tried to create an alias that targets {names.to_text(alias.name)}, type {record_set.type.name} in "
                f"zone {alias.hosted_zone_id}, but the alias target name does not lie within the target zone"
            )
            instead = f"names in {names.display(suffix)} go with hosted_zone_id {zone}, and no others do"
            yield Problem("alias-outside-zone", "A176", message, instead, AT_NAME)


def _bucket(resource: Resource) -> str | None:
    """The bucket that the name of an S3 website tells; the Region's endpoint alone tells none."""
    if resource.kind is not ResourceKind.S3_WEBSITE:
        return None
    text = names.display(resource.name)
    before = text.partition("s3-website")[0]
    return before if before != text and before else None


def chains(record_sets: Iterable[RecordSet], zone: HostedZoneId) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Chains of aliases that come back to where they began, or that are too long to be followed (R112).

    An alias onto itself is not told again.

    Returns:
        For each circle, the alias that closes it and the problem, which names all of it; for each group that a
        chain too long begins at, one of its aliases.
    """
    edges: dict[Node, list[RecordSet]] = {}
    for record_set in record_sets:
        alias = record_set.alias
        if alias is not None and alias.hosted_zone_id == zone and alias.name != record_set.name:
            edges.setdefault((record_set.name, record_set.type), []).append(record_set)
    levels: dict[Node, int] = {}
    for start in edges:
        if start not in levels:
            yield from _cycles_from(start, edges, levels)
    inner = {(r.alias.name, r.type) for aliases in edges.values() for r in aliases if r.alias is not None}
    for start in edges:
        if start not in inner and levels[start] > MAX_LEVELS:
            yield edges[start][0].key, _too_deep(start, levels[start])


def _cycles_from(
    start: Node, edges: dict[Node, list[RecordSet]], levels: dict[Node, int]
) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Depth first, without recursion: a chain may be as long as a zone is large.

    `levels` gets, for each group that was left, how many groups there are to the end of its longest chain.
    """
    path: dict[Node, Iterator[RecordSet]] = {start: iter(edges[start])}
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
            shown = " → ".join(names.display(name) for name, _ in [*chain, target])
            message = f"these aliases of type {record_set.type.name} lead in a circle: {shown}"
            yield record_set.key, Problem("alias-cycle", "R112", message, "let one of them end at values",
                                          AT_NAME)  # fmt: skip
        elif target in edges and target not in levels:
            path[target] = iter(edges[target])


def _too_deep(start: Node, levels: int) -> Problem:
    name = names.display(start[0])
    message = f"the chain of aliases that begins at {name} has {levels} levels, and {MAX_LEVELS} are followed"
    return Problem("alias-depth", "R112", message, "let an alias on the way lead to its end", AT_NAME)
