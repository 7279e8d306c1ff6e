"""Simulated endpoints: up unless a failure of the timeline holds them; no socket is opened.

A failure domain names health checks, targets and record sets (`faults.failure_domains`). From there the simulation
finds the addresses that are down for clients, and the endpoints whose probes fail.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.world import World
from dnsemu.drill.answers import addresses_of
from dnsemu.drill.model import Failing, FailureWay
from dnsemu.faults.failure_domains import DomainContents
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.http.head import BadResponse
from dnsemu.healthcheck.http.response import Response
from dnsemu.healthcheck.http.search import SEARCHED_BYTES, Search
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.http import http_status
from dnsemu.healthcheck.verdict.results import TIMED_OUT, Phases, ProbeResult
from dnsemu.zone.catalog import Catalog

_BUDGETS = Budgets()
_QUICK = Phases(connect_s=0.001, first_byte_s=0.002)


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
    checks = frozenset(_endpoints(contents, world))
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


def _endpoints(contents: DomainContents, world: World) -> Iterator[HealthCheckId]:
    inside = {id(record_set) for record_set in contents.record_sets}
    elsewhere = {r.health_check_id for r in record_sets_of(world) if r.health_check_id and id(r) not in inside}
    waiting, seen = list(contents.health_checks), set(contents.health_checks)
    while waiting:
        check = world.health_checks.get(waiting.pop())
        if check is not None and isinstance(check.config, EndpointCheck):
            yield check.id
        elif check is not None and isinstance(check.config, CalculatedCheck):
            children = [child for child in check.config.children if child not in seen | elsewhere]
            seen.update(children)
            waiting += children


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
            return _timed_out(config)
        return result(config, self.failing.get(check.id))


def result(config: EndpointCheck, how: Failing | None) -> ProbeResult:
    """The result of a probe of an endpoint that is up, or fails in some way."""
    if how is not None and how.kind is FailureWay.REFUSE:
        return ProbeResult.failed("Connection refused.")
    if how is not None and how.kind is FailureWay.TIMEOUT:
        return _timed_out(config)
    if not config.type.is_http:
        return ProbeResult.passed("TCP connection established", _QUICK)
    if how is not None and how.kind is FailureWay.SLOW and how.slow_s > _BUDGETS.status_s:
        return ProbeResult.failed(TIMED_OUT, _QUICK, waited_s=_BUDGETS.status_s)
    status = how.status if how is not None and how.kind is FailureWay.STATUS else 200
    body = how.body if how is not None and how.kind is FailureWay.BODY else config.search_string or ""
    return _exchanged(config, status, body.encode())


def _timed_out(config: EndpointCheck) -> ProbeResult:
    waited_s = _BUDGETS.connect_s if config.type.is_http else _BUDGETS.tcp_s
    return ProbeResult.failed(TIMED_OUT, waited_s=waited_s)


def _exchanged(config: EndpointCheck, status: int, body: bytes) -> ProbeResult:
    """The product's own verdict on a response with a status code and a body."""
    text = config.search_string if config.type.matches_string else None
    response = Response(None if text is None else Search(text))
    try:
        response.feed(b"HTTP/1.1 %d Simulated\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
    except BadResponse as bad:
        return ProbeResult.failed(str(bad), _QUICK)
    response.end()
    if response.is_found or not 200 <= status < 400:
        return ProbeResult(200 <= status < 400, http_status(status), _QUICK)
    missing = f'The string "{text}" was not found in the first {SEARCHED_BYTES} bytes of the response body.'
    return ProbeResult.failed(f"{http_status(status)}. {missing}", _QUICK)


def nearest_words(world: World) -> list[str]:
    """The patterns that a user may have meant: ids of health checks, and the Regions of record sets."""
    regions = {getattr(record_set.routing, "region", None) for record_set in record_sets_of(world)}
    regions |= {resource.region for resource in world.resources.values()}
    return [*world.health_checks, *(f"region:{region}" for region in sorted(filter(None, regions)))]
