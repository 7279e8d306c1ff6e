"""The process that sends queries: sender.c where a C compiler is found, python_sender.py elsewhere.

dnsperf replays a file in a loop, so whatever it varies soon comes again; these make parts of each query fresh.
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
"""Queries under way at most."""
MAX_UNDER_WAY = 255
TIMEOUT_S = 1.0
"""A query unanswered for so long is lost."""
SPARE_S = 20
"""How much longer than asked the sender may take before it is stopped."""
NETWORKS = 223 << 16
"""How many IPv4 networks of 24 bits there are before one comes again."""


class LoadFailed(Exception):
    """The sender did not finish, or no query was answered."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Part of a packet that each query has anew.

    `label` and `octets` (13 and 8 of them) and `network` (3) never come twice, by a counter that goes through them out
    of order; `case` throws dice for every letter of a name.
    """

    kind: str
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class Queries:
    """What is sent: a file of packets, in turn; what is fresh in each; one packet of garbage after so many."""

    packets: Path
    patches: Sequence[Patch] = ()
    garbage_every: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it. `seconds` is until the last reply; `idle_share` how much of it the sender had nothing to do.

    `completed` replies fit their query's id and question; `wrong` ones fit the id only, `stray` ones nothing;
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
        """Answers."""
        return self.completed / self.seconds


def packets_file(packets: Sequence[bytes]) -> bytes:
    """The packets as the senders, and `dnsperf -B`, read them: each behind its length, as over TCP."""
    return b"".join(struct.pack("!H", len(packet)) + packet for packet in packets)


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender that can be started. It spins if it has a core of its own: then no server pays for waking it."""

    language: str
    command: Sequence[str]
    spins: bool = False

    @classmethod
    def made(cls, folder: Path, pinned: Sequence[str] = (), *, in_python: bool = False) -> "Sender":
        """The best one to be had.

        Args:
            folder: where the program goes.
            pinned: what goes before its command to give it a core; without, it shares one.
            in_python: never mind a C compiler.
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
        """Send for so many seconds to a loopback port.

        Args:
            first: the number that fresh parts begin with.
            rate: queries a second, evenly; then latencies count from when a query was due. 0 is as many as the window
                lets through.
            sockets: the queries' source ports, for servers that share them out by those.
        Raises:
            LoadFailed: the sender did not finish, or nothing was answered.
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
