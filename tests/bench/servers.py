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
_CPUCLOCK_SCHED = 2


class DidNotStart(Exception):
    """A server did not become ready; the message holds its output."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running server on a loopback port; it took `ready_s` seconds from its start to its ready line."""

    pid: int
    port: int
    ready_s: float

    def cpu_s(self) -> float | None:
        """Returns the CPU time of the process and its descendants, user and system; None without /proc."""
        found = [_cpu_s(pid) for pid in (self.pid, *descendants(self.pid))]
        return None if found[0] is None else sum(spent_s or 0 for spent_s in found)

    def processes(self) -> int:
        """Returns the number of processes: itself and its descendants."""
        return 1 + len(list(descendants(self.pid)))

    def waited_s(self) -> float | None:
        """Returns the seconds that its threads waited for a core; None if the system does not provide it."""
        files = [
            file
            for pid in (self.pid, *descendants(self.pid))
            for file in (_PROC / str(pid) / "task").glob("*/schedstat")
        ]
        with contextlib.suppress(OSError):
            waited_ns = [int(file.read_text().split()[1]) for file in files]
            return sum(waited_ns) / 1e9 if waited_ns else None
        return None

    def resident_bytes(self) -> int | None:
        """Returns the resident memory of the process; None without /proc."""
        with contextlib.suppress(FileNotFoundError):
            return int((_PROC / str(self.pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return None


@dataclass(frozen=True, slots=True)
class Cores:
    """Command prefixes that pin server and load to different cores; empty if that is not possible."""

    server: Sequence[str] = ()
    load: Sequence[str] = ()

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """Returns prefixes for the first two cores that this process may use, by `taskset`."""
        allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if len(allowed) < 2 or not (taskset := shutil.which("taskset")):
            return cls()
        return cls((taskset, "-c", str(allowed[0])), (taskset, "-c", str(allowed[1])))


def descendants(pid: int) -> Iterator[int]:
    """Returns all descendants of a process; none if the system does not provide them."""
    for file in (_PROC / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, file.read_text().split()):
                yield child
                yield from descendants(child)


def _cpu_s(pid: int) -> float | None:
    """Returns the CPU time of a process and of its ended children, so that nothing is lost when a child ends."""
    with contextlib.suppress(OSError):
        # The second field is the program's name in brackets; it may contain any character.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        # Ticks are too coarse; the CPU clock of the process (clock_getcpuclockid(3)) counts nanoseconds.
        return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED) + sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
    return None


@contextlib.contextmanager
def running(command: Sequence[str], ready: re.Pattern[str]) -> Iterator[Running]:
    """Runs a server until the block ends.

    Args:
        ready: matches the ready line on standard output; its group is the port.
    Raises:
        DidNotStart: there was no ready line.
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
    """Terminates the process; kills it if it does not end."""
    process.terminate()
    try:
        process.communicate(timeout=STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def dnsemu_command(file: Path, *options: str) -> list[str]:
    """Returns the command that serves a file on free loopback ports."""
    return [dnsemu_program(), "serve", str(file), "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0", *options]


def dnsemu_program() -> str:
    """Returns the path of dnsemu beside this interpreter."""
    return str(Path(sys.executable).with_name("dnsemu"))


def script_command(name: str) -> list[str]:
    """Returns the command of a small server in this folder."""
    return [sys.executable, str(Path(__file__).with_name(name))]
