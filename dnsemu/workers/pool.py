"""The pool of workers: one slot each, updates and the clock to all of them, their counters in one sum."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any

import structlog

from dnsemu.answering.counters import ReplyLabels, ReplyTotals
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.text.addresses import Address
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.publication.board import Difference, Published
from dnsemu.runtime.lateness import Lateness
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import SocketPair
from dnsemu.wire.handlers import Handlers
from dnsemu.workers import limits
from dnsemu.workers.backlog import Source
from dnsemu.workers.handle import WorkerHandle
from dnsemu.workers.messages import CountersRead, RelayedQuery, Setup
from dnsemu.workers.slot import WorkerSlot

WATCH_EVERY_S = 0.25
COUNT_EVERY = 4
"""Workers are asked for their counters at every fourth watch, so that the end of one loses a second's. The question and
the reply also show each side that the other one works."""
LATE_S = 0.25
"""If a watch is later than this, the control plane itself was late, and the workers' limits start again."""
COUNTED_WITHIN_S = 0.25
"""A scrape waits this long for the workers' counters; later ones are in the next scrape."""
ENDED_WITHIN_S = 3.0
"""Workers get this long to answer what is queued and to end."""

log = structlog.get_logger()


class WorkerPool:
    """The data plane of a server with workers."""

    def __init__(
        self,
        source: Source,
        shares: Sequence[Sequence[SocketPair]],
        places: Sequence[str | None],
        handlers: Sequence[Handlers],
        responder: Responder,
        *,
        forward: tuple[Address, ...] = (),
        seed: int | None = None,
        logs_as_json: bool = False,
        query_log: str | None = None,
    ) -> None:
        """Prepares workers.

        Args:
            source: what is replicated.
            shares: the sockets of each worker, for all addresses.
            places: the vantage point's address that each address belongs to, if any.
            handlers: what answers at each address while a worker is not running.
            responder: answers what workers cannot.
            seed: from it and the worker's number, each worker's random draws derive.
            query_log: the path of the query log, if there is one.
        """
        self._source, self._responder = source, responder
        self._counted = ReplyTotals(lambda zone: zone in source.board.current.catalog.zones)
        """Replies of the workers, by their reports."""
        self._counted_dropped = self._counted_lines = 0
        self._lateness = Lateness()
        self._counter_requests = 0
        self._missing: dict[int, tuple[set[int], asyncio.Event]] = {}
        """For each request for counters, the workers that have not replied, and the event that all have."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._slots = [
            WorkerSlot(
                source,
                Setup(
                    number,
                    tuple((udp.fileno(), tcp.fileno(), place) for (udp, tcp), place in zip(pairs, places, strict=True)),
                    forward,
                    None if seed is None else f"{seed} worker {number}",
                    logs_as_json,
                    query_log,
                    limits.LIMITS.control_silence_s,
                ),
                pairs,
                handlers,
                limits.LIMITS,
                on_counters=self._on_counters,
                on_query=self._on_query,
            )
            for number, pairs in enumerate(shares)
        ]

    async def start(self) -> None:
        """Answers at once, and waits until each worker does or has failed to start; it is tried again."""
        for slot in self._slots:
            await slot.stand_in()
        self._source.board.subscribe(self._on_published)
        self._source.health.subscribe(self._on_statuses)
        self._spawn(self._watch())
        for slot in self._slots:
            self._spawn(slot.run())
        for slot in self._slots:
            await slot.tried.wait()

    async def close(self) -> None:
        """Answers what is queued, and ends all workers."""
        for slot in self._slots:
            slot.stop()
        await asyncio.gather(*(slot.wait_for_end(ENDED_WITHIN_S) for slot in self._slots))
        for task in self._tasks:
            task.cancel()

    # --- replication ---

    def on_clock_change(self) -> None:
        """Tells the workers that the clock's speed changed."""
        for worker in self._workers():
            worker.add_clock_change()

    async def wait_until_applied(self) -> None:
        """Waits until every worker that answers does so from what was published last."""
        for worker in self._workers():
            if worker.is_live:
                await worker.wait_until_applied()

    def _on_published(self, _published: Published, difference: Difference) -> None:
        self._counted.forget_deleted(None if difference.everything else difference.zones | difference.resources)
        for worker in self._workers():
            worker.add(difference)

    def _on_statuses(self, _snapshot: HealthSnapshot, checks: Collection[HealthCheckId]) -> None:
        for worker in self._workers():
            worker.add_statuses(checks)

    # --- counters ---

    @property
    def answered(self) -> Iterable[tuple[ReplyLabels, int]]:
        """Replies of all processes, as far as they are reported."""
        total = Counter(dict(self._counted.items()))
        for label, count in self._responder.answered.items():
            total[label] += count
        return total.items()

    @property
    def dropped(self) -> int:
        """Packets of all processes that got no reply, as far as they are reported."""
        return self._responder.dropped + self._counted_dropped

    @property
    def query_log_dropped(self) -> int:
        """Lines of all processes' query logs that could not be written, as far as they are reported."""
        return self._responder.query_log_dropped + self._counted_lines

    @property
    def worker_lateness(self) -> Lateness | None:
        """The lateness of all workers' event loops, as far as it is reported."""
        return self._lateness

    async def refresh_counters(self) -> None:
        """Asks all workers for their counters; does not wait for a slow one."""
        asked = {slot.number: slot.worker for slot in self._slots if slot.worker is not None and slot.worker.is_live}
        if not asked:
            return
        self._counter_requests += 1
        request_id, done = self._counter_requests, asyncio.Event()
        self._missing[request_id] = set(asked), done
        for worker in asked.values():
            worker.read_counters(request_id)
        try:
            async with asyncio.timeout(COUNTED_WITHIN_S):
                await done.wait()
        except TimeoutError:
            late = sorted(self._missing[request_id][0])
            log.warning("workers did not report their counters in time", workers=late)
        del self._missing[request_id]

    def _on_counters(self, worker: int, counters: CountersRead) -> None:
        self._counted.add(counters.answered.items())
        self._counted_dropped += counters.dropped
        self._counted_lines += counters.query_log_dropped
        self._responder.reached.update(counters.reached)
        self._lateness.merge(counters.lateness)
        self._slots[worker].lateness_max_s = counters.lateness.max_s
        if counters.request_id in self._missing:
            missing, done = self._missing[counters.request_id]
            missing.discard(worker)
            if not missing:
                done.set()

    def rows(self) -> list[dict[str, Any]]:
        """Each worker as plain data, for `status`."""
        return [slot.row() for slot in self._slots]

    # --- the rest ---

    def _on_query(self, query: RelayedQuery, reply: Callable[[bytes], None]) -> None:
        found = self._responder.respond(
            query.packet, query.source, over_udp=query.over_udp, place=query.place, view=query.view
        )
        if found is None or isinstance(found, bytes):
            reply(found or b"")
        else:
            self._spawn(_reply_later(found, reply))

    def _workers(self) -> list[WorkerHandle]:
        return [slot.worker for slot in self._slots if slot.worker is not None]

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        for watch in itertools.count():
            due = loop.time() + WATCH_EVERY_S
            await asyncio.sleep(WATCH_EVERY_S)
            now = loop.time()
            for slot in self._slots:
                if slot.worker is not None and now - due > LATE_S:
                    slot.worker.restart_limits(now)
                else:
                    slot.check(now)
            if watch % COUNT_EVERY == 0:
                for worker in self._workers():
                    if worker.is_live:
                        worker.read_counters(0)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _reply_later(work: Coroutine[Any, Any, bytes], reply: Callable[[bytes], None]) -> None:
    reply(await work)
