"""The process that sends queries: sender.c where a C compiler is found, python_sender.py elsewhere.

dnsperf replays a file in a loop, so its variations repeat soon; these senders make parts of each query fresh.
"""

import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

WINDOW = 100
"""Maximum of queries in flight."""
MAX_UNDER_WAY = 255
TIMEOUT_S = 1.0
"""Seconds after which an unanswered query is lost."""
SPARE_S = 20
"""Seconds that the sender may take beyond the requested time before it is stopped."""
NETWORKS = 223 << 16
"""Number of IPv4 networks of 24 bits before they repeat."""


class LoadFailed(Exception):
    """The sender did not finish, or no query was answered."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a packet that is fresh in each query.

    `label` (13 bytes), `bytes` (8) and `network` (3) never repeat: they come from a counter, shuffled. `case` draws
    upper or lower case for every letter of a name.
    """

    kind: str
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries to send: a file of packets, sent in turn; their fresh parts; one packet of garbage after so many."""

    packets: Path
    patches: Sequence[Patch] = ()
    garbage_every: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """The figures of a run. `seconds` is until the last reply; in `idle_share` of that time the sender was idle.

    `completed` replies match their query's id and question, `wrong` ones only the id, `stray` ones nothing;
    `answered` carry a record. `next` is the first number that is still fresh.
    """

    seconds: float
    idle_share: float
    sent: int
    completed: int
    lost: int
    wrong: int
    stray: int
    answered: int
    truncated: int
    garbage_sent: int
    garbage_replies: int
    next: int
    latency_us: dict[str, float]
    rcodes: dict[str, int]

    @property
    def per_second(self) -> float:
        """Completed answers per second."""
        return self.completed / self.seconds


def packets_file(packets: Sequence[bytes]) -> bytes:
    """Returns packets as the senders and `dnsperf -B` read them: each after its length, as over TCP."""
    return b"".join(struct.pack("!H", len(packet)) + packet for packet in packets)


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender program. It spins if it has a core to itself: then no server pays for waking it."""

    language: str
    command: Sequence[str]
    spins: bool = False

    @classmethod
    def made(cls, folder: Path, pinned: Sequence[str] = (), *, in_python: bool = False) -> "Sender":
        """Returns the fastest sender that is available.

        Args:
            folder: for the compiled program.
            pinned: command prefix that pins it to a core; empty if it shares one.
            in_python: use Python even if there is a C compiler.
        """
        compiler = None if in_python else shutil.which("cc")
        program = folder / "sender"
        if compiler is not None:
            source = str(Path(__file__).with_name("sender.c"))
            done = subprocess.run([compiler, "-O2", "-o", str(program), source], capture_output=True, check=False)
            if done.returncode == 0:
                return cls("C", [*pinned, str(program)], bool(pinned))
        return cls("Python", [*pinned, sys.executable, str(Path(__file__).with_name("python_sender.py"))], bool(pinned))

    def send(
        self,
        port: int,
        queries: Queries,
        seconds: float,
        *,
        first: int = 0,
        rate: float = 0,
        sockets: int = 1,
        timeout_s: float = TIMEOUT_S,
    ) -> Sent:
        """Sends to a loopback port for a number of seconds.

        Args:
            first: the number of the first fresh part.
            rate: queries per second, evenly spaced; latencies then count from when a query was due. 0 sends as many as the
                window allows.
            sockets: number of source ports; the kernel divides queries among workers by them.
        Raises:
            LoadFailed: the sender did not finish, or no query was answered.
        """
        window = MAX_UNDER_WAY if rate else WINDOW
        options: dict[str, Any] = {"port": port, "packets": queries.packets, "seconds": seconds, "window": window}
        options |= {"first": first, "rate": rate, "sockets": sockets, "timeout": timeout_s}
        options["garbage-every"] = queries.garbage_every
        command = [*self.command, *(f"--{key}={value}" for key, value in options.items())]
        command += [f"--patch={patch.kind},{patch.at},{patch.length}" for patch in queries.patches]
        command += ["--spin"] if self.spins else []
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=seconds + timeout_s + SPARE_S
            )
        except subprocess.CalledProcessError as failure:
            raise LoadFailed(f"{failure}\n{failure.stderr[-2000:]}") from None
        except subprocess.TimeoutExpired as failure:
            raise LoadFailed(str(failure)) from None
        said = json.loads(done.stdout)
        sent = Sent(**{field.name: said[field.name] for field in fields(Sent)})
        if not sent.completed:
            raise LoadFailed(f"no answers at all: {sent}")
        return sent
