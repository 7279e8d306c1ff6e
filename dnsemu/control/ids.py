"""Makes ids in Route 53's formats (A47)."""

from collections.abc import Callable
from random import Random, SystemRandom
from uuid import UUID

from dnsemu.commands.context import Ids
from dnsemu.state.state import State

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CHARACTERS = 20


class NewIds:
    """Random ids; the same ones again from the same seed."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._dice: Random = SystemRandom() if seed is None else Random(seed)

    def restart(self) -> None:
        """Begins again with the first id of the seed; without a seed, does nothing."""
        if self._seed is not None:
            self._dice.seed(self._seed)

    def zone(self) -> str:
        """The id of a hosted zone."""
        return self._one("Z")

    def change(self) -> str:
        """The id of a change."""
        return self._one("C")

    def delegation_set(self) -> str:
        """The id of a reusable delegation set."""
        return self._one("N")

    def uuid(self) -> str:
        """The id of a health check, traffic policy, query logging configuration or CIDR collection."""
        return str(UUID(int=self._dice.getrandbits(128), version=4))

    def _one(self, kind: str) -> str:
        return f"{kind}0{''.join(self._dice.choices(_LETTERS, k=_CHARACTERS - 1))}"


class UnusedIds:
    """Ids of another generator without those in the state: after a restart, a seed gives the same ids again."""

    def __init__(self, ids: Ids, state: State) -> None:
        self._ids = ids
        self._state = state

    def zone(self) -> str:
        """The id of a hosted zone."""
        return self._unused(self._ids.zone)

    def change(self) -> str:
        """The id of a change."""
        return self._unused(self._ids.change)

    def delegation_set(self) -> str:
        """The id of a reusable delegation set."""
        return self._unused(self._ids.delegation_set)

    def uuid(self) -> str:
        """The id of a health check, traffic policy, query logging configuration or CIDR collection."""
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
