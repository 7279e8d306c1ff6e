"""Makes a store from its URL."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dnsemu.state.tables import Table
from dnsemu.store.store import MemoryStore, Store, StoreUnusable

_INSTEAD = "write sqlite:///FILE, postgresql+asyncpg://USER@HOST/DATABASE or memory:"


def open_store(url: str, tables: Mapping[str, Table[Any]]) -> Store:
    """Makes the store of a URL; `load` opens it.

    Args:
        url: `sqlite:///FILE` (an absolute path has four slashes), `sqlite+aiosqlite:///FILE`,
            `postgresql+asyncpg://…`, or `memory:`.
        tables: the tables outside the World, by name.
    Raises:
        StoreUnusable: the URL is not that of a store.
    """
    if url == "memory:":
        return MemoryStore()
    # Imported here: SQLAlchemy is slow to import, and most runs need no database.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from dnsemu.store.backends import Postgres, SqliteFile
    from dnsemu.store.database import DatabaseStore

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreUnusable(f"{url!r} is no store's URL; {_INSTEAD}") from None
    shown = parsed.render_as_string(hide_password=True)
    match parsed.drivername:
        case "sqlite" | "sqlite+aiosqlite":
            if parsed.host or parsed.query or parsed.database in (None, "", ":memory:"):
                raise StoreUnusable(f"{shown}: one file is wanted; write sqlite:///FILE, or sqlite:////ABSOLUTE/FILE")
            return DatabaseStore(SqliteFile(Path(str(parsed.database)).expanduser()), tables)
        case "postgresql+asyncpg":
            return DatabaseStore(Postgres(parsed), tables)
        case "postgresql" | "postgres":
            raise StoreUnusable(f"{shown}: the driver is missing; write postgresql+asyncpg://…")
        case other:
            raise StoreUnusable(f"{shown}: there is no store of the kind {other}; {_INSTEAD}")
