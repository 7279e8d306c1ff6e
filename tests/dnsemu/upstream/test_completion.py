"""Answers that lead out of the hosted zones and, in part, back into them."""

import struct

import dns.flags
import dns.message
import dns.rdata
import pytest

from tests.asking import ecs, flags, lines, rcode
from tests.builders import latency, record_set, zone
from tests.dnsemu.upstream.front import Script, answered

SOA = "up.test. 60 SOA ns.up.test. me.up.test. 1 2 3 4 5"
HERE = [
    zone(
        "here.test",
        record_set("own.here.test", values="192.0.2.1"),
        record_set("out.here.test", "CNAME", "up.test", ttl=9),
        record_set("far.here.test", "CNAME", "back.up.test", ttl=9),
        record_set("ring.here.test", "CNAME", "ring.up.test", ttl=9),
        record_set("there.here.test", "CNAME", "ring.there.test", ttl=9),
        record_set("none.here.test", "CNAME", "none.there.test", ttl=9),
        record_set("alias.here.test", alias="up.test", eth=False),
        record_set("aliasback.here.test", alias="back.up.test", eth=False),
        record_set("aliasthere.here.test", alias="c.there.test", eth=False, alias_zone="Z2"),
        record_set("sub.here.test", "NS", "ns.elsewhere.test", ttl=50),
        record_set("sub.here.test", "DS", f"1 8 2 {'ab' * 32}", ttl=50),
    ),
    zone(
        "there.test",
        record_set("c.there.test", "CNAME", "up.test", ttl=8),
        record_set("ring.there.test", "CNAME", "there.here.test", ttl=8),
        latency("place.there.test", "us-east-1", values="192.0.2.5"),
    ),
]
ANSWERS = {
    "up.test.": ["up.test. 30 A 192.0.2.77"],
    "back.up.test.": ["back.up.test. 30 CNAME hop.up.test.", "hop.up.test. 30 CNAME own.here.test."],
    "loss.up.test.": ["loss.up.test. 30 CNAME absent.here.test."],
    "stale.up.test.": ["stale.up.test. 30 CNAME own.here.test.", "own.here.test. 5 A 198.51.100.66"],
    "place.up.test.": ["place.up.test. 30 CNAME place.there.test."],
    "ring.up.test.": ["ring.up.test. 30 CNAME ring.here.test."],
    "self.up.test.": ["self.up.test. 30 CNAME self.up.test."],
    "cut.up.test.": ["cut.up.test. 30 CNAME www.sub.here.test.", "www.sub.here.test. 30 A 192.0.2.78"],
    "www.sub.here.test.": ["www.sub.here.test. 30 A 192.0.2.78"],
    "sub.here.test.": ["sub.here.test. 40 NS ns.sub.here.test."],
}


def upstream(query):
    """Answers from `ANSWERS`. Real resolvers call the target NXDOMAIN if they do not know our zones."""
    name = str(query.question[0].name)
    found = ANSWERS.get(name, [])
    has_type = any(f" {dns.rdatatype.to_text(query.question[0].rdtype)} " in line for line in found)
    is_absent = not has_type and name not in ("up.test.", "www.sub.here.test.")
    shown = [line for line in found if has_type or "CNAME" in line]
    return answered(query, *shown, rcode="NXDOMAIN" if is_absent else "NOERROR", authority=() if has_type else [SOA])


@pytest.fixture
async def ask():
    async with Script(upstream).running(zones=HERE) as asking:
        yield asking


OWN = "own.here.test. 60 A 192.0.2.1"
BACK = [*ANSWERS["back.up.test."], OWN]


@pytest.mark.parametrize(
    ("name", "code", "answer"),
    [
        pytest.param("back.up.test", "NOERROR", BACK, id="a forwarded CNAME that leads back"),
        pytest.param("far.here.test", "NOERROR", ["far.here.test. 9 CNAME back.up.test.", *BACK], id="out and back"),
        pytest.param("loss.up.test", "NXDOMAIN", ANSWERS["loss.up.test."], id="back to a name that does not exist"),
        pytest.param("stale.up.test", "NOERROR", [ANSWERS["stale.up.test."][0], OWN], id="our data wins"),
        pytest.param("cut.up.test", "NOERROR", ANSWERS["cut.up.test."], id="back to below a delegation"),
        pytest.param("self.up.test", "NXDOMAIN", ANSWERS["self.up.test."], id="a loop upstream"),
        pytest.param(
            "ring.here.test",
            "NOERROR",
            ["ring.here.test. 9 CNAME ring.up.test.", *ANSWERS["ring.up.test."]],
            id="R55 a loop through upstream",
        ),
        pytest.param(
            "there.here.test",
            "NOERROR",
            ["there.here.test. 9 CNAME ring.there.test.", "ring.there.test. 8 CNAME there.here.test."],
            id="R55 a loop through another hosted zone",
        ),
        pytest.param("aliasback.here.test", "NOERROR", ["aliasback.here.test. 60 A 192.0.2.1"], id="R100 an alias"),
        pytest.param(
            "aliasthere.here.test",
            "NOERROR",
            ["aliasthere.here.test. 30 A 192.0.2.77"],
            id="R100 an alias to a CNAME of another hosted zone that leads out",
        ),
    ],
)
async def test_a_name_that_leads_back_is_answered_from_its_hosted_zone(ask, name, code, answer):
    reply = await ask(name)
    assert (rcode(reply), lines(reply.answer)) == (code, sorted(answer))


async def test_an_upstreams_cname_is_not_followed_for_a_question_about_cnames(ask):
    assert lines((await ask("back.up.test", "CNAME")).answer) == sorted(ANSWERS["back.up.test."])


async def test_r133_the_scope_of_an_answer_that_leads_back(ask):
    reply = await ask("place.up.test", use_edns=0, options=[ecs("192.0.2.0/24")])
    assert (lines(reply.answer)[-1], reply.options[0].scopelen) == ("place.up.test. 30 CNAME place.there.test.", 24)
    assert "AA" not in flags(reply)


@pytest.mark.parametrize(
    ("name", "type_", "code", "authority"),
    [
        pytest.param("out.here.test", "AAAA", "NOERROR", SOA, id="NODATA upstream"),
        pytest.param("far.here.test", "AAAA", "NOERROR", "here.test.", id="NODATA of our own at the end"),
        pytest.param("loss.up.test", "A", "NXDOMAIN", "here.test.", id="NXDOMAIN of our own at the end"),
        pytest.param("none.here.test", "A", "NXDOMAIN", "there.test.", id="NXDOMAIN of another hosted zone"),
        pytest.param("gone.up.test", "A", "NXDOMAIN", SOA, id="forwarded NXDOMAIN"),
        pytest.param("alias.here.test", "A", "NOERROR", None, id="a positive answer needs none"),
    ],
)
async def test_a_negative_answer_carries_the_soa_of_the_zone_that_says_so(ask, name, type_, code, authority):
    """R50, RFC 2308 §5: without it no resolver may cache the answer."""
    reply = await ask(name, type_)
    soas = [line for line in lines(reply.authority) if " SOA " in line]
    assert rcode(reply) == code
    assert [line.startswith(authority or "") for line in soas] == ([True] if authority else [])


@pytest.fixture
async def ask_aliases():
    def reply(query):
        name = str(query.question[0].name)
        return answered(query, rcode="NXDOMAIN" if name == "gone.up.test." else "REFUSED", authority=[SOA])

    zones = [
        zone(
            "here.test",
            record_set("gone.here.test", alias="gone.up.test", eth=False),
            record_set("refused.here.test", alias="refused.up.test", eth=False),
        )
    ]
    async with Script(reply).running(zones=zones) as asking:
        yield asking


async def test_r107_an_alias_to_nothing_is_nodata_of_its_own_zone(ask_aliases):
    """R100: the alias's name exists, and nothing shows the target."""
    reply = await ask_aliases("gone.here.test")
    assert (rcode(reply), reply.answer) == ("NOERROR", [])
    assert [line.split()[0] for line in lines(reply.authority)] == ["here.test."]
    assert rcode(await ask_aliases("refused.here.test")) == "REFUSED"


@pytest.mark.parametrize(
    ("name", "type_", "code", "answer"),
    [
        pytest.param("www.sub.here.test", "A", "NOERROR", ANSWERS["www.sub.here.test."], id="below it"),
        pytest.param("sub.here.test", "NS", "NOERROR", ANSWERS["sub.here.test."], id="its own name"),
        pytest.param("gone.sub.here.test", "A", "NXDOMAIN", [], id="to nothing"),
    ],
)
async def test_a_delegation_is_followed_upstream(ask, name, type_, code, answer):
    """A stub client that asked for recursion cannot follow a referral."""
    for _ in range(2):  # the second time from the caches, if it were in them
        reply = await ask(name, type_)
        assert (rcode(reply), lines(reply.answer), flags(reply)) == (code, answer, {"QR", "RD", "RA"})


async def test_without_rd_a_delegation_is_a_referral(ask):
    """R52."""
    await ask("www.sub.here.test")
    reply = await ask("www.sub.here.test", flags=0)
    assert (lines(reply.authority), flags(reply)) == (["sub.here.test. 50 NS ns.elsewhere.test."], {"QR", "RA"})


async def test_r53_the_ds_of_a_delegation_is_our_own(ask):
    reply = await ask("sub.here.test", "DS")
    assert (len(reply.answer), flags(reply)) == (1, {"QR", "AA", "RD", "RA"})


RDATA = [
    pytest.param("APL", "", id="empty"),
    pytest.param("TYPE65280", r"\# 0", id="empty of an unknown type"),
    pytest.param("MX", "10 MaiL.Up.TesT.", id="MX"),
    pytest.param("NS", "nS.uP.tESt.", id="NS"),
    pytest.param("PTR", "WwW.Up.TeSt.", id="PTR"),
    pytest.param("SRV", "1 2 3 MaiL.Up.TesT.", id="SRV"),
    pytest.param("NAPTR", '1 2 "u" "SIP+D2U" "" MaiL.Up.TesT.', id="NAPTR"),
    pytest.param("SOA", "Ns.Up.TesT. Me.Up.TesT. 1 2 3 4 5", id="SOA"),
    pytest.param("RP", "Me.Up.TesT. T.Up.TesT.", id="RP"),
    pytest.param("AFSDB", "1 A.Up.TesT.", id="AFSDB"),
    pytest.param("DNAME", "D.Up.TesT.", id="DNAME"),
    pytest.param("HTTPS", '1 . alpn="h2"', id="HTTPS"),
    pytest.param("LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", id="LOC"),
    pytest.param("TXT", r'"" "\000\255"', id="TXT"),
]


@pytest.mark.parametrize("name", ["out.here.test", "up.test"], ids=["completed", "forwarded"])
@pytest.mark.parametrize(("type_", "value"), RDATA)
async def test_rdata_survives(name, type_, value):
    """Empty rdata, the case of names in it, types that dnsemu does not serve."""
    rdata = dns.rdata.from_text("IN", type_, value)

    def reply(query):
        question = dns.message.make_query("up.test", type_).to_wire()[12:]
        record = struct.pack("!HHHIH", 0xC00C, rdata.rdtype, 1, 30, len(rdata.to_wire())) + rdata.to_wire()
        return struct.pack("!HHHHHH", query.id, 0x8080, 1, 1, 0, 0) + question + record

    async with Script(reply).running(zones=HERE) as ask:
        (found,) = (await ask(name, type_)).answer[-1]
    assert found.to_wire() == rdata.to_wire()


async def test_a_completed_answer_is_not_said_to_be_validated():
    """RFC 4035 §3.2.3: AD is for answers of which all was validated; our CNAME was not."""

    def validated(query):
        return answered(query, *ANSWERS["up.test."], flags=dns.flags.RA | dns.flags.AD)

    async with Script(validated).running(zones=HERE) as ask:
        both = dns.flags.RD | dns.flags.AD
        assert "AD" in flags(await ask("up.test", flags=both))
        assert "AD" not in flags(await ask("out.here.test", flags=both))
        assert "AD" not in flags(await ask("alias.here.test", flags=both))


async def test_completed_replies_are_counted_by_what_the_client_got(ask):
    await ask("none.here.test")
    assert [(labels.rcode, count) for labels, count in ask.counters.items()] == [("NXDOMAIN", 1)]
