"""The end of a probe's connection: the peer sees it close, not a reset (H48, H52, H54)."""

import asyncio
import socket
import ssl
import threading
from contextlib import asynccontextmanager, nullcontext

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.probes import closing
from dnsemu.healthcheck.probes.prober import Prober
from tests.healthcheck.endpoints import response, serving_tls
from tests.healthcheck.probes.probing import CHECKER, LONG, Names

PATIENCE_S = 20
BODY = b"." * 30_000
MEGABYTES = 4 * 2**20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Peer:
    """A server in a thread: sends the first bytes, and the rest when told that the probe has its result.

    `end` says how its connection ends: `closed`, `cut off` (TLS without its closing alert), or `reset`.
    """

    def __init__(self, first, rest, *, tls=None, reads_request=True, closes_first=False):
        self.first, self.rest, self.tls = first, rest, tls
        self.reads_request, self.closes_first = reads_request, closes_first
        self.has_result = threading.Event()
        self.end = None

    def serve(self, listener):
        with listener.accept()[0] as sock:
            sock.settimeout(PATIENCE_S)
            try:
                with self.tls.wrap_socket(sock, server_side=True) if self.tls else nullcontext(sock) as stream:
                    self.end = self.talk(stream)
            except (ConnectionResetError, BrokenPipeError):
                self.end = "reset"

    def talk(self, sock):
        if hasattr(sock, "suppress_ragged_eofs"):
            sock.suppress_ragged_eofs = False
        if self.reads_request:
            while not sock.recv(65536).endswith(b"\r\n\r\n"):
                pass
        sock.sendall(self.first)
        assert self.has_result.wait(PATIENCE_S)
        sock.sendall(self.rest)
        if self.closes_first:
            sock.shutdown(socket.SHUT_WR)
        try:
            while sock.recv(65536):
                pass
        except ssl.SSLEOFError:
            return "cut off"
        return "closed"


@asynccontextmanager
async def listening(peer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=peer.serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            peer.has_result.set()
            await asyncio.to_thread(thread.join, 2 * PATIENCE_S)
            assert not thread.is_alive()


def ended(run, monkeypatch, peer, type_="HTTP", *, linger_s=PATIENCE_S, **fields):
    """The end of the peer's connection after a successful probe."""
    monkeypatch.setattr(closing, "LINGER_S", linger_s)

    async def main():
        prober = Prober(Names(), LONG)
        async with listening(peer) as port:
            config = EndpointCheck(EndpointType(type_), ip_address="127.0.0.1", port=port, **fields)
            result = await prober(HealthCheck("hc", config), CHECKER)
            assert result.success, result.reason
        prober.close()
        return peer.end

    return run(main)


@pytest.mark.parametrize(("peer", "type_"), [
    pytest.param(lambda: Peer(response(body=BODY), b""), "HTTP", id="H48 a complete response"),
    pytest.param(lambda: Peer(HEAD % len(BODY), BODY), "HTTP", id="H48 a body that comes later"),
    pytest.param(lambda: Peer(HEAD % len(BODY) + b"needle", BODY[6:]), "HTTP_STR_MATCH", id="H52 after the string"),
    pytest.param(lambda: Peer(CHUNKED + b"6\r\nneedle\r\n", b"3\r\nhay\r\n0\r\nX: y\r\n\r\n"), "HTTP_STR_MATCH",
                 id="H52 chunks and trailers after the string"),
    pytest.param(lambda: Peer(CHUNKED, b"7530\r\n" + BODY + b"\r\n0\r\n\r\n"), "HTTP", id="H48 chunks that come later"),
    pytest.param(lambda: Peer(b"HTTP/1.1 200 OK\r\n\r\n", BODY, closes_first=True), "HTTP",
                 id="H48 a body until the end of the connection"),
    pytest.param(lambda: Peer(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", BODY, closes_first=True), "HTTP",
                 id="H48 a body without a known end"),
    pytest.param(lambda: Peer(b"", b"", reads_request=False), "TCP", id="H54 a peer that is silent"),
    pytest.param(lambda: Peer(b"SSH-2.0-OpenSSH_9.9\r\n", b"", reads_request=False), "TCP", id="H54 a peer that speaks first"),
    pytest.param(lambda: Peer(b"", b"220 mail\r\n", reads_request=False), "TCP", id="H54 a peer that speaks later"),
])  # fmt: skip
def test_no_reset(run, monkeypatch, peer, type_):
    fields = {"search_string": "needle"} if type_.endswith("MATCH") else {}
    assert ended(run, monkeypatch, peer(), type_, **fields) == "closed"


@pytest.mark.parametrize("rest", [
    pytest.param(b"", id="H48 a complete response over TLS"),
    pytest.param(BODY, id="H48 a body over TLS that comes later"),
])  # fmt: skip
def test_tls_ends_with_its_alert(run, monkeypatch, self_signed, rest):
    peer = Peer(HEAD % len(rest), rest, tls=serving_tls(self_signed))
    assert ended(run, monkeypatch, peer, "HTTPS") == "closed"


@pytest.mark.parametrize("peer", [
    pytest.param(lambda: Peer(HEAD % MEGABYTES, b"." * MEGABYTES), id="H52 a body that is too long to read on"),
    pytest.param(lambda: Peer(CHUNKED, b"4000000\r\n" + b"." * MEGABYTES), id="H52 a chunk that is too long to read on"),
])  # fmt: skip
def test_a_long_body_is_not_read_to_its_end(run, monkeypatch, peer):
    assert ended(run, monkeypatch, peer()) == "reset"


def test_a_flood_on_a_tcp_check_is_not_read_to_its_end(run, monkeypatch):
    peer = Peer(b"", b"." * MEGABYTES, reads_request=False)
    assert ended(run, monkeypatch, peer, "TCP") == "reset"


def test_a_peer_that_finishes_nothing_is_left_after_a_moment(run, monkeypatch):
    async def main():
        monkeypatch.setattr(closing, "LINGER_S", 0.05)
        prober = Prober(Names(), LONG)
        left = asyncio.Event()

        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD % 10)
            assert await reader.read() == b""
            left.set()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            config = EndpointCheck(EndpointType.HTTP, ip_address="127.0.0.1", port=port)
            assert (await prober(HealthCheck("hc", config), CHECKER)).success
            assert not left.is_set()
            await asyncio.wait_for(left.wait(), PATIENCE_S)

    run(main)


@pytest.mark.parametrize("type_", ["HTTP", "TCP"])
def test_h163_few_connections_linger(run, monkeypatch, type_):
    """Those past the limit, and all at the end of the program, are closed at once."""

    async def main():
        monkeypatch.setattr(closing, "LINGER_S", PATIENCE_S)
        monkeypatch.setattr(closing, "MAX_LINGERING", 3)
        prober = Prober(Names(), LONG)
        held = set()

        async def serve(reader, writer):
            held.add(writer)
            if type_ == "HTTP":
                await reader.readuntil(b"\r\n\r\n")
                writer.write(HEAD % 10)

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            check = HealthCheck("hc", EndpointCheck(EndpointType(type_), ip_address="127.0.0.1", port=port))
            for _ in range(5):
                assert (await prober(check, CHECKER)).success
            lingering = tuple(prober._closing._lingering)
            assert len(lingering) == 3
            prober.close()
            await asyncio.sleep(0.01)
            assert all(connection.transport is None for connection in lingering)
            assert not prober._closing._lingering
            for writer in held:
                writer.transport.abort()

    run(main)
