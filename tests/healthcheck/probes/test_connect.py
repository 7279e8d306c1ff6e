"""TLS, TCP and name resolution against real sockets (health-checks.md §2–§4)."""

import asyncio
import socket
import ssl

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import HostResolver
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import certificate, choosy, endpoint, never_answers, response, sends, serving_tls
from tests.healthcheck.probes.test_http import HASTY, PATIENT, Names, probe


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory, require_tool):
    return certificate(tmp_path_factory.mktemp("tls"), require_tool)


async def test_h181_any_certificate_will_do(self_signed):
    async with endpoint(sends(response()), tls=serving_tls(self_signed)) as server:
        outcome = await probe(server.port, "HTTPS", fully_qualified_domain_name="app.test")
    assert outcome.success
    assert outcome.phases.tls_s > 0


@pytest.mark.parametrize(("fields", "names"), [
    pytest.param({"fully_qualified_domain_name": "app.test"}, ["app.test"], id="H46 the name goes into the hello"),
    pytest.param({"fully_qualified_domain_name": "app.test", "enable_sni": False}, [None], id="H46 SNI switched off"),
    pytest.param({"ip_address": "127.0.0.1"}, [None], id="H46 no name to send"),
])  # fmt: skip
async def test_sni(self_signed, fields, names):
    async with endpoint(sends(response()), tls=serving_tls(self_signed)) as server:
        assert (await probe(server.port, "HTTPS", **fields)).success
    assert server.server_names == names


async def test_h46_an_alert_about_the_name_is_answered_by_one_try_without(self_signed):
    def dislikes_names(name):
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if name else None

    with choosy(serving_tls(self_signed), dislikes_names) as server:
        outcome = await probe(server.port, "HTTPS", fully_qualified_domain_name="app.test")
    assert outcome.success
    assert server.server_names == ["app.test", None]


async def test_h46_a_second_alert_is_final(self_signed):
    with choosy(serving_tls(self_signed), lambda _name: ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE) as server:
        outcome = await probe(server.port, "HTTPS", fully_qualified_domain_name="app.test")
    assert not outcome.success
    assert outcome.reason == "SSL alert handshake_failure. Resolved IP: 127.0.0.1"
    assert len(server.server_names) == 2


async def test_h114_i_a_server_that_speaks_no_tls():
    async with endpoint(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), reads_request=False) as server:
        outcome = await probe(server.port, "HTTPS")
    assert not outcome.success
    assert outcome.reason.startswith("SSL")


async def test_h39_a_handshake_that_never_ends_uses_up_the_connect_budget():
    async with endpoint(never_answers, reads_request=False) as server:
        outcome = await probe(server.port, "HTTPS", budgets=Budgets(connect_s=0.3))
    assert (outcome.success, outcome.reason) == (False, TIMED_OUT)


async def test_h49_a_string_over_tls(self_signed):
    async with endpoint(sends(response(body=b"ready")), tls=serving_tls(self_signed)) as server:
        assert (await probe(server.port, "HTTPS_STR_MATCH", search_string="ready")).success


# --- TCP ---


async def test_h54_a_handshake_is_enough_and_nothing_is_sent():
    sent = asyncio.get_running_loop().create_future()

    async def listens(reader, writer):
        sent.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(listens, "127.0.0.1", 0)
    async with server:
        outcome = await probe(server.sockets[0].getsockname()[1], "TCP")
        assert await asyncio.wait_for(sent, 20) == b""
    assert (outcome.success, outcome.reason) == (True, "TCP connection established")


async def test_h54_refused():
    async with endpoint(never_answers) as server:
        port = server.port
    assert (await probe(port, "TCP")).reason == "Connection refused."


async def test_h54_a_connection_that_is_never_accepted_times_out():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        try:
            for sock in waiting:
                sock.setblocking(False)
                sock.connect_ex(address)
            outcome = await probe(address[1], "TCP", budgets=HASTY)
        finally:
            for sock in waiting:
                sock.close()
    assert (outcome.success, outcome.reason) == (False, TIMED_OUT)


async def test_h55_a_domain_endpoint():
    async with endpoint(never_answers) as server:
        outcome = await probe(server.port, "TCP", fully_qualified_domain_name="app.test")
    assert outcome.reason == "TCP connection established. Resolved IP: 127.0.0.1"


async def test_h3_an_ipv6_endpoint():
    try:
        async with endpoint(sends(response()), host="::1") as server:
            assert (await probe(server.port, ip_address="::1")).success
            assert f"Host: [::1]:{server.port}".encode() in server.requests[0]
    except OSError:
        pytest.skip("this host has no IPv6 loopback")


# --- names ---


async def test_h58_a_resolver_that_never_answers_times_out():
    class Silent:
        async def resolve(self, name, region):
            await asyncio.Event().wait()

    prober = Prober(Silent(), HASTY)
    config = EndpointCheck(EndpointType.TCP, fully_qualified_domain_name="app.test", port=80)
    outcome = await prober(HealthCheck("hc", config), Checker("eu-west-1", 0))
    assert (outcome.success, outcome.reason) == (False, "DNS resolution failed: Timed out")


async def test_h59_the_resolver_is_asked_for_each_probe_with_the_checkers_region():
    asked = []

    class Remembers(Names):
        async def resolve(self, name, region):
            asked.append((name, region))
            return await super().resolve(name, region)

    prober = Prober(Remembers(), PATIENT)
    async with endpoint(never_answers) as server:
        config = EndpointCheck(EndpointType.TCP, fully_qualified_domain_name="app.test", port=server.port)
        for region in ("eu-west-1", "sa-east-1"):
            await prober(HealthCheck("hc", config), Checker(region, 0))
    assert asked == [("app.test", "eu-west-1"), ("app.test", "sa-east-1")]


async def test_h56_the_hosts_resolver_gives_an_ipv4_address():
    assert await HostResolver().resolve("localhost", "eu-west-1") == "127.0.0.1"


async def test_h165_breaking_a_probe_off_closes_its_connection():
    asked, left = asyncio.Event(), asyncio.Event()

    async def waits(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        assert await reader.read() == b""
        left.set()
        writer.close()

    server = await asyncio.start_server(waits, "127.0.0.1", 0)
    async with server:
        running = asyncio.create_task(probe(server.sockets[0].getsockname()[1]))
        await asyncio.wait_for(asked.wait(), 20)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.wait_for(left.wait(), 20)
