"""Simulated endpoints: up unless they fail on purpose; no socket is opened.

The response of a simulated endpoint is judged as a real one is, by `healthcheck.http`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Protocol

from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.text.addresses import Address
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.http.head import BadResponse
from dnsemu.healthcheck.http.response import Response
from dnsemu.healthcheck.http.search import SEARCHED_BYTES, Search
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.http import http_status
from dnsemu.healthcheck.probes.resolve import Resolver, Unresolved
from dnsemu.healthcheck.verdict.results import TIMED_OUT, Phases, ProbeResult

_BUDGETS = Budgets()
_QUICK_S = 0.001
"""Connection time of a simulated endpoint, in seconds."""


def simulated_result(config: EndpointCheck, how: Failing | None) -> ProbeResult:
    """The result of a probe of an endpoint that is up, or fails in some way.

    A TCP check passes if only the responses are wrong: it sends no request (H54).
    """
    if how is not None and how.kind is FailureWay.REFUSE:
        return ProbeResult.failed("Connection refused.")
    if how is not None and how.kind is FailureWay.TIMEOUT:
        return timed_out(config)
    if not config.type.is_http:
        return ProbeResult.passed("TCP connection established", Phases(connect_s=_QUICK_S))
    slow_s = how.slow_s if how is not None and how.kind is FailureWay.SLOW else 0.0
    if slow_s > _BUDGETS.status_s:
        return ProbeResult.failed(TIMED_OUT, Phases(connect_s=_QUICK_S), waited_s=_BUDGETS.status_s)
    status = how.status if how is not None and how.kind is FailureWay.STATUS else 200
    body = how.body if how is not None and how.kind is FailureWay.BODY else config.search_string or ""
    return _judged(config, status, body.encode(), Phases(connect_s=_QUICK_S, first_byte_s=_QUICK_S + slow_s))


def timed_out(config: EndpointCheck) -> ProbeResult:
    """The result of a probe that cannot connect within its time limit."""
    return ProbeResult.failed(TIMED_OUT, waited_s=_BUDGETS.connect_s if config.type.is_http else _BUDGETS.tcp_s)


def _judged(config: EndpointCheck, status: int, body: bytes, phases: Phases) -> ProbeResult:
    """The product's own verdict on a response with a status code and a body."""
    text = config.search_string if config.type.matches_string else None
    response = Response(None if text is None else Search(text))
    try:
        response.feed(b"HTTP/1.1 %d Simulated\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
    except BadResponse as bad:
        return ProbeResult.failed(str(bad), phases)
    response.end()
    if response.is_found or not 200 <= status < 400:
        return ProbeResult(200 <= status < 400, http_status(status), phases)
    missing = f'The string "{text}" was not found in the first {SEARCHED_BYTES} bytes of the response body.'
    return ProbeResult.failed(f"{http_status(status)}. {missing}", phases)


class HostedNames(Resolver, Protocol):
    """A resolver that knows which names this server answers."""

    def serves(self, name: str) -> bool:
        """True if a name lies in a hosted zone."""


class Endpoints:
    """Probes the endpoints of a server: those that fail on purpose, simulated ones, and real ones.

    `failing` holds what fails on purpose. With `is_simulated` all other endpoints are up and no socket is opened,
    except for those in `real_at`, which are probed for real at another address.
    """

    def __init__(
        self,
        probe: Callable[[HealthCheck, Checker], Awaitable[ProbeResult]],
        resolver: HostedNames,
        is_cut_off: Callable[[Checker, str], bool],
        *,
        is_simulated: bool,
    ) -> None:
        """Creates endpoints of which none fails.

        Args:
            probe: probes a real endpoint.
            resolver: resolves the names that this server answers.
            is_cut_off: returns True if a checker cannot reach an address.
        """
        self._probe = probe
        self._resolver = resolver
        self._is_cut_off = is_cut_off
        self.is_simulated = is_simulated
        self.failing: Mapping[HealthCheckId, Failing] = {}
        self.real_at: Mapping[HealthCheckId, Address] = {}

    def set_failing(self, failing: Mapping[HealthCheckId, Failing]) -> None:
        """Replaces what fails on purpose."""
        self.failing = failing

    async def __call__(self, check: HealthCheck, checker: Checker) -> ProbeResult:
        """Makes one probe by one checker.

        Raises:
            CannotProbe: this host ran out of a resource, so nothing was observed.
        """
        how, real = self.failing.get(check.id), self.real_at.get(check.id)
        if how is None and real is None and not self.is_simulated:
            return await self._probe(check, checker)
        config = check.config
        assert isinstance(config, EndpointCheck)
        address = config.ip_address or await self._hosted_address(config, checker)
        if isinstance(address, Unresolved):
            return ProbeResult.failed(address.reason)
        if address is not None and self._is_cut_off(checker, address):
            return timed_out(config)
        if how is None and real is not None:
            moved = replace(config, ip_address=str(real.host), port=real.port)
            return await self._probe(replace(check, config=moved), checker)
        return simulated_result(config, how)

    async def _hosted_address(self, config: EndpointCheck, checker: Checker) -> str | Unresolved | None:
        """The address of a name in the hosted zones; None for any other name, which is not looked up."""
        name = config.fully_qualified_domain_name or ""
        return await self._resolver.resolve(name, checker.region) if self._resolver.serves(name) else None
