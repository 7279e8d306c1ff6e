"""Replication: the published state as messages to another process, all of it or a difference.

A message takes about a millisecond to make or to apply, so that both processes answer queries in between. An update is
a sequence of messages; a replica publishes it when it reaches the `Publish` at its end.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from immutables import Map

from dnsemu.config.model.batches import batches
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group
from dnsemu.publication.board import Difference, Published
from dnsemu.wire.protocol import RR
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource

NODES_PER_MESSAGE = 100
STATUSES_PER_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Reset:
    """Discards zones and resources: everything published follows."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The World without its large mappings, and where the clients of each vantage point are, by its address."""

    world: World
    vantage: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class CidrCollections:
    """All CIDR collections."""

    collections: Sequence[CidrCollection]


@dataclass(frozen=True, slots=True)
class ZoneStart:
    """Adds or replaces a zone; its nodes and hidden groups follow."""

    zone: Zone


@dataclass(frozen=True, slots=True)
class ZoneRemoved:
    """Removes the zone of this name."""

    name: DName


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of a zone by name; None removes one."""

    zone: DName
    nodes: Sequence[tuple[DName, Node | None]]


@dataclass(frozen=True, slots=True)
class HiddenGroups:
    """Hidden groups of a zone by name; None removes one."""

    zone: DName
    groups: Sequence[tuple[DName, Group | None]]


@dataclass(frozen=True, slots=True)
class ZoneData:
    """A zone's data outside its nodes: delegations added and removed, NS and SOA."""

    zone: DName
    cuts_added: frozenset[DName]
    cuts_removed: frozenset[DName]
    ns: tuple[RR, ...]
    soa: tuple[RR, ...]


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources by each of their names; None removes one."""

    resources: Sequence[tuple[DName, CompiledResource | None]]


@dataclass(frozen=True, slots=True)
class Statuses:
    """Effective statuses of health checks; None removes one. `is_reset` discards all earlier ones first."""

    statuses: Sequence[tuple[HealthCheckId, Status | None]]
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class ClockPace:
    """Emulated time: `now_s` at `monotonic_s` of the machine's monotonic clock, then `speed` seconds a second.

    If `ttls_are_divided`, TTLs are divided by `ttl_divisor`; None makes them 0.
    """

    now_s: float
    monotonic_s: float
    speed: float
    ttls_are_divided: bool
    ttl_divisor: float | None


@dataclass(frozen=True, slots=True)
class Publish:
    """Ends an update: the replica publishes it. `difference` is None if only statuses or the clock differ."""

    difference: Difference | None


ReplicationMessage = (
    Reset
    | Settings
    | CidrCollections
    | ZoneStart
    | ZoneRemoved
    | Nodes
    | HiddenGroups
    | ZoneData
    | Resources
    | Statuses
    | ClockPace
    | Publish
)


def published_messages(
    now: Published, before: Published | None, difference: Difference, vantage: Mapping[str, Place]
) -> Iterator[ReplicationMessage]:
    """Yields the messages that bring a replica from one published value to another, without the `Publish`.

    Args:
        now: the value to reach.
        before: the value that the replica has; may be None if everything differs.
        difference: the difference between the two.
        vantage: where the clients of each vantage point are, by its address.
    """
    if difference.everything or before is None:
        yield Reset()
        yield Settings(_without_large_mappings(now.world), vantage)
        yield CidrCollections(tuple(now.world.cidr_collections.values()))
        for zone in now.catalog.zones.values():
            yield from _whole_zone(zone)
        for batch in batches(now.catalog.resources.items(), NODES_PER_MESSAGE):
            yield Resources(batch)
        return
    if difference.clients:
        yield CidrCollections(tuple(now.world.cidr_collections.values()))
    for name in difference.zones:
        found = now.catalog.zones.get(name)
        yield from (ZoneRemoved(name),) if found is None else _whole_zone(found)
    touched: dict[DName, list[DName]] = {}
    for zone_name, name in difference.names:
        if zone_name not in difference.zones:
            touched.setdefault(zone_name, []).append(name)
    for zone_name, names in touched.items():
        yield from _changed_zone(before.catalog.zones[zone_name], now.catalog.zones[zone_name], names)
    for listed in batches(difference.resources, NODES_PER_MESSAGE):
        yield Resources([(name, now.catalog.resources.get(name)) for name in listed])


def status_messages(now: HealthSnapshot, checks: Collection[HealthCheckId] | None) -> Iterator[ReplicationMessage]:
    """Yields the statuses of these checks; of all checks for None."""
    if checks is None:
        yield Statuses((), is_reset=True)
    for batch in batches(now.status if checks is None else checks, STATUSES_PER_MESSAGE):
        yield Statuses([(check, now.status.get(check)) for check in batch])


def _without_large_mappings(world: World) -> World:
    return replace(world, hosted_zones=Map(), health_checks=Map(), cidr_collections=Map(), resources=Map())


def _whole_zone(zone: Zone) -> Iterator[ReplicationMessage]:
    yield ZoneStart(replace(zone, nodes=Map(), hidden=Map()))
    for nodes in batches(zone.nodes.items(), NODES_PER_MESSAGE):
        yield Nodes(zone.name, nodes)
    for groups in batches(zone.hidden.items(), NODES_PER_MESSAGE):
        yield HiddenGroups(zone.name, groups)


def _changed_zone(before: Zone, after: Zone, names: Iterable[DName]) -> Iterator[ReplicationMessage]:
    for batch in batches(names, NODES_PER_MESSAGE):
        yield Nodes(after.name, [(name, after.nodes.get(name)) for name in batch])
        if before.hidden is not after.hidden:
            yield HiddenGroups(after.name, [(name, after.hidden.get(name)) for name in batch])
    if before.cuts is not after.cuts or before.ns is not after.ns or before.soa is not after.soa:
        yield ZoneData(after.name, after.cuts - before.cuts, before.cuts - after.cuts, after.ns, after.soa)
