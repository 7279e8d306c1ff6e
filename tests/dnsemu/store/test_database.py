"""A commit is there when the store is opened again; a failed one leaves nothing, and later ones succeed."""

import asyncio
import json
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url

from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import Write
from dnsemu.store.backends import Postgres
from dnsemu.store.database import PIECE_ROWS, DatabaseStore
from dnsemu.store.opening import open_store
from dnsemu.store.schema import RECORD_SETS
from dnsemu.store.store import StoreFailed, StoreUnusable
from tests.builders import record_set
from tests.dnsemu.store.samples import NUMBERS, TABLES, Number, declared, steps, unhurried, without_empty, zone_with
from tests.rounds import rounds


@pytest.fixture
async def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path / 'a.db'}", TABLES)
    assert isinstance(opened, DatabaseStore)
    await opened.load()
    yield opened
    await opened.close()


async def reopened(store):
    await store.close()
    return await store.load()


def number(key, value):
    return [Write("numbers", (key,), Number(value))]


async def pragma(store, text):
    await store._connection.exec_driver_sql(f"PRAGMA {text}")
    await store._connection.rollback()


@settings(unhurried, max_examples=rounds(60))
@given(steps())
def test_any_state_survives(done):
    async def survive(url):
        store = open_store(url, TABLES)
        await store.load()
        for step in done:
            await store.commit(step.writes)
        await store.close()
        return await store.load(), await store.close()

    with tempfile.TemporaryDirectory() as directory:
        state, _ = asyncio.run(survive(f"sqlite:///{Path(directory) / 'a.db'}"))
    assert state == without_empty(done[-1].state)


async def test_many_rows_are_written_and_read_in_pieces(store):
    step = Step(declared().state)
    step.change_record_sets(zone_with().id, put=[record_set(f"h{i}.example.com") for i in range(2 * PIECE_ROWS + 1)])
    await store.commit([*declared().writes, *step.writes])
    assert await reopened(store) == step.state
    empty = Step(step.state)
    empty.change_record_sets(zone_with().id, removed=list(step.world.hosted_zones[zone_with().id].record_sets))
    await store.commit(empty.writes)
    assert await reopened(store) == declared().state


async def test_a_text_that_is_no_unicode_survives(store):
    step = Step(declared().state)
    step.put_hosted_zone(replace(zone_with(), comment="\ud800 \x00"))
    await store.commit([*declared().writes, *step.writes])
    assert await reopened(store) == step.state


async def test_an_empty_commit_writes_nothing(store):
    await store.commit([])
    assert await store.load() == State()


async def test_commits_that_wait_are_written_together_and_the_last_one_counts(store, monkeypatch):
    groups = []
    write = store._write

    async def recorded(writes):
        groups.append(len(writes))
        await write(writes)

    monkeypatch.setattr(store, "_write", recorded)
    await asyncio.gather(*(store.commit(number("n", value)) for value in range(100)))
    assert (await reopened(store)).row(NUMBERS, "n") == Number(99)
    assert sum(groups) == 100
    assert len(groups) < 10


async def test_of_commits_that_wait_together_only_the_bad_one_fails(store):
    bad = [Write("numbers", ("a",), Number(0)), Write("newer", ("x",), Number(1))]
    outcomes = await asyncio.gather(
        store.commit(number("first", 1)), store.commit(number("a", 1)), store.commit(bad), store.commit(number("b", 2)),
        return_exceptions=True,
    )  # fmt: skip
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), StoreFailed, type(None)]
    assert "unknown 'newer'; nothing was changed" in str(outcomes[2])
    state = await reopened(store)
    assert [state.row(NUMBERS, key) for key in ("first", "a", "b")] == [Number(1), Number(1), Number(2)]


async def test_cancelling_a_caller_does_not_cancel_the_commit(store):
    cancelled, other = (asyncio.create_task(store.commit(number(key, 1))) for key in "ab")
    await asyncio.sleep(0)
    cancelled.cancel()
    await other
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    state = await reopened(store)
    assert state.row(NUMBERS, "a") == state.row(NUMBERS, "b") == Number(1)


async def test_closing_waits_for_running_commits(store):
    commits = [asyncio.create_task(store.commit(number(str(value), value))) for value in range(3)]
    await asyncio.sleep(0)
    assert len(list((await reopened(store)).rows(NUMBERS))) == 3
    await asyncio.gather(*commits)


async def test_a_closed_store_refuses_commits(store):
    await store.close()
    await store.close()
    with pytest.raises(StoreFailed, match="it is not open"):
        await store.commit(number("a", 1))


async def test_a_full_disk_leaves_nothing_and_later_commits_succeed(store):
    await store.commit(declared().writes)
    await pragma(store, "max_page_count=40")
    step = Step(declared().state)
    step.put(NUMBERS, "one", row=Number(2))
    step.change_record_sets(zone_with().id, put=[record_set(f"h{i}.example.com") for i in range(3 * PIECE_ROWS)])
    with pytest.raises(StoreFailed, match=r"a\.db: database or disk is full; nothing was changed"):
        await store.commit(step.writes)
    assert await store.load() == declared().state
    await pragma(store, "max_page_count=4000")
    await store.commit(step.writes)
    assert await reopened(store) == step.state


async def test_a_read_only_database_fails_and_can_still_be_read(store):
    await store.commit(number("a", 1))
    await pragma(store, "query_only=ON")
    with pytest.raises(StoreFailed, match="attempt to write a readonly database"):
        await store.commit(number("a", 2))
    assert (await store.load()).row(NUMBERS, "a") == Number(1)
    await pragma(store, "query_only=OFF")
    await store.commit(number("a", 3))
    assert (await reopened(store)).row(NUMBERS, "a") == Number(3)


async def test_a_locked_database_fails_and_later_commits_succeed(store, tmp_path):
    await pragma(store, "busy_timeout=1")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="database is locked"):
        await store.commit(number("a", 1))
    other.rollback()
    other.close()
    await store.commit(number("a", 2))
    assert (await reopened(store)).row(NUMBERS, "a") == Number(2)


async def test_every_commit_is_flushed_to_the_disk(store):
    found = {}
    for name in ("journal_mode", "synchronous"):
        found[name] = (await store._connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
    await store._connection.rollback()
    assert found == {"journal_mode": "wal", "synchronous": 2}


async def test_the_rows_can_be_read_with_sqlite_alone(store, tmp_path):
    await store.commit(declared(record_set("a.example.com", id="x")).writes)
    other = sqlite3.connect(tmp_path / "a.db")
    zone_id, name, type, set_identifier, body = other.execute("SELECT * FROM record_sets").fetchone()
    other.close()
    assert (zone_id, name, type, set_identifier) == ("Z1", "a.example.com.", "A", "x")
    assert json.loads(body)["values"] == ["192.0.2.1"]


@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
async def test_a_database_that_goes_away_fails(store, tmp_path, is_replaced):
    """A commit to a file without a name would be acknowledged and lost."""
    await store.commit(number("a", 1))
    (tmp_path / "a.db").rename(tmp_path / "elsewhere.db")
    if is_replaced:
        (tmp_path / "a.db").write_bytes(b"")
    with pytest.raises(
        StoreFailed, match="the file was deleted or replaced while in use; nothing was changed; restart dnsemu"
    ):
        await store.commit(number("a", 2))
    (tmp_path / "elsewhere.db").replace(tmp_path / "a.db")
    await store.commit(number("a", 3))
    assert (await reopened(store)).row(NUMBERS, "a") == Number(3)


async def test_a_deleted_lock_is_taken_again(store, tmp_path):
    (tmp_path / "a.db.lock").unlink()
    await store.commit(number("a", 1))
    with pytest.raises(StoreUnusable, match=r"another dnsemu uses it"):
        await open_store(f"sqlite:///{tmp_path / 'a.db'}", TABLES).load()


async def test_a_deleted_lock_that_another_took_fails(store, tmp_path):
    await store.commit(number("a", 1))
    (tmp_path / "a.db.lock").unlink()
    other = open_store(f"sqlite:///{tmp_path / 'a.db'}", TABLES)
    await other.load()
    with pytest.raises(StoreFailed, match=r"another dnsemu uses it.*deleted while in use; nothing was changed"):
        await store.commit(number("a", 2))
    await other.commit(number("a", 3))
    await other.close()
    await store.commit(number("b", 4))
    assert (await reopened(store)).row(NUMBERS, "a") == Number(3)


def test_postgresql_replaces_rows_too():
    statement = Postgres(make_url("postgresql+asyncpg://db/x")).upsert(RECORD_SETS)
    text = str(statement.compile(dialect=postgresql.dialect()))
    assert "ON CONFLICT (zone_id, name, type, set_identifier) DO UPDATE SET body = excluded.body" in text
