"""Draws: walks from decisions to the record sets that answer, by random choices that can be replayed."""

from collections.abc import Sequence
from math import factorial

from dnsemu.answering.dice import Dice, draw_ticket
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.policies.decide import BrokenAlias, Leaf, Node
from dnsemu.policies.model import OneOf, Outcome, ResourceState, Sample
from dnsemu.wire.protocol import RR

Path = tuple[int, ...]
"""The indices that were chosen, one for each draw among tickets, in order."""


class NotCompilable(Exception):
    """A sample lies on the path before more decisions, so choices among tickets alone do not reproduce the answer."""


class Draws:
    """The random choices on the path to one answer.

    The first choices may be given; dice make the others. `choices` lists all of them, each as the ticket counts and the
    index chosen: with the same choices given, and nothing changed, the path is the same. `reads_client` is true if
    another client may take another path, `has_sampled` if a sample was drawn on the path.
    """

    __slots__ = ("_dice", "_given", "_may_sample", "choices", "has_sampled", "reads_client")

    def __init__(self, dice: Dice, given: Path = (), *, may_sample: bool = True) -> None:
        self._dice = dice
        self._given = given
        self._may_sample = may_sample
        self.choices: list[tuple[tuple[int, ...], int]] = []
        self.has_sampled = False
        self.reads_client = False

    @property
    def path(self) -> Path:
        """The chosen indices."""
        return tuple(index for _, index in self.choices)

    def one_of(self, outcome: OneOf) -> RecordSet:
        """Draws a member by tickets."""
        tickets = outcome.tickets
        if len(tickets) == 1:
            return tickets[0][0]
        return tickets[self._choose(tuple(count for _, count in tickets))][0]

    def order(self, values: Sequence[RR]) -> list[RR]:
        """Draws an order of the values; each order has one ticket."""
        left = list(values)
        orders = factorial(len(left))
        rest = self._choose((1,) * orders)
        ordered = []
        while left:
            orders //= len(left)
            at, rest = divmod(rest, orders)
            ordered.append(left.pop(at))
        return ordered

    def sample(self, outcome: Sample) -> Sequence[RecordSet]:
        """Draws the members of a sample on the path, where some members lead to more decisions.

        Raises:
            NotCompilable: samples on the path are not allowed.
        """
        if not self._may_sample:
            raise NotCompilable
        self.has_sampled = True
        return self._dice.sample(outcome.members, outcome.size)

    def _choose(self, counts: tuple[int, ...]) -> int:
        at = len(self.choices)
        index = self._given[at] if at < len(self._given) else draw_ticket(counts, self._dice)
        self.choices.append((counts, index))
        return index


class LeafCollector:
    """Walks one group's decision by draws and collects the leaves.

    If the walk ends in a sample, `leaves` are all its members, and `sample_size` says how many of them answer;
    otherwise all leaves answer and it is 0. `is_failure` is true if the answer is SERVFAIL. `missing_target` is the
    target of an alias that leads nowhere.
    """

    __slots__ = ("_draws", "is_failure", "leaves", "missing_target", "sample_size")

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self.leaves: list[RecordSet] = []
        self.sample_size = 0
        self.is_failure = False
        self.missing_target: DName | None = None

    @property
    def has_values(self) -> bool:
        """True if there is something to answer; a record set whose traffic policy was deleted has no values."""
        return any(leaf.rdata for leaf in self.leaves)

    def descend(self, node: Node) -> None:
        """Walks down from a node; draws choose where the path branches."""
        if isinstance(node, Leaf):
            self.leaves.append(node.record_set)
        elif isinstance(node, BrokenAlias):
            self.is_failure = self.is_failure or node.is_failure
            self.missing_target = node.target.name
        elif isinstance(node, ResourceState):
            if isinstance(node.outcome, Sample):
                self.leaves += self._members(node.outcome)
            elif node.outcome is not None:
                self.leaves.append(self._draws.one_of(node.outcome))
        else:
            self._draws.reads_client = self._draws.reads_client or node.reads_client
            for record_set in self._chosen(node.outcome):
                self.descend(node.below(record_set))

    def _chosen(self, outcome: Outcome | None) -> Sequence[RecordSet]:
        if outcome is None:
            return ()
        return self._members(outcome) if isinstance(outcome, Sample) else (self._draws.one_of(outcome),)

    def _members(self, sample: Sample) -> Sequence[RecordSet]:
        """Returns all members of a sample that ends the walk, to be drawn later; otherwise draws them now."""
        if self._draws.has_sampled or any(member.alias is not None for member in sample.members):
            return self._draws.sample(sample)
        self.sample_size = sample.size
        return sample.members
