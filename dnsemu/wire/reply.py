"""Writing a reply: sections, name compression, and what gives way when it does not fit (RFC 1035 §4, R137–R146)."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from struct import Struct

from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.wire.edns import Edns, opt_record
from dnsemu.wire.protocol import (
    AA,
    CLASS_IN,
    COPIED_FLAGS,
    HEADER,
    MAX_MESSAGE_BYTES,
    MAX_PLAIN_UDP_BYTES,
    MAX_POINTER,
    MAX_TTL_S,
    MAX_UDP_BYTES,
    OPCODE_MASK,
    POINTER_BITS,
    QR,
    RA,
    RCODE_MASK,
    RR,
    RR_FIXED,
    TC,
    RCode,
)
from dnsemu.wire.query import Query, Rejected

_POINTER = Struct("!H")
# Bound here because a method call on an imported name costs 35 ns more (CPython 3.11 compiles it to two steps).
_pack_header = HEADER.pack
_pack_rr = RR_FIXED.pack

NAMES_IN_RDATA: dict[int, tuple[int, int]] = {
    RRType.NS: (0, 1),
    RRType.CNAME: (0, 1),
    RRType.PTR: (0, 1),
    RRType.MX: (2, 1),
    RRType.SOA: (0, 2),
}
"""Types whose rdata may be compressed (RFC 3597 §4): bytes before the first name, and how many names follow."""


@dataclass(frozen=True, slots=True)
class Onward:
    """Where an answer goes on outside the hosted zone: the target of its last CNAME, or of an alias.

    An alias stays invisible (R100), so what its target answers belongs to `alias_owner`; None for a CNAME.
    """

    target: DName
    alias_owner: DName | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a query is answered with, before it is fitted into a message.

    `may_shrink` tells that authority and additional are a courtesy that gives way before the answer does (R145); of a
    negative reply or a referral they are the substance. `scope_bits` is the ECS scope (R132). `onward` is for whoever
    completes the answer; the reply itself ends here.
    """

    rcode: RCode
    _: KW_ONLY
    is_authoritative: bool
    answer: Sequence[RR] = ()
    authority: Sequence[RR] = ()
    additional: Sequence[RR] = ()
    may_shrink: bool = True
    scope_bits: int = 0
    onward: Onward | None = None

    def with_ttls_over(self, divisor: float | None) -> "Reply":
        """The same with every TTL divided, rounded down, at most what a TTL can be; all are 0 for None."""

        def over(ttl: int) -> int:
            return min(int(ttl / divisor), MAX_TTL_S) if divisor else 0

        def divided(section: Sequence[RR]) -> list[RR]:
            return [(name, type_, over(ttl), rdata) for name, type_, ttl, rdata in section]

        sections = map(divided, (self.answer, self.authority, self.additional))
        answer, authority, additional = sections
        return replace(self, answer=answer, authority=authority, additional=additional)


def size_limit(edns: Edns | None, *, over_udp: bool) -> int:
    """The most bytes a reply may have: 512 over plain UDP, what EDNS allows up to 4096, or TCP's 65,535 (R137)."""
    if not over_udp:
        return MAX_MESSAGE_BYTES
    if edns is None:
        return MAX_PLAIN_UDP_BYTES
    return max(MAX_PLAIN_UDP_BYTES, min(edns.udp_octets, MAX_UDP_BYTES))


@dataclass(frozen=True, slots=True)
class Body:
    """A reply's sections as they follow a question in a message; they fit every question of one length.

    That holds as long as no name in them ends in what only one of the questions has: `names_below` tells.
    `ends` are the lengths after none, one, two and three sections, as far as they were written; `counts` the records in
    each. `flags` are AA and the rcode. The rest is as in `Reply`.
    """

    octets: bytes
    ends: tuple[int, ...]
    counts: tuple[int, int, int]
    flags: int
    rcode: RCode
    may_shrink: bool
    scope_bits: int

    @classmethod
    def of(cls, question: bytes, reply: Reply, limit: int = MAX_MESSAGE_BYTES) -> "Body":
        """Write the sections of a reply; what lies beyond `limit` bytes of the message is left out."""
        message = _Message(question)
        start = len(message.octets)
        ends = [0]
        sections = (reply.answer, reply.authority, reply.additional)
        for section in sections:
            if not message.add(section, limit):
                break
            ends.append(len(message.octets) - start)
        return cls(
            octets=bytes(message.octets[start : start + ends[-1]]),
            ends=tuple(ends),
            counts=(len(reply.answer), len(reply.authority), len(reply.additional)),
            flags=reply.rcode & RCODE_MASK | (AA if reply.is_authoritative else 0),
            rcode=reply.rcode,
            may_shrink=reply.may_shrink,
            scope_bits=reply.scope_bits,
        )

    @staticmethod
    def record(rr: RR) -> bytes:
        """A record as it goes on the wire behind its owner; one of a type whose rdata is not compressed."""
        _, type_, ttl, rdata = rr
        return _pack_rr(type_, CLASS_IN, ttl, len(rdata)) + rdata

    def fitted(self, query: Query, limit: int, *, recursion_available: bool = False) -> bytes:
        """The message to a query in at most `limit` bytes.

        What does not fit goes in this order: additional, authority, then everything with TC set (R139, R145).
        """
        opt = opt_record(query.edns, self.rcode, self.scope_bits) if query.edns else b""
        room = limit - HEADER.size - len(query.question) - len(opt)
        # A compression pointer only points backwards, so a message may be cut after any section.
        ends, counts = self.ends, self.counts
        kept = len(ends) - 1
        if kept < len(counts) and not self.may_shrink:
            kept = 0
        while kept and ends[kept] > room:
            kept = kept - 1 if self.may_shrink else 0
        flags = QR | query.flags & COPIED_FLAGS | (RA if recursion_available else 0)
        if kept == len(counts):
            head = _pack_header(query.id, flags | self.flags, 1, counts[0], counts[1], counts[2] + bool(opt))
            return head + query.question + self.octets + opt
        if kept or limit < MAX_MESSAGE_BYTES:
            flags |= self.flags | (0 if kept else TC)
        else:
            flags |= RCode.SERVFAIL  # there is no larger message to ask for
        answers, authorities = counts[0] if kept else 0, counts[1] if kept > 1 else 0
        head = _pack_header(query.id, flags, 1, answers, authorities, bool(opt))
        return head + query.question + self.octets[: ends[kept]] + opt


def names_in(reply: Reply, asked: DName) -> Iterator[DName]:
    """The names that compression may find in a reply's sections, in lower case, but for the name asked as an owner."""
    for section in (reply.answer, reply.authority, reply.additional):
        for owner, type_, _, rdata in section:
            if section is not reply.answer or owner != asked:
                yield DName(owner.lower())
            before, how_many = NAMES_IN_RDATA.get(type_, (0, 0))
            for _ in range(how_many):
                end = before
                while rdata[end]:
                    end += 1 + rdata[end]
                yield DName(rdata[before : end + 1].lower())
                before = end + 1


def render(query: Query, reply: Reply, limit: int, *, recursion_available: bool = False) -> bytes:
    """Write a reply to a query in at most `limit` bytes, as `Body.fitted` does."""
    body = Body.of(query.question, reply, limit)
    return body.fitted(query, limit, recursion_available=recursion_available)


def render_rejected(rejected: Rejected) -> bytes:
    """A header, and the question and an OPT record as far as they were met (R149); opcode, RD and CD as they came."""
    flags = QR | rejected.flags & (OPCODE_MASK | COPIED_FLAGS) | rejected.rcode
    opt = opt_record(Edns(0, 0, dnssec_ok=False, client_subnet=None), rejected.rcode, 0) if rejected.has_opt else b""
    return _pack_header(rejected.id, flags, bool(rejected.question), 0, 0, bool(opt)) + rejected.question + opt


def render_refused(query: Query) -> bytes:
    """REFUSED as Route 53 sends it: the question, empty sections, and no OPT whatever was asked (R42)."""
    flags = QR | query.flags & COPIED_FLAGS | RCode.REFUSED
    return _pack_header(query.id, flags, 1, 0, 0, 0) + query.question


class _Message:
    """A message being written: owner names and names in rdata point back to what is there already."""

    def __init__(self, question: bytes) -> None:
        self.octets = bytearray(HEADER.size) + question
        self._offsets: dict[bytes, int] = {}
        self._remember(question[:-4], HEADER.size)

    def add(self, section: Sequence[RR], limit: int) -> bool:
        """Write a section; False once the message is longer than `limit`, and the rest is left out."""
        for owner, type_, ttl, rdata in section:
            self._write_name(owner)
            layout = NAMES_IN_RDATA.get(type_)
            self.octets += _pack_rr(type_, CLASS_IN, ttl, len(rdata))
            if layout is None:
                self.octets += rdata
            else:
                start = len(self.octets)
                self._write_rdata(rdata, *layout)
                _POINTER.pack_into(self.octets, start - _POINTER.size, len(self.octets) - start)
            if len(self.octets) > limit:
                return False
        return True

    def _write_rdata(self, rdata: bytes, before: int, how_many: int) -> None:
        self.octets += rdata[:before]
        position = before
        for _ in range(how_many):
            end = position
            while rdata[end]:
                end += 1 + rdata[end]
            self._write_name(DName(rdata[position : end + 1]))
            position = end + 1
        self.octets += rdata[position:]

    def _write_name(self, name: DName) -> None:
        """Write a name, ending in a pointer to its longest suffix that is there; case is kept in what is written."""
        key = name.lower()
        position = 0
        while name[position]:
            offset = self._offsets.get(key[position:])
            if offset is not None:
                break
            position += 1 + name[position]
        else:
            self._remember(name, len(self.octets))
            self.octets += name
            return
        self._remember(name[:position], len(self.octets), key[position:])
        self.octets += name[:position] + _POINTER.pack(POINTER_BITS | offset)

    def _remember(self, written: bytes, at: int, rest: bytes = b"") -> None:
        whole = (written + rest).lower()
        position = 0
        while position < len(written) and written[position]:
            if at + position <= MAX_POINTER:
                self._offsets.setdefault(whole[position:], at + position)
            position += 1 + written[position]
