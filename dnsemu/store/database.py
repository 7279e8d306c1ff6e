"""The store in a database: a row for each thing, a transaction for each commit or for several that wait together."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Row, bindparam, delete, inspect, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.dml import Insert

from dnsemu import __version__
from dnsemu.state.state import State
from dnsemu.state.tables import RECORD_SET, Table, Write
from dnsemu.store.backends import Backend
from dnsemu.store.codec import BadRow
from dnsemu.store.rows import Assembly, Rows, compact, name_text, record_set_body, record_set_from
from dnsemu.store.schema import META, METADATA, RECORD_SETS, ROWS, SCHEMA_VERSION
from dnsemu.store.store import StoreFailed, StoreUnusable

PIECE_ROWS = 1000
"""How many rows are written or read before others get their turn."""

_DRIVER_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError)

Statement = Insert | Delete
Parameters = dict[str, str]


@dataclass(slots=True)
class _Waiting:
    """A commit that waits to be written, and what became of it."""

    writes: Sequence[Write]
    is_done: bool = False
    failure: StoreFailed | None = None


class DatabaseStore:
    """Keeps a state in a database that no other dnsemu uses meanwhile.

    Args:
        backend: which database.
        tables: what is kept besides the World, by name.
    """

    def __init__(self, backend: Backend, tables: Mapping[str, Table[Any]]) -> None:
        self._backend = backend
        self._rows = Rows(tables)
        self._engine: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._commits: set[asyncio.Task[None]] = set()
        self._put_row, self._put_record_set = backend.upsert(ROWS), backend.upsert(RECORD_SETS)

    # --- opening and reading ---

    async def load(self) -> State:
        """See `Store`; an empty or missing database is made ready."""
        async with self._turn:
            if self._connection is not None:
                return await self._read(self._connection)
            try:
                connection = await self._opened()
                return await self._read(connection)
            except BaseException:
                await self._let_go()
                raise

    async def _opened(self) -> AsyncConnection:
        self._engine = self._backend.open()
        try:
            self._connection = connection = await self._engine.connect()
            await self._check(connection)
            await self._backend.prepare(connection)
            async with connection.begin():
                await self._backend.hold(connection)
                await connection.run_sync(METADATA.create_all)
                about = {"schema_version": str(SCHEMA_VERSION), "product_version": __version__}
                rows = [{"key": key, "value": value} for key, value in about.items()]
                await connection.execute(self._backend.upsert(META), rows)
        except StoreFailed as error:
            raise StoreUnusable(str(error)) from None
        except _DRIVER_ERRORS as error:
            raise StoreUnusable(f"{self._backend.where}: cannot be opened for writing: {_reason(error)}") from error
        return connection

    async def _check(self, connection: AsyncConnection) -> None:
        """Refuse what isn't ours, before anything is changed."""
        async with connection.begin():
            found = await connection.run_sync(_columns)
            about: dict[str, str] = {}
            if found.get(META.name) == {"key", "value"}:
                about = {row.key: row.value for row in await connection.execute(select(META))}
        version = about.get("schema_version")
        if version == str(SCHEMA_VERSION) or not found:
            return
        if version is None:
            raise StoreUnusable(f"{self._backend.where}: this database is not dnsemu's; name another, or a new one")
        writer = about.get("product_version", "?")
        raise StoreUnusable(
            f"{self._backend.where}: dnsemu {writer} wrote it with schema version {version}, "
            f"but dnsemu {__version__} reads version {SCHEMA_VERSION}; use that one or another store"
        )

    async def _read(self, connection: AsyncConnection) -> State:
        assembly = Assembly()
        row: Row[*tuple[Any, ...]] | None = None
        try:
            async with connection.begin():
                for row in await connection.execute(select(ROWS)):
                    table, key, body = row
                    assembly.add(table, tuple(json.loads(key)), self._rows.value(table, json.loads(body)))
                for row in await connection.execute(select(RECORD_SETS)):
                    zone_id, name, type, set_identifier, body = row
                    record_set = record_set_from(name, type, set_identifier or None, json.loads(body))
                    assembly.add_record_set(zone_id, record_set)
        except BadRow as error:
            advice = "it is damaged, or a newer dnsemu wrote it: use that one or another store"
            raise StoreUnusable(f"{self._place(row)}: {error}; {advice}") from None
        except ValueError as error:
            raise StoreUnusable(f"{self._place(row)}: it is damaged: {error}; restore it from a backup") from None
        except _DRIVER_ERRORS as error:
            raise StoreUnusable(f"{self._backend.where}: cannot be read: {_reason(error)}") from error
        return assembly.state()

    def _place(self, row: Row[*tuple[Any, ...]] | None) -> str:
        """Where a row is: all of it but its body, which comes last."""
        return f"{self._backend.where}: {' '.join(filter(None, row[:-1]))}" if row is not None else self._backend.where

    # --- writing ---

    async def commit(self, writes: Sequence[Write]) -> None:
        """See `Store`. Those that wait while another is written share one transaction, and so one flush of the disk."""
        if not writes:
            return
        commit = asyncio.create_task(self._commit(_Waiting(writes)))
        self._commits.add(commit)
        commit.add_done_callback(self._commits.discard)
        await asyncio.shield(commit)

    async def _commit(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        async with self._turn:
            if not waiting.is_done:
                group, self._waiting = self._waiting, []
                await self._write_group(group)
        if waiting.failure is not None:
            raise waiting.failure

    async def _write_group(self, group: list[_Waiting]) -> None:
        """All at once; should that fail, one by one, so that only those fail that have to."""
        try:
            await self._write([write for waiting in group for write in waiting.writes])
            for waiting in group:
                waiting.is_done = True
        except StoreFailed as error:
            if len(group) == 1:
                group[0].failure, group[0].is_done = error, True
            else:
                for waiting in group:
                    await self._write_group([waiting])
        finally:
            for waiting in group:
                if not waiting.is_done:  # the event loop is being taken down
                    failure = StoreFailed(f"{self._backend.where}: interrupted; nothing was changed")
                    waiting.failure, waiting.is_done = failure, True

    async def _write(self, writes: Sequence[Write]) -> None:
        """One transaction.

        Raises:
            StoreFailed: nothing was written.
        """
        connection = self._connection
        if connection is None:
            raise StoreFailed(f"{self._backend.where}: it is not open")
        latest = {(write.table, write.key): write for write in writes}
        try:
            async with connection.begin():
                await self._backend.hold(connection)
                for statement, parameters in self._pieces(latest.values()):
                    await connection.execute(statement, parameters)
        except (*_DRIVER_ERRORS, ValueError, LookupError, TypeError) as error:
            raise StoreFailed(f"{self._backend.where}: {_reason(error)}; nothing was changed") from error

    def _pieces(self, writes: Iterable[Write]) -> Iterator[tuple[Statement, list[Parameters]]]:
        """Statements, each with some of its rows. No key is written twice, so that their order is of no matter."""
        pieces: dict[Statement, list[Parameters]] = {}
        for write in writes:
            statement, parameters = self._statement(write)
            piece = pieces.setdefault(statement, [])
            piece.append(parameters)
            if len(piece) == PIECE_ROWS:
                yield statement, pieces.pop(statement)
        yield from pieces.items()

    def _statement(self, write: Write) -> tuple[Statement, Parameters]:
        if write.table == RECORD_SET:
            zone_id, name, type, set_identifier = write.key
            key = {
                "zone_id": zone_id,
                "name": name_text(name),
                "type": type.name,
                "set_identifier": set_identifier or "",
            }
            if write.value is None:
                return _DROP_RECORD_SET, key
            return self._put_record_set, key | {"body": compact(record_set_body(write.value))}
        names = write.key if isinstance(write.key, tuple) else (write.key,)
        key = {"table": write.table, "key": compact(names)}
        if write.value is None:
            return _DROP_ROW, key
        return self._put_row, key | {"body": compact(self._rows.body(write.table, write.value))}

    # --- closing ---

    async def close(self) -> None:
        """See `Store`."""
        while self._commits:
            await asyncio.wait(self._commits)
        async with self._turn:
            await self._let_go()

    async def _let_go(self) -> None:
        engine, connection = self._engine, self._connection
        self._engine = self._connection = None
        try:
            if connection is not None:
                await connection.close()
            if engine is not None:
                await engine.dispose()
        finally:
            self._backend.release()


def _reason(error: Exception) -> str:
    """The driver's own words, without SQLAlchemy's around them."""
    if isinstance(error, LookupError):
        return f"unknown {error}"
    return str(getattr(error, "orig", None) or error)


def _columns(connection: Connection) -> dict[str, set[str]]:
    """The database's tables, with the names of their columns."""
    inspector = inspect(connection)
    return {table: {c["name"] for c in inspector.get_columns(table)} for table in inspector.get_table_names()}


def _drop(table: SqlTable) -> Delete:
    return delete(table).where(*(column == bindparam(column.name) for column in table.primary_key.columns))


_DROP_ROW, _DROP_RECORD_SET = _drop(ROWS), _drop(RECORD_SETS)
