"""Reads snapshots in a child process (`snapshot_child`) while they arrive, answering DNS between two pieces."""

import asyncio
import pickle
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from immutables import Map

from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.world import World
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.files import snapshot_child
from dnsemu.files.child import LENGTH_BYTES
from dnsemu.files.reading import LoadingFailed
from dnsemu.files.snapshot_child import Piece
from dnsemu.runtime.garbage_collection import gc_deferred
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, RECORD_SET
from dnsemu.store.snapshot import SnapshotUnusable

MAX_SNAPSHOT_BYTES = 256 << 20
"""Bytes of a snapshot: about 1.5 million record sets."""


class SnapshotTooLarge(Exception):
    """A snapshot has more bytes than `MAX_SNAPSHOT_BYTES`."""


async def read_snapshot(body: AsyncIterator[bytes], max_bytes: int = MAX_SNAPSHOT_BYTES) -> State:
    """Passes a snapshot to a child process while it arrives, and assembles the state that the child makes of it.

    Raises:
        SnapshotTooLarge: it has more bytes than `max_bytes`.
        SnapshotUnusable: it is not a snapshot that this version knows, is damaged, or breaks a rule.
        LoadingFailed: the child did not finish.
    """
    command = [sys.executable, "-P", "-m", snapshot_child.__name__]
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    except OSError as failure:
        raise LoadingFailed(f"no process to read the snapshot in: {failure}") from failure
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await _pass_on(body, process.stdin, max_bytes)
        with gc_deferred():
            return await assemble(_pieces(process.stdout))
    except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError) as cut_off:
        if process.stdin.is_closing() or process.returncode is not None:
            status = await process.wait()
            raise LoadingFailed(f"the process that reads the snapshot ended with status {status}") from cut_off
        raise  # the client disconnected
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _pass_on(body: AsyncIterator[bytes], to: asyncio.StreamWriter, max_bytes: int) -> None:
    size_bytes = 0
    async for piece in body:
        size_bytes += len(piece)
        if size_bytes > max_bytes:
            raise SnapshotTooLarge
        to.write(piece)
        await to.drain()
    to.close()


async def _pieces(stream: asyncio.StreamReader) -> AsyncIterator[Piece | SnapshotUnusable]:
    while length := int.from_bytes(await stream.readexactly(LENGTH_BYTES), "big"):
        yield pickle.loads(await stream.readexactly(length))
        await asyncio.sleep(0)


async def assemble(pieces: AsyncIterator[Piece | SnapshotUnusable]) -> State:
    """Assembles the pieces that `snapshot_child.pieces_of` makes."""
    zones: dict[HostedZoneId, HostedZone] = {}
    zone: HostedZone | None = None
    record_sets = RecordSets()
    tables: dict[str, Map[Any, Any]] = {HEALTH_CHECK: Map(), CIDR_COLLECTION: Map()}
    async for piece in pieces:
        if isinstance(piece, SnapshotUnusable):
            raise piece
        table, rows = piece
        if table == HOSTED_ZONE:
            zone, record_sets = rows[0], RecordSets()
            zones[zone.id] = zone
        elif table == RECORD_SET:
            assert zone is not None
            record_sets = record_sets.changed(put=rows)
            zones[zone.id] = replace(zone, record_sets=record_sets)
        else:
            tables[table] = tables.get(table, Map()).update(rows)
    health_checks, collections = tables.pop(HEALTH_CHECK), tables.pop(CIDR_COLLECTION)
    world = World(hosted_zones=Map(zones), health_checks=health_checks, cidr_collections=collections)
    return State(world, Map(tables))
