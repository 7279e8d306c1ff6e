"""Hostile endpoints: servers that answer probes with anything. Probes end, and nothing else suffers."""

import contextlib
import itertools
import socket
import struct
import threading

from tests.hostile.watching import withstands
from tests.serving import serving_files
from tests.waiting import until

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def forever(piece):
    return itertools.repeat(piece)


ENDPOINTS = {
    "headers-without-end": lambda: itertools.chain([OK], forever(b"X: y\r\n" * 1000)),
    "one-header-without-end": lambda: itertools.chain([OK + b"X: "], forever(b"y" * 60_000)),
    "status-line-without-end": lambda: itertools.chain([b"HTTP/1.1 200 "], forever(b"O" * 60_000)),
    "body-without-end": lambda: itertools.chain([OK + b"\r\n"], forever(b"x" * 60_000)),
    "chunks-without-end": lambda: itertools.chain([CHUNKED], forever(b"1\r\nx\r\n" * 10_000)),
    "extension-without-end": lambda: itertools.chain([CHUNKED + b"1;"], forever(b"x" * 60_000)),
    "chunk-size-without-end": lambda: itertools.chain([CHUNKED], forever(b"0" * 60_000)),
    "trailers-without-end": lambda: itertools.chain([CHUNKED + b"0\r\n"], forever(b"X: y\r\n" * 1000)),
    "continues-without-end": lambda: forever(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "switching-without-end": lambda: forever(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 1000),
    "blank-lines-without-end": lambda: forever(b"\r\n" * 10_000),
    "zeros": lambda: forever(bytes(60_000)),
    "length-below-zero": lambda: [OK + b"Content-Length: -5\r\n\r\nx"],
    "length-of-5000-digits": lambda: [OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx"],
    "bomb": lambda: [OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"],
    "redirect-to-itself": lambda: [b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"],
    "no-http": lambda: [b"\x16\x03\x01" * 1000],
    "nothing": lambda: [],
}
"""By health check: the pieces that an endpoint sends, as far as it is read."""
TLS = ("no-http", "zeros", "nothing")

HEAD = """
hosted_zones:
  - {name: e.test, record_sets: [{name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}]}
health_checkers: {regions: [us-east-1, eu-west-1], per_region: 1}
health_checks:
"""
ROUNDS = 3


class Endpoint:
    """Listens on a free port; sends pieces on each connection until the other side closes it, then resets it."""

    def __init__(self, make):
        self._make = make
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.settimeout(10)
            connection.recv(65_536)
            for piece in self._make():
                connection.sendall(piece)

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_endpoints_that_answer_probes_with_anything(tmp_path):
    with contextlib.ExitStack() as stack:
        endpoints = {name: Endpoint(make) for name, make in ENDPOINTS.items()}
        for endpoint in endpoints.values():
            stack.callback(endpoint.close)
        lines = HEAD
        for name, endpoint in endpoints.items():
            common = f"ip_address: 127.0.0.1, port: {endpoint.port}, request_interval: 1, failure_threshold: 1"
            lines += f"  - {{id: {name}, type: HTTP, {common}}}\n"
            lines += f"  - {{id: {name}-s, type: HTTP_STR_MATCH, search_string: needle, {common}}}\n"
            if name in TLS:
                lines += f"  - {{id: {name}-t, type: HTTPS, {common}}}\n"
        (tmp_path / "f.yaml").write_text(lines)
        server = stack.enter_context(serving_files(tmp_path / "f.yaml"))
        with withstands(server, "w.e.test"):
            until(
                lambda: all(endpoint.connections >= ROUNDS * 4 for endpoint in endpoints.values()),
                within_s=60,
                what="probes of every endpoint",
            )
        until(
            lambda: all(check["last"] for row in server.status()["health_checks"] for check in row["checkers"]),
            within_s=30,
            what="results",
        )
        judged = {check["id"]: check["status"] for check in server.status()["health_checks"]}
    assert {name for name, status in judged.items() if status == "healthy"} <= HEALTHY


HEALTHY = {
    *(
        "body-without-end",
        "chunks-without-end",
        "trailers-without-end",
        "extension-without-end",
        "chunk-size-without-end",
    ),
    *("bomb", "length-below-zero", "length-of-5000-digits", "redirect-to-itself"),
}
"""A good status and headers are all that an HTTP check without a search string asks for (H40), whatever the body is."""
