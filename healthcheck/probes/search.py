"""Looking for a string in what a body begins with (H49–H52)."""

import zlib
from collections.abc import Iterator

SEARCHED_BYTES = 5120
"""How much of the decoded body is searched (H49, H50)."""


class Search:
    """One search; it is given the body piece by piece and keeps no more of it than is searched."""

    def __init__(self, text: str) -> None:
        self._needle = text.encode()  # H51
        self._seen = bytearray()
        self._encoding = ""
        self._inflate: zlib._Decompress | None = None

    def begin(self, content_encoding: str) -> None:
        """Note how the body is encoded; anything but gzip and deflate is searched as it is (H50)."""
        self._encoding = content_encoding.strip().lower()

    def feed(self, raw: bytes) -> bool | None:
        """Whether the string was found, given some more bytes of the body; None as long as it may yet be."""
        try:
            for piece in self._decoded(raw):
                self._seen += piece[: SEARCHED_BYTES - len(self._seen)]
                if self._needle in self._seen:
                    return True
                if len(self._seen) >= SEARCHED_BYTES:
                    return False
        except zlib.error:
            return False
        return None

    def _decoded(self, raw: bytes) -> Iterator[bytes]:
        """The bytes with gzip and deflate undone; never more at once than is searched, whatever was compressed."""
        if self._encoding not in ("gzip", "x-gzip", "deflate"):
            yield raw
            return
        if self._inflate is None:
            self._inflate = zlib.decompressobj(_window_bits(self._encoding, raw[0]))
        left = raw
        while left and not self._inflate.eof:
            yield self._inflate.decompress(left, SEARCHED_BYTES)
            left = self._inflate.unconsumed_tail


def _window_bits(encoding: str, first_octet: int) -> int:
    if encoding != "deflate":
        return zlib.MAX_WBITS | 32  # gzip by its header
    is_zlib = first_octet & 0x0F == 8  # some servers send it raw; the second byte may not be here yet
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
