"""Contents of failure domains after a change, without a new search: the same as by one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.commands.context import CHANGES
from dnsemu.config import names
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.config.model.world import World
from dnsemu.faults.contents_index import Declared, links_of, updated
from dnsemu.faults.failure_domains import domain_contents
from dnsemu.faults.patterns import parse_pattern
from dnsemu.files.loading import locator_of
from dnsemu.publication.board import Published
from dnsemu.publication.publishing import with_writes
from dnsemu.state.tables import HEALTH_CHECK, RECORD_SET, Write
from tests.builders import catalog_of, hosted_zone, latency, record_set
from tests.dnsemu.faults.test_failure_domains import CHECKS, MAKERS, PATTERNS, REGIONS, declare, worlds

LOCATOR = locator_of(World())
ALL = [*map(parse_pattern, [*PATTERNS, "address:192.0.2.0/29", "address:192.0.2.3", "region:*"])]
NAMES = ("g0.test", "g1.test", "n.g1.test", "new.test", "x.w.test", "a.x.w.test", "w.test", "*.w.test")


def compared(contents):
    """Returns the contents in a form to compare; the order of record sets means nothing."""
    return {
        pattern: (
            dict(found.health_checks),
            dict(found.targets),
            found.lost_targets,
            sorted(map(id, found.record_sets)),
            sorted(map(id, found.unchecked)),
        )
        for pattern, found in contents.items()
    }


def changed(world, writes):
    """Returns what is declared before and after the writes."""
    before = Published(world, catalog_of(world), LOCATOR)
    after, _ = with_writes(before, writes, lambda _zone: 0.0)
    return Declared(world, before.catalog), Declared(after.world, after.catalog)


def by_update(before, after, writes):
    contents = at_once(domain_contents(ALL, *before))
    return at_once(updated(contents, at_once(links_of(*before)), before, after, writes))


@st.composite
def changes(draw, world):
    """Puts or deletions of record sets in both zones, each key once."""
    writes = {}
    for _ in range(draw(st.integers(1, 3))):
        zone = world.hosted_zones[draw(st.sampled_from(sorted(world.hosted_zones)))]
        if draw(st.booleans()) and len(zone.record_sets) > 2:
            keys = sorted((key for key in zone.record_sets if key[0] != zone.name), key=str)
            old = draw(st.sampled_from(keys))
            writes[zone.id, *old] = None
        else:
            n, name = draw(st.integers(0, 1)), draw(st.sampled_from(NAMES))
            more = {"check": draw(st.sampled_from([None, *CHECKS])), "values": f"192.0.2.{draw(st.integers(1, 6))}"}
            if draw(st.integers(0, 4)) == 0:
                more["alias"] = "g1.test"
            made = draw(st.sampled_from(MAKERS))(name, n, **more)
            if zone.record_sets.at(made.name) and made.key not in zone.record_sets:
                continue  # the policies of one group do not mix
            writes[zone.id, *made.key] = made
    return [Write(RECORD_SET, key, value) for key, value in writes.items()]


@given(st.data())
def test_an_update_finds_what_a_search_finds(data):
    world = data.draw(worlds())
    writes = data.draw(changes(world))
    before, after = changed(world, writes)
    found = by_update(before, after, writes)
    if found is not None:
        assert compared(found) == compared(at_once(domain_contents(ALL, *after)))
        assert at_once(links_of(*after)) == at_once(links_of(*before))


WORLD = declare(
    hosted_zone(
        "test",
        latency("near.test", "us-east-1", check="h1"),
        record_set("plain.test", values="198.51.100.7"),
        record_set("alias.test", alias="plain.test"),
        record_set("cname.test", "CNAME", "deep.below.test"),
    ),
    checks=[HealthCheck("h1", EndpointCheck(EndpointType.TCP, "192.0.2.1", port=80))],
)
PLAIN = record_set("new.test")


@pytest.mark.parametrize(("made", "is_updated"), [
    pytest.param(PLAIN, True, id="a record set in no domain"),
    pytest.param(latency("new.test", "us-east-1", check="h1"), True, id="a record set of a Region"),
    pytest.param(record_set("n.near.test", values="192.0.2.3"), True, id="an address below another name"),
    pytest.param(record_set("new.test", alias="plain.test"), False, id="an alias"),
    pytest.param(record_set("new.test", "CNAME", "plain.test"), False, id="a CNAME"),
    pytest.param(record_set("plain.test", values="198.51.100.8"), False, id="the target of an alias"),
    pytest.param(record_set("deep.below.test"), False, id="the target of a CNAME"),
    pytest.param(record_set("below.test", "TXT", '"x"'), False, id="a name above the target of a CNAME"),
    pytest.param(record_set("*.below.test"), False, id="a wildcard above the target of a CNAME"),
    pytest.param(record_set("a.deep.below.test"), False, id="a name below the target of a CNAME"),
])  # fmt: skip
def test_only_what_links_touch_needs_a_search(made, is_updated):
    writes = [Write(RECORD_SET, ("Z1", *made.key), made), Write(CHANGES.name, ("C1",), None)]
    before, after = changed(WORLD, writes)
    found = by_update(before, after, writes)
    assert (found is not None) is is_updated
    if found is not None:
        assert compared(found) == compared(at_once(domain_contents(ALL, *after)))


def test_a_health_check_leaves_a_domain_with_the_last_record_set_that_names_it():
    name = names.parse("near.test")
    (old,) = WORLD.hosted_zones["Z1"].record_sets.at(name)
    writes = [Write(RECORD_SET, ("Z1", *old.key), None)]
    found = by_update(*changed(WORLD, writes), writes)
    assert not found[parse_pattern(f"region:{REGIONS[0]}")].health_checks


def test_a_changed_health_check_needs_a_search():
    check = replace(WORLD.health_checks["h1"], disabled=True)
    writes = [Write(HEALTH_CHECK, check.id, check)]
    assert by_update(*changed(WORLD, writes), writes) is None
