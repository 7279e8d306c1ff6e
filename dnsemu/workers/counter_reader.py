"""Reads a worker's counters in increments: each reply is reported once."""

from collections import Counter

from dnsemu.answering.counters import ReplyLabels, increments
from dnsemu.runtime.lateness import LatenessMeter, LatenessReader
from dnsemu.runtime.limits import Reached
from dnsemu.server.responder import Responder
from dnsemu.workers.messages import CountersRead


class CounterReader:
    """Reports what a responder counted since the last reading, and the event loop's lateness."""

    def __init__(self, responder: Responder, lateness: LatenessMeter) -> None:
        self._responder = responder
        self._lateness = LatenessReader(lateness)
        self._read: Counter[ReplyLabels] = Counter()
        self._read_dropped = self._read_lines = 0
        self._read_reached = Reached()
        self.failed: Counter[ReplyLabels] = Counter()
        """Replies that the worker made without its responder."""

    def read(self, request_id: int | None = None) -> CountersRead:
        """The increments since the last reading, in reply to a `ReadCounters` of that id."""
        now = self.failed + Counter(dict(self._responder.answered.items()))
        dropped, lines = self._responder.dropped, self._responder.query_log_dropped
        answered = increments(self._read, now)
        reached = Counter(self._responder.reached)
        found = CountersRead(
            request_id,
            answered,
            dropped - self._read_dropped,
            lines - self._read_lines,
            self._lateness.read(),
            reached - self._read_reached,
        )
        self._read_reached = reached
        self._read, self._read_dropped, self._read_lines = now, dropped, lines
        return found
