"""A hosted zone's record sets by name and in the order of lists, without looking at all of them each time.

An index belongs to one `Map` of record sets, and is found again by that Map's identity alone: a zone that has become
another in any other way than through `change_record_sets` here has a new Map, and gets a new index. So an index is
only a memory of what has been worked out, never a second truth. It is for one thread.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Collection, Iterator

from immutables import Map

from config import names
from config.names import DName
from config.rrtypes import RRType
from config.world import HostedZone, HostedZoneId, RecordSet, RecordSetKey
from dnsemu.commands.state import Step

MAX_REMEMBERED = 1000
"""Hosted zones; of more, those are forgotten that were asked about longest ago."""

RecordSets = Map[RecordSetKey, RecordSet]
Place = tuple[str, str, str]
"""Where a record set stands in a list: name, type and set identifier as they are compared (A200)."""


def list_name(name: DName) -> str:
    """A name as lists compare it: its escaped labels, the last one first, each with a dot behind it (A200)."""
    return ".".join(reversed(names.to_text(name).split(".")[:-1])) + "."


def place_in_group(key: RecordSetKey) -> tuple[str, str]:
    """How record sets of one name are compared: type, then set identifier, none first (A200)."""
    return key[1].name, key[2] or ""


class ZoneIndex:
    """The record sets of one Map, by name. The order of lists is worked out when it is first asked for."""

    def __init__(self, record_sets: RecordSets) -> None:
        self.record_sets = record_sets
        self._next: tuple[RecordSets, Collection[RecordSetKey], Collection[RecordSet]] | None = None
        self._keys: dict[DName, list[RecordSetKey]] = {}
        self._order: list[tuple[str, DName]] | None = None
        for key in record_sets:
            self._keys.setdefault(key[0], []).append(key)

    def at(self, name: DName) -> list[RecordSet]:
        """All record sets of exactly this name."""
        return [self.record_sets[key] for key in self._keys.get(name, ())]

    def has_group(self, name: DName, type: RRType) -> bool:
        """Whether there is a record set of exactly this name and type."""
        return any(key[1] is type for key in self._keys.get(name, ()))

    def listed(self, start: Place = ("", "", "")) -> Iterator[RecordSet]:
        """The record sets in the order of lists (A200), from `start` on, which need not be there itself (A197)."""
        if self._order is None:
            self._order = sorted((list_name(name), name) for name in self._keys)
        order = self._order
        for at in range(bisect_left(order, start[0], key=lambda entry: entry[0]), len(order)):
            text, name = order[at]
            for key in sorted(self._keys[name], key=place_in_group):
                if text != start[0] or place_in_group(key) >= start[1:]:
                    yield self.record_sets[key]

    def may_become(self, after: RecordSets, gone: Collection[RecordSetKey], put: Collection[RecordSet]) -> None:
        """Be ready to be the index of another Map, which is this one's without `gone` and then with `put`."""
        self._next = after, gone, put

    def is_of(self, record_sets: RecordSets) -> bool:
        """Whether this is the index of a Map, or becomes it now: what was made ready counts once it is asked for."""
        if self._next is not None and self._next[0] is record_sets:
            self._follow(*self._next)
        return self.record_sets is record_sets

    def _follow(self, after: RecordSets, gone: Collection[RecordSetKey], put: Collection[RecordSet]) -> None:
        self._next = None
        for key in gone:
            self._remove(key)
        for record_set in put:
            if record_set.key not in self._keys.get(record_set.name, ()):
                self._add(record_set.key)
        self.record_sets = after

    def _add(self, key: RecordSetKey) -> None:
        keys = self._keys.get(key[0])
        if keys is not None:
            keys.append(key)
            return
        self._keys[key[0]] = [key]
        if self._order is not None:
            insort(self._order, (list_name(key[0]), key[0]))

    def _remove(self, key: RecordSetKey) -> None:
        keys = self._keys[key[0]]
        keys.remove(key)
        if keys:
            return
        del self._keys[key[0]]
        if self._order is not None:
            del self._order[bisect_left(self._order, (list_name(key[0]), key[0]))]


_remembered: OrderedDict[HostedZoneId, ZoneIndex] = OrderedDict()


def index_of(zone: HostedZone) -> ZoneIndex:
    """The index of a zone as it is in this very value."""
    index = _remembered.get(zone.id)
    if index is None or not index.is_of(zone.record_sets):
        index = _remembered[zone.id] = ZoneIndex(zone.record_sets)
        if len(_remembered) > MAX_REMEMBERED:
            _remembered.popitem(last=False)
    _remembered.move_to_end(zone.id)
    return index


def change_record_sets(
    step: Step, zone_id: HostedZoneId, *, gone: Collection[RecordSetKey] = (), put: Collection[RecordSet] = ()
) -> None:
    """As `Step.change_record_sets`, at the cost of what is changed, for the index too.

    Until the step is taken over the zone stays what it was, with its old Map, and so does the index.
    """
    index = index_of(step.world.hosted_zones[zone_id])
    step.change_record_sets(zone_id, gone=gone, put=put)
    index.may_become(step.world.hosted_zones[zone_id].record_sets, gone, put)
