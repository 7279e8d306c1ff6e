"""TCP probes, and probes of names, on real sockets (health-checks.md §3, §4)."""

import asyncio
import socket

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import endpoint, never_answers, response, sends
from tests.healthcheck.probes.probing import LONG, SHORT, Names, probe


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
                sock.settimeout(0)
                sock.connect_ex(address)
            outcome = await probe(address[1], "TCP", budgets=SHORT)
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


async def test_h59_the_resolver_is_asked_for_each_probe_with_the_checkers_region():
    asked = []

    class Remembers(Names):
        async def resolve(self, name, region):
            asked.append((name, region))
            return await super().resolve(name, region)

    prober = Prober(Remembers(), LONG)
    async with endpoint(never_answers) as server:
        config = EndpointCheck(EndpointType.TCP, fully_qualified_domain_name="app.test", port=server.port)
        for region in ("eu-west-1", "sa-east-1"):
            await prober(HealthCheck("hc", config), Checker(region, 0))
    assert asked == [("app.test", "eu-west-1"), ("app.test", "sa-east-1")]


async def test_h165_cancelling_a_probe_closes_its_connection():
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
