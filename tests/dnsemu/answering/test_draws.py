"""DNS replies are drawn with exactly the decided shares, for random trees, places and health.

Every outcome of the dice is enumerated, so nothing is sampled.
"""

from fractions import Fraction
from ipaddress import ip_network
from itertools import combinations, count, permutations
from math import comb

import dns.message
import dns.rcode
from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from dnsemu.answering.resolution import ZoneSurroundings
from dnsemu.config import names
from dnsemu.config.model.geo import DeclaredPlace, Geo, GeoNetwork
from dnsemu.config.model.world import World
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.policies.decide import BrokenAlias, Leaf, decide
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.model import Sample
from dnsemu.publication.board import Board, Published
from dnsemu.server.responder import Responder
from dnsemu.wire.addresses import packed_address
from dnsemu.zone.catalog import Catalog
from tests.builders import geo, geoproximity, latency, multivalue, primary, record_set, secondary, weighted, zone
from tests.rounds import rounds

ZONE = "test"
SOURCES = ["198.51.100.1", "203.0.113.1", "192.0.2.1"]
GEO = Geo(
    networks=(
        GeoNetwork(ip_network("198.51.100.0/24"), DeclaredPlace(country="DE")),
        GeoNetwork(ip_network("203.0.113.0/24"), DeclaredPlace(country="JP")),
    )
)
QUERY = dns.message.make_query("g0.test.", "A").to_wire()


class EnumeratedDice:
    """Dice that enumerate their outcomes: `outcomes` calls a function once for each, with its exact probability."""

    def __init__(self):
        self._draws = []
        self._next = 0

    def outcomes(self, run):
        """Yields (result of `run()`, probability) for each outcome of the dice."""
        self._draws = []
        while True:
            self._next = 0
            outcome = run()
            probability = Fraction(1)
            for _, ways in self._draws:
                probability /= ways
            yield outcome, probability
            while self._draws and self._draws[-1][0] == self._draws[-1][1] - 1:
                self._draws.pop()
            if not self._draws:
                return
            drawn, ways = self._draws[-1]
            self._draws[-1] = drawn + 1, ways

    def randrange(self, stop):
        if self._next == len(self._draws):
            self._draws.append((0, stop))
        drawn, ways = self._draws[self._next]
        assert ways == stop, "the same draws before lead to the same draw now"
        self._next += 1
        return drawn

    def sample(self, population, k):
        return list(combinations(population, k))[self.randrange(comb(len(population), k))]

    def shuffle(self, x):
        """Does nothing: an answer is compared as a set."""


def _failover(name, number, id, **more):
    return (primary, secondary)[number](name, **({"check": "h0"} | more if number == 0 else more))


POLICIES = {
    "simple": ((1,), lambda name, number, id, **more: record_set(name, **more)),
    "weighted": ((1, 2, 3), lambda name, number, id, **more: weighted(name, (0, 1, 2)[number], id, **more)),
    "failover": ((1, 2), _failover),
    "latency": ((1, 2, 3), lambda name, number, id, **more: latency(name, ("us-east-1", "eu-west-1", "ap-northeast-1")[number], **more)),
    "geolocation": ((1, 2, 3), lambda name, number, id, **more: geo(name, id, country=("JP", "DE", "*")[number], **more)),
    "geoproximity": ((1, 2), lambda name, number, id, **more: geoproximity(name, id, region=("us-east-1", "eu-west-1")[number], **more)),
    "multivalue": ((1, 2, 9, 10), lambda name, number, id, **more: multivalue(name, id, **more)),
}  # fmt: skip
"""Policy → possible sizes of a group, and a function that makes a member."""

LEAVES_ONLY = {"multivalue"}
CHECKS = ["h0", "h1", "h2", "h3"]


@st.composite
def trees(draw):
    """Draws groups g0, g1, … of one policy each; members are leaves, or aliases to later groups or to a missing one."""
    size = draw(st.integers(1, 4))
    addresses = (f"192.0.2.{number}" for number in count(1))
    sets = []
    for number in range(size):
        policy = draw(st.sampled_from(sorted(POLICIES)))
        sizes, make = POLICIES[policy]
        for member in range(draw(st.sampled_from(sizes))):
            more = {"values": next(addresses)}
            check = draw(st.sampled_from([None, *CHECKS]))
            if check:
                more["check"] = check
            if policy not in LEAVES_ONLY and draw(st.booleans()):
                target = draw(st.integers(number + 1, size))
                more |= {"alias": f"g{target}.test", "eth": draw(st.booleans())}
            sets.append(make(f"g{number}.test", member, f"{number}-{member}", **more))
    return sets


def decided(node):
    """Returns the exact share of each answer below a node; an answer is the set of its addresses."""
    if isinstance(node, Leaf):
        return {frozenset(node.record_set.values): Fraction(1)}
    if isinstance(node, BrokenAlias) or node.outcome is None:
        return {frozenset(): Fraction(1)}
    if isinstance(node.outcome, Sample):
        subsets = list(combinations(node.outcome.members, node.outcome.size))
        return {frozenset(v for r in subset for v in r.values): Fraction(1, len(subsets)) for subset in subsets}
    shares = {}
    for member, share in node.outcome.shares():
        for answer, part in decided(node.below(member)).items():
            shares[answer] = shares.get(answer, 0) + share * part
    return {answer: share for answer, share in shares.items() if share}


@settings(max_examples=rounds(150), deadline=None)
@given(trees(), st.sets(st.sampled_from(CHECKS)), st.sampled_from(SOURCES))
def test_the_wire_answers_with_exactly_the_decided_shares(record_sets, down, source):
    """R59, R65, R90: the drawn answers are those of the decision, with their shares."""
    compiled = zone(ZONE, *record_sets)
    health = HealthBoard()
    health.publish(Map(dict.fromkeys(down, Status.UNHEALTHY)))
    catalog, locator, dice = Catalog.of([compiled]), Locator(GEO), EnumeratedDice()
    responder = Responder(Board(Published(World(geo=GEO), catalog, locator)), health, dice, str)
    handler = responder.handlers().tcp

    client = locator.locate(packed_address(source), 32).client
    group = compiled.group(names.parse("g0.test"), RRType.A)
    expected = decided(decide(group, client, ZoneSurroundings(catalog, compiled, health.current)))

    drawn = {}
    for reply, probability in dice.outcomes(lambda: handler(QUERY, source)):
        message = dns.message.from_wire(reply)
        assert message.rcode() == dns.rcode.NOERROR
        answer = frozenset(str(rdata) for rrset in message.answer for rdata in rrset)
        drawn[answer] = drawn.get(answer, 0) + probability
    assert drawn == expected


def test_every_order_of_a_few_hosts_is_equally_likely():
    """R146: also if names in the values are compressed against each other; the first time and from the cache."""
    hosts = [f"{number} {host}.test" for number, host in enumerate(("a", "b", "far.a"))]
    compiled, dice = zone(ZONE, record_set("mx.test", "MX", hosts), record_set("a.test")), EnumeratedDice()
    catalog = Catalog.of([compiled])
    handler = Responder(Board(Published(World(), catalog, Locator(Geo()))), HealthBoard(), dice, str).handlers().udp
    query = dns.message.make_query("mx.test", "MX").to_wire()
    for _ in range(3):
        drawn = {}
        for reply, probability in dice.outcomes(lambda: handler(query, SOURCES[0])):
            order = tuple(
                str(rdata) for rrset in dns.message.from_wire(reply, one_rr_per_rrset=True).answer for rdata in rrset
            )
            drawn[order] = drawn.get(order, 0) + probability
        assert drawn == dict.fromkeys(permutations(f"{text}." for text in hosts), Fraction(1, 6))


def test_enumerated_dice_are_fair():
    dice = EnumeratedDice()
    pairs = list(dice.outcomes(lambda: (dice.randrange(2), dice.sample("abc", 2))))
    assert sum(probability for _, probability in pairs) == 1
    assert {(first, "".join(second)) for (first, second), _ in pairs} == {
        (n, s) for n in (0, 1) for s in ("ab", "ac", "bc")
    }
