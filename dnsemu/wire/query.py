"""Queries: the header, one question, and of the other records only OPT (RFC 1035 §4, RFC 6891)."""

from struct import error
from typing import NamedTuple

from dnsemu.config.names import MAX_LABEL_BYTES, MAX_WIRE_BYTES, ROOT, DName
from dnsemu.wire.edns import Edns, parse_options
from dnsemu.wire.protocol import DNSSEC_OK, HEADER, OPCODE_MASK, QR, RR_FIXED, TYPE_AND_CLASS, RCode
from dnsemu.wire.qtypes import OPT

# Bound here: CPython 3.11 compiles a method call on an imported name to two steps, which is slower.
_unpack_header = HEADER.unpack_from
_unpack_type_and_class = TYPE_AND_CLASS.unpack_from
_unpack_rr = RR_FIXED.unpack_from


class Unanswerable(Exception):
    """A packet that gets no reply: shorter than a header, or a reply itself, since two servers could loop."""


class Rejected(Exception):
    """A packet that gets FORMERR or NOTIMP (R57, R149).

    `question` is empty if none could be read. `has_opt` is true if the packet has an OPT record: the reply needs one
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
    """A malformed OPT record."""


class Query(NamedTuple):
    """A query with one question.

    `question` is the question section as it was sent, in its case; `name` is the name in lower case. `flags` is the
    header's second 16-bit word. `edns` is None if the query has no OPT record.
    """

    id: int
    flags: int
    question: bytes
    name: DName
    type: int
    qclass: int
    edns: Edns | None


def parse_query(packet: bytes) -> Query:
    """Reads a query.

    Args:
        packet: a whole DNS message, without the length prefix of TCP.
    Raises:
        Unanswerable: there must be no reply.
        Rejected: the reply has no records, only the given rcode.
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
            raise ValueError("bytes after the last record")
    except (ValueError, IndexError, error) as malformed:
        has_opt = isinstance(malformed, _BadOpt)
        raise Rejected(RCode.FORMERR, id, flags, str(malformed), question, has_opt=has_opt) from None
    return Query(id, flags, question, DName(question[: -TYPE_AND_CLASS.size].lower()), type_, qclass, edns)


def _find_opt(packet: bytes, position: int, before: int, additionals: int) -> Edns | None:
    """Reads the OPT record of the additional section, if there is one; other records are skipped.

    Args:
        position: the first byte after the question.
        before: the number of records in the answer and authority sections.
    Raises:
        ValueError: two OPT records (R148), an OPT whose owner is not the root, a record that exceeds the packet.
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
        raise ValueError("bytes after the last record")
    return edns


def _edns(udp_bytes: int, ttl: int, options: bytes) -> Edns:
    version = ttl >> 16 & 0xFF
    try:
        subnet, is_cookie = (None, False) if version else parse_options(options)
    except ValueError as malformed:
        raise _BadOpt(str(malformed)) from None
    return Edns(udp_bytes, version, bool(ttl & DNSSEC_OK), subnet, is_cookie)


def _skip_name(packet: bytes, position: int, *, may_point: bool) -> int:
    """Returns the position after a name.

    Args:
        may_point: True if the name may end in a compression pointer.
    Raises:
        ValueError: a label or name that is too long, or a pointer that is not allowed.
        IndexError: the name exceeds the packet.
    """
    start = position
    while length := packet[position]:
        if length > MAX_LABEL_BYTES:
            if may_point and length >= 0xC0:
                return position + 2
            raise ValueError("a label longer than 63 bytes, or a pointer in the question")
        position += 1 + length
        if position - start >= MAX_WIRE_BYTES:
            raise ValueError("a name longer than 255 bytes")
    return position + 1
