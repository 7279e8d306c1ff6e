"""Replication to a worker: its replica equals what is published, whatever the order of changes."""

import pickle
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from unittest.mock import Mock

from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.traffic.published import Traffic
from dnsemu.config import names
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import EVERYTHING, Board, Difference, Published
from dnsemu.publication.publishing import recompiled, with_api_zones, with_writes
from dnsemu.workers.backlog import MAX_NAMES, Backlog, Source, merged
from dnsemu.workers.pickling import pickled
from dnsemu.workers.replica import Replica
from dnsemu.workers.replication import Publish
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.resources import compile_resource
from tests.builders import VIRGINIA, resource, target
from tests.dnsemu.commands.batches import COLLECTION, ZONE, a, alias, batch, emulation, leaf, member
from tests.dnsemu.commands.traffic.traffic_documents import document, endpoint, failover, make_policy, value
from tests.rounds import rounds

LB = "lb.us-east-1.elb.amazonaws.com"
TREE = document(
    {"top": failover(endpoint("a"), endpoint("b"))}, endpoints={"a": value("192.0.2.71"), "b": value("192.0.2.72")}
)
NUMBERS = count()
CLIENTS = [bytes([192, 0, 2, 1]), bytes([203, 0, 113, 7]), bytes([198, 51, 100, 9]), bytes(range(16))]


class Pair:
    """A control plane that publishes what commands write, and the replica of one worker."""

    def __init__(self):
        self.aws = emulation()
        declared = Catalog.of((), [compile_resource(resource(LB, target("192.0.2.7", "seven")))])
        published = with_api_zones(
            Published(World(), declared, Locator(Geo())), Catalog(Map()), self.aws.state.world, _age, Traffic()
        )
        self.board, self.health = Board(published), HealthBoard()
        self.clock = SimpleNamespace(now=lambda: 0.0, speed=1.0)
        self.divisor = None
        self.vantage = {}
        self.source = Source(self.board, self.health, self.vantage, self.clock, lambda: self.divisor)
        self.backlog = Backlog(self.source)
        self.board.subscribe(lambda _, difference: self.backlog.add(difference))
        self.health.subscribe(lambda _, checks: self.backlog.add_statuses(checks))
        self.replica = Replica()
        self.published = []
        self.replica.board.subscribe(lambda *published: self.published.append(published))
        self.update = iter(())
        self.instances = []

    # --- what happens ---

    def call(self, operation, **request):
        try:
            response = self.aws.call(operation, **request)
        except ApiError:
            return None
        self.board.publish(*with_writes(self.board.current, self.aws.writes, _age))
        return response

    def change(self, action, data):
        self.call("ChangeResourceRecordSets", **batch((action, data)))

    def zone(self, name):
        self.call("CreateHostedZone", Name=name, CallerReference=f"{name} {next(NUMBERS)}")

    def drop_zone(self, name):
        for zone in self.aws.state.world.hosted_zones.values():
            if zone.name == names.parse(name):
                self.call("DeleteHostedZone", Id=zone.id)

    def instance(self, name):
        policy = make_policy(self, TREE, f"policy {next(NUMBERS)}")
        wanted = {"TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
        made = self.call("CreateTrafficPolicyInstance", HostedZoneId=ZONE, Name=name, TTL=30, **wanted)
        if made is not None:
            self.instances.append(made["TrafficPolicyInstance"]["Id"])

    def drop_instance(self):
        if self.instances:
            self.call("DeleteTrafficPolicyInstance", Id=self.instances.pop())

    def cidr(self, location, block):
        change = {"LocationName": location, "Action": "PUT", "CidrList": [block]}
        self.call("ChangeCidrCollection", Id=COLLECTION, Changes=[change])

    def recompile(self):
        world = self.aws.state.world
        self.board.publish(recompiled(self.board.current, world, _age, Traffic.of(self.aws.state)), EVERYTHING)

    def host(self, address):
        found = compile_resource(resource(LB, target(address, "seven")))
        now = self.board.current
        difference = Difference(resources=frozenset(found.names))
        self.board.publish(replace(now, catalog=now.catalog.with_resources([found])), difference)

    def status(self, check, status):
        if status is None:
            statuses = self.health.current.status
            self.health.publish(statuses.delete(check) if check in statuses else statuses)
        else:
            self.health.set(check, status)

    # --- replication ---

    def send(self, frames=None):
        """Send so many messages, or all of them."""
        while frames is None or frames > 0:
            if self.backlog.needs_everything:
                self.update = self.backlog.next_update()
            frame = next(self.update, None)
            if frame is None:
                if not self.backlog.has_changes:
                    return
                self.update = self.backlog.next_update()
                continue
            self.apply(pickle.loads(frame))
            if frames is not None:
                frames -= 1

    def apply(self, message):
        before = self.replica.board.current
        self.replica.apply(message)
        if isinstance(message, Publish) and message.difference is not None:
            assert self.published[-1] == (self.replica.board.current, message.difference)
            assert uncovered(before.catalog, self.replica.board.current.catalog, message.difference) == set()


def _age(zone_id):
    return 0.0


def uncovered(before, after, difference):
    """The parts of two catalogs that differ and that a difference does not list."""
    if difference.everything:
        return set()
    found = set()
    for zone in {*before.zones, *after.zones} - difference.zones:
        old, new = before.zones[zone], after.zones[zone]
        for name in {*old.nodes, *new.nodes, *old.hidden, *new.hidden}:
            if answering(old, name) != answering(new, name) and (zone, name) not in difference.names:
                found.add((zone, name))
    differing = {n for n in {*before.resources, *after.resources} if before.resources.get(n) != after.resources.get(n)}
    return found | (differing - difference.resources)


def answering(zone, name):
    node = zone.nodes.get(name)
    return node and dict(node.groups), zone.hidden.get(name)


def seen(published, health):
    """All that an answer may depend on, as comparable values."""
    zones = {
        zone.name: (
            zone.id, zone.cuts, zone.ns, zone.soa, dict(zone.hidden),
            {name: dict(node.groups) for name, node in zone.nodes.items()},
        )
        for zone in published.catalog.zones.values()
    }  # fmt: skip
    located = [published.locator.locate(client, len(client) * 8) for client in CLIENTS]
    resources = {name: (r.declared, r.leaves, r.unresolved) for name, r in published.catalog.resources.items()}
    return zones, resources, located, published.world.server, published.world.geo, dict(health.status)


NAMES = st.sampled_from(
    ["www", "deep.down.example.test", "down.example.test", "*.wild.example.test", "sub", "example.test"]
)
ADDRESSES = st.sampled_from(["192.0.2.1", "192.0.2.2"])
ZONES = st.sampled_from(["one.test", "two.test", "sub.example.test", LB])
ACTIONS = st.sampled_from(["UPSERT", "UPSERT", "DELETE"])
CHECKS = st.sampled_from(["seven", "eight", "nine"])
RECORD_SETS = st.one_of(
    st.builds(a, NAMES, ADDRESSES),
    st.builds(lambda name, id: member(id, name, Weight=7), NAMES, st.sampled_from(["blue", "green"])),
    st.builds(lambda name: leaf(name, "NS", "ns1.elsewhere.test."), NAMES),
    st.builds(alias, NAMES, NAMES),
    st.builds(lambda name: leaf(name, "TXT", '"text"'), NAMES),
)
STEPS = st.one_of(
    st.tuples(st.just("change"), ACTIONS, RECORD_SETS),
    st.tuples(st.just("zone"), ZONES),
    st.tuples(st.just("drop_zone"), ZONES),
    st.tuples(st.just("instance"), st.sampled_from(["i1.example.test", "i2.example.test"])),
    st.tuples(st.just("drop_instance")),
    st.tuples(st.just("cidr"), st.sampled_from(["paris", "tokyo"]), st.sampled_from(["192.0.2.0/24", "203.0.113.0/24"])),
    st.tuples(st.just("recompile")),
    st.tuples(st.just("host"), ADDRESSES),
    st.tuples(st.just("status"), CHECKS, st.sampled_from([*Status, None])),
    st.tuples(st.just("send"), st.none() | st.integers(1, 12)),
)  # fmt: skip


@settings(max_examples=rounds(120), deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_a_replica_equals_what_is_published_whatever_the_changes(steps):
    pair = Pair()
    for name, *arguments in steps:
        getattr(pair, name)(*arguments)
    pair.send()
    here = seen(pair.board.current, pair.health.current)
    assert seen(pair.replica.board.current, pair.replica.health.current) == here


def test_a_slow_worker_gets_the_newest_values_only():
    pair = Pair()
    pair.send()
    for number in range(50):
        pair.change("UPSERT", a("www", f"192.0.2.{number}"))
        pair.status("seven", Status.of(is_healthy=number % 2 == 0))
    frames = list(pair.backlog.next_update())
    assert len(frames) == 4  # a status, a node, the pace, the end
    for frame in frames:
        pair.apply(pickle.loads(frame))
    assert seen(pair.replica.board.current, pair.replica.health.current) == seen(
        pair.board.current, pair.health.current
    )


def test_h162a_a_target_is_down_in_the_replica_and_up_again_without_a_trace():
    pair = Pair()
    pair.send()
    ids = pair.board.current.catalog.resource(names.parse(LB)).target_ids
    pair.health.put(dict.fromkeys(ids, Status.UNHEALTHY))
    pair.send()
    assert not any(map(pair.replica.health.current.is_healthy, ids))
    pair.health.put(dict.fromkeys(ids))
    pair.send()
    assert dict(pair.replica.health.current.status) == dict(pair.health.current.status)
    assert not set(ids) & set(pair.replica.health.current.status)


def test_nothing_of_an_update_is_seen_before_its_end():
    pair = Pair()
    pair.send()
    before = seen(pair.replica.board.current, pair.replica.health.current)
    pair.change("UPSERT", a("www"))
    pair.zone("new.test")
    pair.status("seven", Status.UNHEALTHY)
    *messages, end = [pickle.loads(frame) for frame in pair.backlog.next_update()]
    for message in messages:
        pair.apply(message)
    assert seen(pair.replica.board.current, pair.replica.health.current) == before
    pair.apply(end)
    assert seen(pair.replica.board.current, pair.replica.health.current) != before


def test_an_update_is_dropped_when_everything_is_to_be_sent():
    pair = Pair()
    pair.send(frames=3)
    assert not pair.backlog.needs_everything
    pair.recompile()
    assert pair.backlog.needs_everything
    pair.send()
    assert [difference for _, difference in pair.published] == [EVERYTHING]


def test_statuses_of_a_dropped_update_are_sent_with_the_next():
    pair = Pair()
    pair.send()
    pair.status("seven", Status.UNHEALTHY)
    pair.update = pair.backlog.next_update()
    pair.recompile()
    pair.send()
    assert not pair.replica.health.current.is_healthy("seven")


def test_a_full_update_for_several_workers_is_made_once(monkeypatch):
    pair = Pair()
    other = Backlog(pair.source)
    monkeypatch.setattr("dnsemu.workers.backlog.pickled", made := Mock(wraps=pickled))
    first = list(pair.backlog.next_update())
    alone = made.call_count
    second = list(other.next_update())
    assert second[:-2] == first[:-2]  # the clock is read for each
    assert made.call_count - alone < 5 < alone
    third = Backlog(pair.source)
    assert third.needs_everything
    third.close()
    assert pair.source.backlogs == {pair.backlog, other}


def test_what_did_not_change_is_the_same_object():
    """So cached answers stay valid."""
    pair = Pair()
    pair.change("UPSERT", a("www"))
    pair.change("UPSERT", a("other"))
    pair.send()
    zone, www = names.parse("example.test"), names.parse("www.example.test")
    before = pair.replica.board.current
    pair.change("UPSERT", a("other", "192.0.2.2"))
    pair.send()
    after = pair.replica.board.current
    assert after.catalog.zones[zone].nodes[www] is before.catalog.zones[zone].nodes[www]
    assert after.catalog.zones[names.parse("other.test")] is before.catalog.zones[names.parse("other.test")]
    assert after.locator is before.locator


def test_statuses_alone_publish_no_catalog():
    pair = Pair()
    pair.send()
    before = len(pair.published)
    pair.status("seven", Status.UNHEALTHY)
    pair.send()
    assert len(pair.published) == before
    assert not pair.replica.health.current.is_healthy("seven")


def test_the_clocks_pace_is_sent():
    pair = Pair()
    pair.divisor = lambda: None
    pair.send()
    assert (pair.replica.pace.ttls_are_divided, pair.replica.ttl_divisor()) == (True, None)
    pair.divisor = lambda: 10.0
    pair.backlog.add_clock_change()
    pair.send()
    assert pair.replica.ttl_divisor() == 10.0


def test_vantage_points_are_sent_with_the_settings():
    pair = Pair()
    pair.vantage["127.0.0.1:5301"] = VIRGINIA
    pair.recompile()
    pair.send()
    assert pair.replica.vantage == {"127.0.0.1:5301": VIRGINIA}


def test_many_names_are_sent_as_everything():
    many = Difference(names=frozenset((names.ROOT, names.parse(f"n{number}")) for number in range(MAX_NAMES)))
    one = Difference(names=frozenset({(names.ROOT, names.parse("one"))}))
    assert merged(one, merged(Difference(), one)) == one
    assert merged(many, one) == EVERYTHING
