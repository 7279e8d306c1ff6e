"""New ids, as Route 53 makes them (A47)."""

from random import Random, SystemRandom
from uuid import UUID

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CHARACTERS = 20


class NewIds:
    """Ids that nobody had before, at random; by seed for runs that repeat."""

    def __init__(self, seed: int | None = None) -> None:
        self._dice: Random = SystemRandom() if seed is None else Random(seed)

    def zone(self) -> str:
        """A hosted zone's."""
        return self._one("Z")

    def change(self) -> str:
        """A change's."""
        return self._one("C")

    def delegation_set(self) -> str:
        """A reusable delegation set's."""
        return self._one("N")

    def uuid(self) -> str:
        """A health check's, traffic policy's, query logging configuration's or CIDR collection's."""
        return str(UUID(int=self._dice.getrandbits(128), version=4))

    def _one(self, kind: str) -> str:
        return f"{kind}0{''.join(self._dice.choices(_LETTERS, k=_CHARACTERS - 1))}"
