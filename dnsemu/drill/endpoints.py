"""Simulated endpoints: up unless a failure of the timeline holds them; no socket is opened.

A failure domain names health checks, targets and record sets (`faults.failure_domains`). From there the simulation
finds the addresses that are down for clients, and the endpoints whose probes fail.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from dnsemu.config.model.failing import Failing
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.world import World
from dnsemu.drill.answers import addresses_of
from dnsemu.faults.endpoint_faults import failing_endpoints
from dnsemu.faults.failure_domains import DomainContents
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.simulated import simulated_result, timed_out
from dnsemu.healthcheck.verdict.results import ProbeResult
from dnsemu.zone.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Broken:
    """Everything that a failure breaks: endpoints by their health checks, addresses, targets that nothing checks."""

    checks: frozenset[HealthCheckId] = frozenset()
    addresses: frozenset[str] = frozenset()
    lost_targets: frozenset[HealthCheckId] = frozenset()


def broken_by(contents: DomainContents, world: World, catalog: Catalog) -> Broken:
    """Finds everything that a failure domain breaks.

    A calculated check has no endpoint: those of its children fail, except a child that a record set outside the domain
    names. The record sets and targets that name a failing check are down too.
    """
    checks = frozenset(failing_endpoints(contents, world))
    named = checks.union(contents.health_checks)
    resources = {compiled.declared.name: compiled for compiled in catalog.resources.values()}.values()
    targets = [
        (id, leaves, target.health_check_id)
        for compiled in resources
        for id, target, leaves in zip(compiled.target_ids, compiled.declared.targets, compiled.leaves, strict=True)
    ]
    record_sets = [*contents.record_sets, *(r for r in record_sets_of(world) if r.health_check_id in named)]
    record_sets += [
        leaf for id, leaves, check in targets if id in contents.targets or check in named for leaf in leaves
    ]
    addresses = {address for record_set in record_sets for address in addresses_of(record_set)}
    return Broken(checks, frozenset(addresses | set(_probed(checks, world.health_checks))), contents.lost_targets)


def record_sets_of(world: World) -> Iterator[RecordSet]:
    """All record sets of all hosted zones."""
    return (record_set for zone in world.hosted_zones.values() for record_set in zone.record_sets.values())


def _probed(failing: frozenset[HealthCheckId], checks: Mapping[HealthCheckId, HealthCheck]) -> Iterator[str]:
    """The addresses that only failing checks probe."""
    by_address: dict[str, list[HealthCheckId]] = {}
    for check in checks.values():
        if isinstance(check.config, EndpointCheck) and check.config.ip_address is not None:
            by_address.setdefault(str(ip_address(check.config.ip_address)), []).append(check.id)
    return (address for address, ids in by_address.items() if failing.issuperset(ids))


class SimulatedEndpoints:
    """Makes the results of probes: each endpoint is up, unless it fails in some way."""

    def __init__(self) -> None:
        self.failing: dict[HealthCheckId, Failing] = {}
        self._is_cut_off: Callable[[Checker, str], bool] = lambda _checker, _address: False
        self._addresses: Callable[[HealthCheckId], Sequence[str]] = lambda _check: ()

    def connect(
        self, is_cut_off: Callable[[Checker, str], bool], addresses: Callable[[HealthCheckId], Sequence[str]]
    ) -> None:
        """Puts the endpoints behind a network.

        Args:
            is_cut_off: returns True if a checker cannot reach an address.
            addresses: returns the addresses of an endpoint that is declared by name.
        """
        self._is_cut_off, self._addresses = is_cut_off, addresses

    async def probe(self, check: HealthCheck, checker: Checker) -> ProbeResult:
        """Makes one probe, at once."""
        config = check.config
        assert isinstance(config, EndpointCheck)
        addresses = (config.ip_address,) if config.ip_address is not None else self._addresses(check.id)
        if any(self._is_cut_off(checker, address) for address in addresses):
            return timed_out(config)
        return simulated_result(config, self.failing.get(check.id))


def nearest_words(world: World) -> list[str]:
    """The patterns that a user may have meant: ids of health checks, and the Regions of record sets."""
    regions = {getattr(record_set.routing, "region", None) for record_set in record_sets_of(world)}
    regions |= {resource.region for resource in world.resources.values()}
    return [*world.health_checks, *(f"region:{region}" for region in sorted(filter(None, regions)))]
