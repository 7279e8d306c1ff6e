"""GetHealthCheckStatus, GetHealthCheckLastFailureReason and GetCheckerIpRanges (health-checks.md §11, §12)."""

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest

from dnsemu.commands.context import HealthCheckObservation
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS
from dnsemu.healthcheck.checkers import Checker
from tests.dnsemu.commands.emulation import Emulation

STATUS, FAILURE, RANGES = "GetHealthCheckStatus", "GetHealthCheckLastFailureReason", "GetCheckerIpRanges"
OBSERVED = HealthCheckObservation("eu-west-1", "15.177.14.133", "Success: HTTP Status Code 200, OK", 1_700_000_000.125)
FAILED = HealthCheckObservation("eu-west-1", "15.177.14.133", "Failure: Connection refused.", 1_600_000_000.0)


def emulation(**config):
    """Returns an emulation with one health check, and its id."""
    emulated = Emulation()
    config = config or {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 1}
    created = emulated.call("CreateHealthCheck", CallerReference="a", HealthCheckConfig=config)
    return emulated, created["HealthCheck"]["Id"]


def test_h110_what_each_checker_saw_last():
    emulated, check = emulation()
    emulated.live.observed[check] = [OBSERVED]
    emulated.live.failed[check] = [FAILED]
    assert emulated.call(STATUS, HealthCheckId=check) == {
        "HealthCheckObservations": [
            {
                "Region": "eu-west-1",
                "IPAddress": "15.177.14.133",
                "StatusReport": {
                    "Status": "Success: HTTP Status Code 200, OK",
                    "CheckedTime": datetime(2023, 11, 14, 22, 13, 20, 125000, UTC),
                },
            }
        ]
    }


def test_h113_what_each_checker_saw_when_it_failed_last():
    emulated, check = emulation()
    emulated.live.observed[check] = [OBSERVED]
    emulated.live.failed[check] = [FAILED]
    (observation,) = emulated.call(FAILURE, HealthCheckId=check)["HealthCheckObservations"]
    assert observation["StatusReport"] == {
        "Status": "Failure: Connection refused.",
        "CheckedTime": datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC),
    }


@pytest.mark.parametrize("operation", [STATUS, FAILURE])
def test_h117_nothing_seen_is_an_empty_list(operation):
    emulated, check = emulation()
    assert emulated.call(operation, HealthCheckId=check) == {"HealthCheckObservations": []}


@pytest.mark.parametrize("operation", [STATUS, FAILURE])
def test_h118_a_calculated_check_has_no_observations(operation):
    emulated, check = emulation(Type="CALCULATED", HealthThreshold=0)
    assert emulated.call(operation, HealthCheckId=check) == {"HealthCheckObservations": []}


@pytest.mark.parametrize("operation", [STATUS, FAILURE])
def test_h118_an_unknown_check(operation):
    error = Emulation().refused(operation, HealthCheckId="gone")
    assert (error.code, error.message) == ("NoSuchHealthCheck", "No health check exists with the specified ID gone")


def test_h120_the_ranges_are_sorted_as_text():
    ranges = Emulation().call(RANGES)["CheckerIpRanges"]
    assert ranges == sorted(ranges)
    assert all(str(ip_network(block)) == block for block in ranges)


def test_h122_h124_the_ranges_hold_the_simulated_checkers():
    ranges = Emulation().call(RANGES)["CheckerIpRanges"]
    assert "15.177.0.0/18" in ranges
    networks = [ip_network(block) for block in ranges]
    for address in (Checker(region, number).address for region in ALL_CHECKER_REGIONS for number in range(100)):
        assert any(ip_address(address) in network for network in networks)


def test_h122_every_region_has_blocks_of_both_families():
    networks = [ip_network(block) for block in Emulation().call(RANGES)["CheckerIpRanges"]]
    versions = [network.version for network in networks]
    assert versions.count(4) == 1 + 2 * len(ALL_CHECKER_REGIONS)
    assert versions.count(6) == 2 * len(ALL_CHECKER_REGIONS)
