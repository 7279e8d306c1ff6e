"""Reads one file that a user names: never for ever, and never more than a bound.

A name may lead to a pipe that is never written, a device without end, or a file larger than memory.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

PIECE_BYTES = 1 << 20

Wait = Callable[[int], None]
"""Returns when a descriptor can be read; raises `NothingWritten` when that takes too long."""


class NotAFile(OSError):
    """It is a device, a socket or a folder, or a pipe where none is taken; the message says which."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"this is {kind}, no file")
        self.strerror = str(self)


class NothingWritten(OSError):
    """A pipe's writers closed it without a byte, or did not close it in time."""


def read_guarded(
    path: Path,
    max_bytes: int,
    *,
    takes_pipes: bool = False,
    wait: Wait | None = None,
    on_open: Callable[[os.stat_result], None] = lambda _status: None,
) -> bytes:
    """Reads a regular file, or a pipe to its end.

    Args:
        max_bytes: the bound; the content is cut one byte after it.
        takes_pipes: read a pipe too, as in `check <(…)`; one without a writer ends at once.
        wait: waits for a pipe's writer; None waits for ever.
        on_open: called with the status of the open file, before it is read.
    Raises:
        NotAFile: it is nothing that can be read.
        NothingWritten: nothing came out of the pipe, or its end did not come in time.
        OSError: it cannot be opened or read.
        ValueError: its path holds a zero byte.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        is_pipe = stat.S_ISFIFO(status.st_mode)
        if not (stat.S_ISREG(status.st_mode) or (is_pipe and takes_pipes)):
            raise NotAFile(_kind(status.st_mode))
        on_open(status)
        if is_pipe:
            return _read_pipe(descriptor, max_bytes, wait)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes + 1)
    finally:
        os.close(descriptor)


def _read_pipe(descriptor: int, max_bytes: int, wait: Wait | None) -> bytes:
    """Reads a pipe that does not block: without a writer it ends at once."""
    pieces, size = [], 0
    while size <= max_bytes:
        try:
            piece = os.read(descriptor, min(PIECE_BYTES, max_bytes + 1 - size))
        except BlockingIOError:
            if wait is None:
                os.set_blocking(descriptor, True)
            else:
                wait(descriptor)
            continue
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    if not size:
        raise NothingWritten("nothing was written into this pipe")
    return b"".join(pieces)


def _kind(mode: int) -> str:
    for is_kind, kind in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if is_kind(mode):
            return kind
    return "a device"
