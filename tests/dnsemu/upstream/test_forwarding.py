"""Forwarding of names outside the hosted zones: real sockets on loopback, one server in front of another."""

import asyncio
import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import pytest

from dnsemu.config.text.addresses import Address
from dnsemu.wire.handlers import Handlers
from tests.asking import Server, ecs, flags, lines, rcode
from tests.builders import latency, record_set, weighted, zone
from tests.dnsemu.upstream.front import SOON, Script, answered, in_front_of, listening

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


@pytest.fixture
async def ask():
    async with (
        listening(Server(UPSTREAM).responder.handlers()) as upstream,
        in_front_of(upstream, zones=HERE) as asking,
    ):
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
        in_front_of(dead, upstream, limits=SOON) as asking,
    ):
        assert rcode(await asking("www.up.test")) == "NOERROR"


async def test_no_upstream_is_servfail(free_port):
    async with in_front_of(Address("127.0.0.1", free_port), zones=HERE, limits=SOON) as asking:
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
        in_front_of(liar, limits=SOON) as asking,
    ):
        assert rcode(await asking("www.up.test")) == "SERVFAIL"


async def test_a_reply_that_cannot_be_read_is_servfail():
    def half(packet, source):
        return packet[:2] + b"\x80\x00\x00\x01\x00\x05\x00\x00\x00\x00" + packet[12:]

    async with listening(Handlers(half, half)) as liar, in_front_of(liar, zones=HERE) as asking:
        assert rcode(await asking("c.here.test")) == "SERVFAIL"


async def test_r133_the_scope_of_a_completed_answer_is_that_of_the_zone_it_ends_in(ask):
    reply = await ask("place.here.test", use_edns=0, options=[ecs("192.0.2.0/24")])
    assert (lines(reply.answer)[-1], reply.options[0].scopelen) == ("where.there.test. 60 A 192.0.2.5", 24)


async def test_a_completed_soa_can_be_read(ask):
    """Its two names are uncompressed, so that they can be copied into another message."""
    reply = await ask("soa.here.test", "SOA")
    assert [line.split()[2] for line in lines(reply.answer)] == ["CNAME", "SOA"]
    assert reply.answer[-1][0].rname.to_text() == "awsdns-hostmaster.amazon.com."


SUBNET = ecs("192.0.2.0/24")
COOKIE = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"8 bytes.")
OPTIONS = [
    pytest.param({}, [], id="none"),
    pytest.param({"use_edns": 0, "payload": 700}, [], id="an OPT"),
    pytest.param({"use_edns": 0, "options": [COOKIE]}, [], id="a cookie"),
    pytest.param({"use_edns": 0, "options": [SUBNET, COOKIE]}, [SUBNET], id="a client subnet"),
    pytest.param({"use_edns": 0, "options": [dns.edns.GenericOption(65001, b"x")]}, [], id="an unknown option"),
    pytest.param({"use_edns": 0, "want_dnssec": True}, [], id="DO"),
]


def with_server_cookie(query):
    """A resolver's reply with a cookie and an extended error."""
    reply = answered(query, "www.up.test. 30 A 192.0.2.77")
    server_cookie = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"8 bytes.and 16 of server")
    reply.use_edns(0, payload=512, options=[server_cookie, dns.edns.EDEOption(3)])
    return reply


@pytest.mark.parametrize("over_tcp", [False, True], ids=["UDP", "TCP"])
@pytest.mark.parametrize(("edns", "passed_on"), OPTIONS)
async def test_edns_is_hop_by_hop(edns, passed_on, over_tcp):
    """A client's OPT is not forwarded, an upstream's is not returned (RFC 6891 §6.1.1, RFC 7873 §5.2)."""
    script = Script(with_server_cookie)
    async with script.running() as ask:
        reply = await ask("www.up.test", over_tcp=over_tcp, **edns)
    (query,) = script.asked
    assert (query.edns, query.payload, list(query.options)) == (0, 1232, passed_on)
    assert bool(query.ednsflags & dns.flags.DO) == bool(edns.get("want_dnssec"))
    assert (reply.edns, reply.payload) == ((0, 4096) if edns else (-1, 0))
    assert list(reply.options) == passed_on
    assert bool(reply.ednsflags & dns.flags.DO) == bool(edns.get("want_dnssec"))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda query: answered(query, rcode="REFUSED"), id="a refusal"),
        pytest.param(lambda query: answered(query, rcode="NXDOMAIN"), id="NXDOMAIN"),
        pytest.param(lambda query: b"", id="no reply: SERVFAIL"),
    ],
)
async def test_an_opt_in_every_reply_to_an_opt(reply):
    async with Script(reply).running(limits=SOON) as ask:
        assert (await ask("www.up.test", use_edns=0)).edns == 0
        assert (await ask("www.up.test")).edns == -1


async def test_the_scope_is_the_upstreams():
    """R131, R132: the client subnet goes up and its scope comes back."""

    def scoped(query):
        reply = answered(query, "www.up.test. 30 A 192.0.2.77")
        (sent,) = query.options
        reply.use_edns(0, options=[dns.edns.ECSOption(sent.address, sent.srclen, 20)])
        return reply

    async with Script(scoped).running() as ask:
        (option,) = (await ask("www.up.test", use_edns=0, options=[SUBNET])).options
    assert option == dns.edns.ECSOption("192.0.2.0", 24, 20)


async def test_the_scope_of_another_network_does_not_count():
    def scoped(query):
        reply = answered(query, "www.up.test. 30 A 192.0.2.77")
        reply.use_edns(0, options=[dns.edns.ECSOption("198.51.100.0", 24, 24)])
        return reply

    async with Script(scoped).running() as ask:
        (option,) = (await ask("www.up.test", use_edns=0, options=[SUBNET])).options
    assert option == dns.edns.ECSOption("192.0.2.0", 24, 0)


@pytest.mark.parametrize("echo", [str.lower, str.upper, str], ids=["lower", "upper", "as asked"])
async def test_r141_the_question_comes_back_as_it_was_asked(echo):
    """Clients that mix the case at random (0x20) drop any other spelling."""
    script = Script(lambda query: answered(query, "www.up.test. 30 A 192.0.2.77"))

    def reply(query):
        asked = query.question[0].name
        query.question[0].name = dns.name.from_text(echo(str(asked)))
        made = answered(query, f"{query.question[0].name} 30 A 192.0.2.77")
        query.question[0].name = asked
        return made

    script = Script(reply)
    async with script.running() as ask:
        found = await ask("wWw.uP.TesT")
    assert str(script.asked[0].question[0].name) == "wWw.uP.TesT."
    assert (str(found.question[0].name), str(found.answer[0].name)) == ("wWw.uP.TesT.", "wWw.uP.TesT.")


@pytest.mark.parametrize(
    ("sent", "received", "seen"),
    [
        pytest.param("RD", "RA", "RA", id="plain"),
        pytest.param("RD CD", "RA CD", "RA CD", id="CD"),
        pytest.param("RD AD", "RA AD", "RA AD", id="AD"),
        pytest.param("RD", "AA", "RA", id="no authority for a name outside"),
    ],
)
async def test_flags(sent, received, seen):
    script = Script(lambda query: answered(query, "www.up.test. 30 A 192.0.2.77", flags=dns.flags.from_text(received)))
    async with script.running() as ask:
        reply = await ask("www.up.test", flags=dns.flags.from_text(sent))
    assert flags(script.asked[0]) == set(sent.split())
    assert flags(reply) == {"QR", "RD", *seen.split()}


async def test_all_sections_come_through():
    def reply(query):
        made = answered(query, rcode="NXDOMAIN", authority=["up.test. 60 SOA ns.up.test. Me.up.test. 1 2 3 4 5"])
        made.additional.append(dns.rrset.from_text("ns.up.test.", 60, "IN", "A", "192.0.2.53"))
        return made

    async with Script(reply).running() as ask:
        found = await ask("www.up.test")
    assert (rcode(found), lines(found.authority), lines(found.additional)) == (
        "NXDOMAIN",
        ["up.test. 60 SOA ns.up.test. Me.up.test. 1 2 3 4 5"],
        ["ns.up.test. 60 A 192.0.2.53"],
    )


async def test_a_reply_that_is_too_long_for_the_client_is_cut():
    """R139; an additional section is dropped first, unless DNSSEC may need it (R145)."""

    def reply(query):
        made = answered(query, "www.up.test. 30 A 192.0.2.77")
        texts = [f'"{n:02}{"x" * 200}"' for n in range(4)]
        made.additional.append(dns.rrset.from_text("t.up.test.", 60, "IN", "TXT", *texts))
        return made

    async with Script(reply).running() as ask:
        plain = await ask("www.up.test")
        assert (flags(plain), lines(plain.answer), plain.additional) == (
            {"QR", "RD", "RA"},
            ["www.up.test. 30 A 192.0.2.77"],
            [],
        )
        signed = await ask("www.up.test", use_edns=0, payload=512, want_dnssec=True)
        assert (flags(signed), signed.answer) == ({"QR", "RD", "RA", "TC"}, [])
        assert len((await ask("www.up.test", use_edns=0, payload=1232)).additional) == 1


async def test_forwarded_replies_are_counted_by_what_the_client_got():
    async with Script(lambda query: answered(query, rcode="NXDOMAIN")).running() as ask:
        await ask("www.up.test")
        await ask("www.up.test", over_tcp=True)
    counted = [(labels.type, labels.rcode, labels.protocol, count) for labels, count in ask.counters.items()]
    assert counted == [("A", "NXDOMAIN", "UDP", 1), ("A", "NXDOMAIN", "TCP", 1)]
