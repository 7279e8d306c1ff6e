"""Reads files in a child process (`child`) and assembles what it streams back, answering DNS between two pieces.

Ten thousand record sets take the better part of a second to read; queries must not wait for that.
"""

import asyncio
import pickle
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from immutables import Map

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.progress import Progress, ProgressUpdate, no_progress
from dnsemu.config.model.batches import batches
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import DName
from dnsemu.files import child
from dnsemu.files.child import LENGTH_BYTES, NODES_PER_PIECE
from dnsemu.files.loading import LoadedFiles, locator_of
from dnsemu.publication.board import Published
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource


class LoadingFailed(Exception):
    """The child process ended without a result: an internal error or a fault of the machine, not of the files."""


async def read_files(
    files: Sequence[Path],
    progress: Progress = no_progress,
    *,
    skips_faulty: bool = False,
    standard_input: bytes | None = None,
) -> LoadedFiles:
    """Read, check and compile files in a child process.

    Args:
        progress: called every `PROGRESS_EVERY_S`.
        skips_faulty: leave out entries with errors, and what refers to them.
        standard_input: its content, which the child reads in place of it.
    Raises:
        FilesRefused: the files have errors; it carries all of them.
        LoadingFailed: the child did not finish.
    """
    options = [child.SKIP_FAULTY] if skips_faulty else []
    command = [sys.executable, "-P", "-m", child.__name__, *options, "--", *map(str, files)]
    given = asyncio.subprocess.DEVNULL if standard_input is None else asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=given, stdout=asyncio.subprocess.PIPE)
    except OSError as failure:
        raise LoadingFailed(f"no process to read files in: {failure}") from failure
    assert process.stdout is not None
    try:
        await _give(process.stdin, standard_input)
        return replace(await assemble(_pieces(process.stdout), progress), standard_input=standard_input)
    except asyncio.IncompleteReadError as cut_off:
        raise LoadingFailed(f"the process that reads files ended with status {await process.wait()}") from cut_off
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _give(stream: asyncio.StreamWriter | None, data: bytes | None) -> None:
    """Writes a child's standard input; it may end without reading all of it."""
    if stream is None or data is None:
        return
    with suppress(ConnectionError):
        stream.write(data)
        await stream.drain()
    stream.close()


async def _pieces(stream: asyncio.StreamReader) -> AsyncIterator[Any]:
    while True:
        length = int.from_bytes(await stream.readexactly(LENGTH_BYTES), "big")
        if not length:
            return
        yield pickle.loads(await stream.readexactly(length))
        await asyncio.sleep(0)


async def assemble(pieces: AsyncIterator[Any], progress: Progress) -> LoadedFiles:
    """Assemble the pieces that `child.pieces_of` makes."""
    declared: dict[str, HostedZone] = {}
    zones: list[Zone] = []
    resources: list[CompiledResource] = []
    head = None
    nodes: Map[DName, Node] = Map()
    async for piece in pieces:
        if isinstance(piece, FilesRefused):
            raise piece
        if isinstance(piece, ProgressUpdate):
            progress(piece.activity, piece.done, piece.total)
        elif head is None:
            head = piece
        elif isinstance(piece, list):
            nodes = nodes.update(piece)
        elif isinstance(piece, CompiledResource):
            resources.append(piece)
        else:
            zone, compiled = piece
            zones.append(replace(compiled, nodes=nodes))
            declared[zone.id] = replace(zone, record_sets=await _record_sets(nodes))
            nodes = Map()
    assert head is not None
    world, warnings, left_out, empty = head
    declared_resources = Map((resource.declared.name, resource.declared) for resource in resources)
    world = replace(world, hosted_zones=Map(declared), resources=declared_resources)
    return LoadedFiles(Published(world, Catalog.of(zones, resources), locator_of(world)), warnings, left_out, empty)


async def _record_sets(nodes: Map[DName, Node]) -> RecordSets:
    """The declared record sets of a zone, taken from its compiled nodes: the same objects, not copies."""
    found = RecordSets()
    for piece in batches(nodes.values(), NODES_PER_PIECE):
        found = found.changed(put=[r for node in piece for group in node.groups.values() for r in group.record_sets])
        await asyncio.sleep(0)
    return found
