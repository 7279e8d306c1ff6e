"""The data plane: the processes that answer DNS, be it the server itself or its workers."""

from collections.abc import Iterable
from typing import Any, Protocol

from dnsemu.answering.counters import ReplyLabels


class DataPlane(Protocol):
    """Answers DNS, counts replies, and knows when a change has reached every process."""

    async def start(self) -> None:
        """Start answering; returns when every process answers that is able to."""

    async def close(self) -> None:
        """Answer what is queued, then stop."""

    def on_clock_change(self) -> None:
        """Tells the workers that the clock's speed changed."""

    async def wait_until_applied(self) -> None:
        """Wait until every process answers from what was published last."""

    @property
    def answered(self) -> Iterable[tuple[ReplyLabels, int]]:
        """Replies sent, by their labels, as counted so far."""

    @property
    def dropped(self) -> int:
        """Packets that got no reply, as counted so far."""

    @property
    def query_log_dropped(self) -> int:
        """Query log lines that could not be written, as counted so far."""

    async def refresh_counters(self) -> None:
        """Bring the counts up to date."""

    def rows(self) -> list[dict[str, Any]]:
        """Each process that answers, as plain data: `number`, `pid`, `is_answering`, `restarts`."""
