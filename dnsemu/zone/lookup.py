"""Look-up: finds the groups, the delegation or the absence that answers a question (routing.md §2)."""

from dataclasses import dataclass
from typing import NamedTuple

from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import Group
from dnsemu.wire.qtypes import ANY
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.reader import CatalogReader


class Hit(NamedTuple):
    """Groups answer: the one of the type asked, a CNAME instead of it (R54), or all for ANY (R56).

    `node` is the name that owns them: the name asked, or a wildcard that matches it (R46).
    """

    zone: Zone
    node: DName
    groups: tuple[Group, ...]


class NoData(NamedTuple):
    """The name exists, the type does not (R49); `node` is as in `Hit`."""

    zone: Zone
    node: DName


class NXDomain(NamedTuple):
    """The name does not exist, nor does any name below it (R48)."""

    zone: Zone


class Referral(NamedTuple):
    """The name lies at or below a delegation (R52)."""

    zone: Zone
    cut: Group


@dataclass(frozen=True, slots=True)
class NotOurs:
    """No hosted zone contains the name (R42)."""


Found = Hit | NoData | NXDomain | Referral | NotOurs

_NOT_OURS = NotOurs()


def lookup(catalog: CatalogReader, name: DName, type_: int) -> Found:
    """Looks up a question of class IN.

    A DS question at a zone's own name goes to the parent zone if that is hosted too (R53; RFC 4035 §3.1.4.1).
    """
    zone = catalog.zone_of(name)
    if zone is None:
        return _NOT_OURS
    if type_ == RRType.DS and name == zone.name and name != names.ROOT:
        zone = catalog.zone_of(names.parent(name)) or zone
    return lookup_in(catalog, zone, name, type_)


def lookup_in(catalog: CatalogReader, zone: Zone, name: DName, type_: int) -> Hit | NoData | NXDomain | Referral:
    """Looks up a question in the zone that is responsible for it (R44–R56)."""
    cut = catalog.cut_above(zone, name)
    if cut is not None and not (name == cut and type_ == RRType.DS):
        delegation = catalog.group(zone, cut, RRType.NS)
        assert delegation is not None
        return Referral(zone, delegation)
    owner = name
    node = catalog.node(zone, name)
    if node is None:
        owner = names.wildcard_below(catalog.closest_encloser(zone, name))
        node = catalog.node(zone, owner)
        if node is None:
            return NXDomain(zone)
    groups = _groups_for(node, type_)
    return Hit(zone, owner, groups) if groups else NoData(zone, owner)


def _groups_for(node: Node, type_: int) -> tuple[Group, ...]:
    if type_ == ANY:
        return tuple(node.groups.values())
    group = node.groups.get(type_) or node.groups.get(RRType.CNAME)
    return (group,) if group else ()
