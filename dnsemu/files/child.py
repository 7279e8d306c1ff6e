"""The child process that reads files: `python -m dnsemu.files.child [--skip-faulty] -- FILE…`.

It reads, checks and compiles, and writes the result to standard output as a stream of pickled pieces, each behind its
length. Every piece takes the parent about a millisecond to take in.
"""

import gc
import pickle
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from immutables import Map

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import Loaded, load_files
from dnsemu.config.file.progress import Progress, ProgressUpdate, throttled
from dnsemu.config.model.batches import batches
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.files.loading import locator_of, record_set_count
from dnsemu.files.pipes import until
from dnsemu.zone.compiled import compile_zone
from dnsemu.zone.resources import compile_resource

NODES_PER_PIECE = 100
"""Names in one piece: about a millisecond to take in."""

PROGRESS_EVERY_S = 3.0

PIPES_WITHIN_S = 5.0
"""Real seconds in which a declared pipe must have been written and closed: later reloads wait for this one."""

MAX_ERRORS = 1000
"""Errors that a server keeps of its files; `dnsemu check` lists all."""

LENGTH_BYTES = 8

SKIP_FAULTY = "--skip-faulty"


def pieces_of(loaded: Loaded, progress: Progress) -> Iterator[Any]:
    """Cut a World into pieces: a head without zones, each zone's nodes in batches and then its rest, resources."""
    locator_of(loaded.world)  # refuses an unusable database here, since opening one is slow
    yield replace(loaded.world, hosted_zones=Map(), resources=Map()), loaded.warnings, loaded.left_out, loaded.empty
    done, total = 0, record_set_count(loaded.world)
    for zone in loaded.world.hosted_zones.values():
        progress("compiling", done, total)
        compiled = compile_zone(zone)
        for batch in batches(compiled.nodes.items(), NODES_PER_PIECE):
            yield batch
            done += sum(len(group.record_sets) for _, node in batch for group in node.groups.values())
            progress("taking in", done, total)
        yield replace(zone, record_sets=RecordSets()), replace(compiled, nodes=Map())
    yield from map(compile_resource, loaded.world.resources.values())


def main(files: Sequence[Path], out: BinaryIO, *, skips_faulty: bool = False) -> None:
    """Read files and write the stream."""

    def send(piece: Any) -> None:
        data = pickle.dumps(piece, pickle.HIGHEST_PROTOCOL)
        out.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)

    def report(what: str, done: int, total: int) -> None:
        send(ProgressUpdate(what, done, total))
        out.flush()

    progress = throttled(report, PROGRESS_EVERY_S, time.monotonic)
    gc.disable()  # everything made here lives until the end
    wait = until(time.monotonic() + PIPES_WITHIN_S)
    try:
        loaded = load_files(files, progress, skips_faulty=skips_faulty, wait_for_pipe=wait)
        for piece in pieces_of(loaded, progress):
            send(piece)
    except FilesRefused as refused:
        send(refused.first(MAX_ERRORS))
    out.write(bytes(LENGTH_BYTES))
    out.flush()


if __name__ == "__main__":
    options, files = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    main([Path(name) for name in files], sys.stdout.buffer, skips_faulty=SKIP_FAULTY in options)
