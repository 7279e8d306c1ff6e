"""`RecordSets` compared with a dictionary."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.routing import Weighted
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.rdata.rrtypes import RRType

NAMES = [names.parse(text) for text in ("example.test", "a.example.test", "b.example.test", "c.a.example.test")]
RECORD_SETS = st.builds(
    RecordSet,
    st.sampled_from(NAMES),
    st.sampled_from([RRType.A, RRType.AAAA, RRType.NS]),
    st.just(Weighted(1)),
    st.sampled_from([None, "a", "b"]),
    st.integers(0, 3),
)
MANY = st.lists(RECORD_SETS, max_size=20)


def by_key(record_sets):
    return {record_set.key: record_set for record_set in record_sets}


def assert_same(found, wanted):
    assert len(found) == len(wanted)
    assert dict(found.items()) == wanted
    assert by_key(found.values()) == wanted
    assert len(list(found.values())) == len(wanted)
    assert set(found) == set(wanted)
    assert set(found.names()) == {name for name, _, _ in wanted}
    for name in NAMES:
        here = {key: r for key, r in wanted.items() if key[0] == name}
        assert by_key(found.at(name)) == here
        for type in (RRType.A, RRType.AAAA, RRType.NS):
            assert found.has_group(name, type) is any(key[1] is type for key in here)
            for identifier in (None, "a", "b"):
                key = (name, type, identifier)
                assert (key in found, found.get(key)) == (key in wanted, wanted.get(key))


@given(MANY)
def test_it_holds_what_a_dictionary_holds(record_sets):
    wanted = by_key(record_sets)
    assert_same(RecordSets(wanted), wanted)
    assert_same(pickle.loads(pickle.dumps(RecordSets(wanted))), wanted)
    grouped = {name: [r for r in wanted.values() if r.name == name] for name in {key[0] for key in wanted}}
    assert_same(RecordSets.grouped(grouped), wanted)


@given(MANY, MANY, MANY)
def test_a_change_is_one_of_a_dictionary_and_leaves_the_old_one(before, gone, put):
    held = by_key(before)
    old = RecordSets(held)
    keys = {record_set.key for record_set in gone} & held.keys()
    after = old.changed(keys, put)
    wanted = {key: r for key, r in held.items() if key not in keys} | by_key(put)
    assert_same(after, wanted)
    assert_same(old, held)
    assert (after == old) is (wanted == held)
    assert after == RecordSets(wanted) == wanted
    assert_same(old.update(by_key(put)), held | by_key(put))


def test_what_is_not_there_cannot_be_taken_out():
    a = RecordSet(NAMES[1], RRType.A, ttl=1)
    held = RecordSets({a.key: a})
    for key in ((NAMES[1], RRType.AAAA, None), (NAMES[2], RRType.A, None), (NAMES[1], RRType.A, "x")):
        with pytest.raises(KeyError):
            held.changed([key])
        with pytest.raises(KeyError):
            held[key]


def test_a_hosted_zone_takes_any_mapping():
    a = RecordSet(NAMES[1], RRType.A, ttl=1)
    zone = HostedZone(HostedZoneId("Z1"), NAMES[0], {a.key: a})
    assert zone == HostedZone(HostedZoneId("Z1"), NAMES[0], RecordSets({a.key: a}))
    assert zone.record_sets.at(NAMES[1]) == (a,)
