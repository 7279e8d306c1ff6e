"""The store in a database: one transaction for each commit, or for several that wait at the same time."""

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
from dnsemu.store.rows import RowCodecs, StateBuilder, compact, name_text, record_set_body, record_set_from
from dnsemu.store.schema import META, METADATA, RECORD_SETS, ROWS, SCHEMA_VERSION
from dnsemu.store.set_aside import StoredRow, row_of
from dnsemu.store.set_aside import set_aside as move_aside
from dnsemu.store.store import REPAIR, StoreFailed, StoreUnusable

PIECE_ROWS = 1000
"""Rows of one statement: the event loop runs other tasks between two."""

_DRIVER_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError)

Statement = Insert | Delete
Parameters = dict[str, str]


@dataclass(slots=True)
class _PendingCommit:
    """A commit that waits to be written, and its outcome."""

    writes: Sequence[Write]
    is_done: bool = False
    failure: StoreFailed | None = None


class DatabaseStore:
    """Keeps a state in a database that no other dnsemu uses at the same time.

    Args:
        backend: the database.
        tables: the tables outside the World, by name.
    """

    def __init__(self, backend: Backend, tables: Mapping[str, Table[Any]]) -> None:
        self._backend = backend
        self._rows = RowCodecs(tables)
        self._engine: AsyncEngine | None = None
        self._connection: AsyncConnection | None = None
        self._lock = asyncio.Lock()
        self._pending: list[_PendingCommit] = []
        self._commits: set[asyncio.Task[None]] = set()
        self._put_row, self._put_record_set = backend.upsert(ROWS), backend.upsert(RECORD_SETS)

    # --- opening and reading ---

    @property
    def where(self) -> str:
        """Names the database in messages."""
        return self._backend.where

    async def load(self, set_aside: list[str] | None = None) -> State:
        """Implements `Store.load`; an empty or missing database gets the schema."""
        async with self._lock:
            if self._connection is not None:
                return await self._read(self._connection, set_aside)
            try:
                connection = await self._connect()
                return await self._read(connection, set_aside)
            except BaseException:
                await self._disconnect()
                raise

    async def _connect(self) -> AsyncConnection:
        self._engine = self._backend.open()
        try:
            self._connection = connection = await self._engine.connect()
            await self._check(connection)
            await self._backend.prepare(connection)
            async with connection.begin():
                await self._backend.ensure_lock(connection)
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
        """Refuses a database of another program or version, before anything is changed."""
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

    async def _read(self, connection: AsyncConnection, set_aside: list[str] | None) -> State:
        """Reads all rows; those that cannot be read are set aside, or else refuse the store."""
        builder = StateBuilder()
        unread: list[StoredRow] = []
        try:
            async with connection.begin():
                for table, add in ((ROWS, self._add_row), (RECORD_SETS, _add_record_set)):
                    for row in await connection.execute(select(table)):
                        try:
                            add(builder, row)
                        except (ValueError, RecursionError) as error:
                            if set_aside is None:
                                raise StoreUnusable(f"{self._place(row)}: {_damage(error)}; {REPAIR}") from None
                            set_aside.append(f"{self._place(row)}: {_damage(error)}")
                            unread.append(row_of(table, row, _damage(error)))
            async with connection.begin():
                await move_aside(connection, unread)
        except _DRIVER_ERRORS as error:
            raise StoreUnusable(f"{self._backend.where}: cannot be read: {_reason(error)}") from error
        return builder.build()

    def _add_row(self, builder: StateBuilder, row: Row[*tuple[Any, ...]]) -> None:
        table, key, body = row
        builder.add(table, tuple(json.loads(key)), self._rows.value(table, json.loads(body)))

    def _place(self, row: Row[*tuple[Any, ...]]) -> str:
        """Names a row in messages: all columns but the last, which is its body."""
        return f"{self._backend.where}: {' '.join(filter(None, row[:-1]))}"

    # --- writing ---

    async def commit(self, writes: Sequence[Write]) -> None:
        """Implements `Store.commit`. Commits that wait for another one share a transaction, and so one disk flush."""
        if not writes:
            return
        commit = asyncio.create_task(self._commit(_PendingCommit(writes)))
        self._commits.add(commit)
        commit.add_done_callback(self._commits.discard)
        await asyncio.shield(commit)

    async def _commit(self, pending: _PendingCommit) -> None:
        self._pending.append(pending)
        async with self._lock:
            if not pending.is_done:
                group, self._pending = self._pending, []
                await self._write_group(group)
        if pending.failure is not None:
            raise pending.failure

    async def _write_group(self, group: list[_PendingCommit]) -> None:
        """Writes all commits in one transaction; if that fails, each in its own, so that only bad ones fail."""
        try:
            await self._write([write for pending in group for write in pending.writes])
            for pending in group:
                pending.is_done = True
        except StoreFailed as error:
            if len(group) == 1:
                group[0].failure, group[0].is_done = error, True
            else:
                for pending in group:
                    await self._write_group([pending])
        finally:
            for pending in group:
                if not pending.is_done:  # the event loop is being taken down
                    failure = StoreFailed(f"{self._backend.where}: interrupted; nothing was changed")
                    pending.failure, pending.is_done = failure, True

    async def set_aside(self, writes: Sequence[Write], why: Mapping[tuple[str, Any], str]) -> None:
        """Implements `Store.set_aside`."""
        gone = [write for write in writes if write.value is None]
        rows = [
            StoredRow(
                RECORD_SETS if write.table == RECORD_SET else ROWS,
                self._statement(write)[1],
                why.get((write.table, write.key), "what it belongs to was set aside"),
            )
            for write in gone
        ]
        async with self._lock:
            await self._write([write for write in writes if write.value is not None], rows)

    async def _write(self, writes: Sequence[Write], aside: Sequence[StoredRow] = ()) -> None:
        """Writes in one transaction, and moves rows aside.

        Raises:
            StoreFailed: nothing was written.
        """
        connection = self._connection
        if connection is None:
            raise StoreFailed(f"{self._backend.where}: it is not open")
        latest = {(write.table, write.key): write for write in writes}
        try:
            async with connection.begin():
                await self._backend.ensure_lock(connection)
                for statement, parameters in self._pieces(latest.values()):
                    await connection.execute(statement, parameters)
                await move_aside(connection, aside)
        except (*_DRIVER_ERRORS, ValueError, LookupError, TypeError) as error:
            raise StoreFailed(f"{self._backend.where}: {_reason(error)}; nothing was changed") from error

    def _pieces(self, writes: Iterable[Write]) -> Iterator[tuple[Statement, list[Parameters]]]:
        """Yields statements, each with some of its rows. No key occurs twice, so their order does not matter."""
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
        """Implements `Store.close`."""
        while self._commits:
            await asyncio.wait(self._commits)
        async with self._lock:
            await self._disconnect()

    async def _disconnect(self) -> None:
        engine, connection = self._engine, self._connection
        self._engine = self._connection = None
        try:
            if connection is not None:
                await connection.close()
            if engine is not None:
                await engine.dispose()
        finally:
            self._backend.release()


def _add_record_set(builder: StateBuilder, row: Row[*tuple[Any, ...]]) -> None:
    zone_id, name, type, set_identifier, body = row
    builder.add_record_set(zone_id, record_set_from(name, type, set_identifier or None, json.loads(body)))


def _damage(error: Exception) -> str:
    """Describes why a row cannot be read."""
    if isinstance(error, BadRow):
        return f"{error}; it is damaged, or a newer dnsemu wrote it"
    return f"it is damaged: {error}"


def _reason(error: Exception) -> str:
    """Returns the driver's message, without SQLAlchemy's additions."""
    if isinstance(error, LookupError):
        return f"unknown {error}"
    return str(getattr(error, "orig", None) or error)


def _columns(connection: Connection) -> dict[str, set[str]]:
    """Returns the column names of each table in the database."""
    inspector = inspect(connection)
    return {table: {c["name"] for c in inspector.get_columns(table)} for table in inspector.get_table_names()}


def _drop(table: SqlTable) -> Delete:
    return delete(table).where(*(column == bindparam(column.name) for column in table.primary_key.columns))


_DROP_ROW, _DROP_RECORD_SET = _drop(ROWS), _drop(RECORD_SETS)
