"""The catalog of hosted zones and resources, and what a question finds in it (routing.md §2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from immutables import Map

from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import Group
from dnsemu.wire.qtypes import ANY
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource

MAX_FOUND = 4096


class Hit(NamedTuple):
    """Groups answer: the one of the type asked, the CNAME that stands for it (R54), or every one for ANY (R56).

    `node` is the name that owns them: the name asked, or the wildcard that stands for it (R46).
    """

    zone: Zone
    node: DName
    groups: tuple[Group, ...]


class NoData(NamedTuple):
    """The name exists, the type does not (R49); `node` is as in `Hit`."""

    zone: Zone
    node: DName


class NXDomain(NamedTuple):
    """Nothing is at the name or below it (R48)."""

    zone: Zone


class Referral(NamedTuple):
    """The name lies at or below a delegation (R52)."""

    zone: Zone
    cut: Group


@dataclass(frozen=True, slots=True)
class NotOurs:
    """No hosted zone holds the name (R42)."""


Found = Hit | NoData | NXDomain | Referral | NotOurs


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every hosted zone by name; never changes once published.

    `resources` are the declared ones by each of their names; each has its zone among the others.
    """

    zones: Map[DName, Zone]
    resources: Map[DName, CompiledResource] = field(default_factory=Map)
    _found: dict[tuple[DName, int], Hit | NoData] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was found for names that exist, so many: what is asked once is often asked again."""

    @classmethod
    def of(cls, zones: Iterable[Zone], resources: Iterable[CompiledResource] = ()) -> "Catalog":
        """A catalog of these; of two zones with one name the later answers, a hosted one before a resource's (R41)."""
        compiled = tuple(resources)
        everything = (*(resource.zone for resource in compiled), *zones)
        return cls(Map((zone.name, zone) for zone in everything), _by_name(compiled))

    def with_zone(self, zone: Zone) -> "Catalog":
        """The same with a zone, in place of whichever has its name."""
        return replace(self, zones=self.zones.set(zone.name, zone))

    def without_zone(self, name: DName) -> "Catalog":
        """The same without the zone of a name; a resource's own comes back where it was covered (R41)."""
        zones = self.zones.delete(name)
        resource = self.resources.get(name)
        return replace(self, zones=zones.set(name, resource.zone) if resource is not None else zones)

    def alone(self, zone: Zone) -> "Catalog":
        """Nothing but one zone, with the resources that its aliases lead to."""
        return replace(self, zones=Map({zone.name: zone}))

    def with_resources(self, resources: Iterable[CompiledResource]) -> "Catalog":
        """The same with newer states of some of the resources."""
        return replace(self, resources=self.resources.update(_by_name(resources)))

    def zone_of(self, name: DName) -> Zone | None:
        """The hosted zone with the longest name that `name` equals or lies below (R41)."""
        get = self.zones.get
        while (zone := get(name)) is None and name != names.ROOT:
            name = names.parent(name)
        return zone

    def lookup(self, name: DName, type_: int) -> Found:
        """Find what answers a question of class IN.

        A DS question at a zone's own name goes to the parent zone when that is hosted too (R53; RFC 4035 §3.1.4.1).
        """
        key = name, type_
        known = self._found.get(key)
        if known is not None:
            return known
        zone = self.zone_of(name)
        if zone is None:
            return NotOurs()
        if type_ == RRType.DS and name == zone.name and name != names.ROOT:
            zone = self.zone_of(names.parent(name)) or zone
        found = lookup(zone, name, type_)
        if isinstance(found, Hit | NoData) and found.node == name and len(self._found) < MAX_FOUND:
            self._found[key] = found
        return found


def _by_name(resources: Iterable[CompiledResource]) -> Map[DName, CompiledResource]:
    return Map((name, resource) for resource in resources for name in resource.names)


def lookup(zone: Zone, name: DName, type_: int) -> Hit | NoData | NXDomain | Referral:
    """Find what answers a question in the one zone that is responsible for it (R44–R56)."""
    cut = zone.cut_above(name)
    if cut is not None and not (name == cut and type_ == RRType.DS):
        return Referral(zone, zone.nodes[cut].groups[RRType.NS])
    owner = name
    node = zone.nodes.get(name)
    if node is None:
        owner = names.wildcard_below(zone.closest_encloser(name))
        node = zone.nodes.get(owner)
        if node is None:
            return NXDomain(zone)
    groups = _answering(node, type_)
    return Hit(zone, owner, groups) if groups else NoData(zone, owner)


def _answering(node: Node, type_: int) -> tuple[Group, ...]:
    if type_ == ANY:
        return tuple(node.groups.values())
    group = node.groups.get(type_) or node.groups.get(RRType.CNAME)
    return (group,) if group else ()
