"""A bounded memo: quicker than `functools.lru_cache` if most keys come only once."""

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memo(Generic[Key, Value]):
    """Remembers the values of a function of one argument, which never returns None, in two generations.

    A key that is asked for moves to the young generation. When that is full, the old one is dropped and the young one
    takes its place.
    """

    def __init__(self, function: Callable[[Key], Value], max_size: int) -> None:
        """Remembers at most `max_size` values."""
        self._function = function
        self._max_young = max(1, max_size // 2)
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def __call__(self, key: Key) -> Value:
        """Returns the value for a key."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                found = self._function(key)
            if len(self._young) >= self._max_young:
                self._old, self._young = self._young, {}
            self._young[key] = found
        return found

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())
