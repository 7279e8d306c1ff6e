"""Bounds of HTTP connections, with aiohttp's protocol on transports that only remember. Time is an argument."""

import asyncio
import logging
from collections import Counter

import pytest
from aiohttp import web

from dnsemu.api.connections import (
    MAX_DISCARDED_BYTES,
    MAX_HEADER_BYTES,
    MAX_REQUEST_S,
    MAX_STALL_S,
    MIN_BYTES_PER_S,
    Connections,
    Phase,
)
from dnsemu.runtime.limits import Limit

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD_OF_GET = GET[:20]


def post(length):
    return f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode()


class Transport(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self, protocol):
        super().__init__()
        self._protocol = protocol
        self.written = b""
        self.is_aborted = False
        self._is_closed = False

    def write(self, data):
        self.written += data

    def writelines(self, parts):
        self.written += b"".join(parts)

    def is_closing(self):
        return self._is_closed

    def close(self):
        if not self._is_closed:
            self._is_closed = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self):
        self.is_aborted = True
        self.close()

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class Stage:
    """An HTTP server of one path on a separate clock; a handler answers when it is told to."""

    def __init__(self, max_connections):
        self.now = 1000.0
        self.reached = Counter()
        self.connections = Connections(max_connections, self.reached, lambda: self.now)
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.reads_body = True
        app = web.Application(middlewares=[self.connections.track()])
        app.router.add_route("*", "/", self._answer)
        quiet = logging.getLogger("tests.quiet")
        quiet.setLevel(logging.CRITICAL)
        self._runner = web.AppRunner(
            app, access_log=None, logger=quiet, shutdown_timeout=0.01, handler_cancellation=True
        )

    async def _answer(self, request):
        if self.reads_body:
            async for _ in request.content.iter_any():
                pass
        await self.may_answer.wait()
        return web.Response(text="yes")

    async def __aenter__(self):
        await self._runner.setup()
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    def connect(self):
        protocol = self.connections.accept(self._runner.server)
        transport = Transport(protocol)
        protocol.connection_made(transport)
        return transport

    async def send(self, transport, data):
        if not transport.is_closing():
            transport._protocol.data_received(data)
        await self.settle()

    async def settle(self):
        for _ in range(20):
            await asyncio.sleep(0)

    async def wait(self, seconds):
        self.now += seconds
        self.connections.close_expired()
        await self.settle()

    def counts(self):
        return {phase: self.connections.count(phase) for phase in Phase}


def staged(max_connections=3):
    """Runs a test as a coroutine with a stage."""

    def decorate(test):
        def run():
            async def main():
                async with Stage(max_connections) as stage:
                    await test(stage)

            asyncio.run(main())

        run.__doc__ = test.__doc__
        return run

    return decorate


@staged()
async def test_a_connection_goes_through_its_phases(stage):
    client = stage.connect()
    assert stage.counts() == {Phase.INCOMPLETE: 1, Phase.SERVING: 0, Phase.IDLE: 0}
    stage.may_answer.clear()
    await stage.send(client, GET)
    assert stage.counts() == {Phase.INCOMPLETE: 0, Phase.SERVING: 1, Phase.IDLE: 0}
    stage.may_answer.set()
    await stage.settle()
    assert b"200 OK" in client.written
    assert stage.counts() == {Phase.INCOMPLETE: 0, Phase.SERVING: 0, Phase.IDLE: 1}
    await stage.send(client, HEAD_OF_GET)
    assert stage.counts() == {Phase.INCOMPLETE: 1, Phase.SERVING: 0, Phase.IDLE: 0}
    client.close()
    await stage.settle()
    assert len(stage.connections) == sum(stage.counts().values()) == 0
    assert stage.reached == {}


@pytest.mark.parametrize("sent", [
    pytest.param((), id="nothing"),
    pytest.param((HEAD_OF_GET,), id="half of the headers"),
    pytest.param((post(10), b"half"), id="half of a body"),
    pytest.param((GET, HEAD_OF_GET), id="half of the headers of a second request"),
    pytest.param((GET + GET, GET + post(9)), id="a body that is missing behind requests in one piece"),
])  # fmt: skip
def test_a_request_that_is_not_complete_in_time_closes_its_connection(sent):
    @staged()
    async def run(stage):
        client = stage.connect()
        for data in sent:
            await stage.send(client, data)
        for _ in range(4):  # another byte does not help
            await stage.wait(MAX_REQUEST_S / 4 - 0.1)
            assert not client.is_aborted
        await stage.wait(1)
        assert client.is_aborted
        assert stage.reached == {Limit.HTTP_REQUEST_TIME: 1}

    run()


@staged()
async def test_a_trickle_does_not_extend_the_time(stage):
    client = stage.connect()
    for byte in b"GET / HTTP/1.1\r\nX":
        await stage.send(client, bytes([byte]))
        await stage.wait(MAX_REQUEST_S / 17)
    await stage.wait(0.5)
    assert client.is_aborted


@staged()
async def test_a_large_body_has_more_time(stage):
    client = stage.connect()
    await stage.send(client, post(1 << 30))
    for _ in range(40):
        await stage.send(client, bytes(MIN_BYTES_PER_S))
        await stage.wait(1)
    assert not client.is_aborted
    await stage.wait(MAX_REQUEST_S + 1)
    assert client.is_aborted


@staged()
async def test_a_request_that_is_being_answered_has_no_time_limit(stage):
    stage.may_answer.clear()
    client = stage.connect()
    await stage.send(client, GET)
    await stage.wait(10 * MAX_REQUEST_S)
    stage.may_answer.set()
    await stage.settle()
    assert b"200 OK" in client.written
    assert stage.reached == {}


@staged(max_connections=3)
async def test_the_oldest_incomplete_connection_makes_room(stage):
    idle = stage.connect()
    await stage.send(idle, GET)
    old, young = stage.connect(), stage.connect()
    await stage.send(young, HEAD_OF_GET)
    await stage.send(old, HEAD_OF_GET)
    for _ in range(50):
        client = stage.connect()
        await stage.send(client, GET)
        assert b"200 OK" in client.written
        assert len(stage.connections) <= 3
    assert old.is_aborted
    assert young.is_aborted
    assert stage.reached == {Limit.HTTP_CONNECTIONS: 50}


@staged(max_connections=3)
async def test_half_open_connections_never_keep_a_new_request_out(stage):
    for _ in range(200):
        await stage.send(stage.connect(), HEAD_OF_GET)
    client = stage.connect()
    await stage.send(client, GET)
    assert b"200 OK" in client.written


@staged(max_connections=3)
async def test_a_connection_that_is_served_goes_last(stage):
    stage.may_answer.clear()
    served = [stage.connect() for _ in range(3)]
    for client in served:
        await stage.send(client, GET)
    served[2]._protocol.pause_writing()
    new = stage.connect()
    await stage.send(new, GET)
    assert [client.is_aborted for client in served] == [False, False, True]
    await stage.send(stage.connect(), GET)
    assert [client.is_aborted for client in served] == [True, False, True]
    assert stage.reached == {Limit.HTTP_CONNECTIONS: 2}


@staged()
async def test_a_reply_that_is_not_read_closes_its_connection(stage):
    client = stage.connect()
    await stage.send(client, GET)
    client._protocol.pause_writing()
    await stage.wait(MAX_STALL_S - 1)
    client._protocol.resume_writing()
    client._protocol.pause_writing()
    await stage.wait(MAX_STALL_S - 1)
    assert not client.is_aborted
    await stage.wait(1)
    assert client.is_aborted
    assert stage.reached == {Limit.HTTP_REPLY_TIME: 1}


@staged()
async def test_requests_behind_one_that_is_answered_are_bounded(stage):
    stage.may_answer.clear()
    client = stage.connect()
    await stage.send(client, GET)
    for _ in range(MAX_HEADER_BYTES // len(GET) + 2):
        client._protocol.data_received(GET)
    assert client.is_aborted
    assert stage.reached == {Limit.HTTP_HEADER_BYTES: 1}


@staged()
async def test_the_rest_of_an_unread_body_is_discarded_up_to_a_bound(stage):
    stage.reads_body = False
    client = stage.connect()
    await stage.send(client, post(MAX_DISCARDED_BYTES * 2))
    assert b"200 OK" in client.written
    piece = bytes(1 << 20)
    for _ in range(MAX_DISCARDED_BYTES // len(piece) + 1):
        await stage.send(client, piece)
        assert not client.is_aborted
    await stage.send(client, piece)
    assert client.is_aborted
    assert stage.reached == {Limit.HTTP_DISCARDED_BYTES: 1}


@staged()
async def test_a_short_unread_body_keeps_the_connection(stage):
    stage.reads_body = False
    client = stage.connect()
    await stage.send(client, post(4) + b"rest")
    await stage.send(client, GET)
    assert client.written.count(b"200 OK") == 2
    assert stage.counts()[Phase.IDLE] == 1
