"""Shares: sums the exact shares of all answers to one question for one client, with fail-open and empty replies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from itertools import takewhile
from typing import TypeVar

from dnsemu.answering.resolution import Link
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.policies.decide import AliasProblem, BrokenAlias, Decision, Leaf, Why
from dnsemu.policies.model import Group, ResourceState
from dnsemu.zone.lookup import NoData, NotOurs, NXDomain, Referral

ALL = Fraction(1)


class Absence(Enum):
    """Reasons for an empty reply that no decision gives."""

    NO_DATA = "the name has no record set of this type"
    NX_DOMAIN = "the name does not exist"
    REFERRAL = "the name is delegated"
    NOT_OURS = "the name is in no hosted zone"
    NO_ADDRESS = "no target has an address of this type"
    NOT_LOOKED_UP = "the addresses of its targets are not looked up yet"


_ABSENCE = {
    NoData: Absence.NO_DATA,
    NXDomain: Absence.NX_DOMAIN,
    Referral: Absence.REFERRAL,
    NotOurs: Absence.NOT_OURS,
}


@dataclass(frozen=True, slots=True)
class EmptyReply:
    """A reply without an answer: the reason, and the name that has none."""

    why: Why | AliasProblem | Absence
    name: DName


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a leaf: the set identifiers on it, and the AWS resource whose address the leaf is.

    `is_whole` is False if several ways lead there; `steps` are then their common end.
    """

    steps: tuple[str, ...] = ()
    resource: DName | None = None
    is_whole: bool = True

    def after(self, steps: tuple[str, ...]) -> "Way":
        """The way with these steps before it."""
        return Way(steps + self.steps, self.resource) if steps and self.is_whole else self

    def merged(self, other: "Way") -> "Way":
        """The common end of two ways."""
        if self == other:
            return self
        pairs = zip(reversed(self.steps), reversed(other.steps), strict=False)
        common = tuple(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return Way(common[::-1], self.resource, is_whole=False)


@dataclass(slots=True)
class Shares:
    """The division of the replies to one client, in exact fractions.

    `answers` has the chance that each leaf is in a reply; leaves that answer together sum to more than one. `empty` has
    the share of each kind of empty reply, `fails_open` that of replies where nothing was healthy (R119), and
    `answers_failing_open` the part of each leaf's chance that comes from those. `ways` has the way to each leaf; the
    `value` does not include it.
    """

    answers: dict[RecordSet, Fraction] = field(default_factory=dict)
    empty: dict[EmptyReply, Fraction] = field(default_factory=dict)
    answers_failing_open: dict[RecordSet, Fraction] = field(default_factory=dict)
    fails_open: Fraction = Fraction(0)
    ways: dict[RecordSet, Way] = field(default_factory=dict)

    def add(self, below: "Shares", share: Fraction, steps: tuple[str, ...] = ()) -> None:
        """Adds the shares below a node that this share of the replies reaches by these steps."""
        self.add_ways({leaf: way.after(steps) for leaf, way in below.ways.items()})
        _add(self.answers, below.answers, share)
        _add(self.empty, below.empty, share)
        _add(self.answers_failing_open, below.answers_failing_open, share)
        self.fails_open += below.fails_open * share

    def add_ways(self, ways: Mapping[RecordSet, Way]) -> None:
        """Adds further ways to leaves."""
        for leaf, way in ways.items():
            self.ways[leaf] = self.ways[leaf].merged(way) if leaf in self.ways else way

    def mark_fail_open(self) -> None:
        """Marks all replies as failing open."""
        self.answers_failing_open, self.fails_open = dict(self.answers), ALL

    @property
    def value(self) -> tuple[object, ...]:
        """A hashable value, the same for equal shares."""
        return frozenset(self.answers.items()), frozenset(self.empty.items()), self.fails_open


_T = TypeVar("_T")


def _add(into: dict[_T, Fraction], parts: dict[_T, Fraction], share: Fraction) -> None:
    for key, part in parts.items():
        into[key] = into.get(key, 0) + part * share


def shares_of(link: Link) -> Shares:
    """The shares of the answers to a question for one type, CNAMEs followed.

    Each group is summed once per level of aliases, however many paths lead to it: a tree of a million leaves in a
    hundred groups costs a hundred decisions.
    """
    return _Sum().link(link)


class _Sum:
    """Sums the shares of one client; the shares below a group are the same on every path of the same length."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int], tuple[Group, Shares]] = {}
        """By the identity of a group and its level: two hosted zones may have groups of one name."""

    def link(self, link: Link) -> Shares:
        if not link.decisions:
            return Shares(empty={EmptyReply(_ABSENCE[type(link.found)], link.name): ALL})
        (decision,) = link.decisions
        found = self._decision(decision, 0)
        if not link.follows_cname:
            return found
        total = Shares(empty=dict(found.empty), fails_open=found.fails_open)
        for cname, share in found.answers.items():
            next_link = link.next_link(cname)
            below = Shares({cname: ALL}, ways={cname: Way()}) if next_link is None else self.link(next_link)
            total.add(below, share, found.ways[cname].steps)
            total.fails_open -= found.answers_failing_open.get(cname, 0) * below.fails_open  # already in the total
        return total

    def _decision(self, decision: Decision, level: int) -> Shares:
        key = id(decision.group), level
        known = self._sums.get(key)
        if known is None:
            known = self._sums[key] = decision.group, self._sum(decision, level)
        return known[1]

    def _sum(self, decision: Decision, level: int) -> Shares:
        if decision.outcome is None:
            return Shares(empty={EmptyReply(Why.NO_CANDIDATE, decision.group.name): ALL})
        total = Shares()
        for record_set, part in decision.outcome.shares():
            node = decision.below(record_set)
            if isinstance(node, Leaf):
                # In a ring of aliases the group's own record sets also come up below its aliases.
                total.answers[node.record_set] = total.answers.get(node.record_set, 0) + part
                total.add_ways({node.record_set: Way(_steps(record_set))})
            else:
                total.add(self._node(node, level), part, _steps(record_set))
        if decision.why is Why.FAIL_OPEN:
            total.mark_fail_open()
        return total

    def _node(self, node: Decision | BrokenAlias | ResourceState, level: int) -> Shares:
        if isinstance(node, BrokenAlias):
            return Shares(empty={EmptyReply(node.problem, node.target.name): ALL})
        if isinstance(node, ResourceState):
            return _resource(node)
        return self._decision(node, level + 1)


def _steps(record_set: RecordSet) -> tuple[str, ...]:
    return () if record_set.set_identifier is None else (record_set.set_identifier,)


def _resource(state: ResourceState) -> Shares:
    if state.outcome is None:
        has_host = any(target.target.host is not None for target in state.targets)
        why = Absence.NOT_LOOKED_UP if has_host else Absence.NO_ADDRESS
        return Shares(empty={EmptyReply(why, state.resource.name): ALL})
    found = Shares(dict(state.outcome.shares()))
    found.add_ways(dict.fromkeys(found.answers, Way(resource=state.resource.name)))
    if state.fails_open:
        found.mark_fail_open()
    return found
