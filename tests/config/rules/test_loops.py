"""Rules for rings of CNAMEs and aliases, and for long chains of aliases."""

from itertools import pairwise

import pytest
from immutables import Map

from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, RecordSet
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.checked_zone import StoredZone
from dnsemu.config.rules.loops import MAX_GROUPS_FOLLOWED, closes_loop
from tests.config.rules.zone_files import FIRST_LINE, a, alias, assert_refused, chain, errors, zone


def cname(name, target, rest=""):
    return f"{{name: {name}, type: CNAME, ttl: 60, resource_records: [{target}]{rest and ', '}{rest}}}"


TARGET, VALUES = ".alias_target.dns_name", ".resource_records"
REFUSED = [
    pytest.param([alias("a", "a.shop.test")], "A170a", "alias-cycle", 0, TARGET,
                 "of type A lead in a circle: a.shop.test. → a.shop.test.", id="A170a R112 onto itself"),
    pytest.param([alias("a", "b.shop.test"), alias("b", "c.shop.test"), alias("c", "a.shop.test")], "A170a",
                 "alias-cycle", 2, TARGET, "a.shop.test. → b.shop.test. → c.shop.test. → a.shop.test.",
                 id="A170a in a circle"),
    pytest.param([cname("s", "S.shop.test.")], "A170a", "cname-cycle", 0, VALUES,
                 "of type CNAME lead in a circle: s.shop.test. → s.shop.test.", id="A170a a CNAME onto itself"),
    pytest.param([cname("a", "b.shop.test"), cname("b", "a.shop.test")], "A170a", "cname-cycle", 1, VALUES,
                 "a.shop.test. → b.shop.test. → a.shop.test.", id="A170a two CNAMEs"),
    pytest.param([cname("a", "b.shop.test"), alias("b", "a.shop.test", type="CNAME")], "A170a", "alias-cycle", 1,
                 TARGET, "a.shop.test. → b.shop.test. → a.shop.test.", id="A170a a CNAME and an alias onto it"),
    pytest.param([cname("a", "x.test", "set_identifier: s, weight: 1"),
                  cname("a", "b.shop.test", "set_identifier: t, weight: 0"), cname("b", "a.shop.test")], "A170a",
                 "cname-cycle", 2, VALUES, "a.shop.test. → b.shop.test. → a.shop.test.",
                 id="A170a through one member of a group"),
    pytest.param(chain(16), "R112", "alias-depth", 0, TARGET,
                 "the chain of aliases that begins at c0.shop.test. has 17 levels, and 16 are followed",
                 id="R112 more than sixteen levels"),
    pytest.param([*chain(16), alias("side", "c15.shop.test")], "R112", "alias-depth", 0, TARGET,
                 "begins at c0.shop.test.", id="R112 a short way into a long chain"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "rule", "id", "at", "field", "words"), REFUSED)
def test_refused(entries, rule, id, at, field, words):
    assert_refused(entries, rule, id, at, field, words)


ACCEPTED = [
    pytest.param([cname("a", "b.shop.test"), cname("b", "x.test")], id="A170a out of the zone"),
    pytest.param([cname(f"n{n}", f"n{n + 1}.shop.test") for n in range(40)], id="R112 CNAMEs are no levels of aliases"),
    pytest.param(["{name: '*', type: CNAME, ttl: 60, resource_records: [x.shop.test]}"],
                 id="A170a what only a wildcard covers leads nowhere"),
    pytest.param([cname("a", "b.shop.test"), alias("b", "c.shop.test"), a("c")], id="A170a a CNAME onto an alias"),
]  # fmt: skip


@pytest.mark.parametrize("entries", ACCEPTED)
def test_accepted(entries):
    assert load_text("shop.yaml", zone(*entries)).world.hosted_zones


def test_r112_a_chain_may_be_long_and_a_zone_large():
    """The search does not recurse, and does not follow the chain from each of its aliases."""
    (error,) = errors(*chain(5_000))
    assert (error.id, error.line) == ("alias-depth", FIRST_LINE)


def test_long_circles_are_found_without_recursion():
    """A170a: a circle of any length is found once in a file."""
    size = 3000
    for entry, id in ((alias, "alias-cycle"), (cname, "cname-cycle")):
        found = errors(*(entry(f"n{i}", f"n{(i + 1) % size}.shop.test") for i in range(size)))
        assert [error.id for error in found] == [id]


# --- one insertion ---

ZONE = names.parse("shop.test")


class CountingZone(StoredZone):
    """A hosted zone that counts the names whose record sets are read."""

    reads = 0

    def at(self, name):
        self.reads += 1
        return super().at(name)


def counting_zone(*record_sets):
    return CountingZone(HostedZone("Z1", ZONE, Map({r.key: r for r in record_sets})))


def leads(name, target):
    to = AliasTarget("Z1", names.parse(f"{target}.shop.test"), evaluate_target_health=False)
    return RecordSet(names.parse(f"{name}.shop.test"), RRType.A, alias=to)


def test_a170a_an_insertion_reads_only_what_it_leads_to():
    """The other record sets of a zone cost nothing, however many there are."""
    others = (leads(f"x{n}", f"x{n + 1}") for n in range(2_000))
    zone = counting_zone(*others, leads("b", "c"), leads("c", "d"), leads("d", "e"))
    assert not closes_loop(leads("a", "b"), zone)
    assert zone.reads == 4
    assert closes_loop(leads("d", "b"), zone)


def test_a170a_a_chain_of_any_length_costs_a_bounded_number_of_reads():
    """A ring of a thousand groups is found, a longer one is not looked for: it is answered with SERVFAIL (R112)."""
    size = MAX_GROUPS_FOLLOWED
    row = [leads(f"n{here}", f"n{there}") for here, there in pairwise(range(2 * size))]
    zone = counting_zone(*row)
    assert closes_loop(leads(f"n{size - 1}", "n0"), zone)
    assert not closes_loop(leads(f"n{2 * size - 1}", "n0"), zone)
    assert zone.reads < 2 * size


def test_a170a_a_tree_with_many_ways_to_a_group_reads_it_once():
    rows = [leads(f"{level}-{n}", f"{level + 1}-{m}") for level in range(5) for n in range(4) for m in range(4)]
    members = [RecordSet(r.name, r.type, set_identifier=str(n), alias=r.alias) for n, r in enumerate(rows)]
    zone = counting_zone(*members)
    assert not closes_loop(leads("top", "0-0"), zone)
    assert zone.reads == 21
