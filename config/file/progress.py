"""How far the reading of files has come, told to whoever wants to show it."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]
"""Told now and then what is being done (`reading`, `checking`, `compiling`, `taking in`), with how many record sets
that is done, and of how many there are; 0 of 0 where they are not counted yet."""

RECORD_SETS_PER_STEP = 1000
"""How often it is told at least: every few milliseconds."""

PATIENCE_S = 1.0
"""What is done by then shows no progress."""


@dataclass(frozen=True, slots=True)
class HowFar:
    """What a `Progress` is told, as a value."""

    what: str
    done: int
    total: int


def unseen(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def paced(show: Progress, every_s: float, now: Callable[[], float]) -> Progress:
    """Progress that is shown at a reader's pace: after `PATIENCE_S` first, then every `every_s` seconds.

    What is begun anew then is shown at once: a part of the work may be one piece of several seconds.

    Args:
        now: seconds of any steady clock.
    """
    shown_from = due = now() + PATIENCE_S
    doing = ""

    def tell(what: str, done: int, total: int) -> None:
        nonlocal doing, due
        at, is_new, doing = now(), what != doing, what
        if at >= due or (is_new and at >= shown_from):
            due = at + every_s
            show(what, done, total)

    return tell
