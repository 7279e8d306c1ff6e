"""The prober: resolves an endpoint's name if it has one, then makes an HTTP or TCP probe."""

import asyncio
from collections.abc import Callable

from dnsemu.config.aws.reserved_addresses import is_reserved
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.closing import Closing
from dnsemu.healthcheck.probes.http import probe_http
from dnsemu.healthcheck.probes.resolve import TIMED_OUT as RESOLUTION_TIMED_OUT
from dnsemu.healthcheck.probes.resolve import Resolver, Unresolved
from dnsemu.healthcheck.probes.tcp import probe_tcp
from dnsemu.healthcheck.verdict.results import TIMED_OUT, ProbeResult


class Prober:
    """Probes endpoints.

    Args:
        is_cut_off: returns True if a checker cannot reach an address; the probe then times out without a connection.
        is_strict: returns True if addresses that Route 53 does not probe are refused (H7, H8).
    """

    def __init__(
        self,
        resolver: Resolver,
        budgets: Budgets | None = None,
        *,
        is_cut_off: Callable[[Checker, str], bool] = lambda _checker, _address: False,
        is_strict: Callable[[], bool] = lambda: False,
    ) -> None:
        self._resolver = resolver
        self._budgets = budgets or Budgets()
        self._is_cut_off = is_cut_off
        self._is_strict = is_strict
        self._closing = Closing()

    async def __call__(self, check: HealthCheck, checker: Checker) -> ProbeResult:
        """Makes one probe by one checker.

        Raises:
            CannotProbe: this host ran out of a resource, so nothing was observed.
        """
        config = check.config
        assert isinstance(config, EndpointCheck)
        resolved_ip = None
        if config.ip_address is None:
            found = await self._resolve(config.fully_qualified_domain_name or "", checker.region)
            if isinstance(found, Unresolved):
                waited_s = self._budgets.resolve_s if found is RESOLUTION_TIMED_OUT else 0.0
                return ProbeResult.failed(found.reason, waited_s=waited_s)
            if self._is_strict() and is_reserved(found):
                return ProbeResult.failed(f"Resolved IP: {found}. The address is restricted or private.")
            resolved_ip = found
        address = config.ip_address or resolved_ip or ""
        if self._is_cut_off(checker, address):
            waited_s = self._budgets.connect_s if config.type.is_http else self._budgets.tcp_s
            return ProbeResult.failed(TIMED_OUT, waited_s=waited_s)
        if config.type.is_http:
            return await probe_http(check.id, config, address, self._budgets, self._closing, resolved_ip)
        return await probe_tcp(address, config.effective_port, self._budgets, self._closing, resolved_ip)

    def close(self) -> None:
        """Closes the connections whose probes have ended but whose peers have not finished."""
        self._closing.close()

    async def _resolve(self, name: str, region: str) -> str | Unresolved:
        try:
            async with asyncio.timeout(self._budgets.resolve_s):
                return await self._resolver.resolve(name, region)
        except TimeoutError:
            return RESOLUTION_TIMED_OUT
