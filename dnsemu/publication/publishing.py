"""From what is declared to what is answered: a change costs what it touches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from dnsemu.commands.traffic.published import Traffic
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.policies.model import Group
from dnsemu.publication.board import Difference, Published, names_changed
from dnsemu.state.step import applied
from dnsemu.state.tables import CIDR_COLLECTION, HOSTED_ZONE, RECORD_SET, Write
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone, changed, compile_zone

Changes = dict[RecordSetKey, RecordSet | None]


Age = Callable[[HostedZoneId], float]
"""When a zone was created; of two with one name the newer answers (R41)."""


def with_writes(published: Published, writes: Sequence[Write], created_at: Age) -> tuple[Published, Difference]:
    """What is published, with what a step wrote, and how far it differs. Private zones answer nobody here."""
    world = applied(published.world, writes)
    traffic = published.traffic.with_writes(writes)
    touched = _touched(writes)
    for zone_id, root in traffic.roots_changed(published.traffic, writes):
        zone = world.hosted_zones.get(zone_id)
        if zone is not None:
            touched.setdefault(zone_id, {})[root] = zone.record_sets.get(root)
    catalog = published.catalog
    for zone_id, changes in touched.items():
        before, after = published.world.hosted_zones.get(zone_id), world.hosted_zones.get(zone_id)
        if after is None and before is not None:
            catalog = _without(catalog, world, before, created_at, traffic)
        elif after is not None:
            catalog = _with_zone(catalog, before, after, changes, traffic)
    locator = published.locator
    clients = any(write.table == CIDR_COLLECTION for write in writes)
    if clients:
        locator = locator.with_collections(world.cidr_collections.values())
    named: dict[DName, set[DName]] = {}  # several zones may have one name
    for zone_id, changes in touched.items():
        zone = world.hosted_zones.get(zone_id) or published.world.hosted_zones.get(zone_id)
        if zone is not None:
            named.setdefault(zone.name, set()).update(name for name, _, _ in changes)
    zones, changed_names = _difference(published.catalog, catalog, named)
    return Published(world, catalog, locator, traffic), Difference(zones, changed_names, clients=clients)


def _difference(
    before: Catalog, after: Catalog, touched: Mapping[DName, Iterable[DName]]
) -> tuple[frozenset[DName], frozenset[tuple[DName, DName]]]:
    """Zones that are others than before, and the names in those that only changed.

    Args:
        touched: by the name of each zone in question, the names in it.
    """
    zones: set[DName] = set()
    changed_names: set[tuple[DName, DName]] = set()
    for name, names_touched in touched.items():
        old, new = before.zones.get(name), after.zones.get(name)
        if old is new:
            continue
        if old is None or new is None or old.id != new.id:
            zones.add(name)
        else:
            changed_names.update(names_changed(old, new, names_touched))
    return frozenset(zones), frozenset(changed_names)


def beside(declared: Published, current: Catalog, world: World, created_at: Age, traffic: Traffic) -> Published:
    """What files declare, with the zones that the API made; those that answer already are not compiled again.

    Args:
        declared: what files declare, compiled.
        current: what is answered from now.
        world: everything, be it from files or not.
        traffic: the traffic policies and instances that are kept.
    """
    catalog = declared.catalog
    of_the_api = [zone for zone in world.hosted_zones.values() if zone.id not in declared.world.hosted_zones]
    for zone in _answering(of_the_api, created_at):
        compiled = current.zones.get(zone.name)
        known = compiled is not None and compiled.id == zone.id
        catalog = catalog.with_zone(compiled if known and compiled else compiled_zone(zone, traffic))
    locator = declared.locator
    if len(world.cidr_collections) > len(declared.world.cidr_collections):
        locator = locator.with_collections(world.cidr_collections.values())
    return Published(world, catalog, locator, traffic)


def compiled_anew(published: Published, world: World, created_at: Age, traffic: Traffic) -> Published:
    """Everything that is declared, compiled from the beginning; only what files alone declare stays as it was."""
    resources = {resource.declared.name: resource for resource in published.catalog.resources.values()}
    zones = [compiled_zone(zone, traffic) for zone in _answering(world.hosted_zones.values(), created_at)]
    locator = published.locator.with_collections(world.cidr_collections.values())
    return Published(world, Catalog.of(zones, resources.values()), locator, traffic)


def compiled_zone(zone: HostedZone, traffic: Traffic) -> Zone:
    """A zone with what its traffic policy instances answer in place of the record sets that are listed for them."""
    trees = traffic.trees(zone)
    if not trees:
        return compile_zone(zone)
    record_sets = zone.record_sets.update({tree.root.key: tree.root for tree in trees})
    return compile_zone(replace(zone, record_sets=record_sets), [group for tree in trees for group in tree.hidden])


def _answering(zones: Iterable[HostedZone], created_at: Age) -> Iterable[HostedZone]:
    """The public zones that answer: of several with one name the newest."""
    oldest_first = sorted(zones, key=lambda zone: created_at(zone.id))
    return {zone.name: zone for zone in oldest_first if not zone.is_private}.values()


def _touched(writes: Sequence[Write]) -> dict[HostedZoneId, Changes]:
    touched: dict[HostedZoneId, Changes] = {}
    for write in writes:
        if write.table == HOSTED_ZONE:
            touched.setdefault(write.key, {})
        elif write.table == RECORD_SET:
            touched.setdefault(write.key[0], {})[write.key[1:]] = write.value
    return touched


def _with_zone(
    catalog: Catalog, before: HostedZone | None, after: HostedZone, changes: Changes, traffic: Traffic
) -> Catalog:
    if after.is_private:
        return catalog
    if before is None:
        return catalog.with_zone(compiled_zone(after, traffic))
    compiled = catalog.zones.get(after.name)
    if compiled is None or compiled.id != after.id:  # another of this name answers
        return catalog
    known: list[tuple[RecordSetKey, RecordSet | None]] = []
    hidden: list[Group] = []
    for key, value in changes.items():
        tree = traffic.tree(value, after.id) if value is not None else None
        if tree is not None:
            hidden += tree.hidden
        if value is not None or key in before.record_sets:
            known.append((key, tree.root if tree is not None else value))
    return catalog.with_zone(changed(compiled, known, hidden)) if known else catalog


def _without(catalog: Catalog, world: World, gone: HostedZone, created_at: Age, traffic: Traffic) -> Catalog:
    compiled = catalog.zones.get(gone.name)
    if compiled is None or compiled.id != gone.id:
        return catalog
    namesakes = [zone for zone in world.hosted_zones.values() if zone.name == gone.name]
    for heir in _answering(namesakes, created_at):
        return catalog.with_zone(compiled_zone(heir, traffic))
    return catalog.without_zone(gone.name)
