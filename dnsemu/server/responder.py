"""The responder: from a received packet to the reply that is sent."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog

from dnsemu.answering.answer import ReplyDraft, draft, draw
from dnsemu.answering.counters import TCP, UDP, Counters, ReplyCount
from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Draws, Path
from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.names import ROOT, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.over_dns import explanation_reply, question_to_explain
from dnsemu.explain.tree import CheckDetail
from dnsemu.fastpath.answer_cache import AnswerCache
from dnsemu.fastpath.compiling import is_shared
from dnsemu.fastpath.packet_cache import PacketBudget, PacketCache, cacheable
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.client import Located
from dnsemu.policies.location.place import Place
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.query_log.query_log import LineTemplate, QueryLog
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.server.received_query import ReceivedQuery
from dnsemu.upstream.clients import ForwardingClients
from dnsemu.upstream.completion import complete
from dnsemu.upstream.forwarding import Forwarder, TooManyPending, UpstreamFailed
from dnsemu.wire.handlers import Handler, Handlers, PendingReply
from dnsemu.wire.protocol import CLASS_IN, MAX_PLAIN_UDP_BYTES, RD, RCode
from dnsemu.wire.qtypes import AXFR, IXFR, type_label
from dnsemu.wire.query import Rejected, Unanswerable, parse_query
from dnsemu.wire.rendering import render, render_refused, render_rejected
from dnsemu.wire.reply import OutsideTarget, Reply
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import Found, NotOurs, Referral
from dnsemu.zone.view import PUBLIC, View

TtlDivisor = Callable[[], float | None]
"""Returns the divisor of TTLs, so that caches keep step with a fast clock; None makes all TTLs 0."""


class AskElsewhere(Protocol):
    """Relays a query to another process; arguments as of `Responder.respond`."""

    def __call__(self, packet: bytes, source: str, *, over_udp: bool, place: Place | None, view: View) -> PendingReply:
        """Returns the pending reply."""


MAX_LOGGED_BYTES = 600
"""Bytes of a packet that the log shows."""

log = structlog.get_logger()


class Responder:
    """Answers packets from the published value and the health snapshot. Never raises, whatever the packet is.

    `answered` counts replies, `dropped` packets without a reply; metrics read both at scrape time.
    """

    def __init__(
        self,
        board: Board,
        health: HealthBoard,
        dice: Dice,
        detail: CheckDetail,
        forwarder: Forwarder | None = None,
        *,
        ttl_divisor: TtlDivisor | None = None,
        ask_elsewhere: AskElsewhere | None = None,
        query_log: QueryLog | None = None,
        reached: Reached | None = None,
    ) -> None:
        """Answers from two boards.

        Args:
            detail: describes a health check in an explanation.
            forwarder: answers names outside the hosted zones, for clients that ask for recursion.
            ttl_divisor: divides TTLs; the caches are then not used.
            ask_elsewhere: relays questions for explanations to the process that knows the health checks' details.
            query_log: logs every answer of a hosted zone.
            reached: counts how often a bound was reached.
        """
        self._board = board
        self._forwarder = forwarder
        self._forwarding_clients = ForwardingClients()
        self._health = health
        self._dice = dice
        self._detail = detail
        self._ask_elsewhere = ask_elsewhere
        self.query_log = query_log
        self.ttl_divisor = ttl_divisor
        self.answered = Counters(lambda zone: zone in board.current.catalog.zones)
        board.subscribe(self._on_published)
        self.dropped = 0
        self.reached = Reached() if reached is None else reached
        self._packet_budget = PacketBudget(on_full=partial(self._on_full, Limit.PACKET_CACHE_BYTES))
        self._answer_caches: dict[View, AnswerCache] = {}

    @property
    def query_log_dropped(self) -> int:
        """Lines of the query log that could not be written."""
        return self.query_log.dropped if self.query_log is not None else 0

    @property
    def forward_to(self) -> tuple[str, ...]:
        """The addresses of the upstream resolvers."""
        return tuple(map(str, self._forwarder.upstreams)) if self._forwarder else ()

    def answer_cache(self, view: View) -> AnswerCache:
        """Returns the answer cache of a view."""
        cache = self._answer_caches.get(view)
        if cache is None:
            cache = self._answer_caches[view] = AnswerCache(
                self._board,
                self._health,
                self._dice,
                self.answered,
                is_complete=self._is_complete,
                view=view,
                on_full=partial(self._on_full, Limit.ANSWER_CACHE_BYTES),
            )
        return cache

    def handlers(self, place: Callable[[], Place] | None = None, view: View = PUBLIC) -> Handlers:
        """Returns the handlers of a listening address, with a packet cache each.

        Args:
            place: returns the place of all its clients, which a reload may change. An EDNS client subnet wins over it.
            view: the view of its queries.
        """
        return Handlers(self._handler(UDP, place, view), self._handler(TCP, place, view))

    def _handler(self, protocol: int, place: Callable[[], Place] | None, view: View) -> Handler:
        def on_miss(packet: bytes, source: str, path: Path) -> bytes | PendingReply | None:
            return self._respond(packets, packet, source, protocol, place() if place else None, view, path)

        log_answer = self.query_log.log if self.query_log is not None else None
        packets = PacketCache(on_miss, self._dice, protocol, self._packet_budget, log_answer)
        self._board.subscribe(packets.on_published)
        return packets.respond

    def respond(
        self, packet: bytes, source: str, *, over_udp: bool, place: Place | None = None, view: View = PUBLIC
    ) -> bytes | PendingReply | None:
        """Answers a packet without a packet cache.

        Args:
            packet: a DNS message, without the length prefix of TCP.
            source: the sender's IP address as text.
            place: the place of the sender, if its listener has one. An EDNS client subnet wins over it.
            view: the view of the query.
        Returns:
            The reply, a pending one if upstream is asked, or None if there must be no reply (R149).
        """
        return self._respond(None, packet, source, UDP if over_udp else TCP, place, view, ())

    def _respond(
        self,
        packets: PacketCache | None,
        packet: bytes,
        source: str,
        protocol: int,
        place: Place | None,
        view: View,
        path: Path,
    ) -> bytes | PendingReply | None:
        """Parses a packet and answers the query.

        Args:
            packets: the packet cache that missed.
            path: the choices that it has drawn.
        """
        try:
            query = parse_query(packet)
        except Unanswerable:
            self.dropped += 1
            return None
        except Rejected as rejected:
            self._count(protocol, rejected.rcode)
            return render_rejected(rejected)
        received = ReceivedQuery(query, packet, source, protocol, place, view)
        try:
            return self._answer(received, packets, path)
        except Exception:
            return self._internal_error(received)

    def _on_full(self, limit: Limit) -> None:
        self.reached[limit] += 1

    def _on_published(self, _published: Published, difference: Difference) -> None:
        self.answered.forget_deleted(None if difference.everything else difference.zones | difference.resources)

    def _internal_error(self, received: ReceivedQuery) -> bytes:
        """Logs an exception with the packet; the reply is SERVFAIL."""
        log.exception("query failed", packet=received.packet[:MAX_LOGGED_BYTES].hex(), source=received.source)
        self._count(received.protocol, RCode.SERVFAIL)
        return render(received.query, Reply(RCode.SERVFAIL, is_authoritative=False), MAX_PLAIN_UDP_BYTES)

    def _answer(self, received: ReceivedQuery, packets: PacketCache | None, path: Path) -> bytes | PendingReply:
        query, published = received.query, self._board.current
        if query.edns is not None and query.edns.version:
            self._count(received.protocol, RCode.BADVERS)
            return render(query, Reply(RCode.BADVERS, is_authoritative=False), received.max_reply_bytes)
        if query.qclass != CLASS_IN or query.type in (AXFR, IXFR):
            return self._refuse(received)
        located = received.located(published.locator)
        catalog = published.catalog_for(received.view)
        found = catalog.lookup(query.name, query.type)
        if isinstance(found, NotOurs):
            return self._answer_outside(received, published, catalog, located)
        if self.ttl_divisor is not None:
            return self._answer_uncached(received, catalog, located, found, path)
        cache = self.answer_cache(received.view)
        answer, leaf = cache.find(query.name, query.type, found, located, path)
        if not leaf.answers(query.name):
            return self._answer_uncached(received, catalog, located, found, leaf.path)
        leaf.count[received.protocol] += 1
        template = cache.template(answer, leaf, query.name, query.question)
        recursion_available = self._forwarder is not None
        message = template.body.message_to(query, received.max_reply_bytes, recursion_available=recursion_available)
        reply = cacheable(message, query, template)
        line = self._log_answer(received, found.zone, message)
        if packets is not None:
            source = received.source if answer.is_of_class and not received.is_located_by_subnet else None
            shared = is_shared(found, query.name)
            packets.remember(received.packet, query, source, answer, leaf, reply, line, is_shared=shared)
        return message if isinstance(reply, bytes) else message[:2] + reply.draw(self._dice)

    def _answer_uncached(
        self, received: ReceivedQuery, catalog: Catalog, located: Located, found: Found, path: Path
    ) -> bytes | PendingReply:
        """Answers from a hosted zone without the caches; cached answers must equal these."""
        query = received.query
        link = resolve(catalog, self._health.current, located.client, query.name, query.type, found)
        drafted = draft(link, Draws(self._dice, path), located.scope_bits)
        reply = self._with_divided_ttls(drafted.draw(self._dice) if isinstance(drafted, ReplyDraft) else drafted)
        assert not isinstance(link.found, NotOurs)
        zone = link.found.zone
        forwarder = self._forwarder_for(received) if reply.outside_target is not None else None
        if forwarder is not None:
            counters = self.answered.of_answer
            return self._complete(forwarder, received, catalog, located, reply, partial(counters, link), zone)
        self.answered.of_answer(link, reply.rcode)[received.protocol] += 1
        message = render(query, reply, received.max_reply_bytes, recursion_available=self._forwarder is not None)
        self._log_answer(received, zone, message)
        return message

    def _log_answer(self, received: ReceivedQuery, zone: Zone, message: bytes) -> LineTemplate | None:
        """Logs an answer of a hosted zone; returns the line for when it is sent again."""
        if self.query_log is None:
            return None
        line = self.query_log.template(zone, received.query, message, received.protocol, received.place)
        if line is not None:
            self.query_log.log(line, received.source)
        return line

    def _is_complete(self, reply: Reply) -> bool:
        return self._forwarder is None or reply.outside_target is None

    def _with_divided_ttls(self, reply: Reply) -> Reply:
        return reply if self.ttl_divisor is None else reply.with_ttls_divided(self.ttl_divisor())

    def _answer_outside(
        self, received: ReceivedQuery, published: Published, catalog: Catalog, located: Located
    ) -> bytes | PendingReply:
        """Answers a name outside the hosted zones: an explanation, a forwarded query, or REFUSED."""
        query = received.query
        may_explain = published.world.server.explain_over_dns and query.type == RRType.TXT
        question = question_to_explain(query.name) if may_explain else None
        if question is not None:
            if self._ask_elsewhere is not None:
                over_udp = received.protocol == UDP
                return self._ask_elsewhere(
                    received.packet, received.source, over_udp=over_udp, place=received.place, view=received.view
                )
            self._count(received.protocol, RCode.NOERROR, "TXT")
            health, client, scope = self._health.current, located.client, located.scope_bits
            reply = explanation_reply(published, health, client, scope, question, query.name, self._detail)
            return render(query, reply, received.max_reply_bytes)
        forwarder = self._forwarder_for(received)
        if forwarder is not None:
            reply = Reply(RCode.NOERROR, is_authoritative=False, outside_target=OutsideTarget(query.name))
            counters = partial(self.answered.of, ROOT, type_label(query.type))
            return self._complete(forwarder, received, catalog, located, reply, counters)
        return self._refuse(received)

    def _forwarder_for(self, received: ReceivedQuery) -> Forwarder | None:
        """The forwarder, if the client asks for recursion and may have it."""
        if self._forwarder is None or not received.query.flags & RD:
            return None
        settings = self._board.current.world.server
        return self._forwarder if self._forwarding_clients.admit(received.source, settings) else None

    def _refuse(self, received: ReceivedQuery) -> bytes:
        self._count(received.protocol, RCode.REFUSED, type_label(received.query.type))
        return render_refused(received.query)

    async def _complete(
        self,
        forwarder: Forwarder,
        received: ReceivedQuery,
        catalog: Catalog,
        located: Located,
        reply: Reply,
        count_of: Callable[[RCode], ReplyCount],
        zone: Zone | None = None,
    ) -> bytes:
        """Answers with a reply and the records of its outside target; SERVFAIL if no upstream answers.

        Args:
            count_of: returns the counter of an rcode.
            zone: the zone of the first part; None if no hosted zone holds the name.
        """
        query, health = received.query, self._health.current

        def look_up_hosted(name: DName) -> Reply | None:
            link = resolve(catalog, health, located.client, name, query.type)
            if isinstance(link.found, NotOurs | Referral):
                return None
            return self._with_divided_ttls(draw(link, self._dice, located.scope_bits))

        try:
            try:
                reply = await complete(forwarder, query, reply, look_up_hosted)
            except UpstreamFailed as failed:
                self.reached[Limit.FORWARDED_QUERIES] += isinstance(failed, TooManyPending)
                log.warning("upstream failed", name=names.display(query.name), error=str(failed))
                reply = Reply(RCode.SERVFAIL, is_authoritative=False)
            message = render(query, reply, received.max_reply_bytes, recursion_available=True)
            count_of(reply.rcode)[received.protocol] += 1
            if zone is not None:
                self._log_answer(received, zone, message)
            return message
        except Exception:
            return self._internal_error(received)

    def _count(self, protocol: int, rcode: RCode, type_: str = "") -> None:
        """Counts a reply that is not from a hosted zone."""
        self.answered.of(ROOT, type_, rcode)[protocol] += 1
