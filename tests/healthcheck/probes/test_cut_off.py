"""Blocked paths and forbidden addresses: probes without a connection."""

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.verdict.results import TIMED_OUT, ProbeResult
from tests.healthcheck.endpoints import endpoint, response, sends
from tests.healthcheck.probes.probing import LONG, Names

HERE, THERE = Checker("eu-west-1", 0), Checker("us-east-1", 0)
BY_ADDRESS, BY_NAME = {"ip_address": "127.0.0.1"}, {"fully_qualified_domain_name": "app.test"}


@pytest.mark.parametrize("host", [
    pytest.param(BY_ADDRESS, id="H54 an address"),
    pytest.param(BY_NAME, id="H56 a name"),
])  # fmt: skip
@pytest.mark.parametrize(("type_", "waited_s"), [
    pytest.param("HTTP", 4, id="H38 HTTP"),
    pytest.param("HTTPS", 4, id="H38 HTTPS"),
    pytest.param("TCP", 10, id="H54 TCP"),
])  # fmt: skip
async def test_a_checker_that_is_cut_off_times_out_without_a_connection(type_, waited_s, host):
    asked = []

    def is_cut_off(checker, address):
        asked.append((checker, address))
        return checker == HERE

    prober = Prober(Names(), Budgets(), is_cut_off=is_cut_off)
    async with endpoint(sends(response())) as server:
        check = HealthCheck("hc", EndpointCheck(EndpointType(type_), port=server.port, **host))
        assert await prober(check, HERE) == ProbeResult.failed(TIMED_OUT, waited_s=waited_s)
        assert server.connections == 0
    assert asked == [(HERE, "127.0.0.1")]


async def test_the_other_checkers_are_not_cut_off():
    prober = Prober(Names(), LONG, is_cut_off=lambda checker, _address: checker == HERE)
    async with endpoint(sends(response())) as server:
        check = HealthCheck("hc", EndpointCheck(EndpointType.HTTP, port=server.port, **BY_ADDRESS))
        assert (await prober(check, THERE)).success
        assert server.connections == 1


@pytest.mark.parametrize(("is_strict", "host", "reason", "connections"), [
    pytest.param(True, BY_NAME, "Resolved IP: 127.0.0.1. The address is restricted or private.", 0,
                 id="H8 a name that leads to a forbidden address"),
    pytest.param(False, BY_NAME, "HTTP Status Code 200, OK. Resolved IP: 127.0.0.1", 1,
                 id="H8 by default it is probed"),
    pytest.param(False, BY_ADDRESS, "HTTP Status Code 200, OK", 1, id="H7 by default loopback is probed"),
])  # fmt: skip
async def test_strict_addresses(is_strict, host, reason, connections):
    prober = Prober(Names(), LONG, is_strict=lambda: is_strict)
    async with endpoint(sends(response())) as server:
        outcome = await prober(HealthCheck("hc", EndpointCheck(EndpointType.HTTP, port=server.port, **host)), HERE)
        assert (outcome.reason, server.connections) == (reason, connections)
    assert outcome.waited_s == 0


async def test_h8_strictness_is_asked_for_each_probe():
    strict = [True, False]
    prober = Prober(Names(), LONG, is_strict=strict.pop)
    async with endpoint(sends(response())) as server:
        check = HealthCheck("hc", EndpointCheck(EndpointType.HTTP, port=server.port, **BY_NAME))
        assert (await prober(check, HERE)).success
        assert not (await prober(check, HERE)).success
