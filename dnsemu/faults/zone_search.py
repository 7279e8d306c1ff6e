"""Hosted zones as the search for failure domains reads them: record sets, and where they lead to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Failover, FailoverRole, Geoproximity, Latency
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.wire.qtypes import ANY
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import Hit, lookup_in


class SearchedZone(Protocol):
    """One hosted zone as the search reads it."""

    zone_id: HostedZoneId
    catalog: Catalog
    is_answering: bool
    """False if no query reaches its record sets."""

    def groups(self) -> Iterator[Sequence[RecordSet]]:
        """All record sets, those of one group or one name together."""

    def group(self, name: DName, type: RRType) -> Iterable[RecordSet]:
        """The record sets that an alias to this name and type leads to."""

    def onward(self, target: DName) -> Iterable[RecordSet]:
        """The record sets that a CNAME with this target leads to."""


class _AnsweringZone:
    """A zone of the catalog: CNAMEs lead to where the answer continues (R54, R55), for every type."""

    is_answering = True

    def __init__(self, zone: Zone, catalog: Catalog) -> None:
        self.zone_id, self.catalog = zone.id, catalog
        self._zone = zone

    def groups(self) -> Iterator[Sequence[RecordSet]]:
        for node in self._zone.nodes.values():
            groups = node.groups
            for type in groups:
                yield groups[type].record_sets
        for group in self._zone.hidden.values():
            yield group.record_sets

    def group(self, name: DName, type: RRType) -> Iterable[RecordSet]:
        group = self._zone.group(name, type)
        return group.record_sets if group is not None else ()

    def onward(self, target: DName) -> Iterable[RecordSet]:
        if self.catalog.zone_of(target) is not self._zone:
            return ()
        found = lookup_in(self.catalog, self._zone, target, ANY)
        return [r for group in found.groups for r in group.record_sets] if isinstance(found, Hit) else ()


class _UnansweredZone:
    """A private hosted zone, or an older one of the same name (R41): not compiled, so only exact names are found."""

    is_answering = False

    def __init__(self, zone: HostedZone, catalog: Catalog) -> None:
        self.zone_id, self.catalog = zone.id, catalog
        self._declared = zone.record_sets

    def groups(self) -> Iterator[Sequence[RecordSet]]:
        return (members for _, members in self._declared.by_name())

    def group(self, name: DName, type: RRType) -> Iterable[RecordSet]:
        return [record_set for record_set in self._declared.at(name) if record_set.type is type]

    def onward(self, target: DName) -> Iterable[RecordSet]:
        return self._declared.at(target)


def searched_zones(world: World, catalog: Catalog) -> Iterator[SearchedZone]:
    """All hosted zones; a resource's zone holds only its own names."""
    for zone in catalog.zones.values():
        resource = catalog.resources.get(zone.name)
        if resource is None or resource.zone is not zone:
            yield _AnsweringZone(zone, catalog)
    for declared in world.hosted_zones.values():
        compiled = catalog.zones.get(declared.name)
        if compiled is None or compiled.id != declared.id:
            yield _UnansweredZone(declared, catalog)


def regions_of(record_set: RecordSet, zone: SearchedZone) -> Iterable[str]:
    """The Regions that a record set is in: the one its routing names, and that of the resource it is an alias of."""
    routed = region_of(record_set)
    resource = resource_of(record_set, zone)
    if resource is None:
        return () if routed is None else (routed,)
    return {region for region in (routed, resource.region) if region is not None}


def region_of(record_set: RecordSet) -> str | None:
    """The Region that a record set's latency or geoproximity routing names."""
    routing = record_set.routing
    return routing.region if isinstance(routing, Latency | Geoproximity) else None


def resource_of(record_set: RecordSet, zone: SearchedZone) -> Resource | None:
    """The resource that an alias leads to, if it leads to one and not into its own hosted zone (R106)."""
    alias = record_set.alias
    if alias is None or alias.hosted_zone_id == zone.zone_id:
        return None
    compiled = zone.catalog.resources.get(alias.name)
    return compiled.declared if compiled is not None else None


def below(record_set: RecordSet, zone: SearchedZone) -> Iterator[tuple[RecordSet, SearchedZone]]:
    """Yields the record sets that one leads to, each with its hosted zone; an alias may name another (R102a)."""
    alias = record_set.alias
    if alias is None:
        if record_set.type is RRType.CNAME and record_set.rdata:
            yield from ((found, zone) for found in zone.onward(DName(record_set.rdata[0].lower())))
        return
    if alias.hosted_zone_id != zone.zone_id:
        named = zone.catalog.zone_of(alias.name)
        if named is None or named.id != alias.hosted_zone_id:
            return
        zone = _AnsweringZone(named, zone.catalog)
    yield from ((found, zone) for found in zone.group(alias.name, record_set.type))


def is_secondary(record_set: RecordSet) -> bool:
    """True for a failover secondary."""
    return isinstance(record_set.routing, Failover) and record_set.routing.role is FailoverRole.SECONDARY
