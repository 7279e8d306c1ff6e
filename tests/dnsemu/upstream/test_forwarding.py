"""Forwarding of names outside the hosted zones: real sockets on loopback, one server in front of another."""

import asyncio
import random
import struct
from contextlib import asynccontextmanager

import dns.asyncquery
import dns.flags
import dns.message
import pytest

from dnsemu.answering.dice import QuickDice
from dnsemu.config.text.addresses import Address
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import bind
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.handlers import Handlers
from tests.asking import Server, ecs, flags, lines, rcode
from tests.builders import latency, record_set, weighted, zone

UPSTREAM = zone(
    "up.test",
    record_set("www.up.test", values="192.0.2.77", ttl=30),
    record_set("hop.up.test", "CNAME", "www.up.test", ttl=30),
    record_set("big.up.test", "TXT", [f'"{n:02}{"x" * 200}"' for n in range(12)]),
)
HERE = [
    zone(
        "here.test",
        record_set("own.here.test", values="192.0.2.1"),
        record_set("c.here.test", "CNAME", "hop.up.test", ttl=9),
        record_set("gone.here.test", "CNAME", "gone.up.test", ttl=9),
        record_set("other.here.test", "CNAME", "x.there.test", ttl=9),
        record_set("place.here.test", "CNAME", "where.there.test"),
        record_set("soa.here.test", "CNAME", "up.test"),
        record_set("loop.here.test", "CNAME", "loop.here.test", ttl=9),
        record_set("alias.here.test", alias="hop.up.test", eth=False),
        weighted("w.here.test", 1, "only", alias="www.up.test", eth=False),
        record_set("sub.here.test", "NS", "ns.elsewhere.test"),
        record_set("cut.here.test", "CNAME", "www.sub.here.test", ttl=9),
    ),
    zone(
        "there.test",
        record_set("x.there.test", "CNAME", "www.up.test", ttl=8),
        latency("where.there.test", "us-east-1", values="192.0.2.5"),
    ),
]


@asynccontextmanager
async def listening(handlers):
    listeners = bind([Address("127.0.0.1", 0)])
    await listeners.start([handlers])
    try:
        yield listeners.addresses[0]
    finally:
        listeners.close()


@asynccontextmanager
async def in_front_of(*upstreams, upstream_s=2.0):
    """A server for `HERE` that forwards; yields a function that asks it."""
    inner = Server(*HERE)
    forwarder = Forwarder(upstreams, upstream_s=upstream_s)
    responder = Responder(inner.board, inner.health, QuickDice(random.Random(1).random), str, forwarder)
    async with listening(responder.handlers()) as address:

        async def ask(name, type_="A", *, over_tcp=False, flags=dns.flags.RD, **more):
            query = dns.message.make_query(name, type_, flags=flags, **more)
            exchange = dns.asyncquery.tcp if over_tcp else dns.asyncquery.udp
            return await exchange(query, address.host, port=address.port, timeout=10)

        yield ask


@pytest.fixture
async def ask():
    async with listening(Server(UPSTREAM).responder.handlers()) as upstream, in_front_of(upstream) as asking:
        yield asking


async def test_a_name_outside_is_asked_upstream(ask):
    reply = await ask("www.up.test")
    assert lines(reply.answer) == ["www.up.test. 30 A 192.0.2.77"]
    assert "RA" in flags(reply)
    assert rcode(await ask("gone.up.test")) == "NXDOMAIN"


async def test_our_own_names_are_answered_here(ask):
    reply = await ask("own.here.test")
    assert flags(reply) == {"QR", "AA", "RD", "RA"}
    assert lines(reply.answer) == ["own.here.test. 60 A 192.0.2.1"]


async def test_without_rd_nobody_is_asked(ask):
    assert rcode(await ask("www.up.test", flags=0)) == "REFUSED"
    assert lines((await ask("c.here.test", flags=0)).answer) == ["c.here.test. 9 CNAME hop.up.test."]


@pytest.mark.parametrize(
    ("name", "code", "answer"),
    [
        pytest.param(
            "c.here.test",
            "NOERROR",
            ["c.here.test. 9 CNAME hop.up.test.", "hop.up.test. 30 CNAME www.up.test.", "www.up.test. 30 A 192.0.2.77"],
            id="a CNAME that leads out",
        ),
        pytest.param(
            "gone.here.test", "NXDOMAIN", ["gone.here.test. 9 CNAME gone.up.test."], id="to nothing (RFC 6604)"
        ),
        pytest.param(
            "other.here.test",
            "NOERROR",
            [
                "other.here.test. 9 CNAME x.there.test.",
                "www.up.test. 30 A 192.0.2.77",
                "x.there.test. 8 CNAME www.up.test.",
            ],
            id="through another hosted zone",
        ),
        pytest.param("loop.here.test", "NOERROR", ["loop.here.test. 9 CNAME loop.here.test."], id="R55 a loop"),
        pytest.param(
            "alias.here.test", "NOERROR", ["alias.here.test. 30 A 192.0.2.77"], id="R100 an alias stays invisible"
        ),
        pytest.param("w.here.test", "NOERROR", ["w.here.test. 30 A 192.0.2.77"], id="R100 below a policy too"),
    ],
)
async def test_answers_that_lead_out_are_completed(ask, name, code, answer):
    reply = await ask(name)
    assert (rcode(reply), lines(reply.answer)) == (code, answer)


async def test_a_cname_to_below_a_delegation_is_completed_upstream(ask):
    reply = await ask("cut.here.test")
    assert rcode(reply) == "REFUSED"  # as upstream says, which knows nothing of it


async def test_large_replies_and_options_come_through(ask):
    cut = await ask("big.up.test", "TXT")
    assert flags(cut) >= {"TC", "RA"}
    assert len((await ask("big.up.test", "TXT", over_tcp=True)).answer[0]) == 12
    large = await ask("big.up.test", "TXT", use_edns=0, payload=4096, options=[ecs("192.0.2.0/24")])
    assert (len(large.answer[0]), large.options[0].scopelen) == (12, 0)


async def test_many_at_once_over_one_tcp_connection(ask):
    replies = await asyncio.gather(*(ask("www.up.test", over_tcp=True) for _ in range(20)))
    assert all(rcode(reply) == "NOERROR" for reply in replies)


async def test_the_next_upstream_is_asked_when_one_is_down(free_port):
    dead = Address("127.0.0.1", free_port)
    async with (
        listening(Server(UPSTREAM).responder.handlers()) as upstream,
        in_front_of(dead, upstream, upstream_s=0.2) as asking,
    ):
        assert rcode(await asking("www.up.test")) == "NOERROR"


async def test_no_upstream_is_servfail(free_port):
    async with in_front_of(Address("127.0.0.1", free_port), upstream_s=0.2) as asking:
        assert (rcode(await asking("www.up.test")), flags(await asking("c.here.test"))) == (
            "SERVFAIL",
            {"QR", "RD", "RA"},
        )
        assert rcode(await asking("own.here.test")) == "NOERROR"


LIES = {
    "another id": lambda packet: (
        struct.pack("!H", (int.from_bytes(packet[:2], "big") + 1) & 0xFFFF) + b"\x80" + packet[3:]
    ),
    "another question": lambda packet: packet[:2] + b"\x80" + packet[3:12] + b"\x04evil" + packet[12:],
    "the query itself": lambda packet: packet,
    "garbage": lambda packet: b"\xff" * 40,
    "nothing but an id": lambda packet: packet[:2],
}


@pytest.mark.parametrize("lie", LIES)
async def test_replies_that_do_not_fit_are_passed_over(lie):
    """RFC 5452 §9: a forged reply is no reply."""
    async with (
        listening(Handlers(*[lambda packet, source: LIES[lie](packet)] * 2)) as liar,
        in_front_of(liar, upstream_s=0.2) as asking,
    ):
        assert rcode(await asking("www.up.test")) == "SERVFAIL"


async def test_a_reply_that_cannot_be_read_is_servfail():
    def half(packet, source):
        return packet[:2] + b"\x80\x00\x00\x01\x00\x05\x00\x00\x00\x00" + packet[12:]

    async with listening(Handlers(half, half)) as liar, in_front_of(liar) as asking:
        assert rcode(await asking("c.here.test")) == "SERVFAIL"


async def test_only_so_many_wait_upstream(monkeypatch):
    monkeypatch.setattr("dnsemu.upstream.forwarding.MAX_PENDING", 0)
    async with in_front_of(Address("127.0.0.1", 9)) as asking:
        assert rcode(await asking("www.up.test")) == "SERVFAIL"


async def test_r133_the_scope_of_a_completed_answer_is_that_of_the_zone_it_ends_in(ask):
    reply = await ask("place.here.test", use_edns=0, options=[ecs("192.0.2.0/24")])
    assert (lines(reply.answer)[-1], reply.options[0].scopelen) == ("where.there.test. 60 A 192.0.2.5", 24)


async def test_a_completed_soa_can_be_read(ask):
    """Its two names are uncompressed, so that they can be copied into another message."""
    reply = await ask("soa.here.test", "SOA")
    assert [line.split()[2] for line in lines(reply.answer)] == ["CNAME", "SOA"]
    assert reply.answer[-1][0].rname.to_text() == "awsdns-hostmaster.amazon.com."
