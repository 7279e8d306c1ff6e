"""A hosted zone compiled to what a query needs: groups by name and type, cuts, and the records every answer carries.

A zone is compiled once; a change of its record sets makes a new one at the cost of the names that it touches.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from immutables import Map, MapMutation

from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import Group
from dnsemu.wire.protocol import RR

SOA_MINIMUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A name that exists: its groups by type code; none at all make an empty non-terminal (R48).

    `children` counts the names that exist one label below.
    """

    groups: Mapping[int, Group]
    children: int = 0


class OneGroup(Mapping[int, Group]):
    """The groups of a name that has one: as a dictionary with one entry, at a fifth of its memory."""

    __slots__ = ("_group",)

    def __init__(self, group: Group) -> None:
        self._group = group

    def get(self, type: int, default: Any = None) -> Any:
        """The group if it is of this type."""
        return self._group if self._group.type == type else default

    def __getitem__(self, type: int) -> Group:
        if self._group.type != type:
            raise KeyError(type)
        return self._group

    def __contains__(self, type: object) -> bool:
        return self._group.type == type

    def __iter__(self) -> Iterator[int]:
        yield self._group.type

    def __len__(self) -> int:
        return 1


NO_GROUPS: Mapping[int, Group] = Map()
"""Those of an empty non-terminal."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A hosted zone ready to answer.

    `nodes` holds every name that exists, empty non-terminals too. `cuts` are the names where NS record sets
    delegate (R52). `ns` is the apex's NS RRset sorted by name (R142), `soa` the one SOA record with the TTL it has
    in negative answers (R51). `hidden` are the groups that aliases alone lead to, by keys that no name is like (R195).
    """

    id: HostedZoneId
    name: DName
    nodes: Map[DName, Node]
    cuts: frozenset[DName]
    ns: tuple[RR, ...]
    soa: tuple[RR, ...]
    hidden: Map[DName, Group] = field(default_factory=Map)

    def node(self, name: DName) -> Node | None:
        """The node of exactly this name."""
        return self.nodes.get(name)

    def group(self, name: DName, type: RRType) -> Group | None:
        """The group of exactly this name and type, or a hidden one."""
        node = self.nodes.get(name)
        return self.hidden.get(name) if node is None else node.groups.get(type)

    def cut_above(self, name: DName) -> DName | None:
        """The shallowest delegation that `name` is at or below, if any (R52)."""
        cut = None
        if self.cuts:
            while name != self.name and name != names.ROOT:
                if name in self.cuts:
                    cut = name
                name = names.parent(name)
        return cut

    def closest_encloser(self, name: DName) -> DName:
        """The longest existing ancestor of a name in the zone that does not exist itself (RFC 4592 §3.3.1)."""
        name = names.parent(name)
        while name not in self.nodes and name != self.name:
            name = names.parent(name)
        return name


def compile_zone(declared: HostedZone, hidden: Iterable[Group] = ()) -> Zone:
    """Compile a hosted zone whose record sets obey the rules of `config.rules`.

    Args:
        hidden: groups that its aliases lead to and that no one can ask for.
    """
    children: dict[DName, int] = {declared.name: 0, **dict.fromkeys(declared.record_sets.names(), 0)}
    for name in declared.record_sets.names():
        for ancestor in _between(name, declared.name):
            known = ancestor in children
            children[ancestor] = children.get(ancestor, 0) + 1
            if known:
                break
    nodes = {name: Node(_groups(declared.record_sets.at(name)), number) for name, number in children.items()}
    below = Map({group.name: group for group in hidden})
    empty = Zone(declared.id, declared.name, Map(nodes), frozenset(), (), (), below)
    return _with_apex(replace(empty, cuts=frozenset(name for name in nodes if _delegates(empty, name))))


def changed(zone: Zone, changes: Iterable[tuple[RecordSetKey, RecordSet | None]], hidden: Iterable[Group] = ()) -> Zone:
    """The zone with record sets put, or for None taken away; it costs the names that are touched.

    Args:
        changes: each key once; what is taken away is there.
        hidden: groups that come with the changes. Those that lay below what is changed or taken away go.
    """
    touched: dict[DName, dict[int, dict[str | None, RecordSet | None]]] = {}
    gone: set[DName] = set()
    for (name, type, identifier), record_set in changes:
        touched.setdefault(name, {}).setdefault(type, {})[identifier] = record_set
        if zone.hidden:
            gone |= _hidden_below(zone, name, type, identifier)
    below = {group.name: group for group in hidden}
    if gone or below:
        with zone.hidden.mutate() as groups_below:
            for key in gone:
                del groups_below[key]
            groups_below.update(below)
            zone = replace(zone, hidden=groups_below.finish())
    with zone.nodes.mutate() as nodes:
        for name, by_type in touched.items():
            node = nodes.get(name)
            groups = dict(node.groups) if node else {}
            for type_, members in by_type.items():
                _regroup(groups, type_, members)
            _put_node(nodes, name, groups, zone.name)
        zone = replace(zone, nodes=nodes.finish())
    is_cut = {name: _delegates(zone, name) for name in touched}
    if any(is_cut[name] is not (name in zone.cuts) for name in touched):
        kept = (name for name in zone.cuts if is_cut.get(name, True))
        zone = replace(zone, cuts=frozenset([*kept, *(name for name in touched if is_cut[name])]))
    return _with_apex(zone) if zone.name in touched else zone


def _hidden_below(zone: Zone, name: DName, type: RRType, identifier: str | None) -> set[DName]:
    """The hidden groups that a record set leads to, one by one."""
    top = zone.group(name, type)
    waiting = [r for r in top.record_sets if r.set_identifier == identifier] if top is not None else []
    found: set[DName] = set()
    while waiting:
        alias = waiting.pop().alias
        group = zone.hidden.get(alias.name) if alias is not None and alias.name not in found else None
        if group is not None:
            found.add(group.name)
            waiting += group.record_sets
    return found


def _regroup(groups: dict[int, Group], type_: int, members: Mapping[str | None, RecordSet | None]) -> None:
    old = groups.pop(type_, None)
    by_identifier = {record_set.set_identifier: record_set for record_set in old.record_sets} if old else {}
    for identifier, record_set in members.items():
        if record_set is None:
            del by_identifier[identifier]
        else:
            by_identifier[identifier] = record_set
    if by_identifier:
        groups[type_] = _group(list(by_identifier.values()))


def _put_node(nodes: MapMutation[DName, Node], name: DName, groups: dict[int, Group], apex: DName) -> None:
    """Put a name's groups; names above it come into being with it, and go with it when nothing else is below them."""
    old = nodes.get(name)
    if groups or name == apex or (old is not None and old.children):
        nodes[name] = Node(_kept(groups), old.children if old else 0)
        if old is None:
            for ancestor in _between(name, apex):
                above = nodes.get(ancestor)
                nodes[ancestor] = Node(NO_GROUPS, 1) if above is None else replace(above, children=above.children + 1)
                if above is not None:
                    break
    elif old is not None:
        del nodes[name]
        for ancestor in _between(name, apex):
            above = nodes[ancestor]
            if above.children > 1 or above.groups or ancestor == apex:
                nodes[ancestor] = replace(above, children=above.children - 1)
                break
            del nodes[ancestor]


def _between(name: DName, apex: DName) -> Iterator[DName]:
    """The names above one in a zone, the apex last."""
    if name != apex:
        for ancestor in names.ancestors(names.parent(name)):
            yield ancestor
            if ancestor == apex:
                return


def _delegates(zone: Zone, name: DName) -> bool:
    node = zone.nodes.get(name)
    return node is not None and RRType.NS in node.groups and name != zone.name


def _with_apex(zone: Zone) -> Zone:
    groups = zone.nodes[zone.name].groups
    return replace(
        zone,
        ns=tuple(sorted(records(groups.get(RRType.NS)), key=lambda rr: names.to_text(DName(rr[3])))),
        soa=tuple(_negative(rr) for rr in records(groups.get(RRType.SOA))),
    )


def records(group: Group | None) -> Iterator[RR]:
    """The resource records of a group's leaves; of use for simple groups, where that is the whole RRset."""
    for record_set in group.record_sets if group else ():
        for rdata in record_set.rdata:
            yield record_set.name, int(record_set.type), record_set.ttl or 0, rdata


def _groups(record_sets: Sequence[RecordSet]) -> Mapping[int, Group]:
    by_type: dict[int, list[RecordSet]] = {}
    for record_set in record_sets:
        by_type.setdefault(record_set.type, []).append(record_set)
    return _kept({type: _group(members) for type, members in by_type.items()})


def _kept(groups: dict[int, Group]) -> Mapping[int, Group]:
    """The same groups in the form that takes the least memory."""
    if len(groups) > 1:
        return groups
    return OneGroup(*groups.values()) if groups else NO_GROUPS


def _group(record_sets: list[RecordSet]) -> Group:
    if len(record_sets) > 1:
        record_sets.sort(key=lambda record_set: record_set.set_identifier or "")
    return Group(record_sets[0].name, record_sets[0].type, tuple(record_sets))


def _negative(soa: RR) -> RR:
    owner, type_, ttl, rdata = soa
    minimum = int.from_bytes(rdata[-SOA_MINIMUM_BYTES:], "big")
    return owner, type_, min(ttl, minimum), rdata
