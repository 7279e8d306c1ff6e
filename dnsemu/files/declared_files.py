"""The files that declare what is served: watched, read again when they change or on request, never half taken in."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path

import structlog

from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.files.reading import LoadedFiles, LoadingFailed, count_record_sets, read_files
from dnsemu.files.watch import Stamp, changes, stamp
from dnsemu.runtime.garbage_collection import taking_in
from dnsemu.store.store import StoreFailed

TakeIn = Callable[[LoadedFiles], Awaitable[None]]
"""Has what was read kept and served; raises StoreFailed where that cannot be."""

log = structlog.get_logger()


class DeclaredFiles:
    """Reads files one time after the other; what has errors changes nothing."""

    def __init__(
        self,
        files: tuple[Path, ...],
        first: LoadedFiles,
        seen: Stamp | None,
        database: Callable[[], str | None],
        take_in: TakeIn,
        failures: MutableMapping[str, str],
    ) -> None:
        """Follow these files.

        Args:
            first: what they were when they were read first, or what was declared without files.
            seen: their stamp at that time; None for now.
            database: the path of the location database that they name, if they do: it is watched too.
            take_in: what to do with what is read.
            failures: where a reading that failed is noted, under `reload`.
        """
        self._files = files
        self._inline = None if files else first  # which cannot be read again
        self._seen = stamp(files) if seen is None else seen
        self._database = database
        self._take_in = take_in
        self._failures = failures
        self._wanted = asyncio.Event()
        self._turn = asyncio.Lock()
        self.errors: tuple[FileError, ...] = ()
        """What stands in the way of the files' present state being served; empty when it is served."""

    def reload(self) -> None:
        """Read the files again, soon."""
        self._wanted.set()

    async def watch(self) -> None:
        """Have them read again whenever they change, until cancelled."""
        if self._files:
            async for _ in changes(self._watched, (*self._seen, *stamp(self._watched()[len(self._files) :]))):
                self.reload()

    async def run(self) -> None:
        """Read them when that is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._reload()

    async def read_for(self, take_in: TakeIn) -> None:
        """Read them now, for something else to be done with them.

        Raises:
            ReadingFailed: they could not be read, or have errors.
            StoreFailed: by `take_in`.
        """
        async with self._turn:
            with taking_in():
                try:
                    reading = self._inline or await read_files(self._files)
                except FilesRefused as refused:
                    raise LoadingFailed(f"the files have errors: {refused.errors[0]}") from refused
                await take_in(reading)

    async def _reload(self) -> None:
        try:
            async with self._turn:
                with taking_in():
                    reading = self._inline or await read_files(self._files, _log_progress)
                    await self._take_in(reading)
        except FilesRefused as refused:
            self._failures.pop("reload", None)
            self.errors = refused.errors
            for error in refused.errors:
                log.error("reload refused", fault=str(error))
            log.error("still serving what was read before", faults=len(refused.errors))
        except (LoadingFailed, StoreFailed) as failed:
            self._failures["reload"] = str(failed)
            log.error("reload failed; still serving what was read before", error=str(failed))
        else:
            for warning in reading.warnings:
                log.warning("check", warning=str(warning))
            self.errors = ()
            self._failures.pop("reload", None)
            log.info("reloaded", **_sizes(reading))

    def _watched(self) -> tuple[Path, ...]:
        database = self._database()
        return (*self._files, Path(database)) if database else self._files


def _log_progress(what: str, done: int, total: int) -> None:
    log.info(what, **({"record_sets": done, "of": total} if total else {}))


def _sizes(reading: LoadedFiles) -> dict[str, int]:
    world = reading.published.world
    return {
        "hosted_zones": len(world.hosted_zones),
        "record_sets": count_record_sets(world),
        "health_checks": len(world.health_checks),
    }
