"""Templates: reply bodies in wire format, some with records that are drawn for each reply."""

from collections.abc import Sequence

from dnsemu.answering.dice import Dice
from dnsemu.wire.protocol import RCode
from dnsemu.wire.rendering import Body

_TEMPLATE_BYTES, _GROUP_BYTES, _RECORD_BYTES = 500, 60, 50
"""Estimates; tests/dnsemu/fastpath/test_bounds.py compares their sums with tracemalloc."""

_EMPTY = Body(b"", (0,), (0, 0, 0), 0, RCode.SERVFAIL, may_shrink=False, scope_bits=0)

Records = tuple[bytes, ...]


class ReplyTemplate:
    """A reply body for questions of one length.

    `groups` are records by record set; `size` groups of them are in each reply, in random order. In the body the first
    `size` groups stand from `start` to `stop`. Without groups the body is the same in every reply.
    """

    __slots__ = ("body", "groups", "size", "start", "stop")

    def __init__(self, body: Body, groups: tuple[Records, ...] = (), size: int = 0) -> None:
        self.body = body
        self.groups = groups
        self.size = size
        self.stop = body.section_ends[1] if groups else 0
        self.start = self.stop - sum(len(record) for group in groups[:size] for record in group)

    def clear(self) -> None:
        """Frees the records; nothing is drawn any more."""
        self.body, self.groups = _EMPTY, ()

    def draw(self, dice: Dice) -> bytes:
        """Draws the records of one reply, as `dnsemu.answering.rrsets.ValuePool.draw` does."""
        groups: Sequence[Records] = self.groups
        if self.size < len(groups):
            groups = dice.sample(groups, self.size)
        records = [record for group in groups for record in group]
        if len(records) > 1:
            dice.shuffle(records)
        return b"".join(records)

    @property
    def estimated_bytes(self) -> int:
        """The estimated memory that it takes."""
        groups = sum(_GROUP_BYTES + sum(_RECORD_BYTES + len(record) for record in group) for group in self.groups)
        return _TEMPLATE_BYTES + len(self.body.wire) + groups
