"""Measures the latency of answers at half of the maximum load, without health checks and with a thousand."""

import time
from dataclasses import asdict
from statistics import median
from typing import Any

from growth import Bench
from health import WORKLOADS as CHECKS
from http_sink import running_sink
from load import Loads
from servers import Running
from workloads import WORKLOADS

SHARE_OF_MOST = 0.5
MEASURED_FOR = 2
"""Factor on a burst's length: p99 needs many answers."""


def latencies(bench: Bench, checks: int, interval_s: float) -> list[dict[str, Any]]:
    """Measures without health checks, then with `checks` of them, each due every `interval_s` seconds.

    The servers run one after the other: probes use the core even while a server gets no queries.
    """
    return [_latency(bench, "none", 0, interval_s), _latency(bench, "http", checks, interval_s)]


def _latency(bench: Bench, kind: str, checks: int, interval_s: float) -> dict[str, Any]:
    with running_sink(bench.cores.load) as sink:
        file = bench.scratch / f"checks-{kind}.yaml"
        file.write_text(CHECKS[kind].file(checks, interval_s, sink))
        with bench.serving(file) as server:
            # After this time every check has been probed, and the probes are spread over the interval.
            time.sleep(interval_s if checks else 0)
            rounds = [_at_half_load(bench.loads, server) for _ in range(bench.rounds)]
        found = [each["sent"]["latency_us"] for each in rounds]
        return {
            "checks": checks,
            "interval_s": interval_s,
            "asked_per_second": median(each["asked_per_second"] for each in rounds),
            "answers_per_second": median(each["sent"]["completed"] / each["sent"]["seconds"] for each in rounds),
            "latency_us": {
                **{key: median(each[key] for each in found) for key in ("p50", "p99")},
                "most": max(each["most"] for each in found),
            },
            "p99_us": {"low": min(each["p99"] for each in found), "high": max(each["p99"] for each in found)},
            "lost": sum(each["sent"]["lost"] for each in rounds),
            "probes": sink.asked()["requests"],
            "rounds": rounds,
        }


def _at_half_load(loads: Loads, server: Running) -> dict[str, Any]:
    """Measures a server's maximum rate, then latencies at half of it."""
    most = loads.burst("weighted", WORKLOADS["weighted"], server).answers_per_second
    queries = loads.queries("weighted", WORKLOADS["weighted"])
    sent = loads.sender.send(server.port, queries, loads.seconds * MEASURED_FOR, rate=most * SHARE_OF_MOST)
    return {"most_per_second": most, "asked_per_second": most * SHARE_OF_MOST, "sent": asdict(sent)}
