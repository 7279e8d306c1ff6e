"""All record sets of a hosted zone: a persistent mapping by their keys, that finds those of one name at once too.

It keeps names, not keys: a zone of a million names would otherwise hold a million tuples that say what the record sets
say themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from typing import Any

from immutables import Map

from dnsemu.config.model.record_sets import RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

_Held = RecordSet | tuple[RecordSet, ...]
"""What a name has: most names have one record set only, which then stands for itself."""


class RecordSets(Mapping[RecordSetKey, RecordSet]):
    """Record sets by key. It never changes: a change makes another one, at the cost of the names that it touches."""

    __slots__ = ("_at", "_number")

    def __init__(self, record_sets: Mapping[RecordSetKey, RecordSet] | None = None) -> None:
        at: dict[DName, list[RecordSet]] = {}
        for record_set in (record_sets or {}).values():
            at.setdefault(record_set.name, []).append(record_set)
        self._at: Map[DName, _Held] = Map({name: _held(members) for name, members in at.items()})
        self._number = sum(map(len, at.values()))

    @classmethod
    def grouped(cls, at: Mapping[DName, Sequence[RecordSet]]) -> "RecordSets":
        """Record sets that are known by name; each key is there once."""
        return cls._of(Map((name, _held(members)) for name, members in at.items()), sum(map(len, at.values())))

    @classmethod
    def _of(cls, at: Map[DName, _Held], number: int) -> "RecordSets":
        made = cls.__new__(cls)
        made._at, made._number = at, number
        return made

    def at(self, name: DName) -> Sequence[RecordSet]:
        """All record sets of exactly this name."""
        return _members(self._at.get(name, ()))

    def has_group(self, name: DName, type: RRType) -> bool:
        """Whether there is a record set of exactly this name and type."""
        return any(record_set.type == type for record_set in self.at(name))

    def names(self) -> Iterator[DName]:
        """Each name that has record sets, once, in no order."""
        return iter(self._at)

    @property
    def under_names(self) -> Map[DName, Any]:
        """The one large mapping in it, for whoever frees it with care."""
        return self._at

    def by_name(self) -> Iterator[tuple[DName, Sequence[RecordSet]]]:
        """Each name with its record sets, in no order."""
        return ((name, _members(held)) for name, held in self._at.items())

    def changed(self, gone: Iterable[RecordSetKey] = (), put: Iterable[RecordSet] = ()) -> "RecordSets":
        """The same with record sets taken out, and then others put in, each in place of the one with its key.

        Raises:
            KeyError: one that is to be taken out is not there.
        """
        number = self._number
        at = self._at.mutate()
        for key in gone:
            before = _members(at.get(key[0], ()))
            kept = [record_set for record_set in before if record_set.key != key]
            if len(kept) == len(before):
                raise KeyError(key)
            number -= 1
            if kept:
                at[key[0]] = _held(kept)
            else:
                del at[key[0]]
        for record_set in put:
            members = {r.key: r for r in _members(at.get(record_set.name, ()))}
            number += record_set.key not in members
            members[record_set.key] = record_set
            at[record_set.name] = _held(tuple(members.values()))
        return self._of(at.finish(), number)

    def update(self, record_sets: Mapping[RecordSetKey, RecordSet]) -> "RecordSets":
        """The same with others put in, each in place of the one with its key."""
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
        return self._number

    def values(self) -> ValuesView[RecordSet]:
        """All record sets, in no order."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RecordSets):
            return self._number == other._number and all(other.get(r.key) == r for r in self.values())
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of every mapping that compares by what it holds

    def __reduce__(self) -> tuple[Any, ...]:
        return RecordSets._of, (self._at, self._number)


class _Values(ValuesView[RecordSet]):
    """As the general one, without looking each key up."""

    _mapping: RecordSets

    def __iter__(self) -> Iterator[RecordSet]:
        for _, members in self._mapping.by_name():
            yield from members


def _members(held: _Held | tuple[()]) -> Sequence[RecordSet]:
    return held if isinstance(held, tuple) else (held,)


def _held(members: Sequence[RecordSet]) -> _Held:
    return members[0] if len(members) == 1 else tuple(members)
