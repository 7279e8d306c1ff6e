"""The client model equals the slow path, which enumerates every request and every reply, exactly."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from dnsemu.config import names
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.drill.answers import distribution
from dnsemu.drill.clients import behave
from dnsemu.drill.measures import last_before_quiet
from dnsemu.drill.model import ENDLESS, JAVA, US_PER_S, Caching, DrillPopulation
from dnsemu.drill.traffic import by_address, expected, extremes, failing_share, request_count, share_of, times_of
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.zone.catalog import Catalog
from tests.builders import ANYONE, multivalue, primary, record_set, secondary, weighted, zone
from tests.dnsemu.drill.slow_path import US, SlowClients, replies
from tests.rounds import rounds

NAMES = ("w.test", "f.test", "m.test", "alias.test", "cname.test", "broken.test", "none.test", "late.test")
ADDRESSES = tuple(f"192.0.2.{n}" for n in range(1, 7))
CHECKS = ("a", "b", "c")

ttls = st.sampled_from((0, 1, 3, 4, 7))


@st.composite
def catalogs(draw):
    """A zone with a group of every kind; TTLs and weights vary."""
    weights = draw(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)))
    many = draw(ttls)
    return Catalog.of(
        [
            zone(
                "test",
                *(
                    weighted("w.test", weight, f"{n}", values=ADDRESSES[n : n + 1 + n % 2], ttl=draw(ttls), check=check)
                    for n, (weight, check) in enumerate(zip(weights, CHECKS, strict=True))
                ),
                primary("f.test", values=ADDRESSES[0], ttl=draw(ttls), check="a"),
                secondary("f.test", alias="m.test"),
                *(
                    multivalue("m.test", f"{n}", values=a, ttl=many, check="abc"[n % 3])
                    for n, a in enumerate(ADDRESSES[:4])
                ),
                record_set("alias.test", alias="w.test"),
                weighted("cname.test", 1, "near", type_="CNAME", values="f.test", ttl=draw(ttls), check="b"),
                weighted("cname.test", 2, "far", type_="CNAME", values="none.test", ttl=draw(ttls), check="c"),
                primary("broken.test", alias="0.deep.test", eth=False, check="a"),
                secondary("broken.test", values=ADDRESSES[5], ttl=draw(ttls)),
                record_set("late.test", "AAAA", "2001:db8::1"),
                *(record_set(f"{n}.deep.test", alias=f"{n + 1}.deep.test") for n in range(17)),
            )
        ]
    )


def steps(values):
    """Values from the start on, and from up to five later instants on."""
    later = st.lists(st.tuples(st.integers(1, 24_999_999), values), max_size=5, unique_by=lambda step: step[0])
    return st.tuples(values, later).map(lambda drawn: [(0, drawn[0]), *sorted(drawn[1], key=lambda step: step[0])])


healths = st.frozensets(st.sampled_from(CHECKS)).map(
    lambda down: HealthSnapshot(1, Map(dict.fromkeys(down, Status.UNHEALTHY)))
)
resolvers = st.sampled_from(
    (
        (Caching(), (0, 10**12), 0),
        (Caching(min_us=2 * US), (2 * US, 10**12), 0),
        (Caching(max_us=3 * US), (0, 3 * US), 0),
        (Caching(stale_us=6 * US), (0, 10**12), 6 * US),
        (JAVA, "java", 0),
        (ENDLESS, "forever", 0),
    )
)


def value_at(steps, instant):
    return [value for at, value in steps if at <= instant][-1]


def failing(*down):
    return HealthSnapshot(1, Map(dict.fromkeys(down, Status.UNHEALTHY)))


@pytest.mark.parametrize("interval_us", [US, 3_500_000])
@pytest.mark.parametrize("stale_us", [1, US, 6 * US, 7 * US, 30 * US])
def test_a_stale_answer_is_used_until_its_time_is_over(interval_us, stale_us):
    catalog = Catalog.of(
        [
            zone(
                "test",
                primary("broken.test", alias="0.deep.test", eth=False, check="a"),
                secondary("broken.test", values=ADDRESSES[5], ttl=4),
                *(record_set(f"{n}.deep.test", alias=f"{n + 1}.deep.test") for n in range(17)),
            )
        ]
    )
    compare(catalog, "broken.test", [(0, failing("a")), (5 * US, failing())], [(0, frozenset())], interval_us, stale_us)


def compare(catalog, name, health, dead, interval_us, stale_us):
    """Compares the shares of three clients with a resolver that serves stale answers, at each of their requests."""
    name, clients, end_us = names.parse(name), 3, 25 * US
    caching = Caching(stale_us=stale_us)
    population = DrillPopulation("p", clients, name, RRType.A, interval_us, ANYONE, None, caching)
    answers = [(at, distribution(catalog, value, ANYONE, name, RRType.A)) for at, value in health]
    behaviour = behave(population, answers, dead, end_us)

    def ask(instant):
        return replies(catalog, value_at(health, instant), ANYONE, name, RRType.A)

    slow = SlowClients(clients, interval_us, (0, 10**12), stale_us, 0, end_us, ask, lambda _: frozenset())
    for instant in sorted(at for history in slow.histories for at, _ in history[1:]):
        assert {a: s for a, s in by_address(behaviour, instant).items() if s} == slow.shares_at(instant)


@settings(max_examples=rounds(60), deadline=None)
@given(st.data())
def test_shares_and_failures_equal_those_of_every_request_enumerated(data):
    catalog, health = data.draw(catalogs()), data.draw(steps(healths))
    dead = data.draw(steps(st.frozensets(st.sampled_from(ADDRESSES))))
    name = names.parse(data.draw(st.sampled_from((*NAMES, "0.deep.test"))))
    caching, rule, stale_us = data.draw(resolvers)
    clients, interval_us = data.draw(st.integers(1, 7)), data.draw(st.sampled_from((700_001, US, 2 * US, 3_500_000)))
    retries, end_us = data.draw(st.integers(0, 2)), 25 * US
    population = DrillPopulation("p", clients, name, RRType.A, interval_us, ANYONE, None, caching, retries)
    answers = [(at, distribution(catalog, value, ANYONE, name, RRType.A)) for at, value in health]
    behaviour = behave(population, answers, dead, end_us)
    known = {}

    def ask(instant):
        value = value_at(health, instant)
        if id(value) not in known:
            known[id(value)] = replies(catalog, value, ANYONE, name, RRType.A)
        return known[id(value)]

    slow = SlowClients(
        clients, interval_us, rule, stale_us, retries, end_us, ask, lambda instant: value_at(dead, instant)
    )
    requests = [at for history in slow.histories for at, _ in history[1:]]
    drawn = data.draw(st.lists(st.integers(0, end_us - 1) | st.sampled_from(requests or [0]), max_size=12))
    for instant in (0, 1, *drawn, end_us - 1):
        assert {a: s for a, s in by_address(behaviour, instant).items() if s} == slow.shares_at(instant)
    total, instants = slow.failed()
    assert expected(behaviour, failing_share(retries)) == total
    assert request_count(behaviour) == sum(len(history) - 1 for history in slow.histories)
    times = times_of(behaviour, failing_share(retries))
    assert all(any(first <= instant <= last for first, last in times) for instant in instants)
    for quiet_us in (interval_us, 4 * interval_us):
        last = 0
        for instant in instants:
            if instant - last > quiet_us:
                break
            last = instant
        assert last_before_quiet(times, 0, quiet_us, end_us)[0] == last


@settings(max_examples=rounds(40), deadline=None)
@given(st.data())
def test_the_extremes_of_a_share_are_found_without_looking_at_every_instant(data):
    catalog, health = data.draw(catalogs()), data.draw(steps(healths))
    clients, interval_us, end_us = data.draw(st.integers(1, 9)), data.draw(st.sampled_from((US, 2 * US))), 25 * US
    name = names.parse(data.draw(st.sampled_from(NAMES[:4])))
    population = DrillPopulation("p", clients, name, RRType.A, interval_us, ANYONE)
    answers = [(at, distribution(catalog, value, ANYONE, name, RRType.A)) for at, value in health]
    behaviour = behave(population, answers, [(0, frozenset())], end_us)
    wanted = share_of(ADDRESSES[:2])
    from_us = data.draw(st.integers(0, end_us - 1))
    low, high = extremes(behaviour, wanted, from_us, end_us)
    phases = [interval_us * k // clients for k in range(clients)]
    requests = {phase + n * interval_us for phase in phases for n in range(-1, end_us // interval_us + 1)}
    start_us = min(from_us + interval_us, end_us) - 1
    seen = [
        sum(by_address(behaviour, at).get(address, Fraction(0)) for address in ADDRESSES[:2])
        for at in sorted({start_us, *(at for at in requests if start_us < at < end_us)})
    ]
    one_client = Fraction(1, clients)
    assert min(seen) <= low[0] <= min(seen) + one_client
    assert max(seen) - one_client <= high[0] <= max(seen)
    assert (low[0] == 1) == (min(seen) == 1)
    assert (high[0] == 0) == (max(seen) == 0)


def test_a_million_clients_cost_as_much_as_a_few():
    catalog = Catalog.of([zone("test", weighted("w.test", 1, "a"), weighted("w.test", 3, "b", values="192.0.2.2"))])
    answers = [(0, distribution(catalog, HealthSnapshot(), ANYONE, names.parse("w.test"), RRType.A))]
    dead = [(0, frozenset()), (30 * US_PER_S, frozenset({"192.0.2.2"}))]
    for clients in (10, 1_000_000):
        population = DrillPopulation("p", clients, names.parse("w.test"), RRType.A, 2 * US_PER_S, ANYONE)
        behaviour = behave(population, answers, dead, 600 * US_PER_S)
        assert len(behaviour.classes) == 1
        assert expected(behaviour, failing_share(0)) == Fraction(3, 4) * clients * 285
