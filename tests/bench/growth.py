"""Measures the cost of answers with more record sets, a flapping health check, more workers; and the start-up.

Each part alternates between two servers, or two states of one, and compares the cost of an answer.
"""

import contextlib
import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

from health import free_port
from load import Burst, Loads, middle, ratio
from servers import DNSEMU_READY, Cores, Running, dnsemu_command, dnsemu_program, running
from workloads import WORKLOADS
from zone import HOT_NAMES, ZONE, dnsemu_file, many_record_sets

FLAPS_EVERY_S = 1.0
FLAPPING = "check-0"
WORKERS = 2
WORKER_SOCKETS = 32
"""Source ports. The kernel gives all queries of a source port to one worker, so several are needed."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of the parts of a run."""

    few: int = 100
    many: int = 100_000
    zones: int = 1_000
    """Zones that hold the `many` record sets; the few are in one."""


FULL = Sizes()
QUICK = Sizes(many=5_000, zones=50)


@dataclass(frozen=True, slots=True)
class Bench:
    """Shared by the parts of a run. `closed_port` refuses connections."""

    loads: Loads
    rounds: int
    cores: Cores
    scratch: Path
    closed_port: int
    sizes: Sizes

    def serving(self, file: Path, *options: str) -> AbstractContextManager[Running]:
        """Runs dnsemu with a file, on its core."""
        return running([*self.cores.server, *dnsemu_command(file, *options)], DNSEMU_READY)


@dataclass(frozen=True, slots=True)
class Pair:
    """Alternating bursts: before and after something grew."""

    before: str
    after: str
    bursts_before: Sequence[Burst]
    bursts_after: Sequence[Burst]
    more: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Returns plain data; the ratio is the speed of `after` over `before`."""
        found = ratio(self.bursts_after, self.bursts_before)
        return {
            "ratio": {"median": found.median, "low": found.low, "high": found.high},
            "before": {"what": self.before, **middle(self.bursts_before)},
            "after": {"what": self.after, **middle(self.bursts_after)},
            "rounds": [
                {"before": before.as_json(), "after": after.as_json()}
                for before, after in zip(self.bursts_before, self.bursts_after, strict=True)
            ],
            **self.more,
        }


Asking = Callable[[], Burst]


def _in_turns(rounds: int, before: Asking, after: Asking) -> tuple[list[Burst], list[Burst]]:
    """Alternates between the two; their order changes from round to round."""
    bursts: tuple[list[Burst], list[Burst]] = ([], [])
    for number in range(rounds):
        order = ((0, before), (1, after)) if number % 2 == 0 else ((1, after), (0, before))
        for place, ask in order:
            bursts[place].append(ask())
    return bursts


# --- record sets ---


def record_sets(bench: Bench) -> Pair:
    """Measures the same hot names beside few and beside very many other record sets."""
    sizes, loads = bench.sizes, bench.loads
    with ExitStack() as stack:
        servers = []
        for number, zones in ((sizes.few, 1), (sizes.many, sizes.zones)):
            file = bench.scratch / f"beside{number}.json"
            file.write_text(json.dumps(_hot_beside(number, zones)))
            servers.append(stack.enter_context(bench.serving(file)))
        few, many = servers
        before, after = _in_turns(
            bench.rounds,
            lambda: loads.burst("hot names", WORKLOADS["hot names"], few),
            lambda: loads.burst("hot names", WORKLOADS["hot names"], many),
        )
        resident = [server.resident_bytes() for server in servers]
        more = {"ready_s": [server.ready_s for server in servers], "resident_bytes": resident}
    what = f"{HOT_NAMES:,} hot names beside"
    return Pair(
        f"{what} {sizes.few:,}", f"{what} {sizes.many:,} record sets in {sizes.zones:,} zones", before, after, more
    )


def _hot_beside(number: int, zones: int) -> dict[str, Any]:
    """Returns a file with the hot names' zone, and `number` record sets in `zones` other zones."""

    def simple(name: str, index: int) -> dict[str, Any]:
        return {"name": name, "type": "A", "ttl": 60, "resource_records": [f"192.0.2.{index % 250}"]}

    hot = {"name": ZONE, "record_sets": [simple(f"h{index}", index) for index in range(HOT_NAMES)]}
    others = [
        {"name": f"zone{zone}.test", "record_sets": [simple(f"r{index}", index) for index in range(number // zones)]}
        for zone in range(zones)
    ]
    return {"hosted_zones": [hot, *others]}


# --- a flapping health check ---


def flapping(bench: Bench) -> Pair:
    """Measures the same hot names while nothing changes, and while an unrelated health check flaps."""
    file = bench.scratch / "flapping.yaml"
    file.write_text(dnsemu_file(bench.closed_port))
    http_port = free_port()
    turns: list[str] = []
    # The last --http wins.
    with bench.serving(file, "--http", f"127.0.0.1:{http_port}") as server:

        def ask() -> Burst:
            return bench.loads.burst("hot names", WORKLOADS["hot names"], server, at_least_s=2 * FLAPS_EVERY_S)

        def ask_meanwhile() -> Burst:
            with _flapping(http_port, turns):
                return ask()

        before, after = _in_turns(bench.rounds, ask, ask_meanwhile)
    what = f"{HOT_NAMES:,} hot names"
    return Pair(what, f"{what}, a health check flapping every second", before, after, {"turns": len(turns)})


@contextlib.contextmanager
def _flapping(http_port: int, turns: list[str]) -> Iterator[None]:
    """Toggles a health check at once and then every second, until the block ends."""
    over = Event()
    failures: list[OSError] = []

    def turn() -> None:
        try:
            while True:
                turns.append("healthy" if turns and turns[-1] == "unhealthy" else "unhealthy")
                force(http_port, FLAPPING, turns[-1])
                if over.wait(FLAPS_EVERY_S):
                    return
        except OSError as failure:
            failures.append(failure)

    thread = Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if failures:
            raise failures[0]


def force(http_port: int, check: str, status: str) -> None:
    """Forces a health check's status by the control API.

    Raises:
        OSError: it was refused, or the status is another one.
    """
    request = urllib.request.Request(
        f"http://127.0.0.1:{http_port}/dnsemu/v1/health-checks/{check}/force",
        json.dumps({"status": status}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        found = json.load(response)
    if found["status"] != status:
        raise OSError(f"{check} was forced {status} and is {found['status']}")


# --- workers ---


def workers(bench: Bench) -> Pair | None:
    """Compares one worker with several on the same core, by the CPU time of all processes.

    Returns:
        None if dnsemu has no such option.
    """
    said = subprocess.run([dnsemu_program(), "serve", "--help"], capture_output=True, text=True, check=True)
    if "--workers" not in said.stdout:
        return None
    file = bench.scratch / "workers.yaml"
    file.write_text(dnsemu_file(bench.closed_port))
    with (
        bench.serving(file, "--workers", "1") as one,
        bench.serving(file, "--workers", str(WORKERS)) as several,
    ):

        def asking(server: Running) -> Asking:
            return lambda: bench.loads.burst("static", WORKLOADS["static"], server, sockets=WORKER_SOCKETS)

        before, after = _in_turns(bench.rounds, asking(one), asking(several))
        processes = [server.processes() for server in (one, several)]
    return Pair("1 worker", f"{WORKERS} workers", before, after, {"processes": processes})


PARTS: dict[str, Callable[[Bench], Pair | None]] = {
    "record sets": record_sets,
    "flapping": flapping,
    "workers": workers,
}


# --- start ---


def start_up(bench: Bench, record_sets: int) -> dict[str, Any]:
    """Measures the time until dnsemu is ready with each file, and its memory then."""
    small, many = bench.scratch / "small.yaml", bench.scratch / "many.yaml"
    small.write_text(dnsemu_file(bench.closed_port))
    many.write_text(many_record_sets(record_sets))
    figures: dict[str, dict[str, Any]] = {}
    for name, file in (("small", small), ("many", many)):
        ready_s, resident = [], []
        for _ in range(bench.rounds):
            with bench.serving(file) as server:
                ready_s.append(server.ready_s)
                resident.append(server.resident_bytes())
        known = [size for size in resident if size is not None]
        figures[name] = {"ready_s": ready_s, "resident_bytes": median(known) if known else None}
    held = [figures[name]["resident_bytes"] for name in ("small", "many")]
    per_record_set = None if None in held else (held[1] - held[0]) / record_sets
    return {**figures, "record_sets": record_sets, "bytes_per_record_set": per_record_set}
