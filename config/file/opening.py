"""Opens the files, folders and standard input that the command line names; each file only once."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.config.file.documents import MAX_BYTES, SUFFIXES
from dnsemu.config.file.guarded_reading import NotAFile, NothingWritten, Wait, read_guarded

Identity = tuple[int, int]
"""Device and inode, the same for all names of a file."""

INSTEAD = "write the path of a YAML or JSON file, of a folder of such files, or - for standard input"
STANDARD_INPUT = "<stdin>"
"""The name of standard input in errors."""
_NAMES_OF_STANDARD_INPUT = frozenset({"-", "/dev/stdin"})
_IN_A_FOLDER = "write a .yaml, .yml or .json file into it, or name another folder"


def is_standard_input(path: Path) -> bool:
    """True for `-`, which stands for standard input."""
    return str(path) in _NAMES_OF_STANDARD_INPUT


def files_in(folder: Path) -> list[Path]:
    """Lists the files that a folder stands for, by name: YAML and JSON, neither hidden nor in folders below it.

    Raises:
        OSError: the folder cannot be read.
    """
    found = (Path(folder, entry.name) for entry in os.scandir(folder) if not entry.name.startswith("."))
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES and not path.is_dir())


class Opener:
    """Opens files, each only once.

    Args:
        standard_input: its content, if it was read before.
        wait_for_pipe: waits for a pipe's writer; None waits for ever.
    """

    def __init__(self, standard_input: bytes | None = None, wait_for_pipe: Wait | None = None) -> None:
        self._wait_for_pipe = wait_for_pipe
        self.standard_input = standard_input
        """The content of standard input, once it is read."""
        self._reads_standard_input = False
        self._seen: dict[Identity, Path] = {}

    def files_of(self, paths: Sequence[Path], errors: list[FileError]) -> Iterator[Path]:
        """Yields paths, with the files in place of their folders; adds the errors of folders without any."""
        for path in paths:
            if is_standard_input(path) or not path.is_dir():
                yield path
                continue
            try:
                found = files_in(path)
            except OSError as error:
                errors += _unreadable(path, error.strerror or error).errors
                continue
            if not found:
                message = "this folder holds no YAML or JSON file; hidden files and folders below it do not count"
                errors += FilesRefused.because(str(path), 0, "empty-folder", message, _IN_A_FOLDER).errors
            yield from found

    def read(self, path: Path) -> tuple[str, bytes]:
        """Reads a file, standard input, or a pipe to its end, as in `check <(…)`.

        A pipe without a writer is refused at once.

        Returns:
            The name for errors, and the content, cut one byte after the limit for documents.
        Raises:
            FilesRefused: it cannot be read, is a device, or was read before.
        """
        return (
            (STANDARD_INPUT, self._read_standard_input()) if is_standard_input(path) else (str(path), self._read(path))
        )

    def _read_standard_input(self) -> bytes:
        if self._reads_standard_input:
            message = "standard input is given twice"
            raise FilesRefused.because(STANDARD_INPUT, 0, "file-twice", message, "write - once")
        self._reads_standard_input = True
        if self.standard_input is None:
            if sys.stdin is None:
                raise _unreadable(STANDARD_INPUT, "it is closed")
            try:
                self.standard_input = sys.stdin.buffer.read(MAX_BYTES + 1)
            except OSError as error:
                raise _unreadable(STANDARD_INPUT, error.strerror or error) from None
        return self.standard_input

    def _read(self, path: Path) -> bytes:
        def claim(status: os.stat_result) -> None:
            self._claim(path, (status.st_dev, status.st_ino))

        try:
            return read_guarded(path, MAX_BYTES, takes_pipes=True, wait=self._wait_for_pipe, on_open=claim)
        except (NotAFile, NothingWritten) as failure:
            raise FilesRefused.because(str(path), 0, "no-file", str(failure), INSTEAD) from None
        except OSError as error:
            raise _unreadable(path, error.strerror or error) from None
        except ValueError as error:  # a path with a zero byte
            raise _unreadable(path, error) from None

    def _claim(self, path: Path, identity: Identity) -> None:
        if identity in self._seen:
            message = f"{self._seen[identity]} is given twice"
            raise FilesRefused.because(str(path), 0, "file-twice", message, "give it once")
        self._seen[identity] = path


def _unreadable(path: Path | str, why: object) -> FilesRefused:
    return FilesRefused.because(str(path), 0, "unreadable", f"cannot be read: {why}")
