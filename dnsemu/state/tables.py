"""Tables of rows, and the writes of a step."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

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


HOSTED_ZONE, RECORD_SET, HEALTH_CHECK, CIDR_COLLECTION = "hosted_zone", "record_set", "health_check", "cidr_collection"
