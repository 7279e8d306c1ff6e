"""Answers of a drill: the distribution of the replies to one question, as its clients use them.

A client connects to one address of a reply, so a reply of eight addresses out of fifty is one answer with fifty
addresses, of which each reply has eight. Subsets are never enumerated.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from ipaddress import ip_address

from dnsemu.answering.resolution import Link, resolve
from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Weighted
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.decide import BrokenAlias, Decision, Leaf, Node, Why
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import OneOf, Outcome, ResourceState
from dnsemu.zone.lookup import Hit, NoData, NotOurs, NXDomain, Referral
from dnsemu.zone.reader import CatalogReader, HealthReader

NO_DATA, NX_DOMAIN, SERVFAIL, REFUSED, REFERRAL = "NODATA", "NXDOMAIN", "SERVFAIL", "REFUSED", "referral"
FAILURES = frozenset({SERVFAIL, REFUSED, REFERRAL})
"""Reasons of empty replies that resolvers do not keep."""


@dataclass(frozen=True, slots=True)
class DrillAnswer:
    """One kind of reply: `size` of the addresses are in it, each equally likely, in random order.

    Without addresses, `empty` is the reason. `ttl_s` is the time for which a resolver may keep the reply.
    """

    addresses: tuple[str, ...]
    size: int
    ttl_s: int
    empty: str = ""
    fails_open: bool = False
    wakes_zero_weight: bool = False

    @property
    def shares(self) -> tuple[tuple[str, Fraction], ...]:
        """The share of first connections that goes to each address; of an empty reply, all to its reason."""
        if not self.addresses:
            return ((self.empty, Fraction(1)),)
        return tuple((address, Fraction(1, len(self.addresses))) for address in self.addresses)

    def failing_share(self, dead: frozenset[str], retries: int) -> Fraction:
        """The share of requests that fail: all the addresses that a client tries are dead."""
        if not self.addresses:
            return Fraction(1)
        total, lost = len(self.addresses), sum(address in dead for address in self.addresses)
        share = Fraction(1)
        for tried in range(min(retries + 1, self.size)):  # draws without putting back
            share *= Fraction(max(lost - tried, 0), total - tried)
        return share

    def dead_share(self, dead: frozenset[str]) -> Fraction:
        """The share of requests whose first address is dead."""
        return Fraction(sum(address in dead for address in self.addresses), max(len(self.addresses), 1))


Distribution = tuple[tuple[DrillAnswer, Fraction], ...]
"""All kinds of replies with their shares, which sum to one; in the order of the decision."""

_Parts = dict[DrillAnswer, Fraction]


def distribution(
    catalog: CatalogReader, health: HealthReader, client: Client, name: DName, type: RRType
) -> Distribution:
    """The exact distribution of the replies to a question, at one instant."""
    return tuple(_of_link(resolve(catalog, health, client, name, type)).items())


def empty_reply(catalog: CatalogReader, name: DName, reason: str) -> DrillAnswer:
    """An empty reply; resolvers keep it for the SOA's TTL or its minimum, the smaller one (RFC 2308 §5)."""
    zone = catalog.zone_of(name)
    if zone is None or reason in FAILURES:
        return DrillAnswer((), 0, 0, reason)
    (soa,) = zone.soa
    return DrillAnswer((), 0, min(soa[2], int.from_bytes(soa[3][-4:], "big")), reason)


def addresses_of(record_set: RecordSet) -> tuple[str, ...]:
    """The addresses that a record set leads to; a CNAME leads to a host name."""
    if record_set.type in (RRType.A, RRType.AAAA):
        return tuple(str(ip_address(rdata)) for rdata in record_set.rdata)
    if record_set.type is RRType.CNAME:
        return tuple(names.display(DName(rdata.lower())).rstrip(".") for rdata in record_set.rdata)
    return ()


def _of_link(link: Link) -> _Parts:
    found = link.found
    if not isinstance(found, Hit):
        return {_empty(link, _REASONS[type(found)]): Fraction(1)}
    (decision,) = link.decisions
    parts = _Walk(link).decision(decision, 0)
    return _followed(link, parts) if link.follows_cname else parts


_REASONS = {NoData: NO_DATA, NXDomain: NX_DOMAIN, NotOurs: REFUSED, Referral: REFERRAL}


def _empty(link: Link, reason: str) -> DrillAnswer:
    return empty_reply(link.catalog, link.name, reason)


def _followed(link: Link, parts: _Parts) -> _Parts:
    """The answers at the targets of CNAMEs, kept no longer than the CNAME."""
    total: _Parts = {}
    for cname, share in parts.items():
        for answer, part in _at_target(link, cname).items():
            merged = replace(
                answer,
                ttl_s=min(answer.ttl_s, cname.ttl_s),
                fails_open=answer.fails_open or cname.fails_open,
                wakes_zero_weight=answer.wakes_zero_weight or cname.wakes_zero_weight,
            )
            total[merged] = total.get(merged, 0) + share * part
    return total


def _at_target(link: Link, cname: DrillAnswer) -> _Parts:
    """The answers at a CNAME's target; the CNAME itself if the reply ends with it."""
    if cname.empty:
        return {cname: Fraction(1)}
    record_set = RecordSet(link.name, RRType.CNAME, rdata=(names.parse(cname.addresses[0]),))
    next_link = link.next_link(record_set)
    return {cname: Fraction(1)} if next_link is None else _of_link(next_link)


class _Walk:
    """Walks one link's decision; each group is walked once per level of aliases, however many paths lead to it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._known: dict[tuple[DName, RRType, int], _Parts] = {}

    def decision(self, decision: Decision, level: int) -> _Parts:
        key = decision.group.name, decision.group.type, level
        if key not in self._known:
            self._known[key] = self._decide(decision, level)
        return self._known[key]

    def _decide(self, decision: Decision, level: int) -> _Parts:
        if decision.outcome is None:
            return {_empty(self._link, NO_DATA): Fraction(1)}
        parts = self._outcome(decision, decision.outcome, level)
        if decision.why is Why.FAIL_OPEN:
            parts = _marked(parts, fails_open=True)
        return parts

    def _outcome(self, decision: Decision, outcome: Outcome, level: int) -> _Parts:
        pool = _pool(outcome)
        if pool is not None:
            return {pool: Fraction(1)}
        total: _Parts = {}
        members = list(outcome.shares())
        whole = sum((share for _, share in members), Fraction(0))  # of a sample with aliases, a client uses one member
        for record_set, share in members:
            below = self._node(decision.below(record_set), level)
            if _is_woken(record_set, decision):
                below = _marked(below, wakes_zero_weight=True)
            for answer, part in below.items():
                total[answer] = total.get(answer, 0) + part * share / whole
        return total

    def _node(self, node: Node, level: int) -> _Parts:
        if isinstance(node, Decision):
            return self.decision(node, level + 1)
        if isinstance(node, BrokenAlias):
            return {_empty(self._link, SERVFAIL if node.is_failure else NO_DATA): Fraction(1)}
        if isinstance(node, Leaf):
            return {self._leaf(node.record_set): Fraction(1)}
        return self._resource(node)

    def _leaf(self, record_set: RecordSet) -> DrillAnswer:
        addresses = addresses_of(record_set)
        if not addresses:
            return _empty(self._link, NO_DATA)
        return DrillAnswer(addresses, len(addresses), record_set.ttl or 0)

    def _resource(self, state: ResourceState) -> _Parts:
        if state.outcome is None:
            return {_empty(self._link, NO_DATA): Fraction(1)}
        pool = _pool(state.outcome)
        leaves = {self._leaf(leaf): share for leaf, share in state.outcome.shares()}
        parts = leaves if pool is None else {pool: Fraction(1)}
        return _marked(parts, fails_open=True) if state.fails_open else parts


def _pool(outcome: Outcome) -> DrillAnswer | None:
    """The answer of a sample of leaves, which is one kind of reply."""
    if isinstance(outcome, OneOf) or any(member.alias is not None for member in outcome.members):
        return None
    addresses = tuple(dict.fromkeys(address for member in outcome.members for address in addresses_of(member)))
    each = max(len(member.rdata) for member in outcome.members)
    ttl_s = min(member.ttl or 0 for member in outcome.members)
    return DrillAnswer(addresses, min(outcome.size * each, len(addresses)), ttl_s) if addresses else None


def _is_woken(record_set: RecordSet, decision: Decision) -> bool:
    """True if a record set of weight 0 answers although its group has heavier ones."""
    is_zero = isinstance(record_set.routing, Weighted) and not record_set.routing.weight
    others = (other.routing for other in decision.group.record_sets)
    return is_zero and any(isinstance(other, Weighted) and other.weight for other in others)


def _marked(parts: _Parts, *, fails_open: bool = False, wakes_zero_weight: bool = False) -> _Parts:
    found: _Parts = {}
    for answer, part in parts.items():
        marked = replace(
            answer,
            fails_open=answer.fails_open or fails_open,
            wakes_zero_weight=answer.wakes_zero_weight or wakes_zero_weight,
        )
        found[marked] = found.get(marked, 0) + part
    return found
