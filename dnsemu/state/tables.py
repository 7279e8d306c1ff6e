"""Tables of rows, and the writes of a step."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dnsemu.config import names
from dnsemu.config.errors import Problem, dotted

T = TypeVar("T")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table(Generic[T]):
    """A table: rows of one frozen dataclass, each under a key of texts.

    Rows are stored as JSON: their fields are texts, numbers, booleans, None, JSON objects, and tuples or dataclasses of
    these.
    """

    name: str
    row: type[T]


@dataclass(frozen=True, slots=True)
class Write:
    """One row after a step; `value` is None for a deleted one.

    `table` is the name of a `Table`, or `hosted_zone` (without its record sets), `record_set`, `health_check` or
    `cidr_collection`, whose rows the World holds.
    """

    table: str
    key: Any
    value: Any | None


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that breaks a rule; `table` and `key` are those of a `Write` of it."""

    table: str
    key: Any
    problem: Problem

    def __str__(self) -> str:
        problem = self.problem
        where = f" {dotted(problem.path)}:" if problem.path else ""
        instead = f"; {problem.instead}" if problem.instead else ""
        rule = f"{problem.rule} {problem.id}".strip()
        return f"{self.table} {key_text(self.table, self.key)}:{where} {problem.message}{instead} [{rule}]"


def key_text(table: str, key: Any) -> str:
    """Formats the key of a row for people: `Z1 www.shop.test. A blue` for a record set."""
    if table == RECORD_SET:
        zone_id, name, type, identifier = key
        return " ".join(filter(None, (zone_id, names.display(name), type.name, identifier)))
    return " ".join(key) if isinstance(key, tuple) else str(key)


HOSTED_ZONE, RECORD_SET, HEALTH_CHECK, CIDR_COLLECTION = "hosted_zone", "record_set", "health_check", "cidr_collection"
