"""The record sets of a hosted zone: a persistent mapping by key, indexed by name, with the order of lists.

It is stored by name, not by key: with a million names, the keys would be a million tuples that repeat the record sets.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from typing import Any

from immutables import Map

from dnsemu.config.model.list_order import ListOrder, Preparation, list_name
from dnsemu.config.model.record_sets import RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

_Stored = RecordSet | tuple[RecordSet, ...]
"""The record sets of one name; a single one, which is the usual case, is stored without a tuple."""

ListPosition = tuple[str, str, str]
"""A position in a list: name, type and set identifier, in the form in which lists compare them (A200)."""

LIST_START: ListPosition = ("", "", "")


@dataclass(frozen=True, slots=True)
class _PendingOrder:
    """The order of an earlier version that is being worked out, and the names touched since that version."""

    preparation: Preparation
    touched: Map[DName, None]


class RecordSets(Mapping[RecordSetKey, RecordSet]):
    """Immutable mapping of record sets by key; a change makes a new one, at a cost per changed name.

    The list order is worked out when it is first asked for, and each change carries it over. A zone that is never
    listed has none. The order is not part of the value: it is neither compared nor pickled. Listing is for one thread.
    """

    __slots__ = ("_at", "_count", "_order")

    def __init__(self, record_sets: Mapping[RecordSetKey, RecordSet] | None = None) -> None:
        at: dict[DName, list[RecordSet]] = {}
        for record_set in (record_sets or {}).values():
            at.setdefault(record_set.name, []).append(record_set)
        self._at: Map[DName, _Stored] = Map({name: _stored(members) for name, members in at.items()})
        self._count = sum(map(len, at.values()))
        self._order: ListOrder | _PendingOrder | None = None

    @classmethod
    def grouped(cls, at: Mapping[DName, Sequence[RecordSet]]) -> "RecordSets":
        """Makes the mapping from record sets grouped by name; keys must be unique."""
        return cls._of(Map((name, _stored(members)) for name, members in at.items()), sum(map(len, at.values())))

    @classmethod
    def _of(cls, at: Map[DName, _Stored], count: int) -> "RecordSets":
        made = cls.__new__(cls)
        made._at, made._count, made._order = at, count, None
        return made

    def at(self, name: DName) -> Sequence[RecordSet]:
        """Returns all record sets of exactly this name."""
        return _members(self._at.get(name, ()))

    def has_group(self, name: DName, type: RRType) -> bool:
        """True if there is a record set of exactly this name and type."""
        return any(record_set.type == type for record_set in self.at(name))

    def names(self) -> Iterator[DName]:
        """Yields each name that has record sets, once, in no order."""
        return iter(self._at)

    @property
    def stored(self) -> Map[DName, Any]:
        """The underlying large map, to be freed incrementally."""
        return self._at

    def by_name(self) -> Iterator[tuple[DName, Sequence[RecordSet]]]:
        """Yields each name with its record sets, in no order."""
        return ((name, _members(stored)) for name, stored in self._at.items())

    def changed(self, removed: Iterable[RecordSetKey] = (), put: Iterable[RecordSet] = ()) -> "RecordSets":
        """Returns a copy: first without the `removed` keys, then with each of `put` added or replaced by its key.

        Raises:
            KeyError: a removed key does not exist.
        """
        removed, put = tuple(removed), tuple(put)
        count = self._count
        at = self._at.mutate()
        for key in removed:
            before = _members(at.get(key[0], ()))
            kept = [record_set for record_set in before if record_set.key != key]
            if len(kept) == len(before):
                raise KeyError(key)
            count -= 1
            if kept:
                at[key[0]] = _stored(kept)
            else:
                del at[key[0]]
        for record_set in put:
            members = {r.key: r for r in _members(at.get(record_set.name, ()))}
            count += record_set.key not in members
            members[record_set.key] = record_set
            at[record_set.name] = _stored(tuple(members.values()))
        after = self._of(at.finish(), count)
        if self._order is not None:
            after._order = self._order_after({*(key[0] for key in removed), *(r.name for r in put)}, after)
        return after

    def update(self, record_sets: Mapping[RecordSetKey, RecordSet]) -> "RecordSets":
        """Returns a copy with others added or replaced by key."""
        return self.changed(put=record_sets.values())

    # --- the order of lists ---

    def listed(self, start: ListPosition = LIST_START) -> Iterator[RecordSet]:
        """Yields the record sets in the order of lists (A200), from a position on; it may have no record set (A197)."""
        for number, name in enumerate(self._known_order().names_from(start[0])):
            members = sorted(self.at(name), key=_position_in_group)
            if number == 0 and list_name(name) == start[0]:
                members = members[bisect_left(members, start[1:], key=_position_in_group) :]
            yield from members

    def prepare_order(self) -> Iterator[None]:
        """Works out the order of lists, unless it is known, in pieces of about a millisecond.

        Changes made meanwhile are followed: the result also serves the mappings made from this one.
        """
        if isinstance(self._order, ListOrder):
            return
        if self._order is None or self._order.preparation.is_abandoned:
            self._order = _PendingOrder(Preparation(self._at), Map())
        yield from self._order.preparation.run()

    def _known_order(self) -> ListOrder:
        while not isinstance(self._order, ListOrder):
            if self._order is not None and self._order.preparation.order is not None:
                self._order = self._order.preparation.order.updated(self._order.touched, self._at.__contains__)
            else:
                for _ in self.prepare_order():
                    pass
        return self._order

    def _order_after(self, touched: Iterable[DName], after: "RecordSets") -> ListOrder | _PendingOrder | None:
        """Returns the order of the mapping that a change of the touched names made from this one."""
        order = self._order
        if isinstance(order, _PendingOrder):
            if order.preparation.is_abandoned:
                return None
            if order.preparation.order is None:
                return _PendingOrder(order.preparation, order.touched.update(dict.fromkeys(touched)))
            order = self._known_order()
        moved = [name for name in touched if (name in self._at) is not (name in after._at)]
        return order.updated(moved, after._at.__contains__) if order is not None else None

    # --- mapping ---

    def __getitem__(self, key: RecordSetKey) -> RecordSet:
        name, type, identifier = key
        for record_set in _members(self._at[name]):
            if record_set.type == type and record_set.set_identifier == identifier:
                return record_set
        raise KeyError(key)

    def __iter__(self) -> Iterator[RecordSetKey]:
        return (record_set.key for record_set in self.values())

    def __len__(self) -> int:
        return self._count

    def values(self) -> ValuesView[RecordSet]:
        """Returns all record sets, in no order."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RecordSets):
            return self._count == other._count and all(other.get(r.key) == r for r in self.values())
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # unhashable like other mappings that compare by content

    def __reduce__(self) -> tuple[Any, ...]:
        return RecordSets._of, (self._at, self._count)


class _Values(ValuesView[RecordSet]):
    """Iterates over the values directly; the inherited view looks up each key."""

    _mapping: RecordSets

    def __iter__(self) -> Iterator[RecordSet]:
        for _, members in self._mapping.by_name():
            yield from members


def _members(stored: _Stored | tuple[()]) -> Sequence[RecordSet]:
    return stored if isinstance(stored, tuple) else (stored,)


def _stored(members: Sequence[RecordSet]) -> _Stored:
    return members[0] if len(members) == 1 else tuple(members)


def _position_in_group(record_set: RecordSet) -> tuple[str, str]:
    """Returns the position among record sets of one name: by type, then by set identifier, none first (A200)."""
    return record_set.type.name, record_set.set_identifier or ""
