"""The probe for every kind of endpoint: resolves a name if there is one, then hands over to HTTP or TCP."""

import asyncio

from config.world import EndpointCheck, HealthCheck
from healthcheck.fleet import Checker
from healthcheck.observation import Outcome
from healthcheck.probes import Budgets
from healthcheck.probes.http import HttpProber
from healthcheck.probes.resolve import TIMED_OUT, Resolver, Unresolved
from healthcheck.probes.tcp import probe_tcp


class Prober:
    """Probes endpoints until closed."""

    def __init__(self, resolver: Resolver, budgets: Budgets | None = None) -> None:
        self._resolver = resolver
        self._budgets = budgets or Budgets()
        self._http = HttpProber(self._budgets)

    async def __call__(self, check: HealthCheck, checker: Checker) -> Outcome:
        """One attempt by one checker."""
        config = check.config
        assert isinstance(config, EndpointCheck)
        resolved_ip = None
        if config.ip_address is None:
            found = await self._resolve(config.fully_qualified_domain_name or "", checker.region)
            if isinstance(found, Unresolved):
                return Outcome(False, found.reason)
            resolved_ip = found
        address = config.ip_address or resolved_ip or ""
        if config.type.is_http:
            return await self._http.probe(check.id, config, address, resolved_ip)
        return await probe_tcp(address, config.effective_port, self._budgets, resolved_ip)

    async def close(self) -> None:
        """Let go of everything."""
        await self._http.close()

    async def _resolve(self, name: str, region: str) -> str | Unresolved:
        try:
            async with asyncio.timeout(self._budgets.resolve_s):
                return await self._resolver.resolve(name, region)
        except TimeoutError:
            return TIMED_OUT
