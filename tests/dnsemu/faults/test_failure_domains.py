"""Failure domains: everything that fails with a pattern; forced statuses and what-if agree on it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.answering.resolution import ZoneSurroundings, resolve
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config import names
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Latency, Weighted
from dnsemu.config.model.world import World
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.shares import shares_of
from dnsemu.faults.failure_domains import GROUPS_PER_STEP, domain_contents
from dnsemu.faults.force_rules import ForceRule
from dnsemu.faults.forced_statuses import Forcing, NothingMatches
from dnsemu.faults.patterns import parse_pattern
from dnsemu.faults.unchecked import unchecked_text
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.decide import decide
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group
from dnsemu.what_if.failures import FailureKind, checks_below, domains_of, endpoints_of, health_when
from dnsemu.what_if.tree import tree_of
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import compile_zone
from tests.builders import (
    catalog_of,
    group,
    hosted_zone,
    latency,
    primary,
    record_set,
    resource,
    secondary,
    target,
    weighted,
)
from tests.dnsemu.clock.virtual_time import START
from tests.dnsemu.faults.shop import world as declared
from tests.healthcheck.stage import Stage


def contents(pattern, world, catalog=None):
    pattern = parse_pattern(pattern)
    return at_once(domain_contents([pattern], world, catalog or catalog_of(world)))[pattern]


def forced(pattern, world, catalog=None):
    """The health checks, and the targets without one, that a forced status of this pattern holds."""
    overlays = {}
    forcing = Forcing(Scheduler(Clock(start=START, is_paused=True)), overlays.update)
    forcing.apply(world, catalog or catalog_of(world))
    try:
        matching = forcing.force(ForceRule(parse_pattern(pattern), "unhealthy")).failing
    except NothingMatches:
        matching = ()
    assert overlays.keys() == set(matching)
    return set(matching)


@pytest.mark.parametrize(("pattern", "expected"), [
    ("web-1", {"web-1"}),
    ("web-*", {"web-1", "web-2"}),
    ("?????", {"web-1", "web-2", "named", "alarm", "spare"}),
    ("[!wt]*", {"db-1", "named", "alarm", "both", "spare", "bias", "far"}),
    ("WEB-1", set()),
    ("gone", set()),
    pytest.param("az:use1-az1", {"t-a"}, id="a zone: its targets"),
    pytest.param("az:use1-*", {"t-a", "t-b"}, id="the zones of a Region"),
    pytest.param("az:usw2-az3", set(), id="a zone without targets"),
    pytest.param("region:us-east-1", {"t-a", "t-b", "web-1"}, id="a Region: its resources, and where its record sets lead, but not spare ones"),
    pytest.param("region:us-*", {"t-a", "t-b", "t-c", "web-1"}, id="several Regions"),
    pytest.param("region:eu-west-1", {"named", "bias"}, id="a Region: latency and geoproximity"),
    pytest.param("region:eu-*", {"named", "bias", "far"}, id="a Region: several record sets of one group"),
    pytest.param("region:sa-east-1", set(), id="a Region where nothing is"),
    pytest.param("address:192.0.2.1", {"web-1"}, id="an endpoint's address, a record set's too"),
    pytest.param("address:192.0.2.77", {"named"}, id="a record set's address"),
    pytest.param("address:10.0.0.2", {"t-b"}, id="a target's address"),
    pytest.param("address:10.0.0.0/8", {"t-a", "t-b", "t-c"}, id="a network"),
    pytest.param("address:2001:db8::/32", {"db-1"}, id="an IPv6 network"),
    pytest.param("address:192.0.2.9", {"spare"}, id="a spare record set's address"),
])  # fmt: skip
def test_the_health_checks_of_a_pattern(pattern, expected):
    assert forced(pattern, declared()) == expected


def latency_to(target, *, region="us-east-1", more=""):
    return f"""
health_checks: [{{id: here, type: TCP, ip_address: 192.0.2.1, port: 80}}, {{id: there, type: TCP, ip_address: 192.0.2.2, port: 80}}]
resources: [{{dns_name: a1.awsglobalaccelerator.com, kind: global-accelerator, targets: [{{address: 10.0.0.1, health_check_id: here}}]}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, set_identifier: a, region: {region}, alias_target: {{dns_name: {target}, evaluate_target_health: true}}}}
{more}
"""


@pytest.mark.parametrize(("text", "expected"), [
    pytest.param(latency_to("a1.awsglobalaccelerator.com"), {"here"}, id="a global resource that the Region's record set leads to"),
    pytest.param(latency_to("in.shop.test", more="""
      - {name: in, type: A, set_identifier: x, region: us-east-1, health_check_id: here, ttl: 60, resource_records: [192.0.2.1]}
      - {name: in, type: A, set_identifier: y, region: eu-west-1, health_check_id: there, ttl: 60, resource_records: [192.0.2.2]}"""),
                 {"here"}, id="not the parts of other Regions below"),
    pytest.param(latency_to("in.shop.test", more="""
      - {name: in, type: A, set_identifier: x, weight: 1, health_check_id: here, ttl: 60, resource_records: [192.0.2.1]}
      - {name: in, type: A, set_identifier: y, weight: 1, health_check_id: there, ttl: 60, resource_records: [192.0.2.2]}"""),
                 {"here", "there"}, id="all of a group below"),
    pytest.param(latency_to("in.shop.test", more="""
      - {name: in, type: A, set_identifier: x, weight: 1, alias_target: {dns_name: deep.shop.test, evaluate_target_health: true}}
      - {name: deep, type: A, set_identifier: x, weight: 1, health_check_id: there, ttl: 60, resource_records: [192.0.2.2]}"""),
                 {"there"}, id="however far below"),
    pytest.param(latency_to("in.shop.test", region="eu-west-1", more="""
      - {name: in, type: A, set_identifier: x, weight: 1, health_check_id: here, ttl: 60, resource_records: [192.0.2.1]}"""),
                 set(), id="nothing of another Region"),
])  # fmt: skip
def test_the_health_checks_below_the_record_sets_of_a_region(text, expected):
    assert forced("region:us-east-1", declared(text)) == expected


# --- forced statuses and what-if ---

W = "www.test"
LB, GLOBAL = "lb-1.us-east-1.elb.amazonaws.com", "a1.awsglobalaccelerator.com"
LOAD_BALANCER = resource(LB, target("10.0.0.1", "t", availability_zone="use1-az1"))
ACCELERATOR = resource(GLOBAL, target("10.0.0.9", "g"), kind="global-accelerator", region=None)


def declare(*zones, checks=(), resources=()):
    """A World with a TCP check for every health check that is only named."""
    record_sets = [record_set for zone in zones for record_set in zone.record_sets.values()]
    named = {r.health_check_id for r in record_sets} | {t.health_check_id for r in resources for t in r.targets}
    probes = {id: HealthCheck(id, EndpointCheck(EndpointType.TCP, "198.51.100.1", port=80)) for id in named if id}
    return World(
        hosted_zones=Map({zone.id: zone for zone in zones}),
        health_checks=Map(probes | {check.id: check for check in checks}),
        resources=Map({resource.name: resource for resource in resources}),
    )


def predicted(pattern, world, catalog=None, question=W):
    """The health checks that fail below a name with this pattern, by what-if."""
    catalog = catalog or catalog_of(world)
    tree = tree_of(catalog, names.parse(question), RRType.A)
    return checks_below(tree, world.health_checks) & contents(pattern, world, catalog).failing


def zones_of(*record_sets):
    return [hosted_zone("test", *record_sets)]


EAST = latency(W, "us-east-1", type_="CNAME", values="app.test")
APP = weighted("app.test", 1, "a", check="a")


@pytest.mark.parametrize(("zones", "expected"), [
    pytest.param(zones_of(EAST, APP), {"a"}, id="R54 what a CNAME leads to"),
    pytest.param(zones_of(EAST, latency("app.test", "eu-west-1", check="a")), set(), id="R54 but not the parts of other Regions"),
    pytest.param(zones_of(latency(W, "us-east-1", type_="CNAME", values="x.app.test"), weighted("*.app.test", 1, "a", check="a")),
                 {"a"}, id="R46 where a wildcard answers for a CNAME's target"),
    pytest.param(zones_of(latency(W, "us-east-1", type_="CNAME", values="x.app.test"), weighted("x.app.test", 1, "a", check="a"),
                          record_set("app.test", "NS", "ns.example")),
                 set(), id="R52 R55 nothing below a delegation"),
    pytest.param([*zones_of(EAST), replace(hosted_zone("app.test", APP), id="Z2")], set(), id="R55 nothing in another hosted zone"),
    pytest.param([*zones_of(latency(W, "us-east-1", alias="app.test", alias_zone="Z2")),
                  replace(hosted_zone("app.test", weighted("app.test", 1, "x", alias="b.app.test", alias_zone="Z2"),
                                      weighted("b.app.test", 1, "a", check="a")), id="Z2")],
                 {"a"}, id="R102a what an alias leads to in another hosted zone, and on from there"),
    pytest.param(zones_of(latency(W, "us-east-1", alias="app.test", alias_zone="Z9"), APP), set(), id="R102a nothing of a hosted zone that is not there"),
    pytest.param(zones_of(weighted(W, 1, "a", alias=LB, alias_zone="Z0", check="a")), {"a", "t"}, id="R106 an alias of a resource in the Region"),
    pytest.param(zones_of(weighted(W, 1, "a", alias=f"dualstack.{LB}", alias_zone="Z0", check="a")),
                 {"a", "t"}, id="R106 an alias of its other name"),
    pytest.param(zones_of(latency(W, "eu-west-1", alias=LB, alias_zone="Z0", check="a")), {"a", "t"},
                 id="R106 an alias of a resource there although its routing names another Region"),
    pytest.param(zones_of(weighted(W, 1, "a", alias="b.test"), weighted("b.test", 1, "b", alias=LB, alias_zone="Z0", check="b"),
                          weighted("b.test", 1, "c", check="c")),
                 {"b", "t"}, id="R106 not what stands beside it"),
    pytest.param(zones_of(weighted(W, 1, "a", alias=GLOBAL, alias_zone="Z0", check="a")), set(), id="R106 no resource without a Region"),
    pytest.param(zones_of(latency(W, "us-east-1", alias=GLOBAL, alias_zone="Z0", check="a")), {"a", "g"},
                 id="R106 unless a record set in the Region leads to it"),
    pytest.param([*zones_of(weighted(W, 1, "a", check="a")), replace(hosted_zone("x.test", latency("x.test", "us-east-1", check="a")), id="Z2")],
                 {"a"}, id="a health check that a record set in the Region names in another zone"),
    pytest.param([*zones_of(weighted(W, 1, "a", check="a")),
                  replace(hosted_zone("test", latency(W, "us-east-1", check="a")), id="Z2", is_private=True)],
                 {"a"}, id="a health check that a private zone names there"),
    pytest.param([*zones_of(weighted(W, 1, "a", check="a")),
                  replace(hosted_zone("test", latency(W, "us-east-1", type_="CNAME", values="app.test"), APP), id="Z2", is_private=True)],
                 {"a"}, id="R54 along a CNAME of a private zone"),
])  # fmt: skip
def test_the_region_that_is_forced_is_the_region_of_what_if(zones, expected):
    world = declare(*zones, resources=[LOAD_BALANCER, ACCELERATOR])
    assert predicted("region:us-east-1", world) == expected
    assert forced("region:us-east-1", world) - {"t"} == expected - {"t"}


def test_r195_the_groups_of_a_traffic_policy_are_in_their_regions():
    hidden = names.parse("\\000x")
    root = record_set(W, alias="x.test", alias_zone="Z1")
    root = replace(root, alias=replace(root.alias, name=hidden))
    member = replace(latency(W, "us-east-1", check="a"), name=hidden)
    world = declare(hosted_zone("test", record_set(W)), checks=declare(*zones_of(member)).health_checks.values())
    catalog = Catalog.of([compile_zone(hosted_zone("test", root), [group(member)])])
    assert forced("region:us-east-1", world, catalog) == predicted("region:us-east-1", world, catalog) == {"a"}


CHECKS = [f"h{n}" for n in range(5)]
REGIONS = ["us-east-1", "eu-west-1"]
PATTERNS = [
    *(f"region:{region}" for region in (*REGIONS, "*")),
    "az:use1-az1",
    "address:192.0.2.1",
    "address:192.0.2.0/30",
    "h*",
]
MAKERS = [
    lambda name, n, **more: weighted(name, n, f"{n}", **more),
    lambda name, n, **more: latency(name, REGIONS[n], **more),
    lambda name, n, **more: (primary, secondary)[n](name, **more),
]


def drawn_group(draw, name, later):
    """The record sets of a name: leaves, and aliases or CNAMEs to later names, a wildcard's, a resource or nothing."""
    type_, make = draw(st.sampled_from(["A", "A", "CNAME"])), draw(st.sampled_from(MAKERS))
    for n in range(draw(st.integers(1, 2))):
        more = {"check": draw(st.sampled_from([None, *CHECKS])), "type_": type_}
        leads_to = draw(st.sampled_from([None, *later, "x.w.test"]))
        if type_ == "CNAME":
            more["values"] = leads_to or "elsewhere.example"
        elif leads_to is None and draw(st.booleans()):
            more |= {"alias": draw(st.sampled_from([LB, f"dualstack.{LB}", GLOBAL])), "alias_zone": "Z0"}
        elif leads_to is None:
            more["values"] = f"192.0.2.{draw(st.integers(1, 6))}"
        else:
            more["alias"] = leads_to
        yield make(name, n, **more)


@st.composite
def worlds(draw):
    """A public zone, a private one of the same name, two resources; h3 is calculated, h4 is not declared."""
    owners = ["g0.test", "g1.test", "g2.test", "*.w.test"]
    public = [r for n, name in enumerate(owners) for r in drawn_group(draw, name, owners[n + 1 : 3])]
    zones = [
        hosted_zone("test", *public),
        replace(hosted_zone("test", *drawn_group(draw, "g0.test", [])), id="Z2", is_private=True),
    ]
    checks = [
        HealthCheck(id, EndpointCheck(EndpointType.TCP, f"192.0.2.{n}", port=80), inverted=draw(st.booleans()), disabled=draw(st.booleans()))
        for n, id in enumerate(CHECKS[:3], 1)
    ]  # fmt: skip
    ids = [draw(st.sampled_from([None, *CHECKS])) for _ in range(3)]
    targets = [target(f"192.0.2.{n}", id, availability_zone=f"use1-az{n}") for n, id in enumerate(ids[:2], 1)]
    resources = [
        resource(LB, *targets),
        resource(GLOBAL, target("192.0.2.1", ids[2]), kind="global-accelerator", region=None),
    ]
    calculated = HealthCheck(CHECKS[3], CalculatedCheck(tuple(CHECKS[:2]), 1))
    world = declare(*zones, checks=[*checks, calculated], resources=resources)
    return replace(
        world, health_checks=Map({id: check for id, check in world.health_checks.items() if id != CHECKS[4]})
    )


@given(worlds())
def test_forced_statuses_and_what_if_agree_on_what_goes_down(world):
    """With every pattern the same health checks and targets fail, and whatever an answer reads has the same status."""
    checks, catalog = world.health_checks, catalog_of(world)
    failing = {pattern: forced(pattern, world, catalog) for pattern in PATTERNS}
    status = {pattern: forced_status(pattern, world, catalog) for pattern in PATTERNS}
    for name in ("g0.test", "g1.test", "g2.test", "x.w.test"):
        tree = tree_of(catalog, names.parse(name), RRType.A)
        below = checks_below(tree, checks)
        found = at_once(domain_contents(domains_of([tree], catalog), world, catalog))
        endpoints = endpoints_of(tree, checks, found)
        for pattern in PATTERNS:
            assert predicted(pattern, world, catalog, name) == below & failing[pattern]
            predicted_health = health_when(below & failing[pattern], tree.checks(), checks)
            assert dict(predicted_health.status).items() <= status[pattern].items()
            assert answers(catalog, predicted_health, name) == answers(
                catalog, HealthSnapshot(0, Map(status[pattern])), name
            )
        for pattern in ("region:us-east-1", "region:eu-west-1", "az:use1-az1"):
            together = below & failing[pattern]
            assert not together or together in [endpoint.checks for endpoint in endpoints]
        for region in REGIONS:
            assert {check for check in reached(tree, region) if check in checks} <= failing[f"region:{region}"]
        for endpoint in endpoints:
            prefix = {FailureKind.REGION: "region:", FailureKind.ZONE: "az:", FailureKind.CHECK: ""}[endpoint.kind]
            assert endpoint.checks == below & forced(f"{prefix}{endpoint.name}", world, catalog)


def answers(catalog, health, name):
    return shares_of(resolve(catalog, health, Client.at_place(Place(0.0, 0.0)), names.parse(name), RRType.A)).value


@given(worlds())
def test_what_is_in_a_dead_failure_domain_is_dead_or_listed_as_unchecked(world):
    """R114: no target of a dead domain is healthy; a record set there is unhealthy, or has no check and is listed."""
    checks, catalog = world.health_checks, catalog_of(world)
    (zone,) = (zone for zone in catalog.zones.values() if zone.id == "Z1")
    for pattern in PATTERNS[:-1]:
        domain = contents(pattern, world, catalog)
        health = HealthSnapshot(0, Map(forced_status(pattern, world, catalog)))
        for found in catalog.resources.values():
            for state in found.state(RRType.A, health.is_healthy).targets:
                assert not (state.is_healthy and state.id in domain.targets)
                assert state.is_lost is (state.id in domain.lost_targets)
        healthy = [
            candidate.record_set
            for members in groups_of(zone)
            for candidate in decide(
                members, Client.at_place(Place(0.0, 0.0)), ZoneSurroundings(catalog, zone, health)
            ).candidates
            if candidate.verdict.is_healthy
        ]
        assert set(domain.unchecked) <= set(healthy)
        leaves = {r for r in domain.record_sets if r in healthy and not r.alias and r.health_check_id not in checks}
        regional = {r for r in leaves if isinstance(r.routing, Latency) or pattern.startswith("address")}
        assert regional <= set(domain.unchecked)


def groups_of(zone):
    return [group for node in zone.nodes.values() for group in node.groups.values()]


def reached(tree, region):
    """The health checks on the ways that the answers of a tree take through record sets in a Region."""
    waiting = [r for r in tree.record_sets() if isinstance(r.routing, Latency) and r.routing.region == region]
    seen = []
    while waiting:
        record_set = waiting.pop()
        seen.append(record_set)
        yield record_set.health_check_id
        below = tree.below(record_set)
        if isinstance(below, Resource) and below.region in (None, region):
            yield from (target.health_check_id for target in below.targets)
        elif isinstance(below, Group):
            members = (r for r in below.record_sets if isinstance(r.routing, Weighted) or r.set_identifier == "primary")
            waiting += (r for r in members if r not in seen)


def forced_status(pattern, world, catalog):
    """The status of every health check, all of them up but for what is forced."""
    stage = Stage(is_stepped=True)
    stage.monitor.apply(world.health_checks, world.health_checkers)
    forcing = Forcing(stage.scheduler, stage.monitor.set_overlays)
    forcing.apply(world, catalog)
    forcing.read([ForceRule(parse_pattern(pattern), "unhealthy")])
    return dict(stage.board.current.status)


# --- what else fails ---


def test_what_fails_without_a_health_check_counts_too():
    spare = weighted("app.test", 1, "b", values="192.0.2.7")
    world = declare(*zones_of(EAST, APP, spare), resources=[resource(LB, target("192.0.2.7"))])
    region = contents("region:us-east-1", world)
    assert {r.set_identifier for r in region.record_sets} == {"us-east-1", "a", "b"}
    assert [(r.name, t.address.packed[-1]) for r, t in region.targets.values()] == [(names.parse(LB), 7)]
    assert [endpoint.ip_address for endpoint in region.endpoints] == ["198.51.100.1"]
    address = contents("address:192.0.2.7", world)
    assert (address.record_sets, len(address.targets), address.endpoints) == ((spare,), 1, ())


def test_a_search_pauses_on_its_way_through_a_zone():
    world = declare(*zones_of(*(record_set(f"n{n}.test") for n in range(3 * GROUPS_PER_STEP))))
    assert len(list(domain_contents([parse_pattern("region:*")], world, catalog_of(world)))) >= 3


# --- without a health check ---

BARE = resource(LB, target("10.0.0.1", availability_zone="use1-az1"), target("10.0.0.2", availability_zone="use1-az2"))
TO_LB = {"alias": LB, "alias_zone": "Z0"}
TCP = EndpointCheck(EndpointType.TCP, "198.51.100.1", port=80)


def targets(*places, of=LB):
    return {f"target/{of}./{place}" for place in places}


@pytest.mark.parametrize(("pattern", "resources", "checks", "lost"), [
    pytest.param("region:us-east-1", [BARE], [], targets("10.0.0.1", "10.0.0.2"), id="H162a a Region"),
    pytest.param("region:us-*", [BARE], [], targets("10.0.0.1", "10.0.0.2"), id="H162a several Regions"),
    pytest.param("region:eu-west-1", [BARE], [], set(), id="H162a not another Region"),
    pytest.param("az:use1-az1", [BARE], [], targets("10.0.0.1"), id="H162a an Availability Zone"),
    pytest.param("address:10.0.0.2", [BARE], [], targets("10.0.0.2"), id="H162a an address"),
    pytest.param("address:10.0.0.0/8", [BARE], [], targets("10.0.0.1", "10.0.0.2"), id="H162a a network"),
    pytest.param("*", [BARE], [], set(), id="H162a not ids of health checks"),
    pytest.param("region:us-east-1", [resource(LB, target("10.0.0.1", "t"))], [], set(), id="H162a a health check takes it down"),
    pytest.param("region:us-east-1", [resource(LB, target("10.0.0.1", "t"), target("10.0.0.2"))], [], targets("10.0.0.2"), id="H162a one of two has none"),
    pytest.param("region:us-east-1", [resource(LB, target("10.0.0.1", "t"))], [HealthCheck("t", TCP, disabled=True)],
                 targets("10.0.0.1"), id="H73 a disabled one does not"),
    pytest.param("region:us-east-1", [resource(LB, target("10.0.0.1", "t"))], [HealthCheck("t", TCP, inverted=True)],
                 targets("10.0.0.1"), id="H72 an inverted one does not"),
    pytest.param("region:us-east-1", [resource(LB, target("10.0.0.1"), target("10.0.0.1", target_group="b"))], [],
                 targets("10.0.0.1", "10.0.0.1/2"), id="H162a one address in two target groups"),
    pytest.param("region:us-east-1", [resource(LB, target("app.example"))], [], targets("app.example."), id="H162a a host"),
    pytest.param("region:us-east-1", [resource(GLOBAL, target("10.0.0.9"), kind="global-accelerator", region=None)], [],
                 targets("10.0.0.9", of=GLOBAL), id="H162a a global resource that the Region leads to"),
])  # fmt: skip
def test_targets_are_down_without_a_health_check(pattern, resources, checks, lost):
    leads_to = GLOBAL if resources[0].region is None else LB
    world = declare(
        *zones_of(latency(W, "us-east-1", alias=leads_to, alias_zone="Z0")), checks=checks, resources=resources
    )
    assert contents(pattern, world).lost_targets == lost
    assert forced(pattern, world) - {"t"} == lost


@pytest.mark.parametrize(("kind", "one", "both"), [
    pytest.param("application-load-balancer", ("lb", {"10.0.0.2"}), ("other", {"10.0.0.1", "10.0.0.2"}), id="R111 a load balancer"),
    pytest.param("network-load-balancer", ("lb", {"10.0.0.2"}), ("other", {"10.0.0.1", "10.0.0.2"}), id="R111 of any kind"),
    pytest.param("elastic-beanstalk", ("lb", {"10.0.0.2"}), ("other", {"10.0.0.1", "10.0.0.2"}), id="R111 an environment"),
    pytest.param("api-gateway", ("lb", {"10.0.0.2"}), ("lb", {"10.0.0.1", "10.0.0.2"}), id="R106 no kind whose health Route 53 ignores"),
])  # fmt: skip
def test_h162a_a_dead_resource_no_longer_answers(kind, one, both):
    """The first record set that answers, and the addresses of the resource: all of them if it fails open."""
    declared = replace(BARE, kind=resource(LB, kind=kind).kind)
    world = declare(*zones_of(primary(W, **TO_LB), secondary(W, values="192.0.2.9")), resources=[declared])
    catalog = catalog_of(world)

    def answering(pattern):
        health = HealthSnapshot(0, Map(forced_status(pattern, world, catalog)))
        link = resolve(catalog, health, Client.at_place(Place(0.0, 0.0)), names.parse(W), RRType.A)
        (decision,) = link.decisions
        ((first, _),) = decision.outcome.shares()
        state = catalog.resource(names.parse(LB)).state(RRType.A, health.is_healthy)
        addresses = {leaf.values[0] for leaf, _ in state.outcome.shares()}
        return "lb" if first.alias else "other", addresses

    assert answering("az:use1-az1") == one
    assert answering("region:us-east-1") == both


def test_r106_a_database_fails_over_to_its_next_host():
    db = "db.abc.us-east-1.rds.amazonaws.com"
    hosts = target("one.example", availability_zone="use1-az1"), target("two.example", availability_zone="use1-az2")
    world = declare(*zones_of(record_set(W)), resources=[resource(db, *hosts, kind="multi-az-database")])
    catalog = catalog_of(world)
    health = HealthSnapshot(0, Map(forced_status("az:use1-az1", world, catalog)))
    state = catalog.resource(names.parse(db)).state(RRType.CNAME, health.is_healthy)
    assert [leaf.values for leaf, _ in state.outcome.shares()] == [("two.example.",)]


def plain(region="us-east-1", **more):
    return latency(W, region, **more)


@pytest.mark.parametrize(("pattern", "zones", "unchecked"), [
    pytest.param("region:us-east-1", zones_of(plain()), {"us-east-1"}, id="R114 a plain record set"),
    pytest.param("region:us-*", zones_of(plain(), plain("us-west-2"), plain("eu-west-1")), {"us-east-1", "us-west-2"}, id="R114 several Regions"),
    pytest.param("region:us-east-1", zones_of(plain(check="a")), set(), id="R114 a health check takes it down"),
    pytest.param("region:us-east-1", zones_of(plain(check="off")), {"us-east-1"}, id="H73 a disabled health check is none"),
    pytest.param("region:us-east-1", zones_of(plain(check="gone")), {"us-east-1"}, id="R117 nor is one that is not declared"),
    pytest.param("region:us-east-1", zones_of(plain(check="not")), set(), id="H72 an inverted one is"),
    pytest.param("region:us-east-1", zones_of(plain(**TO_LB)), set(), id="R111 an alias inherits from a dead load balancer"),
    pytest.param("region:eu-west-1", zones_of(plain("eu-west-1", **TO_LB)), {"eu-west-1"}, id="R111 one that is elsewhere"),
    pytest.param("region:eu-west-1", zones_of(plain("eu-west-1", alias="checked.test", alias_zone="Z0")), set(), id="R111 not if that has a health check"),
    pytest.param("region:us-east-1", zones_of(plain(**TO_LB, eth=False)), {"us-east-1"}, id="R108 without evaluation it does not"),
    pytest.param("region:us-east-1", zones_of(plain(alias="api.test", alias_zone="Z0")), {"us-east-1"}, id="R106 nor from an API gateway"),
    pytest.param("region:us-east-1", zones_of(plain(alias="b.test"), weighted("b.test", 1, "b")), {"us-east-1"}, id="R110 nor from an unchecked group"),
    pytest.param("region:us-east-1", zones_of(plain(alias="b.test"), weighted("b.test", 1, "b", check="a"), weighted("b.test", 1, "c", check="a")), set(),
                 id="R110 but from a checked one"),
    pytest.param("region:us-east-1", zones_of(plain(alias="b.test", check="a"), weighted("b.test", 1, "b")), set(), id="R109 or by its own health check"),
    pytest.param("region:us-east-1", zones_of(plain(alias="b.test"), primary("b.test", check="a"), secondary("b.test")), set(),
                 id="R110 a secondary is outside the Region, so it takes over"),
    pytest.param("region:us-east-1", zones_of(plain(alias=W)), set(), id="R118 a ring"),
    pytest.param("region:us-east-1", zones_of(plain(type_="CNAME", values="b.test"), weighted("b.test", 1, "b")), {"us-east-1"}, id="R54 a CNAME, counted once"),
    pytest.param("region:us-east-1", zones_of(weighted(W, 1, "a", **TO_LB, eth=False)), {"a"}, id="R106 an alias of a resource in the Region"),
    pytest.param("region:us-east-1", [*zones_of(record_set(W)), replace(hosted_zone("test", plain()), id="Z2", is_private=True)], set(),
                 id="H162a none in a zone that no query reaches"),
    pytest.param("address:192.0.2.1", zones_of(weighted(W, 1, "a", values="192.0.2.1"), weighted(W, 1, "b", values="192.0.2.2")), {"a"}, id="R114 an address"),
    pytest.param("az:use1-az1", zones_of(plain(**TO_LB)), set(), id="H162a no record set is in an Availability Zone"),
])  # fmt: skip
def test_record_sets_keep_answering_without_a_health_check(pattern, zones, unchecked):
    checks = [HealthCheck("off", TCP, disabled=True), HealthCheck("not", TCP, inverted=True)]
    gateway = resource("api.test", target("10.0.0.5"), kind="api-gateway")
    checked = resource("checked.test", target("10.0.0.6", "t"))
    world = declare(*zones, checks=checks, resources=[BARE, gateway, checked])
    world = replace(world, health_checks=Map({id: c for id, c in world.health_checks.items() if id != "gone"}))
    assert {r.set_identifier for r in contents(pattern, world).unchecked} == unchecked


def test_r112_aliases_too_deep_to_answer_end_the_search():
    chain = [weighted(f"n{n}.test", 1, "a", alias=f"n{n + 1}.test") for n in range(5000)]
    world = declare(*zones_of(plain(alias="n0.test"), *chain))
    assert contents("region:us-east-1", world).unchecked == ()


@pytest.mark.parametrize("name", ["a.test", "z.test"])
def test_r112_a_chain_is_too_deep_from_its_begin_and_answers_from_its_middle(name):
    """The result for a record set depends on the aliases above it, in whatever order they are searched."""
    chain = [weighted(f"n{n}.test", 1, "x", alias=f"n{n + 1}.test") for n in range(19) if n != 10]
    middle = latency("n10.test", "us-east-1", id="middle", alias="n11.test")
    begin = latency(name, "us-east-1", id="begin", alias="n0.test")
    for record_sets in ([begin, *chain, middle], [middle, *chain, begin]):
        world = declare(*zones_of(*record_sets, weighted("n19.test", 1, "end")))
        assert {r.set_identifier for r in contents("region:us-east-1", world).unchecked} == {"middle"}


@pytest.mark.parametrize(("pattern", "number", "text"), [
    ("region:us-east-1", 0, ""),
    ("region:us-east-1", 1, "1 record set in us-east-1 has no check and keeps answering"),
    ("region:us-*", 5, "5 record sets in us-* have no check and keep answering"),
    ("address:192.0.2.1", 2, "2 record sets at 192.0.2.1 have no check and keep answering"),
])  # fmt: skip
def test_h162a_unchecked_record_sets_are_counted_in_words(pattern, number, text):
    assert unchecked_text(parse_pattern(pattern), [plain()] * number) == text


@pytest.mark.parametrize(("name", "more"), [
    pytest.param(LB, {}, id="in the Region"),
    pytest.param(GLOBAL, {"kind": "global-accelerator", "region": None}, id="below its record sets"),
])  # fmt: skip
def test_the_targets_of_a_resource_are_read_once_however_many_aliases_lead_to_it(name, more, monkeypatch):
    declared = resource(name, *(target(f"10.0.0.{n}") for n in range(1, 5)), **more)
    aliases = [latency(f"n{n}.test", "us-east-1", alias=name, alias_zone="Z0") for n in range(200)]
    world = declare(*zones_of(*aliases), resources=[declared])
    catalog, reads = catalog_of(world), []
    ids = type(declared).target_ids.fget
    monkeypatch.setattr(type(declared), "target_ids", property(lambda self: reads.append(self) or ids(self)))
    assert len(contents("region:us-east-1", world, catalog).lost_targets) == 4
    assert len(reads) <= 2
