"""Answers: from a link to its reply (routing.md §2, §7), in two steps so that the first can be cached.

`draft` makes all choices among tickets and finds the values that may answer. `ReplyDraft.draw` then draws samples, and
the order of values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Draws, LeafCollector
from dnsemu.answering.resolution import Link
from dnsemu.answering.rrsets import ValuePool, rrset_of
from dnsemu.answering.sections import HOST_IN_RDATA, additional_records, negative_reply, referral_reply
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.wire.compression import COMPRESSED_NAMES
from dnsemu.wire.protocol import RR, RCode
from dnsemu.wire.qtypes import ANY
from dnsemu.wire.reply import OutsideTarget, Reply
from dnsemu.zone.lookup import NotOurs, Referral

MAX_ORDERED_HOSTS = 4
"""Values that name hosts whose orders are choices among tickets: 24 orders."""

_NAMING_TYPES = frozenset(HOST_IN_RDATA) | frozenset(COMPRESSED_NAMES)


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A positive reply whose last values are still to be sampled and ordered.

    `chain` holds the CNAMEs before the last link. `pools` hold the values that may answer there: one pool, or one for
    each type if the question is ANY.
    """

    first: Link
    last: Link
    chain: tuple[RR, ...]
    pools: tuple[ValuePool, ...]
    scope_bits: int

    @property
    def few_host_values(self) -> Sequence[RR]:
        """The values if all of them answer, name hosts and are few; else none.

        Their order affects the whole message: compression, and the additional section (R144). So it is drawn by ticket.
        """
        pool = self.pools[0]
        type_ = int(pool.leaves[0].type)
        if len(self.pools) > 1 or pool.size < len(pool.leaves) or type_ not in _NAMING_TYPES:
            return ()
        values = rrset_of(self.last.name, pool.leaves)
        return values if 1 < len(values) <= MAX_ORDERED_HOSTS else ()

    def draw(self, dice: Dice) -> Reply:
        """Draws the values and returns the reply."""
        return self.with_values([rr for pool in self.pools for rr in pool.draw(self.last.name, dice)])

    def with_values(self, values: Sequence[RR]) -> Reply:
        """Returns the reply with these values at the end of its answer."""
        first, last = self.first, self.last
        assert not isinstance(first.found, NotOurs)
        answer = [*self.chain, *values]
        outside = None
        if last.follows_cname and not last.is_chain_end(target := DName(answer[-1][3].lower())):
            outside = OutsideTarget(target)
        zone = first.found.zone
        authority = () if any(rr[1] == RRType.NS and rr[0] == zone.name for rr in answer) else zone.ns
        additional = () if first.type == ANY else tuple(additional_records(first.catalog, zone, answer, authority))
        return Reply(
            RCode.NOERROR,
            is_authoritative=True,
            answer=answer,
            authority=authority,
            additional=additional,
            scope_bits=self.scope_bits,
            outside_target=outside,
        )


def draw(first: Link, dice: Dice, scope_bits: int) -> Reply:
    """Draws one reply; arguments as of `draft`."""
    drafted = draft(first, Draws(dice), scope_bits)
    return drafted.draw(dice) if isinstance(drafted, ReplyDraft) else drafted


def draft(first: Link, draws: Draws, scope_bits: int) -> ReplyDraft | Reply:
    """Finds the values that may answer a question; returns the reply itself if nothing is left to draw.

    Args:
        first: the question's own link; the catalog holds its name, so `found` is not `NotOurs`.
        scope_bits: the ECS scope to send if a location policy is on the path (R132, R133).
    Raises:
        NotCompilable: by `draws`.
    """
    assert not isinstance(first.found, NotOurs)
    if isinstance(first.found, Referral):
        return referral_reply(first, first.found)
    chain: list[RR] = []
    link = first
    while True:
        collectors = _collected(link, draws)
        scope = scope_bits if draws.reads_client else 0
        if any(collector.is_failure for collector in collectors):
            return Reply(RCode.SERVFAIL, is_authoritative=False, scope_bits=scope)
        pools = tuple(
            ValuePool(tuple(collector.leaves), collector.sample_size or len(collector.leaves))
            for collector in collectors
            if collector.has_values
        )
        if not pools:
            target = next((collector.missing_target for collector in collectors if collector.missing_target), None)
            return negative_reply(link, chain, scope, OutsideTarget(target, link.name) if target else None)
        cname = pools[0].leaves[0]
        next_link = link.next_link(cname) if link.follows_cname else None
        if next_link is None:
            drafted = ReplyDraft(first, link, tuple(chain), pools, scope)
            values = drafted.few_host_values
            return drafted.with_values(draws.order(values)) if values else drafted
        chain += rrset_of(link.name, [cname])
        link = next_link


def _collected(link: Link, draws: Draws) -> list[LeafCollector]:
    """Walks each decision of a link."""
    collectors = []
    for decision in link.decisions:
        collector = LeafCollector(draws)
        collector.descend(decision)
        collectors.append(collector)
    return collectors
