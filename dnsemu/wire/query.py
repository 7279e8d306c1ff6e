"""Reading a query: header, one question, and of the rest only the OPT record (RFC 1035 §4, RFC 6891)."""

from struct import error
from typing import NamedTuple

from dnsemu.config.names import MAX_LABEL_BYTES, MAX_WIRE_BYTES, ROOT, DName
from dnsemu.wire.edns import Edns, parse_options
from dnsemu.wire.protocol import DNSSEC_OK, HEADER, OPCODE_MASK, QR, RR_FIXED, TYPE_AND_CLASS, RCode
from dnsemu.wire.qtypes import OPT

# Bound here because a method call on an imported name costs 35 ns more (CPython 3.11 compiles it to two steps).
_unpack_header = HEADER.unpack_from
_unpack_type_and_class = TYPE_AND_CLASS.unpack_from
_unpack_rr = RR_FIXED.unpack_from


class Unanswerable(Exception):
    """A packet that gets no reply: shorter than a header, or a reply itself (answering those would make loops)."""


class Rejected(Exception):
    """A packet that gets FORMERR or NOTIMP (R57, R149).

    `question` is empty where none could be read. `has_opt` tells that an OPT record was met: the reply must have one
    too, or the sender takes us for a server without EDNS (RFC 6891 §7).
    """

    def __init__(
        self, rcode: RCode, id: int, flags: int, reason: str, question: bytes = b"", *, has_opt: bool = False
    ) -> None:
        super().__init__(reason)
        self.rcode = rcode
        self.id = id
        self.flags = flags
        self.question = question
        self.has_opt = has_opt


class _BadOpt(ValueError):
    """An OPT record that cannot be read."""


class Query(NamedTuple):
    """One question and what came with it.

    `question` is the question section as it was sent, case and all; `name` the same name folded to lower case.
    `flags` is the header's second 16-bit word. `edns` is None when the query has no OPT record.
    """

    id: int
    flags: int
    question: bytes
    name: DName
    type: int
    qclass: int
    edns: Edns | None


def parse_query(packet: bytes) -> Query:
    """Read a query.

    Args:
        packet: a whole DNS message, without the length prefix of TCP.
    Raises:
        Unanswerable: there must be no reply.
        Rejected: the reply is a bare header with the given rcode.
    Source: RFC 1035 §4.1, RFC 6891 §6.1; rules R57, R129, R148, R149.
    """
    if len(packet) < HEADER.size:
        raise Unanswerable("shorter than a header")
    id, flags, questions, answers, authorities, additionals = _unpack_header(packet)
    if flags & QR:
        raise Unanswerable("a reply, not a query")
    if flags & OPCODE_MASK:
        raise Rejected(RCode.NOTIMP, id, flags, f"opcode {(flags & OPCODE_MASK) >> 11} is not QUERY")
    if questions != 1:
        raise Rejected(RCode.FORMERR, id, flags, f"{questions} questions instead of one")
    question = b""
    try:
        end = _skip_name(packet, HEADER.size, may_point=False)
        type_, qclass = _unpack_type_and_class(packet, end)
        question = packet[HEADER.size : end + TYPE_AND_CLASS.size]
        edns = None
        position = HEADER.size + len(question)
        if answers or authorities or additionals:
            edns = _find_opt(packet, position, answers + authorities, additionals)
        elif position != len(packet):
            raise ValueError("octets after the last record")
    except (ValueError, IndexError, error) as fault:
        has_opt = isinstance(fault, _BadOpt)
        raise Rejected(RCode.FORMERR, id, flags, str(fault), question, has_opt=has_opt) from None
    return Query(id, flags, question, DName(question[: -TYPE_AND_CLASS.size].lower()), type_, qclass, edns)


def _find_opt(packet: bytes, position: int, before: int, additionals: int) -> Edns | None:
    """Walk the records after the question and read the one OPT among the additional ones, if there is any.

    Raises:
        ValueError: two OPTs (R148), an OPT whose owner is not the root, a record that does not end in the packet.
    """
    edns = None
    for index in range(before + additionals):
        start = position
        position = _skip_name(packet, position, may_point=True) if packet[position] else position + 1
        type_, qclass, ttl, length = _unpack_rr(packet, position)
        position += RR_FIXED.size + length
        if position > len(packet):
            raise ValueError("a record reaches beyond the packet")
        if type_ == OPT and index >= before:
            if edns is not None or packet[start : start + 1] != ROOT:
                raise _BadOpt("more than one OPT record, or one whose owner is not the root")
            edns = _edns(qclass, ttl, packet[position - length : position])
        elif edns is not None:
            edns = edns._replace(ends_in_cookie=False)
    if position != len(packet):
        raise ValueError("octets after the last record")
    return edns


def _edns(udp_octets: int, ttl: int, options: bytes) -> Edns:
    version = ttl >> 16 & 0xFF
    try:
        subnet, is_cookie = (None, False) if version else parse_options(options)
    except ValueError as fault:
        raise _BadOpt(str(fault)) from None
    return Edns(udp_octets, version, bool(ttl & DNSSEC_OK), subnet, is_cookie)


def _skip_name(packet: bytes, position: int, *, may_point: bool) -> int:
    """The position after a name.

    Raises:
        ValueError: a label or name that is too long, or a compression pointer where there is nothing to point at.
        IndexError: the name reaches beyond the packet.
    """
    start = position
    while length := packet[position]:
        if length > MAX_LABEL_BYTES:
            if may_point and length >= 0xC0:
                return position + 2
            raise ValueError("a label longer than 63 octets, or a pointer in the question")
        position += 1 + length
        if position - start >= MAX_WIRE_BYTES:
            raise ValueError("a name longer than 255 octets")
    return position + 1
