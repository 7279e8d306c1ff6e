"""Walks over graphs end whatever they are given: rings, and chains longer than Python's stack."""

from dataclasses import replace
from fractions import Fraction

import pytest

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.loops import chain_problems
from dnsemu.explain.shares import shares_of
from dnsemu.explain.status import shares_behind
from dnsemu.explain.tree import explain
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.policies.decide import AliasProblem
from dnsemu.what_if.failures import health_when
from dnsemu.what_if.plan import what_if
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import apply_changes, compile_zone
from tests.builders import ANYONE, hosted_zone, primary, record_set, secondary, weighted
from tests.dnsemu.what_if.test_what_if import calculated, done, probe, published

LONG = 3000
"""Levels: more than Python's stack has."""


@pytest.mark.parametrize("checks", [
    pytest.param([calculated("a", 1, "a")], id="H81 its own child"),
    pytest.param([calculated("a", 1, "b", "x"), calculated("b", 1, "c", "x"), calculated("c", 1, "a"), probe("x")],
                 id="H81 a ring of three"),
    pytest.param([calculated("a", 1, "l0")] + [calculated(f"l{n}", 1, f"l{n + 1}") for n in range(LONG)]
                 + [probe(f"l{LONG}")], id="H85 a long chain"),
])  # fmt: skip
def test_what_if_ends_below_calculated_checks(checks):
    declared = {check.id: check for check in checks}
    assert set(health_when((), ["a"], declared).status) == {"a"}
    found, _ = done(
        what_if(published(primary("www.test", check="a"), secondary("www.test"), checks=checks), ["www.test"])
    )
    assert found
    _, named = shares_behind(published(primary("www.test", check="a"), checks=checks), HealthSnapshot(), ANYONE, WWW)
    assert named == declared.keys()


def test_h78_h85_levels_of_calculated_checks_fail_together():
    checks = [calculated("top", 1, "mid"), calculated("mid", 2, "x", "y"), probe("x"), probe("y")]
    declared = {check.id: check for check in checks}
    statuses = {failed: health_when({failed}, ["top"], declared).status["top"] for failed in ("x", "mid", "other")}
    assert statuses == {"x": Status.UNHEALTHY, "mid": Status.UNHEALTHY, "other": Status.HEALTHY}


WWW = names.parse("www.test")
RING = [
    primary("www.test", alias="a.test", check="hc"),
    secondary("www.test", alias="b.test"),
    record_set("a.test", alias="b.test"),
    weighted("b.test", 1, "back", alias="www.test"),
    weighted("b.test", 1, "leaf", check="hc"),
]
CHAIN = [
    primary("www.test", alias="c0.test", check="hc"),
    secondary("www.test"),
    *(record_set(f"c{n}.test", alias=f"c{n + 1}.test") for n in range(LONG)),
    record_set(f"c{LONG}.test"),
]


@pytest.mark.parametrize("record_sets", [pytest.param(RING, id="R118 a ring"), pytest.param(CHAIN, id="R112 a chain")])
def test_every_walk_along_aliases_ends(record_sets):
    """No entrance refuses all of them: a ring may lead through two hosted zones, and a chain of the API has no limit."""
    here = published(*record_sets)
    for health in (HealthSnapshot(), health_when({"hc"}, ["hc"], here.world.health_checks)):
        link = resolve(here.catalog, health, ANYONE, WWW, RRType.A)
        shares = shares_of(link)
        assert sum(shares.answers.values()) + sum(shares.empty.values()) == 1
        explain(link, 0, lambda check: "")
        shares_behind(here, health, ANYONE, WWW)
    done(what_if(here, ["www.test"]))
    list(chain_problems(record_sets, HostedZoneId("Z1")))
    compiled = compile_zone(hosted_zone("test", *record_sets))
    assert apply_changes(compiled, [(record_sets[0].key, None)]).nodes


def test_r55_a_ring_of_cnames_ends():
    here = published(record_set("www.test", "CNAME", "a.test"), record_set("a.test", "CNAME", "www.test"))
    link = resolve(here.catalog, HealthSnapshot(), ANYONE, WWW, RRType.A)
    assert len(shares_of(link).answers) == 1
    shares_behind(here, HealthSnapshot(), ANYONE, WWW)


def test_r102a_what_if_keeps_record_sets_of_one_name_in_two_zones_apart():
    """Both zones have `x.b.test`: the answers of one, and the failover below the other."""
    outer = [
        primary("www.test", alias="x.b.test"),
        secondary("www.test", alias="x.b.test", alias_zone="Z2"),
        weighted("x.b.test", 1, "outer", check="hc"),
    ]
    here = published(*outer)
    inner = compile_zone(
        replace(hosted_zone("b.test", weighted("x.b.test", 1, "inner", check="other")), id=HostedZoneId("Z2"))
    )
    zones = [compile_zone(hosted_zone("test", *outer)), inner]
    checks = here.world.health_checks.set("other", probe("other"))
    here = replace(here, catalog=Catalog.of(zones), world=replace(here.world, health_checks=checks))
    down = health_when({"hc"}, ["hc"], checks)
    link = resolve(here.catalog, down, ANYONE, WWW, RRType.A)
    assert {r.set_identifier: share for r, share in shares_of(link).answers.items()} == {"inner": Fraction(1)}
    found, _ = done(what_if(here, ["www.test"]))
    assert "hc" in str(found)
    assert "other" in str(found)


def test_r112_a_chain_that_is_too_deep_is_told_as_such():
    link = resolve(published(*CHAIN).catalog, HealthSnapshot(), ANYONE, WWW, RRType.A)
    assert {reply.why for reply in shares_of(link).empty} <= {AliasProblem.TOO_DEEP}
