"""TestDNSAnswer from zones that no query reaches: compiled in steps, and kept."""

import random
from dataclasses import replace

import pytest
from immutables import Map

from dnsemu.answering.dice import QuickDice
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.world import World
from dnsemu.control.live_world import MAX_COMPILED_ZONES, LiveWorld
from dnsemu.files.loading import locator_of
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board, Published
from dnsemu.zone.catalog import Catalog
from tests.builders import hosted_zone, record_set


@pytest.fixture
def live():
    board = Board(Published(World(), Catalog(Map()), locator_of(World())))
    return LiveWorld(board, HealthBoard(), None, QuickDice(random.Random(1).random))


def private(number=1, address="192.0.2.1", size=1):
    names = [record_set(f"n{each}.private.test", values=address) for each in range(size)]
    return replace(hosted_zone("private.test", *names), id=HostedZoneId(f"Z{number}"), is_private=True)


def answer(live, zone):
    return live.answer(zone, "n0.private.test", "A", b"", 0, is_ecs=False).values


def test_a_private_zone_is_compiled_in_steps_and_kept_until_it_changes(live):
    zone, changed = private(size=1000), private(address="192.0.2.2")
    assert len(list(live.prepare(zone))) > 3
    assert list(live.prepare(zone)) == []
    assert answer(live, zone) == ("192.0.2.1",)
    assert answer(live, changed) == ("192.0.2.2",)  # also unprepared
    assert list(live.prepare(changed))
    assert answer(live, changed) == ("192.0.2.2",)
    assert answer(live, zone) == ("192.0.2.1",)


def test_few_zones_are_kept_those_used_last(live):
    zones = [private(number) for number in range(MAX_COMPILED_ZONES + 1)]
    for zone in zones[:-1]:
        list(live.prepare(zone))
    list(live.prepare(zones[0]))
    list(live.prepare(zones[-1]))
    assert not list(live.prepare(zones[0]))
    assert list(live.prepare(zones[1]))
