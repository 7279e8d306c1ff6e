"""Notices that files changed. Runs on real time, since the file system does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from dnsemu.config.file.opening import files_in, is_standard_input

LOOK_EVERY_S = 0.4
STILL_S = 0.2
"""A change counts once the files have not changed for this long: editors write in several steps."""

P = ParamSpec("P")
T = TypeVar("T")

Stamp = tuple[tuple[str, tuple[int, int, int] | None], ...]


class OffLoop(Protocol):
    """Calls a function outside the event loop; a test may call it at once."""

    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what the function returns."""


def stamp(files: Sequence[Path]) -> Stamp:
    """Identify a state of files: path, inode, size and modification time of each; None for a missing one.

    A folder stands for its files; standard input never changes.
    """
    return tuple((str(file), _stamp(file)) for path in files for file in _watched(path))


def _watched(path: Path) -> Sequence[Path]:
    if is_standard_input(path):
        return ()
    try:
        return files_in(path) if path.is_dir() else (path,)
    except OSError:
        return (path,)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


async def changes(
    files: Callable[[], Sequence[Path]], seen: Stamp, off_loop: OffLoop = asyncio.to_thread
) -> AsyncIterator[None]:
    """Yield each time the files differ from the state last seen and have then stayed still.

    Args:
        files: returns the files to watch; called at each look, since a file may name others.
        seen: the state last read.
        off_loop: calls a function outside the event loop, as a file system may be slow to answer.
    """
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = await off_loop(stamp, files())
        if now == seen:
            continue
        while True:
            await asyncio.sleep(STILL_S)
            later = await off_loop(stamp, files())
            if later == now:
                break
            now = later
        seen = now
        yield
