"""Simulates endpoint failures and reports the answers each client population would get.

Tries every combination of up to N endpoints for every audience. The result is exact, because decisions are
distributions and nothing is drawn. Every scenario starts with all endpoints up, whatever their present health. The
work is pure and comes in steps, so that the caller can show progress or answer queries in between.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.explain.questions import BadQuestion
from dnsemu.explain.shares import Shares, shares_of
from dnsemu.faults.failure_domains import DomainContents, domain_contents
from dnsemu.faults.patterns import Pattern
from dnsemu.faults.unchecked import unchecked_text
from dnsemu.publication.board import Published
from dnsemu.what_if.clients import Audience, audiences
from dnsemu.what_if.defects import defects
from dnsemu.what_if.failures import (
    Endpoint,
    Scenario,
    all_together,
    count,
    domains_of,
    endpoints_down,
    endpoints_of,
    health_when,
    scenarios,
)
from dnsemu.what_if.findings import effects
from dnsemu.what_if.populations import DistinctShares, populations_of
from dnsemu.what_if.questions import read_patterns, read_places, trees_of
from dnsemu.what_if.report import Study, report
from dnsemu.what_if.tree import AnswerTree
from dnsemu.what_if.work import Progress, Work

MAX_EVALUATIONS = 1_000_000
"""Bound on record sets evaluated, over all scenarios and audiences: under a minute and under a gigabyte."""


class TooMuchWork(ValueError):
    """The combinations exceed the bound on the work."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The work to do for one name. With `are_all_down` all endpoints fail together, and nothing else is tried."""

    tree: AnswerTree
    endpoints: tuple[Endpoint, ...]
    audiences: tuple[Audience, ...]
    max_failures: int
    are_all_down: bool = False

    @property
    def scenario_count(self) -> int:
        return 2 if self.are_all_down else count(self.endpoints, self.max_failures)

    def scenarios(self) -> Iterator[Scenario]:
        """The scenarios; everything is up in the first."""
        if self.are_all_down:
            return all_together(self.endpoints)
        return scenarios(self.endpoints, self.max_failures)

    @property
    def evaluations(self) -> int:
        return self.scenario_count * len(self.audiences) * self.tree.size


def what_if(
    published: Published,
    name_texts: Sequence[str],
    type_text: str | None = None,
    max_failures: int = 1,
    max_evaluations: int = MAX_EVALUATIONS,
    *,
    down: Sequence[str] = (),
    places: Sequence[str] = (),
) -> Work[dict[str, Any]]:
    """Fails every combination of up to `max_failures` endpoints below some names, and reports the answers.

    Args:
        name_texts: none for all names that may change.
        type_text: A if it is None; for all names, every type.
        max_evaluations: the bound on the work, in record sets evaluated.
        down: patterns that fail together, instead of every combination.
        places: the only clients that matter; none for all.
    Returns:
        Plain data, ready for JSON; docs/control-api.md describes the keys.
    Raises:
        BadQuestion: a name, type, pattern or place cannot be read, no record set answers a name, or a pattern matches
            nothing.
        TooMuchWork: the work exceeds `max_evaluations`; nothing was decided yet.
    """
    if max_failures < 0:
        raise BadQuestion("fail", "a number of endpoints is 0 or more")
    patterns, located = read_patterns(down), read_places(places)
    trees = yield from trees_of(published, name_texts, type_text)
    domains = domains_of(trees, published.catalog)
    contents = yield from _contents(published, (*patterns, *domains))
    if unmatched := [pattern for pattern in patterns if contents[pattern].is_empty]:
        raise BadQuestion("down", f"nothing matches {unmatched[0]}")
    failing = {pattern: contents[pattern] for pattern in patterns or domains}
    lost_targets = frozenset(id for pattern in domains for id in contents[pattern].lost_targets)
    plans = []
    for tree in trees:
        checks = published.world.health_checks
        endpoints = endpoints_down(tree, checks, failing) if patterns else endpoints_of(tree, checks, failing)
        clients = yield from audiences(tree.groups, published, located)
        plans.append(Plan(tree, endpoints, clients, max_failures, are_all_down=bool(patterns)))
    total = sum(plan.evaluations for plan in plans)
    if total > max_evaluations:
        raise TooMuchWork(_too_much(plans, total, max_evaluations))
    studies = []
    done = 0
    for plan in plans:
        studies.append((yield from _study(published, plan, lost_targets, Progress(done, total))))
        done += plan.evaluations
    warnings = dict(_unchecked(failing, trees if name_texts else None))
    return (yield from report(studies, warnings, Progress(total, total)))


def _unchecked(
    failing: Mapping[Pattern, DomainContents], trees: Sequence[AnswerTree] | None
) -> Iterator[tuple[Pattern, str]]:
    """A warning for each failure domain with record sets that go on answering; only those of the trees, if given."""
    asked = None if trees is None else {id(record_set) for tree in trees for record_set in tree.record_sets()}
    for pattern, contents in failing.items():
        unchecked = [r for r in contents.unchecked if asked is None or id(r) in asked]
        if unchecked:
            yield pattern, unchecked_text(pattern, unchecked)


def _contents(published: Published, patterns: Iterable[Pattern]) -> Work[dict[Pattern, DomainContents]]:
    """Finds the contents of failure domains."""
    search = domain_contents(patterns, published.world, published.catalog)
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: dict[Pattern, DomainContents] = end.value
            return found
        yield Progress()


def _study(published: Published, plan: Plan, lost_targets: frozenset[HealthCheckId], before: Progress) -> Work[Study]:
    """Decides every scenario of a plan for every audience."""
    tree, checks = plan.tree, published.world.health_checks
    named, done = tree.checks(), before.done
    decided: list[Scenario] = []
    columns: list[list[Shares]] = [[] for _ in plan.audiences]
    results = DistinctShares()
    for scenario in plan.scenarios():
        decided.append(scenario)
        health = health_when(scenario.checks, named, checks)
        for audience, column in zip(plan.audiences, columns, strict=True):
            shares = shares_of(resolve(published.catalog, health, audience.client, tree.name, tree.type))
            column.append(results.add(shares))
            done += tree.size
            yield Progress(done, before.total)
    populations = populations_of(plan.audiences, columns, results)
    found = yield from effects(decided, populations, Progress(done, before.total))
    findings = (*found, *defects(tree, plan.audiences, checks, lost_targets))
    return Study(tree, plan.endpoints, tuple(decided), populations, findings)


def _too_much(plans: Sequence[Plan], total: int, max_evaluations: int) -> str:
    plan = max(plans, key=lambda plan: plan.evaluations)
    endpoints, classes = len(plan.endpoints), len(plan.audiences)
    instead = "lower --fail" if plan.max_failures > 1 else "name fewer names, or use --down or --place"
    return (
        f"{names.display(plan.tree.name)} has {_number(plan.scenario_count)} combinations of up to {plan.max_failures} "
        f"of {endpoints} endpoints, for {classes} classes of clients with {plan.tree.size} record "
        f"sets to evaluate each time: {_number(total)} in all, where {max_evaluations:,} are allowed; {instead}"
    )


def _number(number: int) -> str:
    return f"{number:,}" if number < 10**12 else "over a million million"
