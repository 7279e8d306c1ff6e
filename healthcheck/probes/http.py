"""The HTTP and HTTPS probes (H37–H53): connect, ask, judge. No proxies and no .netrc: nobody looks for them (H164)."""

import asyncio
import ssl
from http import HTTPStatus
from time import perf_counter

from dnsemu.config.model.health_checks import EndpointCheck, HealthCheckId
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.connect import connect, is_alert, open_socket, tls_context, why
from dnsemu.healthcheck.probes.exchange import BadResponse, Exchange
from dnsemu.healthcheck.probes.request import request
from dnsemu.healthcheck.probes.search import SEARCHED_BYTES, Search
from dnsemu.healthcheck.verdict.observation import TIMED_OUT, Outcome, Phases, resolved


async def probe_http(
    check_id: HealthCheckId, check: EndpointCheck, address: str, budgets: Budgets, resolved_ip: str | None
) -> Outcome:
    """One request on a connection of its own; every failure is an outcome with its reason.

    Args:
        address: where to connect.
        resolved_ip: the same if it came from a name, for the status text.
    Raises:
        CannotProbe: the fault is this host's.
    """
    return await _Attempt(check, address, budgets, resolved_ip).make(check_id)


class _Attempt:
    """A probe under way, and what is known of it so far, for whatever ends it."""

    def __init__(self, check: EndpointCheck, address: str, budgets: Budgets, resolved_ip: str | None) -> None:
        self._check = check
        self._address = address
        self._budgets = budgets
        self._resolved_ip = resolved_ip
        self._request = b""
        self._exchange: Exchange | None = None
        self._connect_s: float | None = None
        self._tls_s: float | None = None
        self._allowed_s = budgets.connect_s

    async def make(self, check_id: HealthCheckId) -> Outcome:
        try:
            self._request = request(check_id, self._check, self._address)
            async with asyncio.timeout(self._allowed_s) as limit:
                exchange = await self._open()
                self._allow(limit, self._budgets.status_s)
                code = await exchange.status
                if 200 <= code < 400 and self._search_string is not None:
                    self._allow(limit, self._budgets.body_s)
                    return self._judged(code, await exchange.found)
                return self._judged(code)
        except TimeoutError:
            return Outcome(False, TIMED_OUT, self._phases(), self._allowed_s)
        except BadResponse as failure:
            return self._failed(str(failure))
        except OSError as failure:
            return self._failed(why(failure))
        except ValueError as failure:  # a name or path that no request can carry
            return self._failed(f"The request cannot be made: {failure}.")
        finally:
            if self._exchange is not None:
                self._exchange.abort()

    @property
    def _search_string(self) -> str | None:
        return self._check.search_string if self._check.type.matches_string else None

    def _allow(self, limit: asyncio.Timeout, budget_s: float) -> None:
        """A phase begins, with a time limit of its own (H38)."""
        self._allowed_s = budget_s
        limit.reschedule(asyncio.get_running_loop().time() + budget_s)

    async def _open(self) -> Exchange:
        """A connection; over TLS, once again without SNI if that is what the server disliked (H46)."""
        if not self._check.type.is_tls:
            began = perf_counter()
            self._exchange = await connect(self._new_exchange, self._address, self._check.effective_port)
            self._connect_s = perf_counter() - began
            return self._exchange
        name = server_name(self._check)
        try:
            return await self._open_tls(name)
        except ssl.SSLError as failure:
            if not name or not is_alert(failure):
                raise
            return await self._open_tls("")

    async def _open_tls(self, name: str) -> Exchange:
        """TCP and TLS, timed apart."""
        began = perf_counter()
        sock = await open_socket(self._address, self._check.effective_port)
        connected = perf_counter()
        self._connect_s = connected - began
        try:
            _, self._exchange = await asyncio.get_running_loop().create_connection(
                self._new_exchange, sock=sock, ssl=tls_context(), server_hostname=name
            )
        except BaseException:
            sock.close()
            raise
        self._tls_s = perf_counter() - connected
        return self._exchange

    def _new_exchange(self) -> Exchange:
        text = self._search_string
        return Exchange(self._request, None if text is None else Search(text))

    def _judged(self, code: int, is_found: bool = True) -> Outcome:
        status = http_status(code, self._resolved_ip)
        if is_found:
            return Outcome(200 <= code < 400, status, self._phases())
        missing = f'The string "{self._search_string}" was not found in the first {SEARCHED_BYTES} bytes'
        return Outcome(False, f"{status}. {missing} of the response body.", self._phases())

    def _failed(self, reason: str) -> Outcome:
        return Outcome(False, resolved(reason, self._resolved_ip), self._phases())

    def _phases(self) -> Phases:
        return Phases(self._connect_s, self._tls_s, self._exchange.first_byte_s if self._exchange else None)


def server_name(check: EndpointCheck) -> str:
    """The name for the TLS hello, without a trailing dot (H46, RFC 6066 §3); empty if none is sent.

    Raises:
        ValueError: no hello can carry it; asked only when connected, an event loop would log it as its own fault.
    """
    name = (check.fully_qualified_domain_name or "").rstrip(".") if check.sends_sni else ""
    name.encode("idna")
    return name


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
