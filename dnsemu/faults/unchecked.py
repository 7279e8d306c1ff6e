"""Record sets that go on answering although their failure domain is down, because no health check takes them down."""

from collections.abc import Collection, Mapping

from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.resources import Resource
from dnsemu.config.names import DName
from dnsemu.faults.patterns import Pattern, PatternKind
from dnsemu.faults.zone_search import SearchedZone, below, resource_of
from dnsemu.healthcheck.verdict.quorum import is_effectively_healthy
from dnsemu.policies.decide import MAX_ALIAS_LEVELS
from dnsemu.zone.resources import counts_as_healthy


def takes_down(check_id: HealthCheckId | None, checks: Mapping[HealthCheckId, HealthCheck]) -> bool:
    """True if a health check makes its record sets and targets unhealthy when it fails (R115, R117)."""
    check = checks.get(check_id) if check_id is not None else None
    return check is not None and not is_effectively_healthy(raw=False, inverted=check.inverted, disabled=check.disabled)


def unchecked_text(pattern: Pattern, unchecked: Collection[RecordSet]) -> str:
    """`5 record sets in us-east-1 have no check and keep answering`; empty if there are none."""
    if not unchecked:
        return ""
    where = f"at {pattern.text}" if pattern.kind is PatternKind.ADDRESS else f"in {pattern.text}"
    if len(unchecked) == 1:
        return f"1 record set {where} has no check and keeps answering"
    return f"{len(unchecked)} record sets {where} have no check and keep answering"


def is_checked(check: HealthCheck | None) -> bool:
    """True if a health check may take a record set down; a disabled one counts as none (H73)."""
    return check is not None and (not check.disabled or check.inverted)


class UncheckedSearch:
    """Decides which record sets of one failure domain go on answering.

    Each resource is looked at once, each record set once a level.
    """

    def __init__(
        self,
        checks: Mapping[HealthCheckId, HealthCheck],
        failing: Collection[HealthCheckId],
        members: Collection[int],
    ) -> None:
        """Prepares a search.

        Args:
            failing: the health checks and targets that fail with the domain.
            members: the identities of all record sets in the domain.
        """
        self._checks = checks
        self._failing = failing
        self._members = members
        self._known: dict[tuple[int, int], bool] = {}
        """By identity and level: a chain that is too deep from its begin may answer from its middle."""
        self._resources: dict[DName, bool] = {}

    def keeps_answering(self, record_set: RecordSet, zone: SearchedZone, level: int = 0) -> bool:
        """True if a record set has no health check, and neither has what its alias inherits health from.

        A disabled health check counts as none (H73). What is too deep to answer counts as down (R112).

        Args:
            level: number of aliases above the record set.
        """
        if level >= MAX_ALIAS_LEVELS:
            return False
        key = id(record_set), level
        known = self._known.get(key)
        if known is None:
            is_up = not self._is_checked(record_set.health_check_id) and self._is_target_up(record_set, zone, level)
            known = self._known[key] = is_up
        return known

    def _is_checked(self, check_id: HealthCheckId | None) -> bool:
        return check_id is not None and is_checked(self._checks.get(check_id))

    def _is_target_up(self, record_set: RecordSet, zone: SearchedZone, level: int) -> bool:
        """True unless the record set inherits health, and that of what is down (R106, R108, R110)."""
        if record_set.alias is None or not record_set.alias.evaluate_target_health:
            return True
        resource = resource_of(record_set, zone)
        if resource is not None:
            is_up = self._resources.get(resource.name)
            if is_up is None:
                is_up = self._resources[resource.name] = self._is_resource_up(resource)
            return is_up
        members = ((found, there) for found, there in below(record_set, zone) if id(found) in self._members)
        return any(self.keeps_answering(found, there, level + 1) for found, there in members)

    def _is_resource_up(self, resource: Resource) -> bool:
        """True if Route 53 ignores a resource's health (R106), or it is elsewhere and has no health check."""
        if counts_as_healthy(resource, [False] * len(resource.targets)):
            return True
        is_checked = any(self._is_checked(target.health_check_id) for target in resource.targets)
        return not is_checked and counts_as_healthy(resource, [id not in self._failing for id in resource.target_ids])
