"""Asks a responder without sockets; dnspython writes and reads the messages."""

import random

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from dnsemu.answering.dice import QuickDice
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Board, Published
from dnsemu.server.responder import Responder
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.resources import compile_resource


class Server:
    """A responder over compiled zones; every health check is healthy unless `health` says otherwise."""

    def __init__(self, *zones, geo=None, seed=1, resources=()):
        geo = geo or Geo()
        self.health = HealthBoard()
        catalog = Catalog.of(zones, map(compile_resource, resources))
        self.board = Board(Published(World(geo=geo), catalog, Locator(geo)))
        self.use(
            Responder(
                self.board, self.health, QuickDice(random.Random(seed).random), lambda check: f"{check} in detail"
            )
        )

    def use(self, responder):
        """Replaces the responder."""
        self.responder = responder
        self.udp, self.tcp = responder.handlers()

    def raw(self, packet, source="127.0.0.1", *, over_udp=True):
        handler = self.udp if over_udp else self.tcp
        return handler(packet, source)

    def ask(self, name, type_="A", *, source="127.0.0.1", over_udp=True, client_class="IN", **more):
        """Returns the reply as a dnspython message, checked to match its question; `more` goes to `make_query`."""
        query = dns.message.make_query(name, type_, client_class, **more)
        wire = self.raw(query.to_wire(), source, over_udp=over_udp)
        reply = dns.message.from_wire(wire)
        assert query.is_response(reply), (query.to_text(), reply.to_text())
        return reply


def ecs(text):
    """Makes the EDNS option that discloses a client network such as `192.0.2.0/24`."""
    address, _, bits = text.partition("/")
    return dns.edns.ECSOption(address, int(bits))


def lines(section):
    """Returns the records of a section as sorted texts: `owner ttl type value`."""
    return sorted(
        f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata}"
        for rrset in section
        for rdata in rrset
    )


def flags(reply):
    return set(dns.flags.to_text(reply.flags).split())


def rcode(reply):
    return dns.rcode.to_text(reply.rcode())
