"""Replies of other servers: from bytes to records with uncompressed names (RFC 1035 §4.1, RFC 3597 §4)."""

from struct import error
from typing import NamedTuple

from dnsemu.config.names import MAX_LABEL_BYTES, MAX_WIRE_BYTES, ROOT, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.wire.compression import COMPRESSED_NAMES
from dnsemu.wire.edns import ClientSubnet, client_subnet_scope
from dnsemu.wire.protocol import (
    CLASS_IN,
    HEADER,
    MAX_POINTER,
    POINTER_BITS,
    RCODE_MASK,
    RR,
    RR_FIXED,
    TC,
    TYPE_AND_CLASS,
)
from dnsemu.wire.qtypes import DNAME, OPT

_NAMES: dict[int, tuple[int, int]] = {
    **COMPRESSED_NAMES,
    **{3: (0, 1), 4: (0, 1), 7: (0, 1), 8: (0, 1), 9: (0, 1), 14: (0, 2), 17: (0, 2), 18: (2, 1), 21: (2, 1)},
    **{26: (2, 2), RRType.SRV: (6, 1), 36: (2, 1), DNAME: (0, 1)},
}
"""Types whose rdata may come compressed: bytes before the first name, and the number of names (RFC 3597 §4)."""
_NAPTR_STRINGS = 3
_NAPTR_FIXED_BYTES = 4


class ReceivedReply(NamedTuple):
    """A reply of another server, with the records of class IN.

    Owners and names in rdata keep their case. `rcode` includes the upper bits of the OPT record. `opt_options` are
    the options of that record, None without one.
    """

    flags: int
    rcode: int
    answer: list[RR]
    authority: list[RR]
    additional: list[RR]
    opt_options: bytes | None = None

    @property
    def is_truncated(self) -> bool:
        """True if the server had more to say."""
        return bool(self.flags & TC)

    def scope_bits(self, sent: ClientSubnet | None) -> int:
        """Returns the ECS scope of a reply to a client subnet; 0 if the server did not take it (RFC 7871 §7.3)."""
        if sent is None or self.opt_options is None:
            return 0
        return client_subnet_scope(self.opt_options, sent)


def read_reply(packet: bytes) -> ReceivedReply:
    """Reads a reply. A truncated one may end anywhere; what came before is returned.

    Raises:
        ValueError: it is malformed.
    """
    if len(packet) < HEADER.size:
        raise ValueError("a reply shorter than a header")
    _, flags, questions, *counts = HEADER.unpack_from(packet)
    answer: list[RR] = []
    authority: list[RR] = []
    additional: list[RR] = []
    rcode, options, position = flags & RCODE_MASK, None, HEADER.size
    try:
        for _ in range(questions):
            position = _read_name(packet, position)[1] + TYPE_AND_CLASS.size
        for section, count in zip((answer, authority, additional), counts, strict=True):
            for _ in range(count):
                owner, type_, class_, ttl, rdata, position = _read_record(packet, position)
                if type_ == OPT and section is additional:
                    rcode, options = rcode | ttl >> 24 << 4, rdata
                elif class_ == CLASS_IN:
                    section.append((owner, type_, ttl, rdata))
    except (ValueError, IndexError, error) as malformed:
        if not flags & TC:
            raise ValueError(f"a malformed reply: {malformed}") from None
    return ReceivedReply(flags, rcode, answer, authority, additional, options)


def _read_record(packet: bytes, position: int) -> tuple[DName, int, int, int, bytes, int]:
    """Returns owner, type, class, TTL and uncompressed rdata of a record, and the position after it."""
    owner, position = _read_name(packet, position)
    type_, class_, ttl, length = RR_FIXED.unpack_from(packet, position)
    position += RR_FIXED.size
    end = position + length
    if end > len(packet):
        raise ValueError("a record reaches beyond the packet")
    return owner, type_, class_, ttl, _read_rdata(packet, type_, position, end), end


def _read_rdata(packet: bytes, type_: int, position: int, end: int) -> bytes:
    """Returns rdata with its names uncompressed."""
    if type_ == RRType.NAPTR:
        before, name_count = _naptr_bytes_before_name(packet, position), 1
    else:
        before, name_count = _NAMES.get(type_, (0, 0))
    rdata = packet[position : position + before]
    position += before
    for _ in range(name_count):
        name, position = _read_name(packet, position)
        rdata += name
    if position > end:
        raise ValueError("a name reaches beyond its record")
    return rdata + packet[position:end]


def _naptr_bytes_before_name(packet: bytes, start: int) -> int:
    position = start + _NAPTR_FIXED_BYTES
    for _ in range(_NAPTR_STRINGS):
        position += 1 + packet[position]
    return position - start


def _read_name(packet: bytes, position: int) -> tuple[DName, int]:
    """Returns an uncompressed name, in its case, and the position after it; pointers lead back only."""
    name = b""
    after = 0
    while length := packet[position]:
        if length >= POINTER_BITS >> 8:
            target = int.from_bytes(packet[position : position + 2], "big") & MAX_POINTER
            if target >= position:
                raise ValueError("a compression pointer that does not lead back")
            after = after or position + 2
            position = target
            continue
        if length > MAX_LABEL_BYTES:
            raise ValueError("a label of an unknown kind")
        label = packet[position : position + 1 + length]
        position += len(label)
        name += label
        if len(name) >= MAX_WIRE_BYTES:
            raise ValueError("a name longer than 255 bytes")
    return DName(name + ROOT), after or position + 1
