"""The benchmark: answers per second of dnsemu beside a bare echo, dnslib and whatever other servers are installed.

Machines differ and are noisy, so the figures to compare are ratios to the echo of the same run; where the echo was
not busy, the load was the limit, and CPU time per answer says more. All load goes to loopback, lasts as long as it is
told to, and whatever was started is stopped however the run ends.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
from load import Burst, Dnsperf, LoadFailed
from peers import PEER_WORKLOADS, PEERS, running_peer
from report import print_report
from servers import DNSEMU_READY, SCRIPT_READY, Cores, DidNotStart, Running, dnsemu_command, running, script_command
from workloads import MANY, WORKLOADS, dnsemu_file, dnsperf_file, many_record_sets

ECHOES = ("echo", "socket echo")


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to measure. `reads_questions` tells that its rcode means something; an echo's does not."""

    name: str
    start: Callable[[], AbstractContextManager[Running]]
    workloads: Sequence[str] = tuple(WORKLOADS)
    reads_questions: bool = True


def main() -> None:
    """Measure as the command line says, print tables, write JSON if asked."""
    options = _options()
    dnsperf = shutil.which("dnsperf")
    if dnsperf is None:
        sys.exit("dnsperf is not installed; packages of that name are in Debian, Ubuntu, Fedora and Homebrew")
    # A terminated run ends as an interrupted one does: by way of every `finally`.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    cores = Cores.of_this_machine()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            results = _measure(options, Path(scratch), cores, Dnsperf([*cores.load, dnsperf], options.seconds))
    except KeyboardInterrupt:
        sys.exit(130)
    except (DidNotStart, LoadFailed) as failure:
        sys.exit(str(failure))
    print_report(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3, help="how long a burst lasts (3)")
    parser.add_argument("--rounds", type=int, default=3, help="bursts of each workload at each server; starts, too (3)")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--record-sets", type=int, default=MANY, help=f"how many the large file has ({MANY})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    return parser.parse_args()


def _measure(options: argparse.Namespace, scratch: Path, cores: Cores, dnsperf: Dnsperf) -> dict[str, Any]:
    notes: list[str] = [] if cores.server else ["server and load share the cores: no taskset, or no second core"]
    with _closed_port() as closed:
        small, many = scratch / "small.yaml", scratch / "many.yaml"
        small.write_text(dnsemu_file(closed))
        many.write_text(many_record_sets(options.record_sets))
        start_up = _start_up(small, many, options, cores)
        with ExitStack() as stack:
            servers = _start_all(_contenders(small, scratch, cores), stack, notes)
            at_start = {contender.name: server.resident_octets() for contender, server in servers}
            load = _load(servers, options, scratch, dnsperf, notes)
            memory = [
                {
                    "server": contender.name,
                    "at_start_octets": at_start[contender.name],
                    "after_load_octets": server.resident_octets(),
                }
                for contender, server in servers
            ]
    return {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "settings": {"seconds": options.seconds, "rounds": options.rounds, "workloads": options.workloads},
        "load": load,
        "memory": memory,
        "start_up": start_up,
        "notes": notes,
    }


@contextlib.contextmanager
def _closed_port() -> Iterator[int]:
    """A loopback port that is taken but not listened on, so that connecting to it is refused."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def _contenders(small: Path, scratch: Path, cores: Cores) -> Sequence[Contender]:
    def script(name: str) -> Callable[[], AbstractContextManager[Running]]:
        return lambda: running([*cores.server, *script_command(name)], SCRIPT_READY)

    def peer(name: str) -> Callable[[], AbstractContextManager[Running]]:
        (scratch / name).mkdir()
        return lambda: running_peer(PEERS[name], scratch / name, cores.server)

    return [
        Contender("dnsemu", lambda: running([*cores.server, *dnsemu_command(small)], DNSEMU_READY)),
        Contender("echo", script("echo_uvloop.py"), reads_questions=False),
        Contender("socket echo", script("echo_socket.py"), reads_questions=False),
        Contender("dnslib", script("fixed_dnslib.py"), ("static",), reads_questions=False),
        *(Contender(name, peer(name), PEER_WORKLOADS) for name in PEERS),
    ]


Servers = Sequence[tuple[Contender, Running]]


def _start_all(contenders: Sequence[Contender], stack: ExitStack, notes: list[str]) -> Servers:
    """Start every contender; one that is no part of the project may be missing.

    Raises:
        DidNotStart: one of those that are.
    """
    started = []
    for contender in contenders:
        try:
            started.append((contender, stack.enter_context(contender.start())))
        except DidNotStart as failure:
            if contender.name not in PEERS:
                raise
            notes.append(str(failure))
    return started


def _load(
    servers: Servers, options: argparse.Namespace, scratch: Path, dnsperf: Dnsperf, notes: list[str]
) -> list[dict[str, Any]]:
    """Every workload at every server that answers it, in turns, so that a machine's moods meet all of them."""
    bursts: dict[tuple[str, str], list[Burst]] = {}
    plan: list[tuple[Contender, Running, str, Path]] = []
    for name in options.workloads:
        packets = WORKLOADS[name].packets()
        queries = scratch / f"{name}.packets"
        queries.write_bytes(dnsperf_file(packets))
        for contender, server in servers:
            if name not in contender.workloads:
                continue
            if contender.reads_questions and (rcode := _rcode(server, packets[0])) != WORKLOADS[name].rcode:
                notes.append(f"{contender.name} answers {name} with {rcode}, so it is left out")
                continue
            plan.append((contender, server, name, queries))
    for number in range(options.rounds):
        for contender, server, name, queries in plan:
            print(f"round {number + 1} of {options.rounds}: {name}, {contender.name}", file=sys.stderr)
            burst = dnsperf.burst(queries, server.port, server.cpu_s)
            bursts.setdefault((name, contender.name), []).append(burst)
    return [_entry(name, server, rounds, bursts) for (name, server), rounds in bursts.items()]


def _rcode(server: Running, packet: bytes) -> str:
    """How a server answers one question."""
    try:
        reply = dns.query.udp(dns.message.from_wire(packet), "127.0.0.1", port=server.port, timeout=1)
    except (OSError, dns.exception.DNSException) as failure:
        return repr(failure)
    return dns.rcode.to_text(reply.rcode())


def _entry(
    workload: str, server: str, rounds: Sequence[Burst], bursts: dict[tuple[str, str], list[Burst]]
) -> dict[str, Any]:
    middle = _median(rounds)
    ratio = {
        echo: middle["queries_per_second"] / _median(bursts[workload, echo])["queries_per_second"] for echo in ECHOES
    }
    cpu, of_echo = (m["cpu_us_per_query"] for m in (middle, _median(bursts[workload, "echo"])))
    return {
        "workload": workload,
        "server": server,
        "rounds": [asdict(burst) for burst in rounds],
        "median": middle,
        "ratio": {**ratio, "echo by CPU": of_echo / cpu if cpu and of_echo else None},
    }


def _median(rounds: Sequence[Burst]) -> dict[str, Any]:
    """The middle of each figure; `busy` is the share of a core that the server used."""
    per_second = median(burst.queries_per_second for burst in rounds)
    known = [burst.cpu_us_per_query for burst in rounds if burst.cpu_us_per_query is not None]
    cpu_us = median(known) if known else None
    return {
        "queries_per_second": per_second,
        "cpu_us_per_query": cpu_us,
        "busy": None if cpu_us is None else cpu_us * per_second / 1e6,
        "latency_us": median(burst.latency_us for burst in rounds),
    }


def _start_up(small: Path, many: Path, options: argparse.Namespace, cores: Cores) -> dict[str, Any]:
    """How long dnsemu takes to be ready with each file, and what it holds in memory then."""
    figures: dict[str, dict[str, Any]] = {}
    for name, file in (("small", small), ("many", many)):
        ready_s, resident = [], []
        for number in range(options.rounds):
            print(f"start {number + 1} of {options.rounds}: {name}", file=sys.stderr)
            with running([*cores.server, *dnsemu_command(file)], DNSEMU_READY) as server:
                ready_s.append(server.ready_s)
                resident.append(server.resident_octets())
        known = [octets for octets in resident if octets is not None]
        figures[name] = {"ready_s": ready_s, "resident_octets": median(known) if known else None}
    held = [figures[name]["resident_octets"] for name in ("small", "many")]
    per_record_set = None if None in held else (held[1] - held[0]) / options.record_sets
    return {**figures, "record_sets": options.record_sets, "octets_per_record_set": per_record_set}


if __name__ == "__main__":
    main()
