"""Keeps the contents of failure domains up to date at the cost of a change, where that is possible.

A record set that holds an address or names a Region is in a domain by itself, so a change of it adds or removes one
member. Where aliases and CNAMEs lead is another matter: a change of one of them, or of a name that one leads to, needs
a new search. `Links` says which names those are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from dnsemu.commands.context import CHANGES
from dnsemu.config import names
from dnsemu.config.model.batches import Steps
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.faults.failure_domains import GROUPS_PER_STEP, DomainContents, matches_check, network_of
from dnsemu.faults.patterns import Pattern, PatternKind
from dnsemu.faults.unchecked import is_checked
from dnsemu.faults.zone_search import region_of, searched_zones
from dnsemu.state.tables import RECORD_SET, Write
from dnsemu.zone.catalog import Catalog

Contents = Mapping[Pattern, DomainContents]

_WILDCARD = b"\x01*"


@dataclass(frozen=True, slots=True)
class Links:
    """The names that aliases and CNAMEs lead to, in all hosted zones.

    An alias leads to exactly its target. Where a CNAME leads also depends on `above`, the names above its target, which
    may hold a delegation or a wildcard, and on names below the target.
    """

    aliased: frozenset[DName]
    cname_targets: frozenset[DName]
    above: frozenset[DName]

    def lead_to(self, name: DName, apex: DName) -> bool:
        """True if a change of the record sets at a name may change where a link leads."""
        if name in self.aliased or name in self.cname_targets or name in self.above:
            return True
        if not self.cname_targets:
            return False
        if name.startswith(_WILDCARD) and names.parent(name) in self.above | self.cname_targets:
            return True
        return any(above in self.cname_targets for above in names.ancestors(name) if above != apex)


def links_of(world: World, catalog: Catalog) -> Steps[Links]:
    """Finds all links; arguments as for `domain_contents`."""
    aliased: set[DName] = set()
    cname_targets: set[DName] = set()
    for zone in searched_zones(world, catalog):
        for number, members in enumerate(zone.groups(), 1):
            for record_set in members:
                if record_set.alias is not None:
                    aliased.add(record_set.alias.name)
                elif record_set.type is RRType.CNAME and record_set.rdata:
                    cname_targets.add(DName(record_set.rdata[0].lower()))
            if not number % GROUPS_PER_STEP:
                yield
    above = {ancestor for target in cname_targets for ancestor in names.ancestors(target)}
    yield
    return Links(frozenset(aliased), frozenset(cname_targets), frozenset(above))


class Declared(NamedTuple):
    """A World, and the catalog that was compiled from it."""

    world: World
    catalog: Catalog

    def is_same(self, other: "Declared") -> bool:
        """True if both are the same objects; comparing their values would take long."""
        return self.world is other.world and self.catalog is other.catalog


def updated(
    contents: Contents, links: Links, before: Declared, after: Declared, writes: Sequence[Write]
) -> Steps[Contents | None]:
    """The contents of failure domains after a step's writes; None if only a new search can tell.

    Args:
        contents: the contents before.
        links: the links before.
    Returns:
        The contents; the links are then the same as before.
    """
    if after.catalog.resources is not before.catalog.resources:
        return None
    if after.world.health_checks is not before.world.health_checks:
        return None
    changes: list[tuple[HostedZoneId, RecordSet | None, RecordSet | None]] = []
    for write in writes:
        if write.table == CHANGES.name:
            continue
        if write.table != RECORD_SET:
            return None
        zone_id, *key = write.key
        zone = before.world.hosted_zones.get(zone_id)
        if zone is None or zone_id not in after.world.hosted_zones or links.lead_to(key[0], zone.name):
            return None
        old = zone.record_sets.get(tuple(key))
        if _is_link(old) or _is_link(write.value):
            return None
        changes.append((zone_id, old, write.value))
    yield
    found = dict(contents)
    for pattern, held in contents.items():
        found[pattern] = _with_changes(pattern, held, changes, after)
        yield
    return found


def _is_link(record_set: RecordSet | None) -> bool:
    return record_set is not None and (record_set.alias is not None or record_set.type is RRType.CNAME)


def _with_changes(
    pattern: Pattern,
    contents: DomainContents,
    changes: Iterable[tuple[HostedZoneId, RecordSet | None, RecordSet | None]],
    after: Declared,
) -> DomainContents:
    """The contents after changes of record sets that are in the domain by themselves, if at all."""
    removed: dict[int, RecordSet] = {}
    added: dict[int, tuple[HostedZoneId, RecordSet]] = {}
    for zone_id, old, new in changes:
        if old is not None and _is_in(pattern, old) and added.pop(id(old), None) is None:
            removed[id(old)] = old
        if new is not None and _is_in(pattern, new):
            added[id(new)] = zone_id, new
    if not removed and not added:
        return contents
    kept = tuple(r for r in contents.record_sets if id(r) not in removed)
    record_sets = (*kept, *(record_set for _, record_set in added.values()))
    checks = after.world.health_checks
    health_checks = dict(contents.health_checks)
    for check_id in {r.health_check_id for r in removed.values()}:
        if check_id in health_checks and not _is_named(check_id, pattern, contents, kept, after.world):
            del health_checks[check_id]
    for _, record_set in added.values():
        check_id = record_set.health_check_id
        if check_id is not None and check_id in checks:
            health_checks[check_id] = checks[check_id]
    unchecked = [r for r in contents.unchecked if id(r) not in removed]
    unchecked += [r for zone_id, r in added.values() if _keeps_answering(r, zone_id, after)]
    return replace(contents, health_checks=health_checks, record_sets=record_sets, unchecked=tuple(unchecked))


def _is_in(pattern: Pattern, record_set: RecordSet) -> bool:
    """True if a record set is in the failure domain by itself."""
    if pattern.kind is PatternKind.REGION:
        region = region_of(record_set)
        return region is not None and fnmatchcase(region, pattern.text)
    if pattern.kind is not PatternKind.ADDRESS:
        return False
    network = network_of(pattern)
    if record_set.type is not (RRType.A if network.version == 4 else RRType.AAAA):
        return False
    prefix, mask = int(network.network_address), int(network.netmask)
    return any(int.from_bytes(rdata, "big") & mask == prefix for rdata in record_set.rdata)


def _is_named(
    check_id: HealthCheckId, pattern: Pattern, contents: DomainContents, kept: Iterable[RecordSet], world: World
) -> bool:
    """True if a health check is in the domain for another reason than a record set that was removed."""
    if any(target.health_check_id == check_id for _, target in contents.targets.values()):
        return True
    if matches_check(pattern, world.health_checks[check_id]):
        return True
    return any(record_set.health_check_id == check_id for record_set in kept)


def _keeps_answering(record_set: RecordSet, zone_id: HostedZoneId, after: Declared) -> bool:
    zone = after.catalog.zones.get(after.world.hosted_zones[zone_id].name)
    if zone is None or zone.id != zone_id:  # no query reaches it
        return False
    check_id = record_set.health_check_id
    return check_id is None or not is_checked(after.world.health_checks.get(check_id))
