"""CloudWatch's metrics, as arithmetic (health-checks.md §7, §13)."""

import pytest

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import (
    CalculatedCheck,
    EndpointCheck,
    EndpointType,
    HealthCheck,
    MetricCheck,
    RecoveryCheck,
)
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.report.cloudwatch import (
    UNITS,
    DataPoint,
    LatencyMetric,
    LatencyRecorder,
    LatencyTotal,
    merged,
    status_values,
)
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import NO_PHASES, Observation, Phases, ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.healthcheck.verdict.tracker import StatusTracker

CONNECTION, FIRST_BYTE, TLS = LatencyMetric.CONNECTION, LatencyMetric.FIRST_BYTE, LatencyMetric.TLS_HANDSHAKE
VIRGINIA, IRELAND = Checker("us-east-1", 0), Checker("eu-west-1", 0)
MINUTE = 60_000_000.0
"""A moment at which a minute starts."""


def endpoint(id="a", *, type=EndpointType.HTTP, measured=True, **flags):
    config = EndpointCheck(type, "127.0.0.1", port=9, failure_threshold=1, measure_latency=measured)
    return HealthCheck(id, config, **flags)


def observation(at, phases, *, success=True):
    return Observation(ProbeResult(success, "as told", phases), at)


def recorder_of(*samples, check=None):
    """A recorder with (checker, seconds after MINUTE, connect_s) samples."""
    recorder = LatencyRecorder()
    for checker, after_s, connect_s in samples:
        recorder.record(check or endpoint(), checker, observation(MINUTE + after_s, Phases(connect_s)))
    return recorder


def ms(points):
    """Data points as (minutes after MINUTE, sample count, average, minimum, maximum)."""
    return [
        ((p.at - MINUTE) / 60, p.sample_count, *(round(v, 6) for v in (p.average_ms, p.minimum_ms, p.maximum_ms)))
        for p in points
    ]


# --- latencies ---


@pytest.mark.parametrize(("phases", "success", "sampled"), [
    pytest.param(Phases(0.25), True, {CONNECTION: 250}, id="H142 TCP: the connect"),
    pytest.param(Phases(0.25, None, 0.5), True, {CONNECTION: 250, FIRST_BYTE: 500}, id="H142 H143 HTTP: connect and first byte"),
    pytest.param(Phases(0.25, 0.125, 0.5), True, {CONNECTION: 250, FIRST_BYTE: 500, TLS: 125}, id="H142 H143 H144 HTTPS: all three"),
    pytest.param(Phases(0.25, None, 0.5), False, {CONNECTION: 250, FIRST_BYTE: 500}, id="H146 connected, but the status is bad"),
    pytest.param(Phases(0.25), False, {CONNECTION: 250}, id="H146 connected, but the handshake failed or no answer came"),
    pytest.param(NO_PHASES, False, {}, id="H146 not connected: no value"),
])  # fmt: skip
def test_what_a_probe_contributes(phases, success, sampled):
    recorder = LatencyRecorder()
    recorder.record(endpoint(), VIRGINIA, observation(MINUTE, phases, success=success))
    for metric in LatencyMetric:
        value = sampled.get(metric)
        points = {"us-east-1": (DataPoint(MINUTE, 1, value, value, value),)} if value else {}
        assert recorder.data_points("a", metric, MINUTE) == points
        assert list(recorder.totals(metric)) == ([LatencyTotal("a", "us-east-1", 1, value / 1000)] if value else [])


@pytest.mark.parametrize(("check", "is_measured"), [
    pytest.param(endpoint(), True, id="H69 H142 latency is measured"),
    pytest.param(endpoint(measured=False), False, id="H69 latency is not measured"),
    pytest.param(HealthCheck("a", CalculatedCheck((), 0)), False, id="H142 no endpoint"),
])  # fmt: skip
def test_measure_latency_turns_it_on(check, is_measured):
    recorder = recorder_of((VIRGINIA, 0, 0.1), check=check)
    assert bool(recorder.data_points("a", CONNECTION, MINUTE)) is is_measured
    assert bool(list(recorder.totals(CONNECTION))) is is_measured


@pytest.mark.parametrize(("times_s", "per_minute"), [
    pytest.param((0, 10, 20, 30, 40, 50, 60, 70), [2, 1], id="H146 probed every ten seconds: two a minute"),
    pytest.param((0, 29.9, 30), [2], id="H146 one in each half minute"),
    pytest.param((29.9, 30), [2], id="H146 half minutes are those of the minute"),
    pytest.param((0, 31, 62), [2, 1], id="H146 every thirty seconds and the probe's own time"),
    pytest.param((0, 90), [1, 1], id="H146 rarer probes are all sampled"),
    pytest.param((31, 29), [1], id="H146 a probe of an earlier half minute is late"),
])  # fmt: skip
def test_twice_a_minute(times_s, per_minute):
    recorder = recorder_of(*((Checker("us-east-1", n % 3), time_s, 0.1) for n, time_s in enumerate(times_s)))
    points = recorder.data_points("a", CONNECTION, MINUTE + times_s[-1])["us-east-1"]
    assert [point.sample_count for point in points] == per_minute


def test_h146_regions_and_checks_are_sampled_apart():
    recorder = recorder_of((VIRGINIA, 0, 0.1), (IRELAND, 1, 0.2), (VIRGINIA, 2, 0.4))
    recorder.record(endpoint("b"), VIRGINIA, observation(MINUTE, Phases(0.8)))
    assert set(recorder.totals(CONNECTION)) == {
        LatencyTotal("a", "us-east-1", 1, 0.1),
        LatencyTotal("a", "eu-west-1", 1, 0.2),
        LatencyTotal("b", "us-east-1", 1, 0.8),
    }


def test_h146_a_probe_that_did_not_connect_leaves_its_half_minute_to_the_next():
    recorder = LatencyRecorder()
    recorder.record(endpoint(), VIRGINIA, observation(MINUTE, NO_PHASES, success=False))
    recorder.record(endpoint(), VIRGINIA, observation(MINUTE + 1, Phases(0.1)))
    assert list(recorder.totals(CONNECTION)) == [LatencyTotal("a", "us-east-1", 1, 0.1)]


def test_h142_average_minimum_and_maximum_by_region_and_of_all_together():
    recorder = recorder_of((VIRGINIA, 0, 0.1), (VIRGINIA, 30, 0.3), (VIRGINIA, 60, 0.5), (IRELAND, 5, 0.8))
    regions = recorder.data_points("a", CONNECTION, MINUTE + 60)
    assert {region: ms(points) for region, points in regions.items()} == {
        "us-east-1": [(0, 2, 200, 100, 300), (1, 1, 500, 500, 500)],
        "eu-west-1": [(0, 1, 800, 800, 800)],
    }
    together = merged(point for points in regions.values() for point in points)
    assert ms(together) == [(0, 3, 400, 100, 800), (1, 1, 500, 500, 500)]


@pytest.mark.parametrize(("minutes", "found"), [(-1, []), (0, [0]), (1, [0]), (59, [0]), (60, [])])
def test_data_points_are_of_the_last_hour(minutes, found):
    recorder = recorder_of((VIRGINIA, 59, 0.1))
    regions = recorder.data_points("a", CONNECTION, MINUTE + 60 * minutes)
    assert [minute for points in regions.values() for minute, *_ in ms(points)] == found


def test_memory_is_bounded_and_the_totals_go_on():
    recorder = recorder_of(*((VIRGINIA, 30 * n, 0.5) for n in range(1000)))
    (points,) = recorder.data_points("a", CONNECTION, MINUTE + 30 * 999).values()
    assert [minute for minute, *_ in ms(points)] == list(range(440, 500))
    assert {point.sample_count for point in points} == {2}
    samples = recorder._checks["a"]["us-east-1"]
    assert samples._rows.buffer_info()[1] * samples._rows.itemsize == 60 * 2 * 4 * 8
    assert list(recorder.totals(CONNECTION)) == [LatencyTotal("a", "us-east-1", 1000, 500.0)]


def test_a_forgotten_check_starts_from_nothing():
    recorder = recorder_of((VIRGINIA, 0, 0.1))
    recorder.forget("a")
    recorder.forget("never-recorded")
    assert recorder.data_points("a", CONNECTION, MINUTE) == {}
    assert list(recorder.totals(CONNECTION)) == []
    assert recorder._checks == {}, "reading leaves nothing behind"


# --- statuses ---

SIXTEEN = HealthCheckers(ALL_CHECKER_REGIONS, 2)
UP, DOWN = Status.HEALTHY, Status.UNHEALTHY


def tracker_of(*checks, failing=0, forced=None):
    """A tracker in which the first of sixteen checkers of `a` failed and the rest succeeded; None: they did not report."""
    tracker = StatusTracker(HealthBoard(), History("run"))
    tracker.apply({check.id: check for check in checks}, SIXTEEN, MINUTE)
    checkers = list(tracker.state(checks[0].id).checkers)
    for number, checker in enumerate(checkers if failing is not None else ()):
        tracker.record(checks[0].id, checker, observation(MINUTE, NO_PHASES, success=number >= failing))
    if forced:
        tracker.set_overlays({checks[0].id: Overlay(forced, "a")}, MINUTE)
    return tracker


def values(tracker, check_id="a"):
    return status_values(tracker.state(check_id), tracker.is_declared_and_healthy)


@pytest.mark.parametrize(("flags", "failing", "forced", "status", "percentage"), [
    pytest.param({}, 0, None, 1, 100, id="H140 H141 all up"),
    pytest.param({}, 1, None, 1, 93.75, id="H141 one of sixteen fails"),
    pytest.param({}, 13, None, 1, 18.75, id="H140 H141 above 18 %"),
    pytest.param({}, 14, None, 0, 12.5, id="H140 H141 below 18 %"),
    pytest.param({}, 16, None, 0, 0, id="H140 H141 all fail"),
    pytest.param({}, None, None, 1, None, id="H141 none has reported: no percentage"),
    pytest.param({"inverted": True}, 1, None, 0, 93.75, id="H72 H75 inverted: status effective, percentage as probed"),
    pytest.param({"inverted": True}, 16, None, 1, 0, id="H72 H75 inverted and all fail"),
    pytest.param({"disabled": True}, 16, None, 1, None, id="H73 H141 disabled: healthy, and no percentage"),
    pytest.param({"disabled": True, "inverted": True}, 0, None, 0, None, id="H74 H141 disabled and inverted: unhealthy"),
    pytest.param({}, 1, DOWN, 0, 93.75, id="H140 forced: the percentage stays as probed"),
])  # fmt: skip
def test_metrics_of_an_endpoint(flags, failing, forced, status, percentage):
    expected = {"HealthCheckStatus": status}
    if percentage is not None:
        expected["HealthCheckPercentageHealthy"] = percentage
    assert values(tracker_of(endpoint(**flags), failing=failing, forced=forced)) == expected


@pytest.mark.parametrize(("flags", "threshold", "children", "status", "count"), [
    pytest.param({}, 1, ("a", "b"), 1, 1, id="H145 one of two children"),
    pytest.param({}, 2, ("a", "b"), 0, 1, id="H140 H145 unhealthy, with one healthy child"),
    pytest.param({"inverted": True}, 2, ("a", "b"), 1, 1, id="H72 H145 inversion leaves the count alone"),
    pytest.param({}, 1, ("b", "b"), 1, 1, id="H145 a child named twice counts once"),
    pytest.param({}, 1, ("b", "gone"), 1, 1, id="H145 a child that is not declared does not count"),
    pytest.param({}, 0, (), 1, 0, id="H145 no children"),
    pytest.param({"disabled": True}, 2, ("a", "b"), 1, None, id="H73 H145 disabled: it aggregates nothing"),
])  # fmt: skip
def test_metrics_of_a_calculated_check(flags, threshold, children, status, count):
    """Of its children, `a` is down and `b`, an inverted check that fails, is up."""
    parent = HealthCheck("parent", CalculatedCheck(children, threshold), **flags)
    b = HealthCheck("b", RecoveryCheck("arn"), inverted=True)
    tracker = tracker_of(endpoint(), b, parent, failing=16)
    tracker.set_overlays({"b": Overlay(DOWN, "b")}, MINUTE)
    expected = {"HealthCheckStatus": status}
    if count is not None:
        expected["ChildHealthCheckHealthyCount"] = count
    assert values(tracker, "parent") == expected


@pytest.mark.parametrize("config", [
    pytest.param(MetricCheck("us-east-1", "alarm"), id="H140 H141 CLOUDWATCH_METRIC: only the status"),
    pytest.param(RecoveryCheck("arn"), id="H140 H141 RECOVERY_CONTROL: only the status"),
])  # fmt: skip
def test_metrics_of_checks_that_follow_others(config):
    assert values(tracker_of(HealthCheck("a", config))) == {"HealthCheckStatus": 1}


def test_h147_units_are_cloudwatchs():
    assert UNITS == {
        "HealthCheckStatus": "None",
        "HealthCheckPercentageHealthy": "Percent",
        "ConnectionTime": "Milliseconds",
        "TimeToFirstByte": "Milliseconds",
        "SSLHandshakeTime": "Milliseconds",
        "ChildHealthCheckHealthyCount": "Count",
    }
