"""Failures: lists the endpoints that may fail below a tree, their combinations, and the health that follows."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from math import comb

from immutables import Map

from dnsemu.config.aws.places import REGIONS
from dnsemu.config.model.health_checks import CalculatedCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.resources import is_target_id
from dnsemu.faults.failure_domains import DomainContents
from dnsemu.faults.patterns import Pattern, PatternKind
from dnsemu.faults.zone_search import region_of
from dnsemu.healthcheck.verdict.calculated import evaluation_order, is_threshold_met
from dnsemu.healthcheck.verdict.quorum import is_effectively_healthy
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.what_if.tree import AnswerTree
from dnsemu.zone.catalog import Catalog

Checks = Mapping[HealthCheckId, HealthCheck]


class FailureKind(Enum):
    """The kinds of endpoints."""

    CHECK = "health check"
    REGION = "Region"
    ZONE = "Availability Zone"
    ADDRESS = "address"


_KINDS = {
    PatternKind.CHECK: FailureKind.CHECK,
    PatternKind.REGION: FailureKind.REGION,
    PatternKind.ZONE: FailureKind.ZONE,
    PatternKind.ADDRESS: FailureKind.ADDRESS,
}


_DOMAINS = (PatternKind.REGION, PatternKind.ZONE)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, Region or Availability Zone that fails as a whole, and the health checks that fail with it.

    `checks` holds also the ids of targets that fail with it although no health check takes them down. `also` are the
    Regions and Availability Zones whose failure is the same.
    """

    kind: FailureKind
    name: str
    checks: frozenset[HealthCheckId]
    also: tuple[tuple[FailureKind, str], ...] = ()
    label: str | None = None
    """The check's name for people."""

    def __str__(self) -> str:
        whole = "" if self.kind in (FailureKind.CHECK, FailureKind.ADDRESS) else "all of "
        also = f" ({', '.join(name for _, name in self.also)})" if self.also else ""
        return f"{whole}{self.label or self.name}{also}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Endpoints that fail at the same time; without any, everything is up."""

    failed: tuple[Endpoint, ...]
    checks: frozenset[HealthCheckId]


def domains_of(trees: Iterable[AnswerTree], catalog: Catalog) -> list[Pattern]:
    """The Regions and Availability Zones whose failure may change an answer of the trees.

    Those of the trees' record sets and targets come first. All others follow, because a record set elsewhere may use
    the same health check.
    """
    own = (pattern for tree in trees for pattern in _domains_in(tree))
    targets = (target for resource in catalog.resources.values() for target in resource.declared.targets)
    others = (
        *(Pattern(PatternKind.REGION, region) for region in REGIONS),
        *(Pattern(PatternKind.ZONE, t.availability_zone) for t in targets if t.availability_zone is not None),
    )
    return list(dict.fromkeys((*own, *others)))


def endpoints_of(tree: AnswerTree, checks: Checks, contents: Mapping[Pattern, DomainContents]) -> tuple[Endpoint, ...]:
    """The endpoints below a tree: each health check that is not calculated, then Regions and Availability Zones.

    A calculated check fails with its children or with a Region. A disabled check never fails (H73). A Region or
    Availability Zone with the same checks as an earlier endpoint is named by that one.

    Args:
        contents: the contents of each of `domains_of`.
    """
    probed = sorted({check for named in tree.checks() for check in _probed(named, checks)})
    single = (Endpoint(FailureKind.CHECK, id, frozenset({id}), label=checks[id].name) for id in probed)
    found = {endpoint.checks: endpoint for endpoint in single}
    below = checks_below(tree, checks)
    for pattern in dict.fromkeys((*_domains_in(tree), *contents)):
        failing = below & contents[pattern].failing
        if not failing or pattern.kind not in _DOMAINS:
            continue
        if (same := found.get(failing)) is None:
            found[failing] = _endpoint(pattern, failing)
        else:
            found[failing] = replace(same, also=(*same.also, (_KINDS[pattern.kind], pattern.text)))
    return tuple(found.values())


def endpoints_down(
    tree: AnswerTree, checks: Checks, contents: Mapping[Pattern, DomainContents]
) -> tuple[Endpoint, ...]:
    """An endpoint for each pattern, with the health checks below the tree that fail with it; there may be none."""
    below = checks_below(tree, checks)
    found = ((pattern, below & domain.failing) for pattern, domain in contents.items())
    return tuple(replace(_endpoint(pattern, failing), label=_label(pattern, checks)) for pattern, failing in found)


def _label(pattern: Pattern, checks: Checks) -> str | None:
    check = checks.get(HealthCheckId(pattern.text)) if pattern.kind is PatternKind.CHECK else None
    return check.name if check is not None else None


def _endpoint(pattern: Pattern, checks: frozenset[HealthCheckId]) -> Endpoint:
    return Endpoint(_KINDS[pattern.kind], pattern.text, checks)


def all_together(endpoints: tuple[Endpoint, ...]) -> Iterator[Scenario]:
    """Everything up, then all of the endpoints down."""
    yield Scenario((), frozenset())
    yield Scenario(endpoints, frozenset[HealthCheckId]().union(*(endpoint.checks for endpoint in endpoints)))


def checks_below(tree: AnswerTree, checks: Checks) -> frozenset[HealthCheckId]:
    """The enabled health checks that an answer of the tree depends on: those it names, and their children.

    The ids of all targets are among them, because targets fail with their failure domains.
    """
    named = [check for check in tree.checks() if check in checks]
    children = (child for check in named for child in _probed(check, checks))
    enabled = (check for check in (*named, *children) if not checks[check].disabled)
    return frozenset((*enabled, *tree.resource_targets()))


def count(endpoints: Collection[Endpoint], max_failures: int) -> int:
    """An upper bound for the number of scenarios: all subsets of up to `max_failures` endpoints."""
    return sum(comb(len(endpoints), size) for size in range(min(max_failures, len(endpoints)) + 1))


def scenarios(endpoints: Collection[Endpoint], max_failures: int) -> Iterator[Scenario]:
    """All subsets of up to `max_failures` endpoints, smaller first; of several with the same checks, the first."""
    seen = set()
    for size in range(min(max_failures, len(endpoints)) + 1):
        for failed in combinations(endpoints, size):
            checks = frozenset[HealthCheckId]().union(*(endpoint.checks for endpoint in failed))
            if checks not in seen:
                seen.add(checks)
                yield Scenario(failed, checks)


def health_when(failed: Collection[HealthCheckId], named: Collection[HealthCheckId], checks: Checks) -> HealthSnapshot:
    """The health of the `named` checks when some checks fail and all others are up (H70, H72–H74, H78).

    Targets among `failed` are unhealthy.
    """
    below = _all_below(named, checks)
    order = evaluation_order(
        {id: check.config.children for id, check in below.items() if isinstance(check.config, CalculatedCheck)}
    )
    is_healthy: dict[HealthCheckId, bool] = {}
    for check_id, check in sorted(below.items(), key=lambda item: order.get(item[0], 0)):
        raw = check_id not in failed
        if raw and isinstance(check.config, CalculatedCheck):
            # A child that is not declared is not healthy (H84), nor is one that closes a ring.
            children = [is_healthy.get(child, False) for child in set(check.config.children)]
            raw = is_threshold_met(children, check.config.health_threshold)
        is_healthy[check_id] = is_effectively_healthy(raw=raw, inverted=check.inverted, disabled=check.disabled)
    statuses = {check: Status.of(is_healthy=is_healthy[check]) for check in named if check in checks}
    return HealthSnapshot(0, Map(statuses | {id: Status.UNHEALTHY for id in failed if is_target_id(id)}))


def can_fail(check_id: HealthCheckId | None, checks: Checks) -> bool:
    """True if a health check can become unhealthy; a missing one is always healthy (R117)."""
    check = checks.get(check_id) if check_id is not None else None
    if check is None or check.disabled:
        return False
    return not isinstance(check.config, CalculatedCheck) or check.inverted or check.config.health_threshold > 0


def _probed(check_id: HealthCheckId, checks: Checks) -> list[HealthCheckId]:
    """The check itself, or the checks that are not calculated below a calculated one, each once."""
    found = _all_below((check_id,), checks, skips_disabled=True)
    return [id for id, check in found.items() if not isinstance(check.config, CalculatedCheck)]


def _all_below(
    named: Iterable[HealthCheckId], checks: Checks, *, skips_disabled: bool = False
) -> dict[HealthCheckId, HealthCheck]:
    """The declared checks among some, and their children over any number of levels, each once.

    Args:
        skips_disabled: leave out disabled checks, and what only they have as a child.
    """
    found: dict[HealthCheckId, HealthCheck] = {}
    waiting = list(named)[::-1]
    while waiting:
        check = checks.get(waiting.pop())
        if check is not None and check.id not in found and not (skips_disabled and check.disabled):
            found[check.id] = check
            if isinstance(check.config, CalculatedCheck):
                waiting += check.config.children[::-1]
    return found


def _domains_in(tree: AnswerTree) -> Iterator[Pattern]:
    """The Regions, then the Availability Zones, of a tree's record sets and of the resources that it leads to."""
    regions = (*map(region_of, tree.record_sets()), *(resource.region for resource in tree.resources()))
    zones = (target.availability_zone for resource in tree.resources() for target in resource.targets)
    yield from (Pattern(PatternKind.REGION, region) for region in dict.fromkeys(regions) if region is not None)
    yield from (Pattern(PatternKind.ZONE, zone) for zone in dict.fromkeys(zones) if zone is not None)
