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
    """A server did not become ready; the message says what it printed."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers on a loopback port. `ready_s` is how long it took from its start to its ready line."""

    pid: int
    port: int
    ready_s: float

    def cpu_s(self) -> float | None:
        """CPU time used by the process and its descendants, user and system together; None where there is no /proc."""
        found = [_cpu_s(pid) for pid in (self.pid, *descendants(self.pid))]
        return None if found[0] is None else sum(spent_s or 0 for spent_s in found)

    def processes(self) -> int:
        """How many there are: itself and its descendants."""
        return 1 + len(list(descendants(self.pid)))

    def waited_s(self) -> float | None:
        """How long its threads have waited for a core that others had; None where the system does not tell."""
        files = [
            file
            for pid in (self.pid, *descendants(self.pid))
            for file in (_PROC / str(pid) / "task").glob("*/schedstat")
        ]
        with contextlib.suppress(OSError):
            waited_ns = [int(file.read_text().split()[1]) for file in files]
            return sum(waited_ns) / 1e9 if waited_ns else None
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


def descendants(pid: int) -> Iterator[int]:
    """A process's children, theirs, and so on; none where the system does not tell."""
    for file in (_PROC / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, file.read_text().split()):
                yield child
                yield from descendants(child)


def _cpu_s(pid: int) -> float | None:
    """A process's own time and that of children that are gone, so that nothing is lost when a child ends."""
    with contextlib.suppress(OSError):
        # The second field is the program's name in brackets, and may hold anything.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        # Ticks are too coarse for the process itself; its CPU clock (clock_getcpuclockid(3)) counts nanoseconds.
        return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED) + sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
    return None


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


def dnsemu_command(file: Path, *options: str) -> list[str]:
    """dnsemu as it is installed beside this interpreter, serving a file on free loopback ports."""
    return [dnsemu_program(), "serve", str(file), "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0", *options]


def dnsemu_program() -> str:
    """The path of dnsemu beside this interpreter."""
    return str(Path(sys.executable).with_name("dnsemu"))


def script_command(name: str) -> list[str]:
    """One of the small servers in this folder."""
    return [sys.executable, str(Path(__file__).with_name(name))]
