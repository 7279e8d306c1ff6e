"""Hostile HTTP: requests that two parsers would read differently, half requests, endless ones, too many connections."""

import contextlib
import gzip
import re
import socket
import urllib.request

import pytest

from tests.hostile.watching import withstands
from tests.serving import serving_files

FILE = """
hosted_zones:
  - {name: h.test, record_sets: [{name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}]}
"""
STATUS = re.compile(rb"HTTP/\d\.\d (\d{3}) ")
SMUGGLED = b"GET /dnsemu/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""A request in the place of a body: it gets 200 if the body is read as a request."""
API = "/2013-04-01/hostedzone"
CONTROL = "/dnsemu/v1/force"
LARGE = 5 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    file = tmp_path_factory.mktemp("framing") / "f.yaml"
    file.write_text(FILE)
    with serving_files(file) as running:
        yield running


@contextlib.contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.http), timeout=10) as sock:
        yield sock


def request(*headers, method="POST", target=CONTROL, body=b"", version="1.1"):
    lines = [f"{method} {target} HTTP/{version}", "Host: localhost", "Connection: close", *headers]
    return b"".join(line.encode("latin-1") + b"\r\n" for line in lines) + b"\r\n" + body


def statuses(server, data):
    """Sends bytes and returns the statuses of the replies, until the server closes the connection."""
    received = b""
    with connected(server) as sock, contextlib.suppress(ConnectionError):
        with contextlib.suppress(ConnectionError):
            sock.sendall(data)
        while piece := sock.recv(1 << 16):
            received += piece
    return [int(status) for status in STATUS.findall(received)]


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(request(f"Content-Length: {len(SMUGGLED)}", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED), id="length and chunks"),
        pytest.param(request("Content-Length: 0", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED), id="two lengths"),
        pytest.param(request("Content-Length: 0, 5", body=SMUGGLED), id="a list of lengths"),
        pytest.param(request("Content-Length: -1", body=SMUGGLED), id="a length below zero"),
        pytest.param(request("Content-Length: +0", body=SMUGGLED), id="a length with a sign"),
        pytest.param(request("Content-Length: 0x0", body=SMUGGLED), id="a length in another base"),
        pytest.param(request("Content-Length: 0_0", body=SMUGGLED), id="a length as Python writes it"),
        pytest.param(request("Content-Length: \xb2", body=SMUGGLED), id="a length of other digits"),
        pytest.param(request(f"Content-Length: {'9' * 5000}", body=SMUGGLED), id="a length of 5,000 digits"),
        pytest.param(request("Content-Length : 0", body=SMUGGLED), id="a space before a colon"),
        pytest.param(request(" Content-Length: 0", body=SMUGGLED), id="a header that is folded"),
        pytest.param(request("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED), id="chunked, but not last"),
        pytest.param(request("Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED), id="an unknown coding"),
        pytest.param(request(CHUNKED, CHUNKED, body=b"0\r\n\r\n" + SMUGGLED), id="chunked twice"),
        pytest.param(request("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + SMUGGLED), id="chunked behind a control character"),
        pytest.param(request(CHUNKED, body=b"0;\n\r\n\r\n" + SMUGGLED), id="a chunk's line that ends early"),
        pytest.param(request(CHUNKED, body=b"-1\r\n\r\n" + SMUGGLED), id="a chunk below zero"),
        pytest.param(request(CHUNKED, body=b"0x0\r\n\r\n" + SMUGGLED), id="a chunk in another base"),
        pytest.param(request(CHUNKED, body=b"f" * 40 + b"\r\n" + SMUGGLED), id="a chunk of 2^160 bytes"),
        pytest.param(request(CHUNKED, body=b"2\r\n{}XX0\r\n\r\n" + SMUGGLED), id="a chunk longer than it says"),
        pytest.param(request(CHUNKED, body=b"\r\n0\r\n\r\n" + SMUGGLED), id="a chunk without a length"),
        pytest.param(request("X: a\x00b", body=SMUGGLED), id="NUL in a header"),
        pytest.param(request("X\x00: a", body=SMUGGLED), id="NUL in a header's name"),
        pytest.param(request("X: a\rContent-Length: 0", body=SMUGGLED), id="a bare CR"),
        pytest.param(request(version="9.9"), id="a version of the future"),
        pytest.param(request(target="/a b"), id="a space in the target"),
        pytest.param(request(target="\x00"), id="NUL in the target"),
        pytest.param(request(method="G(T"), id="a method that is none"),
        pytest.param(b"GET /\r\n\r\n", id="HTTP 0.9"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 508, id="a TLS hello"),
        pytest.param(b"\xff" * 1000 + b"\r\n\r\n", id="no text"),
    ],
)  # fmt: skip
def test_requests_that_could_be_read_in_two_ways(data, server):
    """RFC 9112 §6: one reply, a refusal, and the rest of the connection is not read as a request."""
    with withstands(server, "w.h.test"):
        found = statuses(server, data)
    assert len(found) <= 1
    assert all(400 <= status < 500 for status in found), found


def many_headers(number):
    return request(*(f"X-{number}: {'x' * 50}" for number in range(number)))


@pytest.mark.parametrize(
    ("make", "allowed"),
    [
        pytest.param(lambda: request(f"X: {'x' * LARGE}"), {400, 431}, id="a header of 5 MiB"),
        pytest.param(lambda: request(f"{'X' * LARGE}: x"), {400, 431}, id="a header's name of 5 MiB"),
        pytest.param(lambda: request(target="/" + "x" * LARGE), {400, 414}, id="a target of 5 MiB"),
        pytest.param(lambda: many_headers(65), {400, 431}, id="one header too many"),
        pytest.param(lambda: many_headers(100_000), {400, 431}, id="100,000 headers"),
        pytest.param(lambda: request(f"Cookie: {';'.join(f'a{n}=1' for n in range(900))}"), {400}, id="many cookies"),
        pytest.param(lambda: request(f"Content-Length: {LARGE}", body=b" " * LARGE), {413}, id="a large control call"),
        pytest.param(lambda: request(f"Content-Length: {LARGE}", target=API, body=b" " * LARGE), {400}, id="a large body of the API"),
        pytest.param(lambda: request(f"Content-Length: {LARGE}", target="/none", body=b" " * LARGE), {404}, id="a large body for no path"),
        pytest.param(lambda: request(f"Content-Length: {LARGE}", "Origin: http://elsewhere", body=b" " * LARGE), {403}, id="a large body of another origin"),
        pytest.param(lambda: request(CHUNKED, body=b"1\r\n \r\n" * 300_000 + b"0\r\n\r\n"), {400, 413}, id="a body in single bytes"),
        pytest.param(lambda: request(CHUNKED, body=b"1;" + b"x" * LARGE + b"\r\n \r\n0\r\n\r\n"), {400}, id="a chunk's extension of 5 MiB"),
        pytest.param(lambda: request(CHUNKED, body=b"0\r\n" + b"X: y\r\n" * 200_000 + b"\r\n"), {400}, id="200,000 trailers"),
        *(
            pytest.param(
                lambda path=path, coding=coding: request(
                    f"Content-Encoding: {coding}", f"Content-Length: {len(bomb())}", target=path, body=bomb()
                ),
                {400, 404, 415},
                id=f"a bomb as {coding} for {path}",
            )
            for path in (API, CONTROL, "/dnsemu/v1/snapshot", "/none", "/")
            for coding in ("gzip", "deflate", "br", "zstd")
        ),
        pytest.param(lambda: SMUGGLED.replace(b"status", b"clock") * 3000 + request(method="GET"), {200, 403, 404, 405}, id="3,000 requests at once"),
    ],
)  # fmt: skip
def test_large_requests(make, allowed, server):
    data = make()
    with withstands(server, "w.h.test"):
        found = statuses(server, data)
    assert set(found) <= allowed


def bomb():
    return _BOMB


_BOMB = gzip.compress(gzip.compress(bytes(64 << 20)) + bytes(64 << 20))


def half_requests(server, stack):
    whole = request(f"Content-Length: {100_000}", target=API, body=b" " * 50_000)
    for number in range(700):
        sock = stack.enter_context(connected(server))
        sock.sendall(whole[: number % 150] if number % 4 else whole)


def byte_by_byte(server, stack):
    whole = request(method="GET", target="/dnsemu/v1/clock")
    socks = [stack.enter_context(connected(server)) for _ in range(30)]
    for octet in whole:
        for sock in socks:
            sock.sendall(bytes([octet]))
    for sock in socks:
        assert sock.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def replies_that_are_not_read(server, stack):
    for _ in range(40):
        sock = stack.enter_context(connected(server))
        sock.settimeout(0)
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(20):
                sock.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)


def bodies_that_are_expected(server, stack):
    """Requests that wait for `100 Continue` and then send nothing."""
    for _ in range(300):
        sock = stack.enter_context(connected(server))
        sock.sendall(request("Expect: 100-continue", "Content-Length: 200000", target=API))


def followers(server, stack):
    for _ in range(300):
        sock = stack.enter_context(connected(server))
        sock.sendall(b"GET /dnsemu/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")


@pytest.mark.parametrize(
    "attack",
    [half_requests, byte_by_byte, replies_that_are_not_read, bodies_that_are_expected, followers],
    ids=lambda attack: attack.__name__.replace("_", " "),
)
def test_connections_that_do_not_end(attack, server):
    """A new request is served meanwhile."""
    with withstands(server, "w.h.test"), contextlib.ExitStack() as stack:
        attack(server, stack)
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=10) as reply:
            assert reply.status == 200
