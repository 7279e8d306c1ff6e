"""Frees an old generation incrementally; freeing a million record sets at once blocks the loop for a second.

A persistent `Map` is freed at once with its last reference. So it is emptied first, key by key: a mutation changes the
nodes of a Map in place if there is no other reference to them.
"""

from collections.abc import Iterator
from typing import Any

from immutables import Map

from dnsemu.config.model.batches import batches
from dnsemu.publication.board import Published

KEYS_PER_PIECE = 200
"""Keys freed before the event loop runs other tasks: less than a millisecond."""


def maps_of(published: Published, current: Published) -> list[Map[Any, Any]]:
    """Returns the large mappings of an old generation that are not part of the current one."""
    zones, declared = current.catalog.zones, current.world.hosted_zones
    compiled = (zone for name, zone in published.catalog.zones.items() if zones.get(name) is not zone)
    replaced = (zone for id, zone in published.world.hosted_zones.items() if declared.get(id) is not zone)
    return [*(zone.nodes for zone in compiled), *(zone.record_sets.stored for zone in replaced)]


def free_incrementally(maps: list[Map[Any, Any]]) -> Iterator[None]:
    """Empties the list and its mappings in pieces; there should be no other reference to them.

    A mapping with another reference stays as it is: then this only costs time.
    """
    while maps:
        last = maps.pop()
        keys: list[Any] = []
        for piece in batches(last, KEYS_PER_PIECE):
            keys += piece
            yield
        shrinking = last.mutate()
        del last
        while keys:
            for key in keys[-KEYS_PER_PIECE:]:
                del shrinking[key]
            del keys[-KEYS_PER_PIECE:]
            yield
