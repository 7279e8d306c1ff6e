"""Logs: one line an event on standard error, for people or, on request, as JSON."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from structlog.typing import EventDict, WrappedLogger


def configure_logs(now: Callable[[], float], *, as_json: bool) -> None:
    """Send logs to standard error.

    Args:
        now: the emulator's time, in seconds since the epoch; log lines are stamped by it.
        as_json: one JSON object a line instead of text.
    """

    def stamp(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = timestamp(now())
        return event

    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[structlog.processors.add_log_level, stamp, structlog.processors.format_exc_info, renderer]
        if as_json
        else [structlog.processors.add_log_level, stamp, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with milliseconds (A9): `2026-11-21T10:15:30.123Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def silence() -> None:
    """Logs errors only, for a command that prints its own course."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
