"""A query is answered from the catalog of its view, with and without the caches."""

import random
from dataclasses import dataclass

import dns.message

from dnsemu.answering.dice import QuickDice
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Board, Published
from dnsemu.server.responder import Responder
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.view import PUBLIC, View
from tests.asking import lines, rcode
from tests.builders import record_set, zone

SUBNET = View("a subnet")


@dataclass(frozen=True)
class TwoViews(Published):
    """A published value in which a subnet has another catalog."""

    subnet: Catalog = None

    def catalog_for(self, view):
        return self.subnet if view == SUBNET else self.catalog


def test_each_view_is_answered_from_its_own_catalog():
    here = Catalog.of([zone("test", record_set("a.test", values="192.0.2.1"))])
    there = Catalog.of([zone("test", record_set("a.test", values="10.0.0.1"), record_set("b.test"))])
    board = Board(TwoViews(World(), here, Locator(Geo()), subnet=there))
    responder = Responder(board, HealthBoard(), QuickDice(random.Random(1).random), str)
    public, subnet = responder.handlers(), responder.handlers(view=SUBNET)

    def ask(handler, name):
        return dns.message.from_wire(handler(dns.message.make_query(name, "A").to_wire(), "127.0.0.1"))

    for _ in range(3):
        assert lines(ask(public.udp, "a.test").answer) == ["a.test. 60 A 192.0.2.1"]
        assert lines(ask(subnet.udp, "a.test").answer) == ["a.test. 60 A 10.0.0.1"]
        assert rcode(ask(public.tcp, "b.test")) == "NXDOMAIN"
        assert lines(ask(subnet.tcp, "b.test").answer) == ["b.test. 60 A 192.0.2.1"]

    packet = dns.message.make_query("a.test", "A").to_wire()
    reply = responder.respond(packet, "127.0.0.1", over_udp=True, view=SUBNET)
    assert lines(dns.message.from_wire(reply).answer) == ["a.test. 60 A 10.0.0.1"]
    assert responder.answer_cache(PUBLIC) is not responder.answer_cache(SUBNET)
