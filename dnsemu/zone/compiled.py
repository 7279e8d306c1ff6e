"""Compiled zones: groups by name and type, delegations, and the NS and SOA records that answers carry.

A zone is compiled once. `apply_changes` makes the next one at the cost of the names that changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from immutables import Map, MapMutation

from dnsemu.config import names
from dnsemu.config.model.batches import Steps, at_once, batches
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import Group
from dnsemu.wire.protocol import RR

SOA_MINIMUM_BYTES = 4
"""The MINIMUM field, the last of a SOA's rdata (RFC 1035 §3.3.13)."""


@dataclass(frozen=True, slots=True)
class Node:
    """A name that exists: its groups by type code. An empty non-terminal has none (R48).

    `children` is the number of existing names one label below.
    """

    groups: Mapping[int, Group]
    children: int = 0


class OneGroup(Mapping[int, Group]):
    """A mapping with one group. Most names have one, and a dictionary takes five times the memory (`sys.getsizeof`)."""

    __slots__ = ("_group",)

    def __init__(self, group: Group) -> None:
        self._group = group

    def get(self, type: int, default: Any = None) -> Any:
        """Returns the group if it has this type."""
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


NAMES_PER_STEP = 200
"""Names compiled in a step: about a millisecond."""

NO_GROUPS: Mapping[int, Group] = Map()
"""The groups of an empty non-terminal."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A compiled hosted zone.

    `nodes` holds every name that exists, empty non-terminals included. `cuts` are the names below the apex with NS
    record sets (R52). `ns` is the apex's NS RRset sorted by name (R142), `soa` the SOA record with its TTL in negative
    answers (R51). `hidden` are groups that only aliases reach, by keys that no query can carry (R195).
    """

    id: HostedZoneId
    name: DName
    nodes: Map[DName, Node]
    cuts: frozenset[DName]
    ns: tuple[RR, ...]
    soa: tuple[RR, ...]
    hidden: Map[DName, Group] = field(default_factory=Map)

    def node(self, name: DName) -> Node | None:
        """Returns the node of exactly this name."""
        return self.nodes.get(name)

    def group(self, name: DName, type: RRType) -> Group | None:
        """Returns the group of exactly this name and type; hidden groups count."""
        node = self.nodes.get(name)
        return self.hidden.get(name) if node is None else node.groups.get(type)

    def cut_above(self, name: DName) -> DName | None:
        """Returns the shallowest delegation that `name` is at or below, if any (R52)."""
        cut = None
        if self.cuts:
            while name != self.name and name != names.ROOT:
                if name in self.cuts:
                    cut = name
                name = names.parent(name)
        return cut

    def closest_encloser(self, name: DName) -> DName:
        """Returns the longest existing ancestor of a name that does not exist (RFC 4592 §3.3.1)."""
        name = names.parent(name)
        while name not in self.nodes and name != self.name:
            name = names.parent(name)
        return name


def compile_zone(declared: HostedZone, hidden: Iterable[Group] = ()) -> Zone:
    """Compiles a hosted zone without a pause; parameters and result are those of `compile_in_steps`."""
    return at_once(compile_in_steps(declared, hidden))


def compile_in_steps(declared: HostedZone, hidden: Iterable[Group] = ()) -> Steps[Zone]:
    """Compiles a hosted zone whose record sets obey the rules of `config.rules`, in steps of about a millisecond.

    Args:
        hidden: groups that only aliases reach.
    """
    record_sets = declared.record_sets
    children: dict[DName, int] = {declared.name: 0}
    for piece in batches(record_sets.names(), NAMES_PER_STEP):
        children.update(dict.fromkeys(piece, 0))
        yield
    for piece in batches(record_sets.names(), NAMES_PER_STEP):
        for name in piece:
            _count_in_ancestors(name, declared.name, children)
        yield
    nodes = Map[DName, Node]().mutate()
    cuts: set[DName] = set()
    for counted in batches(children.items(), NAMES_PER_STEP):
        for name, number in counted:
            nodes[name] = node = Node(_groups(record_sets.at(name)), number)
            if RRType.NS in node.groups and name != declared.name:
                cuts.add(name)
        yield
    hidden_groups = Map({group.name: group for group in hidden})
    zone = Zone(declared.id, declared.name, nodes.finish(), frozenset(cuts), (), (), hidden_groups)
    return _with_apex_records(zone)


def _count_in_ancestors(name: DName, apex: DName, children: dict[DName, int]) -> None:
    """Counts a name among the children of its parent, and empty non-terminals above it among those of theirs."""
    for ancestor in _ancestors_in_zone(name, apex):
        exists = ancestor in children
        children[ancestor] = children.get(ancestor, 0) + 1
        if exists:
            return


def apply_changes(
    zone: Zone, changes: Iterable[tuple[RecordSetKey, RecordSet | None]], hidden: Iterable[Group] = ()
) -> Zone:
    """Returns the zone with record sets put or, for None, removed; costs as much as the names that are touched.

    Args:
        changes: each key once; a removed record set exists.
        hidden: new hidden groups. Hidden groups below a changed or removed record set are dropped.
    """
    touched: dict[DName, dict[int, dict[str | None, RecordSet | None]]] = {}
    dropped: set[DName] = set()
    for (name, type, identifier), record_set in changes:
        touched.setdefault(name, {}).setdefault(type, {})[identifier] = record_set
        if zone.hidden:
            dropped |= _hidden_below(zone, name, type, identifier)
    added = {group.name: group for group in hidden}
    if dropped or added:
        with zone.hidden.mutate() as hidden_groups:
            for key in dropped:
                del hidden_groups[key]
            hidden_groups.update(added)
            zone = replace(zone, hidden=hidden_groups.finish())
    with zone.nodes.mutate() as nodes:
        for name, by_type in touched.items():
            node = nodes.get(name)
            groups = dict(node.groups) if node else {}
            for type_, members in by_type.items():
                _regroup(groups, type_, members)
            _put_node(nodes, name, groups, zone.name)
        zone = replace(zone, nodes=nodes.finish())
    is_cut = {name: _is_cut(zone, name) for name in touched}
    if any(is_cut[name] is not (name in zone.cuts) for name in touched):
        unchanged = (name for name in zone.cuts if is_cut.get(name, True))
        zone = replace(zone, cuts=frozenset([*unchanged, *(name for name in touched if is_cut[name])]))
    return _with_apex_records(zone) if zone.name in touched else zone


def _hidden_below(zone: Zone, name: DName, type: RRType, identifier: str | None) -> set[DName]:
    """Returns the keys of the hidden groups that a record set's aliases reach."""
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
    """Sets the groups of a name; creates empty non-terminals above it, or removes those with nothing else below."""
    old = nodes.get(name)
    if groups or name == apex or (old is not None and old.children):
        nodes[name] = Node(_compact(groups), old.children if old else 0)
        if old is None:
            for ancestor in _ancestors_in_zone(name, apex):
                above = nodes.get(ancestor)
                nodes[ancestor] = Node(NO_GROUPS, 1) if above is None else replace(above, children=above.children + 1)
                if above is not None:
                    break
    elif old is not None:
        del nodes[name]
        for ancestor in _ancestors_in_zone(name, apex):
            above = nodes[ancestor]
            if above.children > 1 or above.groups or ancestor == apex:
                nodes[ancestor] = replace(above, children=above.children - 1)
                break
            del nodes[ancestor]


def _ancestors_in_zone(name: DName, apex: DName) -> Iterator[DName]:
    """Yields the ancestors of a name up to and with the apex."""
    if name != apex:
        for ancestor in names.ancestors(names.parent(name)):
            yield ancestor
            if ancestor == apex:
                return


def _is_cut(zone: Zone, name: DName) -> bool:
    node = zone.nodes.get(name)
    return node is not None and RRType.NS in node.groups and name != zone.name


def _with_apex_records(zone: Zone) -> Zone:
    groups = zone.nodes[zone.name].groups
    return replace(
        zone,
        ns=tuple(sorted(records(groups.get(RRType.NS)), key=lambda rr: names.to_text(DName(rr[3])))),
        soa=tuple(_with_negative_ttl(rr) for rr in records(groups.get(RRType.SOA))),
    )


def records(group: Group | None) -> Iterator[RR]:
    """Yields the resource records of all record sets in a group: the whole RRset of a simple group."""
    for record_set in group.record_sets if group else ():
        for rdata in record_set.rdata:
            yield record_set.name, int(record_set.type), record_set.ttl or 0, rdata


def _groups(record_sets: Sequence[RecordSet]) -> Mapping[int, Group]:
    by_type: dict[int, list[RecordSet]] = {}
    for record_set in record_sets:
        by_type.setdefault(record_set.type, []).append(record_set)
    return _compact({type: _group(members) for type, members in by_type.items()})


def _compact(groups: dict[int, Group]) -> Mapping[int, Group]:
    """Returns the groups in the type that takes the least memory."""
    if len(groups) > 1:
        return groups
    return OneGroup(*groups.values()) if groups else NO_GROUPS


def _group(record_sets: list[RecordSet]) -> Group:
    if len(record_sets) > 1:
        record_sets.sort(key=lambda record_set: record_set.set_identifier or "")
    return Group(record_sets[0].name, record_sets[0].type, tuple(record_sets))


def _with_negative_ttl(soa: RR) -> RR:
    owner, type_, ttl, rdata = soa
    minimum = int.from_bytes(rdata[-SOA_MINIMUM_BYTES:], "big")
    return owner, type_, min(ttl, minimum), rdata
