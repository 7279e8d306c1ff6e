"""One request and its response on a new connection (H37), parsed by aiohttp."""

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
"""A response with larger headers fails the probe (H47)."""
MAX_RESPONSE_BYTES = 2**20
"""Bytes of a response that are read; the rest stays in the socket until the time limit ends the probe."""
_MAX_UNFINISHED_HEADER_BYTES = 2 * MAX_HEADER_BYTES  # includes the status line; complete headers are counted exactly
_PARSER_LIMIT_BYTES = 2**16
_UNLIMITED = 2**30  # `_take` and `_check_headers` bound the headers
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_T = TypeVar("_T")


class BadResponse(Exception):
    """A response that fails the probe, whatever its status code; the text of the exception is the reason."""


class Exchange(BaseProtocol):
    """The client side of the connection; sends the request when the connection is ready, after TLS if there is any.

    `status` is set by the final response's headers; it raises BadResponse, or the error that ended the connection.
    `found` is True if the body contains the search string, or if there is no search.
    """

    def __init__(self, request: bytes, search: Search | None) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop)
        self.status: asyncio.Future[int] = loop.create_future()
        self.found: asyncio.Future[bool] = loop.create_future()
        self.first_byte_s: float | None = None
        """Seconds from the request to the first byte of the response."""
        self._request = request
        self._search = search
        self._body: StreamReader | None = None
        self._sent_at = 0.0
        self._received_bytes = 0
        self._interim_bytes = 0
        self._response_parser: HttpResponseParser | None = HttpResponseParser(
            self,
            loop,
            _PARSER_LIMIT_BYTES,
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=_UNLIMITED,
            max_field_size=_UNLIMITED,
            max_headers=_UNLIMITED,
        )

    def abort(self) -> None:
        """Closes the connection at once, without waiting for the peer to end TLS."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transport does not inherit from it
        self._sent_at = perf_counter()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.found.done() or self._response_parser is None:
            return  # the result is complete
        if self.first_byte_s is None:
            self.first_byte_s = perf_counter() - self._sent_at
        self._received_bytes += len(data)
        if self._received_bytes > MAX_RESPONSE_BYTES and self.transport is not None:
            self.transport.pause_reading()
        try:
            messages, _, _ = self._response_parser.feed_data(data)
            if not self.status.done():
                self._take(messages)
        except Exception as failure:  # any error of the parser is caused by the peer's response
            self._finish(failure if isinstance(failure, BadResponse) else BadResponse(_malformed(failure)))
            return
        self._search_body()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._finish(exc or BadResponse("The endpoint closed the connection before it answered."))
        super().connection_lost(exc)
        self._response_parser = self._body = None  # breaks reference cycles, which cost the collector too much

    # aiohttp's body reader pauses the connection when it is full; ours is emptied after every packet.

    def pause_reading(self) -> None:
        """Does nothing."""

    def resume_reading(self, *_args: bool, **_named: bool) -> None:
        """Does nothing."""

    def _take(self, messages: Iterable[tuple[RawResponseMessage, StreamReader]]) -> None:
        for message, body in messages:
            if 100 <= message.code < 200 and message.code != 101:
                self._interim_bytes = self._received_bytes  # another interim response may follow (H43)
                continue
            _check_headers(message)
            _set_result(self.status, result=message.code)
            if self._search is None:
                _set_result(self.found, result=True)
            else:
                self._search.begin(message.headers.get("Content-Encoding", ""))
                self._body = body
            return
        if self._received_bytes - self._interim_bytes > _MAX_UNFINISHED_HEADER_BYTES:
            raise _headers_too_large()

    def _search_body(self) -> None:
        """Searches the bytes of the body received so far, until the string is found or cannot be (H52)."""
        if self._body is None or self._search is None or self.found.done():
            return
        piece = self._body.read_nowait()
        found = self._search.feed(piece) if piece else None
        if found is None and self._body.is_eof():
            found = False
        if found is not None:
            _set_result(self.found, result=found)

    def _finish(self, failure: BaseException) -> None:
        """Sets the results when no more data comes: a failure before the headers are complete, else the body's end."""
        if not self.status.done():
            self.status.set_exception(failure)
            self.status.exception()  # marks it as read: asyncio would log it if the probe has already timed out
        _set_result(self.found, result=False)


def _set_result(future: "asyncio.Future[_T]", *, result: _T) -> None:
    if not future.done():
        future.set_result(result)


def _check_headers(message: RawResponseMessage) -> None:
    """Checks that the parser does not make: control characters and total size (H47)."""
    size = 0
    for name, value in message.raw_headers:
        size += len(name) + len(value) + 4
        if _CONTROLS.search(value):
            raise BadResponse("The response is malformed: A header's value holds a control character.")
    if size > MAX_HEADER_BYTES:
        raise _headers_too_large()


def _headers_too_large() -> BadResponse:
    return BadResponse(f"The response headers are larger than {MAX_HEADER_BYTES} bytes.")


def _malformed(failure: Exception) -> str:
    text = str(getattr(failure, "message", "") or failure).strip()
    first_line = text.splitlines()[0].rstrip(".:") if text else type(failure).__name__
    return f"The response is malformed: {first_line}."
