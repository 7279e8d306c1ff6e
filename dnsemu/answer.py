"""From a decision to a reply: the dice are thrown here, once, and the sections filled (routing.md §2, §7)."""

from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from config.names import DName
from config.rrtypes import RRType
from config.world import RecordSet
from dnsemu.resolution import Link
from dnsemu.wire.protocol import RR, RCode
from dnsemu.wire.reply import Onward, Reply
from dnsemu.zone.catalog import ANY, Catalog, NotOurs, NXDomain, Referral
from dnsemu.zone.compiled import Zone, records
from policies.decide import Leaf, Lost, Node
from policies.model import Outcome, ResourceState, Sample

_T = TypeVar("_T")

_NAME_IN_RDATA: dict[int, int] = {RRType.NS: 0, RRType.MX: 2, RRType.SRV: 6}
"""Types whose rdata cites a host: octets before its name (R144)."""


class Dice(Protocol):
    """What is asked of chance; a `random.Random` will do."""

    def randrange(self, stop: int, /) -> int:
        """A whole number from 0 up to but not including `stop`, each as likely."""

    def sample(self, population: Sequence[_T], k: int) -> list[_T]:
        """`k` different members in random order."""

    def shuffle(self, x: MutableSequence[Any], /) -> None:
        """Put the members in random order, in place."""


def draw(first: Link, dice: Dice, scope_bits: int) -> Reply:
    """Throw the dice for one reply.

    Args:
        first: the question's own link; its catalog holds the name, so `found` is not `NotOurs`.
        scope_bits: the ECS scope to send if a location policy was visited on the way (R132, R133).
    """
    assert not isinstance(first.found, NotOurs)
    if isinstance(first.found, Referral):
        return _referral(first.found)
    answer: list[RR] = []
    reads_client = False
    link: Link | None = first
    while link is not None:
        throws = [_Throw(dice) for _ in link.decisions]
        found: list[RR] = []
        for throw, decision in zip(throws, link.decisions, strict=True):
            throw.walk(decision)
            found += throw.records(link.name)
        reads_client = reads_client or any(throw.reads_client for throw in throws)
        scope = scope_bits if reads_client else 0
        if any(throw.failed for throw in throws):
            return Reply(RCode.SERVFAIL, is_authoritative=False, scope_bits=scope)
        if not found:
            target = next((throw.lost for throw in throws if throw.lost), None)
            onward = Onward(target, link.name) if target else None
            return _negative(link, answer, scope, onward)
        answer += found
        last, link = link, link.following(throws[0].leaves[0]) if link.leads_on else None
    target = DName(answer[-1][3].lower())
    onward = Onward(target) if last.leads_on and not last.ends_at(target) else None
    zone = first.found.zone
    authority = () if any(rr[1] == RRType.NS and rr[0] == zone.name for rr in answer) else zone.ns
    additional = () if first.type == ANY else tuple(_additional(first.catalog, zone, answer, authority))
    return Reply(RCode.NOERROR, True, answer, authority, additional, scope_bits=scope, onward=onward)


def _negative(link: Link, answer: list[RR], scope_bits: int, onward: Onward | None) -> Reply:
    """NXDOMAIN or NODATA for the last name of a chain, with the SOA (R50) and whatever CNAMEs led there (R55)."""
    assert not isinstance(link.found, NotOurs)
    rcode = RCode.NXDOMAIN if isinstance(link.found, NXDomain) else RCode.NOERROR
    soa = link.found.zone.soa
    return Reply(rcode, True, answer, soa, may_shrink=False, scope_bits=scope_bits, onward=onward)


def _referral(found: Referral) -> Reply:
    """NS of the cut and the addresses the hosted zone knows for them, below the cut too; not authoritative (R52)."""
    authority = tuple(records(found.cut))
    glue = tuple(_addresses(found.zone, _cited(authority)))
    return Reply(RCode.NOERROR, False, (), authority, glue, may_shrink=False)


def _additional(catalog: Catalog, zone: Zone, answer: Sequence[RR], authority: Sequence[RR]) -> Iterator[RR]:
    """Addresses of the hosts that records cite and this zone itself would answer (R144), but for those told already."""
    told = {(rr[0], rr[1]) for rr in answer}
    for host in _cited((*answer, *authority)):
        if catalog.zone_of(host) is zone and not zone.cut_above(host):
            yield from (rr for rr in _addresses(zone, (host,)) if (rr[0], rr[1]) not in told)


def _cited(records: Iterable[RR]) -> Iterable[DName]:
    """The hosts that NS, MX and SRV records name, each once, in order."""
    found = (
        DName(rdata[before:].lower())
        for _, type_, _, rdata in records
        if (before := _NAME_IN_RDATA.get(type_)) is not None
    )
    return dict.fromkeys(found)


def _addresses(zone: Zone, hosts: Iterable[DName]) -> Iterator[RR]:
    """A and AAAA that a zone holds for hosts, below a delegation too, from simple leaves only (R145)."""
    for host in hosts:
        for type_ in (RRType.A, RRType.AAAA):
            group = zone.group(host, type_)
            if group and group.record_sets[0].set_identifier is None:
                yield from records(group)


@dataclass(slots=True)
class _Throw:
    """The leaves that the dice led to in one group, and what was met on the way."""

    dice: Dice
    leaves: list[RecordSet] = field(default_factory=list)
    reads_client: bool = False
    failed: bool = False
    lost: DName | None = None

    def walk(self, node: Node) -> None:
        """Walk down from a node; where the path splits, the dice choose."""
        if isinstance(node, Leaf):
            self.leaves.append(node.record_set)
        elif isinstance(node, Lost):
            self.failed = self.failed or node.is_failure
            self.lost = node.target.name
        elif isinstance(node, ResourceState):
            self.leaves += _chosen(node.outcome, self.dice)
        else:
            self.reads_client = self.reads_client or node.reads_client
            for record_set in _chosen(node.outcome, self.dice):
                self.walk(node.below(record_set))

    def records(self, owner: DName) -> list[RR]:
        """The leaves' values as one RRset in random order (R146), with the smallest of their TTLs (R23)."""
        ttl = min((leaf.ttl or 0 for leaf in self.leaves), default=0)
        rrset: list[RR] = [(owner, int(leaf.type), ttl, rdata) for leaf in self.leaves for rdata in leaf.rdata]
        if len(self.leaves) > 1:
            rrset = list(dict.fromkeys(rrset))  # an RRset is a set (RFC 2181 §5)
        if len(rrset) > 1:
            self.dice.shuffle(rrset)
        return rrset


def _chosen(outcome: Outcome | None, dice: Dice) -> Sequence[RecordSet]:
    if outcome is None:
        return ()
    if isinstance(outcome, Sample):
        return dice.sample(outcome.members, outcome.size)
    tickets = outcome.tickets
    if len(tickets) == 1:
        return (tickets[0][0],)
    drawn = dice.randrange(sum(count for _, count in tickets))
    for record_set, count in tickets:
        drawn -= count
        if drawn < 0:
            return (record_set,)
    raise AssertionError("the drawn ticket is among those counted")
