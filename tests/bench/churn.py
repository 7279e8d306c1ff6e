"""Runs an hour of changing health checks at sixty times the speed, and looks for growth and lost changes.

Endpoints flap by a schedule, the file is changed now and then, and all events are read from the event stream. A change
that does not fit is printed, and makes the run fail.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from accounts import astray, breaks, differences, event_number, gaps
from health import free_port, metrics, open_files, probes_by_check
from http_sink import THRESHOLD, Sink, running_sink, turns
from report import WIDTH
from rich import box
from rich.console import Console
from rich.table import Table
from servers import DNSEMU_READY, Cores, DidNotStart, Running, dnsemu_command, running
from zone import ZONE

INTERVAL_S = 10
SPEED = 60
PERIOD_S = 2.4
SAMPLE_EVERY_S = 0.5
WARM_UP_SHARE = 0.5
"""Share of the run after which the history is full and no longer grows."""
QUIET_S = 1.0


@dataclass(slots=True)
class Stream:
    """The events that one reader of the event stream received, in order."""

    path: str
    events: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    thread: Thread = field(default_factory=Thread)

    def read(self, http_port: int) -> None:
        """Reads until the server ends the stream."""
        with (
            contextlib.suppress(ConnectionError),
            urllib.request.urlopen(f"http://127.0.0.1:{http_port}{self.path}") as response,
        ):
            for line in response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "data":
                    said = json.loads(value)
                    (self.gaps if said["kind"] == "gap" else self.events).append(said)


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory and open files of the server at one instant; None without /proc."""

    at_s: float
    resident_bytes: int | None
    open_files: int | None


def main() -> None:
    """Runs the benchmark: prints the results, writes JSON with `--json`, exits with 1 if changes are missing."""
    options = _options()
    # SIGTERM ends a run as an interrupt does, through every `finally`.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    cores = Cores.of_this_machine()
    if cores.load:
        os.sched_setaffinity(0, {int(cores.load[-1])})
    try:
        results = _run(options, cores)
    except KeyboardInterrupt:
        sys.exit(130)
    except (DidNotStart, OSError) as failure:
        sys.exit(str(failure))
    _print(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(1 if results["unaccounted"] else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1, help="real minutes (1, an emulated hour)")
    parser.add_argument("--checks", type=int, default=240, help="how many health checks flap (240)")
    parser.add_argument("--reload-every", type=float, default=5, help="real seconds between reloads (5); 0: none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    return parser.parse_args()


def _run(options: argparse.Namespace, cores: Cores) -> dict[str, Any]:
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sink = stack.enter_context(running_sink(cores.load, period_s=PERIOD_S))
        file = scratch / "dnsemu.yaml"
        _write(file, options.checks, sink, 0)
        http_port = free_port()
        command = [*dnsemu_command(file), "--http", f"127.0.0.1:{http_port}", "--clock", f"speed={SPEED}"]
        began = time.monotonic()
        server = stack.enter_context(running([*cores.server, *command], DNSEMU_READY))
        ready = time.monotonic()
        streams = _streams(http_port)
        samples, writes = [], 0
        reload_at = round(options.reload_every / SAMPLE_EVERY_S)
        cpu_s = server.cpu_s()
        for number in _ticks(ready, options.minutes * 60):
            if reload_at and number % reload_at == reload_at // 2:
                writes += 1
                _write(file, options.checks, sink, writes)
            samples.append(_sample(server, ready))
        later_s = server.cpu_s()
        # The clock stands still, so that nothing changes between reading events and reading statuses.
        _call(http_port, "clock", {"do": "pause"})
        ended = time.monotonic()
        time.sleep(QUIET_S)
        status = _call(http_port, "status")
        last = event_number(_call(http_port, "history?limit=1")["last"])
        probes = probes_by_check(metrics(http_port))
        flaps = {path.strip("/").replace("/", "-"): told for path, told in sink.asked()["flaps"].items()}
    # The server ends its streams when it stops, after the last event.
    for stream in streams:
        stream.thread.join(QUIET_S)
    everything, changes = (stream.events for stream in streams)
    statuses = {check["id"]: check["status"] for check in status["health_checks"]}
    reloads = sum(event["kind"] == "removed" for event in everything)
    # Checks start healthy, so one whose endpoint is down at first has one more change.
    most = {f"flap-{n}": turns(n, began, ended, PERIOD_S) + 1 for n in range(options.checks)}
    # On a busy machine an answer may come too late; then the endpoint's answer is not the observation.
    observed = {check: (results["success"], results["failure"]) for check, results in probes.items()}
    late = {check for check, told in flaps.items() if observed.get(check) != (told["ups"], told["downs"])}
    told = {check: told["changes"] for check, told in flaps.items() if check not in late}
    unaccounted = [
        *(f"{stream.path}: {gap}" for stream in streams for gap in stream.gaps),
        *gaps(everything, last),
        *differences(everything, changes, "status"),
        *breaks(changes, statuses),
        *astray([change for change in changes if change["check"] not in late], told, most),
        *(f"served with fault: {fault}" for fault in status["faults"]),
        *(f"stopped: {part}" for part in status["failures"]),
        *([] if f"passing-{writes}" in statuses else ["the file is not served as it was written last"]),
    ]
    return {
        "settings": {"minutes": options.minutes, "checks": options.checks, "speed": SPEED, "period_s": PERIOD_S},
        "samples": [asdict(sample) for sample in samples],
        "resident_bytes": _course(samples, "resident_bytes"),
        "open_files": _course(samples, "open_files"),
        "cpu_share": None if cpu_s is None or later_s is None else (later_s - cpu_s) / (options.minutes * 60),
        "events": len(everything),
        "status_changes": len(changes),
        "turns": sum(most.values()) - options.checks,
        "reloads": reloads,
        "answered_late": len(late),
        "unaccounted": unaccounted,
    }


def _write(file: Path, checks: int, sink: Sink, number: int) -> None:
    """Writes the file for its Nth change: one check probes another path, and one check is replaced."""
    ports = sink.ports
    lines = ["health_checkers: {regions: [us-east-1], per_region: 1}", "health_checks:"]
    paths = {f"flap-{n}": f"/flap/{n}" for n in range(checks)}
    paths |= {"moving": f"/{number}", f"passing-{number}": "/"}
    lines += [
        f"  - {{id: {check_id}, type: HTTP, ip_address: 127.0.0.1, port: {ports[index % len(ports)]}, "
        f"resource_path: {path}, request_interval: {INTERVAL_S}, failure_threshold: {THRESHOLD}}}"
        for index, (check_id, path) in enumerate(paths.items())
    ]
    lines += ["hosted_zones:", f"  - name: {ZONE}", "    record_sets:"]
    lines += [
        f"      - {{name: multi, type: A, ttl: 60, set_identifier: m{n}, multi_value_answer: true, "
        f"resource_records: [192.0.2.{n}], health_check_id: flap-{n}}}"
        for n in range(min(checks, 8))
    ]
    written = file.with_suffix(".new")
    written.write_text("\n".join(lines) + "\n")
    written.replace(file)


def _streams(http_port: int) -> Sequence[Stream]:
    """Starts two threads, which read the stream of all events and the stream of status changes."""
    run = _call(http_port, "history?limit=1")["last"].rpartition("-")[0]
    path = f"/dnsemu/v1/events?since={run}-0"
    streams = [Stream(path), Stream(f"{path}&kind=status")]
    for stream in streams:
        stream.thread = Thread(target=stream.read, args=[http_port], daemon=True)
        stream.thread.start()
    return streams


def _ticks(start: float, seconds: float) -> Iterator[int]:
    """Yields 0, 1, 2 … at even intervals of real time, for a number of seconds."""
    for number in range(int(seconds / SAMPLE_EVERY_S)):
        time.sleep(max(start + (number + 1) * SAMPLE_EVERY_S - time.monotonic(), 0))
        yield number


def _sample(server: Running, start: float) -> Sample:
    return Sample(round(time.monotonic() - start, 3), server.resident_bytes(), open_files(server))


def _call(http_port: int, call: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{http_port}/dnsemu/v1/{call}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        said: dict[str, Any] = json.load(response)
    return said


def _course(samples: Sequence[Sample], what: str) -> dict[str, float | None]:
    """Returns the first figure, the first and last after warm-up, and the largest; `growth` is from first to last.

    First and last are medians of some samples, because single samples vary.
    """
    known = [figure for sample in samples if (figure := getattr(sample, what)) is not None]
    if not known:
        return dict.fromkeys(("first", "warm", "last", "most", "growth"))
    later = known[int(len(known) * WARM_UP_SHARE) :]
    some = max(len(later) // 6, 1)
    warm, last = median(later[:some]), median(later[-some:])
    return {"first": known[0], "warm": warm, "last": last, "most": max(known), "growth": last / warm - 1}


def _print(results: dict[str, Any]) -> None:
    # A pipe and a log have no width.
    console = Console(width=None if os.isatty(1) else WIDTH, highlight=False)
    settings = results["settings"]
    console.print(
        f"\n{settings['checks']} health checks that flap, for {settings['minutes']:g} minutes at speed {SPEED}: "
        f"{results['events']:,} events, {results['status_changes']:,} changes of status, {results['reloads']} reloads; the endpoints turned {results['turns']:,} times"
    )
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("", min_width=14)
    for header in ("first", "half-way", "last", "most", "growth"):
        table.add_column(header, justify="right")
    for title, what, unit, form in (
        ("memory, MB", "resident_bytes", 1e6, ".1f"),
        ("open files", "open_files", 1, ".0f"),
    ):
        course = results[what]
        figures = [
            "–" if course[k] is None else format(course[k] / unit, form) for k in ("first", "warm", "last", "most")
        ]
        table.add_row(title, *figures, "–" if course["growth"] is None else f"{course['growth']:+.1%}")
    console.print(table)
    if results["cpu_share"] is not None:
        console.print(f"CPU: {results['cpu_share']:.0%} of a core")
    if results["answered_late"]:
        console.print(f"{results['answered_late']} endpoints were observed otherwise than they answered: too late")
    console.print(f"not accounted for: {len(results['unaccounted'])}")
    for line in results["unaccounted"][:20]:
        console.print(f"  {line}", markup=False)


if __name__ == "__main__":
    main()
