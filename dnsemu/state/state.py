"""The state: everything that the API stores, as one immutable value."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from immutables import Map

from dnsemu.config.model.world import World
from dnsemu.state.tables import Key, Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class State:
    """The declared World, and the tables of the API's other rows."""

    world: World = field(default_factory=World)
    tables: Map[str, Map[Key, Any]] = field(default_factory=Map)

    def row(self, table: Table[T], *key: str) -> T | None:
        """Returns a row, or None."""
        rows = self.tables.get(table.name)
        found: T | None = rows.get(key) if rows is not None else None
        return found

    def rows(self, table: Table[T]) -> Iterable[tuple[Key, T]]:
        """Returns all rows with their keys, in no particular order."""
        rows: Map[Key, T] = self.tables.get(table.name, Map())
        return rows.items()
