"""The declared files: watched, and read again when they change or on request, all or nothing."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path

import structlog

from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.config.file.progress import Progress, no_progress
from dnsemu.files.loading import LoadedFiles, record_set_count
from dnsemu.files.reading import LoadingFailed, read_files
from dnsemu.files.watch import Stamp, changes, stamp
from dnsemu.publication.publishing import CannotBeServed
from dnsemu.runtime.garbage_collection import gc_deferred
from dnsemu.runtime.logs import log_first
from dnsemu.store.store import StoreFailed

Apply = Callable[[LoadedFiles], Awaitable[None]]
"""Compiles, commits and publishes loaded files; raises StoreFailed or CannotBeServed, and then nothing changed."""

log = structlog.get_logger()


class DeclaredFiles:
    """Reads files, one reading at a time; files with errors change nothing."""

    def __init__(
        self,
        files: tuple[Path, ...],
        first: LoadedFiles,
        seen: Stamp | None,
        database: Callable[[], str | None],
        apply: Apply,
        failures: MutableMapping[str, str],
        *,
        skips_faulty: bool = False,
    ) -> None:
        """Follow these files.

        Args:
            first: the files as read first, or what was declared without files.
            seen: their stamp at that time; None for now.
            database: returns the path of the location database that they name, if any; it is watched too.
            apply: called with the loaded files.
            failures: gets the error of a failed reading, under `reload`.
            skips_faulty: leave out entries with errors; otherwise a file with an error changes nothing.
        """
        self._skips_faulty = skips_faulty
        self._files = files
        self._inline = None if files else first  # it cannot be read again
        self._seen = stamp(files) if seen is None else seen
        self._database = database
        self._apply = apply
        self._failures = failures
        self._empty = frozenset(first.empty)
        self._standard_input = first.standard_input
        self._read_last = self._stamp_with_database(), first
        """The files as they were read last, with their stamp before that."""
        self._requested = asyncio.Event()
        self._turn = asyncio.Lock()
        self.errors: tuple[FileError, ...] = first.left_out
        """Errors that keep the files' present state, or entries of it, from being served; empty when it is served."""

    def reload(self) -> None:
        """Read the files again, soon."""
        self._requested.set()

    async def watch(self) -> None:
        """Request a reload whenever the files change, until cancelled."""
        if self._files:
            async for _ in changes(self._watched, self._stamp_with_database()):
                self.reload()

    async def run(self) -> None:
        """Serve reload requests, until cancelled."""
        while True:
            await self._requested.wait()
            self._requested.clear()
            await self._reload()

    async def read_for(self, apply: Apply) -> None:
        """Pass the files to another function; they are read if they changed since they were read last.

        Raises:
            LoadingFailed: they could not be read, or have errors.
            StoreFailed: by `apply`.
        """
        async with self._turn:
            with gc_deferred():
                try:
                    is_known = self._read_last[0] == stamp(self._watched())
                    loaded = self._read_last[1] if is_known else await self._read()
                except FilesRefused as refused:
                    raise LoadingFailed(f"the files have errors: {refused.errors[0]}") from refused
                await apply(loaded)

    async def replace(self, loaded: LoadedFiles) -> None:
        """Serve what was loaded in place of the files, which are no longer watched.

        Raises:
            StoreFailed, CannotBeServed: nothing changed.
        """
        async with self._turn:
            with gc_deferred():
                await self._apply(loaded)
            self._files, self._inline, self._seen = (), loaded, ()
            self._read_last = stamp(self._watched()), loaded
            self.errors = loaded.left_out

    async def _reload(self) -> None:
        try:
            async with self._turn:
                with gc_deferred():
                    loaded = await self._read(_log_progress)
                    await self._apply(loaded)
        except FilesRefused as refused:
            self._failures.pop("reload", None)
            self.errors = refused.errors
            log_first(log.error, "reload refused", "fault", refused.errors)
            log.error("still serving the previous state", faults=len(refused.errors))
        except (LoadingFailed, StoreFailed, CannotBeServed) as failed:
            self._failures["reload"] = str(failed)
            log.error("reload failed; still serving the previous state", error=str(failed))
        else:
            log_first(log.warning, "check", "warning", loaded.warnings)
            log_first(log.warning, "left out", "fault", loaded.left_out)
            self.errors = loaded.left_out
            self._failures.pop("reload", None)
            log.info("reloaded", **_counts(loaded))

    async def _read(self, progress: Progress = no_progress) -> LoadedFiles:
        """Reads the files; one that had content and is empty now is refused, as an editor may just be writing it.

        Raises:
            FilesRefused: errors in the files, or a file without content.
            LoadingFailed: they could not be read.
        """
        if self._inline is not None:
            return self._inline
        before = stamp(self._watched())
        loaded = await read_files(
            self._files, progress, skips_faulty=self._skips_faulty, standard_input=self._standard_input
        )
        emptied = [file for file in loaded.empty if file not in self._empty]
        if emptied:
            message = "the file is empty now; everything that it declared would be gone"
            instead = "write {} if that is intended"
            raise FilesRefused([FileError(file, 0, "", "", "file-empty", message, instead) for file in emptied])
        self._empty = frozenset(loaded.empty)
        self._read_last = before, loaded
        return loaded

    def _stamp_with_database(self) -> Stamp:
        """The stamp of the first reading; the location database is looked at now."""
        return (*self._seen, *stamp(self._watched()[len(self._files) :]))

    def _watched(self) -> tuple[Path, ...]:
        database = self._database()
        return (*self._files, Path(database)) if database else self._files


def _log_progress(what: str, done: int, total: int) -> None:
    log.info(what, **({"record_sets": done, "of": total} if total else {}))


def _counts(loaded: LoadedFiles) -> dict[str, int]:
    world = loaded.published.world
    return {
        "hosted_zones": len(world.hosted_zones),
        "record_sets": record_set_count(world),
        "health_checks": len(world.health_checks),
    }
