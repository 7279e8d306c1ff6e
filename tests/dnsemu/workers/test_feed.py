"""What a worker is told: everything that is published, change by change, is answered there as here."""

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
from dnsemu.publication.publishing import beside, compiled_anew, with_writes
from dnsemu.workers.feed import MAX_NAMES, Feed, Source, together
from dnsemu.workers.pickling import pickled
from dnsemu.workers.pieces import Publish
from dnsemu.workers.replica import Replica
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


class Stand:
    """A control plane that publishes what commands write, and one worker's copy of it."""

    def __init__(self):
        self.aws = emulation()
        declared = Catalog.of((), [compile_resource(resource(LB, target("192.0.2.7", "seven")))])
        published = beside(
            Published(World(), declared, Locator(Geo())), Catalog(Map()), self.aws.state.world, _age, Traffic()
        )
        self.board, self.health = Board(published), HealthBoard()
        self.clock = SimpleNamespace(now=lambda: 0.0, speed=1.0)
        self.divisor = None
        self.vantage = {}
        self.source = Source(self.board, self.health, self.vantage, self.clock, lambda: self.divisor)
        self.feed = Feed(self.source)
        self.board.subscribe(lambda _, change: self.feed.note(change))
        self.health.subscribe(lambda _, checks: self.feed.note_statuses(checks))
        self.replica = Replica()
        self.told = []
        self.replica.board.subscribe(lambda published, change: self.told.append((published, change)))
        self.under_way = iter(())
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

    def anew(self):
        world = self.aws.state.world
        self.board.publish(compiled_anew(self.board.current, world, _age, Traffic.of(self.aws.state)), EVERYTHING)

    def host(self, address):
        state = compile_resource(resource(LB, target(address, "seven")))
        now = self.board.current
        change = Difference(resources=frozenset(state.names))
        self.board.publish(replace(now, catalog=now.catalog.with_resources([state])), change)

    def status(self, check, status):
        if status is None:
            statuses = self.health.current.status
            self.health.publish(statuses.delete(check) if check in statuses else statuses)
        else:
            self.health.set(check, status)

    # --- what is told ---

    def tell(self, frames=None):
        """Tell so many pieces, or all there is."""
        while frames is None or frames > 0:
            if self.feed.is_void:
                self.under_way = self.feed.message()
            frame = next(self.under_way, None)
            if frame is None:
                if not self.feed.is_behind:
                    return
                self.under_way = self.feed.message()
                continue
            self.take(pickle.loads(frame))
            if frames is not None:
                frames -= 1

    def take(self, piece):
        before = self.replica.board.current
        self.replica.take(piece)
        if isinstance(piece, Publish) and piece.difference is not None:
            assert self.told[-1] == (self.replica.board.current, piece.difference)
            assert uncovered(before.catalog, self.replica.board.current.catalog, piece.difference) == set()


def _age(zone_id):
    return 0.0


def uncovered(before, after, change):
    """What differs between two catalogs and is in no part of a change."""
    if change.everything:
        return set()
    found = set()
    for zone in {*before.zones, *after.zones} - change.zones:
        old, new = before.zones[zone], after.zones[zone]
        for name in {*old.nodes, *new.nodes, *old.hidden, *new.hidden}:
            if answering(old, name) != answering(new, name) and (zone, name) not in change.names:
                found.add((zone, name))
    differing = {n for n in {*before.resources, *after.resources} if before.resources.get(n) != after.resources.get(n)}
    return found | (differing - change.resources)


def answering(zone, name):
    node = zone.nodes.get(name)
    return node and dict(node.groups), zone.hidden.get(name)


def seen(published, health):
    """All that an answer may depend on, as values that compare."""
    zones = {
        zone.name: (
            zone.id, zone.cuts, zone.ns, zone.soa, dict(zone.hidden),
            {name: dict(node.groups) for name, node in zone.nodes.items()},
        )
        for zone in published.catalog.zones.values()
    }  # fmt: skip
    located = [published.locator.locate(client, len(client) * 8) for client in CLIENTS]
    resources = {name: (r.declared, r.leaves, r.lost) for name, r in published.catalog.resources.items()}
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
    st.tuples(st.just("anew")),
    st.tuples(st.just("host"), ADDRESSES),
    st.tuples(st.just("status"), CHECKS, st.sampled_from([*Status, None])),
    st.tuples(st.just("tell"), st.none() | st.integers(1, 12)),
)  # fmt: skip


@settings(max_examples=rounds(120), deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_a_worker_has_what_is_published_however_it_came_about(steps):
    stand = Stand()
    for name, *arguments in steps:
        getattr(stand, name)(*arguments)
    stand.tell()
    here = seen(stand.board.current, stand.health.current)
    assert seen(stand.replica.board.current, stand.replica.health.current) == here


def test_a_worker_that_reads_slowly_is_told_the_newest_alone():
    stand = Stand()
    stand.tell()
    for number in range(50):
        stand.change("UPSERT", a("www", f"192.0.2.{number}"))
        stand.status("seven", Status.of(is_healthy=number % 2 == 0))
    frames = list(stand.feed.message())
    assert len(frames) == 4  # a status, a node, the pace, the end
    for frame in frames:
        stand.take(pickle.loads(frame))
    assert seen(stand.replica.board.current, stand.replica.health.current) == seen(
        stand.board.current, stand.health.current
    )


def test_nothing_of_a_message_is_seen_before_its_end():
    stand = Stand()
    stand.tell()
    before = seen(stand.replica.board.current, stand.replica.health.current)
    stand.change("UPSERT", a("www"))
    stand.zone("new.test")
    stand.status("seven", Status.UNHEALTHY)
    *pieces, end = [pickle.loads(frame) for frame in stand.feed.message()]
    for piece in pieces:
        stand.take(piece)
    assert seen(stand.replica.board.current, stand.replica.health.current) == before
    stand.take(end)
    assert seen(stand.replica.board.current, stand.replica.health.current) != before


def test_a_message_of_which_nothing_stays_is_broken_off():
    stand = Stand()
    stand.tell(frames=3)
    assert not stand.feed.is_void
    stand.anew()
    assert stand.feed.is_void
    stand.tell()
    assert [change for _, change in stand.told] == [EVERYTHING]


def test_statuses_of_a_message_that_is_broken_off_are_told_with_the_next():
    stand = Stand()
    stand.tell()
    stand.status("seven", Status.UNHEALTHY)
    stand.under_way = stand.feed.message()
    stand.anew()
    stand.tell()
    assert not stand.replica.health.current.is_healthy("seven")


def test_what_several_wait_for_is_made_once(monkeypatch):
    stand = Stand()
    other = Feed(stand.source)
    monkeypatch.setattr("dnsemu.workers.feed.pickled", made := Mock(wraps=pickled))
    first = list(stand.feed.message())
    alone = made.call_count
    second = list(other.message())
    assert second[:-2] == first[:-2]  # how time goes is as it is when it is told
    assert made.call_count - alone < 5 < alone
    third = Feed(stand.source)
    assert third.is_void
    third.end()
    assert stand.source.feeds == {stand.feed, other}


def test_what_did_not_change_is_the_same_object_still():
    """So answers that were made of it are still good."""
    stand = Stand()
    stand.change("UPSERT", a("www"))
    stand.change("UPSERT", a("other"))
    stand.tell()
    zone, www = names.parse("example.test"), names.parse("www.example.test")
    before = stand.replica.board.current
    stand.change("UPSERT", a("other", "192.0.2.2"))
    stand.tell()
    after = stand.replica.board.current
    assert after.catalog.zones[zone].nodes[www] is before.catalog.zones[zone].nodes[www]
    assert after.catalog.zones[names.parse("other.test")] is before.catalog.zones[names.parse("other.test")]
    assert after.locator is before.locator


def test_statuses_alone_are_no_new_catalog():
    stand = Stand()
    stand.tell()
    told = len(stand.told)
    stand.status("seven", Status.UNHEALTHY)
    stand.tell()
    assert len(stand.told) == told
    assert not stand.replica.health.current.is_healthy("seven")


def test_how_time_goes_is_told():
    stand = Stand()
    stand.divisor = lambda: None
    stand.tell()
    assert (stand.replica.pace.ttls_are_divided, stand.replica.ttl_divisor()) == (True, None)
    stand.divisor = lambda: 10.0
    stand.feed.note_pace()
    stand.tell()
    assert stand.replica.ttl_divisor() == 10.0


def test_where_clients_of_a_vantage_point_are_is_told_with_the_settings():
    stand = Stand()
    stand.vantage["127.0.0.1:5301"] = VIRGINIA
    stand.anew()
    stand.tell()
    assert stand.replica.vantage == {"127.0.0.1:5301": VIRGINIA}


def test_so_many_names_are_told_as_everything():
    many = Difference(names=frozenset((names.ROOT, names.parse(f"n{number}")) for number in range(MAX_NAMES)))
    one = Difference(names=frozenset({(names.ROOT, names.parse("one"))}))
    assert together(one, together(Difference(), one)) == one
    assert together(many, one) == EVERYTHING
