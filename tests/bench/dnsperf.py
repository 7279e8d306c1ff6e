"""Measures with dnsperf, if it is installed, to check the sender's figures with an independent tool."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sender import TIMEOUT_S, WINDOW

SPARE_S = 10

_PER_SECOND = re.compile(r"^  Queries per second: +([\d.]+)", re.MULTILINE)


def dnsperf_per_second(pinned: Sequence[str], packets: Path, port: int, seconds: float) -> float | None:
    """Returns answers per second from a loopback port with as many queries in flight; None if dnsperf failed."""
    program = shutil.which("dnsperf")
    if program is None:
        return None
    command = [*pinned, program, "-B", "-d", str(packets), "-s", "127.0.0.1", "-p", str(port), "-c", "1"]
    command += ["-q", str(WINDOW), "-t", str(TIMEOUT_S), "-l", str(seconds)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + SPARE_S)
    except subprocess.SubprocessError:
        return None
    found = _PER_SECOND.search(said.stdout)
    return float(found[1]) if found else None
