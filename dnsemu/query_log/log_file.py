"""Appends lines to a file in a separate thread, so that answering never waits for the disk."""

import os
import select
import stat
import threading
from collections import deque
from pathlib import Path

import structlog

STANDARD_OUTPUT = "-"
"""The path that stands for standard output."""

MAX_BYTES = 16 << 20
"""Bound on the bytes that wait to be written."""
GATHER_S = 0.2
"""Seconds for which lines are collected before a write."""
RETRY_S = 1.0
"""Seconds between a failed write and the next try."""
CLOSE_TIMEOUT_S = 2.0
"""Seconds in which the last lines must be written."""

_BUFFER_BYTES = 1 << 18

log = structlog.get_logger()


class LogFileUnusable(Exception):
    """The file cannot be opened; the message says why, and what to write instead."""


class LogFile:
    """Appends whole lines to a file that several processes may share.

    A rotated log file is reopened before the next lines, or at once on `reopen`. While writes fail, lines wait in
    memory; lines beyond `max_bytes` are dropped and counted. Only a full disk can leave part of a line.
    """

    def __init__(self, path: str, *, max_bytes: int = MAX_BYTES) -> None:
        """Opens the file.

        Args:
            path: `-` for standard output. A missing file is created, a missing folder is not.
            max_bytes: the bound on the bytes that wait to be written.
        Raises:
            LogFileUnusable: it cannot be opened for writing.
        """
        self.path = path
        self._max_bytes = max_bytes
        try:
            self._open()
        except OSError as failure:
            instead = "write the path of a file in a folder that exists and may be written to, or - for standard output"
            raise LogFileUnusable(f"{path!r} cannot be opened: {failure.strerror}; {instead}") from None
        self._chunks: deque[bytes] = deque()
        self._queued = self._written = 0
        """Total bytes queued, counted by the appending thread; written or discarded, counted by the writing one."""
        self._buffer = b""
        self._error: str | None = None
        """The reason why the last write failed."""
        self._overflowed = 0
        self._discarded = 0
        self._is_full = self._cannot_reopen = False
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="log file", daemon=True)

    @property
    def dropped(self) -> int:
        """Lines that will never be written."""
        return self._overflowed + self._discarded

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def append(self, lines: bytes) -> None:
        """Queues whole lines; never waits. Only one thread may call this."""
        if self._queued - self._written + len(lines) > self._max_bytes:
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
        """Reopens the file soon if it was rotated."""
        self._wake.set()

    def close(self) -> None:
        """Writes queued lines for at most `CLOSE_TIMEOUT_S`, and closes the file."""
        self._closing.set()
        self._wake.set()
        if not self._thread.is_alive():
            self._flush()
        else:
            self._thread.join(CLOSE_TIMEOUT_S)
            if self._thread.is_alive():  # blocked by a pipe without a reader; the thread ends with the process
                log.error("log file is still being written; the last lines are lost", file=self.path)
                return
        self._discard()
        os.close(self._fd)

    # --- the thread ---

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(RETRY_S if self._error else GATHER_S)
            self._wake.clear()
            self._flush()
            if self._error:
                self._wake.set()
        self._flush()

    def _flush(self) -> None:
        """Writes all queued lines."""
        try:
            self._reopen_if_rotated()
            while self._fill_buffer():
                self._write(self._buffer)
        except OSError as failure:
            self._failed(failure.strerror or str(failure))
        else:
            self._is_full = False
            if self._error:
                self._error = None
                log.info("log file is written again", file=self.path)

    def _fill_buffer(self) -> bool:
        """Moves queued lines to an empty buffer; returns True if the buffer has something to write."""
        if not self._buffer:
            chunks, size = [], 0
            while self._chunks and size < _BUFFER_BYTES:
                chunks.append(self._chunks.popleft())
                size += len(chunks[-1])
            self._buffer = b"".join(chunks)
        return bool(self._buffer)

    def _write(self, data: bytes) -> None:
        if not self._is_regular:  # a pipe may interleave longer writes with those of other processes
            data = data[: data.rfind(b"\n", 0, select.PIPE_BUF) + 1] or data
        number = os.write(self._fd, data)
        self._buffer = self._buffer[number:]
        self._written += number

    def _failed(self, error: str) -> None:
        if error != self._error:
            self._error = error
            log.error("log file cannot be written; lines wait, and then are dropped", file=self.path, error=error)

    def _discard(self) -> None:
        lines = self._buffer.count(b"\n") + sum(chunk.count(b"\n") for chunk in self._chunks)
        self._buffer = b""
        self._chunks.clear()
        self._written = self._queued
        self._discarded += lines
        if lines:
            log.error("lines of a log file could not be written", file=self.path, lines=lines)

    # --- the file ---

    def _open(self) -> None:
        if self.path == STANDARD_OUTPUT:
            self._fd = os.dup(1)
        else:
            # Non-blocking: opening a pipe without a reader fails at once instead of waiting for one.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
            self._fd = os.open(self.path, flags, 0o644)
            os.set_blocking(self._fd, True)
        opened = os.fstat(self._fd)
        self._is_regular = stat.S_ISREG(opened.st_mode)
        self._identity = opened.st_dev, opened.st_ino

    def _reopen_if_rotated(self) -> None:
        """Opens the path again if it is another file now; if that fails, the old file is used on."""
        if self.path == STANDARD_OUTPUT or not self._is_regular:
            return
        rotated = self._fd
        try:
            try:
                status = Path(self.path).stat()
            except FileNotFoundError:
                pass
            else:
                if (status.st_dev, status.st_ino) == self._identity:
                    return
            self._open()
        except OSError as failure:
            self._log_cannot_reopen(failure)
            return
        os.close(rotated)
        self._cannot_reopen = False

    def _log_cannot_reopen(self, failure: OSError) -> None:
        if not self._cannot_reopen:
            self._cannot_reopen = True
            error = failure.strerror or str(failure)
            log.error("rotated log file cannot be reopened; the old one is used on", file=self.path, error=error)
