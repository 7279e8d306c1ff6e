"""The published traffic policies and instances, and the groups of record sets that they make in a hosted zone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from immutables import Map

from dnsemu.commands.traffic.document import parse
from dnsemu.commands.traffic.fields import BadDocument
from dnsemu.commands.traffic.groups import InstanceSite, InstanceTree, build_tree
from dnsemu.commands.traffic.policies import INSTANCES, POLICY_VERSIONS, InstanceRow, PolicyVersionRow
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.names import BadName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.state import State
from dnsemu.state.tables import Key, Table, Write

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Policy versions and instances by their keys; immutable."""

    policies: Map[Key, PolicyVersionRow] = field(default_factory=Map)
    instances: Map[Key, InstanceRow] = field(default_factory=Map)

    @classmethod
    def of(cls, state: State) -> "Traffic":
        """Returns the policy versions and instances of a state."""
        return cls(Map(state.rows(POLICY_VERSIONS)), Map(state.rows(INSTANCES)))

    def with_writes(self, writes: Iterable[Write]) -> "Traffic":
        """Returns these with the writes of a step applied."""
        relevant = [write for write in writes if write.table in (POLICY_VERSIONS.name, INSTANCES.name)]
        if not relevant:
            return self
        return Traffic(
            _written(self.policies, POLICY_VERSIONS, relevant), _written(self.instances, INSTANCES, relevant)
        )

    def roots_changed(self, before: "Traffic", writes: Sequence[Write]) -> Iterator[tuple[HostedZoneId, RecordSetKey]]:
        """Yields the record sets whose answers changed or ended with the writes that turned `before` into this."""
        keys = {write.key for write in writes if write.table == INSTANCES.name}
        policies = {write.key for write in writes if write.table == POLICY_VERSIONS.name}
        if policies:
            keys |= {key for key, row in self.instances.items() if _version(row) in policies}
        for key in keys:
            for row in {before.instances.get(key), self.instances.get(key)}:
                if row is not None and (root := _root(row)) is not None:
                    yield HostedZoneId(row.hosted_zone_id), root

    def trees(self, zone: HostedZone) -> list[InstanceTree]:
        """Returns the trees of all instances in a hosted zone."""
        rows = (row for row in self.instances.values() if row.hosted_zone_id == zone.id)
        listed = (zone.record_sets.get(root) for row in rows if (root := _root(row)) is not None)
        return [tree for root in listed if root is not None and (tree := self.tree(root, zone.id)) is not None]

    def tree(self, root: RecordSet, zone_id: HostedZoneId) -> InstanceTree | None:
        """Returns the tree of a listed record set; None if it is of no instance, or if its rows were tampered with."""
        instance_id = root.traffic_policy_instance_id
        row = self.instances.get((instance_id,)) if instance_id is not None else None
        policy = self.policies.get(_version(row)) if row is not None else None
        if instance_id is None or row is None or policy is None:
            return None
        try:
            document = parse(policy.document)
        except BadDocument:
            return None
        if document.type is not root.type:
            return None
        title = f"traffic policy {policy.name} v{row.policy_version}"
        return build_tree(document, InstanceSite(root, zone_id, row.ttl_s, title, instance_id))


def _written(rows: Map[Key, T], table: Table[T], writes: Iterable[Write]) -> Map[Key, T]:
    with rows.mutate() as changed:
        for write in writes:
            if write.table == table.name and write.value is not None:
                changed[write.key] = write.value
            elif write.table == table.name:
                changed.pop(write.key, None)
        after: Map[Key, T] = changed.finish()
    return after


def _version(row: InstanceRow) -> Key:
    return row.policy_id, str(row.policy_version)


def _root(row: InstanceRow) -> RecordSetKey | None:
    try:
        return names.parse(row.name), RRType[row.type], None
    except (BadName, KeyError):
        return None
