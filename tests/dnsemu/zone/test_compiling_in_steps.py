"""A large zone is compiled in steps of some names, with the same result."""

from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.routing import Simple
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.zone.compiled import NAMES_PER_STEP, apply_changes, compile_in_steps, compile_zone


def a(name):
    return RecordSet(
        names.parse(name), RRType.A, Simple(), None, ttl=60, values=("192.0.2.1",), rdata=(b"\xc0\x00\x02\x01",)
    )


def test_a_large_zone_takes_many_steps():
    record_sets = [a(f"h{i}.sub{i % 7}.a.test") for i in range(10 * NAMES_PER_STEP)]
    empty = HostedZone(HostedZoneId("Z1"), names.parse("a.test"), RecordSets())
    zone = HostedZone(empty.id, empty.name, RecordSets({r.key: r for r in record_sets}))
    assert sum(1 for _ in compile_in_steps(zone)) >= 30
    grown = apply_changes(compile_zone(empty), [(r.key, r) for r in record_sets])
    assert at_once(compile_in_steps(zone)) == compile_zone(zone) == grown
    assert isinstance(grown.nodes, Map)
