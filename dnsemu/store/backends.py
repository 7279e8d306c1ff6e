"""The differences between databases: opening, the lock against a second dnsemu, and the upsert statement."""

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

Identity = tuple[int, int]
"""Device and inode."""


class Backend(Protocol):
    """A kind of database; `where` names this one in messages."""

    where: str

    def open(self) -> AsyncEngine:
        """Makes an engine, and takes the lock if that needs no connection.

        Raises:
            StoreUnusable: it is in use, or cannot be a database of ours.
        """

    async def prepare(self, connection: AsyncConnection) -> None:
        """Changes settings of a database that is known to be ours, outside of transactions."""

    async def ensure_lock(self, connection: AsyncConnection) -> None:
        """Checks or takes the lock at the start of a transaction.

        Raises:
            StoreFailed: another dnsemu uses the database.
        """

    def upsert(self, table: Table) -> Insert:
        """Returns the statement that inserts a row or replaces the one with its key."""

    def release(self) -> None:
        """Releases the lock that `open` took."""


class SqliteFile:
    """A SQLite database: one file, one dnsemu.

    The lock is a separate file: closing a second descriptor of the database itself would drop SQLite's locks. The
    kernel releases it when the process ends in any way. A file with a second name (a hard link) would have a second
    lock, so it is refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))
        self.where = str(path)
        self._lock: int | None = None
        self._identity: Identity | None = None
        """Of the file that is open."""

    def open(self) -> AsyncEngine:
        if not self.path.parent.is_dir():
            raise StoreUnusable(f"{self.where}: there is no directory {self.path.parent}; create it first")
        self._lock = self._take_lock()
        try:
            self._check_header()
        except StoreUnusable:
            self.release()
            raise
        engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(self.path)), pool_size=1)
        event.listen(engine.sync_engine, "connect", _set_up)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine

    @property
    def _lock_path(self) -> str:
        return f"{self.path}.lock"

    def _take_lock(self) -> int:
        lock_path = self._lock_path
        try:
            lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreUnusable(f"{self.where}: cannot be locked: {lock_path}: {error.strerror}") from None
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
        """Refuses a file of another format, or with two names; an empty one is accepted like a missing one."""
        try:
            with self.path.open("rb") as file:
                header = file.read(len(_SQLITE_HEADER))
                names = os.fstat(file.fileno()).st_nlink
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreUnusable(f"{self.where}: cannot be read: {error.strerror}") from None
        if header not in (b"", _SQLITE_HEADER):
            raise StoreUnusable(f"{self.where}: this file is no SQLite database; name another, or a new one")
        if names > 1:
            message = (
                f"{self.where}: the file has {names} names (hard links), and each could be in use; use a copy of it"
            )
            raise StoreUnusable(message)

    async def prepare(self, connection: AsyncConnection) -> None:
        """Switches to the write-ahead log. A file system without it keeps the journal: slower, and as durable."""
        await connection.run_sync(lambda sync: _execute(sync.connection, "PRAGMA journal_mode=WAL"))

    async def ensure_lock(self, connection: AsyncConnection) -> None:
        """Checks that the path still names the file that is open, and that no other process could lock it.

        Otherwise a commit would go to a file that is gone, or beside another dnsemu.
        """
        found = _identity_of(self.path)
        self._identity = self._identity or found
        if found is None or found != self._identity:
            raise StoreFailed(
                f"{self.where}: the file was deleted or replaced while in use; nothing was changed; restart dnsemu"
            )
        held = os.fstat(self._lock) if self._lock is not None else None
        if held is None or _identity_of(Path(self._lock_path)) != (held.st_dev, held.st_ino):
            self._lock_again()

    def _lock_again(self) -> None:
        """Takes a lock file that was deleted again, unless another process was quicker."""
        lost = self._lock
        try:
            self._lock = self._take_lock()
        except StoreUnusable as unusable:
            raise StoreFailed(f"{unusable}; its lock file was deleted while in use; nothing was changed") from None
        if lost is not None:
            os.close(lost)

    def upsert(self, table: Table) -> Insert:
        statement = sqlite.insert(table)
        changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=changed)

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
        self._lock = self._identity = None


def _identity_of(path: Path) -> Identity | None:
    """Returns the identity of the file that a path names; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Lets SQLAlchemy begin transactions instead of the driver; makes a commit return when it is durable."""
    connection.isolation_level = None
    for pragma in ("synchronous=FULL", "foreign_keys=OFF", f"busy_timeout={_BUSY_TIMEOUT_MS}"):
        _execute(connection, f"PRAGMA {pragma}")


def _execute(connection: DBAPIConnection | PoolProxiedConnection, statement: str) -> None:
    """Executes a statement outside of transactions, as some settings require."""
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


class Postgres:
    """A PostgreSQL database by its URL; the driver is an extra package.

    The lock is an advisory lock of the session. A broken session has lost it, so every transaction takes it again.
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
        """Does nothing: a commit is durable unless the server is configured otherwise."""

    async def ensure_lock(self, connection: AsyncConnection) -> None:
        is_held: Any = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": self._LOCK})
        if not is_held:
            raise StoreFailed(f"{self.where}: another dnsemu uses it; stop that one, or use another database")

    def upsert(self, table: Table) -> Insert:
        statement = postgresql.insert(table)
        changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=changed)

    def release(self) -> None:
        """Does nothing: the end of the session releases the lock."""
