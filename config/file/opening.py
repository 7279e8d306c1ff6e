"""Files as they are named on the command line: opened without waiting, each but once."""

import os
import stat
from pathlib import Path

from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.config.file.documents import MAX_BYTES

Identity = tuple[int, int]
"""Device and inode: what one file has under all of its names."""

INSTEAD = "write the path of a YAML or JSON file"


def read(path: Path, seen: dict[Identity, Path]) -> bytes:
    """Read a file, or a pipe to its end, as in `check <(…)`; a pipe that nobody writes to is refused, not waited for.

    Args:
        seen: the files that were read before; this one is added.
    Returns:
        At most one byte more than a document may have.
    Raises:
        Refused: it cannot be read, is a folder or device, or was read before.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            is_pipe = stat.S_ISFIFO(status.st_mode)
            if not (is_pipe or stat.S_ISREG(status.st_mode)):
                raise _refused(path, "no-file", "this is no file", INSTEAD)
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                raise _refused(path, "file-twice", f"{seen[identity]} is given twice", "give it once")
            seen[identity] = path
            os.set_blocking(descriptor, True)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refused(path, "unreadable", f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a path that holds a zero byte
        raise _refused(path, "unreadable", f"cannot be read: {error}") from None
    if is_pipe and not data:
        raise _refused(path, "no-file", "nothing was written into this pipe", INSTEAD)
    return data


def _refused(path: Path, id: str, message: str, instead: str = "") -> FilesRefused:
    return FilesRefused([FileError(str(path), 0, "", "", id, message, instead)])
