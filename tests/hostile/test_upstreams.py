"""Hostile upstreams: name servers that answer forwarded queries with anything. The client gets SERVFAIL, or nothing that harms."""

import contextlib
import random
import socket
import struct
import threading

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.hostile.watching import withstands
from tests.serving import serving_files

FILE = """
hosted_zones:
  - name: u.test
    record_sets:
      - {name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}
      - {name: out, type: CNAME, ttl: 60, resource_records: [x.elsewhere.test]}
"""
A = b"\0\1\0\1\0\0\0\1\0\4\1\2\3\4"


def reply(query, *records, flags=0x8180, question=None, counts=None, id=None):
    """A reply from bytes: records go to the answer section as they are."""
    name_end = query.index(b"\0", 12) + 5
    asked = query[12:name_end] if question is None else question
    number = counts or (1 if asked else 0, len(records), 0, 0)
    return (id or query[:2]) + struct.pack(">HHHHH", flags, *number) + asked + b"".join(records)


def other_id(query):
    return bytes((query[0] ^ 0xFF, query[1]))


REPLIES = {
    "other ids": lambda query: [reply(query, b"\xc0\x0c" + A, id=other_id(query))] * 200,
    "another question": lambda query: [reply(query, b"\xc0\x0c" + A, question=b"\1y\4test\0\0\1\0\1")],
    "no question": lambda query: [reply(query, question=b"")],
    "a pointer to itself": lambda query: [reply(query, b"\xc0" + bytes([len(query)]) + A)],
    "pointers in a ring": lambda query: [reply(query, *[b"\xc0\x0c\xc0\x0c" + A] * 10)],
    "a pointer beyond the end": lambda query: [reply(query, b"\xff\xff" + A)],
    "counts that lie": lambda query: [reply(query, counts=(1, 65_535, 65_535, 65_535))],
    "records that are cut off": lambda query: [reply(query, b"\xc0\x0c" + A)[:-3]],
    "a length beyond the end": lambda query: [reply(query, b"\xc0\x0c\0\1\0\1\0\0\0\1\xff\xff\1")],
    "60 kB": lambda query: [reply(query, *[b"\xc0\x0c" + A] * 3700)],
    "a CNAME to itself": lambda query: [reply(query, b"\xc0\x0c\0\5\0\1\0\0\0\1\0\2\xc0\x0c")],
    "a query": lambda query: [query] * 50,
    "header only": lambda query: [query[:2] + b"\x81\x80" + bytes(8)],
    "every rcode": lambda query: [reply(query, flags=0x8180 | random.randrange(16))],
    "other opcodes": lambda query: [reply(query, flags=0xF980)],
    "nothing but bytes": lambda query: [query[:2] + random.randbytes(500)],
    "an empty packet": lambda query: [b""],
    "a flood": lambda query: [random.randbytes(100)] * 2000,
    "cut off, then a long reply": lambda query: [reply(query, flags=0x8380)],
}  # fmt: skip


class Upstream:
    """Answers over UDP with the packets of a function, and over TCP with lengths that promise more than comes."""

    def __init__(self):
        self.make = REPLIES["header only"]
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for work in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    def _serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                query, client = self._udp.recvfrom(4096)
                for packet in self.make(query) if len(query) > 12 else ():
                    self._udp.sendto(packet, client)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(1)
                    query = connection.recv(4096)[2:]
                    connection.sendall(b"\xff\xff" + reply(query, *[b"\xc0\x0c" + A] * 2000))

    def close(self):
        for sock in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@pytest.fixture(scope="module")
def upstream():
    found = Upstream()
    yield found
    found.close()


@pytest.fixture(scope="module")
def server(upstream, tmp_path_factory):
    file = tmp_path_factory.mktemp("upstreams") / "f.yaml"
    file.write_text(FILE)
    with serving_files(file, options=("--forward", f"127.0.0.1:{upstream.port}")) as running:
        yield running


@pytest.mark.parametrize("replies", REPLIES)
def test_replies(replies, server, upstream):
    """Each client's own time limit ends its wait; what comes back to one is its question's reply."""
    upstream.make = REPLIES[replies]
    sockets = []
    with withstands(server, "w.u.test"), contextlib.ExitStack() as stack:
        for number in range(24):
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            sock.connect(("127.0.0.1", server.dns))
            sock.settimeout(0.3)
            name = "out.u.test" if number % 3 == 0 else f"x{number}.elsewhere.test"
            query = dns.message.make_query(name, "A", flags=dns.flags.RD, id=number + 1)
            sock.send(query.to_wire())
            sockets.append((sock, query))
        for sock, query in sockets:
            with contextlib.suppress(TimeoutError):
                answer = dns.message.from_wire(sock.recv(65_535))
                assert query.is_response(answer)


def test_an_upstream_that_is_the_server_itself(tmp_path):
    """A query that comes back is refused or answered, not forwarded without end."""
    (tmp_path / "f.yaml").write_text(FILE)
    with serving_files(tmp_path / "f.yaml") as first:
        option = ("--forward", f"127.0.0.1:{first.dns}")
        with serving_files(tmp_path / "f.yaml", options=option) as second, withstands(second, "w.u.test"):
            for number in range(50):
                query = dns.message.make_query(f"x{number}.elsewhere.test", "A")
                with contextlib.suppress(dns.exception.Timeout):
                    answer = dns.query.udp(query, "127.0.0.1", 3, second.dns)
                    assert answer.rcode() in (dns.rcode.REFUSED, dns.rcode.SERVFAIL)
