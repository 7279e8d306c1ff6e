"""Findings, and those that show when endpoints fail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.explain.shares import Absence, EmptyReply, Shares
from dnsemu.policies.decide import Why
from dnsemu.what_if.clients import EVERYONE
from dnsemu.what_if.failures import Scenario
from dnsemu.what_if.finding_kinds import FindingKind
from dnsemu.what_if.populations import Population
from dnsemu.what_if.work import Progress, Work


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: either an effect of a scenario, or a defect of a record set.

    `effect` is what `populations` get in `scenario`: no answer, or a fail-open answer; without `populations` everyone
    gets it. `at` is the record set with the defect.
    """

    kind: FindingKind
    text: str
    effect: FindingKind | None = None
    populations: tuple[str, ...] = ()
    scenario: Scenario | None = None
    at: RecordSet | None = None


def effects(
    scenarios: Sequence[Scenario], populations: Sequence[Population], progress: Progress
) -> Work[tuple[Finding, ...]]:
    """Finds scenarios with no answer or a fail-open answer, each with the fewest failures that cause it."""
    findings = []
    for effect in (FindingKind.BLACK_HOLE, FindingKind.MISSING_DEFAULT, FindingKind.FAIL_OPEN):
        found: dict[int, list[Population]] = {}
        for population in populations:
            for index in _minimal(scenarios, [_share(effect, shares) > 0 for shares in population.shares]):
                found.setdefault(index, []).append(population)
            yield progress
        for index, hit in sorted(found.items()):
            is_everyone = len(hit) == len(populations)
            findings.append(_finding(effect, scenarios[index], index, hit, is_everyone=is_everyone))
    return tuple(findings)


def _minimal(scenarios: Sequence[Scenario], shows: Sequence[bool]) -> Iterator[int]:
    """The scenarios that show an effect which no subset of their failures shows."""
    found: list[int] = []
    for index, scenario in enumerate(scenarios):
        if shows[index] and not any(scenarios[smaller].checks < scenario.checks for smaller in found):
            found.append(index)
            yield index


def _finding(
    effect: FindingKind, scenario: Scenario, index: int, hit: Sequence[Population], *, is_everyone: bool
) -> Finding:
    part = max(_share(effect, population.shares[index]) for population in hit)
    who = (EVERYONE,) if is_everyone else tuple(population.name for population in hit)
    is_single = len(scenario.failed) == 1 and effect is not FindingKind.MISSING_DEFAULT
    if effect is FindingKind.FAIL_OPEN:
        what = "answers from where nothing is healthy (fail open)"
    else:
        reasons = {n for population in hit for n in population.shares[index].empty if _effect_of(n) is effect}
        what = "no answer: " + "; ".join(sorted(f"{names.display(n.name)}: {n.why.value}" for n in reasons))
    share = "" if part == 1 else f"in {float(part * 100):.4g} % of replies "
    text = f"{when(scenario)}, {'; '.join(who)}: {share}{what}"
    kind = FindingKind.SINGLE_POINT if is_single else effect
    shown_effect = FindingKind.FAIL_OPEN if effect is FindingKind.FAIL_OPEN else FindingKind.BLACK_HOLE
    return Finding(kind, text, shown_effect, () if is_everyone else who, scenario)


def when(scenario: Scenario) -> str:
    """A scenario in words."""
    if not scenario.failed:
        return "with everything up"
    return f"with {' and '.join(map(str, scenario.failed))} down"


def _share(effect: FindingKind, shares: Shares) -> Fraction:
    if effect is FindingKind.FAIL_OPEN:
        return shares.fails_open
    return sum((part for reply, part in shares.empty.items() if _effect_of(reply) is effect), Fraction(0))


def _effect_of(reply: EmptyReply) -> FindingKind | None:
    """The effect that an empty reply shows; None if the hosts of targets are not looked up yet."""
    if reply.why is Absence.NOT_LOOKED_UP:
        return None
    return FindingKind.MISSING_DEFAULT if reply.why is Why.NO_CANDIDATE else FindingKind.BLACK_HOLE
