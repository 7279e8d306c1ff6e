"""Explanations over DNS: `TXT [TYPE.]NAME._explain`."""

import pytest

from dnsemu.config.model.geo import Geo
from dnsemu.config.model.settings import ServerSettings
from dnsemu.config.model.world import World
from dnsemu.publication.board import Published
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
    assert [int(text[:3]) for text in texts] == list(range(1, len(texts) + 1))
    return [text[4:] for text in texts]


def test_the_tree_is_told_line_by_line(server):
    reply = server.ask("www.example.test._explain", "TXT", over_udp=False)
    assert (flags(reply), reply.answer[0].ttl) == ({"QR", "AA", "RD"}, 0)
    lines = told(reply)
    assert lines[0].startswith("www.example.test. A     hosted zone Z1 (example.test.)")
    assert lines[2].startswith("`- weighted  www.example.test. A")
    assert lines[3].split() == [
        "->",
        "75",
        "%",
        "blue",
        "weight",
        "3",
        "192.0.2.1",
        "healthy",
        "hc:",
        "hc",
        "in",
        "detail",
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


def test_a_tree_of_any_size_fits_into_a_message():
    """Route 53's own tutorial nests a hundred weighted record sets in a hundred (R112)."""
    top = [weighted("w.example.test", 1, f"{n:03}", alias=f"p{n}.example.test") for n in range(100)]
    pools = [weighted(f"p{n}.example.test", 1, f"{m:03}") for n in range(100) for m in range(100)]
    reply = Server(zone("example.test", *top, *pools)).ask("w.example.test._explain", "TXT", over_udp=False)
    assert (rcode(reply), len(reply.to_wire()) < 65536) == ("NOERROR", True)
    assert "the tree is larger than shown here" in told(reply)[-1]


def test_chains_of_aliases_and_cnames_are_told_as_far_as_there_is_room():
    """Sixteen CNAMEs of fourteen aliases each: the wire answers, so the explanation does not fail."""
    sets = []
    for link in range(16):
        sets.append(record_set(f"c{link}.example.test", "CNAME", alias=f"a{link}-0.example.test"))
        sets += [
            record_set(f"a{link}-{level}.example.test", "CNAME", alias=f"a{link}-{level + 1}.example.test")
            for level in range(13)
        ]
        sets.append(record_set(f"a{link}-13.example.test", "CNAME", f"c{link + 1}.example.test"))
    server = Server(zone("example.test", *sets, record_set("c16.example.test")))
    assert rcode(server.ask("c0.example.test")) == "NOERROR"
    lines = told(server.ask("c0.example.test._explain", "TXT", over_udp=False))
    assert "larger than shown here" in lines[-1]


def test_r57_another_class_is_refused(server):
    assert rcode(server.ask("www.example.test._explain", "TXT", client_class="CH")) == "REFUSED"


def test_a_large_tree_is_explained_up_to_a_bound():
    """A tree of 3 levels with 60 record sets each; the reply holds the event loop, so that it explains a part only."""
    levels = [
        weighted(f"t{level}.example.test", 1, f"w{each}", alias=f"t{level + 1}.example.test")
        for level in range(3)
        for each in range(60)
    ]
    reply = Server(zone("example.test", *levels, record_set("t3.example.test"))).ask(
        "t0.example.test._explain", "TXT", over_udp=False
    )
    lines = told(reply)
    assert sum(line.lstrip(" |`->").startswith("weighted") for line in lines) < 10
    assert any("the tree is larger than shown here" in line for line in lines)
