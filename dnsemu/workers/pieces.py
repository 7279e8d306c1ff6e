"""What is published, taken apart into small pieces for another process: all of it, or what a change concerns.

A piece costs about a millisecond to make and to take in, so that whoever does that can answer queries in between. What
the pieces of one message say becomes visible with the `Publish` at its end.
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

NODES_PER_PIECE = 100
STATUSES_PER_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Anew:
    """Everything declared follows: nothing of what was there before stays, unless it is told again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is declared but for its large mappings, and where the clients of each vantage point are, by its address."""

    world: World
    vantage: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Collections:
    """All CIDR collections."""

    collections: Sequence[CidrCollection]


@dataclass(frozen=True, slots=True)
class ZoneBegins:
    """A zone that came or was compiled anew, still without its nodes and hidden groups."""

    zone: Zone


@dataclass(frozen=True, slots=True)
class ZoneGone:
    """There is no zone of this name any more."""

    name: DName


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of a zone; None for those that went."""

    zone: DName
    nodes: Sequence[tuple[DName, Node | None]]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Hidden groups of a zone; None for those that went."""

    zone: DName
    groups: Sequence[tuple[DName, Group | None]]


@dataclass(frozen=True, slots=True)
class Apex:
    """What of a zone is not in its nodes, with the cuts that came and went."""

    zone: DName
    cuts_come: frozenset[DName]
    cuts_gone: frozenset[DName]
    ns: tuple[RR, ...]
    soa: tuple[RR, ...]


@dataclass(frozen=True, slots=True)
class Resources:
    """Resources by each of their names; None for those that went."""

    resources: Sequence[tuple[DName, CompiledResource | None]]


@dataclass(frozen=True, slots=True)
class Statuses:
    """Effective statuses of health checks; None for those that went.

    `anew`: what was told before is void.
    """

    statuses: Sequence[tuple[HealthCheckId, Status | None]]
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How emulated time goes: `now_s` at `monotonic_s` of the machine's monotonic clock, then `speed` seconds a second.

    If `ttls_are_divided`, then by `ttl_divisor`, None for TTLs of 0.
    """

    now_s: float
    monotonic_s: float
    speed: float
    ttls_are_divided: bool
    ttl_divisor: float | None


@dataclass(frozen=True, slots=True)
class Publish:
    """The end of a message: have it answered. `difference` is None if nothing declared differs."""

    difference: Difference | None


Piece = (
    Anew
    | Settings
    | Collections
    | ZoneBegins
    | ZoneGone
    | Nodes
    | Hidden
    | Apex
    | Resources
    | Statuses
    | Pace
    | Publish
)


def declared_pieces(
    now: Published, told: Published | None, difference: Difference, vantage: Mapping[str, Place]
) -> Iterator[Piece]:
    """What a reader lacks who was told `told`, all but the `Publish`.

    Args:
        difference: how far `now` differs from `told`.
        told: may be None if everything differs.
        vantage: where the clients of each vantage point are.
    """
    if difference.everything or told is None:
        yield Anew()
        yield Settings(_without_the_large(now.world), vantage)
        yield Collections(tuple(now.world.cidr_collections.values()))
        for zone in now.catalog.zones.values():
            yield from _whole_zone(zone)
        for batch in batches(now.catalog.resources.items(), NODES_PER_PIECE):
            yield Resources(batch)
        return
    if difference.clients:
        yield Collections(tuple(now.world.cidr_collections.values()))
    for name in difference.zones:
        found = now.catalog.zones.get(name)
        yield from (ZoneGone(name),) if found is None else _whole_zone(found)
    touched: dict[DName, list[DName]] = {}
    for zone_name, name in difference.names:
        if zone_name not in difference.zones:
            touched.setdefault(zone_name, []).append(name)
    for zone_name, names in touched.items():
        yield from _changed_zone(told.catalog.zones[zone_name], now.catalog.zones[zone_name], names)
    for some in batches(difference.resources, NODES_PER_PIECE):
        yield Resources([(name, now.catalog.resources.get(name)) for name in some])


def status_pieces(now: HealthSnapshot, checks: Collection[HealthCheckId] | None) -> Iterator[Piece]:
    """The statuses of these checks, or of all for None."""
    if checks is None:
        yield Statuses((), anew=True)
    for batch in batches(now.status if checks is None else checks, STATUSES_PER_PIECE):
        yield Statuses([(check, now.status.get(check)) for check in batch])


def _without_the_large(world: World) -> World:
    return replace(world, hosted_zones=Map(), health_checks=Map(), cidr_collections=Map(), resources=Map())


def _whole_zone(zone: Zone) -> Iterator[Piece]:
    yield ZoneBegins(replace(zone, nodes=Map(), hidden=Map()))
    for nodes in batches(zone.nodes.items(), NODES_PER_PIECE):
        yield Nodes(zone.name, nodes)
    for groups in batches(zone.hidden.items(), NODES_PER_PIECE):
        yield Hidden(zone.name, groups)


def _changed_zone(before: Zone, after: Zone, names: Iterable[DName]) -> Iterator[Piece]:
    for batch in batches(names, NODES_PER_PIECE):
        yield Nodes(after.name, [(name, after.nodes.get(name)) for name in batch])
        if before.hidden is not after.hidden:
            yield Hidden(after.name, [(name, after.hidden.get(name)) for name in batch])
    if before.cuts is not after.cuts or before.ns is not after.ns or before.soa is not after.soa:
        yield Apex(after.name, after.cuts - before.cuts, before.cuts - after.cuts, after.ns, after.soa)
