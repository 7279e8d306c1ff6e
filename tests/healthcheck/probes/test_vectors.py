"""The conformance vectors of health-checks.md §16, including the bytes that the endpoint receives."""

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from itertools import pairwise

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.http.request import request, target
from dnsemu.healthcheck.http.search import Search
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, HostResolver
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import (
    body_of,
    certificate,
    endpoint,
    never_answers,
    response,
    sends,
    sends_then_silence,
    serving_tls,
)
from tests.healthcheck.probes.probing import LONG, SHORT, probe
from tests.healthcheck.staged_loop import staged

MEGABYTE = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"


async def seen_hanging_up(script, type_="HTTP", *, budgets=LONG, tls=None, **fields):
    """The result of a probe that ends the connection itself; it sends exactly one request."""
    async with endpoint(script, tls=tls) as server:
        outcome = await probe(server.port, type_, budgets=budgets, **fields)
        await asyncio.wait_for(server.hung_up.wait(), 20)
        assert (len(server.requests), server.afterwards) == (1, [b""])
    return outcome


@pytest.mark.parametrize(("data", "success"), [
    pytest.param(MEGABYTE + b"\r\n" + body_of(5120), True, id="H178 H52 the needle ends with byte 5,120"),
    pytest.param(MEGABYTE + b"\r\n" + body_of(5121), False, id="H178 H52 the needle ends with byte 5,121"),
    pytest.param(MEGABYTE + b"\r\n" + b"." * 5114 + b"needl", None, id="H178 H53 the needle's last byte is missing"),
    pytest.param(MEGABYTE + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(body_of(900)), True, id="H179 gzip"),
    pytest.param(MEGABYTE + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(body_of(900)), True, id="H179 H50 deflate"),
    pytest.param(MEGABYTE + b"Content-Encoding: br\r\n\r\n\x0b\x04\x80a ne\x03dle" + bytes(5120), False, id="H179 brotli"),
])  # fmt: skip
async def test_search(data, success):
    budgets = LONG if success is not None else SHORT
    script = sends_then_silence(data)
    outcome = await seen_hanging_up(script, "HTTP_STR_MATCH", budgets=budgets, search_string="needle")
    assert outcome.success is bool(success)
    assert (outcome.reason == TIMED_OUT) is (success is None)


@pytest.mark.parametrize("data", [
    pytest.param(response(body=b"hay"), id="H49 H52 a body that is complete"),
    pytest.param(response(), id="H49 H52 an empty body"),
    pytest.param(response(204), id="H49 H52 no content"),
    pytest.param(b"HTTP/1.1 304 Whatever\r\nContent-Length: 6\r\n\r\n", id="H49 H52 not modified"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhay\r\n0\r\n\r\n",
                 id="H49 H52 the last chunk"),
])  # fmt: skip
async def test_a_body_that_ends_is_not_waited_for(data):
    outcome = await seen_hanging_up(sends_then_silence(data), "HTTP_STR_MATCH", search_string="needle")
    assert "was not found" in outcome.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_h180_a_redirect_is_not_followed(status):
    async with endpoint(never_answers) as elsewhere:
        location = f"http://127.0.0.1:{elsewhere.port}/"
        outcome = await seen_hanging_up(sends_then_silence(response(status, Location=location)))
        assert (outcome.success, elsewhere.connections) == (True, 0)
    assert outcome.reason.startswith(f"HTTP Status Code {status}, ")


@pytest.mark.parametrize("fields", [
    pytest.param({"name": "app.test"}, id="H181 self-signed"),
    pytest.param({"name": "wrong.test"}, id="H181 self-signed for another name"),
    pytest.param({"name": "app.test", "days": "-1"}, id="H181 expired"),
    pytest.param({"name": "wrong.test", "days": "-1"}, id="H181 expired, for another name"),
])  # fmt: skip
async def test_certificates(tmp_path, require_tool, fields):
    tls = serving_tls(certificate(tmp_path, require_tool, **fields))
    async with endpoint(sends_then_silence(response()), tls=tls) as server:
        outcome = await probe(server.port, "HTTPS", fully_qualified_domain_name="app.test")
        await asyncio.wait_for(server.hung_up.wait(), 20)
        assert (server.connections, server.server_names) == (1, ["app.test"])
    assert outcome.reason == "HTTP Status Code 200, OK. Resolved IP: 127.0.0.1"
    assert outcome.success


@pytest.mark.parametrize(("type_", "port", "host"), [
    pytest.param("HTTP", 8080, "app.test:8080", id="H182 port 8080"),
    pytest.param("HTTP", 80, "app.test", id="H182 port 80"),
    pytest.param("HTTPS", 80, "app.test:80", id="H183 HTTPS on port 80"),
    pytest.param("HTTPS", 443, "app.test", id="H40 HTTPS on its own port"),
    pytest.param("HTTP", 443, "app.test:443", id="H40 HTTP on HTTPS's port"),
])  # fmt: skip
def test_host_header(tmp_path, require_tool, type_, port, host):
    tls = serving_tls(certificate(tmp_path, require_tool)) if type_ == "HTTPS" else None

    async def main(loop):
        async with endpoint(sends(response()), tls=tls) as server:
            loop.reroutes[port] = server.port
            assert (await probe(port, type_, fully_qualified_domain_name="app.test")).success
            return server.requests

    (sent,) = staged(main)
    assert [line for line in sent.split(b"\r\n") if line.lower().startswith(b"host:")] == [f"Host: {host}".encode()]


async def test_h186_a_name_with_only_aaaa():
    def getaddrinfo(_name, _port, *, family, type):
        if family == socket.AF_INET:
            raise socket.gaierror(getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME), "as told")
        return [(socket.AF_INET6, type, 6, "", ("::1", 0, 0, 0))]

    config = EndpointCheck(EndpointType.HTTP, fully_qualified_domain_name="v6.test", port=80)
    outcome = await Prober(HostResolver(getaddrinfo), LONG)(HealthCheck("hc", config), Checker("eu-west-1", 0))
    assert not outcome.success
    assert outcome.reason == NO_ADDRESS.reason or not hasattr(socket, "EAI_ADDRFAMILY")


def header_block(size):
    """Header lines of so many bytes, with their line ends."""
    lines = [b"X: " + b"y" * 95 + b"\r\n"] * (size // 100 - 1)
    return b"".join(lines) + b"Z: " + b"z" * (size - 100 * len(lines) - 5) + b"\r\n"


@pytest.mark.parametrize(("size", "success"), [
    pytest.param(16_384, True, id="H47 as large as may be"),
    pytest.param(16_385, False, id="H47 one byte more"),
    pytest.param(20_000, False, id="H194 20 kB"),
])  # fmt: skip
@pytest.mark.parametrize("cuts", [
    pytest.param([], id="at once"),
    pytest.param([8000], id="in halves"),
    pytest.param([10, 16_000, -2], id="the empty line last"),
])  # fmt: skip
def test_header_sizes(size, success, cuts):
    block = header_block(size)
    assert len(block) == size
    data = b"HTTP/1.1 200 OK\r\n" + block + b"\r\n"

    async def in_pieces(writer):
        for start, end in pairwise([0, *cuts, len(data)]):
            writer.write(data[start:end])
            await asyncio.sleep(0.1)
        await asyncio.Event().wait()

    async def main(_loop):
        return await seen_hanging_up(in_pieces)

    outcome = staged(main)
    assert outcome.success is success
    assert success or outcome.reason == "The response headers are larger than 16384 bytes."


async def test_h164_nothing_in_the_environment_changes_a_probe(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with endpoint(never_answers) as proxy, endpoint(sends(response())) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await probe(server.port)).success
        assert proxy.connections == 0
        assert b"Authorization" not in server.requests[0]


# --- the request, without a socket ---


@pytest.mark.parametrize(("path", "sent"), [
    pytest.param(None, "/", id="H12 none"),
    pytest.param("", "/", id="H12 empty"),
    pytest.param("health", "/health", id="H12 without its slash"),
    pytest.param("?a=b", "/?a=b", id="H12 a query alone"),
    pytest.param("/a%2Fb%zz//../c;d?e=f g&h", "/a%2Fb%zz//../c;d?e=f g&h", id="H12 exactly as stored"),
    pytest.param("/größe", "/größe", id="H12 beyond ASCII"),
    pytest.param("/#a?b#c", "/#a?b#c", id="H12 with a fragment"),
])  # fmt: skip
def test_paths(path, sent):
    check = EndpointCheck(EndpointType.HTTP, ip_address="192.0.2.1", resource_path=path)
    assert target(check) == sent
    assert request("hc", check, "192.0.2.1").startswith(f"GET {sent} HTTP/1.1\r\nHost: 192.0.2.1\r\n".encode())


@pytest.mark.parametrize("fields", [
    pytest.param({"resource_path": "/a\nb"}, id="H12 a line end in the path"),
    pytest.param({"resource_path": "/a\0b"}, id="H12 a zero in the path"),
    pytest.param({"fully_qualified_domain_name": "a\r\nX: y"}, id="H40 a line end in the name"),
])  # fmt: skip
def test_requests_that_cannot_be_made(fields):
    with pytest.raises(ValueError, match="control character"):
        request("hc", EndpointCheck(EndpointType.HTTP, ip_address="192.0.2.1", **fields), "192.0.2.1")


# --- the search, without a socket ---


def test_h50_no_more_is_unpacked_than_is_searched():
    bomb = gzip.compress(bytes(20_000_000))
    search = Search("needle")
    search.begin(("gzip",))
    tracemalloc.start()
    try:
        assert search.feed(bomb) is False
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece_bytes", [1, 7, 1000])
def test_h49_the_pieces_do_not_matter(piece_bytes):
    for body, found in ((body_of(5120), True), (body_of(5121), False)):
        search = Search("needle")
        pieces = (body[start : start + piece_bytes] for start in range(0, len(body), piece_bytes))
        assert next(filter(lambda known: known is not None, map(search.feed, pieces))) is found
