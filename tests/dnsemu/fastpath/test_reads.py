"""Every change that may alter an answer drops it: each read records all keys that its result depends on."""

import random
from dataclasses import replace

import pytest

from dnsemu.config import names
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.fastpath.reads import RecordingCatalog, keys_of
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.publication.board import Difference
from dnsemu.zone.view import PUBLIC
from tests.asking import Server, lines, rcode
from tests.builders import primary, record_set, resource, secondary, target, zone
from tests.dnsemu.fastpath.worlds import LABELS, LOAD_BALANCER, ORIGINS, POLICY, RandomWorld

STEPS = 40


def results(catalog, seed):
    """Yields the results of random reads, the same for the same seed, each with the keys that were recorded."""
    dice = random.Random(seed)
    for _ in range(60):
        origin = dice.choice(ORIGINS)
        name = names.parse(".".join([*dice.choices([*LABELS, POLICY], k=dice.choice((1, 2, 3))), origin]))
        keys = set()
        reader = RecordingCatalog(catalog, keys)
        found = reader.zone_of(name)
        yield (found and (found.id, found.ns, found.soa)), keys
        if found is None:
            continue
        for read in (_groups, _encloser, RecordingCatalog.cut_above):
            keys = set()
            reader = RecordingCatalog(catalog, keys)
            yield read(reader, found, name), {(found.name, found.name), *keys}
        keys = set()
        hidden = names.hidden("a rule", "1")
        yield RecordingCatalog(catalog, keys).group(found, hidden, RRType.A), {(found.name, found.name), *keys}
    keys = set()
    yield RecordingCatalog(catalog, keys).resource(names.parse(LOAD_BALANCER)), keys


def _groups(reader, zone, name):
    node = reader.node(zone, name)
    return node and dict(node.groups)


def _encloser(reader, zone, name):
    return None if reader.node(zone, name) else reader.closest_encloser(zone, name)


@pytest.mark.parametrize("seed", range(20))
def test_a_result_that_changes_has_read_what_changed(seed):
    """Reads of a zone come after `zone_of`, so its keys count for them too."""
    world = RandomWorld(seed)
    for step in range(STEPS):
        before = list(results(world.published.catalog, step))
        change = world.change()
        after = list(results(world.published.catalog, step))
        if change.everything or change.zones:
            continue  # the reads are different ones
        changed = set(keys_of(change))
        for (old, keys), (new, _) in zip(before, after, strict=True):
            assert old == new or keys & changed, (step, old, new)


def test_a_new_delegation_above_an_existing_name():
    """R52: the node of the name itself does not change."""
    host, above = record_set("a.b.test"), record_set("b.test", "TXT", '"t"')
    server = Server(zone("test", host, above))
    for _ in range(3):
        assert lines(server.ask("a.b.test").answer) == ["a.b.test. 60 A 192.0.2.1"]
    publish(server, [host, above, record_set("b.test", "NS", "ns.far.example")], "b.test")
    assert lines(server.ask("a.b.test").authority) == ["b.test. 60 NS ns.far.example."]


def test_a_new_name_between_a_wildcard_and_the_name_asked():
    """R48: the new name is the closest encloser, so the wildcard no longer applies."""
    wildcard = record_set("*.test")
    server = Server(zone("test", wildcard))
    for _ in range(3):
        assert lines(server.ask("a.b.test").answer) == ["a.b.test. 60 A 192.0.2.1"]
    publish(server, [wildcard, record_set("b.test", "TXT", '"t"')], "b.test")
    assert rcode(server.ask("a.b.test")) == "NXDOMAIN"


def test_h162a_a_target_that_goes_down_drops_only_the_answers_that_read_it():
    lb = resource(LOAD_BALANCER, target("10.0.0.1"), target("10.0.0.2"))
    aliases = {"alias": LOAD_BALANCER, "alias_zone": "Z35SXDOTRQ7X7K"}
    sets = primary("www.test", **aliases), secondary("www.test", values="192.0.2.9"), record_set("other.test")
    server = Server(zone("test", *sets), resources=[lb])

    def answered(name="www.test"):
        return {str(rdata) for _ in range(3) for rrset in server.ask(name).answer for rdata in rrset}

    def kept():
        answers = server.responder.answer_cache(PUBLIC)._answers.values()
        return sum(answer.root is not None for answer in answers)

    assert answered() == {"10.0.0.1", "10.0.0.2"}
    answered("other.test")
    before = kept()
    for down, expected in ((1, {"10.0.0.2"}), (2, {"192.0.2.9"})):
        server.health.put(dict.fromkeys(lb.target_ids[:down], Status.UNHEALTHY))
        assert kept() == before - 1
        assert answered() == expected
    server.health.put(dict.fromkeys(lb.target_ids))
    assert answered() == {"10.0.0.1", "10.0.0.2"}


def publish(server, record_sets, touched):
    """Publishes a zone with one changed name."""
    catalog = server.board.current.catalog.with_zone(zone("test", *record_sets))
    change = Difference(names=frozenset({(names.parse("test"), names.parse(touched))}))
    server.board.publish(replace(server.board.current, catalog=catalog), change)
