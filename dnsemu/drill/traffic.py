"""Traffic of a population over time: the share of each address, and the extremes of a share. Pure.

The share at an instant counts each client's last request up to then: one request of each client, those of the last
interval.
"""

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction

from dnsemu.drill.clients import Behaviour, PhaseClass, Requests

Measure = Callable[[Requests], Fraction]
"""A share of a class's requests."""


def share_of(addresses: Collection[str]) -> Measure:
    """Measures the share of requests that first go to some addresses."""
    wanted = frozenset(addresses)

    def measure(requests: Requests) -> Fraction:
        parts = (part * s for a, part in requests.use.items() for address, s in a.shares if address in wanted)
        return sum(parts, Fraction(0))

    return measure


def failing_share(retries: int) -> Measure:
    """Measures the share of requests that fail, in spite of retries."""

    def measure(requests: Requests) -> Fraction:
        return sum((part * a.failing_share(requests.dead, retries) for a, part in requests.use.items()), Fraction(0))

    return measure


def dead_share(requests: Requests) -> Fraction:
    """Measures the share of requests whose first address is dead."""
    return sum((part * a.dead_share(requests.dead) for a, part in requests.use.items()), Fraction(0))


def by_address(behaviour: Behaviour, at_us: int) -> dict[str, Fraction]:
    """The share of each address at an instant; of empty replies, of their reasons."""
    found: dict[str, Fraction] = {}
    for part, requests in _last_requests(behaviour, at_us):
        for answer, use in requests.use.items():
            for address, share in answer.shares:
                found[address] = found.get(address, Fraction(0)) + part * use * share
    return found


def share_at(behaviour: Behaviour, measure: Measure, at_us: int) -> Fraction:
    """A share at an instant."""
    return sum((part * measure(requests) for part, requests in _last_requests(behaviour, at_us)), Fraction(0))


def _last_requests(behaviour: Behaviour, at_us: int) -> Iterator[tuple[Fraction, Requests]]:
    """Yields parts of the population, with the state of their last requests up to an instant."""
    population = behaviour.population
    number, phase = divmod(at_us, population.interval_us)
    before = -(-(phase + 1) * population.clients // population.interval_us)  # the clients of at most this phase
    first = 0
    for each in behaviour.classes:
        early = min(max(before - first, 0), each.clients)
        if early:
            yield Fraction(early, population.clients), each.at(min(number, each.count - 1))
        if early < each.clients:
            yield Fraction(each.clients - early, population.clients), each.at(min(number - 1, each.count - 1))
        first += each.clients


def extremes(
    behaviour: Behaviour, measure: Measure, from_us: int, to_us: int
) -> tuple[tuple[Fraction, int], tuple[Fraction, int]]:
    """The least and the greatest share of any interval's requests between two instants, each with its instant.

    A share moves in one direction while the clients of a class make one request, so only the beginnings and ends of
    those times are looked at.
    """
    interval_us = behaviour.population.interval_us
    start_us = max(min(from_us + interval_us, to_us) - 1, from_us)
    known: dict[int, Fraction] = {}

    def measured(requests: Requests) -> Fraction:
        if id(requests) not in known:
            known[id(requests)] = measure(requests)
        return known[id(requests)]

    instants = {start_us, max(to_us - 1, start_us)}
    for each in behaviour.classes:
        instants.update(at for at in _turns(each, interval_us, measured) if start_us < at < to_us)
    shares = [(share_at(behaviour, measured, at), at) for at in sorted(instants)]
    return min(shares), max(shares, key=lambda pair: (pair[0], -pair[1]))


def _turns(each: PhaseClass, interval_us: int, measure: Measure) -> Iterator[int]:
    """Yields the instants just before a class's share changes, and when it has changed."""
    before = None
    for stretch in each.stretches:
        share = measure(stretch.value)
        if before is not None and share != before:
            at_us = stretch.first * interval_us
            yield at_us + each.first_us - 1
            yield at_us + each.end_us - 1
        before = share


def times_of(behaviour: Behaviour, measure: Measure) -> list[tuple[int, int]]:
    """First and last instant of each run of requests with a share above 0, by the first."""
    interval_us = behaviour.population.interval_us
    found = [
        (each.first_us + first * interval_us, each.end_us - 1 + (end - 1) * interval_us)
        for each in behaviour.classes
        for first, end, requests in each.runs()
        if measure(requests)
    ]
    return sorted(found)


def request_count(behaviour: Behaviour) -> int:
    """The number of requests of the whole drill."""
    return sum(each.clients * each.count for each in behaviour.classes)


def expected(behaviour: Behaviour, measure: Measure) -> Fraction:
    """The expected number of requests of the whole drill that a measure counts."""
    return sum(
        (
            each.clients * (end - first) * measure(requests)
            for each in behaviour.classes
            for first, end, requests in each.runs()
        ),
        Fraction(0),
    )
