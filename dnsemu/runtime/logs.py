"""Logs: one line an event on standard error, for people or, on request, as JSON."""

import logging
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice

import structlog
from structlog.typing import EventDict, WrappedLogger

from dnsemu.runtime.limits import Reached
from dnsemu.runtime.log_limit import LogLimiter

MAX_LINES_AT_ONCE = 20
"""Lines that one call or one reload logs of one kind; a last one counts the others."""


def configure_logs(
    now: Callable[[], float],
    *,
    as_json: bool,
    reached: Reached | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Send logs to standard error.

    Args:
        now: the emulator's time, in seconds since the epoch; log lines are stamped by it.
        as_json: one JSON object a line instead of text.
        reached: counts lines that are dropped because too many come.
        monotonic: reads real time in seconds, for the rate of lines.
    """

    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = timestamp(now())
        return event

    limiter = LogLimiter(Reached() if reached is None else reached, monotonic)
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[limiter, structlog.processors.add_log_level, stamp, structlog.processors.format_exc_info, renderer]
        if as_json
        else [limiter, structlog.processors.add_log_level, stamp, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, LibraryLogs)), LibraryLogs()]


class LibraryLogs(logging.Handler):
    """Writes the warnings and errors of libraries, such as asyncio's, as lines of the log; each logger has one rate."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._log = structlog.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        """Logs a record."""
        write = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        more = {"exc_info": record.exc_info} if record.exc_info else {}
        write(record.name, message=record.getMessage(), **more)


def log_first(logged: Callable[..., object], event: str, key: str, values: Collection[object]) -> None:
    """Logs the first values of many, one a line, and the number of the others.

    Args:
        logged: a logger's method.
        key: the key of each value in its line.
    """
    for value in islice(values, MAX_LINES_AT_ONCE):
        logged(event, **{key: str(value)})
    if len(values) > MAX_LINES_AT_ONCE:
        logged(event, and_more=f"… and {len(values) - MAX_LINES_AT_ONCE:,} more")


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds (A9): `2026-11-21T10:15:30.123Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def errors_only() -> Iterator[None]:
    """Logs only errors inside a `with` block, for a command that prints its own course."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
