"""Cheap endpoints for health checks: every request gets a short answer at once.

Paths `/flap/N` answer 200 or 503 by a schedule that follows from the machine's clock. Run as a script, it serves until
SIGTERM and then prints the counts of requests, as JSON.
"""

import argparse
import asyncio
import contextlib
import json
import re
import select
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import uvloop
from servers import READY_WITHIN_S, DidNotStart, script_command, stop

BACKLOG = 4096
THRESHOLD = 3
"""Equal answers in a row that flip a checker's vote; the checks have this `failure_threshold`."""
STAGGER = (5**0.5 - 1) / 2
"""Phases at distances of the golden section stay evenly spread, for any number of them."""

_FLAP = re.compile(rb"GET /flap/(\d+) ")
_UP = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nup\n"
_DOWN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\ndown\n"


def is_up(number: int, at: float, period_s: float) -> bool:
    """True if `/flap/N` answers 200: for half of each period, with a phase that depends on N.

    Args:
        at: `time.monotonic()`, which all processes of a machine share.
    """
    return not int(_half_periods(number, at, period_s)) % 2


def turns(number: int, start: float, end: float, period_s: float) -> int:
    """Returns the number of turns of `/flap/N` between two instants."""
    return int(_half_periods(number, end, period_s)) - int(_half_periods(number, start, period_s))


def _half_periods(number: int, at: float, period_s: float) -> float:
    return 2 * (at / period_s + number * STAGGER)


@dataclass(slots=True)
class FlapAnswers:
    """The answers of a flapping path to its only checker, and the flips of the checker's vote that follow (H64)."""

    is_up: bool = True
    against: int = 0
    changes: int = 0
    ups: int = 0
    downs: int = 0

    def add(self, *, is_up: bool) -> None:
        """Adds an answer."""
        self.ups += is_up
        self.downs += not is_up
        self.against = 0 if is_up is self.is_up else self.against + 1
        if self.against == THRESHOLD:
            self.is_up, self.against, self.changes = is_up, 0, self.changes + 1


class Endpoint(asyncio.Protocol):
    """One connection. Requests are small and arrive whole; the client closes."""

    def __init__(self, counts: dict[str, int], told: dict[int, FlapAnswers], period_s: float) -> None:
        self._counts = counts
        self._told = told
        self._period_s = period_s

    def connection_made(self, transport):
        self._counts["connections"] += 1
        self._transport = transport

    def data_received(self, data):
        self._counts["requests"] += 1
        found = _FLAP.match(data)
        if found is None:
            self._transport.write(_UP)
            return
        number = int(found[1])
        up = is_up(number, time.monotonic(), self._period_s)
        self._told[number].add(is_up=up)
        self._transport.write(_UP if up else _DOWN)


class Silence(asyncio.Protocol):
    """A connection that is accepted and never answered."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def connection_made(self, transport):
        self._counts["silent"] += 1


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink. It listens on several `ports`, because a client has 64 K source ports for each destination."""

    ports: Sequence[int]
    silent_port: int
    process: subprocess.Popen[str]

    def asked(self) -> dict[str, Any]:
        """Stops it and returns its counts: `connections`, `requests`, `silent` connections; `flaps` by path."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=READY_WITHIN_S)
        counts: dict[str, Any] = json.loads(said)
        return counts


@contextlib.contextmanager
def running_sink(pinned: Sequence[str], *, ports: int = 16, period_s: float = 1.0) -> Iterator[Sink]:
    """Runs a sink until the block ends.

    Args:
        pinned: command prefix that pins it to a core.
        period_s: of the paths that flap, in real seconds.
    Raises:
        DidNotStart: it did not listen.
    """
    command = [*pinned, *script_command("http_sink.py"), "--ports", str(ports), "--period", str(period_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN_S)
        line = process.stdout.readline() if readable else ""
        if not line.startswith("ready "):
            raise DidNotStart(f"{' '.join(command)} printed {line!r}")
        silent, *answering = map(int, line.split()[1:])
        yield Sink(answering, silent, process)
    finally:
        if process.poll() is None:
            stop(process)


async def main() -> None:
    """Serves until terminated. The ready line has the silent port first, then the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", type=int, default=1, help="how many to listen on (1)")
    parser.add_argument("--period", type=float, default=1.0, help="real seconds in which /flap/N turns twice (1)")
    options = parser.parse_args()
    loop = asyncio.get_running_loop()
    counts = dict.fromkeys(("connections", "requests", "silent"), 0)
    told: dict[int, FlapAnswers] = defaultdict(FlapAnswers)
    makers = [lambda: Silence(counts), *[lambda: Endpoint(counts, told, options.period)] * options.ports]
    servers = [await loop.create_server(made, "127.0.0.1", 0, backlog=BACKLOG) for made in makers]
    terminated = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, terminated.set)
    print("ready", *(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await terminated.wait()
    flaps = {f"/flap/{number}": asdict(told[number]) for number in sorted(told)}
    print(json.dumps({**counts, "flaps": flaps}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
