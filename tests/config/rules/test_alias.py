"""Rules for aliases: targets, loops, long chains."""

import pytest

from dnsemu.config.file.load import load_text
from tests.config.rules.zone_files import FIRST_LINE, a, alias, assert_refused, chain, errors, zone

REFUSED = [
    pytest.param([alias("a", "a.shop.test")], "R112", "alias-itself", 0, ".alias_target.dns_name",
                 "the alias targets itself", id="R112 onto itself"),
    pytest.param([alias("a", "b.shop.test"), alias("b", "c.shop.test"), alias("c", "a.shop.test")], "R112", "alias-cycle",
                 2, ".alias_target.dns_name", "a.shop.test. → b.shop.test. → c.shop.test. → a.shop.test.",
                 id="R112 in a circle"),
    pytest.param(chain(16), "R112", "alias-depth", 0, ".alias_target.dns_name",
                 "the chain of aliases that begins at c0.shop.test. has 17 levels, and 16 are followed",
                 id="R112 more than sixteen levels"),
    pytest.param([*chain(16), alias("side", "c15.shop.test")], "R112", "alias-depth", 0, ".alias_target.dns_name",
                 "begins at c0.shop.test.", id="R112 a short way into a long chain"),
    pytest.param([a("b"), alias("a", "b.shop.test", type="AAAA")], "A170", "alias-target-missing", 1,
                 ".alias_target.dns_name", "Tried to create an alias that targets b.shop.test., type AAAA in zone "
                 "Z46V3DU0VJV06GAETLSQ1, but that target was not found", id="R39.13 R102 A170 of another type"),
    pytest.param(["{name: b, type: CNAME, ttl: 60, resource_records: [x.test]}", alias("a", "b.shop.test")], "A170",
                 "alias-target-missing", 1, ".alias_target.dns_name", "but that target was not found",
                 id="A170 A420 a CNAME does not count"),
    pytest.param([alias("a", "www.other.test")], "A169", "alias-outside-zone", 0, ".alias_target.dns_name",
                 "but the alias target name does not lie within the target zone", id="R39.12 A169 outside the zone"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "rule", "id", "at", "field", "words"), REFUSED)
def test_refused(entries, rule, id, at, field, words):
    assert_refused(entries, rule, id, at, field, words)


def test_r112_a_chain_may_be_long_and_a_zone_large():
    """The search does not recurse, and does not follow the chain from each of its aliases."""
    (error,) = errors(*chain(5_000))
    assert (error.id, error.line) == ("alias-depth", FIRST_LINE)


def test_r107_an_alias_elsewhere_is_a_warning():
    """R106, R107: an alias to an undeclared AWS resource or another hosted zone is answered with NODATA."""
    target = "{hosted_zone_id: Z2FDTNDATAQYW2, dns_name: d1.cloudfront.net, evaluate_target_health: false}"
    loaded = load_text("shop.yaml", zone(f"{{name: cdn, type: A, alias_target: {target}}}"))
    (warning,) = loaded.warnings
    assert (warning.rule, warning.id, warning.line) == ("R107", "alias-elsewhere", FIRST_LINE)
    (found,) = loaded.world.hosted_zones.values()
    (cdn,) = (r for r in found.record_sets.values() if r.alias)
    assert cdn.alias.hosted_zone_id == "Z2FDTNDATAQYW2"


def test_r102_a_pasted_zone_id_is_replaced_by_the_zones_id():
    target = "{hosted_zone_id: /hostedzone/Z0OTHER, dns_name: B.shop.test, evaluate_target_health: false}"
    (found,) = load_text(
        "shop.yaml", zone(a("b"), f"{{name: a, type: A, alias_target: {target}}}")
    ).world.hosted_zones.values()
    (alias_set,) = (r for r in found.record_sets.values() if r.alias)
    assert alias_set.alias.hosted_zone_id == found.id


def test_long_circles_are_found_without_recursion():
    size = 3000
    found = errors(*(alias(f"n{i}", f"n{(i + 1) % size}.shop.test") for i in range(size)))
    assert [error.id for error in found] == ["alias-cycle"]
