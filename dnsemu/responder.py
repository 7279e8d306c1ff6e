"""One packet in, one packet out: everything between the sockets and the answer."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

import structlog

from config import names
from config.names import ROOT, DName
from config.rrtypes import RRType
from dnsemu.answer import Dice, draw
from dnsemu.completion import LookUpHere, complete
from dnsemu.explain import CheckDetail
from dnsemu.explain_dns import asked_about, explanation_reply
from dnsemu.forwarding import Forwarder, UpstreamFailed
from dnsemu.published import Board
from dnsemu.resolution import Link, resolve
from dnsemu.transport import Doors, Later, Respond
from dnsemu.wire.protocol import CLASS_IN, RCode
from dnsemu.wire.query import RD, Query, Rejected, Unanswerable, parse_query
from dnsemu.wire.reply import PLAIN_UDP_OCTETS, Reply, render, render_refused, render_rejected, size_limit
from dnsemu.zone.catalog import ANY, NotOurs, Referral
from healthcheck.snapshot import HealthBoard
from policies.decide import policy_of
from policies.place import Client, Locator, Place

_RCODES = frozenset(RCode)
_TYPE_NAMES = {**{int(type_): type_.name for type_ in RRType}, ANY: "ANY"}

AXFR = 252
IXFR = 251

log = structlog.get_logger()


class Answered(NamedTuple):
    """What a query is counted under; every field comes from a closed set, `zone` from those hosted or the root."""

    zone: DName
    type: str
    rcode: str
    policy: str
    protocol: str


class Responder:
    """Answers packets from what is published; never raises, whatever it is sent.

    `answered` counts replies, `dropped` packets that got none. Both are read by metrics, at scrape time.
    """

    def __init__(
        self,
        board: Board,
        health: HealthBoard,
        dice: Dice,
        detail: CheckDetail,
        forwarder: Forwarder | None = None,
        *,
        ttl_divisor: Callable[[], float | None] = lambda: 1.0,
    ) -> None:
        """Answer from two boards.

        Args:
            detail: what to say of a health check in an explanation.
            ttl_divisor: what TTLs are divided by, so that caches in front keep step with an emulated clock; None: all
                are 0.
        """
        self._board = board
        self._forwarder = forwarder
        self._health = health
        self._dice = dice
        self._detail = detail
        self._ttl_divisor = ttl_divisor
        self.answered: Counter[Answered] = Counter()
        self.dropped = 0

    @property
    def forward_to(self) -> tuple[str, ...]:
        """The upstreams that names outside the hosted zones are asked of."""
        return tuple(map(str, self._forwarder.upstreams)) if self._forwarder else ()

    def doors(self, place: Callable[[], Place] | None = None) -> Doors:
        """What answers at one address.

        Args:
            place: tells where its clients are taken to be, if it says so; a reload may change it.
        """

        def door(over_udp: bool) -> Respond:
            return lambda packet, source: self.respond(packet, source, over_udp, place() if place else None)

        return Doors(door(True), door(False))

    def respond(self, packet: bytes, source: str, over_udp: bool, vantage: Place | None = None) -> bytes | Later | None:
        """Answer a packet.

        Args:
            packet: a DNS message, without the length prefix of TCP.
            source: the sender's IP address as text.
            vantage: where the sender is taken to be, if its listener says so; ECS still wins over it.
        Returns:
            The reply, one that has to be waited for because upstream is asked, or None where there must be none (R149).
        """
        protocol = "UDP" if over_udp else "TCP"
        try:
            query = parse_query(packet)
        except Unanswerable:
            self.dropped += 1
            return None
        except Rejected as rejected:
            self._count(ROOT, "", rejected.rcode, None, protocol)
            return render_rejected(rejected)
        try:
            return self._answer(query, packet, source, protocol, vantage)
        except Exception:
            return self._failed(query, packet, source, protocol)

    def _failed(self, query: Query, packet: bytes, source: str, protocol: str) -> bytes:
        log.exception("query failed", packet=packet.hex(), source=source)
        self._count(ROOT, "", RCode.SERVFAIL, None, protocol)
        return render(query, Reply(RCode.SERVFAIL, is_authoritative=False), PLAIN_UDP_OCTETS)

    def _answer(self, query: Query, packet: bytes, source: str, protocol: str, vantage: Place | None) -> bytes | Later:
        published = self._board.current
        limit = size_limit(query.edns, over_udp=protocol == "UDP")
        if query.edns is not None and query.edns.version:
            self._count(ROOT, "", RCode.BADVERS, None, protocol)
            return render(query, Reply(RCode.BADVERS, is_authoritative=False), limit)
        if query.klass != CLASS_IN or query.type in (AXFR, IXFR):
            return self._refuse(query, protocol)
        client, scope_bits = _client(query, source, published.locator, vantage)
        health = self._health.current
        link = resolve(published.catalog, health, client, query.name, query.type)
        if isinstance(link.found, NotOurs):
            explained = published.world.server.explain_over_dns and query.type == RRType.TXT
            asked = asked_about(query.name) if explained else None
            if asked is not None:
                self._count(ROOT, "TXT", RCode.NOERROR, None, protocol)
                catalog, detail = published.catalog, self._detail
                reply = explanation_reply(catalog, health, client, scope_bits, asked, query.name, detail)
                return render(query, reply, limit)
            if self._forwarder is not None and query.flags & RD:
                return self._forward(self._forwarder, query, packet, limit, protocol)
            return self._refuse(query, protocol)
        reply = self._drawn(link, scope_bits)
        self._count(link.found.zone.name, _type_name(query.type), reply.rcode, link, protocol)
        if self._forwarder is None:
            return render(query, reply, limit)
        if reply.onward is not None and query.flags & RD:
            return self._complete(
                self._forwarder, query, packet, reply, limit, protocol, self._look_up_here(client, scope_bits)
            )
        return render(query, reply, limit, recursion_available=True)

    def _drawn(self, link: Link, scope_bits: int) -> Reply:
        reply = draw(link, self._dice, scope_bits)
        divisor = self._ttl_divisor()
        return reply if divisor == 1.0 else reply.with_ttls_over(divisor)

    def _refuse(self, query: Query, protocol: str) -> bytes:
        self._count(ROOT, _type_name(query.type), RCode.REFUSED, None, protocol)
        return render_refused(query)

    async def _forward(self, forwarder: Forwarder, query: Query, packet: bytes, limit: int, protocol: str) -> bytes:
        """The reply to a question that is not ours, from upstream; SERVFAIL if nobody answers there."""
        try:
            reply = await forwarder.forward(query, packet, limit)
        except UpstreamFailed as failed:
            log.warning("upstream failed", name=names.display(query.name), error=str(failed))
            reply = render(query, Reply(RCode.SERVFAIL, is_authoritative=False), limit, recursion_available=True)
        except Exception:
            return self._failed(query, packet, "upstream", protocol)
        rcode = reply[3] & 0xF
        self._count(ROOT, _type_name(query.type), RCode(rcode) if rcode in _RCODES else RCode.SERVFAIL, None, protocol)
        return reply

    async def _complete(
        self,
        forwarder: Forwarder,
        query: Query,
        packet: bytes,
        reply: Reply,
        limit: int,
        protocol: str,
        look_up_here: LookUpHere,
    ) -> bytes:
        """The reply with what its CNAME or alias leads to outside of its hosted zone."""
        try:
            try:
                reply = await complete(forwarder, reply, query.type, look_up_here)
            except UpstreamFailed as failed:
                log.warning("upstream failed", name=names.display(query.name), error=str(failed))
                reply = Reply(RCode.SERVFAIL, is_authoritative=False)
            return render(query, reply, limit, recursion_available=True)
        except Exception:
            return self._failed(query, packet, "upstream", protocol)

    def _look_up_here(self, client: Client, scope_bits: int) -> LookUpHere:
        catalog, health = self._board.current.catalog, self._health.current

        def look_up(name: DName, type_: int) -> Reply | None:
            link = resolve(catalog, health, client, name, type_)
            return None if isinstance(link.found, NotOurs | Referral) else self._drawn(link, scope_bits)

        return look_up

    def _count(self, zone: DName, type_: str, rcode: RCode, link: Link | None, protocol: str) -> None:
        policy = "none"
        if link is not None and link.decisions:
            policy = policy_of(link.decisions[0].group).NAME
        self.answered[Answered(zone, type_, rcode.name, policy, protocol)] += 1


def _client(query: Query, source: str, locator: Locator, vantage: Place | None) -> tuple[Client, int]:
    """The client and its ECS scope: the ECS network if there is a usable one, else the sender (R127, R130)."""
    subnet = query.edns.client_subnet if query.edns else None
    if subnet is not None and subnet.is_usable:
        located = locator.locate(subnet.padded_address, subnet.source_bits)
        return located.client, located.scope_bits
    address = packed_address(source)
    client = locator.locate(address, len(address) * 8).client
    return client if vantage is None else replace(client, place=locator.timed(vantage)), 0


@lru_cache(maxsize=65536)
def packed_address(text: str) -> bytes:
    """An IP address as 4 or 16 octets; an IPv4 address inside an IPv6 one counts as IPv4, a zone id is dropped."""
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.packed


def _type_name(code: int) -> str:
    """A type's mnemonic, from a closed set however many codes are asked."""
    return _TYPE_NAMES.get(code, "other")
