"""A response from its first byte to its verdict (H43–H53)."""

from dnsemu.healthcheck.http.framing import MAX_FRAMING_BYTES, Counted, Framing, framing_of
from dnsemu.healthcheck.http.head import BadResponse, Head, HeadReader
from dnsemu.healthcheck.http.search import Search

MAX_RESPONSE_BYTES = 2**20
"""Bytes of a response that are read."""
MAX_INTERIM_RESPONSES = 16
"""Responses such as `100 Continue` before the final one."""
MAX_INTERIM_BYTES = 16384
"""Bytes of all interim responses."""


class Response:
    """Takes the bytes of a response; its results depend on the bytes, never on where they are cut.

    Bytes that no result depends on are not judged: those after the headers of a plain check, after the string or the
    end of the body of a check with a search string, and the framing of a body that nothing searches (H48, H52).
    """

    __slots__ = (
        "_framing",
        "_interim_bytes",
        "_interim_responses",
        "_reader",
        "_received_bytes",
        "_search",
        "code",
        "is_found",
    )

    def __init__(self, search: Search | None) -> None:
        self.code: int | None = None
        """The final status code; None while it is unknown."""
        self.is_found: bool | None = None
        """True if the body contains the string, or if there is no search; None while it is unknown."""
        self._search = search
        self._reader = HeadReader()
        self._framing: Framing | None = None
        self._received_bytes = 0
        self._interim_responses = self._interim_bytes = 0

    @property
    def is_complete(self) -> bool:
        """True if nothing of the response is still to come."""
        return self._framing is not None and self._framing.is_complete

    @property
    def is_full(self) -> bool:
        """True if no more bytes are taken, because the response is too long; its verdict is known then."""
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
                self._pass_over_interim()
            else:
                self._begin_body(head)
        self._take_body(data)

    def end(self) -> None:
        """Takes note that no more bytes come."""
        if self.code is not None and self.is_found is None:
            self.is_found = False

    def _pass_over_interim(self) -> None:
        self._interim_responses += 1
        self._interim_bytes += self._reader.taken_bytes
        self._reader = HeadReader()
        if self._interim_responses > MAX_INTERIM_RESPONSES:
            raise BadResponse(f"The endpoint sent more than {MAX_INTERIM_RESPONSES} interim responses (status 1xx).")
        if self._interim_bytes > MAX_INTERIM_BYTES:
            raise BadResponse(f"The interim responses (status 1xx) are larger than {MAX_INTERIM_BYTES} bytes.")

    def _begin_body(self, head: Head) -> None:
        """Begins a body.

        Raises:
            BadResponse: the body is to be searched, and has no clear end.
        """
        is_searched = self._search is not None and 200 <= head.code < 400
        try:
            self._framing = framing_of(head, is_searched=is_searched)
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
        """Searches the body until the string is found or cannot be (H52); after that only finds the body's end.

        Raises:
            BadResponse: a bound is reached, and the string was not found before.
        """
        framing = self._framing
        assert framing is not None
        body = b"".join(framing.feed(data))
        if self.is_found is None and self._search is not None and body:
            self.is_found = self._search.feed(body)
        if self.is_found is None and framing.is_cut:
            raise BadResponse(f"The chunk sizes of the response are larger than {MAX_FRAMING_BYTES} bytes.")
        if framing.is_over:
            self.end()
        if self.is_found is None and self.is_full:
            raise BadResponse(f"The string was not found in the first {MAX_RESPONSE_BYTES} bytes of the response.")
