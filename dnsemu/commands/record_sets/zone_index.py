"""A hosted zone's record sets by name and in the order of lists, without looking at all of them each time.

An index belongs to one `RecordSets`, and is found again by its identity alone: a zone that has become another in any
other way than through `change_record_sets` here has a new one, and gets a new index. So an index is only a memory of
what has been worked out, never a second truth. It is for one thread.
"""

from bisect import bisect, bisect_left
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from math import isqrt

from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.step import Step

MAX_REMEMBERED = 1000
"""Hosted zones; of more, those are forgotten that were asked about longest ago."""

NAMES_PER_PIECE = 200
"""Names that are put in order between two looks at who else is waiting: about a millisecond."""

BORDERS = 4
"""How many names, times the square root of all, divide the others into parts that are put in order each by itself."""

Place = tuple[str, str, str]
"""Where a record set stands in a list: name, type and set identifier as they are compared (A200)."""


def list_name(name: DName) -> str:
    """A name as lists compare it: its escaped labels, the last one first, each with a dot behind it (A200)."""
    return ".".join(reversed(names.to_text(name).split(".")[:-1])) + "."


def place_in_group(key: RecordSetKey) -> tuple[str, str]:
    """How record sets of one name are compared: type, then set identifier, none first (A200)."""
    return key[1].name, key[2] or ""


def _place_in_group_of(record_set: RecordSet) -> tuple[str, str]:
    return place_in_group(record_set.key)


class ZoneIndex:
    """The record sets of one mapping, by name. The order of lists is worked out when it is first asked for."""

    def __init__(self, record_sets: Mapping[RecordSetKey, RecordSet]) -> None:
        self.record_sets = record_sets if isinstance(record_sets, RecordSets) else RecordSets(record_sets)
        self._next: tuple[RecordSets, Collection[DName]] | None = None
        self._order: list[DName] | None = None
        self._preparing: list[set[DName]] = []
        """For each order that is being worked out, the names that were touched meanwhile."""

    def at(self, name: DName) -> Sequence[RecordSet]:
        """All record sets of exactly this name."""
        return self.record_sets.at(name)

    def has_group(self, name: DName, type: RRType) -> bool:
        """Whether there is a record set of exactly this name and type."""
        return self.record_sets.has_group(name, type)

    def listed(self, start: Place = ("", "", "")) -> Iterator[RecordSet]:
        """The record sets in the order of lists (A200), from `start` on, which need not be there itself (A197)."""
        for _ in self.prepare():
            pass
        order = self._order or []
        first = bisect_left(order, start[0], key=list_name)
        for at in range(first, len(order)):
            members = sorted(self.at(order[at]), key=_place_in_group_of)
            if at == first and list_name(order[at]) == start[0]:
                members = members[bisect_left(members, start[1:], key=_place_in_group_of) :]
            yield from members

    def prepare(self) -> Iterator[None]:
        """Work out the order of lists, unless it is known, in pieces of about a millisecond.

        Names that are touched meanwhile are put in their place at the end.
        """
        if self._order is not None:
            return
        touched: set[DName] = set()
        self._preparing.append(touched)
        try:
            yield from self._work_out(self.record_sets, touched)
        finally:
            self._preparing = [others for others in self._preparing if others is not touched]

    def _work_out(self, record_sets: RecordSets, touched: set[DName]) -> Iterator[None]:
        borders: list[str] = []
        for piece in _pieces(islice(record_sets.names(), BORDERS * isqrt(len(record_sets)))):
            borders += map(list_name, piece)
            yield
        borders.sort()
        between: list[list[tuple[str, DName]]] = [[] for _ in range(len(borders) + 1)]
        for piece in _pieces(record_sets.names()):
            for name in piece:
                text = list_name(name)
                between[bisect(borders, text)].append((text, name))
            yield
        order: list[DName] = []
        for part in between:
            part.sort()
            order += [name for _, name in part]
            part.clear()
            yield
        if self._order is None:
            self._put_in_place(order, record_sets, touched)
            self._order = order

    def may_become(self, after: RecordSets, touched: Collection[DName]) -> None:
        """Be ready to be the index of another mapping, which is this one's with changes at the names `touched`."""
        self._next = after, touched

    def is_of(self, record_sets: RecordSets) -> bool:
        """Whether this is the index of a mapping, or becomes it now: what was made ready counts once asked for."""
        if self._next is not None and self._next[0] is record_sets:
            self._follow(*self._next)
        return self.record_sets is record_sets

    def _follow(self, after: RecordSets, touched: Collection[DName]) -> None:
        before, self.record_sets, self._next = self.record_sets, after, None
        for names_touched in self._preparing:
            names_touched.update(touched)
        if self._order is not None:
            self._put_in_place(self._order, before, set(touched))

    def _put_in_place(self, order: list[DName], before: RecordSets, touched: Collection[DName]) -> None:
        for name in touched:
            was, is_there = bool(before.at(name)), bool(self.record_sets.at(name))
            if was is not is_there:
                at = bisect_left(order, list_name(name), key=list_name)
                order[at : at + was] = [name] if is_there else []


def _pieces(left: Iterator[DName]) -> Iterator[list[DName]]:
    while piece := list(islice(left, NAMES_PER_PIECE)):
        yield piece


_remembered: OrderedDict[HostedZoneId, ZoneIndex] = OrderedDict()


def forget() -> None:
    """Let go of all indexes, and so of the record sets that they are of: others are served now."""
    _remembered.clear()


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

    Until the step is taken over the zone stays what it was, with its old record sets, and so does the index.
    """
    index = index_of(step.world.hosted_zones[zone_id])
    step.change_record_sets(zone_id, gone=gone, put=put)
    touched = [*(key[0] for key in gone), *(record_set.name for record_set in put)]
    index.may_become(step.world.hosted_zones[zone_id].record_sets, touched)
