"""The kinds of stores, and all reasons why one cannot be opened: each is named, and nothing is changed."""

import os
import sqlite3
import sys

import pytest

from dnsemu import __version__
from dnsemu.state.state import State
from dnsemu.store.opening import open_store
from dnsemu.store.store import MemoryStore, StoreUnusable
from tests.dnsemu.store.samples import TABLES, declared

WRITES = declared().writes


async def refused(url):
    store = open_store(str(url), TABLES)
    with pytest.raises(StoreUnusable) as error:
        await store.load()
    await store.close()
    return str(error.value)


@pytest.mark.parametrize(("url", "message"), [
    ("state.db", "'state.db' is no store's URL; write sqlite:///FILE,"),
    ("sqlite://", "sqlite://: one file is wanted; write sqlite:///FILE"),
    ("sqlite:///:memory:", "one file is wanted"),
    ("sqlite://state.db", "one file is wanted"),
    ("sqlite:///state.db?mode=ro", "one file is wanted"),
    ("sqlite+pysqlite:///state.db", "there is no store of the kind sqlite+pysqlite"),
    ("mysql://root:secret@db/x", "mysql://root:***@db/x: there is no store of the kind mysql; write sqlite:///FILE,"),
    ("postgresql://db/x", "write postgresql+asyncpg://"),
    ("sqlite://db:x/a", "is no store's URL"),
])  # fmt: skip
def test_a_url_of_no_store_is_refused(url, message):
    with pytest.raises(StoreUnusable) as error:
        open_store(url, TABLES)
    assert message in str(error.value)


async def test_memory_keeps_nothing():
    store = open_store("memory:", TABLES)
    assert isinstance(store, MemoryStore)
    await store.commit(WRITES)
    assert await store.load() == State()
    await store.close()


async def test_a_missing_driver_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert "its driver is missing; install it: pip install asyncpg" in await refused(
        "postgresql+asyncpg://u:secret@db/x"
    )


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
async def test_a_missing_or_empty_file_gets_the_schema(tmp_path, scheme):
    (tmp_path / "empty.db").touch()
    for name in ("missing.db", "empty.db"):
        store = open_store(f"{scheme}:///{tmp_path / name}", TABLES)
        assert await store.load() == State()
        await store.close()
        assert (tmp_path / name).read_bytes().startswith(b"SQLite format 3")


async def test_a_missing_directory_is_named(tmp_path):
    message = await refused(f"sqlite:///{tmp_path / 'none' / 'a.db'}")
    assert message.endswith(f"there is no directory {tmp_path / 'none'}; create it first")


async def test_a_directory_is_no_file(tmp_path):
    assert "cannot be read: Is a directory" in await refused(f"sqlite:///{tmp_path}")


async def test_a_file_that_is_no_database_is_refused_and_unchanged(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database")
    assert "this file is no SQLite database" in await refused(f"sqlite:///{path}")
    assert path.read_text() == "not a database"


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE t (a)", "CREATE TABLE meta (id)", "CREATE TABLE meta (key, value)"]
)
async def test_a_database_of_something_else_is_refused_and_unchanged(tmp_path, statement):
    path = tmp_path / "a.db"
    execute(path, statement)
    before = path.read_bytes()
    assert "this database is not dnsemu's; name another" in await refused(f"sqlite:///{path}")
    assert path.read_bytes() == before


def execute(path, statement):
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture
async def written(tmp_path):
    path = tmp_path / "a.db"
    store = open_store(f"sqlite:///{path}", TABLES)
    await store.load()
    await store.commit(declared().writes)
    await store.close()
    return path


async def test_a_newer_schema_is_refused_and_unchanged(written):
    execute(written, "UPDATE meta SET value = 2 WHERE key = 'schema_version'")
    execute(written, "UPDATE meta SET value = '9.9' WHERE key = 'product_version'")
    before = written.read_bytes()
    assert f"dnsemu 9.9 wrote it with schema version 2, but dnsemu {__version__} reads version 1" in await refused(
        f"sqlite:///{written}"
    )
    assert written.read_bytes() == before


@pytest.mark.parametrize(("statement", "message"), [
    ("""UPDATE rows SET "table" = 'newer' WHERE "table" = 'numbers'""", 'a.db: newer ["one"]: this version does not know'),
    ("""UPDATE rows SET body = '{"value":1,"x":2}' WHERE "table" = 'numbers'""", 'numbers ["one"]: x: this version does not know this field'),
    ("""UPDATE rows SET body = '{' WHERE "table" = 'numbers'""", 'numbers ["one"]: it is damaged'),
    ("""DELETE FROM rows WHERE "table" = 'hosted_zone'""", "a.db: Z1 a. A: there is no hosted zone Z1"),
    ("""UPDATE record_sets SET body = '{"x":1}'""", "a.db: Z1 a. A: x: this version does not know this field"),
])  # fmt: skip
async def test_a_row_that_cannot_be_read_is_named(written, statement, message):
    execute(written, "INSERT INTO record_sets VALUES ('Z1', 'a.', 'A', '', '{}')")
    execute(written, statement)
    assert message in await refused(f"sqlite:///{written}")


async def test_a_damaged_file_is_refused(written):
    content = bytearray(written.read_bytes())
    content[100:] = b"\xaa" * (len(content) - 100)
    written.write_bytes(content)
    assert "a.db: cannot be" in await refused(f"sqlite:///{written}")


async def test_a_second_dnsemu_on_the_same_file_is_refused(written, tmp_path):
    (tmp_path / "link.db").symlink_to(written)
    first = open_store(f"sqlite:///{written}", TABLES)
    await first.load()
    try:
        message = await refused(f"sqlite:///{tmp_path / 'link.db'}")
        assert message.endswith(f"another dnsemu uses it (process {os.getpid()}); stop that one, or use another file")
        await first.commit(WRITES)
    finally:
        await first.close()
    assert await first.load() == declared().state, "once it is closed, it can be opened again"
    await first.close()


async def test_a_file_with_a_second_name_is_refused(written, tmp_path):
    """The lock stands beside the name, so a second name would let a second dnsemu in."""
    first = open_store(f"sqlite:///{written}", TABLES)
    await first.load()
    try:
        (tmp_path / "link.db").hardlink_to(written)
        message = await refused(f"sqlite:///{tmp_path / 'link.db'}")
        assert message.endswith("the file has 2 names (hard links), and each could be in use; use a copy of it")
        await first.commit(WRITES)
    finally:
        await first.close()
