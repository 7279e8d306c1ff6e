"""One probe of an endpoint on loopback."""

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import NX_DOMAIN
from tests.healthcheck.endpoints import endpoint

LONG = Budgets(resolve_s=30, connect_s=30, status_s=30, body_s=30, tcp_s=30)
"""For endpoints that answer: a slow machine is no reason to fail."""
SHORT = Budgets(resolve_s=30, connect_s=30, status_s=30, body_s=0.1, tcp_s=0.1)
"""For bodies that never end, and TCP connections that are never accepted."""
CHECKER = Checker("eu-west-1", 0)


class Names:
    """Resolves `app.test`, and nothing else."""

    async def resolve(self, name, region, version=4):
        return "127.0.0.1" if name == "app.test" else NX_DOMAIN


async def probe(port, type_="HTTP", *, budgets=LONG, **fields):
    """Probes a port on loopback."""
    if "fully_qualified_domain_name" not in fields:
        fields.setdefault("ip_address", "127.0.0.1")
    config = EndpointCheck(EndpointType(type_), port=port, **fields)
    prober = Prober(Names(), budgets)
    try:
        return await prober(HealthCheck("hc-1", config), CHECKER)
    finally:
        prober.close()


async def probed(script, type_="HTTP", *, budgets=LONG, **fields):
    """Probes an endpoint that plays a script."""
    async with endpoint(script) as server:
        return await probe(server.port, type_, budgets=budgets, **fields)
