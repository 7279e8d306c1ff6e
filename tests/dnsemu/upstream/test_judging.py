"""Which upstream's reply a client gets: upstreams that refuse, cut, lose, or say nothing at all."""

import asyncio
import socket
from contextlib import asynccontextmanager

import dns.edns
import dns.flags
import pytest

from dnsemu.config.text.addresses import Address
from dnsemu.server.transport.udp import UdpListener
from dnsemu.upstream.exchange import UpstreamLimits
from tests.asking import ecs, flags, lines, rcode
from tests.dnsemu.upstream.front import SOON, Script, answered, header_only, in_front_of, listening
from tests.serving import free_port

GOOD = "www.up.test. 30 A 192.0.2.77"


def good(query):
    return answered(query, GOOD)


def refusing(code):
    return Script(lambda query: answered(query, rcode=code))


def silent(query):
    return None


@asynccontextmanager
async def over_udp_only(script):
    """The script on a port whose TCP side is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0)
        sock.bind(("127.0.0.1", 0))
        listener = UdpListener(sock, script.handlers.udp, asyncio.get_running_loop())
        yield Address(*sock.getsockname())
        listener.close()


@pytest.mark.parametrize("form", ["with the question", "header only"])
@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"])
async def test_a_refusal_is_a_reply(code, form):
    def reply(query):
        return header_only(query, code) if form == "header only" else answered(query, rcode=code)

    script = Script(reply)
    async with script.running(limits=UpstreamLimits(reply_s=30, resend_s=30)) as ask:
        assert rcode(await asyncio.wait_for(ask("www.up.test"), 5)) == code


@pytest.mark.parametrize(
    ("code", "asks_the_next"),
    [("SERVFAIL", True), ("REFUSED", True), ("NOTIMP", True), ("NXDOMAIN", False), ("FORMERR", False)],
)
async def test_the_next_upstream_is_asked_after_a_refusal(code, asks_the_next):
    first, second = refusing(code), Script(good)
    async with (
        listening(first.handlers) as one,
        listening(second.handlers) as two,
        in_front_of(one, two) as ask,
    ):
        reply = await ask("www.up.test")
    assert (rcode(reply), lines(reply.answer)) == (("NOERROR", [GOOD]) if asks_the_next else (code, []))
    assert len(second.asked) == asks_the_next


async def test_the_first_refusal_is_passed_on_if_all_refuse():
    first, second = refusing("REFUSED"), refusing("SERVFAIL")
    async with listening(first.handlers) as one, listening(second.handlers) as two, in_front_of(one, two) as ask:
        assert rcode(await ask("www.up.test")) == "REFUSED"


async def test_a_referral_is_no_answer():
    """An authoritative server instead of a resolver sends a referral; a stub would take it for NODATA."""
    first = Script(lambda query: answered(query, authority=["up.test. 9 NS ns.up.test."], flags=0))
    second = Script(good)
    async with listening(first.handlers) as one, listening(second.handlers) as two, in_front_of(one, two) as ask:
        assert lines((await ask("www.up.test")).answer) == [GOOD]


async def test_an_unknown_rcode_is_no_answer():
    first, second = refusing("BADCOOKIE"), Script(good)
    async with listening(first.handlers) as one, listening(second.handlers) as two, in_front_of(one, two) as ask:
        assert lines((await ask("www.up.test")).answer) == [GOOD]
    async with listening(first.handlers) as one, in_front_of(one) as ask:
        assert rcode(await ask("www.up.test")) == "SERVFAIL"


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_lost_datagram_is_sent_again(lost):
    script = Script(lambda query: good(query) if len(script.asked) > lost else None)
    async with script.running(limits=UpstreamLimits(reply_s=5, resend_s=0.05)) as ask:
        assert lines((await ask("www.up.test")).answer) == [GOOD]
    assert len(script.asked) == lost + 1
    assert len({query.id for query in script.asked}) == 1  # so that a late reply to the first counts


def test_a_lost_datagram_is_sent_again_within_a_second():
    assert UpstreamLimits().resend_s <= 1 < UpstreamLimits().reply_s


async def test_a_silent_upstream_is_asked_last_for_a_while():
    now = 1000.0
    first, second = Script(silent), Script(good)
    async with (
        listening(first.handlers) as one,
        listening(second.handlers) as two,
        in_front_of(one, two, limits=SOON._replace(silent_s=30), now=lambda: now) as ask,
    ):
        await ask("a.up.test")
        tries = len(first.asked)
        assert tries > 1
        await ask("b.up.test")
        now += 29
        await ask("c.up.test")
        assert len(first.asked) == tries
        now += 2
        await ask("d.up.test")
        assert len(first.asked) > tries
        assert len(second.asked) == 4


async def test_a_closed_port_is_remembered_too():
    first, second = Address("127.0.0.1", free_port()), Script(good)
    async with listening(second.handlers) as two, in_front_of(first, two) as ask:
        assert rcode(await ask("a.up.test")) == "NOERROR"
        revived = Script(good)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0)
            sock.bind(first)
            listener = UdpListener(sock, revived.handlers.udp, asyncio.get_running_loop())
            await ask("b.up.test")
            listener.close()
        assert (len(revived.asked), len(second.asked)) == (0, 2)


async def test_one_query_finds_out_whether_a_silent_upstream_answers_again():
    now = 1000.0
    first, second = Script(silent), Script(good)
    async with (
        listening(first.handlers) as one,
        listening(second.handlers) as two,
        in_front_of(one, two, limits=SOON, now=lambda: now) as ask,
    ):
        await ask("www.up.test")
        first.asked.clear()
        now += SOON.silent_s + 1
        await asyncio.gather(*(ask(f"w{n}.up.test") for n in range(5)))
        assert len({str(query.question[0].name) for query in first.asked}) == 1


async def test_an_upstream_that_answers_again_is_the_first_again():
    now = 1000.0
    first, second = Script(lambda query: good(query) if now > 1010 else None), Script(good)
    async with (
        listening(first.handlers) as one,
        listening(second.handlers) as two,
        in_front_of(one, two, limits=SOON, now=lambda: now) as ask,
    ):
        await ask("a.up.test")
        now += SOON.silent_s + 1
        await ask("b.up.test")
        await ask("c.up.test")
        assert [str(query.question[0].name) for query in second.asked] == ["a.up.test."]


async def test_a_silent_upstream_is_asked_if_there_is_no_other():
    now = 1000.0
    script = Script(lambda query: good(query) if now > 1000 else None)
    async with script.running(limits=SOON, now=lambda: now) as ask:
        assert rcode(await ask("www.up.test")) == "SERVFAIL"
        now += 1
        assert rcode(await ask("www.up.test")) == "NOERROR"


async def test_refusals_do_not_make_a_silent_upstream_wait_again():
    first, second = Script(silent), refusing("SERVFAIL")
    async with (
        listening(first.handlers) as one,
        listening(second.handlers) as two,
        in_front_of(one, two, limits=SOON) as ask,
    ):
        await ask("www.up.test")
        first.asked.clear()
        assert rcode(await ask("www.up.test")) == "SERVFAIL"
        assert first.asked == []


def cut(query):
    return answered(query, GOOD, flags=dns.flags.RA | dns.flags.TC)


async def test_tc_leads_to_tcp():
    script = Script(cut, over_tcp=good)
    async with script.running() as ask:
        reply = await ask("www.up.test")
    assert ("TC" in flags(reply), lines(reply.answer)) == (False, [GOOD])
    assert len(script.asked_over_tcp) == 1


@pytest.mark.parametrize("over_tcp", [False, True], ids=["UDP", "TCP"])
async def test_tc_with_a_closed_tcp_port_gives_what_arrived(over_tcp):
    async with over_udp_only(Script(cut)) as upstream, in_front_of(upstream) as ask:
        reply = await ask("www.up.test", over_tcp=over_tcp)
    assert (rcode(reply), flags(reply), lines(reply.answer)) == ("NOERROR", {"QR", "TC", "RD", "RA"}, [GOOD])


async def test_tc_with_a_silent_tcp_port_gives_what_arrived():
    async with Script(cut, over_tcp=lambda query: None).running(limits=SOON) as ask:
        assert "TC" in flags(await ask("www.up.test"))


async def test_a_header_with_tc_leads_to_tcp():
    def header(query):
        return query.id.to_bytes(2, "big") + b"\x82\x00" + bytes(8)

    async with Script(header, over_tcp=good).running() as ask:
        assert lines((await ask("www.up.test")).answer) == [GOOD]


async def test_a_reply_that_is_cut_inside_a_record_gives_the_records_before_it():
    def half(query):
        return cut(query).to_wire()[:-20]  # the OPT record of 11 bytes, and a part of the only A record

    async with over_udp_only(Script(half)) as upstream, in_front_of(upstream) as ask:
        reply = await ask("www.up.test")
    assert ("TC" in flags(reply), reply.answer) == (True, [])


async def test_a_whole_answer_of_the_next_upstream_is_better_than_a_cut_one_and_that_than_a_refusal():
    async with over_udp_only(Script(cut)) as one, listening(Script(good).handlers) as two, in_front_of(one, two) as ask:
        assert "TC" not in flags(await ask("www.up.test"))
    async with (
        listening(refusing("SERVFAIL").handlers) as one,
        over_udp_only(Script(cut)) as two,
        in_front_of(one, two) as ask,
    ):
        assert lines((await ask("www.up.test")).answer) == [GOOD]


def has_subnet(query):
    return any(option.otype == dns.edns.OptionType.ECS for option in query.options)


@pytest.mark.parametrize("form", [answered, header_only])
@pytest.mark.parametrize("code", ["REFUSED", "FORMERR", "NOTIMP"])
async def test_an_upstream_that_refuses_ecs_is_asked_again_without(code, form):
    """RFC 7871 §7.1.3."""
    script = Script(lambda query: form(query, rcode=code) if has_subnet(query) else good(query))
    async with script.running() as ask:
        reply = await ask("www.up.test", use_edns=0, options=[ecs("192.0.2.0/24")])
    assert (lines(reply.answer), [has_subnet(query) for query in script.asked]) == ([GOOD], [True, False])
    assert reply.options[0].scopelen == 0


@pytest.mark.parametrize("code", ["FORMERR", "NOTIMP"])
async def test_an_upstream_without_edns_is_asked_again_without(code):
    """RFC 6891 §7."""
    script = Script(lambda query: header_only(query, code) if query.edns >= 0 else good(query))
    async with script.running() as ask:
        reply = await ask("www.up.test", use_edns=0, options=[ecs("192.0.2.0/24")])
    assert (lines(reply.answer), [query.edns for query in script.asked]) == ([GOOD], [0, 0, -1])
    assert reply.edns == 0


async def test_refused_without_ecs_is_not_asked_again():
    script = refusing("REFUSED")
    async with script.running() as ask:
        await ask("www.up.test", use_edns=0)
    assert len(script.asked) == 1


async def test_only_so_many_wait_upstream(monkeypatch):
    monkeypatch.setattr("dnsemu.upstream.forwarding.MAX_PENDING", 0)
    async with in_front_of(Address("127.0.0.1", 9)) as ask:
        assert rcode(await ask("www.up.test")) == "SERVFAIL"
