"""From a decision to a reply: the dice are thrown here, once, and the sections filled (routing.md §2, §7).

It goes in two steps, so that the first can be remembered. `throw` chooses among tickets all the way down and finds the
records that answer; `Undrawn.drawn` then chooses among samples and puts values in random order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import factorial

from dnsemu.answering.dice import Dice, pick
from dnsemu.answering.resolution import Link
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.decide import BrokenAlias, Leaf, Node
from dnsemu.policies.model import OneOf, Outcome, ResourceState, Sample
from dnsemu.wire.compression import COMPRESSED_NAMES
from dnsemu.wire.protocol import RR, RCode
from dnsemu.wire.qtypes import ANY
from dnsemu.wire.reply import OutsideTarget, Reply
from dnsemu.zone.compiled import Zone, records
from dnsemu.zone.lookup import NotOurs, NXDomain, Referral
from dnsemu.zone.reader import CatalogReader

NAME_IN_RDATA: dict[int, int] = {RRType.NS: 0, RRType.MX: 2, RRType.SRV: 6}
"""Types whose rdata cites a host: bytes before its name (R144)."""


MAX_ORDERED = 4
"""Values that name hosts of which each order is a ticket by itself: 24 of them."""

_NAMING_HOSTS = frozenset(NAME_IN_RDATA) | frozenset(COMPRESSED_NAMES)


class Unrepeatable(Exception):
    """The way goes on behind a sample, so that choices among tickets alone do not lead there again."""


class Throws:
    """Choices among tickets on the way to one answer, by dice, or as they fell before.

    `taken` are the choices in their order, each as the tickets' counts and the index chosen; with the same choices
    given, and nothing changed, the way is the same. `reads_client` tells that another client may come another way.
    """

    __slots__ = ("_dice", "_given", "_may_sample", "has_sampled", "reads_client", "taken")

    def __init__(self, dice: Dice, given: Sequence[int] = (), *, may_sample: bool = True) -> None:
        self._dice = dice
        self._given = given
        self._may_sample = may_sample
        self.taken: list[tuple[tuple[int, ...], int]] = []
        self.has_sampled = False
        self.reads_client = False

    @property
    def path(self) -> tuple[int, ...]:
        """The choices, by their indices."""
        return tuple(index for _, index in self.taken)

    def one_of(self, outcome: OneOf) -> RecordSet:
        """The member that is drawn."""
        tickets = outcome.tickets
        if len(tickets) == 1:
            return tickets[0][0]
        return tickets[self._choose(tuple(count for _, count in tickets))][0]

    def order(self, values: Sequence[RR]) -> list[RR]:
        """The values in random order, each order a ticket."""
        left = list(values)
        orders = factorial(len(left))
        rest = self._choose((1,) * orders)
        found = []
        while left:
            orders //= len(left)
            at, rest = divmod(rest, orders)
            found.append(left.pop(at))
        return found

    def _choose(self, counts: tuple[int, ...]) -> int:
        at = len(self.taken)
        index = self._given[at] if at < len(self._given) else pick(counts, self._dice)
        self.taken.append((counts, index))
        return index

    def sample(self, outcome: Sample) -> Sequence[RecordSet]:
        """Members that are drawn together, where there is more to be decided behind them.

        Raises:
            Unrepeatable: that may not be.
        """
        if not self._may_sample:
            raise Unrepeatable
        self.has_sampled = True
        return self._dice.sample(outcome.members, outcome.size)


@dataclass(frozen=True, slots=True)
class ValuePool:
    """Leaves of one group of which `size` answer together, every choice as likely (R90)."""

    leaves: tuple[RecordSet, ...]
    size: int

    def rrset(self, owner: DName, dice: Dice) -> list[RR]:
        """The values of those drawn in random order (R146), with the smallest of their TTLs (R23)."""
        leaves: Sequence[RecordSet] = self.leaves
        if self.size < len(leaves):
            leaves = dice.sample(leaves, self.size)
        rrset = rrset_of(owner, leaves)
        if len(rrset) > 1:
            dice.shuffle(rrset)
        return rrset

    def whole(self, owner: DName) -> "RRGroups | None":
        """The values by record set, if any draw of record sets makes an RRset of just as many, and as large, records.

        None where it depends on the draw: on TTLs, on sizes, or on values that are there twice.
        """
        ttl = min(leaf.ttl or 0 for leaf in self.leaves)
        groups = tuple(tuple((owner, int(leaf.type), ttl, rdata) for rdata in leaf.rdata) for leaf in self.leaves)
        everything = [rr for group in groups for rr in group]
        if len(set(everything)) < len(everything):
            return None
        if self.size < len(groups):
            shapes = {(leaf.ttl, tuple(map(len, leaf.rdata))) for leaf in self.leaves}
            if len(shapes) > 1:
                return None
        return groups


RRGroups = tuple[tuple[RR, ...], ...]
"""Resource records by the record set that they belong to."""


def rrset_of(owner: DName, leaves: Sequence[RecordSet]) -> list[RR]:
    """The values of leaves as one RRset, in their order."""
    ttl = min((leaf.ttl or 0 for leaf in leaves), default=0)
    rrset: list[RR] = [(owner, int(leaf.type), ttl, rdata) for leaf in leaves for rdata in leaf.rdata]
    return list(dict.fromkeys(rrset)) if len(leaves) > 1 else rrset  # an RRset is a set (RFC 2181 §5)


@dataclass(frozen=True, slots=True)
class Undrawn:
    """A positive reply but for the order, and the choice of a sample, of its last values.

    `chain` are the CNAMEs before the link that answers, `pools` what answers there: one pool, several for ANY.
    """

    first: Link
    last: Link
    chain: tuple[RR, ...]
    pools: tuple[ValuePool, ...]
    scope_bits: int

    @property
    def few_hosts(self) -> Sequence[RR]:
        """The values, if all of them answer and they are a few that name hosts; else none.

        Their order shows in the rest of a message too: in what is compressed, and in the additional section (R144).
        """
        pool = self.pools[0]
        type_ = int(pool.leaves[0].type)
        if len(self.pools) > 1 or pool.size < len(pool.leaves) or type_ not in _NAMING_HOSTS:
            return ()
        values = rrset_of(self.last.name, pool.leaves)
        return values if 1 < len(values) <= MAX_ORDERED else ()

    def drawn(self, dice: Dice) -> Reply:
        """The reply, with its values drawn."""
        return self.with_values([rr for pool in self.pools for rr in pool.rrset(self.last.name, dice)])

    def with_values(self, values: Sequence[RR]) -> Reply:
        """The reply with these values at the end of its answer."""
        first, last = self.first, self.last
        assert not isinstance(first.found, NotOurs)
        answer = [*self.chain, *values]
        outside = None
        if last.leads_on and not last.ends_at(target := DName(answer[-1][3].lower())):
            outside = OutsideTarget(target)
        zone = first.found.zone
        authority = () if any(rr[1] == RRType.NS and rr[0] == zone.name for rr in answer) else zone.ns
        additional = () if first.type == ANY else tuple(_additional(first.catalog, zone, answer, authority))
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
    """Throw the dice for one reply; arguments as of `throw`."""
    thrown = throw(first, Throws(dice), scope_bits)
    return thrown.drawn(dice) if isinstance(thrown, Undrawn) else thrown


def throw(first: Link, throws: Throws, scope_bits: int) -> Undrawn | Reply:
    """Find what answers a question; the whole reply where there is nothing left to draw.

    Args:
        first: the question's own link; its catalog holds the name, so `found` is not `NotOurs`.
        scope_bits: the ECS scope to send if a location policy was visited on the way (R132, R133).
    Raises:
        Unrepeatable: by `throws`.
    """
    assert not isinstance(first.found, NotOurs)
    if isinstance(first.found, Referral):
        return _referral(first.catalog, first.found)
    chain: list[RR] = []
    link = first
    while True:
        walks = [_Walk(throws) for _ in link.decisions]
        for walk, decision in zip(walks, link.decisions, strict=True):
            walk.down(decision)
        scope = scope_bits if throws.reads_client else 0
        if any(walk.failed for walk in walks):
            return Reply(RCode.SERVFAIL, is_authoritative=False, scope_bits=scope)
        pools = tuple(ValuePool(tuple(walk.leaves), walk.size or len(walk.leaves)) for walk in walks if walk.has_values)
        if not pools:
            target = next((walk.lost for walk in walks if walk.lost), None)
            outside = OutsideTarget(target, link.name) if target else None
            return _negative(link, chain, scope, outside)
        cname = pools[0].leaves[0]
        following = link.following(cname) if link.leads_on else None
        if following is None:
            undrawn = Undrawn(first, link, tuple(chain), pools, scope)
            values = undrawn.few_hosts
            return undrawn.with_values(throws.order(values)) if values else undrawn
        chain += rrset_of(link.name, [cname])
        link = following


def _negative(link: Link, answer: list[RR], scope_bits: int, outside: OutsideTarget | None) -> Reply:
    """NXDOMAIN or NODATA for the last name of a chain, with the SOA (R50) and whatever CNAMEs led there (R55)."""
    assert not isinstance(link.found, NotOurs)
    rcode = RCode.NXDOMAIN if isinstance(link.found, NXDomain) else RCode.NOERROR
    soa = link.found.zone.soa
    return Reply(
        rcode,
        is_authoritative=True,
        answer=answer,
        authority=soa,
        may_shrink=False,
        scope_bits=scope_bits,
        outside_target=outside,
    )


def _referral(catalog: CatalogReader, found: Referral) -> Reply:
    """NS of the cut and the addresses the hosted zone knows for them, below the cut too; not authoritative (R52)."""
    authority = tuple(records(found.cut))
    glue = tuple(_addresses(catalog, found.zone, _cited(authority)))
    return Reply(RCode.NOERROR, is_authoritative=False, authority=authority, additional=glue, may_shrink=False)


def _additional(catalog: CatalogReader, zone: Zone, answer: Sequence[RR], authority: Sequence[RR]) -> Iterator[RR]:
    """Addresses of the hosts that records cite and this zone itself would answer (R144), but for those told already."""
    told = {(rr[0], rr[1]) for rr in answer}
    for host in _cited((*answer, *authority)):
        if catalog.zone_of(host) is zone and not catalog.cut_above(zone, host):
            yield from (rr for rr in _addresses(catalog, zone, (host,)) if (rr[0], rr[1]) not in told)


def _cited(records: Iterable[RR]) -> Iterable[DName]:
    """The hosts that NS, MX and SRV records name, each once, in order."""
    found = (
        DName(rdata[before:].lower())
        for _, type_, _, rdata in records
        if (before := NAME_IN_RDATA.get(type_)) is not None
    )
    return dict.fromkeys(found)


def _addresses(catalog: CatalogReader, zone: Zone, hosts: Iterable[DName]) -> Iterator[RR]:
    """A and AAAA that a zone holds for hosts, below a delegation too, from simple leaves only (R145)."""
    for host in hosts:
        for type_ in (RRType.A, RRType.AAAA):
            group = catalog.group(zone, host, type_)
            if group and group.record_sets[0].set_identifier is None:
                yield from records(group)


class _Walk:
    """The leaves that the throws led to in one group, and what was met on the way.

    `size` is how many of the leaves answer where they are a sample yet to be drawn, else 0 for all of them.
    """

    __slots__ = ("_throws", "failed", "leaves", "lost", "size")

    def __init__(self, throws: Throws) -> None:
        self._throws = throws
        self.leaves: list[RecordSet] = []
        self.size = 0
        self.failed = False
        self.lost: DName | None = None

    @property
    def has_values(self) -> bool:
        """Whether there is anything to answer; a record set whose traffic policy is gone has nothing."""
        return any(leaf.rdata for leaf in self.leaves)

    def down(self, node: Node) -> None:
        """Walk down from a node; where the path splits, the throws choose."""
        if isinstance(node, Leaf):
            self.leaves.append(node.record_set)
        elif isinstance(node, BrokenAlias):
            self.failed = self.failed or node.is_failure
            self.lost = node.target.name
        elif isinstance(node, ResourceState):
            if isinstance(node.outcome, Sample):
                self.leaves += self._members(node.outcome)
            elif node.outcome is not None:
                self.leaves.append(self._throws.one_of(node.outcome))
        else:
            self._throws.reads_client = self._throws.reads_client or node.reads_client
            for record_set in self._chosen(node.outcome):
                self.down(node.below(record_set))

    def _chosen(self, outcome: Outcome | None) -> Sequence[RecordSet]:
        if outcome is None:
            return ()
        return self._members(outcome) if isinstance(outcome, Sample) else (self._throws.one_of(outcome),)

    def _members(self, sample: Sample) -> Sequence[RecordSet]:
        """All members of a sample that is the end of the walk, of which `size` are to be drawn; else those drawn."""
        if self._throws.has_sampled or any(member.alias is not None for member in sample.members):
            return self._throws.sample(sample)
        self.size = sample.size
        return sample.members
