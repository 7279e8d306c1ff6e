"""Measures how late the event loop runs its timers: while it is late, this process answers no query.

A timer every `SAMPLE_EVERY_S` costs up to 1 % of a core while the server is idle, less under load. A gap is measured
up to that time too short.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

SAMPLE_EVERY_S = 0.01
"""Seconds between two samples."""
WINDOW_S = 60.0
"""The recent maximum covers at least this time, and at most twice as much."""
BOUNDS_S = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0)
"""The upper bounds of the histogram's buckets; a last one holds what is above."""


@dataclass(slots=True)
class Lateness:
    """A histogram of the delays of timers, with their sum and maximum in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0
    max_s: float = 0.0

    def add(self, late_s: float) -> None:
        """Counts one delay."""
        self.sum_s += late_s
        self.max_s = max(self.max_s, late_s)
        for index, bound in enumerate(BOUNDS_S):
            if late_s <= bound:
                self.counts[index] += 1
                return
        self.counts[-1] += 1

    def merge(self, other: "Lateness") -> None:
        """Counts the delays of another process or another time too."""
        self.sum_s += other.sum_s
        self.max_s = max(self.max_s, other.max_s)
        self.counts = [one + another for one, another in zip(self.counts, other.counts, strict=True)]


class LatenessMeter:
    """Measures the lateness of the running event loop."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        """Prepares a meter.

        Args:
            clock: seconds that never go back; uvloop's own time stands still during a turn, and counts milliseconds.
        """
        self._clock = clock
        self.total = Lateness()
        """All delays since the start."""
        self._recent_max_s = self._previous_max_s = 0.0
        self._window_ends_at = 0.0

    async def run(self) -> None:
        """Samples until it is cancelled."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None

        def sample(due: float) -> None:
            nonlocal timer
            now = self._clock()
            self.note(max(now - due, 0.0), now)
            timer = loop.call_later(SAMPLE_EVERY_S, sample, now + SAMPLE_EVERY_S)

        timer = loop.call_later(SAMPLE_EVERY_S, sample, self._clock() + SAMPLE_EVERY_S)
        try:
            await asyncio.Event().wait()
        finally:
            if timer is not None:
                timer.cancel()

    def note(self, late_s: float, now: float) -> None:
        """Counts one delay.

        Args:
            now: seconds of a clock that never goes back.
        """
        self.total.add(late_s)
        if now >= self._window_ends_at:
            self._previous_max_s, self._recent_max_s = self._recent_max_s, 0.0
            self._window_ends_at = now + WINDOW_S
        self._recent_max_s = max(self._recent_max_s, late_s)

    @property
    def recent_max_s(self) -> float:
        """The longest delay of the last minute or two."""
        return max(self._recent_max_s, self._previous_max_s)


class LatenessReader:
    """Reads a meter in increments: each delay is reported once."""

    def __init__(self, meter: LatenessMeter) -> None:
        self._meter = meter
        self._read = Lateness()

    def read(self) -> Lateness:
        """Returns what was measured since the last reading; the maximum is of the last minute or two."""
        total, before = self._meter.total, self._read
        counts = [now - then for now, then in zip(total.counts, before.counts, strict=True)]
        found = Lateness(counts, total.sum_s - before.sum_s, self._meter.recent_max_s)
        self._read = Lateness(list(total.counts), total.sum_s)
        return found
