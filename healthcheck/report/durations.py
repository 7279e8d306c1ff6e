"""A histogram of durations, in the form of Prometheus."""

from dataclasses import dataclass, field

BOUNDS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(slots=True)
class Durations:
    """Number of durations in each bucket, up to its bound and above the one before, and their sum in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, duration_s: float) -> None:
        """Counts a duration."""
        self.sum_s += duration_s
        for index, bound in enumerate(BOUNDS_S):
            if duration_s <= bound:
                self.counts[index] += 1
                return
        self.counts[-1] += 1
