"""Host names of endpoints in hosted zones (health-checks.md §4)."""

import random

import pytest

from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, SERV_FAIL
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.upstream.hosted_resolver import HostedResolver
from tests.asking import Server
from tests.builders import latency, primary, record_set, secondary, weighted, zone

SHOP = zone(
    "shop.test",
    record_set("www.shop.test", values="192.0.2.1"),
    record_set("v6.shop.test", "AAAA", "2001:db8::1"),
    record_set("v6alias.shop.test", "CNAME", "v6.shop.test"),
    record_set("alias.shop.test", alias="www.shop.test"),
    record_set("cname.shop.test", "CNAME", "www.shop.test"),
    record_set("lost.shop.test", "CNAME", "gone.shop.test"),
    record_set("away.shop.test", "CNAME", "Host.Elsewhere.test"),
    record_set("across.shop.test", "CNAME", "www.other.test"),
    record_set("loop.shop.test", "CNAME", "back.other.test"),
    record_set("loop1.shop.test", "CNAME", "loop2.shop.test"),
    record_set("loop2.shop.test", "CNAME", "loop1.shop.test"),
    record_set("sub.shop.test", "NS", "ns.sub.shop.test"),
    record_set("below.shop.test", "CNAME", "host.sub.shop.test"),
    latency("near.shop.test", "us-east-1", values="192.0.2.10"),
    latency("near.shop.test", "eu-west-1", values="192.0.2.20"),
    primary("api.shop.test", values="192.0.2.30", check="api"),
    secondary("api.shop.test", values="192.0.2.40"),
    weighted("dice.shop.test", 0, "a", values="192.0.2.50"),
    weighted("dice.shop.test", 1, "b", values="192.0.2.60"),
)
OTHER = zone(
    "other.test",
    record_set("www.other.test", values="192.0.2.99"),
    record_set("back.other.test", "CNAME", "loop.shop.test"),
)


class Elsewhere:
    """Another resolver: it answers everything, and records the questions."""

    def __init__(self):
        self.asked = []

    async def resolve(self, name, region, version=4):
        self.asked.append((name.lower(), region))
        return {4: "198.51.100.1", 6: "2001:db8::99"}[version]


@pytest.fixture
def elsewhere():
    return Elsewhere()


@pytest.fixture
def server():
    return Server(SHOP, OTHER)


@pytest.fixture
def resolver(server, elsewhere):
    return HostedResolver(server.board, server.health, random.Random(1), elsewhere)


@pytest.mark.parametrize(("name", "region", "found"), [
    pytest.param("www.shop.test", "eu-west-1", "192.0.2.1", id="H59 a name of ours"),
    pytest.param("WWW.Shop.Test.", "eu-west-1", "192.0.2.1", id="H59 in any spelling"),
    pytest.param("alias.shop.test", "eu-west-1", "192.0.2.1", id="H59 an alias"),
    pytest.param("cname.shop.test", "eu-west-1", "192.0.2.1", id="H57 a CNAME"),
    pytest.param("across.shop.test", "eu-west-1", "192.0.2.99", id="H57 a CNAME into another hosted zone"),
    pytest.param("near.shop.test", "us-east-1", "192.0.2.10", id="H59 latency: the checker's Region is the client's"),
    pytest.param("near.shop.test", "eu-west-1", "192.0.2.20", id="H59 latency: another checker, another answer"),
    pytest.param("dice.shop.test", "eu-west-1", "192.0.2.60", id="H59 weights apply"),
    pytest.param("gone.shop.test", "eu-west-1", NX_DOMAIN, id="H58 NXDOMAIN"),
    pytest.param("lost.shop.test", "eu-west-1", NX_DOMAIN, id="H58 NXDOMAIN behind a CNAME"),
    pytest.param("v6.shop.test", "eu-west-1", NO_ADDRESS, id="H56 H186 only AAAA"),
    pytest.param("v6alias.shop.test", "eu-west-1", NO_ADDRESS, id="H56 only AAAA behind a CNAME"),
    pytest.param("loop1.shop.test", "eu-west-1", SERV_FAIL, id="H61 CNAMEs in a circle"),
    pytest.param("loop.shop.test", "eu-west-1", SERV_FAIL, id="H61 CNAMEs in a circle through two zones"),
    pytest.param("a..b", "eu-west-1", NX_DOMAIN, id="H58 no name at all"),
])  # fmt: skip
async def test_names_of_ours(resolver, elsewhere, name, region, found):
    assert await resolver.resolve(name, region) == found
    assert elsewhere.asked == []


@pytest.mark.parametrize(("name", "asked"), [
    pytest.param("www.elsewhere.test", "www.elsewhere.test", id="H59 a name outside"),
    pytest.param("away.shop.test", "host.elsewhere.test", id="H57 a CNAME leads outside"),
    pytest.param("www.sub.shop.test", "www.sub.shop.test", id="H59 below a delegation"),
    pytest.param("below.shop.test", "host.sub.shop.test", id="H57 a CNAME leads below a delegation"),
])  # fmt: skip
async def test_names_of_others(resolver, elsewhere, name, asked):
    assert await resolver.resolve(name, "sa-east-1") == "198.51.100.1"
    assert elsewhere.asked == [(asked, "sa-east-1")]


@pytest.mark.parametrize(("name", "found"), [
    pytest.param("v6.shop.test", "2001:db8::1", id="R106 a host with AAAA"),
    pytest.param("v6alias.shop.test", "2001:db8::1", id="R106 AAAA behind a CNAME"),
    pytest.param("www.shop.test", NO_ADDRESS, id="R106 a host without AAAA"),
    pytest.param("gone.shop.test", NX_DOMAIN, id="R106 no host"),
    pytest.param("away.shop.test", "2001:db8::99", id="R106 a CNAME leads outside"),
])  # fmt: skip
async def test_ipv6_for_targets(resolver, name, found):
    assert await resolver.resolve(name, "eu-west-1", 6) == found


async def test_h61_a_check_may_follow_the_failover_that_it_causes(server, resolver):
    found = []
    for status in (Status.HEALTHY, Status.UNHEALTHY, Status.HEALTHY):
        server.health.set("api", status)
        found.append(await resolver.resolve("api.shop.test", "eu-west-1"))
    assert found == ["192.0.2.30", "192.0.2.40", "192.0.2.30"]


async def test_h59_a_change_is_seen_by_the_next_probe(server, resolver):
    assert await resolver.resolve("www.shop.test", "eu-west-1") == "192.0.2.1"
    later = zone("shop.test", record_set("www.shop.test", values="192.0.2.2"))
    server.board.publish(Server(later).board.current)
    assert await resolver.resolve("www.shop.test", "eu-west-1") == "192.0.2.2"
