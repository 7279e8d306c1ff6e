"""Letting go of what was served before, in small pieces: freeing a million record sets at once takes a second.

A persistent `Map` is freed all at once when nobody holds it any more. So it is emptied first, key by key: a mutation of
a Map that nobody else holds takes its nodes apart as it goes.
"""

from collections.abc import Iterator
from typing import Any

from immutables import Map

from dnsemu.config.model.batches import batches
from dnsemu.publication.board import Published

KEYS_PER_PIECE = 200
"""What is freed between two looks at who else is waiting: less than a millisecond."""


def maps_of(published: Published, current: Published) -> list[Map[Any, Any]]:
    """The large mappings of what was served before, but for those that are served still."""
    zones, declared = current.catalog.zones, current.world.hosted_zones
    compiled = (zone for name, zone in published.catalog.zones.items() if zones.get(name) is not zone)
    kept = (zone for id, zone in published.world.hosted_zones.items() if declared.get(id) is not zone)
    return [*(zone.nodes for zone in compiled), *(zone.record_sets.stored for zone in kept)]


def free_incrementally(maps: list[Map[Any, Any]]) -> Iterator[None]:
    """Empty mappings that nobody else holds, in pieces; the list is empty afterwards.

    What somebody else does hold stays as it is: then this only costs time.
    """
    while maps:
        held = maps.pop()
        keys: list[Any] = []
        for piece in batches(held, KEYS_PER_PIECE):
            keys += piece
            yield
        shrinking = held.mutate()
        del held
        while keys:
            for key in keys[-KEYS_PER_PIECE:]:
                del shrinking[key]
            del keys[-KEYS_PER_PIECE:]
            yield
