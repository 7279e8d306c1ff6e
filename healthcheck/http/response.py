"""A response from its first byte to its verdict (H43–H53)."""

from dnsemu.healthcheck.http.framing import Counted, Framing, framing_of
from dnsemu.healthcheck.http.head import BadResponse, Head, HeadReader
from dnsemu.healthcheck.http.search import Search

MAX_RESPONSE_BYTES = 2**20
"""Bytes of a response that are read."""


class Response:
    """Takes the bytes of a response; its results depend on the bytes, never on where they are cut.

    Bytes that no result depends on are not judged: those after the headers of a plain check, after the string or the
    end of the body of a check with a search string, and the framing of a body that nothing searches (H48, H52).
    """

    __slots__ = ("_framing", "_reader", "_received_bytes", "_search", "code", "is_found")

    def __init__(self, search: Search | None) -> None:
        self.code: int | None = None
        """The final status code; None while it is unknown."""
        self.is_found: bool | None = None
        """True if the body contains the string, or if there is no search; None while it is unknown."""
        self._search = search
        self._reader = HeadReader()
        self._framing: Framing | None = None
        self._received_bytes = 0

    @property
    def is_complete(self) -> bool:
        """True if nothing of the response is still to come."""
        return self._framing is not None and self._framing.is_complete

    @property
    def is_full(self) -> bool:
        """True if no more bytes are taken, because the response is too long."""
        return self._received_bytes >= MAX_RESPONSE_BYTES

    def feed(self, data: bytes) -> None:
        """Takes the next bytes.

        Raises:
            BadResponse: the response fails the probe.
        """
        data = data[: MAX_RESPONSE_BYTES - self._received_bytes]
        self._received_bytes += len(data)
        while self._framing is None:
            found = self._reader.feed(data)
            if found is None:
                return
            head, data = found
            if head.is_interim:  # another response follows (H43)
                self._reader = HeadReader()
            else:
                self._begin_body(head)
        self._take_body(data)

    def end(self) -> None:
        """Takes note that no more bytes come."""
        if self.code is not None and self.is_found is None:
            self.is_found = False

    def _begin_body(self, head: Head) -> None:
        """Begins a body.

        Raises:
            BadResponse: the body is to be searched, and has no clear end.
        """
        is_searched = self._search is not None and 200 <= head.code < 400
        try:
            self._framing = framing_of(head)
        except BadResponse:
            if is_searched:
                raise
            self._framing = Counted(None)
        self.code = head.code
        if not is_searched:
            self.is_found = self._search is None
        elif self._search is not None:
            self._search.begin(head.values(b"content-encoding"))

    def _take_body(self, data: bytes) -> None:
        """Searches the body until the string is found or cannot be (H52); after that only finds the body's end."""
        assert self._framing is not None
        for piece in self._framing.feed(data):
            if self.is_found is None and self._search is not None:
                self.is_found = self._search.feed(piece)
        if self._framing.is_over:
            self.end()
