"""Checker reports, as in Route 53's two status calls (health-checks.md §11)."""

import pytest

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck, MetricCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.report.checker_reports import CheckerReport, last_failures, latest
from dnsemu.healthcheck.verdict.check_state import state_for
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import TIMED_OUT, Observation, ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.healthcheck.verdict.tracker import StatusTracker

TWO = HealthCheckers(("eu-west-1",), 2)
FIRST, SECOND = Checker("eu-west-1", 0), Checker("eu-west-1", 1)
STARTED = 1414119312.106
"""2014-10-24T02:55:12.106Z"""

UP, DOWN = (
    ProbeResult.passed("HTTP Status Code 200, OK"),
    ProbeResult.failed("HTTP Status Code 503, Service Unavailable"),
)


def endpoint(**flags):
    return HealthCheck("a", EndpointCheck(EndpointType.HTTP, ip_address="127.0.0.1", failure_threshold=1), **flags)


class Watched:
    """One check with two checkers in a tracker; a probe ends so many seconds after the checkers started."""

    def __init__(self, check):
        self.tracker = StatusTracker(HealthBoard(), History("watched"))
        self.declare(check, 0)

    def declare(self, check, after_s):
        self.tracker.apply({check.id: check}, TWO, STARTED + after_s)

    def probe(self, checker, outcome, after_s):
        self.tracker.record("a", checker, Observation(outcome, STARTED + after_s))

    @property
    def state(self):
        return self.tracker.state("a")


def test_h110_one_report_per_reporting_checker_of_its_last_probe():
    watched = Watched(endpoint())
    watched.probe(FIRST, DOWN, 1)
    watched.probe(FIRST, UP, 31)
    assert latest(watched.state) == (CheckerReport(FIRST, "Success: HTTP Status Code 200, OK", STARTED + 31),)
    watched.probe(SECOND, UP, 32)
    assert [report.checker.address for report in latest(watched.state)] == ["15.177.14.133", "15.177.14.134"]


@pytest.mark.parametrize(("outcome", "text"), [
    pytest.param(UP, "Success: HTTP Status Code 200, OK", id="H111 H114 a"),
    pytest.param(DOWN, "Failure: HTTP Status Code 503, Service Unavailable", id="H111 H114 c"),
    pytest.param(ProbeResult.failed(TIMED_OUT), "Failure: Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall. See https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html", id="H111 H114 d"),
])  # fmt: skip
def test_texts(outcome, text):
    watched = Watched(endpoint())
    watched.probe(FIRST, outcome, 1)
    assert [report.text for report in latest(watched.state)] == [text]


def test_h113_the_last_failure_and_its_time_outlive_later_successes():
    watched = Watched(endpoint())
    for outcome, after_s in ((DOWN, 1), (DOWN, 31), (UP, 61)):
        watched.probe(FIRST, outcome, after_s)
    assert last_failures(watched.state) == (
        CheckerReport(FIRST, "Failure: HTTP Status Code 503, Service Unavailable", STARTED + 31),
    )


def test_h113_a_checker_that_never_failed_says_since_when():
    watched = Watched(endpoint())
    watched.probe(FIRST, UP, 456.703)
    assert last_failures(watched.state) == (
        CheckerReport(
            FIRST,
            "The health check endpoint has not failed since the Route 53 health checker for this endpoint restarted at "
            "2014-10-24T02:55:12.106+00:00",
            STARTED + 456.703,
        ),
    )


@pytest.mark.parametrize("flags", [
    pytest.param({"inverted": True}, id="H116 inverted"),
    pytest.param({"disabled": True}, id="H116 disabled: the last one"),
])  # fmt: skip
def test_the_last_observations_stay(flags):
    watched = Watched(endpoint())
    watched.probe(FIRST, DOWN, 1)
    seen, failed = latest(watched.state), last_failures(watched.state)
    watched.declare(endpoint(**flags), 2)
    assert (latest(watched.state), last_failures(watched.state)) == (seen, failed)


@pytest.mark.parametrize("config", [
    pytest.param(endpoint().config, id="H117 before the first probe"),
    pytest.param(CalculatedCheck((), 0), id="H118 calculated"),
    pytest.param(MetricCheck("us-east-1", "cpu"), id="H118 metric"),
])  # fmt: skip
def test_nothing_to_report(config):
    state = state_for(HealthCheck("a", config), TWO, STARTED)
    assert (latest(state), last_failures(state)) == ((), ())
