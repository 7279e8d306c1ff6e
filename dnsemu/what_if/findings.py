"""What is found wrong: the kinds of findings, and those that show when something fails."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.explain.shares import Absence, Nothing, Shares
from dnsemu.policies.decide import Why
from dnsemu.what_if.clients import EVERYONE
from dnsemu.what_if.failures import Scenario
from dnsemu.what_if.work import Progress, Work


class FindingSeverity(Enum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Id(Enum):
    """The kinds of findings; a rule `no-ID` forbids each."""

    BLACK_HOLE = "black-hole"
    MISSING_DEFAULT = "missing-geo-default"
    SINGLE_POINT = "single-point-of-failure"
    FAIL_OPEN = "fail-open"
    PRIMARY_UNCHECKED = "primary-without-check"
    HEALTH_IGNORED = "alias-ignores-target-health"
    UNCHECKED = "unchecked"
    ZERO_WEIGHT = "forgotten-zero-weight"


SEVERITY: Mapping[Id, FindingSeverity] = {
    Id.BLACK_HOLE: FindingSeverity.ERROR,
    Id.MISSING_DEFAULT: FindingSeverity.ERROR,
    Id.SINGLE_POINT: FindingSeverity.WARNING,
    Id.FAIL_OPEN: FindingSeverity.WARNING,
    Id.PRIMARY_UNCHECKED: FindingSeverity.WARNING,
    Id.HEALTH_IGNORED: FindingSeverity.WARNING,
    Id.UNCHECKED: FindingSeverity.WARNING,
    Id.ZERO_WEIGHT: FindingSeverity.NOTE,
}


@dataclass(frozen=True, slots=True)
class Population:
    """Clients who get the same answers in every scenario; `got` has what they get, a scenario each."""

    names: tuple[str, ...]
    got: tuple[Shares, ...]

    @property
    def name(self) -> str:
        """A short name."""
        more = len(self.names) - MAX_NAMES
        return ", ".join(self.names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


MAX_NAMES = 3
"""Names of places that make up a population's own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `effect` is what clients get, where the finding is about that: nothing, or answers from where nothing is healthy.
    It shows for `populations`, none being everyone, when `scenario` happens; or a record set `at` fault is all there is
    to say.
    """

    id: Id
    text: str
    effect: Id | None = None
    populations: tuple[str, ...] = ()
    scenario: Scenario | None = None
    at: RecordSet | None = None


def effects(
    scenarios: Sequence[Scenario], populations: Sequence[Population], progress: Progress
) -> Work[tuple[Finding, ...]]:
    """Where clients get nothing, or get what is known to be down, told with the fewest failures that lead there."""
    findings = []
    for effect in (Id.BLACK_HOLE, Id.MISSING_DEFAULT, Id.FAIL_OPEN):
        found: dict[int, list[Population]] = {}
        for population in populations:
            for index in _fewest(scenarios, [_share(effect, got) > 0 for got in population.got]):
                found.setdefault(index, []).append(population)
            yield progress
        for index, hit in sorted(found.items()):
            findings.append(_finding(effect, scenarios[index], index, hit, len(hit) == len(populations)))
    return tuple(findings)


def _fewest(scenarios: Sequence[Scenario], shows: Sequence[bool]) -> Iterator[int]:
    """The scenarios that show something which none with fewer failures among the same shows."""
    found: list[int] = []
    for index, scenario in enumerate(scenarios):
        if shows[index] and not any(scenarios[smaller].checks < scenario.checks for smaller in found):
            found.append(index)
            yield index


def _finding(effect: Id, scenario: Scenario, index: int, hit: Sequence[Population], is_everyone: bool) -> Finding:
    part = max(_share(effect, population.got[index]) for population in hit)
    who = (EVERYONE,) if is_everyone else tuple(population.name for population in hit)
    is_single = len(scenario.failed) == 1 and effect is not Id.MISSING_DEFAULT
    if effect is Id.FAIL_OPEN:
        what = "answers from where nothing is healthy (fail open)"
    else:
        reasons = {n for population in hit for n in population.got[index].nothing if _effect_of(n) is effect}
        what = "no answer: " + "; ".join(sorted(f"{names.display(n.name)}: {n.why.value}" for n in reasons))
    share = "" if part == 1 else f"in {float(part * 100):.4g} % of replies "
    text = f"{when(scenario)}, {'; '.join(who)}: {share}{what}"
    kind = Id.SINGLE_POINT if is_single else effect
    felt = Id.FAIL_OPEN if effect is Id.FAIL_OPEN else Id.BLACK_HOLE
    return Finding(kind, text, felt, () if is_everyone else who, scenario)


def when(scenario: Scenario) -> str:
    """A scenario in words."""
    if not scenario.failed:
        return "with everything up"
    return f"with {' and '.join(map(str, scenario.failed))} down"


def _share(effect: Id, got: Shares) -> Fraction:
    if effect is Id.FAIL_OPEN:
        return got.fails_open
    return sum((part for nothing, part in got.nothing.items() if _effect_of(nothing) is effect), Fraction(0))


def _effect_of(nothing: Nothing) -> Id | None:
    """What an empty reply is a case of; hosts that nobody has looked up yet are none."""
    if nothing.why is Absence.NOT_LOOKED_UP:
        return None
    return Id.MISSING_DEFAULT if nothing.why is Why.NO_CANDIDATE else Id.BLACK_HOLE
