"""One request and its response on a connection of its own (H37), read by aiohttp's parser."""

import asyncio
import re
from collections.abc import Iterable
from time import perf_counter
from typing import TypeVar, cast

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpResponseParser, RawResponseMessage
from aiohttp.streams import StreamReader

from dnsemu.healthcheck.probes.search import Search

MAX_HEADER_BYTES = 16384
"""A response whose headers are larger fails (H47)."""
MAX_BYTES = 2**20
"""How much of a response is read; what follows is left in the socket until the time limit ends the probe."""
_UNFINISHED_BYTES = 2 * MAX_HEADER_BYTES  # with the status line; when all headers are here, they are counted
_PARSED_AT_ONCE = 2**16
_BOUNDED_ELSEWHERE = 2**30
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_T = TypeVar("_T")


class BadResponse(Exception):
    """A response that fails a probe whatever its status code; its text is the reason."""


class Exchange(BaseProtocol):
    """Our end of the connection; asks as soon as it is ready, after TLS if there is any.

    `status` comes with the final response's headers; instead it raises BadResponse, or what ended the connection.
    `found` says whether the body has what was searched for, and is true if nothing was.
    """

    def __init__(self, request: bytes, search: Search | None) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop)
        self.status: asyncio.Future[int] = loop.create_future()
        self.found: asyncio.Future[bool] = loop.create_future()
        self.first_byte_s: float | None = None
        """How long the final response's headers took to come, in seconds."""
        self._request = request
        self._search = search
        self._body: StreamReader | None = None
        self._asked_at = 0.0
        self._octets = 0
        self._interim_octets = 0
        self._responses: HttpResponseParser | None = HttpResponseParser(
            self,
            loop,
            _PARSED_AT_ONCE,
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=_BOUNDED_ELSEWHERE,
            max_field_size=_BOUNDED_ELSEWHERE,
            max_headers=_BOUNDED_ELSEWHERE,
        )

    def abort(self) -> None:
        """Close the connection at once, without waiting for the peer's end of TLS."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self._asked_at = perf_counter()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.found.done() or self._responses is None:
            return  # all is known
        if self.first_byte_s is None:
            self.first_byte_s = perf_counter() - self._asked_at
        self._octets += len(data)
        if self._octets > MAX_BYTES and self.transport is not None:
            self.transport.pause_reading()
        try:
            messages, _, _ = self._responses.feed_data(data)
            if not self.status.done():
                self._take(messages)
        except Exception as failure:  # whatever a parser raises, the peer gave the reason
            self._end(failure if isinstance(failure, BadResponse) else BadResponse(_malformed(failure)))
            return
        self._look()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._end(exc or BadResponse("The endpoint closed the connection before it answered."))
        super().connection_lost(exc)
        self._responses = self._body = None  # which refer to this: a thousand a second are too many for the collector

    # The body's reader asks to pause when it holds much; ours is emptied with every packet.

    def pause_reading(self) -> None:
        """Nothing to do."""

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Nothing to do."""

    def _take(self, messages: Iterable[tuple[RawResponseMessage, StreamReader]]) -> None:
        for message, body in messages:
            if 100 <= message.code < 200 and message.code != 101:
                self._interim_octets = self._octets  # an interim response may follow another (H43)
                continue
            _check_headers(message)
            _settle(self.status, message.code)
            if self._search is None:
                _settle(self.found, True)
            else:
                self._search.begin(message.headers.get("Content-Encoding", ""))
                self._body = body
            return
        if self._octets - self._interim_octets > _UNFINISHED_BYTES:
            raise _headers_too_large()

    def _look(self) -> None:
        """Search what is here of the body, and no more of it than must be (H52)."""
        if self._body is None or self._search is None or self.found.done():
            return
        piece = self._body.read_nowait()
        found = self._search.feed(piece) if piece else None
        if found is None and self._body.is_eof():
            found = False
        if found is not None:
            _settle(self.found, found)

    def _end(self, why: BaseException) -> None:
        """Nothing more will come: a fault before the headers, and afterwards only the end of the body."""
        if not self.status.done():
            self.status.set_exception(why)
            self.status.exception()  # whoever gave up meanwhile has no use for it, and no log line needs to say so
        _settle(self.found, False)


def _settle(future: "asyncio.Future[_T]", result: _T) -> None:
    if not future.done():
        future.set_result(result)


def _check_headers(message: RawResponseMessage) -> None:
    """Refuse what a checker refuses and the parser does not (H47)."""
    octets = 0
    for name, value in message.raw_headers:
        octets += len(name) + len(value) + 4
        if _CONTROLS.search(value):
            raise BadResponse("The response is malformed: A header's value holds a control character.")
    if octets > MAX_HEADER_BYTES:
        raise _headers_too_large()


def _headers_too_large() -> BadResponse:
    return BadResponse(f"The response headers are larger than {MAX_HEADER_BYTES} bytes.")


def _malformed(failure: Exception) -> str:
    text = str(getattr(failure, "message", "") or failure).strip()
    first_line = text.splitlines()[0].rstrip(".:") if text else type(failure).__name__
    return f"The response is malformed: {first_line}."
