"""The slot of one worker: keeps a process running on its sockets, and answers there itself while none does."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from dnsemu.server.transport.listeners import Listeners, SocketPair, close_pairs
from dnsemu.wire.handlers import Handlers
from dnsemu.workers.backlog import Source
from dnsemu.workers.handle import WorkerHandle
from dnsemu.workers.limits import Limits
from dnsemu.workers.messages import CountersRead, RelayedQuery, Setup

LIVED_S = 10.0
"""A worker that lived longer than this is replaced at once."""
BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before a replacement starts, by the number of consecutive workers that lived shorter."""

log = structlog.get_logger()


class WorkerSlot:
    """One worker's sockets, the process that answers on them, and the number of replacements."""

    def __init__(
        self,
        source: Source,
        setup: Setup,
        pairs: Sequence[SocketPair],
        handlers: Sequence[Handlers],
        limits: Limits,
        *,
        on_counters: Callable[[int, CountersRead], None],
        on_query: Callable[[RelayedQuery, Callable[[bytes], None]], None],
    ) -> None:
        """Prepares a slot.

        Args:
            source: what is replicated.
            setup: the first message to each worker.
            pairs: the sockets.
            handlers: what answers at each address while no worker does.
            limits: when a worker is judged stuck.
            on_counters: called with the slot's number and a worker's counters.
            on_query: called with a relayed query, and with the function that takes the reply.
        """
        self._source, self._setup, self._pairs, self._handlers, self._limits = source, setup, pairs, handlers, limits
        self._on_counters, self._on_query = on_counters, on_query
        self._stand_in: Listeners | None = None
        """Answers on the sockets in this process."""
        self._reason: str | None = None
        """The limit that the worker exceeded, if it was killed for that."""
        self._is_stopping = False
        self.number = setup.number
        self.worker: WorkerHandle | None = None
        self.restarts = 0
        self.lateness_max_s = 0.0
        """The recent maximum of the event loop's lateness, by the worker's last report."""
        self.tried = asyncio.Event()
        """Set when a worker answers, or has failed to."""

    async def stand_in(self) -> None:
        """Answers on the worker's sockets in this process."""
        if self._stand_in is None:
            self._stand_in = stand_in = Listeners(_duplicates(self._pairs))
            try:
                await stand_in.start(self._handlers)
            except OSError:
                self._stand_in = None
                stand_in.close()
                raise

    async def run(self) -> None:
        """Runs one worker after another, until `stop`."""
        loop = asyncio.get_running_loop()
        short_lived = 0
        while not self._is_stopping:
            began = loop.time()
            status = await self._run_one()
            if self._is_stopping:
                return
            self.tried.set()
            short_lived = 0 if loop.time() - began > LIVED_S else short_lived + 1
            wait_s = BACKOFF_S[min(max(short_lived - 1, 0), len(BACKOFF_S) - 1)]
            log.error("a worker ended; it is replaced", worker=self.number, why=self._why(status), in_s=wait_s)
            self._reason = None
            await asyncio.sleep(wait_s)
            self.restarts += 1

    async def _run_one(self) -> int | str:
        """Runs one worker; returns its exit status, or why there was none."""
        worker = self.worker = WorkerHandle(
            self._source,
            self._limits,
            on_answering=self._on_answering,
            on_counters=lambda counters: self._on_counters(self.number, counters),
            on_query=self._on_query,
        )
        try:
            await worker.start(self._setup)
        except OSError as failure:
            self.worker = None
            return f"no process: {failure}"
        await worker.ended.wait()
        if not self._is_stopping:
            try:
                await self.stand_in()
            except OSError as failure:  # queries wait in the sockets for the next worker
                log.error("the control plane cannot stand in for a worker", worker=self.number, error=str(failure))
        worker.kill()  # it may only have closed the connection
        status = await worker.reap()
        self.worker = None
        return status

    def _on_answering(self) -> None:
        self._end_stand_in()
        self.tried.set()

    def _end_stand_in(self) -> None:
        if self._stand_in is not None:
            self._stand_in.close()
            self._stand_in = None

    def check(self, now: float) -> None:
        """Kills the worker if it exceeds a limit.

        Args:
            now: the event loop's time.
        """
        if self.worker is None or self._reason is not None:
            return
        self._reason = self.worker.reason_to_replace(now)
        if self._reason is not None:
            self.worker.kill()

    def _why(self, status: int | str) -> str:
        if self._reason is not None:
            return self._reason
        if isinstance(status, str):
            return status
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def stop(self) -> None:
        """Tells the worker to end; it is not replaced."""
        self._is_stopping = True
        if self.worker is not None:
            self.worker.terminate()

    async def wait_for_end(self, within_s: float) -> None:
        """Waits for the worker's end, and kills it after a time."""
        self._end_stand_in()
        if (worker := self.worker) is not None:
            try:
                async with asyncio.timeout(within_s):
                    await worker.ended.wait()
                    await worker.reap()
            except TimeoutError:
                worker.kill()
                await worker.reap()

    def row(self) -> dict[str, Any]:
        """The worker as plain data; a stand-in counts as not answering."""
        worker = self.worker
        return {
            "number": self.number,
            "pid": worker.pid if worker is not None else None,
            "is_answering": worker is not None and worker.is_live and self._stand_in is None,
            "restarts": self.restarts,
            "lateness_max_s": round(self.lateness_max_s, 4),
        }


def _duplicates(pairs: Sequence[SocketPair]) -> list[SocketPair]:
    """The same sockets under new descriptors, all or none."""
    duplicates: list[SocketPair] = []
    try:
        for udp, tcp in pairs:
            more_udp = udp.dup()
            try:
                duplicates.append((more_udp, tcp.dup()))
            except OSError:
                more_udp.close()
                raise
    except OSError:
        close_pairs([duplicates])
        raise
    return duplicates
