"""The benchmark of the Route 53 API: the cost of a change, a list, a large zone, a start and a health check.

Server and load have a core each. Calls are prepared bytes over persistent connections, so that the client costs little;
boto3 is measured for comparison. All load goes to loopback, and every process is stopped however the run ends.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
from api_report import print_report
from botocore.config import Config
from filling import fill, zone_name
from health import free_port
from route53_calls import Client, create_check, create_zone, id_in, load, pages, spread, timed, upsert
from servers import DNSEMU_READY, Cores, DidNotStart, Running, running
from slow_queries import ask
from zone import ZONE

NAMES_CHANGED = 500
CLIENTS = (1, 8)
FLUSHES = 200
AT_EACH_END = 100
"""Number of health checks at the beginning, and at the end, whose creation is measured."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of the parts of a run."""

    seconds: float
    listed: int
    zones: Sequence[int]
    """Record sets of each zone that is changed."""
    many_zones: tuple[int, int]
    """(zones, record sets of each) pairs."""
    checks: Sequence[int]


FULL = Sizes(10, 10_000, (10_000, 100_000), (1_000, 100), (1_000, 10_000))
QUICK = Sizes(0.2, 700, (100,), (3, 5), (20,))


@dataclass(frozen=True, slots=True)
class Bench:
    """Shared by the parts of a run."""

    sizes: Sizes
    cores: Cores
    scratch: Path

    @contextmanager
    def serving(self, store: str | None = None, *options: str) -> Iterator[tuple[Running, int]]:
        """Runs a server, in memory or on a database file in the scratch directory; yields it and its HTTP port."""
        http_port = free_port()
        command = [str(Path(sys.executable).with_name("dnsemu")), "serve", "--dns", "127.0.0.1:0"]
        command += ["--http", f"127.0.0.1:{http_port}", *options]
        command += ["--store", self.url(store)] if store else []
        with running([*self.cores.server, *command], DNSEMU_READY) as server:
            yield server, http_port

    def url(self, store: str) -> str:
        """Returns the URL of a store of that name."""
        return f"sqlite:///{self.scratch / store}.db"


def main() -> None:
    """Runs the benchmark: prints tables, and writes JSON with `--json`."""
    options = _options()
    # SIGTERM ends a run as an interrupt does, through every `finally`.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    cores = Cores.of_this_machine()
    if cores.load:
        os.sched_setaffinity(0, {int(cores.load[-1])})
    sizes = QUICK if options.quick else FULL
    results: dict[str, Any] = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "settings": {"seconds": sizes.seconds, "quick": options.quick},
        "notes": [] if cores.server else ["server and load share the cores: no taskset, or no second core"],
    }
    try:
        with tempfile.TemporaryDirectory(dir=options.directory) as scratch:
            bench = Bench(sizes, cores, Path(scratch))
            for part in options.parts:
                print(part, file=sys.stderr)
                results[part] = PARTS[part](bench)
    except KeyboardInterrupt:
        sys.exit(130)
    except (DidNotStart, OSError) as failure:
        sys.exit(str(failure))
    print_report(results)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a little of everything, to see that it works")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--directory", type=Path, help="where stores are kept meanwhile; its disk is what is flushed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    return parser.parse_args()


# --- changes per second ---


def changes(bench: Bench) -> dict[str, Any]:
    """Measures batches of one change in a small zone, each acknowledged before the next."""
    measured = [
        {"store": "SQLite" if store else "memory", "client": client, **figures}
        for store in (None, "changes")
        for client, figures in _changes_with(bench, store)
    ]
    return {"flush_ms": _flush_ms(bench.scratch), "measured": measured}


def _changes_with(bench: Bench, store: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    with bench.serving(store) as (server, http_port):
        with Client(http_port) as client:
            zone_id = id_in(client.call(create_zone(ZONE)), "hostedzone")
        requests = _changes_of(zone_id, ZONE, NAMES_CHANGED)
        for clients in CLIENTS:
            changing = partial(load, http_port, requests, clients, bench.sizes.seconds)
            yield f"{clients} by socket", _measured(server, changing)
        yield "1 by boto3", _measured(server, partial(_boto3, http_port, zone_id, bench.sizes.seconds))


def _measured(server: Running, changing: partial[tuple[list[float], float]]) -> dict[str, Any]:
    before_s = server.cpu_s()
    took_ms, seconds = changing()
    after_s = server.cpu_s()
    busy = None if before_s is None or after_s is None else (after_s - before_s) / seconds
    return {"per_second": len(took_ms) / seconds, "took_ms": spread(took_ms), "busy": busy}


def _boto3(http_port: int, zone_id: str, seconds: float) -> tuple[list[float], float]:
    client = boto3.session.Session().client(
        "route53",
        endpoint_url=f"http://127.0.0.1:{http_port}",
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 0}),
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    took_ms: list[float] = []
    began = asked = time.perf_counter()
    while asked - began < seconds:
        name = f"h{len(took_ms) % NAMES_CHANGED}.{ZONE}"
        record_set = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
        client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)
        now = time.perf_counter()
        took_ms.append((now - asked) * 1e3)
        asked = now
    return took_ms, asked - began


def _flush_ms(directory: Path) -> dict[str, Any]:
    """Measures an fsync of one page on the disk, the lower bound of a durable change."""
    took_ms: list[float] = []
    with (directory / "flushed").open("wb", buffering=0) as file:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took_ms.append((time.perf_counter() - began) * 1e3)
    return spread(took_ms)


def _changes_of(zone_id: str, zone: str, names: int) -> list[bytes]:
    """Yields changes; each gives a name a new value."""
    with_zone = partial(upsert, zone_id)
    return [with_zone(f"h{n}.{zone}", f"192.0.{value}.{n % 250}") for value in (3, 4) for n in range(names)]


# --- lists, and changes of large zones ---


def lists(bench: Bench) -> dict[str, Any]:
    """Measures listing a whole zone, page by page."""
    with bench.serving() as (_, http_port):
        (zone_id,) = fill(http_port, 1, bench.sizes.listed)
        with Client(http_port) as client:
            began = time.perf_counter()
            found = list(pages(client, zone_id))
            took_s = time.perf_counter() - began
    listed = sum(page.count("<ResourceRecordSet>") for page in found)
    return {"record_sets": listed, "pages": len(found), "bytes": sum(map(len, found)), "took_s": took_s}


def large_zones(bench: Bench) -> list[dict[str, Any]]:
    """Measures changes in large zones on disk, and the latency of DNS meanwhile."""
    return [_large_zone(bench, record_sets) for record_sets in bench.sizes.zones]


def _large_zone(bench: Bench, record_sets: int) -> dict[str, Any]:
    seconds = bench.sizes.seconds
    took: list[tuple[list[float], float]] = []
    with bench.serving(f"large{record_sets}") as (server, http_port):
        (zone_id,) = fill(http_port, 1, record_sets)
        requests = _changes_of(zone_id, zone_name(0), min(record_sets - 2, NAMES_CHANGED))
        still = ask(server.port, f"h1.{zone_name(0)}", seconds)
        changing = Thread(target=lambda: took.append(load(http_port, requests, 1, seconds)))
        changing.start()
        meanwhile = ask(server.port, f"h1.{zone_name(0)}", seconds)
        changing.join()
    ((took_ms, _),) = took
    return {"record_sets": record_sets, "took_ms": spread(took_ms), "dns_us": {"still": still, "meanwhile": meanwhile}}


# --- start-up and memory ---


def start_up(bench: Bench) -> dict[str, Any]:
    """Measures the start of a server with a full store, and the memory per record set."""
    with bench.serving("empty") as (server, _):
        empty, ready_s = server.resident_bytes(), server.ready_s
    shapes = [bench.sizes.many_zones, (1, max(bench.sizes.zones))]
    return {
        "empty": {"ready_s": ready_s, "resident_bytes": empty},
        "measured": [_start_up(bench, zones, each, empty) for zones, each in shapes],
    }


def _start_up(bench: Bench, zones: int, each: int, empty: int | None) -> dict[str, Any]:
    store = f"start{zones}"
    with bench.serving() as (server, http_port):
        before = server.resident_bytes()
        fill(http_port, zones, each)
        in_memory = _each(before, server.resident_bytes(), zones * each)
    with bench.serving(store) as (_, http_port):
        began = time.perf_counter()
        fill(http_port, zones, each)
        filled_s = time.perf_counter() - began
    with bench.serving(store) as (server, _):
        ready_s, resident = server.ready_s, server.resident_bytes()
    return {
        "zones": zones,
        "record_sets_each": each,
        "fill_s": filled_s,
        "ready_s": ready_s,
        "store_bytes": (bench.scratch / f"{store}.db").stat().st_size,
        "bytes_per_record_set": {"restarted": _each(empty, resident, zones * each), "filled_in_memory": in_memory},
    }


def _each(before: int | None, after: int | None, number: int) -> float | None:
    return None if before is None or after is None else (after - before) / number


# --- health checks ---


def health_checks(bench: Bench) -> list[dict[str, Any]]:
    """Measures the creation of many health checks: the first ones and the last ones. None is probed."""
    return [_health_checks(bench, number) for number in bench.sizes.checks]


def _health_checks(bench: Bench, number: int) -> dict[str, Any]:
    with bench.serving(f"checks{number}", "--clock", "virtual") as (_, http_port), Client(http_port) as client:
        took_ms = timed(client, [create_check(port=9) for _ in range(number)])
    some = min(AT_EACH_END, number // 2)
    return {"checks": number, "first_ms": spread(took_ms[:some]), "last_ms": spread(took_ms[-some:])}


PARTS = {
    "changes": changes,
    "lists": lists,
    "large_zones": large_zones,
    "start_up": start_up,
    "health_checks": health_checks,
}


if __name__ == "__main__":
    main()
