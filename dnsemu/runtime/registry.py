"""Registry of this user's processes of dnsemu on this machine, through which `dnsemu stop` finds them.

An entry is a file that its process keeps locked. The lock ends with the process, so an entry never stands for another
process that got the same id later.
"""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dnsemu.config.text.addresses import Address

SERVER = "server"
LEFT_BEHIND = "worker"
"""A worker whose control plane is gone."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A process that runs: its id, its file, and what it said of itself."""

    pid: int
    path: Path
    about: dict[str, Any]

    @property
    def has_ended(self) -> bool:
        """True if the process has ended."""
        return _locked_by_another(self.path) is None


class Registration:
    """The entry of this process, until `close` or the end of the process."""

    def __init__(self, kind: str, about: dict[str, Any]) -> None:
        """Registers this process; without a folder to write to it stays unregistered.

        Args:
            kind: SERVER or LEFT_BEHIND.
            about: plain data for `registered`.
        """
        for _ in registered(kind):
            pass  # removes entries of processes that were killed
        self._file: IO[str] | None = None
        for folder in folders():
            try:
                _make_private(folder)
                self._path = folder / f"{kind}-{os.getpid()}"
                self._file = _locked(self._path, json.dumps(about))
            except OSError:
                continue
            break

    def close(self) -> None:
        """Removes the entry."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def registered(kind: str) -> Iterator[Registered]:
    """Yields the processes of a kind that run; removes entries of those that have ended."""
    for folder in folders():
        if not _is_private(folder):
            continue
        for path in sorted(folder.glob(f"{kind}-*")):
            pid = path.name.removeprefix(f"{kind}-")
            about = _locked_by_another(path)
            if about is None:
                path.unlink(missing_ok=True)
            elif pid.isdecimal():
                yield Registered(int(pid), path, about)


def server_listening_at(address: Address) -> Registered | None:
    """Finds a server that listens on an address, or on one that overlaps with it; None if there is none."""
    for server in registered(SERVER):
        for text in server.about.get("listens", ()):
            host, _, port = str(text).rpartition(":")
            hosts = {host.strip("[]"), address.host}
            if port == str(address.port) and (len(hosts) == 1 or hosts & {"0.0.0.0", "::"}):
                return server
    return None


def folders() -> Iterator[Path]:
    """Yields the folders for files of running processes, the preferred one first."""
    if own := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(own, "dnsemu")
    yield Path(tempfile.gettempdir(), f"dnsemu-{os.getuid()}")


def private_folder() -> Path:
    """Returns a folder that only this user can read, and creates it.

    Raises:
        OSError: there is none.
    """
    refused: OSError | None = None
    for folder in folders():
        try:
            _make_private(folder)
        except OSError as refusal:
            refused = refusal
        else:
            return folder
    raise refused or OSError("no folder")


def _locked(path: Path, content: str) -> IO[str]:
    """Creates a locked file, which gets its name last: a reader never finds it without its lock or its content."""
    unfinished = path.with_name(f".{path.name}")
    file = unfinished.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.write(content)
        file.flush()
        unfinished.rename(path)
    except OSError:
        file.close()
        unfinished.unlink(missing_ok=True)
        raise
    return file


def _locked_by_another(path: Path) -> dict[str, Any] | None:
    """Returns the content of an entry whose process runs, else None."""
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                about = json.loads(file.read() or "{}")
                return about if isinstance(about, dict) else {}
    except (OSError, ValueError):
        pass
    return None


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_private(folder):
        raise PermissionError(f"{folder} belongs to another user, or others may write to it")


def _is_private(folder: Path) -> bool:
    """True if it is a directory into which only this user can write: entries decide which processes are ended."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
