"""A server that forwards, between a client that writes any query and upstreams that reply as a script says."""

import random
from contextlib import asynccontextmanager

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from dnsemu.answering.dice import QuickDice
from dnsemu.config.text.addresses import Address
from dnsemu.server.responder import Responder
from dnsemu.server.transport.listeners import bind
from dnsemu.upstream.exchange import UpstreamLimits
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.handlers import Handlers
from tests.asking import Server

SOON = UpstreamLimits(reply_s=0.6, resend_s=0.1)
"""For upstreams that are silent on purpose."""


@asynccontextmanager
async def listening(handlers):
    """Listens on a free port of loopback; yields the address."""
    listeners = bind([Address("127.0.0.1", 0)])
    await listeners.start([handlers])
    try:
        yield listeners.addresses[0]
    finally:
        listeners.close()


@asynccontextmanager
async def in_front_of(*upstreams, zones=(), limits=UpstreamLimits(), now=None):  # noqa: B008 - an immutable value
    """A server that forwards; yields a function that asks it."""
    inner = Server(*zones)
    forwarder = Forwarder(upstreams, limits=limits, **({"now": now} if now else {}))
    responder = Responder(inner.board, inner.health, QuickDice(random.Random(1).random), str, forwarder)
    async with listening(responder.handlers()) as address:

        async def ask(name, type_="A", *, over_tcp=False, flags=dns.flags.RD, **more):
            query = dns.message.make_query(name, type_, flags=flags, **more)
            exchange = dns.asyncquery.tcp if over_tcp else dns.asyncquery.udp
            return await exchange(query, address.host, port=address.port, timeout=10)

        ask.address = address
        ask.counters = responder.answered
        yield ask


class Script:
    """An upstream that replies by a function: from a query to a message, a packet, or None for silence.

    `asked` are the queries in order.
    """

    def __init__(self, reply, *, over_tcp=None):
        self._reply = reply
        self._over_tcp = over_tcp or reply
        self.asked = []
        self.asked_over_tcp = []

    @property
    def handlers(self):
        return Handlers(
            lambda packet, _: self._respond(self._reply, self.asked, packet),
            lambda packet, _: self._respond(self._over_tcp, self.asked_over_tcp, packet),
        )

    def _respond(self, function, asked, packet):
        query = dns.message.from_wire(packet)
        asked.append(query)
        reply = function(query)
        return reply if reply is None or isinstance(reply, bytes) else reply.to_wire()

    @asynccontextmanager
    async def running(self, **options):
        """The script behind a server that forwards to it; yields the function that asks."""
        async with listening(self.handlers) as address, in_front_of(address, **options) as ask:
            yield ask


def answered(query, *lines, rcode="NOERROR", authority=(), flags=dns.flags.RA):
    """A resolver's reply with records, each a line `owner ttl type value`."""
    reply = dns.message.make_response(query)
    reply.flags |= flags
    reply.set_rcode(dns.rcode.from_text(rcode))
    for section, texts in ((reply.answer, lines), (reply.authority, authority)):
        for owner, ttl, type_, value in (text.split(" ", 3) for text in texts):
            section.append(dns.rrset.from_text(owner, ttl, "IN", type_, value))
    return reply


def header_only(query, rcode):
    """A reply of twelve bytes, without the question."""
    flags = 0x8000 | dns.rcode.from_text(rcode)
    return query.id.to_bytes(2, "big") + flags.to_bytes(2, "big") + bytes(8)
