"""Applying changes to a compiled zone equals compiling its record sets from scratch (routing.md R43, R48)."""

from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Weighted
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.zone.compiled import apply_changes, compile_zone

APEX = names.parse("shop.test")
NAMES = [
    names.parse(text)
    for text in ("shop.test", "a.shop.test", "b.a.shop.test", "d.c.a.shop.test", "*.a.shop.test", "e.shop.test")
]
KEYS = [
    (name, type_, identifier)
    for name in NAMES
    for type_, identifier in ((RRType.A, "x"), (RRType.A, "y"), (RRType.NS, None), (RRType.SOA, None))
]


def record_set(key, ttl):
    name, type_, identifier = key
    rdata = {RRType.A: bytes(4), RRType.NS: names.parse(f"ns{ttl}.test"), RRType.SOA: bytes(22)}[type_]
    return RecordSet(name, type_, Weighted(1), identifier, ttl, ("v",), (rdata,))


batches = st.lists(st.dictionaries(st.sampled_from(KEYS), st.none() | st.integers(1, 3), max_size=6), max_size=8)


@settings(deadline=None)
@given(batches)
def test_r48_a_changed_zone_equals_one_compiled_from_scratch(steps):
    declared = {(APEX, RRType.NS, None): record_set((APEX, RRType.NS, None), 1)}
    zone = compile_zone(HostedZone("Z1", APEX, Map(declared)))
    for step in steps:
        changes = {
            key: None if ttl is None else record_set(key, ttl) for key, ttl in step.items() if ttl or key in declared
        }
        zone = apply_changes(zone, changes.items())
        declared = {key: value for key, value in {**declared, **changes}.items() if value is not None}
        assert zone == compile_zone(HostedZone("Z1", APEX, Map(declared)))


def test_r43_a_change_shares_the_nodes_that_it_does_not_touch():
    declared = {key: record_set(key, 1) for key in KEYS}
    before = compile_zone(HostedZone("Z1", APEX, Map(declared)))
    key = (names.parse("e.shop.test"), RRType.A, "x")
    after = apply_changes(before, [(key, record_set(key, 2))])
    assert [name for name in NAMES if after.nodes[name] is not before.nodes[name]] == [key[0]]
    assert after.ns is before.ns
