"""The head of a response: status line and header lines, read line by line (RFC 7230 §3.1.2, §3.2)."""

import re
from dataclasses import dataclass, field

MAX_HEADER_BYTES = 16384
"""A response with larger headers fails the probe (H47). The status line alone may be as long."""

_STATUS_LINE = re.compile(rb"HTTP/[0-9]\.[0-9] ([0-9]{3})(?: .*)?\r?\n", re.DOTALL)
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\x00-\x08\x0a-\x1f\x7f]*)\r?\n")
_FOLDED = re.compile(rb"[ \t][^\x00-\x08\x0a-\x1f\x7f]*\r?\n")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:|[ \t]")
_EMPTY_LINES = (b"\r\n", b"\n")
_KEPT = frozenset((b"content-length", b"transfer-encoding", b"content-encoding"))


class BadResponse(Exception):
    """A response that fails the probe, whatever its status code; the text of the exception is the reason."""


@dataclass(slots=True)
class Head:
    """A status code, and the header fields that frame and encode the body, with their lines in order."""

    code: int
    fields: dict[bytes, list[bytes]] = field(default_factory=dict)

    @property
    def is_interim(self) -> bool:
        """True if another response follows (H43)."""
        return 100 <= self.code < 200 and self.code != 101

    def values(self, name: bytes) -> list[str]:
        """The elements of a comma-separated field, in lower case, from all its lines."""
        elements = b",".join(self.fields.get(name, ())).decode("latin-1").lower().split(",")
        return [element for text in elements if (element := text.strip(" \t"))]


class HeadReader:
    """Reads the head of one response from bytes as they arrive.

    Each line is judged when it is complete, and sizes are counted in bytes, so the place of a cut does not matter. Line
    ends may lack their CR, and empty lines before the status line are skipped.
    """

    __slots__ = ("_head", "_last", "_size", "_unfinished", "taken_bytes")

    def __init__(self) -> None:
        self._unfinished = bytearray()
        self._head: Head | None = None
        self._size = 0
        self._last: list[bytes] | None = None
        self.taken_bytes = 0
        """Bytes of the complete lines."""

    def feed(self, data: bytes) -> tuple[Head, bytes] | None:
        """Reads on; returns the head and the bytes after it once the empty line has come.

        Raises:
            BadResponse: the head is malformed or too large.
        """
        searched = len(self._unfinished)
        if searched:
            self._unfinished += data
            data = bytes(self._unfinished) if b"\n" in data else b""
        start = 0
        while (end := data.find(b"\n", max(start, searched)) + 1) > 0:
            line, start = data[start:end], end
            if self._take(line):
                assert self._head is not None
                return self._head, data[start:]
        if data:
            self._unfinished = bytearray(data[start:])
        if self._unfinished != b"\r":  # which may belong to the empty line
            self._check_size(len(self._unfinished))
        return None

    def _take(self, line: bytes) -> bool:
        """Takes a line with its end; returns True if it is the empty line after the headers."""
        self.taken_bytes += len(line)
        is_empty = line in _EMPTY_LINES
        if is_empty and self._head is not None:
            return True
        self._check_size(len(line))
        self._size += len(line)
        if self._head is not None:
            self._take_header(line)
        elif not is_empty:
            if (match := _STATUS_LINE.fullmatch(line)) is None:
                raise malformed("The first line is not an HTTP status line")
            self._head = Head(int(match[1]))
            self._size = 0
        return False

    def _take_header(self, line: bytes) -> None:
        match = _HEADER.fullmatch(line)
        if match is not None:
            self._last = None
            if (name := match[1].lower()) in _KEPT:
                assert self._head is not None
                self._last = self._head.fields.setdefault(name, [])
                self._last.append(match[2])
        elif _FOLDED.fullmatch(line):
            if self._last is not None:
                self._last[-1] += line.rstrip(b"\r\n")
        elif _NAME.match(line):
            raise malformed("A header's value holds a control character")
        else:
            raise malformed("A header line does not begin with a name and a colon")

    def _check_size(self, more: int) -> None:
        if self._size + more > MAX_HEADER_BYTES:
            raise BadResponse(f"The response headers are larger than {MAX_HEADER_BYTES} bytes.")


def malformed(reason: str) -> BadResponse:
    """Makes the failure of a response that is not HTTP as RFC 7230 has it."""
    return BadResponse(f"The response is malformed: {reason}.")
