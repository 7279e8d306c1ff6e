"""Opens the files named on the command line, without blocking on pipes, and each file only once."""

import os
import stat
from pathlib import Path

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.documents import MAX_BYTES

Identity = tuple[int, int]
"""Device and inode, the same for all names of a file."""

INSTEAD = "write the path of a YAML or JSON file"


def read(path: Path, seen: dict[Identity, Path]) -> bytes:
    """Reads a file, or a pipe to its end, as in `check <(…)`; a pipe without a writer is refused at once.

    Args:
        path: the file.
        seen: the files read before; this one is added.
    Returns:
        The content, cut one byte after the limit for documents.
    Raises:
        FilesRefused: it cannot be read, is a folder or device, or was read before.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            is_pipe = stat.S_ISFIFO(status.st_mode)
            if not (is_pipe or stat.S_ISREG(status.st_mode)):
                raise FilesRefused.because(str(path), 0, "no-file", "this is no file", INSTEAD)
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                raise FilesRefused.because(
                    str(path), 0, "file-twice", f"{seen[identity]} is given twice", "give it once"
                )
            seen[identity] = path
            os.set_blocking(descriptor, True)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FilesRefused.because(str(path), 0, "unreadable", f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a path with a zero byte
        raise FilesRefused.because(str(path), 0, "unreadable", f"cannot be read: {error}") from None
    if is_pipe and not data:
        raise FilesRefused.because(str(path), 0, "no-file", "nothing was written into this pipe", INSTEAD)
    return data
