"""Makes the next published value from the state; a change costs what it touches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dnsemu.commands.traffic.published import Traffic
from dnsemu.config import names
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.policies.model import Group
from dnsemu.publication.board import Difference, Published, names_changed
from dnsemu.state.step import apply_writes
from dnsemu.state.tables import CIDR_COLLECTION, HOSTED_ZONE, RECORD_SET, Write
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone, apply_changes, compile_in_steps

Changes = dict[RecordSetKey, RecordSet | None]
"""Record sets that a step wrote in one zone; None for a deleted one."""

CreatedAt = Callable[[HostedZoneId], float]
"""Returns the creation time of a zone; of two with one name the newer one answers (R41)."""


class CannotBeServed(Exception):
    """A hosted zone that cannot be compiled, so a state with it is neither stored nor published."""

    def __init__(self, zone: HostedZone, reason: Exception) -> None:
        name = names.display(zone.name)
        super().__init__(f"the hosted zone {zone.id} ({name}) cannot be served: {type(reason).__name__}: {reason}")
        self.zone_id = zone.id


@dataclass(frozen=True, slots=True)
class CompiledWrites:
    """The value to publish after a step's writes, the value that it was compiled from, and their difference."""

    writes: Sequence[Write]
    base: Published
    published: Published
    difference: Difference


def with_writes(published: Published, writes: Sequence[Write], created_at: CreatedAt) -> tuple[Published, Difference]:
    """Applies a step's writes to the published value; returns the next one and the difference.

    Private zones are not compiled: no public query reaches them.
    """
    world = apply_writes(published.world, writes)
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
    zones, changed_names = _changed_parts(published.catalog, catalog, named)
    return Published(world, catalog, locator, traffic), Difference(zones, changed_names, clients=clients)


def _changed_parts(
    before: Catalog, after: Catalog, touched: Mapping[DName, Iterable[DName]]
) -> tuple[frozenset[DName], frozenset[tuple[DName, DName]]]:
    """Returns the zones that were replaced, and (zone, name) pairs that differ in the others.

    Args:
        touched: the touched names, by the name of their zone.
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


def with_api_zones(
    declared: Published, current: Catalog, world: World, created_at: CreatedAt, traffic: Traffic
) -> Published:
    """Adds zones without a pause; parameters, result and errors are those of `with_api_zones_in_steps`."""
    return at_once(with_api_zones_in_steps(declared, current, world, created_at, traffic))


def with_api_zones_in_steps(
    declared: Published, current: Catalog, world: World, created_at: CreatedAt, traffic: Traffic
) -> Steps[Published]:
    """Adds the zones that the API made to what files declare; published ones are not compiled again.

    Args:
        declared: what files declare, compiled.
        current: the published catalog.
        world: everything declared, by files or the API.
        traffic: the traffic policies and instances of the state.
    Raises:
        CannotBeServed: a zone of the API cannot be compiled.
    """
    catalog = declared.catalog
    api_zones = [zone for zone in world.hosted_zones.values() if zone.id not in declared.world.hosted_zones]
    for zone in _answering(api_zones, created_at):
        compiled = current.zones.get(zone.name)
        is_published = compiled is not None and compiled.id == zone.id
        if not (is_published and compiled):
            compiled = yield from compiled_in_steps(zone, traffic)
        catalog = catalog.with_zone(compiled)
        yield
    locator = declared.locator
    if len(world.cidr_collections) > len(declared.world.cidr_collections):
        locator = locator.with_collections(world.cidr_collections.values())
    return Published(world, catalog, locator, traffic)


def recompiled(published: Published, world: World, created_at: CreatedAt, traffic: Traffic) -> Published:
    """Compiles all zones again; what only files declare stays as published."""
    resources = {resource.declared.name: resource for resource in published.catalog.resources.values()}
    zones = [compiled_zone(zone, traffic) for zone in _answering(world.hosted_zones.values(), created_at)]
    locator = published.locator.with_collections(world.cidr_collections.values())
    return Published(world, Catalog.of(zones, resources.values()), locator, traffic)


def compiled_zone(zone: HostedZone, traffic: Traffic) -> Zone:
    """Compiles a zone; the trees of its traffic policy instances replace the record sets listed for them.

    Raises:
        CannotBeServed: the zone breaks a rule that compiling relies on.
    """
    return at_once(compiled_in_steps(zone, traffic))


def compiled_in_steps(zone: HostedZone, traffic: Traffic) -> Steps[Zone]:
    """Compiles a zone in steps, and raises as `compiled_zone` does."""
    try:
        trees = traffic.trees(zone)
        if not trees:
            return (yield from compile_in_steps(zone))
        record_sets = zone.record_sets.update({tree.root.key: tree.root for tree in trees})
        hidden = [group for tree in trees for group in tree.hidden]
        return (yield from compile_in_steps(replace(zone, record_sets=record_sets), hidden))
    except Exception as error:
        raise CannotBeServed(zone, error) from error


def _answering(zones: Iterable[HostedZone], created_at: CreatedAt) -> Iterable[HostedZone]:
    """Returns the public zones that answer: of several with one name the newest (R41)."""
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
    if compiled is None or compiled.id != after.id:  # another zone of this name answers
        return catalog
    changed_sets: list[tuple[RecordSetKey, RecordSet | None]] = []
    hidden: list[Group] = []
    for key, value in changes.items():
        tree = traffic.tree(value, after.id) if value is not None else None
        if tree is not None:
            hidden += tree.hidden
        if value is not None or key in before.record_sets:
            changed_sets.append((key, tree.root if tree is not None else value))
    return catalog.with_zone(apply_changes(compiled, changed_sets, hidden)) if changed_sets else catalog


def _without(catalog: Catalog, world: World, deleted: HostedZone, created_at: CreatedAt, traffic: Traffic) -> Catalog:
    compiled = catalog.zones.get(deleted.name)
    if compiled is None or compiled.id != deleted.id:
        return catalog
    namesakes = [zone for zone in world.hosted_zones.values() if zone.name == deleted.name]
    for successor in _answering(namesakes, created_at):
        return catalog.with_zone(compiled_zone(successor, traffic))
    return catalog.without_zone(deleted.name)
