"""Simulates endpoint failures and reports the answers each client population would get.

Tries every combination of up to N endpoints for every audience. The result is exact, because decisions are
distributions and nothing is drawn. Every scenario starts with all endpoints up, whatever their present health. The
work is pure and comes in steps, so that the caller can show progress or answer queries in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.questions import BadQuestion
from dnsemu.explain.shares import Shares, shares_of
from dnsemu.faults.failure_domains import DomainContents, domain_contents
from dnsemu.faults.patterns import Pattern
from dnsemu.publication.board import Published
from dnsemu.what_if.clients import Audience, audiences
from dnsemu.what_if.defects import defects
from dnsemu.what_if.failures import Endpoint, Scenario, count, domains_of, endpoints_of, health_when, scenarios
from dnsemu.what_if.findings import Population, effects
from dnsemu.what_if.report import Study, report
from dnsemu.what_if.tree import AnswerTree, TooManyLinks, Unanswered, tree_of
from dnsemu.what_if.work import Progress, Work

MAX_EVALUATIONS = 1_000_000
"""Bound on record sets evaluated, over all scenarios and audiences: under a minute and under a gigabyte."""


class TooMuchWork(ValueError):
    """The combinations exceed the bound on the work."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The work to do for one name."""

    tree: AnswerTree
    endpoints: tuple[Endpoint, ...]
    audiences: tuple[Audience, ...]
    max_failures: int

    @property
    def scenarios(self) -> int:
        return count(self.endpoints, self.max_failures)

    @property
    def evaluations(self) -> int:
        return self.scenarios * len(self.audiences) * self.tree.size


def what_if(
    published: Published,
    name_texts: Sequence[str],
    type_text: str = "A",
    max_failures: int = 1,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Work[dict[str, Any]]:
    """Fails every combination of up to `max_failures` endpoints below some names, and reports the answers.

    Args:
        max_evaluations: the bound on the work, in record sets evaluated.
    Returns:
        Plain data, ready for JSON; docs/control-api.md describes the keys.
    Raises:
        BadQuestion: a name or type cannot be read, or no record set answers it.
        TooMuchWork: the work exceeds `max_evaluations`; nothing was decided yet.
    """
    type_ = _type(type_text)
    if max_failures < 0:
        raise BadQuestion("fail", "a number of endpoints is 0 or more")
    trees = [_tree(published, name, type_) for name in dict.fromkeys(map(_name, name_texts))]
    contents = yield from _contents(published, trees)
    plans = []
    for tree in trees:
        endpoints = endpoints_of(tree, published.world.health_checks, contents)
        plans.append(Plan(tree, endpoints, (yield from audiences(tree.groups, published)), max_failures))
    total = sum(plan.evaluations for plan in plans)
    if total > max_evaluations:
        raise TooMuchWork(_too_much(plans, total, max_evaluations))
    studies = []
    done = 0
    for plan in plans:
        studies.append((yield from _study(published, plan, Progress(done, total))))
        done += plan.evaluations
    return (yield from report(studies, Progress(total, total)))


def _tree(published: Published, name: DName, type_: RRType) -> AnswerTree:
    try:
        return tree_of(published.catalog, name, type_)
    except (Unanswered, TooManyLinks) as unfit:
        raise BadQuestion("name", str(unfit)) from None


def _contents(published: Published, trees: Sequence[AnswerTree]) -> Work[dict[Pattern, DomainContents]]:
    """Finds the contents of every Region and Availability Zone."""
    search = domain_contents(domains_of(trees, published.catalog), published.world, published.catalog)
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: dict[Pattern, DomainContents] = end.value
            return found
        yield Progress()


def _study(published: Published, plan: Plan, before: Progress) -> Work[Study]:
    """Decides every scenario of a plan for every audience."""
    tree, checks = plan.tree, published.world.health_checks
    named, done = tree.checks(), before.done
    decided: list[Scenario] = []
    columns: list[list[Shares]] = [[] for _ in plan.audiences]
    interned: dict[object, Shares] = {}
    for scenario in scenarios(plan.endpoints, plan.max_failures):
        decided.append(scenario)
        health = health_when(scenario.checks, named, checks)
        for audience, column in zip(plan.audiences, columns, strict=True):
            shares = shares_of(resolve(published.catalog, health, audience.client, tree.name, tree.type))
            column.append(interned.setdefault(shares.value, shares))
            done += tree.size
            yield Progress(done, before.total)
    populations = _populations(plan.audiences, columns)
    found = yield from effects(decided, populations, Progress(done, before.total))
    findings = (*found, *defects(tree, plan.audiences, checks))
    return Study(tree, plan.endpoints, tuple(decided), populations, findings)


def _populations(audiences: Sequence[Audience], columns: Sequence[Sequence[Shares]]) -> tuple[Population, ...]:
    """Merges audiences that get the same shares, by identity, in every scenario."""
    found: dict[tuple[int, ...], tuple[list[str], Sequence[Shares]]] = {}
    for audience, column in zip(audiences, columns, strict=True):
        found.setdefault(tuple(map(id, column)), ([], column))[0].extend(audience.names)
    return tuple(Population(tuple(names), tuple(column)) for names, column in found.values())


def _too_much(plans: Sequence[Plan], total: int, max_evaluations: int) -> str:
    plan = max(plans, key=lambda plan: plan.evaluations)
    instead = "lower --fail" if plan.max_failures > 1 else "ask about fewer names"
    return (
        f"{names.display(plan.tree.name)} has {_number(plan.scenarios)} combinations of up to {plan.max_failures} of "
        f"{len(plan.endpoints)} endpoints, for {len(plan.audiences)} classes of clients with {plan.tree.size} record "
        f"sets to evaluate each time: {_number(total)} in all, where {max_evaluations:,} are allowed; {instead}"
    )


def _number(number: int) -> str:
    return f"{number:,}" if number < 10**12 else "over a million million"


def _name(text: str) -> DName:
    try:
        return names.parse(text)
    except names.BadName as bad:
        raise BadQuestion("name", str(bad)) from None


def _type(text: str) -> RRType:
    try:
        return RRType[text.upper()]
    except KeyError:
        raise BadQuestion("type", f"'{text}' is no record type: write one of {', '.join(RRType.__members__)}") from None
