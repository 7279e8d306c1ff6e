"""The data plane of a server without workers: the control plane's own process."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from dnsemu.answering.counters import ReplyLabels
from dnsemu.runtime.lateness import Lateness
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import Listeners
from dnsemu.wire.handlers import Handlers


class InProcess:
    """Answers DNS in this process."""

    def __init__(self, responder: Responder, listeners: Listeners, handlers: Sequence[Handlers]) -> None:
        self._responder, self._listeners, self._handlers = responder, listeners, handlers

    async def start(self) -> None:
        """Starts to answer."""
        await self._listeners.start(self._handlers)

    async def close(self) -> None:
        """Answers what is queued, then stops."""
        self._listeners.close()

    def on_clock_change(self) -> None:
        """Does nothing: this process reads the clock itself."""

    async def wait_until_applied(self) -> None:
        """Returns at once: what is published is answered from."""

    @property
    def answered(self) -> Iterable[tuple[ReplyLabels, int]]:
        """Replies sent."""
        return self._responder.answered.items()

    @property
    def dropped(self) -> int:
        """Packets that got no reply."""
        return self._responder.dropped

    @property
    def query_log_dropped(self) -> int:
        """Lines of the query log that could not be written."""
        return self._responder.query_log_dropped

    @property
    def worker_lateness(self) -> Lateness | None:
        """None: this process has the only event loop."""
        return None

    async def refresh_counters(self) -> None:
        """Does nothing: the counters are those of this process."""

    def rows(self) -> list[dict[str, Any]]:
        """This process, as plain data."""
        return [{"number": 0, "pid": os.getpid(), "is_answering": True, "restarts": 0}]
