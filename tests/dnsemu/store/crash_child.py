"""Runs in processes that are killed or cannot write; reports through a pipe."""

import asyncio
import resource
from multiprocessing.connection import Connection
from pathlib import Path

from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.state.tables import HOSTED_ZONE, RECORD_SET, Write
from dnsemu.store.opening import open_store
from dnsemu.store.store import Store, StoreFailed
from tests.builders import record_set
from tests.dnsemu.store.samples import TABLES, Number, zone_with

SLOTS = 5
"""Pairs of rows that are overwritten again and again."""

AT_A_TIME = 8


def pair(number: int) -> list[Write]:
    """Returns one batch: a new record set, a new row, and two rows to overwrite, all with this number."""
    zone: HostedZone = zone_with()
    new = record_set(f"h{number}.example.com", ttl=number)
    return [
        Write(HOSTED_ZONE, zone.id, zone),
        Write(RECORD_SET, (zone.id, *new.key), new),
        Write("numbers", (f"left {number % SLOTS}",), Number(number)),
        Write("numbers", (f"new {number}",), Number(number)),
        Write("numbers", (f"right {number % SLOTS}",), Number(number)),
    ]


def commit_until_killed(path: Path, first: int, report: Connection) -> None:
    """Commits batch after batch, several at a time, and reports the number of each acknowledged one."""

    async def commit_every(number: int, store: Store) -> None:
        while True:
            await store.commit(pair(number))
            report.send(number)
            number += AT_A_TIME

    async def commit_all() -> None:
        store = open_store(f"sqlite:///{path}", TABLES)
        await store.load()
        await asyncio.gather(*(commit_every(first + offset, store) for offset in range(AT_A_TIME)))

    asyncio.run(commit_all())


def commit_without_room(path: Path, report: Connection) -> None:
    """Commits until the file may not grow, then once more when it may; reports the numbers and the failure."""
    _, max_bytes = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def commit_all() -> None:
        store = open_store(f"sqlite:///{path}", TABLES)
        await store.load()
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, max_bytes))
        number = 0
        try:
            while True:
                await store.commit(pair(number))
                report.send(number)
                number += 1
        except StoreFailed as error:
            report.send(str(error))
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))
        await store.commit(pair(number + 1))
        report.send(number + 1)
        await store.close()

    asyncio.run(commit_all())
