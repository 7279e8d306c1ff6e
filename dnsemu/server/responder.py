"""One packet in, one packet out: everything between the sockets and the answer."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from dnsemu.answering.answer import ReplyDraft, draft, draw
from dnsemu.answering.counters import TCP, UDP, Counters
from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Draws, Path
from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.names import ROOT, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.over_dns import explanation_reply, question_to_explain
from dnsemu.explain.tree import CheckDetail
from dnsemu.fastpath.answers import Answers, is_shared
from dnsemu.fastpath.packets import Packets, SharedRoom, wire_of
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.client import Located
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place
from dnsemu.publication.board import Board, Published
from dnsemu.query_log.query_log import LineTemplate, QueryLog
from dnsemu.upstream.completion import LookUpHosted, complete
from dnsemu.upstream.forwarding import Forwarder, UpstreamFailed
from dnsemu.wire.addresses import packed_address
from dnsemu.wire.handlers import Handler, Handlers, PendingReply
from dnsemu.wire.protocol import CLASS_IN, MAX_PLAIN_UDP_BYTES, RCODE_MASK, RD, RCode
from dnsemu.wire.qtypes import AXFR, IXFR, type_label
from dnsemu.wire.query import Query, Rejected, Unanswerable, parse_query
from dnsemu.wire.rendering import render, render_refused, render_rejected, size_limit
from dnsemu.wire.reply import Reply
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import Found, NotOurs, Referral
from dnsemu.zone.view import PUBLIC, View

_RCODES = frozenset(RCode)

TtlDivisor = Callable[[], float | None]
"""What TTLs are divided by, so that caches in front keep step with an emulated clock; None: all are 0."""


class AskElsewhere(Protocol):
    """Has another process answer a query; arguments as of `Responder.respond`."""

    def __call__(self, packet: bytes, source: str, *, over_udp: bool, place: Place | None, view: View) -> PendingReply:
        """The reply, which has to be waited for."""


log = structlog.get_logger()


class Asked(NamedTuple):
    """A query and how it came; `place` is where its sender is taken to be, if its listener says so."""

    query: Query
    packet: bytes
    source: str
    protocol: int
    place: Place | None
    view: View

    @property
    def limit(self) -> int:
        """The most bytes that a reply may have."""
        return size_limit(self.query.edns, over_udp=self.protocol == UDP)

    @property
    def subnet_counts(self) -> bool:
        """Whether the client is who its EDNS Client Subnet says, not who sent the query (R127, R130)."""
        edns = self.query.edns
        return edns is not None and edns.client_subnet is not None and edns.client_subnet.is_usable


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
        ttl_divisor: TtlDivisor | None = None,
        ask_elsewhere: AskElsewhere | None = None,
        query_log: QueryLog | None = None,
    ) -> None:
        """Answer from two boards.

        Args:
            detail: what to say of a health check in an explanation.
            ttl_divisor: where TTLs are not served as they are. Each reply is made anew then.
            ask_elsewhere: has explanations told where more is known of health checks.
            query_log: notes every answer out of a hosted zone.
        """
        self._board = board
        self._forwarder = forwarder
        self._health = health
        self._dice = dice
        self._detail = detail
        self._ask_elsewhere = ask_elsewhere
        self.query_log = query_log
        self.ttl_divisor = ttl_divisor
        self.answered = Counters()
        self._shared = SharedRoom()
        self.dropped = 0
        self._answers: dict[View, Answers] = {}

    @property
    def query_log_dropped(self) -> int:
        """Lines of the query log that could not be written."""
        return self.query_log.dropped if self.query_log is not None else 0

    @property
    def forward_to(self) -> tuple[str, ...]:
        """The upstreams that names outside the hosted zones are asked of."""
        return tuple(map(str, self._forwarder.upstreams)) if self._forwarder else ()

    def answers_of(self, view: View) -> Answers:
        """The compiled answers of a view."""
        answers = self._answers.get(view)
        if answers is None:
            answers = self._answers[view] = Answers(
                self._board, self._health, self._dice, self.answered, is_complete=self._is_complete, view=view
            )
        return answers

    def handlers(self, place: Callable[[], Place] | None = None, view: View = PUBLIC) -> Handlers:
        """What answers at one address.

        Args:
            place: tells where its clients are taken to be, if it says so; a reload may change it. ECS wins over it.
            view: where its queries come from.
        """
        return Handlers(self._handler(UDP, place, view), self._handler(TCP, place, view))

    def _handler(self, protocol: int, place: Callable[[], Place] | None, view: View) -> Handler:
        def unknown(packet: bytes, source: str, path: Path) -> bytes | PendingReply | None:
            return self._read(packets, packet, source, protocol, place() if place else None, view, path)

        note = self.query_log.log if self.query_log is not None else None
        packets = Packets(unknown, self._dice, protocol, self._shared, note)
        self._board.subscribe(packets.changed)
        return packets.respond

    def respond(
        self, packet: bytes, source: str, *, over_udp: bool, place: Place | None = None, view: View = PUBLIC
    ) -> bytes | PendingReply | None:
        """Answer a packet, with nothing remembered of it.

        Args:
            packet: a DNS message, without the length prefix of TCP.
            source: the sender's IP address as text.
            place: where the sender is taken to be; ECS still wins over it.
            view: where the query comes from.
        Returns:
            The reply, one that has to be waited for because upstream is asked, or None where there must be none (R149).
        """
        return self._read(None, packet, source, UDP if over_udp else TCP, place, view, ())

    def _read(
        self,
        packets: Packets | None,
        packet: bytes,
        source: str,
        protocol: int,
        place: Place | None,
        view: View,
        path: Path,
    ) -> bytes | PendingReply | None:
        try:
            query = parse_query(packet)
        except Unanswerable:
            self.dropped += 1
            return None
        except Rejected as rejected:
            self._count(protocol, rejected.rcode)
            return render_rejected(rejected)
        asked = Asked(query, packet, source, protocol, place, view)
        try:
            return self._answer(asked, packets, path)
        except Exception:
            return self._failed(asked)

    def _failed(self, asked: Asked) -> bytes:
        log.exception("query failed", packet=asked.packet.hex(), source=asked.source)
        self._count(asked.protocol, RCode.SERVFAIL)
        return render(asked.query, Reply(RCode.SERVFAIL, is_authoritative=False), MAX_PLAIN_UDP_BYTES)

    def _answer(self, asked: Asked, packets: Packets | None, path: Path) -> bytes | PendingReply:
        query, published = asked.query, self._board.current
        if query.edns is not None and query.edns.version:
            self._count(asked.protocol, RCode.BADVERS)
            return render(query, Reply(RCode.BADVERS, is_authoritative=False), asked.limit)
        if query.qclass != CLASS_IN or query.type in (AXFR, IXFR):
            return self._refuse(asked)
        located = _located(asked, published.locator)
        catalog = published.catalog_for(asked.view)
        found = catalog.lookup(query.name, query.type)
        if isinstance(found, NotOurs):
            return self._not_ours(asked, published, catalog, located)
        if self.ttl_divisor is not None:
            return self._made_anew(asked, catalog, located, found, path)
        answers = self.answers_of(asked.view)
        answer, end = answers.find(query.name, query.type, found, located, path)
        if not end.answers(query.name):
            return self._made_anew(asked, catalog, located, found, end.path)
        end.count[asked.protocol] += 1
        form = answers.form(answer, end, query.name, query.question)
        message = form.body.message_to(query, asked.limit, recursion_available=self._forwarder is not None)
        wire = wire_of(message, query, form)
        line = self._noted(asked, found.zone, message)
        if packets is not None:
            source = asked.source if answer.is_of_class and not asked.subnet_counts else None
            shared = is_shared(found, query.name)
            packets.remember(asked.packet, query, source, answer, end, wire, line, is_shared=shared)
        return message if isinstance(wire, bytes) else message[:2] + wire.drawn(self._dice)

    def _made_anew(
        self, asked: Asked, catalog: Catalog, located: Located, found: Found, path: Path
    ) -> bytes | PendingReply:
        """The reply to a question that is ours, without what is compiled; this decides what the compiled ones say."""
        query = asked.query
        link = resolve(catalog, self._health.current, located.client, query.name, query.type, found)
        drafted = draft(link, Draws(self._dice, path), located.scope_bits)
        reply = self._scaled(drafted.draw(self._dice) if isinstance(drafted, ReplyDraft) else drafted)
        self.answered.of_answer(link, reply.rcode)[asked.protocol] += 1
        assert not isinstance(link.found, NotOurs)
        zone = link.found.zone
        if self._forwarder is not None and reply.outside_target is not None and query.flags & RD:
            return self._complete(self._forwarder, asked, zone, reply, self._look_up_here(catalog, located))
        message = render(query, reply, asked.limit, recursion_available=self._forwarder is not None)
        self._noted(asked, zone, message)
        return message

    def _noted(self, asked: Asked, zone: Zone, message: bytes) -> LineTemplate | None:
        """Log an answer out of a zone; what to say of it when it is sent again."""
        if self.query_log is None:
            return None
        line = self.query_log.template(zone, asked.query, message, asked.protocol, asked.place)
        if line is not None:
            self.query_log.log(line, asked.source)
        return line

    def _is_complete(self, reply: Reply) -> bool:
        return self._forwarder is None or reply.outside_target is None

    def _scaled(self, reply: Reply) -> Reply:
        return reply if self.ttl_divisor is None else reply.with_ttls_divided(self.ttl_divisor())

    def _not_ours(self, asked: Asked, published: Published, catalog: Catalog, located: Located) -> bytes | PendingReply:
        query = asked.query
        explained = published.world.server.explain_over_dns and query.type == RRType.TXT
        about = question_to_explain(query.name) if explained else None
        if about is not None:
            if self._ask_elsewhere is not None:
                return self._ask_elsewhere(
                    asked.packet, asked.source, over_udp=asked.protocol == UDP, place=asked.place, view=asked.view
                )
            self._count(asked.protocol, RCode.NOERROR, "TXT")
            health, client, scope = self._health.current, located.client, located.scope_bits
            reply = explanation_reply(catalog, health, client, scope, about, query.name, self._detail)
            return render(query, reply, asked.limit)
        if self._forwarder is not None and query.flags & RD:
            return self._forward(self._forwarder, asked)
        return self._refuse(asked)

    def _refuse(self, asked: Asked) -> bytes:
        self._count(asked.protocol, RCode.REFUSED, type_label(asked.query.type))
        return render_refused(asked.query)

    async def _forward(self, forwarder: Forwarder, asked: Asked) -> bytes:
        """The reply to a question that is not ours, from upstream; SERVFAIL if nobody answers there."""
        query, limit = asked.query, asked.limit
        try:
            reply = await forwarder.forward(query, asked.packet, limit)
        except UpstreamFailed as failed:
            log.warning("upstream failed", name=names.display(query.name), error=str(failed))
            reply = render(query, Reply(RCode.SERVFAIL, is_authoritative=False), limit, recursion_available=True)
        except Exception:
            return self._failed(asked)
        rcode = reply[3] & RCODE_MASK
        known = RCode(rcode) if rcode in _RCODES else RCode.SERVFAIL
        self._count(asked.protocol, known, type_label(query.type))
        return reply

    async def _complete(
        self, forwarder: Forwarder, asked: Asked, zone: Zone, reply: Reply, look_up_here: LookUpHosted
    ) -> bytes:
        """The reply with what its CNAME or alias leads to outside of its hosted zone."""
        query = asked.query
        try:
            try:
                reply = await complete(forwarder, reply, query.type, look_up_here)
            except UpstreamFailed as failed:
                log.warning("upstream failed", name=names.display(query.name), error=str(failed))
                reply = Reply(RCode.SERVFAIL, is_authoritative=False)
            message = render(query, reply, asked.limit, recursion_available=True)
            self._noted(asked, zone, message)
            return message
        except Exception:
            return self._failed(asked)

    def _look_up_here(self, catalog: Catalog, located: Located) -> LookUpHosted:
        health = self._health.current

        def look_up(name: DName, type_: int) -> Reply | None:
            link = resolve(catalog, health, located.client, name, type_)
            if isinstance(link.found, NotOurs | Referral):
                return None
            return self._scaled(draw(link, self._dice, located.scope_bits))

        return look_up

    def _count(self, protocol: int, rcode: RCode, type_: str = "") -> None:
        """ReplyCount a reply that is not from a hosted zone."""
        self.answered.of(ROOT, type_, rcode)[protocol] += 1


def _located(asked: Asked, locator: Locator) -> Located:
    """The client, and the ECS scope: by the ECS network if there is a usable one, else by the sender (R127, R130)."""
    subnet = asked.query.edns.client_subnet if asked.query.edns else None
    if subnet is not None and subnet.is_usable:
        return locator.locate(subnet.padded_address, subnet.source_bits)
    located = locator.locate_sender(packed_address(asked.source))
    return located if asked.place is None else located.moved_to(locator.with_latencies(asked.place))
