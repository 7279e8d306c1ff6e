"""Tables of rows, and the writes that a step makes to them."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table(Generic[T]):
    """A kind of thing that is kept: rows of one frozen dataclass, each under a key of texts.

    Its rows are stored as JSON, so their fields are texts, numbers, booleans, None, JSON objects, and tuples or
    dataclasses of these.
    """

    name: str
    row: type[T]


@dataclass(frozen=True, slots=True)
class Write:
    """One row as it is after a step; `value` is None where it is gone.

    `table` is the name of a `Table`, or of what the World holds: `hosted_zone` (all but its record sets), `record_set`,
    `health_check`, `cidr_collection`.
    """

    table: str
    key: Any
    value: Any | None


HOSTED_ZONE, RECORD_SET, HEALTH_CHECK, CIDR_COLLECTION = "hosted_zone", "record_set", "health_check", "cidr_collection"
