"""Rendering: from a reply to a message, and the order in which sections are dropped that do not fit (R137–R146)."""

from collections.abc import Iterator
from dataclasses import dataclass

from dnsemu.config.names import DName
from dnsemu.wire.compression import COMPRESSED_NAMES, MessageWriter
from dnsemu.wire.edns import Edns, opt_record
from dnsemu.wire.protocol import (
    AA,
    CLASS_IN,
    COPIED_FLAGS,
    HEADER,
    MAX_MESSAGE_BYTES,
    MAX_PLAIN_UDP_BYTES,
    MAX_UDP_BYTES,
    OPCODE_MASK,
    QR,
    RA,
    RCODE_MASK,
    RR,
    RR_FIXED,
    TC,
    RCode,
)
from dnsemu.wire.query import Query, Rejected
from dnsemu.wire.reply import Reply

# Bound here: CPython 3.11 compiles a method call on an imported name to two steps, which is slower.
_pack_header = HEADER.pack
_pack_rr = RR_FIXED.pack


def size_limit(edns: Edns | None, *, over_udp: bool) -> int:
    """Returns the longest reply in bytes: 512 over plain UDP, up to 4096 with EDNS, 65,535 over TCP (R137)."""
    if not over_udp:
        return MAX_MESSAGE_BYTES
    if edns is None:
        return MAX_PLAIN_UDP_BYTES
    return max(MAX_PLAIN_UDP_BYTES, min(edns.udp_bytes, MAX_UDP_BYTES))


@dataclass(frozen=True, slots=True)
class Body:
    """A reply's sections in wire format, to be put behind any question of one length.

    That is possible unless a name in the sections ends in labels that only some of the questions have: compression
    would differ (`names_in` lists the names). `section_ends` are the lengths after none, one, two and three sections,
    as far as they were written; `counts` are the records of each section; `flags` are AA, an upstream's flags and the
    rcode. The other attributes are those of `Reply`.
    """

    wire: bytes
    section_ends: tuple[int, ...]
    counts: tuple[int, int, int]
    flags: int
    rcode: RCode
    may_shrink: bool
    scope_bits: int

    @classmethod
    def of(cls, question: bytes, reply: Reply, limit: int = MAX_MESSAGE_BYTES) -> "Body":
        """Writes the sections of a reply; those that exceed `limit` bytes of the message are left out."""
        writer = MessageWriter(question)
        start = len(writer.message)
        ends = [0]
        sections = (reply.answer, reply.authority, reply.additional)
        for section in sections:
            if not writer.add(section, limit):
                break
            ends.append(len(writer.message) - start)
        return cls(
            wire=bytes(writer.message[start : start + ends[-1]]),
            section_ends=tuple(ends),
            counts=(len(reply.answer), len(reply.authority), len(reply.additional)),
            flags=reply.rcode & RCODE_MASK | (AA if reply.is_authoritative else 0) | reply.upstream_flags,
            rcode=reply.rcode,
            may_shrink=reply.may_shrink,
            scope_bits=reply.scope_bits,
        )

    @staticmethod
    def record(rr: RR) -> bytes:
        """Returns a record in wire format without its owner; its rdata must not be compressible."""
        _, type_, ttl, rdata = rr
        return _pack_rr(type_, CLASS_IN, ttl, len(rdata)) + rdata

    def message_to(self, query: Query, limit: int, *, recursion_available: bool = False) -> bytes:
        """Returns the message that replies to a query in at most `limit` bytes.

        If it does not fit, additional is dropped, then authority, then everything, and TC is set (R139, R145).
        """
        opt = opt_record(query.edns, self.rcode, self.scope_bits) if query.edns else b""
        room = limit - HEADER.size - len(query.question) - len(opt)
        # Compression pointers only point backwards, so a message may be cut after any section.
        ends, counts = self.section_ends, self.counts
        kept = len(ends) - 1
        if kept < len(counts) and not self.may_shrink:
            kept = 0
        while kept and ends[kept] > room:
            kept = kept - 1 if self.may_shrink else 0
        flags = QR | query.flags & COPIED_FLAGS | (RA if recursion_available else 0)
        if kept == len(counts):
            head = _pack_header(query.id, flags | self.flags, 1, counts[0], counts[1], counts[2] + bool(opt))
            return head + query.question + self.wire + opt
        if kept or limit < MAX_MESSAGE_BYTES:
            flags |= self.flags | (0 if kept else TC)
        else:
            flags |= RCode.SERVFAIL  # no transport carries a longer message
        answers, authorities = counts[0] if kept else 0, counts[1] if kept > 1 else 0
        head = _pack_header(query.id, flags, 1, answers, authorities, bool(opt))
        return head + query.question + self.wire[: ends[kept]] + opt


def names_in(reply: Reply, asked: DName) -> Iterator[DName]:
    """Yields the names, in lower case, that compression may match: owners other than `asked`, and names in rdata."""
    for section in (reply.answer, reply.authority, reply.additional):
        for owner, type_, _, rdata in section:
            if section is not reply.answer or owner != asked:
                yield DName(owner.lower())
            before, name_count = COMPRESSED_NAMES.get(type_, (0, 0))
            for _ in range(name_count):
                end = before
                while rdata[end]:
                    end += 1 + rdata[end]
                yield DName(rdata[before : end + 1].lower())
                before = end + 1


def render(query: Query, reply: Reply, limit: int, *, recursion_available: bool = False) -> bytes:
    """Returns the message that replies to a query, as `Body.message_to` does."""
    body = Body.of(query.question, reply, limit)
    return body.message_to(query, limit, recursion_available=recursion_available)


def render_rejected(rejected: Rejected) -> bytes:
    """Returns the reply to a malformed query: no records; question and OPT as far as they were read (R149)."""
    flags = QR | rejected.flags & (OPCODE_MASK | COPIED_FLAGS) | rejected.rcode
    no_edns = Edns(0, 0, dnssec_ok=False, client_subnet=None)
    opt = opt_record(no_edns, rejected.rcode, 0) if rejected.has_opt else b""
    return _pack_header(rejected.id, flags, bool(rejected.question), 0, 0, bool(opt)) + rejected.question + opt


def render_refused(query: Query) -> bytes:
    """Returns REFUSED as Route 53 sends it: the question, empty sections, and never an OPT record (R42)."""
    flags = QR | query.flags & COPIED_FLAGS | RCode.REFUSED
    return _pack_header(query.id, flags, 1, 0, 0, 0) + query.question
