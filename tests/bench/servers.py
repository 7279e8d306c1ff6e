"""Server processes: started on loopback, pinned to a core, measured from outside, always stopped."""

import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

READY_WITHIN_S = 60
STOPPED_WITHIN_S = 10

DNSEMU_READY = re.compile(r"dnsemu ready dns=127\.0\.0\.1:(\d+)")
SCRIPT_READY = re.compile(r"ready (\d+)")

_PROC = Path("/proc")


class DidNotStart(Exception):
    """A server did not become ready; the message says what it printed."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers on a loopback port. `ready_s` is how long it took from its start to its ready line."""

    pid: int
    port: int
    ready_s: float

    def cpu_s(self) -> float | None:
        """CPU time the process has used, user and system together; None where there is no /proc."""
        with contextlib.suppress(FileNotFoundError):
            # The second field is the program's name in brackets, and may hold anything.
            fields = (_PROC / str(self.pid) / "stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return None

    def resident_octets(self) -> int | None:
        """Memory the process holds in RAM; None where there is no /proc."""
        with contextlib.suppress(FileNotFoundError):
            return int((_PROC / str(self.pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return None


@dataclass(frozen=True, slots=True)
class Cores:
    """What to put before a command so that server and load do not share a core; nothing where that cannot be had."""

    server: Sequence[str] = ()
    load: Sequence[str] = ()

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """The first two cores that this process may use, by `taskset`."""
        allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if len(allowed) < 2 or not (taskset := shutil.which("taskset")):
            return cls()
        return cls((taskset, "-c", str(allowed[0])), (taskset, "-c", str(allowed[1])))


@contextlib.contextmanager
def running(command: Sequence[str], ready: re.Pattern[str]) -> Iterator[Running]:
    """Run a server until the block ends, however it ends.

    Args:
        ready: matches the line on standard output that says the server listens; its group is the port.
    Raises:
        DidNotStart: no such line came.
    """
    with tempfile.TemporaryFile("w+") as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
            line = process.stdout.readline() if readable else ""
            if not (found := ready.match(line)):
                errors.seek(0)
                raise DidNotStart(f"{' '.join(command)}\nprinted {line!r} and then:\n{errors.read()[-2000:]}")
            yield Running(process.pid, int(found[1]), time.monotonic() - start)
        finally:
            stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """Ask the process to end; make it end."""
    process.terminate()
    try:
        process.communicate(timeout=STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def dnsemu_command(file: Path) -> list[str]:
    """dnsemu as it is installed beside this interpreter, serving a file on free loopback ports."""
    dnsemu = Path(sys.executable).with_name("dnsemu")
    return [str(dnsemu), "serve", str(file), "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0"]


def script_command(name: str) -> list[str]:
    """One of the small servers in this folder."""
    return [sys.executable, str(Path(__file__).with_name(name))]
