"""What can be on an agenda, and the heaps that it is kept in, in order of emulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from typing import Generic, Protocol, TypeVar

Rank = tuple[str, str, int]
"""Orders what falls due at one instant."""

NO_RANK: Rank = ("", "", 0)

JobResult = tuple[float, Callable[[float], None]]
"""What work cost, in emulated seconds, and what is to be done at the instant that it then is."""

Work = Callable[[], Awaitable[JobResult]]

_SMALL = 1024
"""A heap is not swept before it has twice as many entries as after the last time, and this many."""


class Timer:
    """A call on the agenda, to be made at its instant."""

    __slots__ = ("action", "is_live")

    def __init__(self, action: Callable[[float], None]) -> None:
        self.action = action
        self.is_live = True

    def cancel(self) -> None:
        """Take it off the agenda."""
        self.is_live = False


class Job:
    """Work on the agenda; `due` is in seconds since the epoch."""

    __slots__ = ("_ending", "_task", "due", "is_live", "may_begin_early", "rank", "work")

    def __init__(self, due: float, rank: Rank, work: Work, *, may_begin_early: bool) -> None:
        self.due = due
        self.rank = rank
        self.work = work
        self.may_begin_early = may_begin_early
        self.is_live = True
        self._task: asyncio.Task[None] | None = None
        self._ending: Timer | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it is or was under way."""
        return self._task is not None

    def begin(self, task: asyncio.Task[None]) -> None:
        """Remember what carries it out."""
        self._task = task

    def end_by(self, ending: Timer) -> None:
        """Remember what its end is to be."""
        self._ending = ending

    def cancel(self) -> None:
        """Take it off the agenda; work that is under way is broken off, and nothing follows from it."""
        self.is_live = False
        if self._task is not None:
            self._task.cancel()
        if self._ending is not None:
            self._ending.cancel()


class _Cancellable(Protocol):
    is_live: bool


E = TypeVar("E", bound=_Cancellable)


class TimeQueue(Generic[E]):
    """Entries in order of instant and rank. Those that were cancelled are passed over, and swept out in time."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Rank, int, E]] = []
        self._numbers = count()
        self._sweep_at = _SMALL

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, when: float, rank: Rank, entry: E) -> bool:
        """Add an entry; tells whether it is now the first."""
        if len(self._heap) >= self._sweep_at:
            self._heap = [item for item in self._heap if item[3].is_live]
            heapify(self._heap)
            self._sweep_at = max(2 * len(self._heap), _SMALL)
        heappush(self._heap, (when, rank, next(self._numbers), entry))
        return self._heap[0][3] is entry

    @property
    def first(self) -> tuple[float, Rank]:
        """Instant and rank of the first entry; infinity where there is none."""
        while self._heap and not self._heap[0][3].is_live:
            heappop(self._heap)
        return self._heap[0][:2] if self._heap else (inf, NO_RANK)

    @property
    def when(self) -> float:
        """Instant of the first entry; infinity where there is none."""
        return self.first[0]

    def pop(self) -> E:
        """Take the first entry, which there is."""
        return heappop(self._heap)[3]
