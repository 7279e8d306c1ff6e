"""The client model: from the answers over time to the exact expected use of each, for all clients of a population.

Client k of N makes its requests at phase `k / N` of the interval, one in each interval. It uses the answer in its
cache, and asks for another at its first request after the answer's time. Everything that a client meets depends only
on its phase relative to the instants at which something changes, so clients between two such phases behave alike: they
are one `PhaseClass`, however many they are. Within a class, the times between two questions are whole numbers of
requests: a renewal process over the request number, whose expected shares are computed exactly.

At the start, caches are as after a long quiet time: an answer is in use in proportion to its share and the time that
it is kept, and its age is evenly spread over that time. Pure.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Generic, TypeVar

from dnsemu.drill.answers import FAILURES, SERVFAIL, Distribution, DrillAnswer
from dnsemu.drill.model import US_PER_S, Caching, DrillPopulation

T = TypeVar("T")

Step = tuple[int, T]
"""A value that holds from an instant on, in microseconds."""

Use = Mapping[DrillAnswer, Fraction]
"""The expected share of a class's clients that use each answer."""


def kept_us(answer: DrillAnswer, caching: Caching) -> int | None:
    """The time for which a resolver keeps a reply; None for ever."""
    if answer.empty in FAILURES:
        return 0
    if caching.is_endless and not answer.empty:
        return None
    fixed_us = caching.negative_us if answer.empty else caching.positive_us
    if fixed_us is not None:
        return fixed_us
    ttl_us = max(answer.ttl_s * US_PER_S, caching.min_us)
    return ttl_us if caching.max_us is None else min(ttl_us, caching.max_us)


def requests_kept(answer: DrillAnswer, population: DrillPopulation) -> int | None:
    """The number of a client's requests for which it uses one reply, at least the one that asked; None for all."""
    kept = kept_us(answer, population.caching)
    return None if kept is None else max(-(-kept // population.interval_us), 1)


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """A run of requests, from a number on, for which a value holds."""

    first: int
    value: T


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests of a phase class with one use of answers and one set of dead addresses."""

    use: Use
    dead: frozenset[str]


@dataclass(frozen=True, slots=True)
class PhaseClass:
    """Clients of neighbouring phases, from `first_us` up to `end_us` of the interval, that behave alike.

    `stretches` begin with request -1, the state before the first request, and end where the drill does.
    """

    first_us: int
    end_us: int
    clients: int
    stretches: tuple[Stretch[Requests], ...]
    count: int

    def at(self, number: int) -> Requests:
        """The state at a request."""
        return self.stretches[bisect_right(self.stretches, number, key=_first) - 1].value

    def runs(self) -> Iterator[tuple[int, int, Requests]]:
        """Yields first number, end and state of each run of requests."""
        for stretch, after in zip(self.stretches, (*self.stretches[1:], None), strict=True):
            first, end = max(stretch.first, 0), self.count if after is None else after.first
            if end > first:
                yield first, end, stretch.value


def _first(stretch: Stretch[Requests]) -> int:
    return stretch.first


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The behaviour of a whole population during a drill."""

    population: DrillPopulation
    classes: tuple[PhaseClass, ...]
    end_us: int


def phase_us(population: DrillPopulation, client: int) -> int:
    """The time of a client's first request."""
    return population.interval_us * client // population.clients


def behave(
    population: DrillPopulation,
    answers: Sequence[Step[Distribution]],
    dead: Sequence[Step[frozenset[str]]],
    end_us: int,
) -> Behaviour:
    """Computes the exact expected behaviour of a population.

    Args:
        answers: from the start on, at 0 or before; a request at the very instant of a step sees the new value.
        dead: the addresses that are down, likewise.
        end_us: the end of the drill.
    """
    instants = {at for at, _ in (*answers, *dead) if 0 < at < end_us} | {end_us}
    classes = tuple(_class(population, bounds, answers, dead, end_us) for bounds in _phase_bounds(population, instants))
    return Behaviour(population, classes, end_us)


def _phase_bounds(population: DrillPopulation, instants: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yields the first client of each class and the one after its last."""
    interval_us, clients = population.interval_us, population.clients
    cuts = {-(-(at % interval_us) * clients // interval_us) for at in instants}
    bounds = sorted({0, clients, *(cut for cut in cuts if cut < clients)})
    return pairwise(bounds)


def _class(
    population: DrillPopulation,
    bounds: tuple[int, int],
    answers: Sequence[Step[Distribution]],
    dead: Sequence[Step[frozenset[str]]],
    end_us: int,
) -> PhaseClass:
    first, last = bounds[0], bounds[1] - 1
    phase = phase_us(population, first)

    def number(at_us: int) -> int:
        """The first request at an instant or after it."""
        return max(-(-(at_us - phase) // population.interval_us), 0)

    count = number(end_us)
    start = [value for at_us, value in answers if at_us <= 0][-1]
    uses = _uses(population, start, _numbered(answers, number), count)
    down = _numbered(dead, number)
    stretches = tuple(_joined(uses, down))
    return PhaseClass(phase, phase_us(population, last) + 1, bounds[1] - first, stretches, count)


def _numbered(steps: Sequence[Step[T]], number: Callable[[int], int]) -> list[Stretch[T]]:
    """Steps by the number of the first request that sees them; of several, the last one."""
    found: dict[int, T] = {}
    for at_us, value in steps:
        found[number(at_us) if at_us > 0 else 0] = value
    return [Stretch(first, value) for first, value in found.items()]


def _joined(uses: Sequence[Stretch[Use]], down: Sequence[Stretch[frozenset[str]]]) -> Iterator[Stretch[Requests]]:
    """Joins the use of answers and the dead addresses; request -1 sees those of the start."""
    firsts = sorted({use.first for use in uses} | {dead.first for dead in down if dead.first > 0})
    at_use = at_dead = 0
    for first in firsts:
        while at_use + 1 < len(uses) and uses[at_use + 1].first <= first:
            at_use += 1
        while at_dead + 1 < len(down) and down[at_dead + 1].first <= first:
            at_dead += 1
        yield Stretch(first, Requests(uses[at_use].value, down[at_dead].value))


# --- one class's renewal process ---

_Last = tuple[DrillAnswer, int] | None
"""The answer in a client's cache, and the number of the request from which on it is no longer used as stale."""

_Due = dict[_Last, Fraction]


def _uses(
    population: DrillPopulation, start: Distribution, asked: Sequence[Stretch[Distribution]], count: int
) -> list[Stretch[Use]]:
    """The use of answers by request number, where it changes; request -1 is the state before the first request."""
    changes: dict[int, dict[DrillAnswer, Fraction]] = {}
    due: dict[int, _Due] = {}

    def keep(answer: DrillAnswer, first: int, kept: int | None, part: Fraction, last: _Last) -> None:
        """Uses an answer from a request on, and asks again after `kept` requests."""
        _add(changes.setdefault(first, {}), answer, part)
        if kept is not None and first + kept < count:
            _add(changes.setdefault(first + kept, {}), answer, -part)
            _add(due.setdefault(max(first + kept, 0), {}), last, part)

    for answer, next_number, part in _at_start(population, start, count):
        if next_number is None:
            keep(answer, -1, None, part, None)
        else:
            fetched = next_number - (requests_kept(answer, population) or 0)
            keep(answer, -1, next_number + 1, part, _last(population, answer, fetched))
    at = 0
    for number in range(count):
        if number not in due:
            continue
        while at + 1 < len(asked) and asked[at + 1].first <= number:
            at += 1
        for last, mass in due.pop(number).items():
            for answer, share in asked[at].value:
                used, kept, known = _received(population, answer, number, last)
                keep(used, number, kept, mass * share, known)
    return _levels(changes)


def _at_start(
    population: DrillPopulation, answers: Distribution, count: int
) -> Iterator[tuple[DrillAnswer, int | None, Fraction]]:
    """Yields answer, number of the next request that asks, and share, as after a long quiet time.

    Those that ask at request `count` or later, or never, are joined.
    """
    parts = [(answer, requests_kept(answer, population), share) for answer, share in answers]
    endless = sum((share for _, kept, share in parts if kept is None), Fraction(0))
    if endless:
        yield from ((answer, None, share / endless) for answer, kept, share in parts if kept is None)
        return
    finite = [(answer, kept, share) for answer, kept, share in parts if kept is not None]
    whole = sum((kept * share for _, kept, share in finite), Fraction(0))
    for answer, kept, share in finite:
        yield from ((answer, number, share / whole) for number in range(min(kept, count)))
        if kept > count:
            yield answer, None, (kept - count) * share / whole


def _last(population: DrillPopulation, answer: DrillAnswer, fetched: int) -> _Last:
    """The part of a client's memory that matters later: nothing, unless its resolver serves stale answers."""
    stale_us, kept = population.caching.stale_us, kept_us(answer, population.caching)
    if not stale_us or answer.empty or kept is None:
        return None
    return answer, fetched - (-(kept + stale_us) // population.interval_us)


def _received(
    population: DrillPopulation, answer: DrillAnswer, number: int, last: _Last
) -> tuple[DrillAnswer, int | None, _Last]:
    """The answer that a client uses after asking, for how many requests, and the new memory."""
    if answer.empty == SERVFAIL and last is not None and number < last[1]:
        return last[0], 1, last
    return answer, requests_kept(answer, population), _last(population, answer, number)


def _add(into: dict[T, Fraction], key: T, part: Fraction) -> None:
    into[key] = into.get(key, Fraction(0)) + part


def _levels(changes: Mapping[int, Mapping[DrillAnswer, Fraction]]) -> list[Stretch[Use]]:
    """Sums changes of use up; requests that change nothing are left out."""
    found: list[Stretch[Use]] = []
    level: dict[DrillAnswer, Fraction] = {}
    for number in sorted(changes):
        after = dict(level)
        for answer, part in changes[number].items():
            _add(after, answer, part)
        after = {answer: share for answer, share in after.items() if share}
        if not found or after != level:
            found.append(Stretch(number, after))
        level = after
    return found
