"""The HTTP and HTTPS probes (H37–H53): one request on a connection of its own, through aiohttp on our connector."""

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from time import perf_counter

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

from config.world import EndpointCheck, HealthCheckId
from healthcheck.observation import TIMED_OUT, Outcome, Phases, resolved
from healthcheck.probes import Budgets
from healthcheck.probes.connect import is_alert, open_socket, tls_context, why

MOST_HEADER_OCTETS = 16384
"""A response whose headers are larger fails (H47)."""
SEARCHED_OCTETS = 5120
"""How much of the decoded body is searched (H49, H50)."""
_CHUNK_OCTETS = 4096
_BOUNDED_ELSEWHERE = 2**30
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class _HeadersTooLarge(aiohttp.ClientError):
    """The headers of a response are larger than a checker takes (H47)."""

    def __init__(self) -> None:
        super().__init__(f"The response headers are larger than {MOST_HEADER_OCTETS} bytes.")


class _Handler(ResponseHandler):
    """aiohttp's end of a connection; it gives up on headers without an end, and remembers what ended the connection."""

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop())
        self.lost: BaseException | None = None
        self._awaits_headers = True
        self._header_octets = 0

    def data_received(self, data: bytes) -> None:
        self._header_octets += len(data)
        super().data_received(data)
        if self._awaits_headers and self._header_octets > MOST_HEADER_OCTETS and self.exception() is None:
            self.set_exception(_HeadersTooLarge())

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        self._awaits_headers = data[0].code < 200  # an interim response may follow another (H43)
        self._header_octets = 0
        super().feed_data(data, size)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.lost = exc
        super().connection_lost(exc)


_connection: ContextVar[_Handler] = ContextVar("connection")


class _Connector(aiohttp.BaseConnector):
    """Hands aiohttp the connection that the probe opened, and never keeps one (H37)."""

    def __init__(self) -> None:
        super().__init__(limit=0)

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: object,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own signature
    ) -> ResponseHandler:
        """The probe's connection, or what ended it: aiohttp asks again when one is lost before it answers."""
        handler = _connection.get()
        if not handler.is_connected():
            raise handler.lost or aiohttp.ServerDisconnectedError
        return handler


class HttpProber:
    """Makes HTTP and HTTPS probes; one for all checks, to be closed at the end."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._session = aiohttp.ClientSession(
            connector=_Connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,  # no proxies, no .netrc (H164)
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            max_line_size=_BOUNDED_ELSEWHERE,
            max_field_size=_BOUNDED_ELSEWHERE,
            max_headers=_BOUNDED_ELSEWHERE,
        )

    async def close(self) -> None:
        """Let go of everything."""
        await self._session.close()

    async def probe(
        self, check_id: HealthCheckId, check: EndpointCheck, address: str, resolved_ip: str | None
    ) -> Outcome:
        """Connect, ask, judge; every failure is an outcome with its reason.

        Args:
            address: where to connect.
            resolved_ip: the same if it came from a name, for the status text.
        """
        attempt = _Attempt(resolved_ip)
        try:
            async with asyncio.timeout(self._budgets.connect_s):
                handler = await self._open(check, address, attempt)
            transport = handler.transport
            try:
                return await self._ask(check_id, check, address, handler, attempt)
            finally:
                if transport is not None:
                    transport.abort()  # aiohttp's own close would wait for the peer's end of TLS
        except TimeoutError:
            return Outcome(False, TIMED_OUT, attempt.phases)
        except (OSError, ssl.SSLError) as failure:
            return attempt.failure(why(failure))
        except ValueError as failure:  # a name or path that no request can carry
            return attempt.failure(f"The request cannot be made: {_first_line(failure)}.")
        except _HeadersTooLarge as failure:
            return attempt.failure(str(failure))
        except aiohttp.ServerDisconnectedError:
            return attempt.failure("The endpoint closed the connection before it answered.")
        except aiohttp.ClientError as failure:
            return attempt.failure(f"The response is malformed: {_first_line(failure)}.")

    async def _open(self, check: EndpointCheck, address: str, attempt: "_Attempt") -> _Handler:
        """A connection, TCP and TLS timed apart; once again without SNI if that is what the server disliked (H46)."""
        name = (check.fully_qualified_domain_name or "").rstrip(".") if check.sends_sni else ""
        try:
            return await self._connect(check, address, name, attempt)
        except ssl.SSLError as failure:
            if not name or not is_alert(failure):
                raise
            return await self._connect(check, address, "", attempt)

    async def _connect(self, check: EndpointCheck, address: str, name: str, attempt: "_Attempt") -> _Handler:
        loop = asyncio.get_running_loop()
        began = perf_counter()
        sock = await open_socket(address, check.effective_port)
        connected = perf_counter()
        attempt.phases = Phases(connect_s=connected - began)
        is_tls = check.type.is_tls
        try:
            _, handler = await loop.create_connection(
                _Handler,
                sock=sock,
                ssl=tls_context() if is_tls else None,
                server_hostname=name if is_tls else None,
            )
        except BaseException:
            sock.close()
            raise
        if is_tls:
            attempt.phases = replace(attempt.phases, tls_s=perf_counter() - connected)
        return handler

    async def _ask(
        self, check_id: HealthCheckId, check: EndpointCheck, address: str, handler: _Handler, attempt: "_Attempt"
    ) -> Outcome:
        asked = perf_counter()
        _connection.set(handler)
        handler.force_close()  # a connection each (H37), but no header that says so (H41)
        async with asyncio.timeout(self._budgets.status_s):
            response = await self._session.get(
                target(check), headers=headers(check_id, check, address), allow_redirects=False
            )
        attempt.phases = replace(attempt.phases, first_byte_s=perf_counter() - asked)
        try:
            return await self._judge(check, response, attempt)
        finally:
            response.close()

    async def _judge(self, check: EndpointCheck, response: aiohttp.ClientResponse, attempt: "_Attempt") -> Outcome:
        status = http_status(response.status, attempt.resolved_ip)
        if sum(len(name) + len(value) + 4 for name, value in response.raw_headers) > MOST_HEADER_OCTETS:
            raise _HeadersTooLarge
        if any(_CONTROLS.search(value) for _, value in response.raw_headers):
            return attempt.failure("The response is malformed: A header's value holds a control character.")
        if not 200 <= response.status < 400:
            return Outcome(False, status, attempt.phases)
        if check.search_string is not None and check.type.matches_string:
            async with asyncio.timeout(self._budgets.body_s):
                found = await _contains(response, check.search_string.encode())
            if not found:
                return Outcome(
                    False,
                    f'{status}. The string "{check.search_string}" was not found in the first '
                    f"{SEARCHED_OCTETS} bytes of the response body.",
                    attempt.phases,
                )
        return Outcome(True, status, attempt.phases)


@dataclass(slots=True)
class _Attempt:
    """What is known of a probe so far, for whatever ends it."""

    resolved_ip: str | None
    phases: Phases = field(default_factory=Phases)

    def failure(self, reason: str) -> Outcome:
        return Outcome(False, resolved(reason, self.resolved_ip), self.phases)


def http_status(code: int, resolved_ip: str | None = None) -> str:
    """How a status code is worded, by the standard's own phrase (H114 a–c, H115).

    Args:
        resolved_ip: the address probed, if the endpoint is a domain name.
    """
    try:
        phrase = HTTPStatus(code).phrase
    except ValueError:
        phrase = "Unknown"
    return resolved(f"HTTP Status Code {code}, {phrase}", resolved_ip)


def target(check: EndpointCheck) -> URL:
    """What is asked for, exactly as it was declared; a missing leading slash is added (H12). The host is not used."""
    path = check.resource_path or "/"
    return URL.build(scheme="http", host="endpoint", path=path if path.startswith("/") else f"/{path}", encoded=True)


def headers(check_id: HealthCheckId, check: EndpointCheck, address: str) -> dict[str, str]:
    """The request's headers, as Route 53's checkers send them (H40–H42)."""
    return {
        "Host": host_header(check, address),
        "Accept": "*/*",
        "Accept-Encoding": "identity,gzip,deflate",
        "User-Agent": f"Amazon-Route53-Health-Check-Service (ref {check_id}; report http://amzn.to/1vsZADi)",
    }


def host_header(check: EndpointCheck, address: str) -> str:
    """The name, else the address, with the port unless it is the scheme's own (H40)."""
    host = check.fully_qualified_domain_name or check.ip_address or address
    try:
        bracketed = isinstance(ip_address(host), IPv6Address)
    except ValueError:
        bracketed = False
    host = f"[{host}]" if bracketed else host
    default = 443 if check.type.is_tls else 80
    return host if check.effective_port == default else f"{host}:{check.effective_port}"


async def _contains(response: aiohttp.ClientResponse, needle: bytes) -> bool:
    """Whether the first 5,120 octets of the decoded body hold the needle; reads no more than it must (H49–H52)."""
    seen = bytearray()
    with suppress(aiohttp.ClientPayloadError):  # the peer closed early: what came counts
        async for piece in _decoded(response):
            seen += piece[: SEARCHED_OCTETS - len(seen)]
            if needle in seen:
                return True
            if len(seen) >= SEARCHED_OCTETS:
                return False
    return False


async def _decoded(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body, with gzip and deflate undone; never more at once than is searched, whatever was compressed."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
        async for raw in response.content.iter_chunked(_CHUNK_OCTETS):
            yield raw
        return
    # gzip by its header; "deflate" as zlib or, as some servers send it, raw.
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding != "deflate" else None
    async for raw in response.content.iter_chunked(_CHUNK_OCTETS):
        if inflate is None:
            is_zlib = raw[0] & 0x0F == 8  # its second octet may not be here yet
            inflate = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        left = raw
        try:
            while left and not inflate.eof:
                yield inflate.decompress(left, SEARCHED_OCTETS)
                left = inflate.unconsumed_tail
        except zlib.error:
            return


def _first_line(failure: BaseException) -> str:
    text = str(getattr(failure, "message", "") or failure).strip()
    return text.splitlines()[0].rstrip(".:") if text else type(failure).__name__
