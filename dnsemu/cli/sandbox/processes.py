"""A server as a process in the background: started, ready, stopped."""

import ctypes
import fcntl
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

STOP_WITHIN_S = 10.0
PR_SET_PDEATHSIG = 1
_READY = re.compile(r"dnsemu ready dns=(\S+) http=(\S+)")
_QUIET = re.compile(r"\[(?:info|debug)\s*\]")
_LOUD = re.compile(r"\[(?:warning|error|critical)\s*\]")
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
MAX_LINES_SHOWN = 20


class StartFailed(Exception):
    """The server ended before it was ready: what it wrote, and its exit code."""

    def __init__(self, output: str, errors: str, exit_code: int) -> None:
        super().__init__(errors)
        self.output = output
        self.errors = errors
        self.exit_code = exit_code


class BackgroundServer:
    """A process of `dnsemu serve` in a separate session, so that a terminal's Ctrl-C does not reach it."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        files: Sequence[Path],
        ends_with_parent: bool = True,
    ) -> None:
        """Starts the process.

        Args:
            arguments: options and files of `serve`.
            environment: its variables.
            log: the file that its standard error is appended to.
            files: those among the arguments; standard input and open descriptors are passed on if one names them.
            ends_with_parent: it is stopped if this process is killed (Linux).
        Raises:
            OSError: the log cannot be written, or the process cannot be started.
        """
        from dnsemu.config.file.opening import is_standard_input

        self._log = log
        with log.open("ab") as errors:
            with suppress(OSError):  # the child keeps the lock, so that its log is not removed while it runs
                fcntl.flock(errors, fcntl.LOCK_SH | fcntl.LOCK_NB)
            self._shown = errors.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "dnsemu", "serve", *arguments],
                stdin=None if any(map(is_standard_input, files)) else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,
                pass_fds=[int(found[1]) for file in files if (found := _DESCRIPTOR.fullmatch(str(file)))],
                preexec_fn=_end_with_parent if ends_with_parent else None,  # noqa: PLW1509
            )

    def wait_until_ready(self) -> str:
        """Waits for the ready line, and returns it.

        Raises:
            StartFailed: the process ended instead.
        """
        output: IO[bytes] | None = self.process.stdout
        assert output is not None
        with output:
            line = output.readline().decode()
            rest = "" if line.startswith(("dnsemu ready", '{"ready"')) else line + output.read().decode()
        if rest or not line:
            code = self.process.wait()  # its log is complete then
            raise StartFailed(rest, "".join(f"{line}\n" for line in self._new_lines()), code or 1)
        return line.rstrip("\n")

    def new_lines(self) -> list[str]:
        """Returns what was logged since the last call, apart from lines that only inform."""
        return [line for line in self._new_lines() if not _QUIET.search(line)]

    def new_problems(self) -> list[str]:
        """Returns the warnings and errors that were logged since the last call."""
        return [line for line in self._new_lines() if _LOUD.search(line)][:MAX_LINES_SHOWN]

    def stop(self) -> None:
        """Stops the process: it answers what is queued and ends; after ten seconds it is killed."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # with its workers
            self.process.wait()

    def _new_lines(self) -> list[str]:
        with self._log.open("rb") as log:
            log.seek(self._shown)
            new = log.read()
        self._shown += len(new)
        return new.decode(errors="replace").splitlines()


def addresses_in(ready_line: str) -> tuple[str, str]:
    """Returns the first DNS address and the HTTP address of a ready line, each `ADDRESS:PORT`."""
    found = _READY.match(ready_line)
    assert found is not None, ready_line
    return found[1].split(",")[0], found[2]


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
