"""Simulated endpoints: their results are those of real ones that fail in the same way."""

import pytest

from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.config.text.addresses import Address
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS
from dnsemu.healthcheck.probes.simulated import Endpoints, simulated_result
from dnsemu.healthcheck.verdict.results import TIMED_OUT, ProbeResult

HERE, THERE = Checker("eu-west-1", 0), Checker("us-east-1", 0)
SLOW, STATUS, BODY = FailureWay.SLOW, FailureWay.STATUS, FailureWay.BODY


def config(type_="HTTP", **fields):
    return EndpointCheck(EndpointType(type_), **({"ip_address": "192.0.2.1", "port": 80} | fields))


@pytest.mark.parametrize(("type_", "how", "success", "reason", "waited_s"), [
    pytest.param("HTTP", None, True, "HTTP Status Code 200, OK", 0, id="H114 up"),
    pytest.param("TCP", None, True, "TCP connection established", 0, id="H54 up"),
    pytest.param("HTTP_STR_MATCH", None, True, "HTTP Status Code 200, OK", 0, id="H49 up, with its string"),
    pytest.param("HTTP", Failing(), False, "Connection refused.", 0, id="H114 refused"),
    pytest.param("TCP", Failing(), False, "Connection refused.", 0, id="H54 refused"),
    pytest.param("HTTPS", Failing(FailureWay.TIMEOUT), False, TIMED_OUT, 4, id="H38 a time-out costs the limit"),
    pytest.param("TCP", Failing(FailureWay.TIMEOUT), False, TIMED_OUT, 10, id="H54 a time-out costs the limit"),
    pytest.param("HTTP", Failing(SLOW, slow_s=5), False, TIMED_OUT, 2, id="H38 too slow"),
    pytest.param("HTTP", Failing(SLOW, slow_s=2), True, "HTTP Status Code 200, OK", 0, id="H38 just in time"),
    pytest.param("TCP", Failing(SLOW, slow_s=5), True, "TCP connection established", 0, id="H54 TCP sends no request"),
    pytest.param("HTTP", Failing(STATUS, status=503), False, "HTTP Status Code 503, Service Unavailable", 0, id="H45 a status"),
    pytest.param("TCP", Failing(STATUS, status=503), True, "TCP connection established", 0, id="H54 TCP reads no response"),
    pytest.param("HTTP", Failing(BODY, body="oops"), True, "HTTP Status Code 200, OK", 0, id="H48 HTTP reads no body"),
    pytest.param("HTTP_STR_MATCH", Failing(BODY, body="is well"), True, "HTTP Status Code 200, OK", 0, id="H49 found"),
    pytest.param("HTTP_STR_MATCH", Failing(BODY, body="oops"), False,
                 'HTTP Status Code 200, OK. The string "is well" was not found in the first 5120 bytes of the response body.',
                 0, id="H49 not found"),
])  # fmt: skip
def test_results(type_, how, success, reason, waited_s):
    search = {"search_string": "is well"} if "STR" in type_ else {}
    result = simulated_result(config(type_, **search), how)
    assert (result.success, result.reason, result.waited_s) == (success, reason, waited_s)


class Names:
    """A resolver of the names in hosted zones."""

    def serves(self, name):
        return name.endswith("shop.test")

    async def resolve(self, name, region, version=4):
        return "192.0.2.1" if name == "www.shop.test" else NO_ADDRESS


async def real_probe(check, checker):
    return ProbeResult.passed(f"real, at {check.config.ip_address}:{check.config.port}")


def endpoints(*, is_simulated):
    return Endpoints(
        real_probe,
        Names(),
        lambda checker, address: (checker, address) == (THERE, "192.0.2.1"),
        is_simulated=is_simulated,
    )


@pytest.mark.parametrize(("is_simulated", "failing", "real_at", "reason"), [
    (False, {}, {}, "real, at 192.0.2.1:80"),
    (False, {"web": Failing()}, {}, "Connection refused."),
    (True, {}, {}, "HTTP Status Code 200, OK"),
    (True, {}, {"web": Address("127.0.0.1", 8101)}, "real, at 127.0.0.1:8101"),
    (True, {"web": Failing()}, {"web": Address("127.0.0.1", 8101)}, "Connection refused."),
    (True, {"other": Failing()}, {}, "HTTP Status Code 200, OK"),
])  # fmt: skip
async def test_a_fault_wins_over_a_real_endpoint_and_that_over_a_simulated_one(is_simulated, failing, real_at, reason):
    made = endpoints(is_simulated=is_simulated)
    made.failing, made.real_at = failing, real_at
    assert (await made(HealthCheck("web", config()), HERE)).reason == reason


@pytest.mark.parametrize(("name", "checker", "reason"), [
    pytest.param("www.shop.test", HERE, "HTTP Status Code 200, OK", id="H56 a hosted name"),
    pytest.param("www.shop.test", THERE, TIMED_OUT, id="H56 a hosted name that is cut off"),
    pytest.param("gone.shop.test", HERE, NO_ADDRESS.reason, id="H58 a hosted name without an address"),
    pytest.param("www.example.com", THERE, "HTTP Status Code 200, OK", id="H56 any other name is not looked up"),
])  # fmt: skip
async def test_names_are_resolved_in_hosted_zones_only(name, checker, reason):
    check = HealthCheck("web", config(ip_address=None, fully_qualified_domain_name=name))
    assert (await endpoints(is_simulated=True)(check, checker)).reason == reason
