"""What clients would get if endpoints failed: every combination of up to N of them, for every class of clients.

No dice are thrown: decisions are distributions, a class stands for clients that no decision tells apart, and what
health checks say follows from what fails. It starts from everything being up, whatever health is now. Pure work, done
in steps, so that whoever drives it can show how far it is, or answer queries in between.
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

MAX_JUDGEMENTS = 1_000_000
"""Record sets judged, in all scenarios for all classes of clients: under a minute and under a gigabyte."""


class TooMuchWork(ValueError):
    """There are more combinations than anyone would wait for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do for one name."""

    tree: AnswerTree
    endpoints: tuple[Endpoint, ...]
    classes: tuple[Audience, ...]
    most_failures: int

    @property
    def scenarios(self) -> int:
        return count(self.endpoints, self.most_failures)

    @property
    def judgements(self) -> int:
        return self.scenarios * len(self.classes) * self.tree.size


def what_if(
    published: Published, of: Sequence[str], type_text: str = "A", fail: int = 1, most: int = MAX_JUDGEMENTS
) -> Work[dict[str, Any]]:
    """Fail every combination of up to `fail` endpoints below some names, and report what each population gets.

    Args:
        of: the names.
        fail: how many endpoints fail together at most.
        most: the bound on the work, in record sets judged.
    Returns:
        Plain data, ready for JSON; docs/control-api.md tells the keys.
    Raises:
        BadQuestion: a name or type cannot be read, or nothing answers it.
        TooMuchWork: it is more than `most`; nothing was decided yet.
    """
    type_ = _type(type_text)
    if fail < 0:
        raise BadQuestion("fail", "a number of endpoints is 0 or more")
    trees = [_tree(published, name, type_) for name in dict.fromkeys(map(_name, of))]
    contents = yield from _contents(published, trees)
    plans = []
    for tree in trees:
        classes = yield from audiences(tree.groups, published, Progress())
        plans.append(Plan(tree, endpoints_of(tree, published.world.health_checks, contents), classes, fail))
    total = sum(plan.judgements for plan in plans)
    if total > most:
        raise TooMuchWork(_too_much(plans, total, most))
    studies = []
    done = 0
    for plan in plans:
        studies.append((yield from _study(published, plan, Progress(done, total))))
        done += plan.judgements
    return (yield from report(studies, Progress(total, total)))


def _tree(published: Published, name: DName, type_: RRType) -> AnswerTree:
    try:
        return tree_of(published.catalog, name, type_)
    except (Unanswered, TooManyLinks) as unfit:
        raise BadQuestion("name", str(unfit)) from None


def _contents(published: Published, trees: Sequence[AnswerTree]) -> Work[dict[Pattern, DomainContents]]:
    """What fails with each Region and Availability Zone, anywhere in what is published."""
    search = domain_contents(domains_of(trees, published.catalog), published.world, published.catalog)
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: dict[Pattern, DomainContents] = end.value
            return found
        yield Progress()


def _study(published: Published, plan: Plan, before: Progress) -> Work[Study]:
    """Decide everything that was planned."""
    tree, checks = plan.tree, published.world.health_checks
    named, done = tree.checks(), before.done
    happening: list[Scenario] = []
    columns: list[list[Shares]] = [[] for _ in plan.classes]
    same: dict[object, Shares] = {}
    for scenario in scenarios(plan.endpoints, plan.most_failures):
        happening.append(scenario)
        health = health_when(scenario.checks, named, checks)
        for one, column in zip(plan.classes, columns, strict=True):
            got = shares_of(resolve(published.catalog, health, one.client, tree.name, tree.type))
            column.append(same.setdefault(got.value, got))
            done += tree.size
            yield Progress(done, before.total)
    populations = _populations(plan.classes, columns)
    felt = yield from effects(happening, populations, Progress(done, before.total))
    findings = (*felt, *defects(tree, plan.classes, checks))
    return Study(tree, plan.endpoints, tuple(happening), populations, findings)


def _populations(classes: Sequence[Audience], columns: Sequence[Sequence[Shares]]) -> tuple[Population, ...]:
    """Classes that get the same in every scenario, put together."""
    found: dict[tuple[int, ...], tuple[list[str], Sequence[Shares]]] = {}
    for one, column in zip(classes, columns, strict=True):
        found.setdefault(tuple(map(id, column)), ([], column))[0].extend(one.names)
    return tuple(Population(tuple(who), tuple(column)) for who, column in found.values())


def _too_much(plans: Sequence[Plan], total: int, most: int) -> str:
    plan = max(plans, key=lambda plan: plan.judgements)
    lower = "lower --fail" if plan.most_failures > 1 else "nothing here can be lowered but the number of names"
    return (
        f"{names.display(plan.tree.name)} has {_spelled(plan.scenarios)} combinations of up to {plan.most_failures} of "
        f"{len(plan.endpoints)} endpoints, for {len(plan.classes)} classes of clients with {plan.tree.size} record "
        f"sets to judge each time: {_spelled(total)} in all, where {most:,} are allowed; {lower}"
    )


def _spelled(number: int) -> str:
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
