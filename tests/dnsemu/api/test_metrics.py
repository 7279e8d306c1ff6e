"""Metrics of health checks, for Prometheus and by the control API (health-checks.md §7, §13)."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from dnsemu.api.calls.datapoints import DataPointCalls
from dnsemu.api.metrics import Metrics
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.report.cloudwatch import LatencyRecorder
from dnsemu.healthcheck.report.durations import Durations
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import NO_PHASES, Observation, Phases, ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.healthcheck.verdict.tracker import StatusTracker
from dnsemu.runtime.lateness import Lateness, LatenessMeter

NOW = 1_795_255_200.0
"""2026-11-21T10:00:00Z."""

SIXTEEN = HealthCheckers(ALL_CHECKER_REGIONS, 2)
VIRGINIA, IRELAND = Checker("us-east-1", 0), Checker("eu-west-1", 0)


def endpoint(id, type=EndpointType.HTTPS, **flags):
    config = EndpointCheck(type, "127.0.0.1", port=9, failure_threshold=1, measure_latency=True)
    return HealthCheck(id, config, **flags)


class Stand:
    """The objects that metrics read, without sockets. The first checker of `web` and of `away` fails."""

    def __init__(self, *, speed=1.0):
        self.clock = SimpleNamespace(now=lambda: NOW, speed=speed)
        self.data_plane = SimpleNamespace(answered=(), dropped=0, query_log_dropped=0, rows=list, worker_lateness=None)
        self.board = SimpleNamespace(current=SimpleNamespace(world=SimpleNamespace(hosted_zones={})))
        self.lifecycle = SimpleNamespace(is_ready=True, lateness=LatenessMeter())
        tracker = StatusTracker(HealthBoard(), History("run"))
        checks = [
            endpoint("web"),
            endpoint("away", inverted=True),
            endpoint("off", disabled=True),
            endpoint("new"),
            HealthCheck("all", CalculatedCheck(("web", "away", "new"), 3)),
        ]
        tracker.apply({check.id: check for check in checks}, SIXTEEN, NOW)
        for check_id in ("web", "away", "off"):
            for number, checker in enumerate(list(tracker.state(check_id).checkers)):
                tracker.record(check_id, checker, Observation(ProbeResult(number > 0, "good"), NOW))
        latency = LatencyRecorder()
        self.web, self.tracker = checks[0], tracker
        self.monitor = SimpleNamespace(
            states=tracker.states, state=tracker.state, latency=latency,
            is_declared_and_healthy=tracker.is_declared_and_healthy,
            probes=Counter({("web", "us-east-1", True): 3}), durations=Durations(), lateness=Durations(),
            in_flight=2, history=SimpleNamespace(last=7),
        )  # fmt: skip

    def metrics(self):
        return Metrics(self.board, self.data_plane, self.monitor, self.clock, self.lifecycle, tuple, tuple)

    def sample(self, checker, before_s, *phases_s):
        """Records a probe of `web` that ended `before_s` seconds ago."""
        result = ProbeResult.passed("good", Phases(*phases_s) if phases_s else NO_PHASES)
        self.monitor.latency.record(self.web, checker, Observation(result, NOW - before_s))


@pytest.fixture
def stand():
    return Stand()


@pytest.fixture
async def probed(stand):
    """The stand with a real monitor and clock, after ten minutes of probes that took no emulated time."""

    async def probe(check, _checker):
        return ProbeResult(check.id == "web", "good", Phases(0.25, 0.125, 1.0))

    scheduler = Scheduler(Clock(start=NOW, is_paused=True))
    stand.clock = scheduler.clock
    stand.monitor = HealthMonitor(scheduler=scheduler, board=HealthBoard(), history=History("run"), probe=probe, seed=1)
    stand.monitor.apply({id: endpoint(id) for id in ("web", "down")}, SIXTEEN)
    await scheduler.advance(600)
    return stand


# --- Prometheus ---


def families(stand):
    """Returns every family of the exposition by name, as Prometheus' parser reads it."""
    return {
        family.name: family
        for family in text_string_to_metric_families(b"".join(stand.metrics().exposition()).decode())
    }


def samples(stand, family):
    """Returns a family's samples by the name's ending and the labels' values."""
    found = families(stand)[family].samples
    return {(s.name.removeprefix(family), *s.labels.values()): s.value for s in found}


@pytest.mark.parametrize(("family", "expected"), [
    pytest.param(
        "dnsemu_health_check_healthy", {"web": 1, "away": 0, "off": 1, "new": 1, "all": 0},
        id="H140 H75 the status of every check, the effective one",
    ),
    pytest.param(
        "dnsemu_health_check_checkers_healthy_ratio", {"web": 0.9375, "away": 0.9375},
        id="H141 H75 the share of checkers, not inverted; none for disabled, unobserved and calculated checks",
    ),
    pytest.param("dnsemu_health_check_children_healthy", {"all": 2}, id="H145 children"),
])  # fmt: skip
def test_prometheus_statuses(stand, family, expected):
    assert families(stand)[family].type == "gauge"
    assert samples(stand, family) == {("", check): value for check, value in expected.items()}


@pytest.mark.parametrize(("family", "us_east_1"), [
    pytest.param("dnsemu_health_check_connection_seconds", (2, 0.75), id="H142 H147 connection"),
    pytest.param("dnsemu_health_check_first_byte_seconds", (2, 3.0), id="H143 H147 first byte"),
    pytest.param("dnsemu_health_check_tls_handshake_seconds", (1, 0.125), id="H144 H147 TLS handshake"),
])  # fmt: skip
def test_prometheus_latencies(stand, family, us_east_1):
    stand.sample(VIRGINIA, 60, 0.25, 0.125, 1.0)
    stand.sample(VIRGINIA, 30, 0.5, None, 2.0)
    stand.sample(IRELAND, 30)
    count, sum_s = us_east_1
    assert families(stand)[family].type == "summary"
    assert samples(stand, family) == {("_count", "web", "us-east-1"): count, ("_sum", "web", "us-east-1"): sum_s}


def test_h146_a_monitors_probes_are_sampled_twice_a_minute_from_every_region(probed):
    found = samples(probed, "dnsemu_health_check_connection_seconds")
    for region in ALL_CHECKER_REGIONS:
        assert (found["_count", "web", region], found["_sum", "web", region]) == (20, 5.0)
        assert found["_count", "down", region] == 20, "connected, but the status is bad"
    assert samples(probed, "dnsemu_probes")["_total", "web", "us-east-1", "success"] == 40


def test_metrics_of_a_monitors_time(probed):
    assert samples(probed, "dnsemu_clock_seconds") == {("",): NOW + 600}
    assert samples(probed, "dnsemu_clock_speed") == {("",): 0}
    assert samples(probed, "dnsemu_probe_lateness_seconds")["_count",] == 2 * 16 * 20
    assert samples(probed, "dnsemu_history_events") == {("_total",): probed.monitor.history.last}


async def test_h147_data_points_of_a_monitors_probes(probed, get):
    _, body = await get("?check=web")
    points = body["health_checks"][0]["metrics"]["TimeToFirstByte"]["datapoints"]
    assert [point["sample_count"] for point in points] == [16] * 10
    assert {point["average"] for point in points} == {1000.0}


def test_prometheus_histograms(stand):
    for duration_s in (0.002, 0.5, 20.0):
        stand.monitor.durations.add(duration_s)
    stand.monitor.lateness.add(0.25)
    duration = samples(stand, "dnsemu_probe_duration_seconds")
    assert duration["_bucket", "0.003"] == 1
    assert duration["_bucket", "1.0"] == 2
    assert duration["_bucket", "+Inf"] == duration["_count",] == 3
    assert duration["_sum",] == 20.502
    lateness = samples(stand, "dnsemu_probe_lateness_seconds")
    assert (lateness["_bucket", "0.1"], lateness["_bucket", "0.3"], lateness["_sum",]) == (0, 1, 0.25)


@pytest.mark.parametrize(("family", "expected"), [
    ("dnsemu_clock_seconds", {("",): NOW}),
    ("dnsemu_clock_speed", {("",): 60.0}),
    ("dnsemu_history_events", {("_total",): 7}),
    ("dnsemu_probes_in_flight", {("",): 2}),
    ("dnsemu_probes", {("_total", "web", "us-east-1", "success"): 3}),
])  # fmt: skip
def test_prometheus_time_and_probes(family, expected):
    assert samples(Stand(speed=60.0), family) == expected


def test_a_paused_clock_has_speed_zero():
    assert samples(Stand(speed=0.0), "dnsemu_clock_speed") == {("",): 0}


def test_prometheus_names(stand):
    """Every name begins with `dnsemu_`, occurs once and has a help text; durations in seconds, counters in `_total`."""
    stand.sample(VIRGINIA, 0, 0.25, 0.125, 1.0)
    found = list(text_string_to_metric_families(b"".join(stand.metrics().exposition()).decode()))
    assert len({family.name for family in found}) == len(found)
    for family in found:
        assert family.name.startswith("dnsemu_")
        assert family.documentation.endswith(".")
        if family.type in ("histogram", "summary"):
            assert family.name.endswith("_seconds")
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)


# --- JSON ---


@pytest.fixture
async def get(stand):
    """A function that makes the call with a query and returns status and body."""
    app = web.Application()
    app.add_routes(DataPointCalls(stand.monitor, stand.clock).routes(""))
    async with TestClient(TestServer(app)) as client:

        async def get(query="", method="GET"):
            async with client.request(method, f"/metrics{query}") as reply:
                assert reply.content_type == "application/json"
                body = await reply.text()
                return reply.status, json.loads(body) if body else None

        yield get


async def test_h140_h141_h145_h147_every_check_by_cloudwatchs_names_and_units(get):
    status, body = await get()
    assert status == 200
    assert (body["namespace"], body["period_s"]) == ("AWS/Route53", 60)

    def metrics(healthy, **more):
        return {"HealthCheckStatus": {"unit": "None", "value": healthy}, **more}

    percentage = {"HealthCheckPercentageHealthy": {"unit": "Percent", "value": 93.75}}
    children = {"ChildHealthCheckHealthyCount": {"unit": "Count", "value": 2}}
    assert body["health_checks"] == [
        {"id": "web", "metrics": metrics(1, **percentage)},
        {"id": "away", "metrics": metrics(0, **percentage)},
        {"id": "off", "metrics": metrics(1)},
        {"id": "new", "metrics": metrics(1)},
        {"id": "all", "metrics": metrics(0, **children)},
    ]


async def test_h75_the_status_is_effective_and_the_percentage_is_observed(stand, get):
    stand.tracker.set_overlays({"web": Overlay(Status.UNHEALTHY, "web")}, NOW)
    for check in ("web", "away"):
        _, body = await get(f"?check={check}")
        metrics = body["health_checks"][0]["metrics"]
        assert metrics["HealthCheckStatus"]["value"] == 0
        assert metrics["HealthCheckPercentageHealthy"]["value"] == 93.75


async def test_h142_h143_h144_h147_latencies_in_milliseconds_by_minute_and_region(stand, get):
    stand.sample(VIRGINIA, 60, 0.1, 0.0123456, 0.5)
    stand.sample(VIRGINIA, 30, 0.3)
    stand.sample(IRELAND, 0, 0.2, 0.25, 1.0)
    stand.sample(IRELAND, -3600, 9.0)
    _, body = await get("?check=web")
    (check,) = body["health_checks"]

    def point(minute, count, average, minimum, maximum):
        timestamp = f"2026-11-21T{minute}:00.000Z"
        return {
            "timestamp": timestamp,
            "average": average,
            "minimum": minimum,
            "maximum": maximum,
            "sample_count": count,
        }

    earlier, now = "09:59", "10:00"
    virginia, ireland = point(earlier, 2, 200.0, 100.0, 300.0), point(now, 1, 200.0, 200.0, 200.0)
    assert check["metrics"]["ConnectionTime"] == {
        "unit": "Milliseconds",
        "datapoints": [virginia, ireland],
        "regions": {"eu-west-1": [ireland], "us-east-1": [virginia]},
    }
    virginia, ireland = point(earlier, 1, 12.346, 12.346, 12.346), point(now, 1, 250.0, 250.0, 250.0)
    assert check["metrics"]["SSLHandshakeTime"]["datapoints"] == [virginia, ireland]
    virginia, ireland = point(earlier, 1, 500.0, 500.0, 500.0), point(now, 1, 1000.0, 1000.0, 1000.0)
    assert check["metrics"]["TimeToFirstByte"]["datapoints"] == [virginia, ireland]


async def test_h142_a_checks_data_points_are_those_of_its_regions_together(stand, get):
    stand.sample(VIRGINIA, 50, 0.1)
    stand.sample(IRELAND, 40, 0.2)
    _, body = await get("?check=web")
    (point,) = body["health_checks"][0]["metrics"]["ConnectionTime"]["datapoints"]
    assert (point["average"], point["minimum"], point["maximum"], point["sample_count"]) == (150, 100, 200, 2)


async def test_checks_may_be_chosen(get):
    status, body = await get("?check=off&check=web&check=off")
    assert status == 200
    assert [check["id"] for check in body["health_checks"]] == ["off", "web"]
    assert await get("?check=web", "HEAD") == (200, None)


@pytest.mark.parametrize(("query", "status", "error"), [
    pytest.param(
        "?check=web&check=gone", 404,
        {"what": "No health check exists with the specified ID gone", "where": "check", "rule": "H103"},
        id="H103 no such health check",
    ),
    pytest.param(
        "?id=web", 400, {"what": "unknown parameter id; there is check", "where": "query", "rule": ""},
        id="another parameter",
    ),
])  # fmt: skip
async def test_invalid_parameters_are_refused(get, query, status, error):
    assert await get(query) == (status, {"error": error})


def test_prometheus_event_loop_lateness(stand):
    """By process: workers' loops are counted apart from the control plane's."""
    stand.lifecycle.lateness.note(0.03, 0.0)
    workers = Lateness()
    workers.add(0.004)
    workers.add(0.2)
    stand.data_plane.worker_lateness = workers
    found = families(stand)
    samples = {
        (s.name, s.labels["process"], s.labels.get("le")): s.value
        for s in found["dnsemu_event_loop_lateness_seconds"].samples
    }
    name = "dnsemu_event_loop_lateness_seconds"
    assert [samples[f"{name}_bucket", "control", le] for le in ("0.02", "0.05", "+Inf")] == [0, 1, 1]
    assert [samples[f"{name}_bucket", "worker", le] for le in ("0.001", "0.005", "0.2", "+Inf")] == [0, 1, 2, 2]
    most = found["dnsemu_event_loop_lateness_max_seconds"].samples
    assert {sample.labels["process"]: sample.value for sample in most} == {"control": 0.03, "worker": 0.2}
