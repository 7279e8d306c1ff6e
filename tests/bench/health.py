"""The benchmark of thousands of health checks: their cost, their delay, and the latency of DNS meanwhile.

Each workload gets a new server. Server and load have a core each; on the load's core are the endpoints and a client that
sends few queries, so that its latencies show the effect of health checks and not of overload. All load goes to loopback,
and every process is stopped however the run ends.
"""

import argparse
import json
import os
import platform
import re
import signal
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from http_sink import Sink, running_sink
from report import WIDTH
from rich import box
from rich.console import Console
from rich.table import Table
from servers import DNSEMU_READY, Cores, DidNotStart, Running, dnsemu_command, running
from slow_queries import QUERIES_PER_SECOND, ask
from zone import WEIGHTS, ZONE

WARM_UP_INTERVALS = 1.5
"""Intervals of warm-up; then every checker has reported and its second round has begun."""
ALL_REGIONS = (
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "sa-east-1",
)  # fmt: skip
NO_CHECKS = "none"

_PROBES = re.compile(r'^dnsemu_probes_total\{check="([^"]+)",.*result="(\w+)"\} (\S+)$', re.MULTILINE)
_LATE = re.compile(r'^dnsemu_probe_lateness_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)
_IN_FLIGHT = re.compile(r"^dnsemu_probes_in_flight (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Workload:
    """Health checks of one kind; `share` is their part of the number that the run was given."""

    title: str
    share: float
    type: str = "HTTP"
    regions: Sequence[str] = ("us-east-1",)
    per_region: int = 1
    silent_share: float = 0.0

    def file(self, number: int, interval_s: float, sink: Sink) -> str:
        """Returns a file for dnsemu with these checks, and a weighted name whose record sets use the first of them."""
        checks = round(number * self.share)
        silent = max(round(checks * self.silent_share), 1) if self.silent_share else 0
        lines = [f"health_checkers: {{regions: [{', '.join(self.regions)}], per_region: {self.per_region}}}"]
        lines += ["health_checks:"] if checks else []
        for index in range(checks):
            kind, port = ("check", sink.ports[index % len(sink.ports)])
            if index >= checks - silent:
                kind, port = "silent", sink.silent_port
            path = "" if self.type == "TCP" else f", resource_path: /{index}"
            lines.append(
                f"  - {{id: {kind}-{index}, type: {self.type}, ip_address: 127.0.0.1, port: {port}{path}, "
                f"request_interval: {interval_s:g}}}"
            )
        lines += ["hosted_zones:", f"  - name: {ZONE}", "    record_sets:"]
        for index, weight in enumerate(WEIGHTS):
            followed = f", health_check_id: check-{index}" if index < checks - silent else ""
            lines.append(
                f"      - {{name: weighted, type: A, ttl: 60, set_identifier: w{weight}, weight: {weight}, "
                f"resource_records: [192.0.2.{weight}]{followed}}}"
            )
        return "\n".join(lines) + "\n"


WORKLOADS = {
    NO_CHECKS: Workload("no health checks", 0.0),
    "http": Workload("HTTP, one checker each", 1.0),
    "fleet": Workload("HTTP, sixteen checkers each", 0.1, regions=ALL_REGIONS, per_region=2),
    "silent": Workload("HTTP, one in a hundred never answers", 1.0, silent_share=0.01),
    "tcp": Workload("TCP, one checker each", 1.0, type="TCP"),
}


@dataclass(frozen=True, slots=True)
class Scrape:
    """The metrics at an instant of `time.monotonic()`; `took_s` is the time that the scrape blocked the server."""

    at: float
    took_s: float
    probes: int
    failures: int
    late: dict[float, int]
    """Number of probes that began within a delay, by its upper bound in seconds."""
    in_flight: int


def main() -> None:
    """Runs the benchmark: prints a table, and writes JSON with `--json`."""
    options = _options()
    # SIGTERM ends a run as an interrupt does, through every `finally`.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    cores = Cores.of_this_machine()
    if cores.load:
        os.sched_setaffinity(0, {int(cores.load[-1])})
    entries: list[dict[str, Any]] = []
    try:
        for name in (NO_CHECKS, *(name for name in options.workloads if name != NO_CHECKS)):
            print(f"{name}: {WORKLOADS[name].title}", file=sys.stderr)
            entries.append(_measure(name, options, cores, entries[0] if entries else None))
    except KeyboardInterrupt:
        sys.exit(130)
    except (DidNotStart, OSError) as failure:
        sys.exit(str(failure))
    results = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "settings": {"seconds": options.seconds, "checks": options.checks, "interval_s": options.interval},
        "health_checks": entries,
        "notes": [] if cores.server else ["server and load share the cores: no taskset, or no second core"],
    }
    _print(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="how long each workload is measured (20)")
    parser.add_argument("--checks", type=int, default=10_000, help="how many the largest workloads have (10,000)")
    parser.add_argument("--interval", type=float, default=10, help="request interval of all checks, in seconds (10)")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    return parser.parse_args()


def _measure(name: str, options: argparse.Namespace, cores: Cores, no_checks: dict[str, Any] | None) -> dict[str, Any]:
    workload = WORKLOADS[name]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sink = stack.enter_context(running_sink(cores.load))
        file = scratch / "dnsemu.yaml"
        file.write_text(workload.file(options.checks, options.interval, sink))
        http_port = free_port()
        command = [*cores.server, *dnsemu_command(file), "--http", f"127.0.0.1:{http_port}"]
        server = stack.enter_context(running(command, DNSEMU_READY))
        at_start = server.resident_bytes()
        time.sleep(WARM_UP_INTERVALS * options.interval)
        # A scrape blocks the server while it is rendered. The delay of the one at the window's start is subtracted
        # again, estimated by the one before it.
        scrapes = []
        for _ in range(2):
            scrapes.append(_scrape(http_port))
            time.sleep(options.seconds / 10)
        files = [open_files(server)]
        cpu_s, waited_s, began = server.cpu_s(), server.waited_s(), time.monotonic()
        latencies = ask(server.port, f"weighted.{ZONE}", options.seconds)
        took_s = time.monotonic() - began
        cpu_share = _share(cpu_s, server.cpu_s(), took_s)
        waited_share = _share(waited_s, server.waited_s(), took_s)
        files.append(open_files(server))
        scrapes.append(_scrape(http_port))
        first, before, after = scrapes
        per_second = (after.probes - before.probes) / (after.at - before.at)
        late = {bound: after.late[bound] - 2 * before.late[bound] + first.late[bound] for bound in after.late}
        queries_share = no_checks["cpu_share"] if no_checks else None
        for_probes = None if cpu_share is None or queries_share is None else cpu_share - queries_share
        return {
            "workload": name,
            "checks": round(options.checks * workload.share),
            "checkers_each": len(workload.regions) * workload.per_region,
            "probes_per_second": per_second,
            "cpu_share": cpu_share,
            "waited_share": waited_share,
            "cpu_us_per_probe": for_probes / per_second * 1e6 if for_probes is not None and per_second else None,
            "late_s": {"p50": _bound(late, 0.5), "p99": _bound(late, 0.99), "counts": late},
            "in_flight": after.in_flight,
            "failures_not_meant": after.failures,
            "scrape_s": after.took_s,
            "memory_bytes": {"at_start": at_start, "steady": server.resident_bytes()},
            "open_files": {"before": files[0], "after": files[1]},
            "dns_us": latencies,
            "asked": sink.asked(),
        }


def free_port() -> int:
    """Returns a free loopback port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def open_files(server: Running) -> int | None:
    """Returns the number of open files and sockets of a process; None without /proc."""
    try:
        return len(os.listdir(f"/proc/{server.pid}/fd"))  # noqa: PTH208 — only their number is of interest
    except FileNotFoundError:
        return None


def _share(before_s: float | None, after_s: float | None, took_s: float) -> float | None:
    return None if before_s is None or after_s is None else (after_s - before_s) / took_s


def probes_by_check(metrics: str) -> dict[str, dict[str, int]]:
    """Returns the probes of each check that ended in `success` and in `failure`, from `/metrics`."""
    found: dict[str, dict[str, int]] = {}
    for check, result, number in _PROBES.findall(metrics):
        of_check = found.setdefault(check, {"success": 0, "failure": 0})
        of_check[result] += int(float(number))
    return found


def metrics(http_port: int) -> str:
    """Returns the text of `/metrics`."""
    with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/metrics") as response:
        text: str = response.read().decode()
    return text


def _scrape(http_port: int) -> Scrape:
    began = time.monotonic()
    text = metrics(http_port)
    took_s = time.monotonic() - began
    in_flight = _IN_FLIGHT.search(text)
    found = probes_by_check(text)
    return Scrape(
        at=began,
        took_s=took_s,
        probes=sum(sum(results.values()) for results in found.values()),
        failures=sum(r["failure"] for check, r in found.items() if not check.startswith("silent-")),
        late={float(bound): int(float(number)) for bound, number in _LATE.findall(text)},
        in_flight=int(float(in_flight[1])) if in_flight else 0,
    )


def _bound(late: dict[float, int], share: float) -> float | None:
    """Returns the upper bound, in seconds, of the bucket that holds the quantile `share` of the probes."""
    total = late[float("inf")]
    return next((bound for bound in sorted(late) if late[bound] >= share * total), None) if total else None


def _print(results: dict[str, Any]) -> None:
    # A pipe and a log have no width.
    console = Console(width=None if os.isatty(1) else WIDTH, highlight=False)
    settings = results["settings"]
    console.print(f"\nhealth checks every {settings['interval_s']:g} s, measured for {settings['seconds']:g} s each")
    console.print(f"µs/probe is CPU time, less what {QUERIES_PER_SECOND} queries a second cost without health checks")
    console.print(
        "waited: for a core that somebody else had; where that is much, so is lateness, and neither is dnsemu's"
    )
    cost = _table(
        "checks", "probes/s", "CPU", "µs/probe", "waited", "MB at start", "MB later", "files", "in flight", "failed"
    )
    felt = _table("late ms p50", "late ms p99", "DNS µs p50", "DNS µs p99", "DNS µs most", "DNS lost", "scrape s")
    for entry in results["health_checks"]:
        memory, dns_us, late_s = entry["memory_bytes"], entry["dns_us"], entry["late_s"]
        cost.add_row(
            entry["workload"],
            f"{entry['checks']:,} × {entry['checkers_each']}",
            f"{entry['probes_per_second']:,.0f}",
            _number(entry["cpu_share"], ".0%"),
            _number(entry["cpu_us_per_probe"], ",.0f"),
            _number(entry["waited_share"], ".1%"),
            *(_number(size, ".1f", 1e6) for size in memory.values()),
            _number(entry["open_files"]["after"], "d"),
            str(entry["in_flight"]),
            str(entry["failures_not_meant"]),
        )
        felt.add_row(
            entry["workload"],
            *(f"≤ {late_s[at] * 1e3:g}" if late_s[at] is not None else "–" for at in ("p50", "p99")),
            *(_number(dns_us[at], ",.0f") for at in ("p50", "p99", "most")),
            str(dns_us["lost"]),
            f"{entry['scrape_s']:.2f}",
        )
    console.print(cost, felt)
    for note in results["notes"]:
        console.print(f"note: {note}", markup=False)


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("", min_width=7)
    for header in headers:
        table.add_column(header, justify="right")
    return table


def _number(value: float | None, form: str, unit: float = 1) -> str:
    return "–" if value is None else format(value / unit if unit != 1 else value, form)


if __name__ == "__main__":
    main()
