"""An old generation is freed in pieces, and nothing else."""

import gc
import weakref

from immutables import Map

from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Published
from dnsemu.publication.freeing import KEYS_PER_PIECE, free_incrementally, maps_of
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import compile_zone
from tests.builders import hosted_zone


class Thing:
    """A value that a weak reference can point to."""


def numbered(number):
    return Map({f"key {n}": Thing() for n in range(number)})


def test_a_map_is_freed_piece_by_piece():
    maps = [numbered(5 * KEYS_PER_PIECE)]
    things = [weakref.ref(thing) for thing in maps[0].values()]
    left = [sum(thing() is not None for thing in things) for _ in free_incrementally(maps)]
    freed = [before - after for before, after in zip(left, [*left[1:], 0], strict=True)]
    assert max(freed) == KEYS_PER_PIECE
    assert sum(freed) == len(things)
    assert maps == []


def test_a_map_with_another_reference_stays():
    held = numbered(1000)
    other = held.set("new", Thing())
    expected = dict(other)
    for _ in free_incrementally([held]):
        pass
    del held
    gc.collect()
    assert dict(other) == expected


def published(*zones, compiled):
    world = World(hosted_zones=Map({zone.name: zone for zone in zones}))
    return Published(world, Catalog.of(compiled[zone.name] for zone in zones), Locator(Geo()))


def test_what_is_part_of_the_current_generation_is_not_freed():
    stays, goes, comes = hosted_zone("stays.test"), hosted_zone("other.test"), hosted_zone("other.test")
    old = {zone.name: compile_zone(zone) for zone in (stays, goes)}
    new = {**old, comes.name: compile_zone(comes)}
    found = maps_of(published(stays, goes, compiled=old), published(stays, comes, compiled=new))
    assert [id(one) for one in found] == [id(old[goes.name].nodes), id(goes.record_sets.stored)]
