"""Search for a string in the first bytes of a body (H49–H52)."""

import zlib
from collections.abc import Iterator

SEARCHED_BYTES = 5120
"""Bytes of the decoded body that are searched (H49, H50)."""


class Search:
    """One search; receives the body in pieces and keeps only the bytes that are searched."""

    def __init__(self, text: str) -> None:
        self._string = text.encode()  # H51
        self._searched = bytearray()
        self._encoding = ""
        self._inflate: zlib._Decompress | None = None

    def begin(self, content_encoding: str) -> None:
        """Sets the body's encoding; anything but gzip and deflate is searched undecoded (H50)."""
        self._encoding = content_encoding.strip().lower()

    def feed(self, raw: bytes) -> bool | None:
        """Searches more of the body: True if the string was found, False if it cannot be, None if undecided."""
        try:
            for piece in self._decoded(raw):
                self._searched += piece[: SEARCHED_BYTES - len(self._searched)]
                if self._string in self._searched:
                    return True
                if len(self._searched) >= SEARCHED_BYTES:
                    return False
        except zlib.error:
            return False
        return None

    def _decoded(self, raw: bytes) -> Iterator[bytes]:
        """Yields the decoded bytes, in pieces no longer than what is searched, so that a zip bomb takes no memory."""
        if self._encoding not in ("gzip", "x-gzip", "deflate"):
            yield raw
            return
        if self._inflate is None:
            self._inflate = zlib.decompressobj(_window_bits(self._encoding, raw[0]))
        left = raw
        while left and not self._inflate.eof:
            yield self._inflate.decompress(left, SEARCHED_BYTES)
            left = self._inflate.unconsumed_tail


def _window_bits(encoding: str, first_byte: int) -> int:
    if encoding != "deflate":
        return zlib.MAX_WBITS | 32  # detects gzip by its header
    is_zlib = first_byte & 0x0F == 8  # some servers send raw deflate; the second byte may not have arrived
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
