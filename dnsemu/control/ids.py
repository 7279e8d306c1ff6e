"""New ids, as Route 53 makes them (A47)."""

from collections.abc import Callable
from random import Random, SystemRandom
from uuid import UUID

from dnsemu.commands.context import Ids
from dnsemu.state.state import State

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


class UnusedIds:
    """Ids of another maker, but for those that a state holds already: dice of one seed give the same ones again."""

    def __init__(self, ids: Ids, state: State) -> None:
        self._ids = ids
        self._state = state

    def zone(self) -> str:
        """A hosted zone's."""
        return self._unused(self._ids.zone)

    def change(self) -> str:
        """A change's."""
        return self._unused(self._ids.change)

    def delegation_set(self) -> str:
        """A reusable delegation set's."""
        return self._unused(self._ids.delegation_set)

    def uuid(self) -> str:
        """A health check's, traffic policy's, query logging configuration's or CIDR collection's."""
        return self._unused(self._ids.uuid)

    def _unused(self, make: Callable[[], str]) -> str:
        while self._is_used(made := make()):
            pass
        return made

    def _is_used(self, made: str) -> bool:
        world = self._state.world
        if made in world.hosted_zones or made in world.health_checks or made in world.cidr_collections:
            return True
        return any((made,) in rows or (made, "1") in rows for rows in self._state.tables.values())
