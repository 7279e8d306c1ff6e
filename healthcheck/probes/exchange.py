"""One request and its response on a new connection (H37)."""

import asyncio
from contextlib import suppress
from time import perf_counter
from typing import TypeVar

from dnsemu.healthcheck.http.head import BadResponse
from dnsemu.healthcheck.http.response import Response
from dnsemu.healthcheck.http.search import Search
from dnsemu.healthcheck.probes.closing import Connection

_T = TypeVar("_T")


class Exchange(Connection):
    """The client side of an HTTP connection; sends the request when it is ready, after TLS if there is any.

    `status` is set by the final response's headers. `found` is True if the body contains the search string, or if there
    is no search. Both raise BadResponse, or the error that ended the connection, if it came before they were known.
    """

    def __init__(self, request: bytes, search: Search | None) -> None:
        super().__init__()
        loop = asyncio.get_running_loop()
        self.status: asyncio.Future[int] = loop.create_future()
        self.found: asyncio.Future[bool] = loop.create_future()
        self.first_byte_s: float | None = None
        """Seconds from the request to the first byte of the response."""
        self._request = request
        self._response = Response(search)
        self._sent_at = 0.0
        self._is_finishing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._sent_at = perf_counter()
        if self.transport is not None:
            self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._is_finishing:
            with suppress(BadResponse):
                self._response.feed(data)
            self._close_if_finished()
            return
        if self.first_byte_s is None:
            self.first_byte_s = perf_counter() - self._sent_at
        try:
            self._response.feed(data)
        except BadResponse as failure:
            self._set_results(failure)
            return
        self._set_known()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._response.end()
        self._set_results(exc or BadResponse("The endpoint closed the connection before it answered."))

    def finish(self) -> bool:
        self._is_finishing = True
        return self._close_if_finished()

    def _close_if_finished(self) -> bool:
        """Closes the connection if no more of the response is to come, or none that can be read."""
        response = self._response
        is_finished = response.is_complete or response.is_full or response.code is None
        if is_finished and self.transport is not None:
            self.transport.close()
        return is_finished

    def _set_known(self) -> None:
        if self._response.code is not None:
            _set_result(self.status, result=self._response.code)
        if self._response.is_found is not None:
            _set_result(self.found, result=self._response.is_found)

    def _set_results(self, failure: BaseException) -> None:
        """Sets the results when no more bytes are taken: the failure as far as they are unknown."""
        self._set_known()
        _set_failure(self.status, failure)
        _set_failure(self.found, failure)


def _set_result(future: "asyncio.Future[_T]", *, result: _T) -> None:
    if not future.done():
        future.set_result(result)


def _set_failure(future: "asyncio.Future[_T]", failure: BaseException) -> None:
    if not future.done():
        future.set_exception(failure)
        future.exception()  # marks it as read: asyncio would log it if the probe has already timed out
