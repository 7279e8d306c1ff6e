"""What a worker counted, told bit by bit: each reply is told once."""

from collections import Counter

from dnsemu.answering.counters import Answered
from dnsemu.server.responder import Responder
from dnsemu.workers.messages import CountersRead


class CounterReader:
    """Reads a responder's counters and tells what came to them since the last reading."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._told: Counter[Answered] = Counter()
        self._told_dropped = self._told_lines = 0
        self.failed: Counter[Answered] = Counter()
        """Replies that the responder knows nothing of."""

    def read(self, number: int | None = None) -> CountersRead:
        """What was counted since the last reading, in answer to a question of that number."""
        told = self._told
        now = self.failed + Counter(dict(self._responder.answered.items()))
        dropped = self._responder.dropped
        new = {label: count - told[label] for label, count in now.items() if count != told[label]}
        lines = self._responder.query_log_dropped
        counted = CountersRead(number, new, dropped - self._told_dropped, lines - self._told_lines)
        self._told, self._told_dropped, self._told_lines = now, dropped, lines
        return counted
