"""Measures of a drill: the times of detection, DNS and the tail of clients, and the recovery time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from dnsemu.drill.answers import Distribution
from dnsemu.drill.clients import Behaviour, Step, kept_us
from dnsemu.drill.model import US_PER_S, Drill, DrillEvent, DrillPopulation, Fail, Heal
from dnsemu.drill.running import StatusChange
from dnsemu.drill.traffic import dead_share, expected, failing_share, request_count, times_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recovery:
    """The course of one failure for one population; times in microseconds from the event.

    `detected_us` is the change of status that moved the answers, `moved_us` the first answers without a dead address,
    `tail_us` the last request to a dead address. `recovered_us` is the last failing request, before requests succeeded
    for one largest TTL; None if that did not happen before the end. A time is None if it did not come; `detected_us`
    and `moved_us` are also None if no answer held a dead address.
    """

    event: DrillEvent
    is_hit: bool
    detected_us: int | None
    moved_us: int | None
    tail_us: int
    recovered_us: int | None


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures of one population; `failing` are the times with failing requests, `quiet_us` is the largest TTL."""

    population: DrillPopulation
    requests: int
    failed: Fraction
    recoveries: tuple[Recovery, ...]
    failing: tuple[tuple[int, int], ...]
    quiet_us: int
    end_us: int

    @property
    def error_minutes(self) -> Fraction:
        """The minutes in which requests fail, summed over clients: each failed request stands for its interval."""
        return self.failed * self.population.interval_us / (60 * US_PER_S)

    def recovery_after(self, at_us: int) -> int | None:
        """The time from an instant to the last failing request, before a largest TTL of quiet; None without that."""
        last, is_confirmed = last_before_quiet(self.failing, at_us, self.quiet_us, self.end_us)
        return last - at_us if is_confirmed else None


def measure(
    drill: Drill,
    behaviour: Behaviour,
    answers: Sequence[Step[Distribution]],
    dead: Sequence[Step[frozenset[str]]],
    statuses: Sequence[StatusChange],
) -> Measures:
    """Measures one population's drill."""
    population = behaviour.population
    failing = failing_share(population.retries)
    times, on_dead = tuple(times_of(behaviour, failing)), times_of(behaviour, dead_share)
    quiet_us, end_us = quiet_time_us(population, answers), behaviour.end_us
    failed = expected(behaviour, failing)
    figures = Measures(population, request_count(behaviour), failed, (), times, quiet_us, end_us)
    recoveries = []
    for event in drill.timeline:
        if isinstance(event.action, Fail):
            moved_us = _first_clean(event.at_us, _healed_at(drill, event, event.action), answers, dead)
            tail_us = last_before_quiet(on_dead, event.at_us, quiet_us, end_us)[0] - event.at_us
            recovered_us = figures.recovery_after(event.at_us)
            is_hit = dead_part(value_at(answers, event.at_us), value_at(dead, event.at_us)) > 0
            detected = [change.at_us for change in statuses if event.at_us <= change.at_us <= (moved_us or -1)]
            recoveries.append(
                Recovery(
                    event,
                    is_hit=is_hit,
                    detected_us=detected[-1] - event.at_us if is_hit and detected else None,
                    moved_us=moved_us - event.at_us if is_hit and moved_us is not None else None,
                    tail_us=tail_us,
                    recovered_us=recovered_us,
                )
            )
    return replace(figures, recoveries=tuple(recoveries))


def last_before_quiet(times: Sequence[tuple[int, int]], from_us: int, quiet_us: int, end_us: int) -> tuple[int, bool]:
    """The last instant of some times before they are absent for a while, and True if that while ends before the end."""
    last = from_us
    for first, end in times:
        if end < from_us:
            continue
        if first - last > quiet_us:
            return last, True
        last = max(last, end)
    return last, end_us - last >= quiet_us or last == from_us


def quiet_time_us(population: DrillPopulation, answers: Sequence[Step[Distribution]]) -> int:
    """The largest time for which an answer is kept; of a resolver that keeps it for ever, the largest TTL."""
    found = [population.interval_us]
    for _, distribution in answers:
        for answer, _ in distribution:
            if not answer.empty:
                kept = kept_us(answer, population.caching)
                found.append(answer.ttl_s * US_PER_S if kept is None else kept)
    return max(found)


def dead_part(distribution: Distribution, dead: frozenset[str]) -> Fraction:
    """The share of replies' first addresses that are dead."""
    return sum((share * answer.dead_share(dead) for answer, share in distribution), Fraction(0))


def value_at(steps: Sequence[Step[T]], at_us: int) -> T:
    """The value of a series at an instant."""
    found = steps[0][1]
    for since_us, value in steps:
        if since_us <= at_us:
            found = value
    return found


def _healed_at(drill: Drill, event: DrillEvent, fail: Fail) -> int:
    heals = (e.at_us for e in drill.timeline if isinstance(e.action, Heal) and e.action.pattern == fail.pattern)
    return min((at_us for at_us in heals if at_us >= event.at_us), default=drill.duration_us)


def _first_clean(
    at_us: int, healed_us: int, answers: Sequence[Step[Distribution]], dead: Sequence[Step[frozenset[str]]]
) -> int | None:
    """The first instant from a failure on, and before it heals, at which no answer holds a dead address."""
    instants = sorted({at_us} | {since for since, _ in (*answers, *dead) if at_us < since < healed_us})
    for instant in instants:
        if not dead_part(value_at(answers, instant), value_at(dead, instant)):
            return instant
    return None
