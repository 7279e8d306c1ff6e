"""Reply counters: zones that are gone leave no series, and sums never fall."""

from collections import Counter
from dataclasses import replace

import pytest

from dnsemu.answering.counters import Counters, ReplyTotals, increments
from dnsemu.config import names
from dnsemu.publication.board import EVERYTHING, Difference
from dnsemu.runtime.lateness import LatenessMeter
from dnsemu.workers.counter_reader import CounterReader
from dnsemu.zone.catalog import Catalog
from tests.asking import Server
from tests.builders import record_set, zone


def publish(server, *zones, difference):
    server.board.publish(replace(server.board.current, catalog=Catalog.of(zones)), difference)


def by_zone(counted):
    found = Counter()
    for labels, number in counted:
        found[labels.zone_text] += number
    return dict(found)


def made(number):
    return zone(f"z{number}.test", record_set(f"www.z{number}.test"))


@pytest.mark.parametrize("is_reload", [False, True])
def test_series_of_deleted_zones_go(is_reload):
    server = Server()
    for number in range(50):
        changed = Difference(zones=frozenset({names.parse(f"z{number}.test"), names.parse(f"z{number - 1}.test")}))
        publish(server, made(number), difference=EVERYTHING if is_reload else changed)
        for name in ("www", "no"):
            for _ in range(3):
                server.ask(f"{name}.z{number}.test")
    assert by_zone(server.responder.answered.items()) == {"z49.test.": 6, "(deleted)": 49 * 6}
    assert len(list(server.responder.answered.items())) == 4, "two rcodes each"


def test_a_reply_to_a_zone_that_went_meanwhile_counts_as_deleted():
    counters = Counters(lambda zone: False)
    counters.of(names.parse("z.test"), "A")[0] += 1
    counters.of(rcode=5)[0] += 1
    assert by_zone(counters.items()) == {"(deleted)": 1, "": 1}


class Fleet:
    """The totals of the control plane, and workers that apply changes later than it does."""

    def __init__(self, workers):
        self.control = Server()
        self.totals = ReplyTotals(lambda zone: zone in self.control.board.current.catalog.zones)
        self.workers = [Server() for _ in range(workers)]
        self.readers = [CounterReader(worker.responder, LatenessMeter()) for worker in self.workers]

    def publish(self, *zones, difference, workers=()):
        publish(self.control, *zones, difference=difference)
        self.totals.forget_deleted(difference.zones)
        for number in workers:
            publish(self.workers[number], *zones, difference=difference)

    def read(self, number):
        self.totals.add(self.readers[number].read().answered.items())


def test_series_of_deleted_zones_go_with_workers():
    """One worker is read between each change, the other one applies and reports every third only."""
    fleet, asked = Fleet(2), 0
    for number in range(30):
        difference = Difference(zones=frozenset(names.parse(f"z{n}.test") for n in range(number + 1)))
        fleet.publish(made(number), difference=difference, workers=(0, 1) if number % 3 == 0 else (0,))
        for worker in fleet.workers:
            worker.ask(f"www.z{number}.test")
            asked += 1
        fleet.read(0)
        if number % 3 == 2:
            fleet.read(1)
    fleet.read(1)
    found = by_zone(fleet.totals.items())
    assert set(found) == {"z29.test.", "(deleted)", ""}, "the slow worker refuses what it does not know yet"
    assert sum(found.values()) == asked


def test_a_zone_that_is_created_again_starts_at_zero():
    fleet, everything = Fleet(1), Difference(zones=frozenset({names.parse("z0.test")}))
    fleet.publish(made(0), difference=everything, workers=(0,))
    for _ in range(3):
        fleet.workers[0].ask("www.z0.test")
    fleet.read(0)
    fleet.publish(difference=everything, workers=(0,))
    fleet.publish(made(0), difference=everything, workers=(0,))
    fleet.workers[0].ask("www.z0.test")
    fleet.read(0)
    assert by_zone((labels, number) for labels, number in fleet.totals.items() if number) == {
        "z0.test.": 1,
        "(deleted)": 3,
    }


def test_increments_of_what_did_not_change_are_none():
    counters = Counters()
    counters.of(names.parse("z.test"), "A")[0] += 2
    counted = Counter(dict(counters.items()))
    assert increments(counted, counted) == {}
