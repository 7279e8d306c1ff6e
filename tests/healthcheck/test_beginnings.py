"""What a health check is before anything was observed (R115, H71–H74)."""

import pytest

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.results import Observation, Phases, ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.healthcheck.verdict.tracker import StatusTracker


@pytest.mark.parametrize(
    ("inverted", "disabled", "is_healthy"),
    [
        pytest.param(False, False, True, id="R115.1 a new check is healthy"),
        pytest.param(True, False, False, id="R115.2 inverted: unhealthy"),
        pytest.param(False, True, True, id="R115.3 disabled: healthy"),
        pytest.param(True, True, False, id="R115.4 disabled and inverted: unhealthy"),
    ],
)
def test_before_anything_was_observed(inverted, disabled, is_healthy):
    board = HealthBoard()
    check = HealthCheck("hc", EndpointCheck(EndpointType.TCP, "127.0.0.1", port=9), inverted, disabled)
    StatusTracker(board, History("test")).apply({"hc": check}, HealthCheckers(("us-east-1",), 1), 0.0)
    assert board.current.is_healthy("hc") is is_healthy


def test_h69_measuring_latency_has_no_effect_on_health():
    verdicts = []
    for measured in (False, True):
        board = HealthBoard()
        config = EndpointCheck(EndpointType.TCP, "127.0.0.1", port=9, failure_threshold=2, measure_latency=measured)
        tracker = StatusTracker(board, History("test"))
        tracker.apply({"hc": HealthCheck("hc", config)}, HealthCheckers(("us-east-1",), 1), 0.0)
        for at, success in enumerate((True, False, False, True, True)):
            tracker.record("hc", Checker("us-east-1", 0), Observation(ProbeResult(success, "slow", Phases(3.9)), at))
            verdicts.append(board.current.is_healthy("hc"))
    assert verdicts == [True, True, False, False, True] * 2
