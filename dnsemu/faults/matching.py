"""Which health checks a pattern means: by id, or by Region, Availability Zone or address of what they watch over."""

from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

from dnsemu.config.model.health_checks import EndpointCheck, HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Failover, FailoverRole, Geoproximity, Latency
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.faults.force_rules import Pattern, PatternKind

Groups = dict[tuple[DName, RRType], list[RecordSet]]


def checks_meant(pattern: Pattern, world: World) -> set[HealthCheckId]:
    """The declared health checks that a pattern means.

    A Region's are those of the record sets and resources in it, and of whatever these lead to but other Regions' parts
    and spare ones; an Availability Zone's are those of the targets in it; an address's those of endpoints, targets and
    record sets that have it.
    """
    match pattern.kind:
        case PatternKind.CHECK:
            return {check_id for check_id in world.health_checks if fnmatchcase(check_id, pattern.text)}
        case PatternKind.REGION:
            found = _in_regions(pattern.text, world)
        case PatternKind.ZONE:
            found = _in_zones(pattern.text, world)
        case PatternKind.ADDRESS:
            found = _at_addresses(pattern.text, world)
    return {check_id for check_id in found if check_id in world.health_checks}


def _in_regions(glob: str, world: World) -> Iterator[HealthCheckId]:
    for resource in world.resources.values():
        yield from _in_resource(resource, glob)
    for zone in world.hosted_zones.values():
        placed = [record_set for record_set in zone.record_sets.values() if _is_in(_region(record_set), glob)]
        if placed:
            yield from _below(placed, glob, zone, world)


def _below(placed: list[RecordSet], glob: str, zone: HostedZone, world: World) -> Iterator[HealthCheckId]:
    groups: Groups = defaultdict(list)
    for record_set in zone.record_sets.values():
        groups[record_set.name, record_set.type].append(record_set)
    seen = {record_set.key for record_set in placed}
    while placed:
        record_set = placed.pop()
        if record_set.health_check_id is not None:
            yield record_set.health_check_id
        if record_set.alias is None:
            continue
        resource = world.resources.get(record_set.alias.name)
        if resource is not None:
            yield from (t.health_check_id for t in resource.targets if t.health_check_id and resource.region is None)
        for member in groups.get((record_set.alias.name, record_set.type), ()):
            region = _region(member)
            if member.key not in seen and (region is None or fnmatchcase(region, glob)) and not _is_spare(member):
                seen.add(member.key)
                placed.append(member)


def _in_resource(resource: Resource, glob: str) -> Iterator[HealthCheckId]:
    if _is_in(resource.region, glob):
        yield from (target.health_check_id for target in resource.targets if target.health_check_id)


def _in_zones(glob: str, world: World) -> Iterator[HealthCheckId]:
    for resource in world.resources.values():
        for target in resource.targets:
            if target.health_check_id and _is_in(target.availability_zone, glob):
                yield target.health_check_id


def _at_addresses(text: str, world: World) -> Iterator[HealthCheckId]:
    network = ip_network(text, strict=False)
    for check_id, check in world.health_checks.items():
        address = check.config.ip_address if isinstance(check.config, EndpointCheck) else None
        if address is not None and ip_address(address) in network:
            yield check_id
    for resource in world.resources.values():
        for target in resource.targets:
            if target.health_check_id and target.address is not None and target.address in network:
                yield target.health_check_id
    for zone in world.hosted_zones.values():
        for record_set in zone.record_sets.values():
            is_address = record_set.type in (RRType.A, RRType.AAAA)
            if record_set.health_check_id and is_address and any(ip_address(r) in network for r in record_set.rdata):
                yield record_set.health_check_id


def _is_in(place: str | None, glob: str) -> bool:
    return place is not None and fnmatchcase(place, glob)


def _region(record_set: RecordSet) -> str | None:
    return record_set.routing.region if isinstance(record_set.routing, Latency | Geoproximity) else None


def _is_spare(record_set: RecordSet) -> bool:
    return isinstance(record_set.routing, Failover) and record_set.routing.role is FailoverRole.SECONDARY
