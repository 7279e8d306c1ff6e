"""The report: results and findings as plain data, the same for the command line and the control API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.resources import Resource, Target
from dnsemu.explain.shares import Shares, Way
from dnsemu.faults.patterns import Pattern
from dnsemu.what_if.failures import Endpoint, Scenario
from dnsemu.what_if.finding_kinds import SEVERITY
from dnsemu.what_if.findings import Finding, when
from dnsemu.what_if.populations import Population
from dnsemu.what_if.tree import AnswerTree
from dnsemu.what_if.work import Progress, Work


@dataclass(frozen=True, slots=True)
class Study:
    """The results for one name."""

    tree: AnswerTree
    endpoints: tuple[Endpoint, ...]
    scenarios: tuple[Scenario, ...]
    populations: tuple[Population, ...]
    findings: tuple[Finding, ...]


def report(studies: Sequence[Study], warnings: Mapping[Pattern, str], progress: Progress) -> Work[dict[str, Any]]:
    """Converts the results to plain data, a scenario in each step.

    Args:
        warnings: of record sets that go on answering although their failure domain is down, by its pattern.
    """
    rows = []
    for study in studies:
        scenarios = []
        for index, scenario in enumerate(study.scenarios):
            gets = list(_gets(index, study.populations))
            scenarios.append({"when": when(scenario), "fails": _fails(scenario), "gets": gets})
            yield progress
        rows.append(_study(study, scenarios))
    return {
        "names": rows,
        "findings": [_finding(finding, study) for study in studies for finding in study.findings],
        "warnings": [{"domain": str(pattern), "text": text} for pattern, text in warnings.items()],
    }


def _study(study: Study, scenarios: list[dict[str, Any]]) -> dict[str, Any]:
    targets = study.tree.resource_targets()
    return {
        "name": names.display(study.tree.name),
        "type": study.tree.type.name,
        "endpoints": [
            {
                "kind": endpoint.kind.value,
                "name": endpoint.name,
                "label": endpoint.label,
                "health_checks": sorted(check for check in endpoint.checks if check not in targets),
                "targets": [_target(*targets[id]) for id in sorted(endpoint.checks & targets.keys())],
                "also": [{"kind": kind.value, "name": name} for kind, name in endpoint.also],
            }
            for endpoint in study.endpoints
        ],
        "populations": [
            {"name": population.name, "clients": list(population.names)} for population in study.populations
        ],
        "scenarios": scenarios,
    }


def _target(resource: Resource, target: Target) -> dict[str, Any]:
    return {"resource": names.display(resource.name), "target": str(target)}


def _gets(index: int, populations: Sequence[Population]) -> Iterator[dict[str, Any]]:
    """The answers of each population; after a failure, only those of populations for which it makes a difference."""
    for population in populations:
        if index == 0 or population.changes[index]:
            yield {"population": population.name, **_shares(population.shares[index])}


def _shares(shares: Shares) -> dict[str, Any]:
    return {
        "answers": [
            {**_share(part), **_record_set(leaf), "values": list(leaf.values), **_way(shares.ways[leaf])}
            for leaf, part in shares.answers.items()
        ],
        "nothing": [
            {**_share(part), "name": names.display(reply.name), "why": reply.why.value}
            for reply, part in shares.empty.items()
        ],
        "fails_open": _share(shares.fails_open),
    }


def _way(way: Way) -> dict[str, Any]:
    return {
        "path": list(way.steps),
        "is_whole_path": way.is_whole,
        "resource": None if way.resource is None else names.display(way.resource),
    }


def _finding(finding: Finding, study: Study) -> dict[str, Any]:
    return {
        "id": finding.kind.value,
        "severity": SEVERITY[finding.kind].value,
        "effect": finding.effect.value if finding.effect else None,
        "name": names.display(study.tree.name),
        "type": study.tree.type.name,
        "record_set": _record_set(finding.at) if finding.at else None,
        "populations": list(finding.populations),
        "fails": _fails(finding.scenario) if finding.scenario else None,
        "text": finding.text,
    }


def _fails(scenario: Scenario) -> list[str]:
    return [endpoint.name for endpoint in scenario.failed]


def _record_set(record_set: RecordSet) -> dict[str, Any]:
    return {
        "name": names.display(record_set.name),
        "type": record_set.type.name,
        "set_identifier": record_set.set_identifier,
    }


def _share(part: Any) -> dict[str, Any]:
    return {"share": str(part), "percent": float(part * 100)}
