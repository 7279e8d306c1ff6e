"""The groups and their shares, listed in steps; all groups and health checks behind one name."""

import pytest
from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.config.model.world import World
from dnsemu.explain.status import MAX_GROUPS, NAMES_PER_STEP, group_shares, shares_behind
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Published
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.resources import compile_resource
from tests.builders import record_set, resource, target, weighted, zone


def listed(*record_sets):
    locator = Locator(Geo())
    published = Published(World(), Catalog.of([zone("test", *record_sets)]), locator)
    return list(group_shares(published, HealthSnapshot(), Client.at_place(locator.unlocated)))


def test_the_caller_can_pause_while_a_large_zone_is_listed():
    simple = [record_set(f"r{number}.test") for number in range(3 * NAMES_PER_STEP)]
    found = listed(*simple, weighted("w.test", 3, "a"), weighted("w.test", 1, "b"))
    assert found.count(None) == 3
    (group,) = filter(None, found)
    assert (group["name"], [share["percent"] for share in group["shares"]]) == ("w.test.", [75.0, 25.0])


def test_the_list_of_groups_is_bounded():
    found = listed(*[weighted(f"w{number}.test", 1, "a") for number in range(MAX_GROUPS + 9)])
    assert len(list(filter(None, found))) == MAX_GROUPS


def behind(name, *record_sets, checks=(), resources=()):
    locator = Locator(Geo())
    world = World(health_checks=Map({check.id: check for check in checks}))
    catalog = Catalog.of([zone("test", *record_sets)], map(compile_resource, resources))
    published = Published(world, catalog, locator)
    client = Client.at_place(locator.unlocated)
    rows, named = shares_behind(published, HealthSnapshot(), client, names.parse(name))
    return [(row["name"], row["type"]) for row in rows], named


LB = "lb-1.us-east-1.elb.amazonaws.com"
TARGET = f"target/{LB}./10.0.0.1"
TREE = (
    weighted("www.test", 1, "a", alias="pool.test", check="parent"),
    weighted("www.test", 1, "b", alias=LB, alias_zone="Z0", type_="A"),
    weighted("pool.test", 1, "one", values="192.0.2.1", check="one"),
    record_set("www.test", "TXT", '"text"'),
    record_set("blog.test", "CNAME", "www.test"),
    record_set("loop.test", alias="loop.test"),
    record_set("*.wild.test", check="other"),
)
CHECKS = (
    HealthCheck("parent", CalculatedCheck(("one", "child"), 1)),
    *(HealthCheck(id, EndpointCheck(EndpointType.TCP, "192.0.2.1", port=80)) for id in ("one", "child", "t", "other")),
)


@pytest.mark.parametrize(
    ("name", "groups", "checks"),
    [
        pytest.param(
            "www.test", [("www.test.", "A"), ("www.test.", "TXT"), ("pool.test.", "A")],
            {"parent", "one", "child", "t", TARGET}, id="R110 aliases, H78 children, R106 targets",
        ),
        pytest.param(
            "blog.test",
            [("blog.test.", "CNAME"), ("www.test.", "A"), ("www.test.", "TXT"), ("pool.test.", "A")],
            {"parent", "one", "child", "t", TARGET}, id="R54 a CNAME",
        ),
        pytest.param("loop.test", [("loop.test.", "A")], set(), id="R118 a ring"),
        pytest.param("x.wild.test", [("*.wild.test.", "A")], {"other"}, id="R47 a wildcard"),
        pytest.param("gone.test", [], set(), id="no such name"),
    ],
)  # fmt: skip
def test_everything_behind_a_name_is_listed(name, groups, checks):
    lb = resource(LB, target("10.0.0.1", "t"))
    assert behind(name, *TREE, checks=CHECKS, resources=[lb]) == (groups, checks)


@pytest.mark.parametrize(("check", "healthy"), [(None, 2), ("down", 1)])
def test_r106_an_alias_to_a_resource_is_listed_with_its_healthy_targets(check, healthy):
    """Without a routing policy too: its answer follows the health of the targets."""
    alias = record_set("lb.test", alias=LB, alias_zone="Z0")
    balancer = resource(LB, target("10.0.0.1", check), target("10.0.0.2"))
    catalog = Catalog.of([zone("test", alias, record_set("plain.test", alias="lb.test"))], [compile_resource(balancer)])
    locator = Locator(Geo())
    health = HealthSnapshot(0, Map({"down": Status.UNHEALTHY}))
    (row,) = group_shares(Published(World(), catalog, locator), health, Client.at_place(locator.unlocated))
    (share,) = row["shares"]
    assert (row["name"], share["targets"], share["healthy_targets"]) == ("lb.test.", 2, healthy)
