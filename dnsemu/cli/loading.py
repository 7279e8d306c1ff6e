"""Shows on standard error how far the reading of files is: as a bar, as lines, or as lines of JSON.

Short work shows nothing.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dnsemu.cli.options import count
from dnsemu.config.errors import FileError
from dnsemu.config.file.progress import Progress, throttled
from dnsemu.runtime.logs import timestamp

LINE_INTERVAL_S = 3.0
REDRAW_INTERVAL_S = 0.1


@contextmanager
def shown_progress(*, as_json: bool, now: Callable[[], float] = time.time) -> Iterator[Progress]:
    """Yields a function that shows progress; the bar disappears at the end.

    Args:
        as_json: print lines of JSON, like the log's, instead of words.
        now: clock for the time stamps of JSON lines, in seconds since the epoch.
    """
    if as_json:
        yield throttled(
            lambda what, done, total: _print_json(now(), what, done, total), LINE_INTERVAL_S, time.monotonic
        )
    elif sys.stderr.isatty():
        with _bar() as draw:
            yield throttled(draw, REDRAW_INTERVAL_S, time.monotonic)
    else:
        yield throttled(_print_line, LINE_INTERVAL_S, time.monotonic)


def print_left_out(errors: Sequence[FileError], *, as_json: bool) -> None:
    """Prints the errors of the entries that were left out of files, and their number."""
    for error in errors:
        if as_json:
            print(json.dumps({"event": "left out", "fault": str(error), "level": "warning"}), file=sys.stderr)
        else:
            print(f"left out: {error}", file=sys.stderr)
    if errors and not as_json:
        print(f"left out: {count(len(errors), 'error')} in all; the rest is served", file=sys.stderr)


def _print_json(at: float, what: str, done: int, total: int) -> None:
    line = {"event": what, "record_sets": done, "of": total, "level": "info", "timestamp": timestamp(at)}
    print(json.dumps(line), file=sys.stderr, flush=True)


def _print_line(what: str, done: int, total: int) -> None:
    counts = f": {done:,} of {total:,} record sets" if total else ""
    print(f"{what}{counts}", file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console  # imported late: slow to import, and not needed for most files
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
