"""The body of a response: where it begins and ends (RFC 7230 §3.3.3, §4.1)."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator

from dnsemu.healthcheck.http.head import Head, malformed

MAX_FRAMING_BYTES = 1 << 15
"""Bytes of a searched response that are no body: chunk sizes, their extensions, trailers. It is enough for 5,120 chunks
of one byte, which is as much of a body as is searched."""
MAX_UNSEARCHED_FRAMING_BYTES = 1 << 12
"""The same of a response that is not searched, and is read only so that the connection ends well."""

_MAX_DIGITS = 18
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n?", re.DOTALL)
_END_OF_TRAILERS = re.compile(rb"\n\r?\n")
_KEPT_LINE_BYTES = 32
"""Bytes kept of a line between chunks: a size fits; extensions do not matter."""


class Framing(ABC):
    """Separates a body from what surrounds it; takes bytes as they arrive."""

    __slots__ = ("is_complete", "is_cut", "is_over")

    def __init__(self, *, is_over: bool = False) -> None:
        self.is_over = is_over
        """True if the body has ended, or cannot go on."""
        self.is_complete = is_over
        """True if nothing of the response is still to come: the body has ended and so have the trailers."""
        self.is_cut = False
        """True if the rest is not read, because what frames the body is too long."""

    @abstractmethod
    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields the next pieces of the body."""


class Counted(Framing):
    """A body of a known length, or until the connection ends if that is None."""

    __slots__ = ("_left",)

    def __init__(self, length: int | None) -> None:
        super().__init__(is_over=length == 0)
        self._left = length

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._left is None:
            yield data
        elif self._left:
            piece = data[: self._left]
            self._left -= len(piece)
            self.is_over = self.is_complete = not self._left
            yield piece


class Chunked(Framing):
    """A chunked body; one that breaks ends there.

    Args:
        max_framing_bytes: bytes that are read of what is no body.
    """

    __slots__ = ("_framing_left", "_is_after_chunk", "_left", "_line")

    def __init__(self, max_framing_bytes: int) -> None:
        super().__init__()
        self._left = 0
        self._framing_left = max_framing_bytes
        self._line = b""
        self._is_after_chunk = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        position = 0
        while position < len(data) and not self.is_complete:
            if self._left:
                piece = data[position : position + self._left]
                position += len(piece)
                self._left -= len(piece)
                self._is_after_chunk = not self._left
                yield piece
                continue
            end = data.find(b"\n", position) + 1 if not self.is_over else 0
            piece = data[position : end or None]
            position += len(piece)
            self._framing_left -= len(piece)
            if self.is_over:
                self._take_trailers(piece)
            elif self._framing_left < 0:
                self.is_over = self.is_complete = self.is_cut = True
            else:
                self._line += piece[: _KEPT_LINE_BYTES - len(self._line)]
                if end:
                    line, self._line = self._line, b""
                    self._take_line(line)

    def _take_trailers(self, data: bytes) -> None:
        data = self._line + data
        self.is_complete = self._framing_left < 0 or _END_OF_TRAILERS.search(data) is not None
        self._line = data[-2:]

    def _take_line(self, line: bytes) -> None:
        is_empty = line in (b"\r\n", b"\n")
        if self._is_after_chunk:
            self._is_after_chunk = False
            self.is_over = self.is_complete = not is_empty
        elif (match := _CHUNK_SIZE.fullmatch(line)) is None:
            self.is_over = self.is_complete = True
        else:
            self._left = int(match[1], 16)
            if not self._left:
                self.is_over, self._line = True, b"\n"  # the trailers follow, and an empty line may be the first


def framing_of(head: Head, *, is_searched: bool) -> Framing:
    """Returns the framing of a response's body, which may be searched.

    Raises:
        BadResponse: the length is no number, or there are several (RFC 7230 §3.3.3, item 4).
    """
    if head.code in (204, 304) or head.code < 200:
        return Counted(0)
    codings = [coding for coding in head.values(b"transfer-encoding") if coding != "identity"]
    if codings:  # which overrides a length
        if codings[-1] == "chunked":
            return Chunked(MAX_FRAMING_BYTES if is_searched else MAX_UNSEARCHED_FRAMING_BYTES)
        return Counted(None)
    lengths = {length.lstrip("0") or "0" for length in head.values(b"content-length")}
    if not lengths and b"content-length" not in head.fields:
        return Counted(None)
    length = lengths.pop() if len(lengths) == 1 else ""
    if not (length.isascii() and length.isdigit() and len(length) <= _MAX_DIGITS):
        raise malformed("The Content-Length is not one number")
    return Counted(int(length))
