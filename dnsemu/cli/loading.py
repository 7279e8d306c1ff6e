"""What is shown on standard error while files are read: nothing at first, then a bar, lines, or lines of JSON."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dnsemu.config.file.progress import Progress, paced
from dnsemu.runtime.logs import timestamp

LINE_EVERY_S = 3.0
REDRAW_S = 0.1


@contextmanager
def shown(*, as_json: bool, now: Callable[[], float] = time.time) -> Iterator[Progress]:
    """Progress that is shown while this lasts.

    Args:
        as_json: a line of JSON like a log's, instead of words.
        now: what lines of JSON are stamped with, in seconds since the epoch.
    """
    if as_json:
        yield paced(lambda what, done, total: _print_json(now(), what, done, total), LINE_EVERY_S, time.monotonic)
    elif sys.stderr.isatty():
        with _bar() as draw:
            yield paced(draw, REDRAW_S, time.monotonic)
    else:
        yield paced(_print_line, LINE_EVERY_S, time.monotonic)


def _print_json(at: float, what: str, done: int, total: int) -> None:
    line = {"event": what, "record_sets": done, "of": total, "level": "info", "timestamp": timestamp(at)}
    print(json.dumps(line), file=sys.stderr, flush=True)


def _print_line(what: str, done: int, total: int) -> None:
    how_far = f": {done:,} of {total:,} record sets" if total else ""
    print(f"{what}{how_far}", file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console  # takes a while to import, and most files are read before it was needed
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task("reading", total=None)

    def draw(what: str, done: int, total: int) -> None:
        bar.start()
        bar.update(task, description=what, completed=done, total=total or None, refresh=True)

    try:
        yield draw
    finally:
        bar.stop()
