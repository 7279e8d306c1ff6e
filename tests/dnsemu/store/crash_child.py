"""What runs in the processes that are killed or kept from writing; it answers through a pipe."""

import asyncio
import resource
from multiprocessing.connection import Connection
from pathlib import Path

from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.state.tables import HOSTED_ZONE, RECORD_SET, Write
from dnsemu.store.opening import open_store
from dnsemu.store.store import Store, StoreFailed
from tests.builders import record_set
from tests.dnsemu.store.kept import TABLES, Number, zone_with

SLOTS = 5
"""How many pairs of rows are overwritten again and again."""

AT_A_TIME = 8


def pair(number: int) -> list[Write]:
    """One batch: a record set and a row that are new, and two rows that are overwritten, all with this number."""
    zone: HostedZone = zone_with()
    new = record_set(f"h{number}.example.com", ttl=number)
    return [
        Write(HOSTED_ZONE, zone.id, zone),
        Write(RECORD_SET, (zone.id, *new.key), new),
        Write("numbers", (f"left {number % SLOTS}",), Number(number)),
        Write("numbers", (f"new {number}",), Number(number)),
        Write("numbers", (f"right {number % SLOTS}",), Number(number)),
    ]


def commit_until_killed(path: Path, first: int, told: Connection) -> None:
    """Commit batch after batch, several at a time, and tell the number of each that was acknowledged."""

    async def commit_every(number: int, store: Store) -> None:
        while True:
            await store.commit(pair(number))
            told.send(number)
            number += AT_A_TIME

    async def commit_all() -> None:
        store = open_store(f"sqlite:///{path}", TABLES)
        await store.load()
        await asyncio.gather(*(commit_every(first + offset, store) for offset in range(AT_A_TIME)))

    asyncio.run(commit_all())


def commit_without_room(path: Path, told: Connection) -> None:
    """Commit until a file may not grow any further, then once more when it may; tell the numbers and the failure."""
    _, most_bytes = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def commit_all() -> None:
        store = open_store(f"sqlite:///{path}", TABLES)
        await store.load()
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, most_bytes))
        number = 0
        try:
            while True:
                await store.commit(pair(number))
                told.send(number)
                number += 1
        except StoreFailed as error:
            told.send(str(error))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        await store.commit(pair(number + 1))
        told.send(number + 1)
        await store.close()

    asyncio.run(commit_all())
