"""Timers and jobs, and the queue that orders them by due time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from typing import Generic, NamedTuple, Protocol, TypeVar

Rank = tuple[str, str, int]
"""Orders timers and jobs that are due at the same instant."""

NO_RANK: Rank = ("", "", 0)

Callback = Callable[[float], None]
"""Called with the instant, in seconds since the epoch; must neither block nor raise."""


class JobResult(NamedTuple):
    """Outcome of a job: the emulated time that it took, and the callback to run at its end."""

    cost_s: float
    callback: Callback


JobFunction = Callable[[], Awaitable[JobResult]]

_MIN_SWEEP_LENGTH = 1024
"""Length below which a queue is never swept of cancelled items."""


class Timer:
    """A callback to run at an instant."""

    __slots__ = ("callback", "is_live")

    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        self.is_live = True

    def cancel(self) -> None:
        """Cancels the timer; its callback is not called."""
        self.is_live = False


class Job:
    """An asynchronous function to start at an instant; `due` is in seconds since the epoch."""

    __slots__ = ("_completion", "_task", "due", "function", "is_live", "may_start_early", "rank")

    def __init__(self, due: float, rank: Rank, function: JobFunction, *, may_start_early: bool) -> None:
        self.due = due
        self.rank = rank
        self.function = function
        self.may_start_early = may_start_early
        self.is_live = True
        self._task: asyncio.Task[None] | None = None
        self._completion: Timer | None = None

    @property
    def has_started(self) -> bool:
        """True if the job is running or has run."""
        return self._task is not None

    def attach_task(self, task: asyncio.Task[None]) -> None:
        """Records the task that runs the job, so that `cancel` stops it."""
        self._task = task

    def attach_completion(self, timer: Timer) -> None:
        """Records the timer that runs the result's callback, so that `cancel` cancels it."""
        self._completion = timer

    def cancel(self) -> None:
        """Cancels the job: a running one is stopped, and the result's callback is not called."""
        self.is_live = False
        if self._task is not None:
            self._task.cancel()
        if self._completion is not None:
            self._completion.cancel()


class _Cancellable(Protocol):
    is_live: bool


Item = TypeVar("Item", bound=_Cancellable)


class TimeQueue(Generic[Item]):
    """Priority queue by instant and rank. Cancelled items are skipped, and swept out when the queue has doubled."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Rank, int, Item]] = []
        self._numbers = count()
        self._sweep_length = _MIN_SWEEP_LENGTH

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, when: float, rank: Rank, item: Item) -> bool:
        """Adds an item; returns True if it is now the first."""
        if len(self._heap) >= self._sweep_length:
            self._heap = [row for row in self._heap if row[3].is_live]
            heapify(self._heap)
            self._sweep_length = max(2 * len(self._heap), _MIN_SWEEP_LENGTH)
        heappush(self._heap, (when, rank, next(self._numbers), item))
        return self._heap[0][3] is item

    @property
    def next_key(self) -> tuple[float, Rank]:
        """Instant and rank of the first item; infinity if the queue is empty."""
        while self._heap and not self._heap[0][3].is_live:
            heappop(self._heap)
        return self._heap[0][:2] if self._heap else (inf, NO_RANK)

    @property
    def next_due(self) -> float:
        """Instant of the first item; infinity if the queue is empty."""
        return self.next_key[0]

    def shift(self, by_s: float) -> None:
        """Moves every item by some seconds."""
        self._heap = [(when + by_s, rank, number, item) for when, rank, number, item in self._heap if item.is_live]
        heapify(self._heap)  # sums are rounded, so the order of almost equal instants may differ

    def items(self) -> Iterator[Item]:
        """The items that are not cancelled, in no particular order."""
        return (row[3] for row in self._heap if row[3].is_live)

    def pop(self) -> Item:
        """Removes and returns the first item; the queue must not be empty."""
        return heappop(self._heap)[3]
