"""What differs between databases: how one is opened, held by one dnsemu alone, and told to replace a row."""

import fcntl
import os
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.sql.dml import Insert

from dnsemu.store.store import StoreFailed, StoreUnusable

_SQLITE_HEADER = b"SQLite format 3\x00"
_BUSY_TIMEOUT_MS = 5000


class Backend(Protocol):
    """A database that can be opened; `where` is what messages call it."""

    where: str

    def open(self) -> AsyncEngine:
        """Hold it for this process, as far as that is done without a connection.

        Raises:
            StoreUnusable: it is in use, or cannot be a database of ours.
        """

    async def prepare(self, connection: AsyncConnection) -> None:
        """Whatever has to be set once it is known to be ours; no transaction is going on."""

    async def hold(self, connection: AsyncConnection) -> None:
        """See at the start of a transaction that no other dnsemu has the database.

        Raises:
            StoreFailed: another one has it.
        """

    def upsert(self, table: Table) -> Insert:
        """The statement that puts a row in place of the one with its key."""

    def release(self) -> None:
        """Let go of what `open` holds."""


class SqliteFile:
    """A SQLite database: one file, one dnsemu.

    The lock is a file of its own beside the database: closing a second descriptor of the database would drop SQLite's
    own locks. The kernel lets go of it when the process dies, however it dies.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))
        self.where = str(path)
        self._lock: int | None = None

    def open(self) -> AsyncEngine:
        if not self.path.parent.is_dir():
            raise StoreUnusable(f"{self.where}: there is no directory {self.path.parent}; create it first")
        self._lock = self._locked()
        try:
            self._check_header()
        except StoreUnusable:
            self.release()
            raise
        engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(self.path)), pool_size=1)
        event.listen(engine.sync_engine, "connect", _set_up)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine

    def _locked(self) -> int:
        beside = f"{self.path}.lock"
        try:
            lock = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnusable(f"{self.where}: cannot be locked: {beside}: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(lock)
            message = f"{self.where}: another dnsemu uses it (process {holder}); stop that one, or use another file"
            raise StoreUnusable(message) from None
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock

    def _check_header(self) -> None:
        """An empty file is as good as none."""
        try:
            with self.path.open("rb") as file:
                header = file.read(len(_SQLITE_HEADER))
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreUnusable(f"{self.where}: cannot be read: {error.strerror}") from None
        if header not in (b"", _SQLITE_HEADER):
            raise StoreUnusable(f"{self.where}: this file is no SQLite database; name another, or a new one")

    async def prepare(self, connection: AsyncConnection) -> None:
        """Where the file system has no write-ahead log, SQLite stays with its journal: slower, and as durable."""
        await connection.run_sync(lambda sync: _execute(sync.connection, "PRAGMA journal_mode=WAL"))

    async def hold(self, connection: AsyncConnection) -> None:
        """The lock is held for as long as the process lives."""

    def upsert(self, table: Table) -> Insert:
        statement = sqlite.insert(table)
        changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=changed)

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """SQLAlchemy begins transactions, not the driver; a commit returns when it is on the disk."""
    connection.isolation_level = None
    for pragma in ("synchronous=FULL", "foreign_keys=OFF", f"busy_timeout={_BUSY_TIMEOUT_MS}"):
        _execute(connection, f"PRAGMA {pragma}")


def _execute(connection: DBAPIConnection | PoolProxiedConnection, statement: str) -> None:
    """Outside every transaction, as some settings have to be."""
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


class Postgres:
    """A PostgreSQL database, by its URL; the driver has to be installed beside dnsemu.

    Held by an advisory lock of the session. A session that broke has lost it, so that every transaction asks again.
    """

    _LOCK = 0x646E73656D75

    def __init__(self, url: URL) -> None:
        self.where = url.render_as_string(hide_password=True)
        self._url = url

    def open(self) -> AsyncEngine:
        try:
            return create_async_engine(self._url, pool_size=1)
        except ModuleNotFoundError as error:
            message = f"{self.where}: its driver is missing; install it: pip install {error.name}"
            raise StoreUnusable(message) from None

    async def prepare(self, connection: AsyncConnection) -> None:
        """Nothing to set: a commit is durable unless the server is told otherwise."""

    async def hold(self, connection: AsyncConnection) -> None:
        is_held: Any = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": self._LOCK})
        if not is_held:
            raise StoreFailed(f"{self.where}: another dnsemu uses it; stop that one, or use another database")

    def upsert(self, table: Table) -> Insert:
        statement = postgresql.insert(table)
        changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=changed)

    def release(self) -> None:
        """The session's end lets go of the lock."""
