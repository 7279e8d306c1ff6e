"""The record sets of a hosted zone: a persistent mapping by key, indexed by name.

It is stored by name, not by key: with a million names, the keys would be a million tuples that repeat the record sets.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from typing import Any

from immutables import Map

from dnsemu.config.model.record_sets import RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

_Stored = RecordSet | tuple[RecordSet, ...]
"""The record sets of one name; a single one, which is the usual case, is stored without a tuple."""


class RecordSets(Mapping[RecordSetKey, RecordSet]):
    """Immutable mapping of record sets by key; a change makes a new one, at a cost per changed name."""

    __slots__ = ("_at", "_count")

    def __init__(self, record_sets: Mapping[RecordSetKey, RecordSet] | None = None) -> None:
        at: dict[DName, list[RecordSet]] = {}
        for record_set in (record_sets or {}).values():
            at.setdefault(record_set.name, []).append(record_set)
        self._at: Map[DName, _Stored] = Map({name: _stored(members) for name, members in at.items()})
        self._count = sum(map(len, at.values()))

    @classmethod
    def grouped(cls, at: Mapping[DName, Sequence[RecordSet]]) -> "RecordSets":
        """Makes the mapping from record sets grouped by name; keys must be unique."""
        return cls._of(Map((name, _stored(members)) for name, members in at.items()), sum(map(len, at.values())))

    @classmethod
    def _of(cls, at: Map[DName, _Stored], count: int) -> "RecordSets":
        made = cls.__new__(cls)
        made._at, made._count = at, count
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
        return self._of(at.finish(), count)

    def update(self, record_sets: Mapping[RecordSetKey, RecordSet]) -> "RecordSets":
        """Returns a copy with others added or replaced by key."""
        return self.changed(put=record_sets.values())

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
