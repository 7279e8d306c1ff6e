"""An outage without a drill file: the answers before, during and after it, and the time until each population moves.

Every run of a seed is the product's own checkers in virtual time. The time to move is detection plus the TTL of the
answers that hold a dead address, for the client whose cache was filled last.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from dnsemu.config import names
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.drill.answers import Distribution, addresses_of
from dnsemu.drill.clients import Step
from dnsemu.drill.measures import dead_part, value_at
from dnsemu.drill.model import US_PER_S, Drill, DrillEvent, DrillPopulation, Fail, Heal
from dnsemu.drill.outcome import answers_over_time
from dnsemu.drill.report import division
from dnsemu.drill.running import Recording, rehearse
from dnsemu.explain.questions import BadQuestion
from dnsemu.faults.patterns import Pattern
from dnsemu.files.loading import LoadedFiles
from dnsemu.what_if.clients import Audience, audiences
from dnsemu.what_if.plan import what_if
from dnsemu.what_if.questions import read_patterns, read_places, trees_of
from dnsemu.what_if.tree import AnswerTree
from dnsemu.what_if.work import Work

FAILS_AT_US = 60 * US_PER_S
AFTERWARDS_US = 300 * US_PER_S
"""The time for which a healed outage is followed."""
DEFAULT_OUTAGE_US = 600 * US_PER_S
DEFAULT_SEEDS = 5
MAX_SEEDS = 1000
MAX_POPULATIONS = 2000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outage:
    """The question: what is down, for how long, who asks for what, and how many seeds of probe times are tried."""

    down: Sequence[str]
    for_us: int = DEFAULT_OUTAGE_US
    names: Sequence[str] = ()
    places: Sequence[str] = ()
    seeds: int = DEFAULT_SEEDS


@dataclass(frozen=True, slots=True)
class _Asked:
    """One population of the outage: a name with its tree, and clients that get the same answers."""

    tree: AnswerTree
    audience: Audience
    population: DrillPopulation


def outage_report(outage: Outage, declared: LoadedFiles) -> dict[str, Any]:
    """Rehearses an outage with every seed.

    Returns:
        Plain data, ready for JSON; docs/drills.md describes the keys.
    Raises:
        BadQuestion: a name, pattern or place cannot be read, or a pattern matches nothing.
    """
    patterns = read_patterns(outage.down)
    trees = _done(trees_of(declared.published, outage.names, None))
    asked = list(_asked([tree for tree in trees if tree.type in (RRType.A, RRType.AAAA)], outage, declared))
    if not asked:
        raise BadQuestion("name", "no name with addresses is among them: clients connect to an address")
    if len(asked) > MAX_POPULATIONS:
        raise BadQuestion("name", f"there are {len(asked):,} populations: name fewer names, or use --place")
    _refuse_unmatched(outage, asked, declared)
    recordings = [rehearse(_drill(outage, patterns, seed), declared) for seed in range(outage.seeds)]
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in asked:
        name = names.display(each.population.asks).rstrip(".")
        rows.setdefault((name, each.population.type.name), []).append(_population(each, outage, patterns, recordings))
    return {
        "down": [str(pattern) for pattern in patterns],
        "for_s": outage.for_us / US_PER_S,
        "seeds": outage.seeds,
        "names": [{"name": name, "type": type, "populations": found} for (name, type), found in rows.items()],
    }


def _done(work: Work[T]) -> T:
    """Does work to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


def _refuse_unmatched(outage: Outage, asked: Sequence[_Asked], declared: LoadedFiles) -> None:
    """Asks what-if about one name, which refuses a pattern that matches nothing."""
    name = names.display(asked[0].tree.name)
    _done(what_if(declared.published, [name], asked[0].tree.type.name, down=outage.down, places=outage.places))


def _asked(trees: Sequence[AnswerTree], outage: Outage, declared: LoadedFiles) -> Iterator[_Asked]:
    places = read_places(outage.places)
    for tree in trees:
        for audience in _done(audiences(tree.groups, declared.published, places)):
            name = audience.names[0]
            population = DrillPopulation(name, 1, tree.name, tree.type, US_PER_S, audience.client)
            yield _Asked(tree, audience, population)


def _drill(outage: Outage, patterns: Sequence[Pattern], seed: int) -> Drill:
    heals_us = FAILS_AT_US + outage.for_us
    fails = [DrillEvent(FAILS_AT_US, Fail(pattern)) for pattern in patterns]
    heals = [DrillEvent(heals_us, Heal(pattern)) for pattern in patterns]
    return Drill("outage", (), seed, heals_us + AFTERWARDS_US, (), (*fails, *heals))


def _population(
    asked: _Asked, outage: Outage, patterns: Sequence[Pattern], recordings: Sequence[Recording]
) -> dict[str, Any]:
    """The answers of one population before, during and after the outage, and its times to move over all seeds."""
    first = recordings[0]
    steps = answers_over_time(first.moments, asked.population)
    ends_us = FAILS_AT_US + outage.for_us
    before, during, after = value_at(steps, 0), value_at(steps, ends_us - 1), steps[-1][1]
    dead = value_at(first.dead, ends_us - 1)
    is_hit, is_stuck = dead_part(before, dead) > 0, dead_part(during, dead) > 0
    times = [_moves_after_s(recording, asked.population, ends_us) for recording in recordings]
    return {
        "clients": list(asked.audience.names),
        "before": division(before),
        "during": division(during),
        "after": division(after),
        "is_hit": is_hit,
        "moves_s": _spread(times) if is_hit else None,
        "fails_open": any(answer.fails_open for answer, _ in during),
        "wakes_zero_weight": any(answer.wakes_zero_weight for answer, _ in during),
        "black_hole": any(answer.empty for answer, _ in during),
        "never_moves": _why_stuck(asked, during, first, patterns) if is_hit and is_stuck else None,
    }


def _spread(times: Sequence[float | None]) -> dict[str, float] | None:
    """The least, the median and the greatest time; None if one is missing."""
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return None
    return {"min": min(known), "median": median(known), "max": max(known)}


def _moves_after_s(recording: Recording, population: DrillPopulation, ends_us: int) -> float | None:
    """Seconds from the failure until the last client has left the dead addresses; None if it does not."""
    steps: list[Step[Distribution]] = answers_over_time(recording.moments, population)
    dead = value_at(recording.dead, ends_us - 1)
    leaves_us, ttl_s = FAILS_AT_US, _dead_ttl_s(value_at(steps, FAILS_AT_US), dead)
    for at_us, answers in steps:
        if FAILS_AT_US < at_us < ends_us:
            if not dead_part(answers, dead):
                leaves_us = at_us
                break
            ttl_s = max(ttl_s, _dead_ttl_s(answers, dead))
    if dead_part(value_at(steps, leaves_us), dead):
        return None
    return round((leaves_us - FAILS_AT_US) / US_PER_S + ttl_s, 3)


def _dead_ttl_s(answers: Distribution, dead: frozenset[str]) -> int:
    return max((answer.ttl_s for answer, _ in answers if answer.dead_share(dead)), default=0)


def _why_stuck(asked: _Asked, during: Distribution, recording: Recording, patterns: Sequence[Pattern]) -> str:
    """The reason for which DNS goes on answering a dead address."""
    if any(answer.fails_open for answer, _ in during):
        return "nothing else is healthy, so unhealthy answers are given (fail open)"
    dead = recording.dead[-2][1] if len(recording.dead) > 1 else frozenset()
    leaves = (record_set for record_set in asked.tree.record_sets() if dead.intersection(addresses_of(record_set)))
    unchecked = [leaf.set_identifier or "it" for leaf in leaves if leaf.health_check_id is None]
    world = recording.moments[0].published.world
    behind = [world.health_checks[check] for check in asked.tree.checks() if check in world.health_checks]
    down = ", ".join(map(str, patterns))
    if unchecked or not behind:
        return f"{unchecked[0] if unchecked else 'it'} has no health check"
    broken = {check for each in recording.broken.values() for check in each.checks}
    noticed = {change.check for change in recording.statuses if not change.is_healthy}
    unmoved = [check.label for check in behind if check.id in noticed]
    if unmoved:
        return f"{unmoved[0]} is unhealthy, but not every answer depends on it: see checks and evaluate_target_health"
    if not any(check.id in broken for check in behind):
        return f"{', '.join(check.label for check in behind[:3])} does not fail with {down}"
    return f"{behind[0].label} stays healthy: it is disabled, inverted, or above the 18 % rule"
