"""Answers of traffic policy instances: compiled to groups, decided like all others (routing.md R113, R185–R197)."""

from dataclasses import replace
from fractions import Fraction

import pytest
from immutables import Map

from dnsemu.answering.resolution import resolve
from dnsemu.commands.registry import TABLES
from dnsemu.commands.traffic.policies import INSTANCES, POLICY_VERSIONS
from dnsemu.commands.traffic.published import Traffic
from dnsemu.commands.validity import invalid_rows
from dnsemu.config import names
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.shares import shares_of
from dnsemu.explain.text import explanation_lines
from dnsemu.explain.tree import explain
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Published
from dnsemu.publication.publishing import with_api_zones, with_writes
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.store.snapshot import Snapshot, load, save
from dnsemu.what_if.tree import tree_of
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.lookup import Hit
from dnsemu.zone.resources import compile_resource
from tests.asking import Server, lines, rcode
from tests.builders import ANYONE, at, resource, target
from tests.dnsemu.commands.batches import OTHER, ZONE, batch, create, emulation
from tests.dnsemu.commands.traffic.traffic_documents import (
    at_endpoint,
    document,
    endpoint,
    failover,
    geo,
    geoproximity,
    latency,
    make_instance,
    make_policy,
    multivalue,
    rule,
    value,
    weighted,
)

WWW = "www.example.test"
LB = "lb.us-east-1.elb.amazonaws.com"
CALIFORNIA = at(34.0, -118.2, "NA", "US", "CA")
PARIS = at(48.9, 2.4, "EU", "FR")
TOKYO = at(35.7, 139.7, "AS", "JP")
NOWHERE = at()

QUARTER = Fraction(1, 4)


class Emulated:
    """Commands and a responder; the writes of a command are answered at once."""

    def __init__(self, *resources):
        self.server = Server()
        self.aws = emulation()
        catalog = Catalog.of((), map(compile_resource, resources))
        self.declared = Published(World(), catalog, Locator(Geo()))
        self.start(self.aws.state)

    def start(self, state):
        """Publishes a state as at a start."""
        published = with_api_zones(self.declared, Catalog(Map()), state.world, lambda _: 0.0, Traffic.of(state))
        self.server.board.publish(published)

    def call(self, operation, **request):
        response = self.aws.call(operation, **request)
        self.publish(self.aws.writes)
        return response

    def publish(self, writes):
        self.server.board.publish(*with_writes(self.server.board.current, writes, lambda _: 0.0))

    def serve(self, text, name=WWW, **more):
        """Creates a policy and an instance of it; returns the ids of both."""
        policy = make_policy(self, text, f"policy for {name}")
        return policy, make_instance(self, policy, ZONE, name, **more)

    def fail(self, *checks):
        for check in checks:
            self.server.health.set(check, Status.UNHEALTHY)

    def link(self, name=WWW, type=RRType.A, client=ANYONE):
        catalog, health = self.server.board.current.catalog, self.server.health.current
        return resolve(catalog, health, client, names.parse(name), type)

    def shares(self, **question):
        """Returns the exact share of each value."""
        return {r.values[0]: share for r, share in shares_of(self.link(**question)).answers.items()}

    def hidden(self, zone=ZONE):
        zones = self.server.board.current.catalog.zones.values()
        return next(compiled for compiled in zones if compiled.id == zone).hidden

    def lines(self, name=WWW, type_="A"):
        return lines(self.server.ask(name, type_).answer)


@pytest.fixture
def emulated():
    return Emulated()


ENDPOINTS = {
    "blue": value("192.0.2.1"),
    "green": value("192.0.2.2"),
    "dublin": value("192.0.2.3"),
    "sorry": value("192.0.2.9"),
}
BLUE, GREEN, DUBLIN, SORRY = (found["Value"] for found in ENDPOINTS.values())
HEALTH = {"EvaluateTargetHealth": "true"}
VIRGINIA = weighted(endpoint("blue", Weight="1", HealthCheck="blue"), endpoint("green", Weight=3, HealthCheck="green"))


def three_deep(**to_regions):
    """Returns failover over latency over weighted; `to_regions` belongs to the first of these references."""
    return document(
        {
            "top": failover(rule("regions", **to_regions), endpoint("sorry")),
            "regions": latency(
                rule("virginia", Region="us-east-1", **HEALTH),
                endpoint("dublin", Region="eu-west-1", HealthCheck="dublin"),
            ),
            "virginia": VIRGINIA,
        },
        endpoints=ENDPOINTS,
    )


@pytest.mark.parametrize(
    ("down", "client", "shares"),
    [
        pytest.param([], ANYONE, {BLUE: QUARTER, GREEN: 3 * QUARTER}, id="R197 all healthy"),
        pytest.param([], PARIS, {DUBLIN: 1}, id="R197 another client"),
        pytest.param(["green"], ANYONE, {BLUE: 1}, id="R197 a weight less"),
        pytest.param(["blue", "green"], ANYONE, {DUBLIN: 1}, id="R197 the next Region"),
        pytest.param(["dublin"], PARIS, {BLUE: QUARTER, GREEN: 3 * QUARTER}, id="R197 the next Region, of another client"),
        pytest.param(["blue", "green", "dublin"], ANYONE, {SORRY: 1}, id="R197 the secondary"),
    ],
)  # fmt: skip
def test_a_tree_three_deep(emulated, down, client, shares):
    emulated.serve(three_deep(**HEALTH))
    emulated.fail(*down)
    assert emulated.shares(client=client) == shares


def test_r190_without_evaluating_health_failover_never_fails_over(emulated):
    emulated.serve(three_deep())
    emulated.fail("blue", "green", "dublin")
    assert emulated.shares() == {BLUE: QUARTER, GREEN: 3 * QUARTER}


def test_the_wire_says_what_was_decided(emulated):
    """R196: all record sets of the tree have the instance's TTL."""
    emulated.serve(three_deep(**HEALTH), ttl=17)
    emulated.fail("green")
    reply = emulated.server.ask(WWW)
    assert (rcode(reply), lines(reply.answer)) == ("NOERROR", [f"{WWW}. 17 A {BLUE}"])
    emulated.fail("blue", "dublin")
    assert emulated.lines() == [f"{WWW}. 17 A {SORRY}"]


# --- each rule type ---


@pytest.mark.parametrize(
    ("client", "answer"),
    [
        pytest.param(CALIFORNIA, "192.0.2.1", id="R77 a state"),
        pytest.param(ANYONE, "192.0.2.4", id="R77 another state: the default"),
        pytest.param(PARIS, "192.0.2.2", id="R77 a continent"),
        pytest.param(TOKYO, "192.0.2.3", id="R77 a country"),
        pytest.param(NOWHERE, "192.0.2.4", id="R79 R189 nowhere: the default"),
    ],
)
def test_geolocation_with_a_default(emulated, client, answer):
    places = [
        endpoint("1", Country="US", Subdivision="CA"),
        endpoint("2", Continent="EU"),
        endpoint("3", Country="JP"),
        endpoint("4", IsDefault="true"),
    ]
    endpoints = {str(number): value(f"192.0.2.{number}") for number in range(1, 5)}
    emulated.serve(document({"top": geo(*places)}, endpoints=endpoints))
    assert emulated.shares(client=client) == {answer: 1}


def test_r78_geolocation_without_a_default(emulated):
    emulated.serve(document({"top": geo(endpoint("a", Continent="EU"))}))
    assert emulated.shares(client=PARIS) == {"192.0.2.1": 1}
    assert emulated.shares(client=NOWHERE) == {}
    reply = emulated.server.ask(WWW)
    assert (rcode(reply), reply.answer, len(reply.authority)) == ("NOERROR", [], 1)


IN_2015 = geoproximity(
    endpoint("a", Region="aws:route53:us-east-1"), endpoint("b", Latitude="48.85", Longitude="2.35", Bias="10")
)
IN_2023 = geoproximity(
    endpoint("a", Location={"Type": "Region", "LocationName": "aws:route53:us-east-1"}),
    endpoint("b", Location={"Type": "Coordinate", "Latitude": 48.85, "Longitude": 2.35}, Bias=10),
    endpoint("c", Location={"Type": "LocalZone", "LocationName": "aws:route53:us-west-2-lax-1a"}),
)


@pytest.mark.parametrize(
    ("text", "client", "answer"),
    [
        pytest.param(document({"top": IN_2015}), ANYONE, "192.0.2.1", id="R187 the older format: a Region"),
        pytest.param(document({"top": IN_2015}), PARIS, "192.0.2.2", id="R187 the older format: coordinates"),
        pytest.param(document({"top": IN_2023}, version="2023-05-09"), ANYONE, "192.0.2.1", id="R187 a Region"),
        pytest.param(document({"top": IN_2023}, version="2023-05-09"), PARIS, "192.0.2.2", id="R187 coordinates"),
        pytest.param(document({"top": IN_2023}, version="2023-05-09"), CALIFORNIA, "192.0.2.3", id="R84 a Local Zone"),
    ],
)
def test_geoproximity(emulated, text, client, answer):
    emulated.serve(text)
    assert emulated.shares(client=client) == {answer: 1}


def test_r90_multivalue(emulated):
    endpoints = {str(number): value(f"192.0.2.{number}") for number in range(1, 13)}
    emulated.serve(
        document({"top": multivalue(*(endpoint(id, HealthCheck=id) for id in endpoints))}, endpoints=endpoints)
    )
    assert emulated.shares() == {f"192.0.2.{number}": Fraction(2, 3) for number in range(1, 13)}
    assert len(emulated.lines()) == 8
    emulated.fail("1", "2", "3", "4", "5", "6", "7")
    assert emulated.shares() == {f"192.0.2.{number}": 1 for number in range(8, 13)}


def test_one_endpoint_twice_in_a_rule(emulated):
    emulated.serve(document({"top": weighted(*(endpoint(id, Weight=1) for id in ("a", "a", "b")))}))
    decision = emulated.link().decisions[0]
    group = decision.below(decision.group.record_sets[0]).group
    assert [r.set_identifier for r in group.record_sets] == ["a", "a #2", "b"]
    assert sorted(shares_of(emulated.link()).answers.values()) == [Fraction(1, 3)] * 3


def test_r185_an_endpoint_alone(emulated):
    emulated.serve(at_endpoint())
    assert emulated.lines() == [f"{WWW}. 30 A 192.0.2.1"]
    assert not emulated.hidden()


@pytest.mark.parametrize(
    ("type", "text", "line"),
    [
        ("AAAA", "2001:db8::1", "AAAA 2001:db8::1"),
        ("MX", "10 mail.test", "MX 10 mail.test."),
        ("TXT", '"a b"', 'TXT "a b"'),
        ("CNAME", "elsewhere.test", "CNAME elsewhere.test."),
    ],
)
def test_r185_one_type_for_the_whole_tree(emulated, type, text, line):
    rules = {"top": weighted(rule("r", Weight=1)), "r": weighted(endpoint("a", Weight=1))}
    emulated.serve(document(rules, endpoints={"a": value(text)}, type=type))
    assert emulated.lines(type_=type) == [f"{WWW}. 30 {line}"]
    assert emulated.lines(type_="A") == ([f"{WWW}. 30 {line}"] if type == "CNAME" else [])


def test_r55_a_cname_leads_on_into_its_zone(emulated):
    emulated.serve(at_endpoint(endpoints={"a": value("api.example.test")}, type="CNAME"))
    emulated.serve(at_endpoint(), "api.example.test")
    assert emulated.lines() == ["api.example.test. 30 A 192.0.2.1", f"{WWW}. 30 CNAME api.example.test."]


def test_r46_an_instance_at_a_wildcard(emulated):
    emulated.serve(three_deep(), "*.example.test")
    emulated.fail("green")
    assert emulated.lines("any.example.test") == [f"any.example.test. 30 A {BLUE}"]


# --- AWS resources ---


@pytest.mark.parametrize("text", [LB, f"dualstack.{LB}", LB.upper() + "."])
def test_r186_a_resource_that_is_declared_answers_with_its_own_ttl(text):
    """R196"""
    emulated = Emulated(resource(LB, target("192.0.2.7")))
    emulated.serve(at_endpoint(endpoints={"a": {"Type": "application-load-balancer", "Value": text}}))
    assert emulated.lines() == [f"{WWW}. 60 A 192.0.2.7"]


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("us-east-1", f"{WWW}.s3-website-us-east-1.amazonaws.com"),
        ("eu-central-1", f"{WWW}.s3-website.eu-central-1.amazonaws.com"),
        ("cn-north-1", f"{WWW}.s3-website.cn-north-1.amazonaws.com.cn"),
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_r186_a_bucket_by_its_name_or_its_websites(region, name, is_whole):
    emulated = Emulated(resource(name, target("192.0.2.7"), kind="s3-website", region=region))
    website = {"Type": "s3-website", "Region": region, "Value": name if is_whole else WWW}
    emulated.serve(at_endpoint(endpoints={"a": website}))
    assert emulated.lines() == [f"{WWW}. 5 A 192.0.2.7"]


def test_r107_an_undeclared_resource_has_no_data(emulated):
    emulated.serve(at_endpoint(endpoints={"a": {"Type": "cloudfront", "Value": "d1.cloudfront.net"}}))
    reply = emulated.server.ask(WWW)
    assert (rcode(reply), reply.answer) == ("NOERROR", [])


@pytest.mark.parametrize(
    ("more", "answer"), [({}, "192.0.2.7"), ({"EvaluateTargetHealth": True}, "192.0.2.1")], ids=["R190", "R108"]
)
def test_the_health_of_a_resource_counts_where_it_is_evaluated(more, answer):
    emulated = Emulated(resource(LB, target("192.0.2.7", "seven")))
    endpoints = {"lb": {"Type": "application-load-balancer", "Value": LB}, "a": value("192.0.2.1")}
    emulated.serve(document({"top": failover(endpoint("lb", **more), endpoint("a"))}, endpoints=endpoints))
    emulated.fail("seven")
    assert emulated.shares() == {answer: 1}


# --- the root among other record sets ---


@pytest.mark.parametrize(("down", "answer"), [([], BLUE), (["blue"], "192.0.2.8")])
def test_r113_an_alias_to_an_instance_is_like_any_other(emulated, down, answer):
    emulated.serve(document({"top": VIRGINIA}, endpoints=ENDPOINTS))
    alias = {"HostedZoneId": ZONE, "DNSName": WWW, "EvaluateTargetHealth": True}
    first = {"Name": "app.example.test", "Type": "A", "SetIdentifier": "1", "Failover": "PRIMARY", "AliasTarget": alias}
    second = first | {
        "SetIdentifier": "2",
        "Failover": "SECONDARY",
        "TTL": 5,
        "ResourceRecords": [{"Value": "192.0.2.8"}],
    }
    del second["AliasTarget"]
    emulated.call("ChangeResourceRecordSets", **batch(create(first), create(second)))
    emulated.fail("green", *down)
    assert emulated.shares(name="app.example.test") == {answer: 1}


def test_r195_hidden_groups_cannot_be_asked_for(emulated):
    emulated.serve(three_deep(**HEALTH))
    catalog = emulated.server.board.current.catalog
    assert len(emulated.hidden()) == 3
    for name in emulated.hidden():
        assert name[0] > names.MAX_LABEL_BYTES
        for asked in (name, name + names.ROOT, name + names.parse("example.test")):
            packet = b"\x00\x01\x01\x00\x00\x01" + bytes(6) + asked + b"\x00\x01\x00\x01"
            reply = emulated.server.raw(packet)
            assert reply is None or (reply[3] & 0x0F, reply[6:8]) == (1, b"\x00\x00")  # FORMERR, no answer
    for shown in map(names.display, emulated.hidden()):
        with pytest.raises(names.BadName):
            names.parse(shown)
    nodes = catalog.zones[names.parse("example.test")].nodes
    assert sorted(map(names.display, nodes)) == ["example.test.", f"{WWW}."]


# --- changes ---


def test_r194_an_update_switches_from_one_tree_to_the_other(emulated):
    policy, instance = emulated.serve(three_deep(**HEALTH))
    emulated.call(
        "CreateTrafficPolicyVersion", Id=policy, Document=document({"top": weighted(endpoint("c", Weight=1))})
    )
    assert emulated.shares() == {BLUE: QUARTER, GREEN: 3 * QUARTER}
    before = emulated.server.board.current
    change = {"TTL": 44, "TrafficPolicyId": policy, "TrafficPolicyVersion": 2}
    emulated.call("UpdateTrafficPolicyInstance", Id=instance, **change)
    assert emulated.lines() == [f"{WWW}. 44 A 192.0.2.3"]
    assert list(map(names.display, emulated.hidden())) == [f"top (traffic policy policy for {WWW} v2)"]
    emulated.server.board.publish(before)  # readers of the old generation see the whole old tree
    assert emulated.shares() == {BLUE: QUARTER, GREEN: 3 * QUARTER}


def test_r193_another_ttl_alone(emulated):
    policy, instance = emulated.serve(at_endpoint())
    change = {"TTL": 0, "TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    emulated.call("UpdateTrafficPolicyInstance", Id=instance, **change)
    assert emulated.lines() == [f"{WWW}. 0 A 192.0.2.1"]


def test_a312_a_deleted_instance_answers_nothing(emulated):
    _, instance = emulated.serve(three_deep(**HEALTH))
    emulated.serve(document({"top": weighted(endpoint("a", Weight=1))}), "other.example.test")
    emulated.call("DeleteTrafficPolicyInstance", Id=instance)
    assert rcode(emulated.server.ask(WWW)) == "NXDOMAIN"
    assert emulated.lines("other.example.test") == ["other.example.test. 30 A 192.0.2.1"]
    assert len(emulated.hidden()) == 1


def test_two_instances_of_one_policy_are_apart(emulated):
    policy, first = emulated.serve(three_deep(**HEALTH))
    make_instance(emulated, policy, ZONE, "b.example.test", ttl=5)
    assert len(emulated.hidden()) == 6
    emulated.fail("green")
    assert (emulated.lines(), emulated.lines("b.example.test")) == (
        [f"{WWW}. 30 A {BLUE}"],
        [f"b.example.test. 5 A {BLUE}"],
    )
    emulated.call("DeleteTrafficPolicyInstance", Id=first)
    assert emulated.lines("b.example.test") == [f"b.example.test. 5 A {BLUE}"]


def test_a_comment_changes_no_answer(emulated):
    policy, _ = emulated.serve(three_deep(**HEALTH))
    emulated.call("UpdateTrafficPolicyComment", Id=policy, Version=1, Comment="new")
    assert emulated.shares() == {BLUE: QUARTER, GREEN: 3 * QUARTER}
    assert len(emulated.hidden()) == 3


# --- a state that is loaded ---


def carried(state):
    """Returns the state as the store loads it."""
    return load("".join(save(Snapshot(state, 0.0), TABLES)), TABLES, invalid_rows).state


def test_a_restart_gives_the_same_answers(emulated):
    """A311"""
    emulated.serve(three_deep(**HEALTH))
    emulated.serve(at_endpoint(), "other.example.test")
    before = emulated.shares(), emulated.shares(client=PARIS), emulated.hidden()
    again = Emulated()
    again.start(carried(emulated.aws.state))
    assert (again.shares(), again.shares(client=PARIS), again.hidden()) == before
    assert again.lines("other.example.test") == ["other.example.test. 30 A 192.0.2.1"]


@pytest.mark.parametrize(
    ("instance_has", "policy_has", "answer"),
    [
        pytest.param({"ttl_s": 9}, {}, "9 A 192.0.2.1", id="an instance with another TTL"),
        pytest.param({}, {"document": at_endpoint("b")}, "30 A 192.0.2.2", id="a version with another document"),
    ],
)
def test_another_state_takes_over_where_only_rows_differ(emulated, instance_has, policy_has, answer):
    policy, instance = emulated.serve(at_endpoint())
    state = emulated.aws.state
    step = Step(state)
    if instance_has:
        step.put(INSTANCES, instance, row=replace(state.row(INSTANCES, instance), **instance_has))
    if policy_has:
        step.put(POLICY_VERSIONS, policy, "1", row=replace(state.row(POLICY_VERSIONS, policy, "1"), **policy_has))
    emulated.publish(step.writes)
    assert emulated.lines() == [f"{WWW}. {answer}"]


@pytest.mark.parametrize(
    "tampered",
    [
        {"document": "{"},
        {"document": at_endpoint(endpoints={"a": value("2001:db8::1")}, type="AAAA")},
        None,
    ],
)
def test_rows_that_were_tampered_with_answer_nothing(emulated, tampered):
    policy, _ = emulated.serve(at_endpoint())
    step = Step(emulated.aws.state)
    if tampered is None:
        step.drop(POLICY_VERSIONS, policy, "1")
    else:
        step.put(POLICY_VERSIONS, policy, "1", row=replace(step.get(POLICY_VERSIONS, policy, "1"), **tampered))
    emulated.start(step.state)
    for type_ in ("A", "AAAA"):
        reply = emulated.server.ask(WWW, type_)
        assert (rcode(reply), reply.answer) == ("NOERROR", [])


def test_r41_a_zone_that_answers_again_has_its_instances(emulated):
    emulated.serve(three_deep(**HEALTH))
    made = emulated.call("CreateHostedZone", Name="example.test", CallerReference="twin")
    emulated.server.board.publish(
        *with_writes(emulated.server.board.current, emulated.aws.writes, lambda zone: zone != ZONE)
    )
    assert rcode(emulated.server.ask(WWW)) == "NXDOMAIN"
    emulated.call("DeleteHostedZone", Id=made["HostedZone"]["Id"].rpartition("/")[2])
    assert emulated.shares() == {BLUE: QUARTER, GREEN: 3 * QUARTER}


def test_instances_of_other_zones_stay_apart(emulated):
    policy, _ = emulated.serve(three_deep(**HEALTH))
    make_instance(emulated, policy, OTHER, "www.other.test")
    assert len(emulated.hidden()) == len(emulated.hidden(OTHER)) == 3
    assert emulated.shares(name="www.other.test") == {BLUE: QUARTER, GREEN: 3 * QUARTER}


def test_a_state_without_policies_is_served(emulated):
    emulated.start(State())
    assert rcode(emulated.server.ask(WWW)) == "REFUSED"


# --- explanations ---


def test_explain_shows_the_tree(emulated):
    emulated.serve(three_deep(**HEALTH))
    found = explain(emulated.link(), 24, lambda check: f"{check} in detail")
    text = "\n".join(line.text for line in explanation_lines(found))
    for shown in (
        f"simple  {WWW}. A",
        f"alias top (traffic policy policy for {WWW} v1)",
        f"failover  top (traffic policy policy for {WWW} v1) A",
        f"latency  regions (traffic policy policy for {WWW} v1) A",
        f"weighted  virginia (traffic policy policy for {WWW} v1) A",
        f"25 %  {WWW}.  30  A  regions / virginia / blue → {BLUE}",
    ):
        assert shown in text


def test_explain_shows_no_control_characters(emulated):
    emulated.serve(document({"\x1b[2J\x00": weighted(endpoint("a", Weight=1))}, start="\x1b[2J\x00"))
    (name,) = emulated.hidden()
    assert names.display(name) == f"?[2J? (traffic policy policy for {WWW} v1)"
    assert emulated.lines() == [f"{WWW}. 30 A 192.0.2.1"]


def test_what_if_walks_the_tree(emulated):
    emulated.serve(three_deep(**HEALTH))
    tree = tree_of(emulated.server.board.current.catalog, names.parse(WWW), RRType.A)
    assert sorted(tree.checks()) == ["blue", "dublin", "green"]
    assert isinstance(emulated.link().found, Hit)
