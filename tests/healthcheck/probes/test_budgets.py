"""The time limits of H38 at their full length, in virtual time: each side of every limit."""

import asyncio

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import endpoint, never_answers, response, sends, serving_tls
from tests.healthcheck.staged_loop import staged

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


class SlowNames:
    """A slow resolver."""

    def __init__(self, takes_s):
        self.takes_s = takes_s

    async def resolve(self, name, region, version=4):
        await asyncio.sleep(self.takes_s)
        return "127.0.0.1"


def paced(*steps):
    """A script: waits and sends, step by step; then holds the connection."""

    async def script(writer):
        for wait_s, data in steps:
            await asyncio.sleep(wait_s)
            writer.write(data)
        await asyncio.Event().wait()

    return script


def attempt(script, type_="HTTP", *, connect_s=0.0, resolve_s=None, tls=None, reads_request=True):
    """The result of one probe with Route 53's time limits, and its end in seconds of the loop's time."""

    async def main(loop):
        async with endpoint(script, tls=tls, reads_request=reads_request) as server:
            loop.connect_s = connect_s
            host = {"ip_address": "127.0.0.1"} if resolve_s is None else {"fully_qualified_domain_name": "app.test"}
            text = {"search_string": "needle"} if type_.endswith("MATCH") else {}
            config = EndpointCheck(EndpointType(type_), port=server.port, **host, **text)
            outcome = await Prober(SlowNames(resolve_s), Budgets())(HealthCheck("hc", config), Checker("eu-west-1", 0))
            return outcome, loop.time()

    return staged(main)


@pytest.mark.parametrize(("fields", "script", "ended_s"), [
    pytest.param({}, paced((1.5, OK)), 1.5, id="H184 silent for 1.5 s"),
    pytest.param({}, paced((1.99, OK)), 1.99, id="H38 a status line just in time"),
    pytest.param({"connect_s": 3.99}, paced((0, OK)), 3.99, id="H38 a connection just in time"),
    pytest.param({"connect_s": 3.9}, paced((1.9, OK)), 5.8, id="H38 the limits of connection and status are separate"),
    pytest.param({}, paced((1, INTERIM), (0.9, OK)), 1.9, id="H43 an interim response, and the final one in time"),
    pytest.param({"type_": "HTTP_STR_MATCH"}, paced((1.9, OK), (1.9, b"needle")), 3.8,
                 id="H38 the body's limit begins at the status code"),
    pytest.param({"type_": "HTTP_STR_MATCH", "connect_s": 3.9, "resolve_s": 1.9}, paced((1.9, OK), (1.9, b"needle")),
                 9.6, id="H38 H60 every limit nearly used up"),
    pytest.param({"type_": "TCP", "connect_s": 9}, never_answers, 9, id="H54 H185 accepts after 9 s"),
])  # fmt: skip
def test_in_time(fields, script, ended_s):
    outcome, took_s = attempt(script, **fields)
    assert outcome.success, outcome.reason
    assert took_s == pytest.approx(ended_s, abs=0.001)
    assert outcome.waited_s == 0


@pytest.mark.parametrize(("fields", "script", "ended_s", "waited_s"), [
    pytest.param({}, paced((2.5, OK)), 2, 2, id="H184 H114 d silent for 2.5 s"),
    pytest.param({}, paced((2.01, OK)), 2, 2, id="H38 a status line just too late"),
    pytest.param({}, paced((1, OK[:-2]), (1.1, b"\r\n")), 2, 2, id="H38 headers whose end is too late"),
    pytest.param({"connect_s": 4.01}, paced((0, OK)), 4, 4, id="H38 a connection just too late"),
    pytest.param({}, paced((1, INTERIM), (0.9, INTERIM), (0.2, OK)), 2, 2,
                 id="H43 interim responses do not stretch the limit"),
    pytest.param({"type_": "HTTPS", "reads_request": False}, never_answers, 4, 4,
                 id="H39 a handshake without an end"),
    pytest.param({"type_": "HTTPS", "connect_s": 3, "reads_request": False}, never_answers, 4, 4,
                 id="H39 TCP and TLS share a limit"),
    pytest.param({"type_": "HTTP_STR_MATCH"}, paced((0, OK), (2.1, b"needle")), 2, 2, id="H53 a body too late"),
    pytest.param({"type_": "HTTP_STR_MATCH"}, paced((1, OK), *[(0.5, b".")] * 9), 3, 2,
                 id="H53 bytes that keep coming do not stretch the limit"),
    pytest.param({"type_": "TCP", "connect_s": 11}, never_answers, 10, 10, id="H54 H185 accepts after 11 s"),
])  # fmt: skip
def test_too_late(fields, script, ended_s, waited_s):
    outcome, took_s = attempt(script, **fields)
    assert (outcome.success, outcome.reason, outcome.waited_s) == (False, TIMED_OUT, waited_s)
    assert took_s == pytest.approx(ended_s, abs=0.001)


def test_h39_the_status_has_its_own_limit_after_tls(self_signed):
    outcome, took_s = attempt(paced((1.9, OK)), "HTTPS", connect_s=3.9, tls=serving_tls(self_signed))
    assert outcome.success
    assert took_s == pytest.approx(5.8, abs=0.001)


@pytest.mark.parametrize(("takes_s", "reason", "ended_s", "waited_s"), [
    pytest.param(1.9, "HTTP Status Code 200, OK. Resolved IP: 127.0.0.1", 1.9, 0, id="H60 an answer just in time"),
    pytest.param(2.1, "DNS resolution failed: Timed out", 2, 2, id="H60 H58 an answer just too late"),
])  # fmt: skip
def test_resolution(takes_s, reason, ended_s, waited_s):
    outcome, took_s = attempt(sends(response()), resolve_s=takes_s)
    assert (outcome.reason, outcome.waited_s) == (reason, waited_s)
    assert took_s == pytest.approx(ended_s, abs=0.001)


@pytest.mark.parametrize("script", [
    pytest.param(sends(response(503)), id="H43 a bad status"),
    pytest.param(sends(b""), id="H38 closed without an answer"),
])  # fmt: skip
def test_other_failures_do_not_wait(script):
    outcome, _ = attempt(script)
    assert (outcome.success, outcome.waited_s) == (False, 0)
