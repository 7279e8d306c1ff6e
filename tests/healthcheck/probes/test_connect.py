"""TCP probes, and probes of names, on real sockets (health-checks.md §3, §4)."""

import asyncio
import errno
import socket
import subprocess
import sys

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.connect import CannotProbe
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


# --- what this host lacks, and what the endpoint lacks ---

NO_SOURCE = "fe80::1"
"""An address for which no host has one to send from, as long as no interface is named."""
UNREACHABLE = "Network is unreachable."


def failing(monkeypatch, code):
    """Lets every connection fail with an error of the system."""
    loop = asyncio.get_running_loop()

    async def fails(*_, **__):
        raise OSError(code, "Connect call failed")

    monkeypatch.setattr(loop, "create_connection", fails)
    monkeypatch.setattr(loop, "sock_connect", fails)


@pytest.mark.parametrize(("code", "address", "reason"), [
    pytest.param(errno.EAFNOSUPPORT, NO_SOURCE, UNREACHABLE, id="H114 g a host without IPv6 sockets"),
    pytest.param(errno.EADDRNOTAVAIL, NO_SOURCE, UNREACHABLE, id="H114 g a host without an IPv6 address"),
    pytest.param(errno.ENETUNREACH, NO_SOURCE, UNREACHABLE, id="H114 g a host without a route"),
    pytest.param(errno.EADDRNOTAVAIL, "127.0.0.1", None, id="H65 no free port is no observation"),
    pytest.param(errno.EMFILE, "127.0.0.1", None, id="H65 no free file of the process is no observation"),
    pytest.param(errno.ENFILE, "127.0.0.1", None, id="H65 no free file of the host is no observation"),
    pytest.param(errno.ENOBUFS, "127.0.0.1", None, id="H65 no buffers is no observation"),
    pytest.param(errno.ENOMEM, "127.0.0.1", None, id="H65 no memory is no observation"),
    pytest.param(errno.EACCES, "127.0.0.1", "Permission denied.", id="H114 g a local firewall"),
    pytest.param(errno.EPERM, "127.0.0.1", "Operation not permitted.", id="H114 g a local packet filter"),
    pytest.param(errno.EINVAL, NO_SOURCE, "Invalid argument.", id="H114 g an address that needs an interface"),
    pytest.param(errno.ENETDOWN, "127.0.0.1", "Network is down.", id="H114 g the network is down"),
    pytest.param(errno.ETIMEDOUT, "127.0.0.1", TIMED_OUT, id="H114 g the system's own time limit"),
])  # fmt: skip
@pytest.mark.parametrize("type_", ["HTTP", "HTTPS", "TCP"])
async def test_errors_of_the_system(monkeypatch, type_, code, address, reason):
    failing(monkeypatch, code)
    if reason is None:
        with pytest.raises(CannotProbe):
            await probe(80, type_, ip_address=address)
    else:
        outcome = await probe(80, type_, ip_address=address)
        assert (outcome.success, outcome.reason) == (False, reason)


def test_h114_g_a_real_host_without_ipv6(require_tool):
    """A network namespace without addresses; there a probe of `::1` finds none to send from."""
    unshare = require_tool("unshare")
    if subprocess.run([unshare, "-Urn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no network namespaces")
    program = (
        "import asyncio\n"
        "from tests.healthcheck.probes.probing import probe\n"
        "for type_ in ('HTTP', 'HTTPS', 'TCP'):\n"
        "    print(asyncio.run(probe(80, type_, ip_address='::1')).reason)\n"
    )
    run = subprocess.run([unshare, "-Urn", sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [UNREACHABLE] * 3


@pytest.mark.parametrize("type_", ["HTTP", "HTTPS", "HTTP_STR_MATCH", "TCP"])
async def test_h54_a_connection_to_itself_is_refused(monkeypatch, type_):
    """The system may choose the probed port as the port to connect from, if nothing listens on it."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    create_connection, sock_connect = loop.create_connection, loop.sock_connect

    async def create(*args, sock=None, **named):
        here = {"sock": sock} if sock else {"local_addr": ("127.0.0.1", port)}
        return await create_connection(*args, **here, **named)

    async def connect(sock, address):
        sock.bind(("127.0.0.1", port))
        await sock_connect(sock, address)

    monkeypatch.setattr(loop, "create_connection", create)
    monkeypatch.setattr(loop, "sock_connect", connect if type_ == "HTTPS" else sock_connect)
    fields = {"search_string": "GET"} if type_ == "HTTP_STR_MATCH" else {}
    outcome = await probe(port, type_, **fields)
    assert (outcome.success, outcome.reason) == (False, "Connection refused.")
    await asyncio.sleep(0)  # the transport closes its socket
    with socket.socket() as listener:  # the port is free at once, even for a server without SO_REUSEADDR
        listener.bind(("127.0.0.1", port))
        listener.listen()


# --- names ---


async def test_h59_the_resolver_is_asked_for_each_probe_with_the_checkers_region():
    asked = []

    class Remembers(Names):
        async def resolve(self, name, region, version=4):
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
