"""Verdicts: each expectation held or not, with the population, the time, the expected and the seen value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dnsemu.drill.answers import SERVFAIL, DrillAnswer
from dnsemu.drill.clients import Behaviour
from dnsemu.drill.measures import Measures
from dnsemu.drill.model import EVERY_POPULATION, ErrorMinutes, Expectation, Gets, Incident, Never, Recovers, time_text
from dnsemu.drill.traffic import Measure, by_address, dead_share, extremes, share_of, times_of


@dataclass(frozen=True, slots=True)
class Miss:
    """One population for which an expectation did not hold; `at_us` is the instant, `seen` the value then."""

    population: str
    at_us: int
    expected: str
    seen: str


@dataclass(frozen=True, slots=True)
class ExpectationVerdict:
    """The verdict on one expectation; it holds if nothing was missed."""

    expectation: Expectation
    misses: tuple[Miss, ...]

    @property
    def holds(self) -> bool:
        """True if the expectation held for every population that it names."""
        return not self.misses


def judge(
    expectations: Sequence[Expectation], behaviours: Mapping[str, Behaviour], measures: Mapping[str, Measures]
) -> tuple[ExpectationVerdict, ...]:
    """Judges all expectations."""
    found = []
    for expectation in expectations:
        named = behaviours if expectation.population == EVERY_POPULATION else [expectation.population]
        misses = (_miss(expectation, behaviours[name], measures[name]) for name in named)
        found.append(ExpectationVerdict(expectation, tuple(miss for miss in misses if miss is not None)))
    return tuple(found)


def _miss(expectation: Expectation, behaviour: Behaviour, measures: Measures) -> Miss | None:
    match expectation.wants:
        case Gets() as gets:
            return _gets(gets, expectation, behaviour)
        case Never(incident):
            return _never(incident, expectation, behaviour)
        case Recovers(within_us):
            return _recovers(within_us, expectation, measures)
        case ErrorMinutes(most):
            seen = measures.error_minutes
            if seen <= Fraction(str(most)):
                return None
            name = behaviour.population.name
            return Miss(name, behaviour.end_us, f"at most {most:g} error minutes", f"{float(seen):.4g} error minutes")


def _gets(gets: Gets, expectation: Expectation, behaviour: Behaviour) -> Miss | None:
    least, most = Fraction(str(gets.least)) / 100, Fraction(str(gets.most)) / 100
    low, high = extremes(behaviour, share_of(gets.addresses), expectation.from_us, expectation.to_us)
    if low[0] >= least and high[0] <= most:
        return None
    at_us = low[1] if low[0] < least else high[1]
    span = percent(least) if gets.most == 100 or gets.least == gets.most else f"{percent(least)} to {percent(most)}"
    expected = f"{span} of requests at {', '.join(gets.addresses)}"
    return Miss(behaviour.population.name, at_us, expected, division_text(by_address(behaviour, at_us)))


def _never(incident: Incident, expectation: Expectation, behaviour: Behaviour) -> Miss | None:
    times = times_of(behaviour, _MEASURES[incident])
    inside = [max(first, expectation.from_us) for first, last in times if last >= expectation.from_us]
    if not inside or min(inside) >= expectation.to_us:
        return None
    at_us = min(inside)
    seen = division_text(by_address(behaviour, min(at_us + behaviour.population.interval_us - 1, behaviour.end_us - 1)))
    return Miss(behaviour.population.name, at_us, f"never {incident.value}", f"{_SEEN[incident]}: {seen}")


def _recovers(within_us: int, expectation: Expectation, measures: Measures) -> Miss | None:
    assert expectation.after is not None
    name, at_us = measures.population.name, expectation.after.at_us
    recovered_us = measures.recovery_after(at_us)
    expected = f"requests succeed again within {time_text(within_us)}"
    if recovered_us is None:
        return Miss(name, at_us + within_us, expected, "requests still fail at the end, or a largest TTL before it")
    if recovered_us <= within_us:
        return None
    return Miss(name, at_us + recovered_us, expected, f"the last request fails after {time_text(recovered_us)}")


def _using(is_meant: Callable[[DrillAnswer], bool]) -> Measure:
    return lambda requests: sum((part for answer, part in requests.use.items() if is_meant(answer)), Fraction(0))


_MEASURES: Mapping[Incident, Measure] = {
    Incident.BLACK_HOLE: _using(lambda answer: bool(answer.empty) and answer.empty != SERVFAIL),
    Incident.FAIL_OPEN: _using(lambda answer: answer.fails_open),
    Incident.ZERO_WEIGHT: _using(lambda answer: answer.wakes_zero_weight),
    Incident.DEAD_ADDRESS: dead_share,
    Incident.SERVFAIL: _using(lambda answer: answer.empty == SERVFAIL),
}

_SEEN = {
    Incident.BLACK_HOLE: "replies without an answer",
    Incident.FAIL_OPEN: "answers although nothing is healthy",
    Incident.ZERO_WEIGHT: "answers of weight 0",
    Incident.DEAD_ADDRESS: "requests to an address that is down",
    Incident.SERVFAIL: "replies with SERVFAIL",
}


def percent(share: Fraction) -> str:
    """Formats a share: `12.5 %`."""
    return f"{float(share * 100):.4g} %"


def division_text(division: Mapping[str, Fraction]) -> str:
    """Formats the shares of addresses, the largest first."""
    return ", ".join(f"{address} {percent(share)}" for address, share in in_order(division))


def in_order(division: Mapping[str, Fraction]) -> Iterator[tuple[str, Fraction]]:
    """The addresses with a share, the largest first."""
    return iter(sorted(((a, s) for a, s in division.items() if s), key=lambda pair: (-pair[1], pair[0])))
