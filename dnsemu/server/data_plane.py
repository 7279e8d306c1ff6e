"""The data plane: the processes that answer DNS, either the server itself or its workers."""

from collections.abc import Iterable
from typing import Any, Protocol

from dnsemu.answering.counters import ReplyLabels
from dnsemu.runtime.lateness import Lateness


class DataPlane(Protocol):
    """Answers DNS, counts replies, and reports when every process has applied a change."""

    async def start(self) -> None:
        """Starts answering; returns when each process answers or has failed to start."""

    async def close(self) -> None:
        """Answers queued packets, then stops."""

    def on_clock_change(self) -> None:
        """Tells the workers that the clock's speed changed."""

    async def wait_until_applied(self) -> None:
        """Waits until every process answers from the value that was published last."""

    @property
    def answered(self) -> Iterable[tuple[ReplyLabels, int]]:
        """Replies sent, by their labels, as of the last refresh."""

    @property
    def dropped(self) -> int:
        """Packets that got no reply, as of the last refresh."""

    @property
    def query_log_dropped(self) -> int:
        """Query log lines that could not be written, as of the last refresh."""

    @property
    def worker_lateness(self) -> Lateness | None:
        """The lateness of the workers' event loops, as of the last refresh; None without workers."""

    async def refresh_counters(self) -> None:
        """Reads the counts of all processes."""

    def rows(self) -> list[dict[str, Any]]:
        """Describes each process that answers: `number`, `pid`, `is_answering`, `restarts`."""
