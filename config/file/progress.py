"""Progress of loading files, for display."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]
"""Called with the activity (`reading`, `checking`, `compiling`, `taking in`), the record sets done and their total.

The numbers are 0 as long as record sets are not counted.
"""

RECORD_SETS_PER_STEP = 1000
"""Record sets between two calls of a `Progress`: a few milliseconds."""

SHOWN_AFTER_S = 1.0
"""Work that is done by then shows no progress."""


@dataclass(frozen=True, slots=True)
class ProgressUpdate:
    """The arguments of a `Progress`, as a value."""

    activity: str
    done: int
    total: int


def no_progress(activity: str, done: int, total: int) -> None:
    """Ignores progress."""


def throttled(show: Progress, every_s: float, now: Callable[[], float]) -> Progress:
    """Returns a `Progress` that calls `show` first after `SHOWN_AFTER_S` and then every `every_s` seconds.

    After that first time a new activity is shown immediately: it may take several seconds without an update.

    Args:
        show: receives the updates.
        every_s: the interval.
        now: the time of any monotonic clock, in seconds.
    """
    shown_from = due = now() + SHOWN_AFTER_S
    current = ""

    def update(activity: str, done: int, total: int) -> None:
        nonlocal current, due
        at, is_new, current = now(), activity != current, activity
        if at >= due or (is_new and at >= shown_from):
            due = at + every_s
            show(activity, done, total)

    return update
