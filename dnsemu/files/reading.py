"""Reading files away from the process that answers: a child reads, checks and compiles them, and streams the result.

Ten thousand record sets take the better part of a second to read; queries must not wait for that. So a child process
does the work and sends what it made in small pieces, and between two pieces the server answers whoever asks.
Run as `python -m dnsemu.reading FILE…`, this module is that child.
"""

import asyncio
import gc
import pickle
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from immutables import Map

from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.config.file.load import Loaded, load_files
from dnsemu.config.file.progress import HowFar, Progress, paced, unseen
from dnsemu.config.model.batches import batches
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.world import World
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import DName
from dnsemu.policies.geodata.database import UnusableDatabase
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Published
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Node, Zone, compile_zone
from dnsemu.zone.resources import CompiledResource, compile_resource

NODES_PER_PIECE = 100
"""Names in one piece: about a millisecond to take in."""

TOLD_EVERY_S = 3.0

_LENGTH_BYTES = 8


class LoadingFailed(Exception):
    """The child ended without a result; that is a fault of ours or of the machine, not of the files."""


@dataclass(frozen=True, slots=True)
class LoadedFiles:
    """What files came to: ready to publish, with warnings that do not stand in the way."""

    published: Published
    warnings: tuple[FileError, ...]


def compile_world(loaded: Loaded, progress: Progress = unseen) -> LoadedFiles:
    """Compile a World in this process; for start-up, when nobody is being answered yet.

    Args:
        progress: told how far it has come.
    Raises:
        Refused: the user's location database cannot be read.
    """
    world = loaded.world
    resources = map(compile_resource, world.resources.values())
    done, total = 0, count_record_sets(world)
    zones: list[Zone] = []
    for zone in world.hosted_zones.values():
        progress("compiling", done, total)
        zones.append(compile_zone(zone))
        done += len(zone.record_sets)
    catalog = Catalog.of(zones, resources)
    return LoadedFiles(Published(world, catalog, _locator(world)), loaded.warnings)


def count_record_sets(world: World) -> int:
    """How many record sets all hosted zones have together."""
    return sum(len(zone.record_sets) for zone in world.hosted_zones.values())


async def read_files(files: Sequence[Path], progress: Progress = unseen) -> LoadedFiles:
    """Read, check and compile files in a child process.

    Args:
        progress: told every `TOLD_EVERY_S` how far it has come.
    Raises:
        Refused: the files have faults; all of them are told.
        ReadingFailed: the child did not finish.
    """
    command = [sys.executable, "-P", "-m", __name__, *map(str, files)]
    try:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    except OSError as failure:
        raise LoadingFailed(f"no process to read files in: {failure}") from failure
    assert process.stdout is not None
    try:
        return await _assemble(_pieces(process.stdout), progress)
    except asyncio.IncompleteReadError as cut_off:
        raise LoadingFailed(f"the process that reads files ended with status {await process.wait()}") from cut_off
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _pieces(stream: asyncio.StreamReader) -> AsyncIterator[Any]:
    while True:
        length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES), "big")
        if not length:
            return
        yield pickle.loads(await stream.readexactly(length))
        await asyncio.sleep(0)


async def _assemble(pieces: AsyncIterator[Any], progress: Progress) -> LoadedFiles:
    """Put together what `_write_out` took apart."""
    declared: dict[str, HostedZone] = {}
    zones: list[Zone] = []
    resources: list[CompiledResource] = []
    head = None
    nodes: Map[DName, Node] = Map()
    async for piece in pieces:
        if isinstance(piece, FilesRefused):
            raise piece
        if isinstance(piece, HowFar):
            progress(piece.what, piece.done, piece.total)
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
    world, warnings = head
    declared_resources = Map((resource.declared.name, resource.declared) for resource in resources)
    world = replace(world, hosted_zones=Map(declared), resources=declared_resources)
    return LoadedFiles(Published(world, Catalog.of(zones, resources), _locator(world)), warnings)


def _locator(world: World) -> Locator:
    database = Path(world.geo.database) if world.geo.database else None
    try:
        return Locator(world.geo, database, collections=world.cidr_collections.values())
    except UnusableDatabase as unusable:
        instead = "name a MaxMind DB file (.mmdb), or leave geo.database out to use the embedded one"
        where = "geo.database"
        raise FilesRefused(
            [FileError(str(database), 0, where, "R135", "database-unusable", str(unusable), instead)]
        ) from None


async def _record_sets(nodes: Map[DName, Node]) -> RecordSets:
    """The declared record sets of a zone, taken from its compiled nodes: the same objects, not copies."""
    found = RecordSets()
    for piece in batches(nodes.values(), NODES_PER_PIECE):
        found = found.changed(put=[r for node in piece for group in node.groups.values() for r in group.record_sets])
        await asyncio.sleep(0)
    return found


def _write_out(loaded: Loaded, progress: Progress) -> Iterator[Any]:
    """The pieces of a World: a head without what is large, each zone's nodes in batches and its rest, resources."""
    _locator(loaded.world)  # refuses a bad database here, where it is slow to find out
    yield replace(loaded.world, hosted_zones=Map(), resources=Map()), loaded.warnings
    done, total = 0, count_record_sets(loaded.world)
    for zone in loaded.world.hosted_zones.values():
        progress("compiling", done, total)
        compiled = compile_zone(zone)
        for batch in batches(compiled.nodes.items(), NODES_PER_PIECE):
            yield batch
            done += sum(len(group.record_sets) for _, node in batch for group in node.groups.values())
            progress("taking in", done, total)
        yield replace(zone, record_sets=RecordSets()), replace(compiled, nodes=Map())
    yield from map(compile_resource, loaded.world.resources.values())


def _main(files: Sequence[Path], out: BinaryIO) -> None:
    def send(piece: Any) -> None:
        data = pickle.dumps(piece, pickle.HIGHEST_PROTOCOL)
        out.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)

    def tell(what: str, done: int, total: int) -> None:
        send(HowFar(what, done, total))
        out.flush()

    progress = paced(tell, TOLD_EVERY_S, time.monotonic)
    gc.disable()  # nothing of what is made here is garbage before the end
    try:
        for piece in _write_out(load_files(files, progress), progress):
            send(piece)
    except FilesRefused as refused:
        send(refused)
    out.write(bytes(_LENGTH_BYTES))
    out.flush()


if __name__ == "__main__":
    _main([Path(name) for name in sys.argv[1:]], sys.stdout.buffer)
