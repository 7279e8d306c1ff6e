"""The child process that reads a snapshot: `python -m dnsemu.files.snapshot_child`.

It reads the snapshot from standard input, checks it, and writes its state to standard output as a stream of pickled
pieces, each behind its length. Every piece takes the parent about a millisecond to take in. A snapshot that takes more
memory or time than is allowed ends the child only.
"""

import gc
import pickle
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO

from dnsemu.commands.registry import TABLES
from dnsemu.commands.validity import invalid_rows
from dnsemu.config.model.batches import batches
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.files.child import LENGTH_BYTES
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, RECORD_SET
from dnsemu.store.snapshot import SnapshotUnusable, load

ROWS_PER_PIECE = 100
MAX_MEMORY_BYTES = 4 << 30
"""Memory of the child. A snapshot of a million record sets takes about half of it."""
MAX_CPU_S = 300
"""Seconds of computing. A snapshot of a million record sets takes about a minute."""

Piece = tuple[str, list[Any]]
"""Rows of one table: record sets of the hosted zone before them, hosted zones without record sets, keys with values."""


def pieces_of(state: State) -> Iterator[Piece]:
    """Cuts a state into pieces, in an order in which they can be put together."""
    world = state.world
    for zone in world.hosted_zones.values():
        yield HOSTED_ZONE, [replace(zone, record_sets=RecordSets())]
        yield from _pieces(RECORD_SET, zone.record_sets.values())
    yield from _pieces(HEALTH_CHECK, world.health_checks.items())
    yield from _pieces(CIDR_COLLECTION, world.cidr_collections.items())
    for name, rows in state.tables.items():
        yield from _pieces(name, rows.items())


def _pieces(table: str, rows: Iterable[Any]) -> Iterator[Piece]:
    return ((table, batch) for batch in batches(rows, ROWS_PER_PIECE))


def main(given: BinaryIO, out: BinaryIO) -> None:
    """Reads a snapshot and writes the stream; an error is its only piece."""

    def send(piece: Any) -> None:
        data = pickle.dumps(piece, pickle.HIGHEST_PROTOCOL)
        out.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)

    gc.disable()  # everything made here lives until the end
    try:
        for piece in pieces_of(_state(given)):
            send(piece)
    except SnapshotUnusable as unusable:
        send(unusable)
    out.write(bytes(LENGTH_BYTES))
    out.flush()


def _state(given: BinaryIO) -> State:
    try:
        return load(given.read().decode(), TABLES, invalid_rows).state
    except UnicodeDecodeError:
        raise SnapshotUnusable("snapshot: this is no text, and no snapshot") from None
    except MemoryError:
        raise SnapshotUnusable(f"snapshot: it takes more than {MAX_MEMORY_BYTES >> 30} GiB of memory") from None


def bound_itself() -> None:
    """Limits the memory and the time of this process, as far as the system can."""
    for kind, most in ((resource.RLIMIT_AS, MAX_MEMORY_BYTES), (resource.RLIMIT_CPU, MAX_CPU_S)):
        _, hard = resource.getrlimit(kind)
        with suppress(ValueError, OSError):  # macOS has no limit of memory
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    bound_itself()
    main(sys.stdin.buffer, sys.stdout.buffer)
