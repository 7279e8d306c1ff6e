"""All workers: each has its own sockets, is replaced when it ends, and is stood in for as long as it is not there."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any

import structlog

from dnsemu.answering.counters import Answered
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.text.addresses import Address
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.publication.board import Difference, Published
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import Listeners, Pair, close_pairs
from dnsemu.wire.doors import Doors
from dnsemu.workers.feed import Source
from dnsemu.workers.handle import WorkerHandle
from dnsemu.workers.messages import CountersRead, RelayedQuery, Setup

WATCH_EVERY_S = 0.25
COUNT_EVERY = 4
"""Every so many watches workers are asked what they counted: what dies with one is a second's. It is a sign of life,
too, in both directions."""
LATE_S = 0.25
"""When our own watch is later than this, time passed that workers are not to blame for."""
COUNTED_WITHIN_S = 0.25
"""How long a scrape waits for what workers counted; who is later is counted at the next."""
LIVED_S = 10.0
"""A worker that lived so long is replaced at once."""
BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""How long to wait before the replacement of one that did not, by how many in a row did not."""
ENDED_WITHIN_S = 3.0
"""How long workers may take to answer what is queued, at the end."""

log = structlog.get_logger()


class WorkerPool:
    """The data plane of a server with workers."""

    def __init__(
        self,
        source: Source,
        shares: Sequence[Sequence[Pair]],
        places: Sequence[str | None],
        doors: Sequence[Doors],
        responder: Responder,
        *,
        forward: tuple[Address, ...] = (),
        seed: int | None = None,
        logs_as_json: bool = False,
        query_log: str | None = None,
    ) -> None:
        """Prepare workers.

        Args:
            source: what is published.
            shares: the sockets of each worker, for all addresses.
            places: for each address the vantage point's that it belongs to, if any.
            doors: what answers at each address while a worker is not there.
            responder: answers what workers cannot.
            seed: what each worker's dice derive from, with its number.
            query_log: the path of the query log, if there is one.
        """
        self._source, self._responder = source, responder
        self._told: Counter[Answered] = Counter()
        self._told_dropped = self._told_lines = 0
        self._counting = 0
        self._counts: dict[int, tuple[set[int], asyncio.Event]] = {}
        self._is_stopping = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._slots = [
            _WorkerSlot(
                self,
                source,
                pairs,
                doors,
                Setup(
                    number,
                    tuple((udp.fileno(), tcp.fileno(), place) for (udp, tcp), place in zip(pairs, places, strict=True)),
                    forward,
                    None if seed is None else f"{seed} worker {number}",
                    logs_as_json,
                    query_log,
                ),
            )
            for number, pairs in enumerate(shares)
        ]

    async def start(self) -> None:
        """Answer at once, and wait until each worker does or has failed once; it is tried again."""
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
        """Have what is queued answered, and end all workers."""
        self._is_stopping = True
        for slot in self._slots:
            slot.stop()
        await asyncio.gather(*(slot.end(ENDED_WITHIN_S) for slot in self._slots))
        for task in self._tasks:
            task.cancel()

    @property
    def is_stopping(self) -> bool:
        """Whether nobody is to be replaced any more."""
        return self._is_stopping

    # --- what is published ---

    def note_pace(self) -> None:
        """Have workers told that emulated time goes differently."""
        for worker in self._workers():
            worker.note_pace()

    async def reached(self) -> None:
        """Wait until all that was published is answered from, by every worker that answers at all."""
        for worker in self._workers():
            if worker.is_live:
                await worker.reached()

    def _on_published(self, _published: Published, difference: Difference) -> None:
        for worker in self._workers():
            worker.note(difference)

    def _on_statuses(self, _snapshot: HealthSnapshot, checks: Collection[HealthCheckId]) -> None:
        for worker in self._workers():
            worker.note_statuses(checks)

    # --- what is counted ---

    @property
    def answered(self) -> Iterable[tuple[Answered, int]]:
        """Replies of all processes, as far as they have told."""
        total = Counter(self._told)
        for label, count in self._responder.answered.items():
            total[label] += count
        return total.items()

    @property
    def dropped(self) -> int:
        """Packets of all processes that got no reply, as far as they have told."""
        return self._responder.dropped + self._told_dropped

    @property
    def query_log_dropped(self) -> int:
        """Lines of all processes' query logs that could not be written, as far as they have told."""
        return self._responder.query_log_dropped + self._told_lines

    async def count(self) -> None:
        """Have all workers tell what they counted up to now; who does not answer soon is not waited for."""
        asked = {slot.number: slot.worker for slot in self._slots if slot.worker is not None and slot.worker.is_live}
        if not asked:
            return
        self._counting += 1
        number, done = self._counting, asyncio.Event()
        self._counts[number] = set(asked), done
        for worker in asked.values():
            worker.count(number)
        try:
            async with asyncio.timeout(COUNTED_WITHIN_S):
                await done.wait()
        except TimeoutError:
            log.warning("workers did not tell in time what they counted", workers=sorted(self._counts[number][0]))
        del self._counts[number]

    def on_counted(self, worker: int, counted: CountersRead) -> None:
        """Add what a worker counted."""
        for label, count in counted.answered.items():
            self._told[label] += count
        self._told_dropped += counted.dropped
        self._told_lines += counted.query_log_dropped
        if counted.number in self._counts:
            missing, done = self._counts[counted.number]
            missing.discard(worker)
            if not missing:
                done.set()

    # --- the rest ---

    def ask(self, question: RelayedQuery, reply: Callable[[bytes], None]) -> None:
        """Answer what a worker cannot."""
        found = self._responder.respond(
            question.packet, question.source, over_udp=question.over_udp, place=question.place
        )
        if found is None or isinstance(found, bytes):
            reply(found or b"")
        else:
            self._spawn(_reply_later(found, reply))

    def rows(self) -> list[dict[str, Any]]:
        """Each worker as plain data, for `status`."""
        return [slot.row() for slot in self._slots]

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
                    slot.worker.forgive(now)
                else:
                    slot.check(now)
            if watch % COUNT_EVERY == 0:
                for worker in self._workers():
                    if worker.is_live:
                        worker.count(0)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _WorkerSlot:
    """The place of one worker: its sockets, whoever answers there now, and how often it was replaced."""

    def __init__(
        self, pool: WorkerPool, source: Source, pairs: Sequence[Pair], doors: Sequence[Doors], setup: Setup
    ) -> None:
        self._pool, self._source, self._pairs, self._doors, self._setup = pool, source, pairs, doors, setup
        self._stand_in: Listeners | None = None
        self._reason: str | None = None
        self.number = setup.number
        self.worker: WorkerHandle | None = None
        self.restarts = 0
        self.tried = asyncio.Event()
        """Set when a worker answers, or has failed to."""

    async def stand_in(self) -> None:
        """Answer on the worker's sockets in this process."""
        if self._stand_in is None:
            self._stand_in = stand_in = Listeners(_copies(self._pairs))
            try:
                await stand_in.start(self._doors)
            except OSError:
                self._stand_in = None
                stand_in.close()
                raise

    async def run(self) -> None:
        """Keep a worker there."""
        loop = asyncio.get_running_loop()
        short_lived = 0
        while not self._pool.is_stopping:
            began = loop.time()
            status = await self._live()
            if self._pool.is_stopping:
                return
            self.tried.set()
            short_lived = 0 if loop.time() - began > LIVED_S else short_lived + 1
            wait_s = BACKOFF_S[min(max(short_lived - 1, 0), len(BACKOFF_S) - 1)]
            log.error("a worker ended; it is replaced", worker=self.number, why=self._why(status), in_s=wait_s)
            self._reason = None
            await asyncio.sleep(wait_s)
            self.restarts += 1

    async def _live(self) -> int | str:
        """One worker's life; its exit status, or why there is none."""
        worker = self.worker = WorkerHandle(
            self._source,
            begun=self._on_begun,
            counted=lambda counted: self._pool.on_counted(self.number, counted),
            ask=self._pool.ask,
        )
        try:
            await worker.start(self._setup)
        except OSError as failure:
            self.worker = None
            return f"no process: {failure}"
        await worker.ended.wait()
        if not self._pool.is_stopping:
            try:
                await self.stand_in()
            except OSError as failure:  # its replacement answers what is queued
                log.error("nobody can stand in for a worker", worker=self.number, error=str(failure))
        worker.kill()  # if it has closed the connection alone
        status = await worker.reap()
        self.worker = None
        return status

    def _on_begun(self) -> None:
        if self._stand_in is not None:
            self._stand_in.close()
            self._stand_in = None
        self.tried.set()

    def check(self, now: float) -> None:
        """End the worker if it is stuck."""
        fault = self.worker.fault(now) if self.worker is not None and self._reason is None else None
        if fault is not None and self.worker is not None:
            self._reason = fault
            self.worker.kill()

    def _why(self, status: int | str) -> str:
        if self._reason is not None:
            return self._reason
        if isinstance(status, str):
            return status
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def stop(self) -> None:
        """Have the worker end."""
        if self.worker is not None:
            self.worker.terminate()

    async def end(self, within_s: float) -> None:
        """Wait for the worker's end, and see to it."""
        if self._stand_in is not None:
            self._stand_in.close()
            self._stand_in = None
        if (worker := self.worker) is not None:
            try:
                async with asyncio.timeout(within_s):
                    await worker.ended.wait()
                    await worker.reap()
            except TimeoutError:
                worker.kill()
                await worker.reap()

    def row(self) -> dict[str, Any]:
        """The worker as plain data; who stands in for it has no row of its own."""
        worker = self.worker
        return {
            "number": self.number,
            "pid": worker.pid if worker is not None else None,
            "is_answering": worker is not None and worker.is_live and self._stand_in is None,
            "restarts": self.restarts,
        }


async def _reply_later(work: Coroutine[Any, Any, bytes], reply: Callable[[bytes], None]) -> None:
    reply(await work)


def _copies(pairs: Sequence[Pair]) -> list[Pair]:
    """The same sockets under other descriptors, all of them or none."""
    copies: list[Pair] = []
    try:
        for udp, tcp in pairs:
            more_udp = udp.dup()
            try:
                copies.append((more_udp, tcp.dup()))
            except OSError:
                more_udp.close()
                raise
    except OSError:
        close_pairs([copies])
        raise
    return copies
