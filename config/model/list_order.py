"""The order in which Route 53 lists the names of a hosted zone (A200).

A `ListOrder` is an immutable value. A change of a few names makes the next one at the cost of the parts that it
touches; working one out from the beginning looks at every name, so a `Preparation` does it in pieces.
"""

from bisect import bisect, bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import isqrt

from dnsemu.config import names
from dnsemu.config.model.batches import batches
from dnsemu.config.names import DName

MAX_PART_NAMES = 1024
"""Names in one part of an order. A change copies the parts that it touches and a reference to each of the others."""

NAMES_PER_PIECE = 200
"""Names that one piece of a preparation looks at: about a millisecond."""

BORDERS = 4
"""A preparation divides n names by BORDERS × √n of them into groups, and sorts each group by itself."""


def list_name(name: DName) -> str:
    """Returns the text by which lists compare a name: its escaped labels, last one first, a dot after each (A200)."""
    return ".".join(reversed(names.to_text(name).split(".")[:-1])) + "."


@dataclass(frozen=True, slots=True)
class ListOrder:
    """Names in the order of lists, in parts of at most `MAX_PART_NAMES`.

    `starts` holds a lower bound for each part, as `list_name` writes it; the first is empty, so every name has a part.
    """

    parts: tuple[tuple[DName, ...], ...] = ((),)
    starts: tuple[str, ...] = ("",)

    def names_from(self, start: str) -> Iterator[DName]:
        """Yields the names from `start` on, a text as of `list_name`; no name need have it."""
        first = bisect(self.starts, start) - 1
        for at in range(first, len(self.parts)):
            part = self.parts[at]
            yield from islice(part, bisect_left(part, start, key=list_name) if at == first else 0, None)

    def updated(self, touched: Iterable[DName], is_present: Callable[[DName], bool]) -> "ListOrder":
        """Returns the order with each touched name added if it is present, removed if not."""
        changed: dict[int, list[DName]] = {}
        for name in touched:
            text = list_name(name)
            at = bisect(self.starts, text) - 1
            part = changed[at] if at in changed else list(self.parts[at])
            place = bisect_left(part, text, key=list_name)
            was_present = part[place : place + 1] == [name]
            if was_present is not is_present(name):
                part[place : place + was_present] = [] if was_present else [name]
                changed[at] = part
        if not changed:
            return self
        parts, starts = list(self.parts), list(self.starts)
        for at in sorted(changed, reverse=True):
            parts[at : at + 1], starts[at : at + 1] = _divided(changed[at], starts[at])
        return ListOrder(tuple(parts), tuple(starts))


def _divided(part: list[DName], start: str) -> tuple[list[tuple[DName, ...]], list[str]]:
    """Divides a changed part into parts of allowed size, with their starts; none if it is empty and not the first."""
    if len(part) <= MAX_PART_NAMES:
        return ([tuple(part)], [start]) if part or not start else ([], [])
    parts = [tuple(part[at : at + MAX_PART_NAMES // 2]) for at in range(0, len(part), MAX_PART_NAMES // 2)]
    return parts, [start, *(list_name(later[0]) for later in parts[1:])]


class Preparation:
    """Works out an order in pieces. All callers that wait for it share the work; it ends when the last one leaves."""

    def __init__(self, of: Collection[DName]) -> None:
        self.order: ListOrder | None = None
        """The result; None while there is none."""
        self._work: Iterator[None] | None = self._work_out(of)
        self._callers = 0

    @property
    def is_abandoned(self) -> bool:
        """True if all callers left before the end: there will be no result."""
        return self.order is None and self._work is None

    def run(self) -> Iterator[None]:
        """Does the rest of the work, in pieces of about a millisecond."""
        self._callers += 1
        try:
            while self.order is None and self._work is not None:
                next(self._work, None)
                yield
        finally:
            self._callers -= 1
            if not self._callers:
                self._work = None

    def _work_out(self, of: Collection[DName]) -> Iterator[None]:
        borders: list[str] = []
        for piece in batches(islice(of, BORDERS * isqrt(len(of))), NAMES_PER_PIECE):
            borders += map(list_name, piece)
            yield
        borders.sort()
        groups: list[list[tuple[str, DName]]] = [[] for _ in range(len(borders) + 1)]
        for piece in batches(of, NAMES_PER_PIECE):
            for name in piece:
                text = list_name(name)
                groups[bisect(borders, text)].append((text, name))
            yield
        parts: list[tuple[DName, ...]] = []
        starts: list[str] = []
        entries: list[tuple[str, DName]] = []
        for number, group in enumerate(groups, 1):
            entries += sorted(group)
            group.clear()
            if len(entries) >= MAX_PART_NAMES // 2 or number == len(groups):
                for at in range(0, len(entries), MAX_PART_NAMES):
                    parts.append(tuple(name for _, name in entries[at : at + MAX_PART_NAMES]))
                    starts.append(entries[at][0] if starts else "")
                entries.clear()
            yield
        self.order = ListOrder(tuple(parts), tuple(starts)) if parts else ListOrder()
