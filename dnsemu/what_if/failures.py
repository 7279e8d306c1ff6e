"""What can fail below a tree, together or alone, and what health checks say then."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from math import comb

from immutables import Map

from dnsemu.config.model.health_checks import CalculatedCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Failover, FailoverRole, Geoproximity, Latency
from dnsemu.healthcheck.verdict.calculated import is_threshold_met
from dnsemu.healthcheck.verdict.quorum import is_effectively_healthy
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.policies.model import Group
from dnsemu.what_if.tree import AnswerTree

Checks = Mapping[HealthCheckId, HealthCheck]


class FailureKind(Enum):
    """What fails at once."""

    CHECK = "health check"
    REGION = "Region"
    ZONE = "Availability Zone"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Something that fails as a whole, and the health checks that then fail."""

    kind: FailureKind
    name: str
    checks: frozenset[HealthCheckId]

    def __str__(self) -> str:
        return self.name if self.kind is FailureKind.CHECK else f"all of {self.name}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Endpoints that fail at the same time; none is the state where everything is up."""

    failed: tuple[Endpoint, ...]
    checks: frozenset[HealthCheckId]


def endpoints_of(tree: AnswerTree, checks: Checks) -> tuple[Endpoint, ...]:
    """What can fail: each health check that probes something, then whole Regions and Availability Zones.

    A calculated check fails by its children only. A disabled check never does (H73). A Region or Availability Zone with
    the checks of another endpoint is that endpoint under another name, and left out.
    """
    probed = sorted({check for named in tree.checks() for check in _probed(named, checks)})
    found = {frozenset({check}): Endpoint(FailureKind.CHECK, check, frozenset({check})) for check in probed}
    for endpoint in (*_regions(tree, checks), *_zones(tree, checks)):
        if endpoint.checks:
            found.setdefault(endpoint.checks, endpoint)
    return tuple(found.values())


def count(endpoints: Collection[Endpoint], most: int) -> int:
    """How many scenarios there are at most: subsets of up to `most` endpoints."""
    return sum(comb(len(endpoints), size) for size in range(min(most, len(endpoints)) + 1))


def scenarios(endpoints: Collection[Endpoint], most: int) -> Iterator[Scenario]:
    """Every subset of up to `most` endpoints, smaller ones first; of those with the same checks the first."""
    seen = set()
    for size in range(min(most, len(endpoints)) + 1):
        for failed in combinations(endpoints, size):
            checks = frozenset[HealthCheckId]().union(*(endpoint.checks for endpoint in failed))
            if checks not in seen:
                seen.add(checks)
                yield Scenario(failed, checks)


def health_when(failed: Collection[HealthCheckId], named: Collection[HealthCheckId], checks: Checks) -> HealthSnapshot:
    """The health of the checks that a tree names, when some fail and everything else is up (H70, H72–H74, H78)."""

    def is_healthy(check_id: HealthCheckId) -> bool:
        check = checks[check_id]
        raw = check_id not in failed
        if raw and isinstance(check.config, CalculatedCheck):
            children = [is_healthy(child) for child in set(check.config.children) if child in checks]
            raw = is_threshold_met(children, check.config.health_threshold)
        return is_effectively_healthy(raw=raw, inverted=check.inverted, disabled=check.disabled)

    return HealthSnapshot(
        0, Map({check: Status.of(is_healthy=is_healthy(check)) for check in named if check in checks})
    )


def can_fail(check_id: HealthCheckId | None, checks: Checks) -> bool:
    """Whether something that may happen makes a health check unhealthy; a missing one is healthy (R117)."""
    check = checks.get(check_id) if check_id is not None else None
    if check is None or check.disabled:
        return False
    return not isinstance(check.config, CalculatedCheck) or check.inverted or check.config.health_threshold > 0


def _probed(check_id: HealthCheckId, checks: Checks) -> list[HealthCheckId]:
    """The check itself, or the children that it is calculated from."""
    check = checks.get(check_id)
    if check is None or check.disabled:
        return []
    if isinstance(check.config, CalculatedCheck):
        return [probed for child in check.config.children for probed in _probed(child, checks)]
    return [check_id]


def _regions(tree: AnswerTree, checks: Checks) -> Iterator[Endpoint]:
    """Each Region that record sets or resources are in, with the checks of all that is there."""
    regions = (*map(_region, tree.record_sets()), *(resource.region for resource in tree.resources()))
    for region in dict.fromkeys(filter(None, regions)):
        found = set[HealthCheckId]()
        for record_set in tree.record_sets():
            target = tree.target(record_set)
            if _region(record_set) == region or (isinstance(target, Resource) and target.region == region):
                found |= _in_region(tree, record_set, region)
        yield Endpoint(FailureKind.REGION, region, _failing(found, checks))


def _in_region(tree: AnswerTree, first: RecordSet, region: str) -> set[HealthCheckId]:
    """The checks of a record set in a Region and of what is below it, but for other Regions' and spare parts."""
    found: set[HealthCheckId] = set()
    seen = {first.key}
    waiting = [first]
    while waiting:
        record_set = waiting.pop()
        target = tree.below(record_set)
        if record_set.health_check_id is not None:
            found.add(record_set.health_check_id)
        if isinstance(target, Resource):
            found |= {
                t.health_check_id for t in target.targets if target.region in (None, region) and t.health_check_id
            }
        for member in target.record_sets if isinstance(target, Group) else ():
            if member.key not in seen and _region(member) in (None, region) and not _is_spare(member):
                seen.add(member.key)
                waiting.append(member)
    return found


def _zones(tree: AnswerTree, checks: Checks) -> Iterator[Endpoint]:
    """Each Availability Zone that targets of resources are in, with their checks."""
    found: dict[str, set[HealthCheckId]] = {}
    for target in (target for resource in tree.resources() for target in resource.targets):
        if target.availability_zone is not None and target.health_check_id is not None:
            found.setdefault(target.availability_zone, set()).add(target.health_check_id)
    for zone, its_checks in found.items():
        yield Endpoint(FailureKind.ZONE, zone, _failing(its_checks, checks))


def _failing(named: Collection[HealthCheckId], checks: Checks) -> frozenset[HealthCheckId]:
    return frozenset(check for check in named if check in checks and not checks[check].disabled)


def _region(record_set: RecordSet) -> str | None:
    routing = record_set.routing
    return routing.region if isinstance(routing, Latency | Geoproximity) else None


def _is_spare(record_set: RecordSet) -> bool:
    return isinstance(record_set.routing, Failover) and record_set.routing.role is FailoverRole.SECONDARY
