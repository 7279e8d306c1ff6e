"""A hosted zone compiled to what a query needs: groups by name and type, cuts, and the records every answer carries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from immutables import Map

from config import names
from config.names import DName
from config.rrtypes import RRType
from config.world import HostedZone, HostedZoneId, RecordSet
from dnsemu.wire.protocol import RR
from policies.model import Group

SOA_MINIMUM_OCTETS = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A name that exists: its groups by type code; none at all make an empty non-terminal (R48)."""

    groups: Mapping[int, Group]


EMPTY = Node({})


@dataclass(frozen=True, slots=True)
class Zone:
    """A hosted zone ready to answer.

    `nodes` holds every name that exists, empty non-terminals too. `cuts` are the names where NS record sets
    delegate (R52). `ns` is the apex's NS RRset sorted by name (R142), `soa` the one SOA record with the TTL it has
    in negative answers (R51).
    """

    id: HostedZoneId
    name: DName
    nodes: Map[DName, Node]
    cuts: frozenset[DName]
    ns: tuple[RR, ...]
    soa: tuple[RR, ...]

    def group(self, name: DName, type: RRType) -> Group | None:
        """The group of exactly this name and type."""
        node = self.nodes.get(name)
        return None if node is None else node.groups.get(type)

    def cut_above(self, name: DName) -> DName | None:
        """The shallowest delegation that `name` is at or below, if any (R52)."""
        cut = None
        if self.cuts:
            for ancestor in names.ancestors(name):
                if ancestor == self.name:
                    break
                if ancestor in self.cuts:
                    cut = ancestor
        return cut

    def closest_encloser(self, name: DName) -> DName:
        """The longest existing ancestor of a name in the zone that does not exist itself (RFC 4592 §3.3.1)."""
        for ancestor in names.ancestors(names.parent(name)):
            if ancestor in self.nodes:
                return ancestor
        return self.name


def compile_zone(declared: HostedZone) -> Zone:
    """Compile a hosted zone whose record sets obey the rules of `config.rules`."""
    members: dict[DName, dict[int, list[RecordSet]]] = {declared.name: {}}
    for record_set in declared.record_sets.values():
        members.setdefault(record_set.name, {}).setdefault(record_set.type, []).append(record_set)
    nodes = {
        name: Node({type_: _group(record_sets) for type_, record_sets in by_type.items()})
        for name, by_type in members.items()
    }
    for name in members:
        for ancestor in names.ancestors(name):
            if ancestor == declared.name:
                break
            nodes.setdefault(ancestor, EMPTY)
    apex = nodes[declared.name]
    return Zone(
        id=declared.id,
        name=declared.name,
        nodes=Map(nodes),
        cuts=frozenset(name for name, node in nodes.items() if RRType.NS in node.groups and name != declared.name),
        ns=tuple(sorted(records(apex.groups.get(RRType.NS)), key=lambda rr: names.to_text(DName(rr[3])))),
        soa=tuple(_negative(rr) for rr in records(apex.groups.get(RRType.SOA))),
    )


def records(group: Group | None) -> Iterator[RR]:
    """The resource records of a group's leaves; of use for simple groups, where that is the whole RRset."""
    for record_set in group.record_sets if group else ():
        for rdata in record_set.rdata:
            yield record_set.name, int(record_set.type), record_set.ttl or 0, rdata


def _group(record_sets: list[RecordSet]) -> Group:
    record_sets.sort(key=lambda record_set: record_set.set_identifier or "")
    return Group(record_sets[0].name, record_sets[0].type, tuple(record_sets))


def _negative(soa: RR) -> RR:
    owner, type_, ttl, rdata = soa
    minimum = int.from_bytes(rdata[-SOA_MINIMUM_OCTETS:], "big")
    return owner, type_, min(ttl, minimum), rdata
