"""Explanations over DNS: `TXT [TYPE.]NAME._explain`."""

import pytest

from config.world import Geo, ServerSettings, World
from dnsemu.published import Published
from tests.asking import Server, ecs, flags, rcode
from tests.builders import latency, record_set, weighted, zone


@pytest.fixture
def server():
    return Server(
        zone(
            "example.test",
            weighted("www.example.test", 3, "blue", values="192.0.2.1", check="hc"),
            weighted("www.example.test", 1, "green", values="192.0.2.2"),
            record_set("www.example.test", "AAAA", "2001:db8::1"),
            record_set("near.example.test", alias="l.example.test"),
            latency("l.example.test", "us-east-1", values="192.0.2.3"),
        )
    )


def told(reply):
    """The lines of an explanation in their order, without their numbers."""
    texts = sorted("".join(part.decode() for part in rdata.strings) for rdata in reply.answer[0])
    assert [int(text[:2]) for text in texts] == list(range(1, len(texts) + 1))
    return [text[3:] for text in texts]


def test_the_tree_is_told_line_by_line(server):
    reply = server.ask("www.example.test._explain", "TXT", over_udp=False)
    assert (flags(reply), reply.answer[0].ttl) == ({"QR", "AA", "RD"}, 0)
    lines = told(reply)
    assert lines[0].startswith("www.example.test. A     hosted zone Z1 (example.test.)")
    assert lines[2].startswith("`- weighted  www.example.test. A")
    assert lines[3].split() == [
        "blue",
        "weight",
        "3",
        "192.0.2.1",
        "healthy",
        "hc:",
        "hc",
        "in",
        "detail",
        "<-",
        "75",
        "%",
    ]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("AAAA.www.example.test._explain", "www.example.test. AAAA "),
        ("any.www.example.test._explain", "www.example.test. ANY "),
        ("mx._explain", "mx. A "),
        ("gone.example.test._EXPLAIN", "gone.example.test. A "),
    ],
)
def test_a_leading_type_is_the_type_asked_about(server, name, first):
    assert told(server.ask(name, "TXT", over_udp=False))[0].startswith(first)


def test_the_client_is_the_one_who_asks(server):
    reply = server.ask("near.example.test._explain", "TXT", over_udp=False, use_edns=0, options=[ecs("8.8.8.0/24")])
    assert told(reply)[1].startswith("client  8.8.8.0/24  US-CA")
    assert reply.options[0].scopelen == 24


def test_it_is_truncated_over_udp_like_any_answer(server):
    assert flags(server.ask("www.example.test._explain", "TXT")) == {"QR", "AA", "TC", "RD"}


@pytest.mark.parametrize(
    ("name", "type_"), [("www.example.test._explain", "A"), ("_explain", "TXT"), ("explain", "TXT")]
)
def test_anything_else_there_is_refused(server, name, type_):
    assert rcode(server.ask(name, type_)) == "REFUSED"


def test_it_can_be_turned_off(server):
    was = server.board.current
    world = World(geo=Geo(), server=ServerSettings(explain_over_dns=False))
    server.board.publish(Published(world, was.catalog, was.locator))
    assert rcode(server.ask("www.example.test._explain", "TXT")) == "REFUSED"
