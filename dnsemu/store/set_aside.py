"""The table of rows that were set aside: kept as they were stored, with the reason, for people to look at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy import and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dnsemu.store.rows import compact
from dnsemu.store.schema import RECORD_SETS, SET_ASIDE


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of the database by its columns without the body, and the reason to set it aside."""

    table: SqlTable
    columns: Mapping[str, str]
    why: str


def row_of(table: SqlTable, columns: Sequence[Any], why: str) -> StoredRow:
    """Returns a row as `select` gives it: all columns of the key, then the body."""
    return StoredRow(table, dict(zip(table.primary_key.columns.keys(), columns, strict=False)), why)


async def set_aside(connection: AsyncConnection, rows: Sequence[StoredRow]) -> None:
    """Moves rows to the table `set_aside`, in a transaction of the caller's."""
    for row in rows:
        where = and_(*(row.table.c[name] == value for name, value in row.columns.items()))
        body = (await connection.execute(select(row.table.c.body).where(where))).scalar_one_or_none()
        if body is None:
            continue
        table, *key = _key(row)
        await connection.execute(insert(SET_ASIDE).values(table=table, key=compact(key), body=body, why=row.why))
        await connection.execute(delete(row.table).where(where))


def _key(row: StoredRow) -> Iterator[str]:
    """Yields the name of the table and the parts of the key."""
    yield from (("record_set",) if row.table is RECORD_SETS else ())
    yield from row.columns.values()
