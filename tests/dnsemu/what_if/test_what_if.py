"""What-if: all failures of up to N endpoints for every audience, and the findings."""

import json
from fractions import Fraction
from ipaddress import ip_network
from itertools import combinations
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoNetwork
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.config.model.world import World
from dnsemu.explain.questions import BadQuestion
from dnsemu.policies.decide import decide
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import place_named
from dnsemu.publication.board import Published
from dnsemu.what_if.finding_kinds import FindingKind
from dnsemu.what_if.plan import TooMuchWork, what_if
from dnsemu.what_if.rules import RULES, UnknownRule, broken
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.resources import compile_resource
from tests.builders import (
    FakeSurroundings,
    geo,
    ip_based,
    latency,
    leaf_shares,
    multivalue,
    primary,
    record_set,
    resource,
    secondary,
    target,
    weighted,
    zone,
)
from tests.serving import dnsemu, dnsemu_here, serving_files

W = "www.test"
LB = "lb-1.us-east-1.elb.amazonaws.com"


def probe(id, **more):
    return HealthCheck(id, EndpointCheck(EndpointType.TCP, "192.0.2.1", port=80), **more)


def calculated(id, threshold, *children, **more):
    return HealthCheck(id, CalculatedCheck(children, threshold), **more)


def published(*record_sets, checks=(), geo=None, collections=(), resources=()):
    """The record sets, published; health checks that are only named become TCP checks."""
    named = {r.health_check_id for r in record_sets} | {t.health_check_id for r in resources for t in r.targets}
    declared = {id: probe(id) for id in named if id} | {check.id: check for check in checks}
    cidr = Map({collection.id: collection for collection in collections})
    world = World(
        health_checks=Map(declared),
        cidr_collections=cidr,
        geo=geo or Geo(),
        resources=Map({resource.name: resource for resource in resources}),
    )
    catalog = Catalog.of([zone("test", *record_sets)], map(compile_resource, resources))
    return Published(world, catalog, Locator(world.geo, collections=collections))


def done(work):
    """The result of work, and the number of pauses."""
    pauses = 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value, pauses
        pauses += 1


def report(*record_sets, fail=1, of=(W,), type_="A", **more):
    return done(what_if(published(*record_sets, **more), of, type_, fail))[0]


def found(report):
    """The findings in short: kind, effect, failures, and the populations or the record set with the defect."""
    return {
        (f["id"], f["effect"], *(f["fails"] or ()), *f["populations"])
        if f["record_set"] is None
        else (f["id"], f["record_set"]["set_identifier"] or f["record_set"]["name"])
        for f in report["findings"]
    }


def answers(report, *fails):
    """Shares of leaves by population and set identifier after these failures; `-` is no answer, `!` is fail open."""
    (scenario,) = (s for s in report["names"][0]["scenarios"] if s["fails"] == list(fails))
    return {
        row["population"]: {a["set_identifier"] or a["values"][0]: Fraction(a["share"]) for a in row["answers"]}
        | ({"-": sum(Fraction(nothing["share"]) for nothing in row["nothing"])} if row["nothing"] else {})
        | ({"!": Fraction(row["fails_open"]["share"])} if row["fails_open"]["percent"] else {})
        for row in scenario["gets"]
    }


# --- findings ---

OPEN, NOTHING, ONE = "fail-open", "black-hole", "single-point-of-failure"
PAIR = (weighted(W, 1, "a", check="a"), weighted(W, 1, "b", check="b"))


@pytest.mark.parametrize(
    ("record_sets", "expected"),
    [
        pytest.param([record_set(W)], set(), id="a simple record set: nothing could stand in for it"),
        pytest.param(PAIR, set(), id="two checked ones stand in for each other"),
        pytest.param([record_set(W, check="a")], {(ONE, OPEN, "a")}, id="R119 one checked one: it fails open"),
        pytest.param(
            [primary(W, check="a"), secondary(W, check="a")], {(ONE, OPEN, "a")}, id="R72.3 one check for both"
        ),
        pytest.param([primary(W, check="a"), secondary(W)], set(), id="R72.4 a secondary needs no check"),
        pytest.param(
            [weighted(W, 1, "a", check="a"), weighted(W, 1, "b")], {("unchecked", "b")}, id="R114 one has no check"
        ),
        pytest.param(
            [multivalue(W, "a"), multivalue(W, "b", check="b")], {("unchecked", "a")}, id="R90 no check: always healthy"
        ),
        pytest.param(
            [latency(W, "us-east-1"), latency(W, "eu-west-1", check="b")],
            {("unchecked", "us-east-1")},
            id="R67 the nearest has no check",
        ),
        pytest.param(
            [geo(W, "jp", country="JP"), geo(W, "*", country="*")], {("unchecked", "jp")}, id="R80 but the default needs none"
        ),
        pytest.param(
            [geo(W, "jp", country="JP", check="a"), geo(W, "us", country="US", check="b")],
            {
                ("missing-geo-default", NOTHING, "everywhere else, clients nothing locates"),
                (ONE, OPEN, "a", "JP"),
                (ONE, OPEN, "b", "US"),
            },
            id="R78 no default: no answer elsewhere",
        ),
        pytest.param(
            [weighted(W, 10, "heavy", check="a"), weighted(W, 0, "zero", check="b")],
            {("forgotten-zero-weight", "zero")},
            id="R63.5 a zero weight steps in",
        ),
        pytest.param([weighted(W, 0, "a", check="a"), weighted(W, 0, "b", check="b")], set(), id="R63.3 all are zero on purpose"),
        pytest.param(
            [weighted(W, 10, "heavy"), weighted(W, 0, "zero", check="b")],
            {("unchecked", "heavy")},
            id="R64 what never fails lets no zero weight wake",
        ),
        pytest.param(
            [primary(W, alias="x.test"), secondary(W), record_set("x.test")],
            {("primary-without-check", "primary")},
            id="R110 a primary whose target has no check never fails over",
        ),
        pytest.param(
            [weighted(W, 1, "a", alias="x.test", eth=False), weighted(W, 1, "b", check="b"), record_set("x.test", check="c")],
            {("alias-ignores-target-health", "a"), (ONE, OPEN, "c")},
            id="R121 an alias that looks away from its target's health",
        ),
        pytest.param(
            [weighted(W, 1, "a", alias="x.test", check="a"), weighted(W, 1, "b", check="b"),
             weighted("x.test", 1, "x1"), weighted("x.test", 1, "x2")],
            set(),
            id="R122 a check on the alias speaks for all below",
        ),
        pytest.param(
            [primary(W, check="a"), secondary(W, alias="gone.test")],
            {(ONE, NOTHING, "a")},
            id="R107 the secondary leads nowhere",
        ),
        pytest.param([record_set(W, alias="gone.test")], {("black-hole", NOTHING)}, id="R107 the alias leads nowhere"),
        pytest.param(
            [weighted(W, 1, "a", type_="CNAME", values="x.test", check="a"),
             weighted(W, 1, "b", type_="CNAME", values="gone.test", check="b"), record_set("x.test", check="c")],
            {("black-hole", NOTHING), (ONE, OPEN, "c")},
            id="R55 half of the CNAMEs lead nowhere",
        ),
        pytest.param(
            [record_set(W, alias=LB, alias_zone="Z0")], {(ONE, OPEN, "us-east-1")}, id="R111 all targets in one Region"
        ),
    ],
)  # fmt: skip
def test_findings(record_sets, expected):
    lb = resource(LB, *(target(f"10.0.0.{n}", f"t{n}", availability_zone="use1-az1") for n in (1, 2)))
    result = report(*record_sets, resources=[lb])
    assert found(result) == expected
    assert {f["id"] for f in result["findings"]} <= {kind.value for kind in FindingKind}


def test_a_fail_open_of_two_is_no_single_point_and_is_reported_once():
    assert found(report(*PAIR, fail=1)) == set()
    assert found(report(*PAIR, fail=2)) == {("fail-open", OPEN, "a", "b")}
    assert found(report(*PAIR, weighted(W, 1, "c", check="a"), fail=3)) == {("fail-open", OPEN, "a", "b")}


def octodns(*regions):
    """R124: geolocation aliases → failover pools → weighted values with checks; each pool's secondary is the next pool."""
    sets = [
        geo(W, "NA", continent="NA", alias=f"pool-{regions[0]}.test"),
        geo(W, "*", country="*", alias=f"pool-{regions[-1]}.test"),
    ]
    sets += [geo(W, region, country=region, alias=f"pool-{region}.test") for region in regions]
    for region, following in zip(regions, (*regions[1:], None), strict=True):
        pool = f"pool-{region}.test"
        spare = f"pool-{following}.test" if following else "default.test"
        sets += [primary(pool, alias=f"value-{region}.test"), secondary(pool, alias=spare)]
        sets += [weighted(f"value-{region}.test", n, f"{region}{n}", check=f"{region}{n}") for n in (1, 2)]
    return *sets, record_set("default.test", values="192.0.2.99")


def test_r124_a_well_built_tree_is_clean_with_every_endpoint_failed_in_turn():
    result = report(*octodns("US", "DE", "JP"), fail=6)
    assert found(result) == set()
    assert len(result["names"][0]["scenarios"]) == 2**6
    assert broken(RULES, result["findings"]) == []


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        pytest.param([], {"US": {"US1": "1/3", "US2": "2/3"}, "DE": {"DE1": "1/3", "DE2": "2/3"}, "JP": {"JP1": "1/3", "JP2": "2/3"}}, id="R124 all up"),
        pytest.param(["DE1"], {"DE": {"DE2": "1"}}, id="R124 the rest of the pool"),
        pytest.param(["DE1", "DE2"], {"DE": {"JP1": "1/3", "JP2": "2/3"}}, id="R124 the next pool"),
        pytest.param(["JP1", "JP2"], {"JP": {"192.0.2.99": "1"}}, id="R124 the default after the last pool"),
        pytest.param(["US1", "US2"], {"US": {"DE1": "1/3", "DE2": "2/3"}}, id="R124 the next pool for two locations"),
        pytest.param(
            ["DE1", "DE2", "JP1", "JP2", "US1", "US2"],
            {"US": {"192.0.2.99": "1"}, "DE": {"192.0.2.99": "1"}, "JP": {"192.0.2.99": "1"}},
            id="R124 every pool is down",
        ),
    ],
)  # fmt: skip
def test_octodns_answers(fails, expected):
    populations = {"US": "continent NA, US", "DE": "DE", "JP": "JP, everywhere else, clients nothing locates"}
    result = report(*octodns("US", "DE", "JP"), fail=6)
    assert answers(result, *fails) == {
        populations[who]: {leaf: Fraction(share) for leaf, share in shares.items()} for who, shares in expected.items()
    }


# --- endpoints ---


def endpoints(report):
    return {(e["kind"], e["name"]): e["health_checks"] for e in report["names"][0]["endpoints"]}


def test_h78_a_calculated_check_fails_by_its_children():
    result = report(
        primary(W, check="both"), secondary(W), checks=[probe("x"), probe("y"), calculated("both", 2, "x", "y")]
    )
    assert endpoints(result) == {("health check", "x"): ["x"], ("health check", "y"): ["y"]}
    assert answers(result, "x") == {"everyone": {"secondary": 1}}
    result = report(
        primary(W, check="any"), secondary(W), checks=[probe("x"), probe("y"), calculated("any", 1, "x", "y")], fail=2
    )
    assert answers(result, "x") == {}
    assert answers(result, "x", "y") == {"everyone": {"secondary": 1}}


def test_h72_h73_inversion_and_disabling_count():
    result = report(primary(W, check="a"), secondary(W), checks=[probe("a", inverted=True)])
    assert answers(result) == {"everyone": {"secondary": 1}}
    assert answers(result, "a") == {"everyone": {"primary": 1}}
    result = report(primary(W, check="a"), secondary(W), checks=[probe("a", disabled=True)])
    assert endpoints(result) == {}
    assert found(result) == {("primary-without-check", "primary")}


def test_a_region_fails_with_all_its_checks_but_not_with_its_spare():
    sets = [
        latency(W, "us-east-1", alias="us.test"),
        latency(W, "eu-west-1", alias="eu.test"),
        weighted("us.test", 1, "u1", check="u1"),
        weighted("us.test", 1, "u2", check="u2"),
        primary("eu.test", check="e1"),
        secondary("eu.test", check="e2"),
    ]
    result = report(*sets)
    checks = {("health check", name): [name] for name in ("e1", "e2", "u1", "u2")}
    assert endpoints(result) == checks | {("Region", "us-east-1"): ["u1", "u2"]}
    (e1,) = (e for e in result["names"][0]["endpoints"] if e["name"] == "e1")
    assert e1["also"] == [{"kind": "Region", "name": "eu-west-1"}]
    assert [s["when"] for s in result["names"][0]["scenarios"] if s["fails"] == ["e1"]] == ["with e1 (eu-west-1) down"]
    (moved,) = answers(result, "us-east-1").values()
    assert moved == {"primary": 1}


def test_r106_resources_fail_by_target_zone_and_region():
    lb = resource(
        LB,
        target("10.0.0.1", "a", availability_zone="use1-az1"),
        target("10.0.0.2", "b", availability_zone="use1-az2"),
        target("10.0.0.3", "c", availability_zone="use1-az2"),
    )
    result = report(primary(W, alias=LB, alias_zone="Z0"), secondary(W), resources=[lb])
    assert endpoints(result)["Region", "us-east-1"] == ["a", "b", "c"]
    assert endpoints(result)["Availability Zone", "use1-az2"] == ["b", "c"]
    assert answers(result, "us-east-1") == {"everyone": {"secondary": 1}}
    assert answers(result, "use1-az2") == {"everyone": {"10.0.0.1": 1}}
    assert found(result) == set()


# --- without a health check ---

BARE = resource(LB, target("10.0.0.1", availability_zone="use1-az1"), target("10.0.0.2", availability_zone="use1-az2"))


def down(*record_sets, patterns=("region:us-east-1",), of=(W,), resources=(BARE,)):
    return done(what_if(published(*record_sets, resources=resources), of, "A", down=patterns))[0]


def test_h162a_resources_without_a_health_check_fail_with_their_region_and_zone():
    sets = primary(W, alias=LB, alias_zone="Z0"), secondary(W)
    result = report(*sets, resources=[BARE])
    assert endpoints(result) == {
        ("Region", "us-east-1"): [],
        ("Availability Zone", "use1-az1"): [],
        ("Availability Zone", "use1-az2"): [],
    }
    failing = {e["name"]: [t["target"] for t in e["targets"]] for e in result["names"][0]["endpoints"]}
    assert failing == {"us-east-1": ["10.0.0.1", "10.0.0.2"], "use1-az1": ["10.0.0.1"], "use1-az2": ["10.0.0.2"]}
    assert answers(result, "us-east-1") == answers(down(*sets), "us-east-1") == {"everyone": {"secondary": 1}}
    assert answers(result, "use1-az2") == {"everyone": {"10.0.0.1": 1}}
    assert (found(result), result["warnings"]) == (set(), [])


GLOBAL = resource("a1.awsglobalaccelerator.com", target("10.0.0.9"), kind="global-accelerator", region=None)
TO_LB, TO_GLOBAL = {"alias": LB, "alias_zone": "Z0"}, {"alias": "a1.awsglobalaccelerator.com", "alias_zone": "Z0"}


@pytest.mark.parametrize(("record_sets", "expected"), [
    pytest.param([weighted(W, 1, "a", **TO_LB), weighted(W, 1, "b", check="b")], set(), id="H162a a load balancer can fail"),
    pytest.param([weighted(W, 1, "a", **TO_LB, eth=False), weighted(W, 1, "b", check="b")], {("alias-ignores-target-health", "a"), (ONE, OPEN, "us-east-1")}, id="R108 and may be ignored"),
    pytest.param([weighted(W, 1, "a", **TO_GLOBAL), weighted(W, 1, "b", check="b")], {("unchecked", "a")}, id="R106 a global resource cannot"),
    pytest.param([weighted(W, 1, "a", **TO_LB), weighted(W, 0, "b")], {("forgotten-zero-weight", "b")}, id="R64 so that a weight of 0 answers"),
    pytest.param([record_set(W, **TO_LB)], {(ONE, OPEN, "us-east-1")}, id="R111 all targets in one Region"),
])  # fmt: skip
def test_findings_without_a_health_check(record_sets, expected):
    assert found(report(*record_sets, resources=[BARE, GLOBAL])) == expected


def warned(result):
    return [(warning["domain"], warning["text"]) for warning in result["warnings"]]


PLAIN = latency(W, "us-east-1"), latency(W, "eu-west-1"), latency("x.test", "us-east-1"), weighted("y.test", 1, "y")


@pytest.mark.parametrize(("more", "expected"), [
    pytest.param({}, [("region:us-east-1", "1 record set in us-east-1 has no check and keeps answering")], id="H162a of the names asked about"),
    pytest.param({"of": ()}, [("region:us-east-1", "2 record sets in us-east-1 have no check and keep answering")], id="H162a of all names"),
    pytest.param({"of": ("y.test",)}, [], id="H162a none"),
    pytest.param({"patterns": ("region:us-*", "region:eu-*")},
                 [("region:us-*", "1 record set in us-* has no check and keeps answering"), ("region:eu-*", "1 record set in eu-* has no check and keeps answering")],
                 id="H162a several patterns"),
])  # fmt: skip
def test_record_sets_that_keep_answering_are_told(more, expected):
    assert warned(down(*PLAIN, **more)) == expected


def test_h162a_without_patterns_every_region_is_told():
    assert [domain for domain, _ in warned(report(*PLAIN))] == ["region:eu-west-1", "region:us-east-1"]


# --- clients ---


def clients(report):
    return [population["clients"] for population in report["names"][0]["populations"]]


def test_without_a_location_policy_everyone_is_one():
    assert clients(report(*PAIR)) == [["everyone"]]


def test_r77_geolocation_tells_declared_locations_apart():
    networks = (GeoNetwork(ip_network("203.0.113.0/24"), DeclaredPlace(country="JP")),)
    result = report(
        geo(W, "ca", country="US", subdivision="CA"), geo(W, "as", continent="AS"), geo(W, "*", country="*"),
        geo=Geo(networks),
    )  # fmt: skip
    assert clients(result) == [
        ["continent AS", "203.0.113.0/24"],
        ["US-CA"],
        ["everywhere else", "clients nothing locates"],
    ]


def test_r92_ip_based_routing_tells_blocks_apart():
    blocks = {"paris": (ip_network("192.0.2.0/24"),), "tokyo": (ip_network("203.0.113.0/24"),)}
    result = report(
        ip_based(W, "paris"),
        ip_based(W, "*"),
        ip_based(W, "tokyo"),
        collections=[CidrCollection("c", "c", Map(blocks))],
    )
    assert sorted(clients(result)) == [["192.0.2.0/24"], ["203.0.113.0/24"], ["everywhere else"]]
    result = report(ip_based(W, "paris"), collections=[CidrCollection("c", "c", Map(blocks))])
    assert found(result) == {("missing-geo-default", NOTHING, "203.0.113.0/24, everywhere else")}


def test_r66_latency_tells_regions_apart_and_a_missing_default_counts_only_where_it_is_reached():
    result = report(latency(W, "eu-central-1", check="a"), latency(W, "us-east-1", check="b"))
    (europe,) = (names for names in clients(result) if "eu-central-1" in names)
    assert "eu-west-1" in europe
    assert "us-west-2" not in europe
    # Japan alone is led to the group that only Japan is meant for.
    result = report(
        geo(W, "jp", country="JP", alias="jp.test"), geo(W, "*", country="*"), geo("jp.test", "all", country="JP")
    )
    assert "missing-geo-default" not in {f["id"] for f in result["findings"]}


# --- exactness ---


MAKERS = [
    lambda name, n, id, **more: weighted(name, (0, 1, 3)[n], id, **more),
    lambda name, n, id, **more: latency(name, ("us-east-1", "eu-west-1", "ap-northeast-1")[n], id=id, **more),
    lambda name, n, id, alias=None, eth=None, **more: multivalue(name, id, **more),
]


@st.composite
def trees(draw):
    """Groups g0, g1, … of one policy each; their members are leaves, or aliases to later groups or to none."""
    size = draw(st.integers(1, 4))
    sets = []
    for number in range(size):
        make = draw(st.sampled_from(MAKERS))
        for n in range(draw(st.integers(1, 3))):
            more = {"check": draw(st.sampled_from([None, "h0", "h1", "h2", "h3"]))}
            if draw(st.booleans()):
                later = draw(st.integers(number + 1, size))
                more |= {"alias": f"g{later}.test", "eth": draw(st.booleans())}
            sets.append(make(f"g{number}.test", n, f"g{number}-{n}", **more))
    return sets


def decided(groups, down, client):
    """The shares of g0's leaves for a client by name, by a second, independent walk."""
    place = place_named("us-east-1" if client in ("everyone", "clients nothing locates") else client)
    decision = decide(
        groups[names.parse("g0.test"), 1], Client.at_place(place), FakeSurroundings(frozenset(down), groups)
    )
    return leaf_shares(decision)


@given(trees(), st.integers(0, 2))
def test_reported_shares_are_those_that_decide_gives_directly(record_sets, fail):
    """In every scenario, for every named client; and each population differs from the others somewhere."""
    result = report(*record_sets, fail=fail, of=("g0.test",))["names"][0]
    groups = FakeSurroundings.of(*record_sets).groups
    checks = {e["name"]: e["health_checks"] for e in result["endpoints"]}
    usual, seen = {}, {population["name"]: [] for population in result["populations"]}
    for scenario in result["scenarios"]:
        down = {check for name in scenario["fails"] for check in checks[name]}
        rows = {row["population"]: row for row in scenario["gets"]}
        usual = usual or rows
        for population in result["populations"]:
            row = rows.get(population["name"], usual[population["name"]])
            exact = {answer["set_identifier"]: Fraction(answer["share"]) for answer in row["answers"]}
            assert all(decided(groups, down, client) == exact for client in population["clients"])
            seen[population["name"]].append((exact, row["nothing"], row["fails_open"]))
    columns = list(seen.values())
    assert all(columns.count(column) == 1 for column in columns)


@given(trees(), st.integers(0, 3))
def test_scenarios_are_all_the_combinations_of_endpoints_that_differ(record_sets, fail):
    result = report(*record_sets, fail=fail, of=("g0.test",))["names"][0]
    checks = {e["name"]: e["health_checks"] for e in result["endpoints"]}
    some = [fails for size in range(fail + 1) for fails in combinations(checks, size)]
    expected = {frozenset(check for name in fails for check in checks[name]) for fails in some}
    happening = [frozenset(check for name in s["fails"] for check in checks[name]) for s in result["scenarios"]]
    assert len(happening) == len(set(happening))
    assert set(happening) == expected


def test_r119_replies_that_fail_open_twice_along_a_cname_are_counted_once():
    result = report(
        weighted(W, 1, "a", type_="CNAME", values="x.test", check="a"),
        weighted(W, 1, "b", type_="CNAME", values="y.test", check="b"),
        weighted("x.test", 1, "x", check="x"),
        record_set("y.test", values="192.0.2.2"),
        fail=3,
    )
    half = {"x": Fraction(1, 2), "192.0.2.2": Fraction(1, 2)}
    assert answers(result, "x") == {"everyone": half | {"!": Fraction(1, 2)}}
    assert answers(result, "a", "b") == {"everyone": half | {"!": Fraction(1)}}
    assert answers(result, "a", "b", "x") == {"everyone": half | {"!": Fraction(1)}}


def test_a_tree_of_a_million_leaves_is_summed_without_walking_each():
    sets = [weighted(W, 1, f"{n}", alias="a.test") for n in range(100)]
    sets += [weighted("a.test", 1, f"{n}", alias="b.test") for n in range(100)]
    sets += [weighted("b.test", 1, f"{n}", check=f"h{n}") for n in range(100)]
    result = report(*sets, fail=0)
    assert answers(result) == {"everyone": {str(n): Fraction(1, 100) for n in range(100)}}


# --- bounds and bad questions ---


def test_too_many_combinations_are_refused_before_anything_is_decided():
    sets = [weighted(W, 1, str(n), check=f"h{n}") for n in range(60)]
    with pytest.raises(TooMuchWork, match=r"523,686 .* up to 4 of 60 endpoints.* lower --fail") as refusal:
        report(*sets, fail=4)
    assert "60 record sets" in str(refusal.value)


def test_more_failures_than_endpoints_are_all_of_them():
    assert len(report(*PAIR, fail=10**9)["names"][0]["scenarios"]) == 4


def test_work_can_be_paused_at_every_decision():
    _, pauses = done(what_if(published(*PAIR), [W], "A", 2))
    assert pauses >= 4


@pytest.mark.parametrize(
    ("name", "type_", "field"),
    [
        pytest.param("gone.test", "A", "name", id="R48 nothing is there"),
        pytest.param(W, "AAAA", "name", id="R49 nothing of that type"),
        pytest.param("elsewhere.example", "A", "name", id="R42 not ours"),
        pytest.param("a..b", "A", "name", id="R1 no name"),
        pytest.param(W, "ANY", "type", id="R56 ANY is no type of record sets"),
    ],
)
def test_what_cannot_be_asked(name, type_, field):
    with pytest.raises(BadQuestion) as bad:
        report(record_set(W), of=(name,), type_=type_)
    assert bad.value.field == field


# --- rules ---


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], [], id="nothing found, nothing broken"),
        pytest.param([("fail-open", "fail-open")], ["no-fail-open", "no-findings"], id="by kind"),
        pytest.param(
            [("single-point-of-failure", "black-hole")],
            ["no-black-hole", "no-single-point-of-failure", "no-findings"],
            id="by kind and by effect",
        ),
        pytest.param([("unchecked", None)], ["no-unchecked", "no-findings"], id="without effect"),
    ],
)
def test_rules(findings, expected):
    result = [{"id": id, "effect": effect} for id, effect in findings]
    assert broken(RULES, result) == expected


def test_an_unknown_rule_is_refused_with_those_that_are_known():
    with pytest.raises(UnknownRule, match=r"no-typo.*no-black-hole"):
        broken(["no-typo"], [])


# --- the command and the control call ---

FILE = """
health_checks:
  - {id: us, type: TCP, ip_address: 127.0.0.1, port: 9}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, set_identifier: us, weight: 1, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: api, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: api, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["www.shop.test"], 0, id="findings alone are no failure"),
        pytest.param(["www.shop.test", "--require", "no-fail-open"], 1, id="a broken rule"),
        pytest.param(["api.shop.test", "--require", "no-findings"], 0, id="a kept rule"),
        pytest.param(
            ["api.shop.test", "www.shop.test", "--require", "no-findings"], 1, id="broken by one of two names"
        ),
        pytest.param(["www.shop.test", "--require", "no-typo"], 2, id="a rule that is none"),
        pytest.param(["gone.shop.test"], 2, id="a name that nothing answers"),
        pytest.param(["www.shop.test", "--fail", "-1"], 2, id="less than nothing fails"),
        pytest.param(["www.shop.test", "--type", "ANY"], 2, id="a type that is none"),
        pytest.param([], 0, id="all names"),
        pytest.param(["--require", "no-findings"], 1, id="broken by one of all names"),
        pytest.param(["www.shop.test", "--down", "us"], 0, id="one check is down"),
        pytest.param(["www.shop.test", "--down", "us", "--fail", "2"], 2, id="down and fail"),
        pytest.param(["www.shop.test", "--down", "us_"], 2, id="a pattern that matches nothing"),
        pytest.param(["www.shop.test", "--down", "region:mars"], 2, id="a pattern that cannot be read"),
        pytest.param(["www.shop.test", "--place", "JP,US-CA"], 0, id="two places"),
        pytest.param(["www.shop.test", "--place", "JP,Atlantis"], 2, id="one of two places is none"),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_exit_codes(file, arguments, code, as_json):
    ran = dnsemu_here("what-if", *arguments, "--file", file, *as_json)
    assert ran.returncode == code, ran.stdout + ran.stderr


def test_the_text_says_what_is_found_and_who_gets_what(file):
    shown = dnsemu_here("what-if", "www.shop.test", "api.shop.test", "--file", file, "--require", "no-fail-open").stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines == [
        "www.shop.test. A 1 health check · 2 scenarios · 1 population",
        "warning single-point-of-failure with us down, everyone: answers from where nothing is healthy (fail open)",
        "with everything up everyone us → 192.0.2.1 100 %",
        "with us down everyone us → 192.0.2.1 100 % (fail open)",
        "api.shop.test. A 1 health check · 2 scenarios · 1 population",
        "with everything up everyone p → 192.0.2.1 100 %",
        "with us down everyone s → 192.0.2.2 100 %",
        "no-fail-open: broken",
    ]


@pytest.mark.outside
def test_a_running_server_says_the_same_and_refuses_more_than_it_can_do_beside_dns(file, tmp_path):
    many = tmp_path / "many.yaml"
    values = "".join(
        f"      - {{name: www, type: A, ttl: 1, set_identifier: s{n}, weight: 1, health_check_id: h{n}, resource_records: [192.0.2.{n}]}}\n"
        for n in range(40)
    )
    checks = "".join(
        f"  - {{id: h{n}, type: TCP, ip_address: 127.0.0.1, port: 9, disabled: false}}\n" for n in range(40)
    )
    many.write_text(f"health_checks:\n{checks}hosted_zones:\n  - name: many.test\n    record_sets:\n{values}")
    with serving_files(file, many) as server:
        asked = ["what-if", "www.shop.test", "api.shop.test", "--fail", "2", "--json"]
        assert dnsemu_here(*asked, "--server", server.url).stdout == dnsemu_here(*asked, "--file", file).stdout
        asked = ["what-if", "--type", "A", "--down", "us", "--place", "JP", "--json", "api.shop.test"]
        assert dnsemu_here(*asked, "--server", server.url).stdout == dnsemu_here(*asked, "--file", file).stdout
        refused = dnsemu("what-if", "www.many.test", "--fail", "3", "--server", server.url)
        assert refused.returncode == 2
        assert "lower --fail" in refused.stderr
        assert "--file" in refused.stderr
        assert dnsemu_here("what-if", "gone.shop.test", "--server", server.url).returncode == 2
        for query, where in (
            ("name=www.shop.test&fail=x", "fail"),
            ("name=www.shop.test&fail=1&down=us", "fail"),
            ("down=region:mars", "down"),
            ("place=Atlantis", "place"),
            ("name=www.shop.test&client=a", "query"),
        ):
            with pytest.raises(HTTPError) as refusal, urlopen(f"{server.url}/dnsemu/v1/what-if?{query}"):
                pass
            with refusal.value as response:
                assert (response.code, json.load(response)["error"]["where"]) == (400, where)
