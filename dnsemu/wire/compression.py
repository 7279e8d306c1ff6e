"""Writing records with name compression (RFC 1035 §4.1.4)."""

from collections.abc import Sequence
from struct import Struct

from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.wire.protocol import CLASS_IN, HEADER, MAX_POINTER, POINTER_BITS, RR, RR_FIXED

_POINTER = Struct("!H")
_pack_rr = RR_FIXED.pack
_QUESTION_END_BYTES = 4
"""Type and class, after the name of a question."""

COMPRESSED_NAMES: dict[int, tuple[int, int]] = {
    RRType.NS: (0, 1),
    RRType.CNAME: (0, 1),
    RRType.PTR: (0, 1),
    RRType.MX: (2, 1),
    RRType.SOA: (0, 2),
}
"""Types whose rdata may be compressed (RFC 3597 §4): bytes before the first name, and the number of names."""


class MessageWriter:
    """Writes sections behind a header and a question; names point back to names that are written already.

    `message` begins with a header of zeros, to be filled in by the caller.
    """

    def __init__(self, question: bytes) -> None:
        self.message = bytearray(HEADER.size) + question
        self._offsets: dict[bytes, int] = {}
        self._remember(question[:-_QUESTION_END_BYTES], HEADER.size)

    def add(self, section: Sequence[RR], limit: int) -> bool:
        """Writes a section; stops and returns False once the message is longer than `limit` bytes."""
        for owner, type_, ttl, rdata in section:
            self._write_name(owner, owner.lower())
            layout = COMPRESSED_NAMES.get(type_)
            self.message += _pack_rr(type_, CLASS_IN, ttl, len(rdata))
            if layout is None:
                self.message += rdata
            else:
                start = len(self.message)
                self._write_rdata(rdata, *layout)
                _POINTER.pack_into(self.message, start - _POINTER.size, len(self.message) - start)
            if len(self.message) > limit:
                return False
        return True

    def _write_rdata(self, rdata: bytes, before: int, name_count: int) -> None:
        self.message += rdata[:before]
        position = before
        for _ in range(name_count):
            end = position
            while rdata[end]:
                end += 1 + rdata[end]
            name = rdata[position : end + 1]
            if name == (key := name.lower()):
                self._write_name(DName(name), key)
            else:  # an upstream's: a pointer would lose its case
                self.message += name
            position = end + 1
        self.message += rdata[position:]

    def _write_name(self, name: DName, key: bytes) -> None:
        """Writes a name up to its longest suffix that is in the message, then a pointer to that.

        Args:
            key: the name in lower case.
        """
        position = 0
        while name[position]:
            offset = self._offsets.get(key[position:])
            if offset is not None:
                break
            position += 1 + name[position]
        else:
            self._remember(name, len(self.message))
            self.message += name
            return
        self._remember(name[:position], len(self.message), key[position:])
        self.message += name[:position] + _POINTER.pack(POINTER_BITS | offset)

    def _remember(self, written: bytes, at: int, rest: bytes = b"") -> None:
        """Remembers the offsets of a name's suffixes.

        Args:
            written: the labels that are written at `at`, in bytes from the start of the message.
            rest: the suffix behind them that is only pointed at.
        """
        whole = (written + rest).lower()
        position = 0
        while position < len(written) and written[position]:
            if at + position <= MAX_POINTER:
                self._offsets.setdefault(whole[position:], at + position)
            position += 1 + written[position]
