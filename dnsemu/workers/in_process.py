"""The data plane of a server without workers: the control plane's own process."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from dnsemu.answering.counters import Answered
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import Listeners
from dnsemu.wire.doors import Doors


class InProcess:
    """Answers in this process."""

    def __init__(self, responder: Responder, listeners: Listeners, doors: Sequence[Doors]) -> None:
        self._responder, self._listeners, self._doors = responder, listeners, doors

    async def start(self) -> None:
        """Begin to answer."""
        await self._listeners.start(self._doors)

    async def close(self) -> None:
        """Answer what is queued and stop."""
        self._listeners.close()

    def note_pace(self) -> None:
        """Nothing has to be told: time is read where it is needed."""

    async def reached(self) -> None:
        """What is published is answered from at once."""

    @property
    def answered(self) -> Iterable[tuple[Answered, int]]:
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

    async def count(self) -> None:
        """Everything is counted already."""

    def rows(self) -> list[dict[str, Any]]:
        """This process, as plain data."""
        return [{"number": 0, "pid": os.getpid(), "is_answering": True, "restarts": 0}]
