"""The values that answer: RRsets of record sets, and pools of record sets of which a sample answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from dnsemu.answering.dice import Dice
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.wire.protocol import RR

RRGroups = tuple[tuple[RR, ...], ...]
"""Resource records by the record set that they belong to."""


def rrset_of(owner: DName, leaves: Sequence[RecordSet]) -> list[RR]:
    """Returns the values of leaves as one RRset, in their order, with the smallest of their TTLs (R23)."""
    ttl = min((leaf.ttl or 0 for leaf in leaves), default=0)
    rrset: list[RR] = [(owner, int(leaf.type), ttl, rdata) for leaf in leaves for rdata in leaf.rdata]
    return list(dict.fromkeys(rrset)) if len(leaves) > 1 else rrset  # an RRset is a set (RFC 2181 §5)


@dataclass(frozen=True, slots=True)
class ValuePool:
    """Leaves of one group of which `size` answer together; every subset of that size is equally likely (R90)."""

    leaves: tuple[RecordSet, ...]
    size: int

    def draw(self, owner: DName, dice: Dice) -> list[RR]:
        """Draws the leaves that answer, and returns their values in random order (R146)."""
        leaves: Sequence[RecordSet] = self.leaves
        if self.size < len(leaves):
            leaves = dice.sample(leaves, self.size)
        rrset = rrset_of(owner, leaves)
        if len(rrset) > 1:
            dice.shuffle(rrset)
        return rrset

    def uniform_groups(self, owner: DName) -> RRGroups | None:
        """Returns the values by record set if any draw makes an RRset of equally many records of equal lengths.

        None if the RRset depends on the draw: on TTLs, on lengths, or on values that occur twice.
        """
        ttl = min(leaf.ttl or 0 for leaf in self.leaves)
        groups = tuple(tuple((owner, int(leaf.type), ttl, rdata) for rdata in leaf.rdata) for leaf in self.leaves)
        records = [rr for group in groups for rr in group]
        if len(set(records)) < len(records):
            return None
        if self.size < len(groups):
            formats = {(leaf.ttl, tuple(map(len, leaf.rdata))) for leaf in self.leaves}
            if len(formats) > 1:
                return None
        return groups
