"""Loaded files: a checked World, compiled and ready to publish."""

from dataclasses import dataclass
from pathlib import Path

from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.config.file.load import Loaded
from dnsemu.config.file.progress import Progress, no_progress
from dnsemu.config.model.world import World
from dnsemu.policies.geodata.database import UnusableDatabase
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Published
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone, compile_zone
from dnsemu.zone.resources import compile_resource


@dataclass(frozen=True, slots=True)
class LoadedFiles:
    """Files that were read, ready to publish, with warnings, errors of entries left out, and files without content.

    `standard_input` is its content, if it was among the files.
    """

    published: Published
    warnings: tuple[FileError, ...]
    left_out: tuple[FileError, ...] = ()
    empty: tuple[str, ...] = ()
    standard_input: bytes | None = None


def compile_world(loaded: Loaded, progress: Progress = no_progress) -> LoadedFiles:
    """Compile a World in this process; at start-up, before DNS is answered.

    Args:
        progress: called before each zone.
    Raises:
        FilesRefused: the user's location database cannot be read.
    """
    world = loaded.world
    resources = map(compile_resource, world.resources.values())
    done, total = 0, record_set_count(world)
    zones: list[Zone] = []
    for zone in world.hosted_zones.values():
        progress("compiling", done, total)
        zones.append(compile_zone(zone))
        done += len(zone.record_sets)
    catalog = Catalog.of(zones, resources)
    published = Published(world, catalog, locator_of(world))
    return LoadedFiles(published, loaded.warnings, loaded.left_out, loaded.empty, loaded.standard_input)


def record_set_count(world: World) -> int:
    """Count the record sets of all hosted zones."""
    return sum(len(zone.record_sets) for zone in world.hosted_zones.values())


def locator_of(world: World) -> Locator:
    """Make the locator that a World declares.

    Raises:
        FilesRefused: the user's location database cannot be read.
    """
    database = Path(world.geo.database) if world.geo.database else None
    try:
        return Locator(world.geo, database, collections=world.cidr_collections.values())
    except UnusableDatabase as unusable:
        instead = "name a MaxMind DB file (.mmdb), or leave geo.database out to use the embedded one"
        where = "geo.database"
        raise FilesRefused(
            [FileError(str(database), 0, where, "R135", "database-unusable", str(unusable), instead)]
        ) from None
