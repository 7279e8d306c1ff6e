"""A file that lines are appended to by a thread of its own: whoever has something to say never waits for the disk."""

import os
import select
import stat
import threading
from collections import deque
from pathlib import Path

import structlog

STANDARD_OUTPUT = "-"
"""What stands for standard output in place of a path."""

MAX_BYTES = 16 << 20
"""What may wait to be written."""
GATHER_S = 0.2
"""How long lines are gathered before they are written."""
RETRY_S = 1.0
"""How long to wait after a write that failed."""
CLOSE_WITHIN_S = 2.0
"""How long the last lines may take, at the end."""

_PIECE_BYTES = 1 << 18

log = structlog.get_logger()


class LogFileUnusable(Exception):
    """The file cannot be opened; the message says why, and what to write instead."""


class LogFile:
    """Whole lines, appended: several processes may share the file.

    If it was moved away, it is made anew, before the next lines or at once on `reopen`. While it cannot be written,
    lines wait; what there is no room for is dropped and counted. Lines are whole but where a disk was full.
    """

    def __init__(self, path: str, *, max_bytes: int = MAX_BYTES) -> None:
        """Open it.

        Args:
            path: `-` for standard output. The file is made if there is none, its folder is not.
            max_bytes: what may wait to be written.
        Raises:
            LogFileUnusable: it cannot be opened for writing.
        """
        self.path = path
        self._most_octets = max_bytes
        try:
            self._open()
        except OSError as failure:
            instead = "write the path of a file in a folder that exists and may be written to, or - for standard output"
            raise LogFileUnusable(f"{path!r} cannot be opened: {failure.strerror}; {instead}") from None
        self._chunks: deque[bytes] = deque()
        self._queued = self._written = 0
        """Bytes that were taken ever, by whoever appends; and that were written, or given up, by the thread."""
        self._rest = b""
        self._fault: str | None = None
        """Why lines could not be written the last time."""
        self._overflowed = 0
        self._given_up = 0
        self._is_full = self._is_lost = False
        self._wake, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="log file", daemon=True)

    @property
    def dropped(self) -> int:
        """Lines that will never be written."""
        return self._overflowed + self._given_up

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def append(self, lines: bytes) -> None:
        """Have whole lines written, soon; never waits. Only one thread may call this."""
        if self._queued - self._written + len(lines) > self._most_octets:
            self._overflowed += lines.count(b"\n")
            if not self._is_full:
                self._is_full = True
                log.error("log file is not written fast enough; lines are dropped", file=self.path)
            return
        self._queued += len(lines)
        self._chunks.append(lines)
        if not self._wake.is_set():
            self._wake.set()

    def reopen(self) -> None:
        """Make the file anew, soon, if it was moved away."""
        self._wake.set()

    def close(self) -> None:
        """Write what waits, as far as that can be done within a little while, and close the file."""
        self._ending.set()
        self._wake.set()
        if not self._thread.is_alive():
            self._turn()
        else:
            self._thread.join(CLOSE_WITHIN_S)
            if self._thread.is_alive():  # in a pipe that nobody reads; it ends with the process
                log.error("log file still is being written; the last lines are lost", file=self.path)
                return
        self._give_up()
        os.close(self._fd)

    # --- the thread ---

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.wait()
            self._ending.wait(RETRY_S if self._fault else GATHER_S)
            self._wake.clear()
            self._turn()
            if self._fault:
                self._wake.set()
        self._turn()

    def _turn(self) -> None:
        """Write what waits."""
        try:
            self._reopen_if_moved()
            while self._next_piece():
                self._write(self._rest)
        except OSError as failure:
            self._failed(failure.strerror or str(failure))
        else:
            self._is_full = False
            if self._fault:
                self._fault = None
                log.info("log file is written again", file=self.path)

    def _next_piece(self) -> bool:
        """See to it that there is something to write, if anything waits."""
        if not self._rest:
            chunks, octets = [], 0
            while self._chunks and octets < _PIECE_BYTES:
                chunks.append(self._chunks.popleft())
                octets += len(chunks[-1])
            self._rest = b"".join(chunks)
        return bool(self._rest)

    def _write(self, octets: bytes) -> None:
        if not self._is_regular:  # what is longer than this may be torn apart by others who write
            octets = octets[: octets.rfind(b"\n", 0, select.PIPE_BUF) + 1] or octets
        number = os.write(self._fd, octets)
        self._rest = self._rest[number:]
        self._written += number

    def _failed(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            log.error("log file cannot be written; lines wait, and then are dropped", file=self.path, error=fault)

    def _give_up(self) -> None:
        lines = self._rest.count(b"\n") + sum(chunk.count(b"\n") for chunk in self._chunks)
        self._rest = b""
        self._chunks.clear()
        self._written = self._queued
        self._given_up += lines
        if lines:
            log.error("lines of a log file could not be written", file=self.path, lines=lines)

    # --- the file ---

    def _open(self) -> None:
        if self.path == STANDARD_OUTPUT:
            self._fd = os.dup(1)
        else:
            # Not blocking: a pipe that nobody reads is refused rather than waited for.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
            self._fd = os.open(self.path, flags, 0o644)
            os.set_blocking(self._fd, True)
        opened = os.fstat(self._fd)
        self._is_regular = stat.S_ISREG(opened.st_mode)
        self._identity = opened.st_dev, opened.st_ino

    def _reopen_if_moved(self) -> None:
        """Follow the path; what waits goes on to the old file if there cannot be a new one."""
        if self.path == STANDARD_OUTPUT or not self._is_regular:
            return
        before = self._fd
        try:
            try:
                there = Path(self.path).stat()
            except FileNotFoundError:
                pass
            else:
                if (there.st_dev, there.st_ino) == self._identity:
                    return
            self._open()
        except OSError as failure:
            self._cannot_follow(failure)
            return
        os.close(before)
        self._is_lost = False

    def _cannot_follow(self, failure: OSError) -> None:
        if not self._is_lost:
            self._is_lost = True
            error = failure.strerror or str(failure)
            log.error("log file was moved and cannot be made anew; the old one goes on", file=self.path, error=error)
