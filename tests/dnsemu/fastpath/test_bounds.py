"""What is remembered is bounded in bytes, and forgetting changes no answer."""

import random
from itertools import pairwise

import dns.message

from dnsemu.answering.counters import UDP
from dnsemu.answering.dice import QuickDice
from dnsemu.fastpath.answer_cache import AnswerCache
from dnsemu.fastpath.packet_cache import MAX_SOURCES, PacketBudget, PacketCache
from dnsemu.publication.board import Difference
from dnsemu.wire.query import parse_query
from dnsemu.zone.view import PUBLIC
from tests.asking import Server, ecs, lines
from tests.builders import geo, record_set, weighted, zone

ZONE = zone(
    "test", *[record_set(f"r{n}.test", values=f"192.0.2.{n}") for n in range(100)], geo("g.test", "d", country="*")
)


def answers(server, max_bytes):
    return AnswerCache(
        server.board,
        server.health,
        QuickDice(random.Random(1).random),
        server.responder.answered,
        is_complete=lambda _: True,
        max_bytes=max_bytes,
    )


def find(server, kept, name):
    published = server.board.current
    packet = dns.message.make_query(name, "A").to_wire()
    query = parse_query(packet)
    found = published.catalog.lookup(query.name, query.type)
    return kept.find(query.name, query.type, found, published.locator.locate_sender(b"\x7f\0\0\1"))


def test_the_oldest_answers_give_way():
    server, most = Server(ZONE), 30_000
    kept = answers(server, most)
    first, _ = find(server, kept, "r0.test")
    for number in range(100):
        answer, leaf = find(server, kept, f"r{number}.test")
        assert answer.root is leaf
        assert kept.estimated_bytes <= most
    assert 3 < len(kept) < 30
    assert first.root is None, "whoever still holds it is told that it was dropped"


def test_what_is_dropped_leaves_nothing_behind():
    server = Server(ZONE)
    kept = answers(server, 1 << 30)
    for number in range(100):
        find(server, kept, f"r{number}.test")
    assert kept.estimated_bytes > 100_000
    server.board.publish(server.board.current)
    assert (len(kept), kept.estimated_bytes) == (0, 0)


def test_packets_that_came_once_are_not_kept():
    server = Server(ZONE)
    packets = server.udp.__self__
    for number in range(256):
        server.ask("r1.test", use_edns=0, options=[ecs(f"10.0.{number}.0/24")])
    assert packets.estimated_bytes == 0


def test_known_packets_are_bounded_and_forgotten_together():
    server, sizes = Server(ZONE), []
    packets = PacketCache(server.udp.__self__._on_miss, QuickDice(random.Random(1).random), UDP, PacketBudget(20_000))
    asked = {n: dns.message.make_query(f"r{n}.test", "A") for n in range(100)}
    known = {n: parse_query(query.to_wire()) for n, query in asked.items()}
    for _ in range(3):
        for n, query in known.items():
            answer, leaf = find(server, server.responder.answer_cache(PUBLIC), f"r{n}.test")
            packet = asked[n].to_wire()
            message = leaf.template(query.name, query.question).body.message_to(query, 512)
            packets.remember(packet, query, None, answer, leaf, message[2:], is_shared=False)
            sizes.append(packets.estimated_bytes)
            assert packets.estimated_bytes < 20_000
            reply = dns.message.from_wire(packets.respond(packet, "127.0.0.1"))
            assert lines(reply.answer) == [f"r{n}.test. 60 A 192.0.2.{n}"]
    assert max(sizes) > 15_000
    assert any(later < earlier for earlier, later in pairwise(sizes)), "full once, and emptied"


def test_forms_for_every_length_count():
    """Each length of a question has a body of its own."""
    server = Server(zone("test", record_set("*.test", "TXT", [f'"{n} {"x" * 100}"' for n in range(3)])))
    kept, packets = server.responder.answer_cache(PUBLIC), []
    for length in range(1, 60):
        packets.append(dns.message.make_query(f"{'x' * length}.test", "TXT").to_wire())
        server.udp(packets[-1], "127.0.0.1")
    assert kept.estimated_bytes > 59 * 300


def test_nothing_holds_the_forms_of_what_is_dropped():
    server = Server(ZONE)
    packet = dns.message.make_query("r1.test", "A").to_wire()
    for _ in range(3):
        server.udp(packet, "127.0.0.1")
    (answer,) = server.responder.answer_cache(PUBLIC)._answers.values()
    assert answer.templates
    server.board.publish(server.board.current)
    assert (answer.root, answer.templates) == (None, {})
    assert lines(dns.message.from_wire(server.udp(packet, "127.0.0.1")).answer) == ["r1.test. 60 A 192.0.2.1"]


def test_one_answer_alone_stays_within_the_bound():
    sets = [weighted("w.test", 1, f"{n}", values=f"192.0.2.{n}") for n in range(100)]
    server = Server(zone("test", *sets))
    kept = answers(server, 10_000)
    for _ in range(300):
        find(server, kept, "w.test")
        assert kept.estimated_bytes <= 10_000


def test_an_answer_that_never_warms_up_stops_growing(monkeypatch):
    monkeypatch.setattr("dnsemu.fastpath.answer_cache.MAX_LEAVES", 5)
    sets = [weighted("w.test", 1, f"{n}", values=f"192.0.2.{n}") for n in range(100)]
    server = Server(zone("test", *sets))
    values = {str(server.ask("w.test").answer[0][0]) for _ in range(300)}
    (answer,) = server.responder.answer_cache(PUBLIC)._answers.values()
    assert answer.leaf_count == 5
    assert len(values) > 60, "the others are drawn as ever"


def test_senders_of_a_packet_count_and_are_bounded():
    """R127: where the client matters, each sender has an answer of its own."""
    server, packet = Server(ZONE), dns.message.make_query("g.test", "A").to_wire()
    packets = server.udp.__self__
    server.udp(packet, "10.0.0.1")
    server.udp(packet, "10.0.0.1")
    few = packets.estimated_bytes
    for number in range(MAX_SOURCES + 50):
        server.udp(packet, f"10.1.{number >> 8}.{number & 255}")
    (known,) = packets._exact.values()
    assert len(known.answers_by_source) <= MAX_SOURCES
    assert packets.estimated_bytes > few


def test_a_change_takes_back_what_shared_packets_took():
    server = Server(zone("test", record_set("*.test")))
    packets = server.udp.__self__
    for number in range(50):
        for _ in range(2):
            server.udp(dns.message.make_query(f"w{number}.test", "A").to_wire(), "127.0.0.1")
    full = packets.estimated_bytes
    for _ in range(5):
        server.board.publish(server.board.current, Difference(names=frozenset({(b"\4test\0", b"\3new\4test\0")})))
        for number in range(50):
            server.udp(dns.message.make_query(f"w{number}.test", "A").to_wire(), "127.0.0.1")
        assert packets.estimated_bytes == full


def test_doors_share_their_room():
    shared = PacketBudget(1000)
    for _ in range(4):
        shared.join()
    assert shared.max_bytes == 250
