"""A step that adopts another state writes the differences, in pieces."""

from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.world import World
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.state import State
from dnsemu.state.step import RECORD_SETS_PER_PIECE, Step
from dnsemu.state.tables import HOSTED_ZONE, RECORD_SET

NUMBER = 3 * RECORD_SETS_PER_PIECE


def record_set(number, ttl=60):
    return RecordSet(names.parse(f"h{number}.example.test"), RRType.A, ttl=ttl)


def state(id, *record_sets):
    zone = HostedZone(HostedZoneId(id), names.parse("example.test"), {r.key: r for r in record_sets})
    return State(World(hosted_zones=Map({zone.id: zone})))


def test_differences_are_written_and_nothing_else():
    before = state("Z1", *map(record_set, range(NUMBER)))
    after = state("Z1", record_set(0, ttl=5), *map(record_set, range(2, NUMBER + 1)))
    step = Step(before)
    list(step.replace_state(after))
    assert step.state == after
    assert {(write.table, write.key): write.value for write in step.writes} == {
        (HOSTED_ZONE, "Z1"): after.world.hosted_zones["Z1"],
        (RECORD_SET, ("Z1", *record_set(0).key)): record_set(0, ttl=5),
        (RECORD_SET, ("Z1", *record_set(1).key)): None,
        (RECORD_SET, ("Z1", *record_set(NUMBER).key)): record_set(NUMBER),
    }


def test_a_zone_is_deleted_with_its_record_sets():
    step = Step(state("Z1", record_set(1)))
    list(step.replace_state(state("Z2", record_set(2))))
    assert {write.key: write.value is None for write in step.writes} == {
        "Z1": True,
        "Z2": False,
        ("Z1", *record_set(1).key): True,
        ("Z2", *record_set(2).key): False,
    }


def test_it_works_in_pieces():
    before = state("Z1", *map(record_set, range(NUMBER)))
    after = state("Z1", *map(record_set, range(NUMBER)))
    assert sum(1 for _ in Step(before).replace_state(after)) == 2 * NUMBER / RECORD_SETS_PER_PIECE
