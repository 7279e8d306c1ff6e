"""Checks the aliases of files, and completes the hosted zones that they name."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from dnsemu.config import names
from dnsemu.config.aws.services import service_of_zone, zones_of
from dnsemu.config.errors import Path, Problem
from dnsemu.config.file.documents import Document
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.resources import Resource
from dnsemu.config.names import DName
from dnsemu.config.rules.alias import MISSING, alias_problems
from dnsemu.config.rules.checked_zone import CheckedZone, StoredZone


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An alias to another hosted zone, checked when all are loaded, and its place."""

    record_set: RecordSet
    zone: CheckedZone
    document: Document
    path: Path


class AliasLoader:
    """Checks aliases against their own hosted zone, the others of the files, and the resources.

    Args:
        report: receives all problems.
        resources: the AWS resources by all their names; None for a resource with an error.
        zones: the names of all hosted zones of all files by id.
    """

    def __init__(
        self,
        report: ErrorReport,
        resources: Mapping[DName, Resource | None],
        zones: Mapping[HostedZoneId, DName],
    ) -> None:
        self._report = report
        self._resources = resources
        self._zones = zones
        self._ids = {name: id for id, name in zones.items()}
        self._waiting: list[_Waiting] = []
        self._refused: set[DName] = set()

    def with_target_zone(self, record_set: RecordSet, zone: CheckedZone) -> RecordSet:
        """Replaces the hosted zone that an alias names, where a file may leave it out or have it from elsewhere.

        An alias to a declared resource that names none gets the service's. An id that belongs to no hosted zone of the
        files and to no service was pasted: the alias gets the hosted zone that holds its target's name, if any does.
        """
        alias = record_set.alias
        if alias is None:
            return record_set
        found = self._of_resource(alias) if alias.hosted_zone_id == zone.id else self._of_name(alias, zone)
        return record_set if found is None else replace(record_set, alias=replace(alias, hosted_zone_id=found))

    def _of_resource(self, alias: AliasTarget) -> HostedZoneId | None:
        resource = self._resources.get(alias.name)
        return next(iter(zones_of(resource)), None) if resource is not None else None

    def _of_name(self, alias: AliasTarget, zone: CheckedZone) -> HostedZoneId | None:
        given = alias.hosted_zone_id
        if given in self._zones or service_of_zone(given) is not None or alias.name in self._resources:
            return None
        if names.is_at_or_below(alias.name, zone.name):
            return zone.id
        return next((self._ids[name] for name in names.ancestors(alias.name) if name in self._ids), None)

    def check(
        self,
        record_sets: Iterable[tuple[int, RecordSet]],
        zone: CheckedZone,
        refused: Collection[DName],
        document: Document,
        path: Path,
    ) -> None:
        """Checks the aliases of a hosted zone; those to other hosted zones wait for `check_other_zones`.

        Args:
            record_sets: the record sets without errors, with their positions in the list at `path`.
            zone: the hosted zone with all of them.
            refused: the names of record sets with errors: a target with an error is not also reported as missing.
        """
        self._refused.update(refused)
        for at, record_set in record_sets:
            if record_set.alias is None:
                continue
            waiting = _Waiting(record_set, zone, document, (*path, at))
            if record_set.alias.hosted_zone_id in self._zones and record_set.alias.hosted_zone_id != zone.id:
                self._waiting.append(waiting)
            else:
                self._check(waiting, zone if record_set.alias.hosted_zone_id == zone.id else None)

    def check_other_zones(self, zones: Mapping[HostedZoneId, HostedZone]) -> None:
        """Checks the aliases to other hosted zones, except for those to one with an error, which is not loaded."""
        for waiting in self._waiting:
            alias = waiting.record_set.alias
            target_zone = zones.get(alias.hosted_zone_id) if alias is not None else None
            if target_zone is not None:
                self._check(waiting, StoredZone(target_zone))

    def _check(self, waiting: _Waiting, target_zone: CheckedZone | None) -> None:
        record_set, zone = waiting.record_set, waiting.zone
        found = alias_problems(record_set, zone, target_zone, self._resources)
        problems = [p for p in found if not self._is_known_to_be_missing(p, record_set)]
        if waiting.document.is_snapshot:
            problems = [*self._report.only_errors(waiting.document, waiting.path, problems)]
        self._report.add(waiting.document, waiting.path, problems)

    def _is_known_to_be_missing(self, problem: Problem, record_set: RecordSet) -> bool:
        return problem.id == MISSING and record_set.alias is not None and record_set.alias.name in self._refused
