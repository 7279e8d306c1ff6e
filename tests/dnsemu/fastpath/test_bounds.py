"""The caches are bounded in bytes, and dropping entries changes no answer."""

import gc
import random
import tracemalloc
from dataclasses import replace
from ipaddress import ip_network
from itertools import pairwise

import dns.message
import pytest

from dnsemu.answering.counters import UDP
from dnsemu.answering.dice import QuickDice
from dnsemu.config.model.geo import DeclaredPlace, Geo, GeoNetwork
from dnsemu.fastpath.answer_cache import AnswerCache
from dnsemu.fastpath.packet_cache import MAX_SOURCES, PacketBudget, PacketCache
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.publication.board import Difference
from dnsemu.wire.query import parse_query
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.view import PUBLIC
from tests.asking import Server, ecs, lines
from tests.builders import geo, record_set, weighted, zone

ZONE = zone(
    "test", *[record_set(f"r{n}.test", values=f"192.0.2.{n}") for n in range(100)], geo("g.test", "d", country="*")
)


def answer_cache(server, max_bytes):
    return AnswerCache(
        server.board,
        server.health,
        QuickDice(random.Random(1).random),
        server.responder.answered,
        is_complete=lambda _: True,
        max_bytes=max_bytes,
    )


def find(server, cache, name):
    published = server.board.current
    packet = dns.message.make_query(name, "A").to_wire()
    query = parse_query(packet)
    found = published.catalog.lookup(query.name, query.type)
    return cache.find(query.name, query.type, found, published.locator.locate_sender(b"\x7f\0\0\1"))


def test_the_oldest_answers_are_dropped():
    server, max_bytes = Server(ZONE), 30_000
    cache = answer_cache(server, max_bytes)
    first, _ = find(server, cache, "r0.test")
    for number in range(100):
        answer, leaf = find(server, cache, f"r{number}.test")
        assert answer.root is leaf
        assert cache.estimated_bytes <= max_bytes
    assert 3 < len(cache) < 30
    assert first.root is None, "a packet cache may still refer to it"


def caches_of(server):
    return server.responder.answer_cache(PUBLIC), server.udp.__self__, server.tcp.__self__


def allocated_by(work):
    """Calls a function; returns the bytes that it allocated and that are still in use."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("over_udp", [pytest.param(True, id="truncated"), pytest.param(False, id="drawn")])
def test_answers_dropped_by_changes_are_not_held_by_packets(over_udp):
    """400 values that change in each round: a packet that is not asked again keeps about a kilobyte."""
    server, rounds = Server(zone("test")), 50

    def change_and_ask(number):
        changed = zone("test", record_set("a.test", values=[f"10.{number}.{n >> 8}.{n & 255}" for n in range(400)]))
        difference = Difference(names=frozenset({(b"\4test\0", b"\1a\4test\0")}))
        server.board.publish(replace(server.board.current, catalog=Catalog.of([changed])), difference)
        packet = dns.message.make_query("a.test", "A", use_edns=0, payload=1232 + number).to_wire()
        for _ in range(3):
            server.raw(packet, over_udp=over_udp)

    change_and_ask(0)
    allocated = allocated_by(lambda: [change_and_ask(number) for number in range(1, rounds)])
    assert allocated < rounds * 3_000 + 200_000, "one zone and its answer, and little of the others"


def test_what_remains_of_answers_is_counted():
    server, packets = Server(ZONE), 400

    def ask(numbers):
        for number in numbers:
            packet = dns.message.make_query("r1.test", "A", use_edns=0, payload=1232 + number).to_wire()
            for _ in range(3):
                server.udp(packet, "127.0.0.1")
            server.board.publish(server.board.current, Difference(names=frozenset({(b"\4test\0", b"\2r1\4test\0")})))

    ask(range(10))
    before = sum(cache.estimated_bytes for cache in caches_of(server))
    allocated = allocated_by(lambda: ask(range(10, packets)))
    assert 0.8 < (sum(cache.estimated_bytes for cache in caches_of(server)) - before) / allocated < 2


def test_answers_dropped_at_once_are_not_held_by_packets():
    """An answer larger than the whole cache is counted nowhere, so no packet refers to it."""
    server = Server(zone("test", record_set("a.test", values=[f"10.0.{n >> 8}.{n & 255}" for n in range(400)])))
    server.responder._answer_caches[PUBLIC] = answer_cache(server, 10_000)
    packets = [dns.message.make_query("a.test", "A", use_edns=0, payload=1232 + n).to_wire() for n in range(50)]
    server.udp(packets[0], "127.0.0.1")
    assert allocated_by(lambda: [server.udp(packet, "127.0.0.1") for packet in packets * 3]) < 100_000
    assert server.udp.__self__.estimated_bytes == 0


def test_what_remains_of_answers_by_sender_is_counted():
    """R127: every sender is in another client class; a health check that changes drops the answers of all classes."""
    places = [DeclaredPlace(latitude=float(n), longitude=float(n)) for n in range(50)]
    networks = [GeoNetwork(ip_network(f"10.{n}.0.0/16"), place) for n, place in enumerate(places)]
    server = Server(zone("test", geo("g.test", "d", country="*", check="c")), geo=Geo(tuple(networks)))

    def ask(rounds):
        for number in rounds:
            packet = dns.message.make_query("g.test", "A", use_edns=0, payload=1232 + number).to_wire()
            for n in range(len(places)):
                for _ in range(3):
                    server.udp(packet, f"10.{n}.0.{number}")
            server.health.set("c", Status.UNHEALTHY if number % 2 else Status.HEALTHY)

    ask(range(2))
    before = sum(cache.estimated_bytes for cache in caches_of(server))
    allocated = allocated_by(lambda: ask(range(2, 32)))
    assert allocated > 30 * len(places) * 300, "the senders are cached"
    assert 0.8 < (sum(cache.estimated_bytes for cache in caches_of(server)) - before) / allocated < 2


def test_dropping_all_answers_frees_all_memory():
    server = Server(ZONE)
    cache = answer_cache(server, 1 << 30)
    for number in range(100):
        find(server, cache, f"r{number}.test")
    assert cache.estimated_bytes > 100_000
    server.board.publish(server.board.current)
    assert (len(cache), cache.estimated_bytes) == (0, 0)


def test_estimates_are_close_to_the_allocated_memory():
    """An estimate is an upper bound, since allocators and Python versions differ."""
    server = Server(
        zone("test", *[weighted(f"w{n}.test", 1, f"{m}", values=f"192.0.2.{m}") for n in range(100) for m in range(4)])
    )
    packets = [dns.message.make_query(f"w{n}.test", "A").to_wire() for n in range(100)]
    caches = server.responder.answer_cache(PUBLIC), server.udp.__self__
    server.ask("w0.test")
    gc.collect()
    tracemalloc.start()
    try:
        for packet in packets * 20:
            server.udp(packet, "127.0.0.1")
        gc.collect()
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.9 < sum(cache.estimated_bytes for cache in caches) / allocated < 2


def test_packets_that_came_once_are_not_cached():
    server = Server(ZONE)
    packets = server.udp.__self__
    for number in range(256):
        server.ask("r1.test", use_edns=0, options=[ecs(f"10.0.{number}.0/24")])
    assert packets.estimated_bytes == 0


def test_a_full_packet_cache_is_emptied():
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
    assert any(later < earlier for earlier, later in pairwise(sizes)), "it was full, and emptied"


def test_templates_for_every_question_length_are_counted():
    server = Server(zone("test", record_set("*.test", "TXT", [f'"{n} {"x" * 100}"' for n in range(3)])))
    cache, packets = server.responder.answer_cache(PUBLIC), []
    for length in range(1, 60):
        packets.append(dns.message.make_query(f"{'x' * length}.test", "TXT").to_wire())
        server.udp(packets[-1], "127.0.0.1")
    assert cache.estimated_bytes > 59 * 300


def test_a_dropped_answer_frees_its_templates():
    server = Server(ZONE)
    packet = dns.message.make_query("r1.test", "A").to_wire()
    for _ in range(3):
        server.udp(packet, "127.0.0.1")
    (answer,) = server.responder.answer_cache(PUBLIC)._answers.values()
    assert answer.templates
    server.board.publish(server.board.current)
    assert (answer.root, answer.templates) == (None, {})
    assert lines(dns.message.from_wire(server.udp(packet, "127.0.0.1")).answer) == ["r1.test. 60 A 192.0.2.1"]


def test_one_large_answer_stays_within_the_bound():
    sets = [weighted("w.test", 1, f"{n}", values=f"192.0.2.{n}") for n in range(100)]
    server = Server(zone("test", *sets))
    cache = answer_cache(server, 10_000)
    for _ in range(300):
        find(server, cache, "w.test")
        assert cache.estimated_bytes <= 10_000


def test_an_answer_with_too_many_leaves_stops_growing(monkeypatch):
    monkeypatch.setattr("dnsemu.fastpath.answer_cache.MAX_LEAVES", 5)
    sets = [weighted("w.test", 1, f"{n}", values=f"192.0.2.{n}") for n in range(100)]
    server = Server(zone("test", *sets))
    values = {str(server.ask("w.test").answer[0][0]) for _ in range(300)}
    (answer,) = server.responder.answer_cache(PUBLIC)._answers.values()
    assert answer.leaf_count == 5
    assert len(values) > 60, "the others are drawn without the cache"


def test_the_senders_of_a_packet_are_counted_and_bounded():
    """R127: an answer that depends on the client is cached by sender."""
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


def test_a_change_frees_packets_with_shared_answers():
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


def test_packet_caches_share_a_budget():
    budget = PacketBudget(1000)
    for _ in range(4):
        budget.join()
    assert budget.max_bytes == 250
