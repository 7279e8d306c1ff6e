"""Aliases to AWS resources, and the resources' own names, through the wire (routing.md R106–R111)."""

import pytest

from dnsemu.answering.answer import draw
from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.explain.text import explanation_lines
from dnsemu.explain.tree import explain
from dnsemu.files.loading import compile_world
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.upstream.hosted_resolver import HostedResolver
from dnsemu.zone.resources import counts_as_healthy
from tests.asking import Server, flags, lines, rcode
from tests.builders import ANYONE, primary, record_set, resource, secondary, target, weighted, zone

ELB = "Z35SXDOTRQ7X7K"
LB = "lb.us-east-1.elb.amazonaws.com"
SERVERS = ["ns-1.awsdns-00.com.", "ns-600.awsdns-11.net."]


def to_lb(name, type_="A", *, policy=record_set, target=LB, eth=True, **more):
    return policy(name, type_=type_, alias=target, alias_zone=ELB, eth=eth, **more)


def served(*targets, kind="application-load-balancer", groups=(), name=LB, record_sets=(), down=(), seed=1):
    """Makes a server with one resource, and `www.shop.test` as an alias of types A and AAAA to it."""
    shop = zone("shop.test", *(to_lb("www.shop.test", t, target=name) for t in ("A", "AAAA")), *record_sets)
    server = Server(shop, resources=[resource(name, *targets, kind=kind, groups=groups)], seed=seed)
    fail(server, *down)
    return server


def fail(server, *checks):
    for check in checks:
        server.health.set(check, Status.UNHEALTHY)


def values(reply):
    return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)


ONE, TWO, SIX = target("192.0.2.1", "one"), target("192.0.2.2", "two"), target("2001:db8::6", "six")


@pytest.mark.parametrize(
    ("targets", "down", "type_", "answer"),
    [
        pytest.param([ONE, TWO], [], "A", ["192.0.2.1", "192.0.2.2"], id="R106 all healthy targets"),
        pytest.param([ONE, TWO], ["one"], "A", ["192.0.2.2"], id="R106 only healthy targets"),
        pytest.param([ONE, TWO], ["one", "two"], "A", ["192.0.2.1", "192.0.2.2"], id="R106 none healthy: fail open"),
        pytest.param([ONE, SIX], [], "AAAA", ["2001:db8::6"], id="R106 addresses of the alias's type"),
        pytest.param([ONE, SIX], ["one"], "A", ["192.0.2.1"], id="R106 each type fails open separately"),
        pytest.param([ONE], [], "AAAA", [], id="R107 a type without addresses: NODATA"),
        pytest.param([], [], "A", [], id="R107 no targets: NODATA"),
        pytest.param([target("192.0.2.1")], [], "A", ["192.0.2.1"], id="R114 a target without a check is healthy"),
        pytest.param([target("192.0.2.1", "one"), target("192.0.2.1", "two")], ["one"], "A", ["192.0.2.1"],
                     id="R106 one address of two targets, once"),
    ],
)  # fmt: skip
def test_an_alias_to_a_load_balancer(targets, down, type_, answer):
    reply = served(*targets, down=down).ask("www.shop.test", type_)
    assert (rcode(reply), flags(reply), values(reply)) == ("NOERROR", {"QR", "AA", "RD"}, answer)
    if answer:
        assert lines(reply.answer) == [f"www.shop.test. 60 {type_} {address}" for address in answer]
        assert [rdata.to_text() for rdata in reply.authority[0]] == SERVERS
    else:
        assert lines(reply.authority)[0].startswith("shop.test. 900 SOA")


@pytest.mark.parametrize(
    ("kind", "ttl"),
    [
        *((kind.value, 60) for kind in ResourceKind if kind.value not in ("s3-website", "multi-az-database")),
        ("s3-website", 5),
    ],
)
def test_r106_the_ttl_is_the_services_own(kind, ttl):
    reply = served(ONE, kind=kind).ask("www.shop.test")
    assert lines(reply.answer) == [f"www.shop.test. {ttl} A 192.0.2.1"]


def test_r106_at_most_eight_addresses_in_random_order():
    all_of_them = {f"192.0.2.{n}" for n in range(1, 13)}
    server = served(*map(target, sorted(all_of_them)))
    seen, orders = set(), set()
    for _ in range(40):
        (rrset,) = server.ask("www.shop.test").answer
        answer = tuple(rdata.to_text() for rdata in rrset)
        assert len(set(answer)) == len(answer) == 8
        seen.update(answer)
        orders.add(answer)
    assert seen == all_of_them
    assert len(orders) == 40


def test_r106_dualstack_in_front_of_the_name():
    shop = zone("shop.test", to_lb("www.shop.test", target=f"dualstack.{LB}"))
    server = Server(shop, resources=[resource(LB, ONE)])
    assert values(server.ask("www.shop.test")) == ["192.0.2.1"]
    assert lines(server.ask(f"dualstack.{LB}").answer) == [f"dualstack.{LB}. 60 A 192.0.2.1"]


def test_r107_an_undeclared_name_has_no_data():
    server = Server(zone("shop.test", to_lb("www.shop.test")))
    reply = server.ask("www.shop.test")
    assert (rcode(reply), reply.answer) == ("NOERROR", [])


# --- health ---

UP, DOWN = True, False


def in_groups(*pairs):
    return [target("192.0.2.1", target_group=group) for group, _ in pairs], [is_healthy for _, is_healthy in pairs]


GROUPED = ("application-load-balancer", "network-load-balancer")


@pytest.mark.parametrize(
    ("kinds", "groups", "targets", "expected"),
    [
        pytest.param(GROUPED, [], [(None, UP), (None, DOWN)], True, id="R111.1 one healthy target is enough"),
        pytest.param(GROUPED, [], [(None, DOWN), (None, DOWN)], False, id="R111.2 no healthy target"),
        pytest.param(GROUPED, [], [("a", UP), ("a", DOWN), ("b", UP)], True, id="R111.3 one in every group"),
        pytest.param(GROUPED, [], [("a", UP), ("b", DOWN)], False, id="R111.4 a group without a healthy target"),
        pytest.param(GROUPED, [], [("a", UP), (None, DOWN)], False, id="R111.5 targets without a group name form a group"),
        pytest.param(GROUPED, ["a", "b"], [("a", UP)], False, id="R111.6 a group without targets"),
        pytest.param(GROUPED, [], [], False, id="R111.7 no targets at all"),
        pytest.param(["classic-load-balancer", "elastic-beanstalk"], [], [(None, UP), (None, DOWN)], True,
                     id="R111.8 a CLB needs one instance"),
        pytest.param(["classic-load-balancer", "elastic-beanstalk"], [], [(None, DOWN)], False,
                     id="R111.9 a CLB without a healthy instance"),
        pytest.param(["classic-load-balancer"], [], [], False, id="R111.10 a CLB without instances"),
        pytest.param(["s3-website", "api-gateway", "vpc-endpoint", "global-accelerator"], [], [(None, DOWN)], True,
                     id="R106 no effect in practice"),
    ],
)  # fmt: skip
def test_r111_what_an_alias_inherits(kinds, groups, targets, expected):
    members, health = in_groups(*targets)
    for kind in kinds:
        declared = Resource(names.parse(LB), ResourceKind(kind), "us-east-1", (), tuple(groups), tuple(members))
        assert counts_as_healthy(declared, health) is expected, kind


@pytest.mark.parametrize(
    ("eth", "check", "down", "answer"),
    [
        pytest.param(True, None, [], "192.0.2.1", id="R108.1 a healthy target"),
        pytest.param(True, None, ["one"], "192.0.2.9", id="R108.2 the alias inherits the target's health"),
        pytest.param(
            False, "own", ["one"], "192.0.2.1", id="R108.3 an alias that does not evaluate the target ignores it"
        ),
        pytest.param(True, "own", [], "192.0.2.1", id="R109.1 both pass"),
        pytest.param(True, "own", ["own"], "192.0.2.9", id="R109.2 the check fails"),
        pytest.param(True, "own", ["one"], "192.0.2.9", id="R109.3 the target fails"),
        pytest.param(False, "own", ["own"], "192.0.2.9", id="R109.4 the check alone decides"),
    ],
)
def test_failover_away_from_a_load_balancer(eth, check, down, answer):
    pair = (
        to_lb("f.shop.test", policy=primary, eth=eth, check=check),
        secondary("f.shop.test", values="192.0.2.9"),
    )
    server = served(ONE, record_sets=pair, down=down)
    assert values(server.ask("f.shop.test")) == [answer]


def test_r119_failover_onto_unhealthy_load_balancers_fails_open():
    pair = (to_lb("f.shop.test", policy=primary), secondary("f.shop.test", values="192.0.2.9", check="nine"))
    server = served(ONE, record_sets=pair, down=["one", "nine"])
    assert values(server.ask("f.shop.test")) == ["192.0.2.1"]


def test_r110_pools_over_a_load_balancer():
    """octoDNS makes such trees: failover between pools of weighted aliases; the first pool is a load balancer."""
    tree = (
        weighted("pool-a.shop.test", 1, "lb", alias=LB, alias_zone=ELB, type_="A"),
        weighted("pool-b.shop.test", 1, "b", values="192.0.2.9"),
        primary("app.shop.test", alias="pool-a.shop.test"),
        secondary("app.shop.test", alias="pool-b.shop.test"),
        record_set("shop.test", alias="app.shop.test"),
    )
    server = served(ONE, TWO, record_sets=tree)
    assert lines(server.ask("shop.test").answer) == ["shop.test. 60 A 192.0.2.1", "shop.test. 60 A 192.0.2.2"]
    fail(server, "one")
    assert values(server.ask("shop.test")) == ["192.0.2.2"]
    fail(server, "two")
    assert values(server.ask("shop.test")) == ["192.0.2.9"]
    server.health.set("two", Status.HEALTHY)
    assert values(server.ask("shop.test")) == ["192.0.2.2"]


# --- the resource's own name ---


@pytest.fixture
def named():
    shop = zone("shop.test", record_set("cname.shop.test", "CNAME", LB), to_lb("www.shop.test"))
    return Server(shop, resources=[resource(LB, ONE, TWO, SIX)])


@pytest.mark.parametrize(
    ("name", "type_", "code", "answer"),
    [
        pytest.param(LB, "A", "NOERROR", ["192.0.2.1", "192.0.2.2"], id="R106 its addresses"),
        pytest.param(LB.upper(), "AAAA", "NOERROR", ["2001:db8::6"], id="R106 IPv6"),
        pytest.param(LB, "TXT", "NOERROR", [], id="R49 another type"),
        pytest.param(f"x.{LB}", "A", "NXDOMAIN", [], id="R48 no name below it exists"),
    ],
)
def test_a_resource_answers_by_its_own_name(named, name, type_, code, answer):
    reply = named.ask(name, type_)
    assert (rcode(reply), values(reply)) == (code, answer)
    assert "AA" in flags(reply)
    if not answer:
        assert lines(reply.authority)[0].startswith(f"{LB}. 900 SOA ns-")
    else:
        assert len(reply.authority[0]) == 4


def test_names_beside_a_resource_are_refused(named):
    """R42"""
    assert rcode(named.ask("other.us-east-1.elb.amazonaws.com")) == "REFUSED"
    assert rcode(named.ask("us-east-1.elb.amazonaws.com")) == "REFUSED"


def test_r25_a_resources_name_has_ns_and_soa(named):
    assert len(named.ask(LB, "NS").answer[0]) == 4
    assert lines(named.ask(LB, "SOA").answer)[0].startswith(f"{LB}. 900 SOA ns-")


def test_r55_a_cname_to_a_resource_ends_with_the_cname(named):
    reply = named.ask("cname.shop.test")
    assert lines(reply.answer) == [f"cname.shop.test. 60 CNAME {LB}."]


async def test_h57_a_health_check_finds_a_load_balancer_behind_a_cname(named):
    resolver = HostedResolver(named.board, named.health, named.responder._dice, fallback=None)
    assert await resolver.resolve("cname.shop.test", "us-east-1") in ("192.0.2.1", "192.0.2.2")


DB = "db.abc.us-east-1.rds.amazonaws.com"


@pytest.mark.parametrize(
    ("down", "host"),
    [
        pytest.param([], "db-1.shop.test.", id="the first host"),
        pytest.param(["one"], "db-2.shop.test.", id="the first healthy host"),
        pytest.param(["one", "two"], "db-1.shop.test.", id="R119 none healthy: the first"),
    ],
)
def test_a_database_is_a_cname_of_its_first_healthy_host(down, host):
    database = resource(DB, target("db-1.shop.test", "one"), target("db-2.shop.test", "two"), kind="multi-az-database")
    shop = zone("shop.test", record_set("db-1.shop.test"), record_set("db.shop.test", "CNAME", DB))
    server = Server(shop, resources=[database])
    fail(server, *down)
    for type_ in ("A", "AAAA", "CNAME"):
        assert lines(server.ask(DB, type_).answer) == [f"{DB}. 5 CNAME {host}"]  # R55: no farther
    assert lines(server.ask("db.shop.test").answer) == [f"db.shop.test. 60 CNAME {DB}."]
    assert len(server.ask(DB, "NS").answer[0]) == 4


# --- explanations ---


def explained(server, name):
    catalog, health = server.board.current.catalog, server.health.current
    return explain(resolve(catalog, health, ANYONE, names.parse(name), 1), 24, lambda check: f"{check} in detail")


def test_explain_shows_the_resource_as_a_node():
    one = target("192.0.2.1", "one", availability_zone="use1-az1", target_group="web")
    two = target("192.0.2.2", "two", availability_zone="use1-az2", target_group="web")
    three = target("app.test", target_group="web")
    server = served(one, two, three, down=["two"])
    explanation = explained(server, "www.shop.test")
    (candidate,) = explanation["decisions"][0]["candidates"]
    below = candidate["below"]
    targets = below.pop("targets")
    assert below == {
        "resource": f"{LB}.",
        "kind": "application-load-balancer",
        "region": "us-east-1",
        "availability_zones": [],
        "is_healthy": True,
        "health": f"application-load-balancer {LB}.: 2 of 3 targets healthy",
        "why": "healthy targets share the answers",
        "is_taken": True,
        "sample": 1,
    }
    assert candidate["health"] == below["health"]
    assert targets[1] == {
        "host": None,
        "address": "192.0.2.2",
        "availability_zone": "use1-az2",
        "target_group": "web",
        "is_healthy": False,
        "health": "two: two in detail",
        "health_check_id": "two",
        "share": "0",
        "percent": 0.0,
        "answers_share": "0",
        "answers_percent": 0.0,
    }
    assert [(t["host"], t["address"], t["share"]) for t in targets] == [
        (None, "192.0.2.1", "1"),
        (None, "192.0.2.2", "0"),
        ("app.test.", None, "0"),
    ]
    assert [(answer["values"], answer["share"]) for answer in explanation["answers"]] == [(["192.0.2.1"], "1")]


def test_explain_multiplies_shares_into_a_resource():
    """R65: half of the answers are the load balancer's, each with eight of its ten addresses."""
    tree = (
        weighted("w.shop.test", 1, "lb", alias=LB, alias_zone=ELB, type_="A"),
        weighted("w.shop.test", 1, "leaf", values="192.0.2.99"),
    )
    server = served(*(target(f"192.0.2.{n}") for n in range(1, 11)), record_sets=tree)
    shares = {answer["values"][0]: answer["share"] for answer in explained(server, "w.shop.test")["answers"]}
    assert shares == {**{f"192.0.2.{n}": "2/5" for n in range(1, 11)}, "192.0.2.99": "1/2"}


def test_explain_in_text():
    web, api = target("192.0.2.1", "one", target_group="web"), target("192.0.2.2", "two", target_group="api")
    pair = (to_lb("f.shop.test", policy=primary), secondary("f.shop.test", values="192.0.2.9"))
    server = served(web, api, record_sets=pair, down=["two"])
    text = "\n".join(line.text for line in explanation_lines(explained(server, "f.shop.test")))
    assert f"application-load-balancer {LB}.: 1 of 2 targets healthy, none in target group api" in text
    text = "\n".join(line.text for line in explanation_lines(explained(server, "www.shop.test")))
    assert f"└ application-load-balancer  {LB}.  (healthy targets share the answers, 1 together)" in text
    assert "→ 100 %  192.0.2.1  web  healthy    one: one in detail" in text
    assert "192.0.2.2  api  unhealthy  two: two in detail" in text
    fail(server, "one")
    text = "\n".join(line.text for line in explanation_lines(explained(server, "www.shop.test")))
    assert "(no target is healthy, so all count as healthy, 2 together)" in text


def test_explain_no_data_in_text():
    server = served(SIX)
    text = "\n".join(line.text for line in explanation_lines(explained(server, "www.shop.test")))
    assert "(no target has an address of this type)" in text
    assert text.endswith("answer  NODATA")


def test_a_resource_from_a_file():
    """R106."""
    text = f"""
resources: [{{dns_name: {LB}, kind: application-load-balancer, targets: [{{address: 192.0.2.1}}]}}]
hosted_zones:
  - name: shop.test
    record_sets: [{{name: www, type: A, alias_target: {{dns_name: dualstack.{LB}, evaluate_target_health: true}}}}]
"""
    published = compile_world(load_text("shop.yaml", text)).published
    server = Server()
    link = resolve(published.catalog, server.health.current, ANYONE, names.parse("www.shop.test"), 1)
    assert [rdata for *_, rdata in draw(link, server.responder._dice, 0).answer] == [bytes([192, 0, 2, 1])]
