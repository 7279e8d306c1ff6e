"""One burst of queries from dnsperf to a loopback port, and what came of it."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 1
"""A query unanswered for so long is lost."""
SPARE_S = 10
"""How much longer than asked dnsperf may take before it is stopped."""

_NUMBER = re.compile(r"^  (Queries sent|Queries completed|Queries lost|Queries per second): +([\d.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^  Average Latency \(s\): +([\d.]+)", re.MULTILINE)
_RCODES = re.compile(r"^  Response codes: +(.+)$", re.MULTILINE)
_RCODE = re.compile(r"(\w+) (\d+)")


class LoadFailed(Exception):
    """dnsperf did not finish, or said something that is not understood."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What one run of dnsperf saw. `cpu_us_per_query` is the server's own time, None where the system does not tell."""

    queries_per_second: float
    sent: int
    completed: int
    lost: int
    rcodes: dict[str, int]
    latency_us: float
    cpu_us_per_query: float | None


@dataclass(frozen=True, slots=True)
class Dnsperf:
    """dnsperf, as it is to be started: `command` ends in the program's path, with whatever pins it to a core before."""

    command: Sequence[str]
    seconds: float

    def burst(self, queries: Path, port: int, cpu_s: Callable[[], float | None]) -> Burst:
        """Ask a server on loopback for so many seconds, with at most 100 queries under way.

        Args:
            queries: packets, each behind its length.
            cpu_s: tells how many seconds of CPU the server has used by now.
        Raises:
            LoadFailed: no figures came of it.
        """
        arguments = ["-B", "-d", str(queries), "-s", "127.0.0.1", "-p", str(port), "-c", "1", "-q", "100"]
        arguments += ["-t", str(TIMEOUT_S), "-l", str(self.seconds)]
        before_s = cpu_s()
        with tempfile.TemporaryFile("w+") as said:
            try:
                subprocess.run(
                    [*self.command, *arguments],
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    check=True,
                    timeout=self.seconds + TIMEOUT_S + SPARE_S,
                )
            except subprocess.SubprocessError as failure:
                said.seek(0)
                raise LoadFailed(f"{failure}\n{said.read()[-2000:]}") from None
            after_s = cpu_s()
            said.seek(0)
            return _read(said.read(), None if before_s is None or after_s is None else after_s - before_s)


def _read(text: str, cpu_s: float | None) -> Burst:
    numbers = {key: float(value) for key, value in _NUMBER.findall(text)}
    latency, rcodes = _LATENCY.search(text), _RCODES.search(text)
    if len(numbers) < 4 or not numbers["Queries completed"] or latency is None or rcodes is None:
        raise LoadFailed(f"no answers, or dnsperf's report is not understood:\n{text[-2000:]}")
    completed = int(numbers["Queries completed"])
    return Burst(
        queries_per_second=numbers["Queries per second"],
        sent=int(numbers["Queries sent"]),
        completed=completed,
        lost=int(numbers["Queries lost"]),
        rcodes={name: int(number) for name, number in _RCODE.findall(rcodes[1])},
        latency_us=float(latency[1]) * 1e6,
        cpu_us_per_query=None if cpu_s is None else cpu_s / completed * 1e6,
    )
