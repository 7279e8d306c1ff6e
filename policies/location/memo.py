"""What was worked out before, up to a number: quicker than `functools.lru_cache` where most keys come only once."""

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memo(Generic[Key, Value]):
    """A function of one argument, never None, that remembers in two generations.

    What was asked for since the younger began is kept; the elder goes, all at once, when the younger is full.
    """

    def __init__(self, make: Callable[[Key], Value], size: int) -> None:
        """Remember at most `size` values of `make`."""
        self._make = make
        self._most = max(1, size // 2)
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def __call__(self, key: Key) -> Value:
        """The value for a key."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                found = self._make(key)
            if len(self._young) >= self._most:
                self._old, self._young = self._young, {}
            self._young[key] = found
        return found

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())
