"""What one client gets of one question: every answer with its exact share, what fails open, and what is left empty."""

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import TypeVar

from dnsemu.answering.resolution import Link
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.decide import AliasProblem, BrokenAlias, Decision, Leaf, Why
from dnsemu.policies.model import ResourceState
from dnsemu.zone.lookup import NoData, NotOurs, NXDomain, Referral

ALL = Fraction(1)


class Absence(Enum):
    """Why there is nothing at the end of a path, where no decision says so."""

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
class Nothing:
    """A reply without an answer: why, and at which name."""

    why: Why | AliasProblem | Absence
    name: DName


@dataclass(slots=True)
class Shares:
    """How the answers to one client divide, in exact parts of one.

    `answers` are the leaves: the chance that each is in a reply, so of those that answer together the sum is above one.
    `nothing` are the replies without an answer, `fails_open` those from where nothing was healthy (R119), and `opened`
    is the part of each leaf's answers that came that way.
    """

    answers: dict[RecordSet, Fraction] = field(default_factory=dict)
    nothing: dict[Nothing, Fraction] = field(default_factory=dict)
    opened: dict[RecordSet, Fraction] = field(default_factory=dict)
    fails_open: Fraction = Fraction(0)

    def add(self, other: "Shares", share: Fraction) -> None:
        """Take in what lies below, of which this part of the replies comes."""
        _add(self.answers, other.answers, share)
        _add(self.nothing, other.nothing, share)
        _add(self.opened, other.opened, share)
        self.fails_open += other.fails_open * share

    def open(self) -> None:
        """All of it comes from where nothing was healthy."""
        self.opened, self.fails_open = dict(self.answers), ALL

    @property
    def value(self) -> tuple[object, ...]:
        """What two of them have in common when they are the same."""
        return frozenset(self.answers.items()), frozenset(self.nothing.items()), self.fails_open


_T = TypeVar("_T")


def _add(into: dict[_T, Fraction], parts: dict[_T, Fraction], share: Fraction) -> None:
    for key, part in parts.items():
        into[key] = into.get(key, 0) + part * share


def shares_of(link: Link) -> Shares:
    """What a question for one type comes to, CNAMEs followed.

    Each group is walked once per level of aliases, however many paths lead to it: a tree of a million leaves in a
    hundred groups costs a hundred decisions.
    """
    return _Walk().link(link)


class _Walk:
    """One client's way down; what is below a name is the same by every path."""

    def __init__(self) -> None:
        self._known: dict[tuple[DName, RRType, int], Shares] = {}

    def link(self, link: Link) -> Shares:
        if not link.decisions:
            return Shares(nothing={Nothing(_ABSENCE[type(link.found)], link.name): ALL})
        (decision,) = link.decisions
        found = self._decision(decision, 0)
        if not link.leads_on:
            return found
        total = Shares(nothing=dict(found.nothing), fails_open=found.fails_open)
        for cname, share in found.answers.items():
            following = link.following(cname)
            below = Shares({cname: ALL}) if following is None else self.link(following)
            total.add(below, share)
            total.fails_open -= found.opened.get(cname, 0) * below.fails_open  # counted already
        return total

    def _decision(self, decision: Decision, level: int) -> Shares:
        key = decision.group.name, decision.group.type, level
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._added_up(decision, level)
        return known

    def _added_up(self, decision: Decision, level: int) -> Shares:
        if decision.outcome is None:
            return Shares(nothing={Nothing(Why.NO_CANDIDATE, decision.group.name): ALL})
        total = Shares()
        for record_set, part in decision.outcome.shares():
            node = decision.below(record_set)
            if isinstance(node, Leaf):
                total.answers[node.record_set] = part
            else:
                total.add(self._node(node, level), part)
        if decision.why is Why.FAIL_OPEN:
            total.open()
        return total

    def _node(self, node: Decision | BrokenAlias | ResourceState, level: int) -> Shares:
        if isinstance(node, BrokenAlias):
            return Shares(nothing={Nothing(node.problem, node.target.name): ALL})
        if isinstance(node, ResourceState):
            return _resource(node)
        return self._decision(node, level + 1)


def _resource(state: ResourceState) -> Shares:
    if state.outcome is None:
        waits = any(target.target.host is not None for target in state.targets)
        why = Absence.NOT_LOOKED_UP if waits else Absence.NO_ADDRESS
        return Shares(nothing={Nothing(why, state.resource.name): ALL})
    found = Shares(dict(state.outcome.shares()))
    if state.fails_open:
        found.open()
    return found
