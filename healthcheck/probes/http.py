"""The HTTP and HTTPS probes (H37–H53). They use neither proxies nor .netrc (H164)."""

import asyncio
import ssl
from http import HTTPStatus
from time import perf_counter

from dnsemu.config.model.health_checks import EndpointCheck, HealthCheckId
from dnsemu.healthcheck.http.head import BadResponse
from dnsemu.healthcheck.http.request import request
from dnsemu.healthcheck.http.search import SEARCHED_BYTES, Search
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.closing import Closing
from dnsemu.healthcheck.probes.connect import connect, failure_text, is_alert, open_socket, tls_context
from dnsemu.healthcheck.probes.exchange import Exchange
from dnsemu.healthcheck.verdict.results import TIMED_OUT, Phases, ProbeResult, with_resolved_ip


async def probe_http(
    check_id: HealthCheckId,
    check: EndpointCheck,
    address: str,
    budgets: Budgets,
    closing: Closing,
    resolved_ip: str | None,
) -> ProbeResult:
    """Sends one request on a new connection; a failure is a result with its reason.

    Args:
        address: the address to connect to.
        closing: closes the connection after the result.
        resolved_ip: the same address if it was resolved from a name, for the status text.
    Raises:
        CannotProbe: this host ran out of a resource.
    """
    attempt = _Attempt(check, address, budgets, resolved_ip)
    try:
        result = await attempt.make(check_id)
    except BaseException:
        attempt.abort()
        raise
    if result.waited_s or attempt.exchange is None:  # a peer that is too slow now finishes nothing soon
        attempt.abort()
    else:
        closing.take(attempt.exchange)
    return result


class _Attempt:
    """A running probe, with the phases measured so far."""

    def __init__(self, check: EndpointCheck, address: str, budgets: Budgets, resolved_ip: str | None) -> None:
        self._check = check
        self._address = address
        self._budgets = budgets
        self._resolved_ip = resolved_ip
        self._request = b""
        self.exchange: Exchange | None = None
        self._connect_s: float | None = None
        self._tls_s: float | None = None
        self._budget_s = budgets.connect_s

    async def make(self, check_id: HealthCheckId) -> ProbeResult:
        try:
            self._request = request(check_id, self._check, self._address)
            async with asyncio.timeout(self._budget_s) as limit:
                exchange = await self._open()
                self._start_phase(limit, self._budgets.status_s)
                code = await exchange.status
                if 200 <= code < 400 and self._search_string is not None:
                    self._start_phase(limit, self._budgets.body_s)
                    return self._completed(code, is_found=await exchange.found)
                return self._completed(code)
        except TimeoutError:
            return ProbeResult.failed(TIMED_OUT, self._phases(), waited_s=self._budget_s)
        except BadResponse as failure:
            return self._failed(str(failure))
        except OSError as failure:
            return self._failed(failure_text(failure))
        except ValueError as failure:  # the name or path cannot be sent in a request
            return self._failed(f"The request cannot be made: {failure}.")

    def abort(self) -> None:
        """Closes the connection at once, if there is one."""
        if self.exchange is not None:
            self.exchange.abort()

    @property
    def _search_string(self) -> str | None:
        return self._check.search_string if self._check.type.matches_string else None

    def _start_phase(self, limit: asyncio.Timeout, budget_s: float) -> None:
        """Starts the next phase, with its own time limit (H38)."""
        self._budget_s = budget_s
        limit.reschedule(asyncio.get_running_loop().time() + budget_s)

    async def _open(self) -> Exchange:
        """Opens the connection; over TLS, a second time without SNI if the server answers SNI with an alert (H46)."""
        if not self._check.type.is_tls:
            began = perf_counter()
            self.exchange = await connect(self._new_exchange, self._address, self._check.effective_port)
            self._connect_s = perf_counter() - began
            return self.exchange
        name = server_name(self._check)
        try:
            return await self._open_tls(name)
        except ssl.SSLError as failure:
            if not name or not is_alert(failure):
                raise
            return await self._open_tls("")

    async def _open_tls(self, name: str) -> Exchange:
        """Opens the connection and measures TCP and TLS separately."""
        began = perf_counter()
        sock = await open_socket(self._address, self._check.effective_port)
        connected = perf_counter()
        self._connect_s = connected - began
        try:
            _, self.exchange = await asyncio.get_running_loop().create_connection(
                self._new_exchange, sock=sock, ssl=tls_context(), server_hostname=name
            )
        except BaseException:
            sock.close()
            raise
        self._tls_s = perf_counter() - connected
        return self.exchange

    def _new_exchange(self) -> Exchange:
        text = self._search_string
        return Exchange(self._request, None if text is None else Search(text))

    def _completed(self, code: int, *, is_found: bool = True) -> ProbeResult:
        status = http_status(code, self._resolved_ip)
        if is_found:
            return ProbeResult(200 <= code < 400, status, self._phases())
        missing = f'The string "{self._search_string}" was not found in the first {SEARCHED_BYTES} bytes'
        return ProbeResult.failed(f"{status}. {missing} of the response body.", self._phases())

    def _failed(self, reason: str) -> ProbeResult:
        return ProbeResult.failed(with_resolved_ip(reason, self._resolved_ip), self._phases())

    def _phases(self) -> Phases:
        return Phases(self._connect_s, self._tls_s, self.exchange.first_byte_s if self.exchange else None)


def server_name(check: EndpointCheck) -> str:
    """The name for SNI, without a trailing dot (H46, RFC 6066 §3); empty if none is sent.

    Checked before connecting, because the event loop would log a name that cannot be encoded as its own error.

    Raises:
        ValueError: the name cannot be encoded.
    """
    name = (check.fully_qualified_domain_name or "").rstrip(".") if check.sends_sni else ""
    name.encode("idna")
    return name


def http_status(code: int, resolved_ip: str | None = None) -> str:
    """The status text for a status code, with the standard's phrase (H114 a–c, H115).

    Args:
        resolved_ip: the probed address, if the endpoint is a domain name.
    """
    try:
        phrase = HTTPStatus(code).phrase
    except ValueError:
        phrase = "Unknown"
    return with_resolved_ip(f"HTTP Status Code {code}, {phrase}", resolved_ip)
