"""Limits the lines of each event in the log, so that no flood of queries or requests fills a disk."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import structlog
from structlog.typing import EventDict, WrappedLogger

from dnsemu.config.model.settings import RateLimit
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.runtime.token_bucket import TokenBucket

MAX_LINES = RateLimit(100, 100.0)
"""Lines of one event: so many at once, and one a second."""
MAX_TRACEBACKS = RateLimit(10, 100.0)
"""The same of an event with a traceback, which takes kilobytes."""
MAX_EVENTS = 200
"""Events whose rate is known by itself; further ones share a rate."""
MAX_VALUE_CHARACTERS = 2000
"""Characters of one value of a line."""
SUMMARY_AFTER_S = 10.0
"""Real seconds after which lines that were left out are counted in the log."""

_OTHERS = "other events"
_SUMMARY = "_is_summary"

log = structlog.get_logger()


class LogLimiter:
    """A processor of log lines: drops those that come too fast, counts them, and shortens long values."""

    def __init__(self, reached: Reached, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Limits nothing yet.

        Args:
            reached: counts each line that is dropped.
            monotonic: reads real time in seconds.
        """
        self._reached = reached
        self._monotonic = monotonic
        self._buckets: dict[str, TokenBucket] = {}
        self._left_out: Counter[tuple[str, str]] = Counter()
        """Lines that were dropped since the last summary, by method and event."""
        self._is_planned = False

    def __call__(self, _logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        """Passes a line on.

        Raises:
            DropEvent: too many lines of this event came.
        """
        if line.pop(_SUMMARY, False):
            return line
        event = str(line["event"])
        key = event if event in self._buckets or len(self._buckets) < MAX_EVENTS else _OTHERS
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._monotonic)
        if not bucket.take(MAX_TRACEBACKS if line.get("exc_info") else MAX_LINES):
            self._reached[Limit.LOG_LINES] += 1
            self._left_out[method, key] += 1
            self._plan_summary()
            raise structlog.DropEvent
        for name, value in line.items():
            if isinstance(value, str) and len(value) > MAX_VALUE_CHARACTERS:
                line[name] = f"{value[:MAX_VALUE_CHARACTERS]}… ({len(value):,} characters)"
        return line

    def log_left_out(self) -> None:
        """Logs how many lines of each event were dropped since the last time."""
        self._is_planned = False
        left_out, self._left_out = self._left_out, Counter()
        for (method, event), lines in left_out.items():
            getattr(log, method)(event, and_more=f"… and {lines:,} more", **{_SUMMARY: True})

    def _plan_summary(self) -> None:
        if self._is_planned:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # of another thread: the next line that is dropped in the event loop plans it
        self._is_planned = True
        loop.call_later(SUMMARY_AFTER_S, self.log_left_out)
