"""Search for a string in the first bytes of a body (H49–H52)."""

import zlib
from collections.abc import Iterable, Iterator

SEARCHED_BYTES = 5120
"""Bytes of the decoded body that are searched (H49, H50)."""
MAX_GZIP_MEMBERS = 64
"""Members of a gzip body that are searched; each takes as long as many kilobytes of one."""
_STEP_BYTES = 512

_GZIP = zlib.MAX_WBITS | 16
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class Search:
    """One search; receives the body in pieces and keeps only the bytes that are searched."""

    def __init__(self, text: str) -> None:
        self._string = text.encode()  # H51
        self._searched = bytearray()
        self._encoding = ""
        self._inflate: zlib._Decompress | None = None
        self._is_over = False
        self._members = 1

    def begin(self, content_encodings: Iterable[str]) -> None:
        """Sets the body's encodings; anything but one of gzip and deflate is searched undecoded (H50)."""
        codings = [coding for coding in content_encodings if coding != "identity"]
        self._encoding = codings[0] if len(codings) == 1 else ""

    def feed(self, raw: bytes) -> bool | None:
        """Searches more of the body: True if the string was found, False if it cannot be, None if undecided."""
        for piece in self._decoded(raw):
            start = max(0, len(self._searched) - len(self._string) + 1)
            self._searched += piece[: SEARCHED_BYTES - len(self._searched)]
            if self._searched.find(self._string, start) >= 0:
                return True
            if len(self._searched) >= SEARCHED_BYTES:
                return False
        return False if self._is_over else None

    def _decoded(self, raw: bytes) -> Iterator[bytes]:
        """Yields the decoded bytes, in pieces no longer than what is searched, so that a zip bomb takes no memory."""
        if self._encoding not in ("gzip", "x-gzip", "deflate"):
            yield raw
            return
        while raw and not self._is_over:
            if self._inflate is None:
                self._inflate = zlib.decompressobj(_window_bits(self._encoding, raw[0]))
            before = self._inflate.copy()
            try:
                yield self._inflate.decompress(raw, SEARCHED_BYTES)
            except zlib.error:
                self._is_over = True
                yield from _until_error(before, raw)
                return
            raw = self._inflate.unconsumed_tail
            if self._inflate.eof:
                raw = self._next_member(self._inflate.unused_data)

    def _next_member(self, raw: bytes) -> bytes:
        """Prepares for another gzip member, which is part of the body too (RFC 1952 §2.2); deflate has only one."""
        self._members += 1
        self._is_over = self._encoding == "deflate" or self._members > MAX_GZIP_MEMBERS
        self._inflate = zlib.decompressobj(_GZIP)
        return raw


def _until_error(inflate: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    """Yields what comes before the error, as it would if the bytes came one by one; zlib drops it with the error."""
    for start in range(0, len(raw), _STEP_BYTES):
        step, before = raw[start : start + _STEP_BYTES], inflate.copy()
        try:
            yield inflate.decompress(step)
        except zlib.error:
            yield from _bytes_until_error(before, step)
            return


def _bytes_until_error(inflate: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    try:
        for value in raw:
            yield inflate.decompress(bytes((value,)))
    except zlib.error:
        return


def _window_bits(encoding: str, first_byte: int) -> int:
    if encoding != "deflate":
        return _GZIP_OR_ZLIB
    is_zlib = first_byte & 0x0F == 8  # some servers send raw deflate; the second byte may not have arrived
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
