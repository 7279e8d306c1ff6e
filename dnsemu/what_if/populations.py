"""Populations: audiences that get the same answers in every scenario, merged and named for people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dnsemu.explain.shares import Shares, Way
from dnsemu.what_if.clients import Audience

MAX_NAMES = 3
"""Clients that the name of a population lists, unless the user named more of them."""
MAX_OWN_NAMES = 50
"""Bound on clients that the user named in the name of a population; a CIDR collection may have a thousand blocks."""


@dataclass(frozen=True, slots=True)
class Population:
    """Clients that get the same answers in every scenario; `shares` holds one entry for each scenario.

    `changes` says of each scenario whether its answers differ from those with everything up.
    """

    names: tuple[str, ...]
    shares: tuple[Shares, ...]
    changes: tuple[bool, ...]
    own_names: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """A short name: of the clients that the user named, and of a few others."""
        own = [name for name in self.names if name in self.own_names][:MAX_OWN_NAMES]
        others = [name for name in self.names if name not in self.own_names][: max(MAX_NAMES - len(own), 0)]
        shown = {*own, *others}
        more = len(self.names) - len(shown)
        return ", ".join(name for name in self.names if name in shown) + (f" and {more} more" if more else "")


class DistinctShares:
    """Keeps each distinct result once, and numbers those that differ in their answers.

    Results with the same answers by other ways have the same number.
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._kept: dict[tuple[int, tuple[Way, ...]], Shares] = {}
        self._number_of: dict[int, int] = {}

    def add(self, shares: Shares) -> Shares:
        """The result that is kept for these shares."""
        number = self._numbers.setdefault(shares.value, len(self._numbers))
        kept = self._kept.setdefault((number, tuple(shares.ways.values())), shares)
        self._number_of[id(kept)] = number
        return kept

    def number(self, kept: Shares) -> int:
        """The number of a result that is kept: the same for the same answers."""
        return self._number_of[id(kept)]


def populations_of(
    audiences: Sequence[Audience], columns: Sequence[Sequence[Shares]], results: DistinctShares
) -> tuple[Population, ...]:
    """Merges audiences that get the same answers in every scenario.

    Args:
        columns: for each audience, its result in every scenario, as kept by `results`.
    """
    found: dict[tuple[int, ...], list[int]] = {}
    for position, column in enumerate(columns):
        found.setdefault(tuple(map(results.number, column)), []).append(position)
    merged: dict[frozenset[int], Shares] = {}
    populations = []
    for numbers, positions in found.items():
        shares = tuple(_merged(alike, merged) for alike in zip(*(columns[at] for at in positions), strict=True))
        named = [audiences[at] for at in positions]
        populations.append(
            Population(
                tuple(name for audience in named for name in audience.names),
                shares,
                tuple(number != numbers[0] for number in numbers),
                frozenset().union(*(audience.own_names for audience in named)),
            )
        )
    return tuple(populations)


def _merged(alike: Sequence[Shares], merged: dict[frozenset[int], Shares]) -> Shares:
    """One result for several with the same answers, with the common end of their ways."""
    key = frozenset(map(id, alike))
    if len(key) == 1:
        return alike[0]
    if key not in merged:
        merged[key] = replace(alike[0], ways=dict(alike[0].ways))
        for shares in alike[1:]:
            merged[key].add_ways(shares.ways)
    return merged[key]
