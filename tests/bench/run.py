"""The benchmark of answers: the cost of one in dnsemu, a bare echo, dnslib and other installed servers.

Machines differ and are noisy, so the figures to compare are ratios within a run, by the CPU time of the servers' processes
per answer: that is valid even if the load is the limit, or other programs use the core. Every round visits every server
with every workload. All load goes to loopback, and every process is stopped however the run ends.
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
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from aims import Figures, verdicts
from chart import chart
from contenders import ECHO, OURS, SOCKET_ECHO, Servers, contenders, start_all, unfit, versions
from dnsperf import dnsperf_per_second
from growth import FULL, PARTS, QUICK, Bench, start_up
from latency import latencies
from load import Burst, Loads, Ratio, middle, ratio
from peers import PEERS
from report import print_report
from sender import LoadFailed, Sender
from servers import Cores, DidNotStart
from workloads import WORKLOADS
from zone import dnsemu_file

LOAD, LATENCY, START = "load", "latency", "start"
MANY = 10_000
CHECKS, INTERVAL_S = 1_000, 10.0
QUICK_CHECKS, QUICK_INTERVAL_S = 100, 1.0


@dataclass(slots=True)
class Measured:
    """The results of a run so far."""

    bursts: dict[tuple[str, str], list[Burst]] = field(default_factory=dict)
    growth: dict[str, dict[str, Any]] = field(default_factory=dict)
    latency: list[dict[str, Any]] = field(default_factory=list)
    start_up: dict[str, Any] | None = None
    dnsperf: dict[str, float] | None = None
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Errors that ended parts early; the results of those parts so far are kept."""

    def figures(self) -> Figures:
        """Returns the figures for the aims."""
        return Figures(self.bursts, {name: Ratio(**pair["ratio"]) for name, pair in self.growth.items()})


def main() -> None:
    """Runs the benchmark: prints tables, and writes JSON with `--json` and a chart with `--chart`."""
    options = _options()
    # SIGTERM ends a run as an interrupt does, through every `finally`.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    cores = Cores.of_this_machine()
    busy_before = _load_average()
    try:
        with tempfile.TemporaryDirectory() as folder, _closed_port() as closed:
            scratch = Path(folder)
            sender = Sender.made(scratch, cores.load, in_python=options.python_sender)
            loads = Loads(sender, options.seconds, scratch)
            bench = Bench(loads, options.rounds, cores, scratch, closed, QUICK if options.quick else FULL)
            measured = _measure(options, bench)
    except KeyboardInterrupt:
        sys.exit(130)
    results = _results(options, measured, sender.language, busy_before)
    print_report(results)
    if options.json:
        options.json.write_text(written(results))
    if options.chart:
        options.chart.write_text(chart(results))
    if measured.failures:
        sys.exit("\n".join(measured.failures))


def written(results: dict[str, Any]) -> str:
    """Returns results as JSON with five significant digits and one line for each entry of a list, for readable diffs."""
    lines = []
    for key, value in results.items():
        if isinstance(value, list) and value:
            entries = ",\n  ".join(json.dumps(_rounded(entry), ensure_ascii=False) for entry in value)
            lines.append(f" {json.dumps(key)}: [\n  {entries}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(_rounded(value), ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = (LOAD, *PARTS, LATENCY, START)
    parser.add_argument("--seconds", type=float, help="how long a burst lasts (1)")
    parser.add_argument("--rounds", type=int, help="bursts of each workload at each server; starts, too (5)")
    parser.add_argument("--quick", action="store_true", help="a little of everything, in about a minute")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, metavar="PART", help=", ".join(parts))
    parser.add_argument("--record-sets", type=int, help=f"how many the file of the part {START} has ({MANY})")
    parser.add_argument("--python-sender", action="store_true", help="do without the C compiler")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw the results there")
    options = parser.parse_args()
    seconds, rounds, record_sets = (0.2, 1, 1_000) if options.quick else (1.0, 5, MANY)
    options.seconds = options.seconds or seconds
    options.rounds = options.rounds or rounds
    options.record_sets = options.record_sets or record_sets
    if options.chart and LOAD not in options.parts:
        parser.error(f"--chart draws what the part {LOAD} measures: add it to --parts")
    return options


def _measure(options: argparse.Namespace, bench: Bench) -> Measured:
    measured = Measured()
    if not bench.cores.server:
        measured.notes.append("server and load share the cores: no taskset, or no second core")
    for name, part in _parts(options, bench, measured).items():
        if name in options.parts:
            _say(name)
            try:
                part()
            except (DidNotStart, LoadFailed, OSError) as failure:
                measured.failures.append(f"{name}: {failure}")
    measured.notes += bench.loads.notes
    return measured


def _parts(options: argparse.Namespace, bench: Bench, measured: Measured) -> dict[str, Callable[[], None]]:
    """Returns the parts by name, in the order of measuring; each adds to the results."""

    def start() -> None:
        measured.start_up = start_up(bench, options.record_sets)

    def load() -> None:
        small = bench.scratch / "dnsemu.yaml"
        small.write_text(dnsemu_file(bench.closed_port))
        with ExitStack() as stack:
            servers = start_all(contenders(small, bench.scratch, bench.cores), stack, measured.notes)
            _load(servers, options.workloads, bench, measured)

    def growth(name: str) -> None:
        pair = PARTS[name](bench)
        if pair is None:
            measured.notes.append(f"{name}: left out, as dnsemu has no such option")
        else:
            measured.growth[name] = pair.as_json()

    def latency() -> None:
        checks = (QUICK_CHECKS, QUICK_INTERVAL_S) if options.quick else (CHECKS, INTERVAL_S)
        measured.latency = latencies(bench, *checks)

    return {START: start, LOAD: load, **{name: partial(growth, name) for name in PARTS}, LATENCY: latency}


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _closed_port() -> Iterator[int]:
    """Yields a loopback port that is bound but not listened on: connecting to it is refused."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def _load(servers: Servers, names: Sequence[str], bench: Bench, measured: Measured) -> None:
    """Measures every workload on every server that answers it, in turns, so that noise affects all alike."""
    plan = []
    for name in names:
        for contender, server in servers:
            if name not in contender.workloads:
                continue
            if why := unfit(contender, server, name):
                if contender.name not in PEERS:
                    raise LoadFailed(f"{contender.name} answers {name} with {why}")
                measured.notes.append(f"{contender.name} answers {name} with {why}, so it is left out")
                continue
            plan.append((name, contender.name, server))
    for number in range(bench.rounds):
        _say(f"{LOAD}, round {number + 1} of {bench.rounds}")
        found: dict[tuple[str, str], Burst] = {}
        for name, contender_name, server in plan:
            try:
                found[name, contender_name] = bench.loads.burst(name, WORKLOADS[name], server)
            except LoadFailed as failure:
                if contender_name not in PEERS:
                    raise
                measured.notes.append(f"{contender_name} is left out from here on: {failure}")
        # Only complete rounds count, and servers that were there in each: rounds are compared one by one.
        plan = [each for each in plan if each[:2] in found]
        kept = {key: [*measured.bursts.get(key, ()), burst] for key, burst in found.items()}
        measured.bursts = kept
    for (name, contender_name), bursts in measured.bursts.items():
        measured.notes += _deviations(name, contender_name, bursts)
    measured.dnsperf = _checked_by_dnsperf(servers, names, bench)


def _deviations(name: str, server: str, bursts: Sequence[Burst]) -> Iterator[str]:
    """Yields the deviations from a workload's expected replies; an echo's rcodes are ignored."""
    replies = sum(burst.sent.wrong + burst.sent.stray for burst in bursts)
    if replies:
        yield f"{server}, {name}: {replies} replies did not fit their queries"
    if server in (ECHO, SOCKET_ECHO):
        return
    wanted, completed = WORKLOADS[name].rcode, sum(burst.sent.completed for burst in bursts)
    right = sum(burst.sent.rcodes.get(wanted, 0) for burst in bursts)
    if right != completed:
        yield f"{server}, {name}: {completed - right} of {completed} answers were not {wanted}"
    empty = right - sum(burst.sent.answered for burst in bursts)
    if wanted == "NOERROR" and empty:
        yield f"{server}, {name}: {empty} of {completed} answers had no record"


def _checked_by_dnsperf(servers: Servers, names: Sequence[str], bench: Bench) -> dict[str, float] | None:
    """Measures one static name on dnsemu with both senders, in answers per second."""
    if "static" not in names or shutil.which("dnsperf") is None:
        return None
    (server,) = (server for contender, server in servers if contender.name == OURS)
    burst = bench.loads.burst("static", WORKLOADS["static"], server)
    packets = bench.loads.queries("static", WORKLOADS["static"]).packets
    theirs = dnsperf_per_second(bench.cores.load, packets, server.port, bench.loads.seconds)
    return None if theirs is None else {"ours": burst.answers_per_second, "dnsperf": theirs}


def _results(options: argparse.Namespace, measured: Measured, language: str, busy_before: str | None) -> dict[str, Any]:
    if measured.dnsperf:
        said = ", ".join(f"{sender} {per_second:,.0f}" for sender, per_second in measured.dnsperf.items())
        measured.notes.append(f"static at dnsemu once more, answers/s by the sender's make: {said}")
    if options.quick:
        measured.notes.append("a quick run: it shows that everything works, and its verdicts say little")
    load = [_entry(name, server, measured) for name, server in measured.bursts]
    return {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "load_average": {"before": busy_before, "after": _load_average()},
        },
        "versions": versions(),
        "settings": {
            "seconds": options.seconds,
            "rounds": options.rounds,
            "workloads": options.workloads,
            "parts": list(options.parts),
            "sender": language,
        },
        "load": load,
        "noise": _noise([entry["median"] for entry in load]),
        "memory": [
            {"workload": name, "rounds": [burst.resident_bytes for burst in bursts]}
            for (name, server), bursts in measured.bursts.items()
            if server == OURS and WORKLOADS[name].is_cold
        ],
        "growth": measured.growth,
        "latency": measured.latency,
        "start_up": measured.start_up,
        "dnsperf": measured.dnsperf,
        "aims": verdicts(measured.figures()),
        "notes": measured.notes,
        "failures": measured.failures,
    }


def _entry(workload: str, server: str, measured: Measured) -> dict[str, Any]:
    rounds = measured.bursts[workload, server]
    return {
        "workload": workload,
        "title": WORKLOADS[workload].title,
        "server": server,
        "median": middle(rounds),
        "ratio": {echo: asdict(ratio(rounds, measured.bursts[workload, echo])) for echo in (ECHO, SOCKET_ECHO)},
        "rounds": [burst.as_json() for burst in rounds],
    }


def _noise(middles: Sequence[dict[str, Any]]) -> dict[str, float | None] | None:
    """Returns the noise of the machine: the spread of the rounds, and the time that servers waited for a core."""
    if not middles:
        return None
    spreads = [each["spread"] for each in middles]
    waited = [each["waited"] for each in middles if each["waited"] is not None]
    return {"median": median(spreads), "most": max(spreads), "waited": median(waited) if waited else None}


def _load_average() -> str | None:
    try:
        return ", ".join(f"{average:.2f}" for average in os.getloadavg())
    except OSError:
        return None


if __name__ == "__main__":
    main()
