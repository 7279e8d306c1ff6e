"""DNS over TCP: many queries per connection, in pieces of any size, and clients that misbehave."""

import asyncio
import contextlib
import random
import socket
import struct

import dns.message
import dns.query
import pytest
import uvloop

from dnsemu.server.transport.sockets import bind_tcp
from dnsemu.server.transport.tcp import TcpListener
from tests.e2e.asking import query, served, texts


def framed(message):
    """Returns a message with its length in front, as TCP carries it."""
    wire = message if isinstance(message, bytes) else message.to_wire()
    return len(wire).to_bytes(2, "big") + wire


@pytest.fixture
def connect(shop):
    """A function that opens a connection and returns its socket and a file to read from; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect():
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", shop.dns), timeout=5))
            return sock, stack.enter_context(sock.makefile("rb"))

        yield connect


def next_reply(stream):
    length = int.from_bytes(stream.read(2), "big")
    return dns.message.from_wire(stream.read(length))


def test_queries_in_one_piece_are_answered_in_order(connect):
    """RFC 7766 §6.2.1.1: a client need not wait for a reply before it sends the next query."""
    sock, stream = connect()
    names = ["www.shop.test", "missing.shop.test", "blog.shop.test", "www.other.test"]
    sock.sendall(b"".join(framed(query(names[number % 4], id=number)) for number in range(400)))
    for number in range(400):
        reply = next_reply(stream)
        assert query(names[number % 4], id=number).is_response(reply)


def test_a_query_in_single_bytes_is_answered(connect):
    sock, stream = connect()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in framed(query("www.shop.test")) + framed(query("shop.test"))[:-1]:
        sock.send(bytes([octet]))
    assert texts(next_reply(stream)) == ["192.0.2.1"]
    sock.settimeout(0)
    with pytest.raises(BlockingIOError):
        sock.recv(1)


def test_a_client_that_shut_down_its_sending_side_gets_its_replies(connect):
    """There are more replies than the server buffers: it waits for the client to read."""
    sock, stream = connect()
    sock.sendall(framed(query("big.shop.test", "TXT")) * 2000)
    sock.shutdown(socket.SHUT_WR)
    for _ in range(2000):
        reply = stream.read(int.from_bytes(stream.read(2), "big"))
    assert texts(dns.message.from_wire(reply))[0].startswith('"1 ')
    assert stream.read() == b""


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\0\0", id="a length of zero"),
        pytest.param(framed(b"no DNS"), id="too short to be a message"),
        pytest.param(framed(dns.message.make_response(query("www.shop.test"))), id="a reply"),
    ],
)
def test_a_client_that_sends_something_else_is_cut_off(connect, shop, sent):
    sock, stream = connect()
    with contextlib.suppress(ConnectionError):
        sock.sendall(sent)
    with contextlib.suppress(ConnectionError):
        assert stream.read() == b""
    assert served(shop.dns, "www.shop.test", over=dns.query.tcp) == ["192.0.2.1"]


def test_rubbish_does_no_harm(connect, shop):
    dice = random.Random(20260102)
    for _ in range(50):
        sock, _stream = connect()
        with contextlib.suppress(ConnectionError):
            for _ in range(5):
                rubbish = dice.randbytes(dice.randrange(1, 600))
                sock.sendall(framed(rubbish) if dice.random() < 0.8 else rubbish)
        if dice.random() < 0.5:  # the rest stay open, some in the middle of a message
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
    assert served(shop.dns, "www.shop.test", over=dns.query.tcp) == ["192.0.2.1"]


def test_a_client_that_never_reads_delays_no_other(connect, shop):
    sock, stream = connect()
    sock.settimeout(0.2)
    with pytest.raises(TimeoutError):  # the server stops reading, so this can never be sent completely
        sock.sendall(framed(query("big.shop.test", "TXT")) * 1_000_000)
    for _ in range(20):
        assert served(shop.dns, "www.shop.test") == ["192.0.2.1"]
        assert served(shop.dns, "www.shop.test", over=dns.query.tcp) == ["192.0.2.1"]
    assert texts(next_reply(stream))[0].startswith('"1 ')


# --- limits, on a listener with small ones ---


def limited(work, *, loop_factory, **limits):
    """Runs `work(open)` beside a listener that echoes messages; `open()` returns a connection's reader and writer."""

    async def main():
        sock = bind_tcp("127.0.0.1", 0)
        listener = TcpListener(lambda packet, _source: packet, **limits)
        await listener.start(sock)
        writers = []

        async def connection():
            reader, writer = await asyncio.open_connection(*sock.getsockname())
            writers.append(writer)
            return reader, writer

        try:
            async with asyncio.timeout(10):
                await work(connection)
        finally:
            listener.close()
            for writer in writers:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


async def echoed(reader, writer, message=b"ping"):
    writer.write(framed(message))
    return (await reader.readexactly(2 + len(message)))[2:]


async def at_end(reader):
    """Reads until the other side closes or resets the connection."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(1 << 16):
            pass
    return True


both_loops = pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])


@both_loops
def test_an_idle_connection_is_closed(loop_factory):
    """R150: a connection is idle without a whole query; the beginning of one does not count."""

    async def work(connection):
        reader, writer = await connection()
        assert await echoed(reader, writer) == b"ping"
        writer.write(b"\0\x04pi")
        assert await at_end(reader)

    limited(work, loop_factory=loop_factory, idle_s=0.1)


@both_loops
def test_a_busy_connection_stays(loop_factory):
    """Queries within the limit keep it open beyond it."""

    async def work(connection):
        loop = asyncio.get_running_loop()
        reader, writer = await connection()
        began = loop.time()
        while loop.time() - began < 0.5:
            assert await echoed(reader, writer) == b"ping"
            await asyncio.sleep(0)

    limited(work, loop_factory=loop_factory, idle_s=0.2)


@both_loops
def test_a_client_that_never_reads_is_closed(loop_factory):
    async def work(connection):
        _, writer = await connection()
        writer.transport.pause_reading()
        writer.write(framed(bytes(60000)) * 800)  # more than the system buffers
        with pytest.raises(ConnectionError):
            await writer.drain()
        other_reader, other_writer = await connection()
        assert await echoed(other_reader, other_writer) == b"ping"

    limited(work, loop_factory=loop_factory, idle_s=0.3)


@both_loops
def test_a_connection_beyond_the_limit_replaces_the_one_idle_longest(loop_factory):
    async def work(connection):
        first, second = await connection(), await connection()
        assert await echoed(*second) == await echoed(*first) == b"ping"
        third = await connection()
        assert await echoed(*third) == b"ping"
        assert await at_end(second[0])
        assert await echoed(*first) == b"ping"

    limited(work, loop_factory=loop_factory, idle_s=5, max_connections=2)


@both_loops
def test_a_closing_listener_sends_its_replies(loop_factory):
    """Replies from before the close reach the client, then the connection ends."""

    async def main():
        sock = bind_tcp("127.0.0.1", 0)
        listener = TcpListener(lambda packet, _source: packet)
        await listener.start(sock)
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        assert await echoed(reader, writer) == b"ping"
        writer.write(framed(bytes(60000)))
        assert await reader.readexactly(2) == (60000).to_bytes(2, "big")
        listener.close()
        assert len(await reader.read()) == 60000
        writer.close()
        await writer.wait_closed()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(main(), 10))
