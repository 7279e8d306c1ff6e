"""A store with a row that cannot be served says which, and starts with the rest only when told to."""

import asyncio
import json
import sqlite3

import pytest
import structlog.testing

from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.commands.registry import TABLES
from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.files.loading import compile_world
from dnsemu.publication import publishing
from dnsemu.server.options import Options
from dnsemu.state.state import State
from dnsemu.store.opening import open_store
from dnsemu.store.store import StoreUnusable
from tests.dnsemu.clock.virtual_time import START, virtual_time

NOTHING = compile_world(load_text("empty.yaml", ""))
ZONES = """
health_checks:
  - {id: web, type: TCP, ip_address: 192.0.2.1, port: 80}
  - {id: both, type: CALCULATED, child_health_checks: [web], health_threshold: 1}
hosted_zones:
  - name: a.test
    id: Z1
    record_sets: [{name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}]
  - {name: b.test, id: Z2}
"""


def application(path):
    clock = Clock(start=START, is_paused=True, monotonic=asyncio.get_running_loop().time)
    return Application(NOTHING, Options(seed=1, store=open_store(f"sqlite:///{path}", TABLES), clock=clock))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dnsemu.db"


async def filled(path):
    """Stores two hosted zones and two health checks as a snapshot would."""
    app = application(path)
    await app.replacement.open(NOTHING.published)
    await app.restore(State(load_text("zones.yaml", ZONES).world))
    await app.command_runner.close()


def tamper(path, statement, *parameters):
    with sqlite3.connect(path) as database:
        assert database.execute(statement, parameters).rowcount == 1
    database.close()


def rows_of(path, statement):
    database = sqlite3.connect(path)
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


WWW = "name = 'www.a.test.'"
TTL = json.dumps({"ttl": -1, "values": ["192.0.2.1"]})


@pytest.mark.parametrize(("statement", "named", "answers"), [
    pytest.param(f"UPDATE record_sets SET name = '.' WHERE {WWW}", "record_set Z1 . A: name: RRSet with DNS name . is not permitted in zone a.test.", ["a.test", "b.test"], id="a record set named ."),
    pytest.param(f"UPDATE record_sets SET body = '{TTL}' WHERE {WWW}", "record_set Z1 www.a.test. A: ttl: -1 is below 0", ["a.test", "b.test"], id="a TTL below zero"),
    pytest.param(f"UPDATE record_sets SET type = 'X' WHERE {WWW}", "Z1 www.a.test. X: type: this version does not know the type 'X'", ["a.test", "b.test"], id="an unknown type"),
    pytest.param(f"UPDATE record_sets SET body = '{{' WHERE {WWW}", "Z1 www.a.test. A: it is damaged: Expecting property name", ["a.test", "b.test"], id="no JSON"),
    pytest.param(f"UPDATE record_sets SET zone_id = 'Z3' WHERE {WWW}", "Z3 www.a.test. A: there is no hosted zone Z3", ["a.test", "b.test"], id="of no hosted zone"),
    pytest.param("UPDATE record_sets SET type = 'X' WHERE name = 'a.test.' AND type = 'SOA'", "this version does not know the type 'X'", ["a.test", "b.test"], id="the SOA"),
    pytest.param("UPDATE rows SET body = replace(body, 'a.test.', '.') WHERE body LIKE '%a.test.%'", "hosted_zone Z1: name: the root cannot be a hosted zone", ["b.test"], id="a hosted zone named ."),
    pytest.param("UPDATE rows SET body = '[]' WHERE body LIKE '%a.test.%'", 'hosted_zone ["Z1"]: an object is wanted', ["b.test"], id="a hosted zone that cannot be read"),
    pytest.param("UPDATE rows SET body = replace(body, '[\"web\"]', '[\"both\"]') WHERE body LIKE '%calculated%'", "health_check both: child_health_checks: calculated health checks are their own children: both → both", ["a.test", "b.test"], id="H81 a check that is its own child"),
    pytest.param("UPDATE rows SET body = replace(body, '30.0', 'NaN') WHERE body LIKE '%endpoint%'", "request_interval_s: a number is wanted, not nan", ["a.test", "b.test"], id="H63 an interval that is no number"),
])  # fmt: skip
@virtual_time
async def test_a_row_that_cannot_be_served_is_named_and_left_out_on_request(path, statement, named, answers):
    await filled(path)
    tamper(path, statement)
    before = rows_of(path, "SELECT count(*) FROM rows")
    app = application(path)
    with pytest.raises(StoreUnusable) as refused:
        await app.replacement.open(NOTHING.published)
    assert str(path) in str(refused.value)
    assert named in str(refused.value)
    assert "--repair" in str(refused.value)
    assert rows_of(path, "SELECT count(*) FROM rows") == before, "nothing was changed"
    with structlog.testing.capture_logs() as logs:
        app = application(path)
        await app.replacement.open(NOTHING.published, repairs=True)
    assert any(log["event"] == "set aside" and named in log["row"] for log in logs)
    assert sorted(map(names.display, app.board.current.catalog.zones)) == [f"{name}." for name in answers]
    for zone in app.board.current.catalog.zones.values():
        assert zone.soa
        assert zone.ns
    await app.command_runner.close()
    kept = rows_of(path, 'SELECT "table", key, body, why FROM set_aside')
    assert any(named.partition(": ")[2] in why for _, _, _, why in kept)
    again = application(path)
    await again.replacement.open(NOTHING.published)
    assert again.command_runner.state.world == app.command_runner.state.world
    await again.command_runner.close()


@virtual_time
async def test_rows_are_kept_aside_as_they_were(path):
    await filled(path)
    tamper(path, "UPDATE rows SET body = replace(body, 'a.test.', '.') WHERE body LIKE '%a.test.%'")
    (body,) = rows_of(path, "SELECT body FROM record_sets WHERE name = 'www.a.test.'")[0]
    app = application(path)
    await app.replacement.open(NOTHING.published, repairs=True)
    await app.command_runner.close()
    kept = dict(rows_of(path, "SELECT key, body FROM set_aside WHERE \"table\" = 'record_set'"))
    assert kept['["Z1","www.a.test.","A",""]'] == body
    assert rows_of(path, "SELECT count(*) FROM record_sets WHERE zone_id = 'Z1'") == [(0,)]


@virtual_time
async def test_a_zone_that_no_rule_forbids_and_yet_cannot_be_compiled_is_named_too(path, monkeypatch):
    await filled(path)
    compile_in_steps = publishing.compile_in_steps

    def broken(zone, *more):
        if zone.id == "Z1":
            raise KeyError("unforeseen")
        return compile_in_steps(zone, *more)

    monkeypatch.setattr(publishing, "compile_in_steps", broken)
    with pytest.raises(
        StoreUnusable, match=r"hosted_zone Z1: the hosted zone Z1 \(a\.test\.\) cannot be served: KeyError"
    ):
        await application(path).replacement.open(NOTHING.published)
    app = application(path)
    await app.replacement.open(NOTHING.published, repairs=True)
    assert list(map(names.display, app.board.current.catalog.zones)) == ["b.test."]
    await app.command_runner.close()


@virtual_time
async def test_a_snapshot_that_cannot_be_compiled_leaves_no_trace(path, monkeypatch):
    await filled(path)
    app = application(path)
    await app.replacement.open(NOTHING.published)
    state, published, events = app.command_runner.state, app.board.current, app.history.last
    before = rows_of(path, "SELECT * FROM rows"), rows_of(path, "SELECT * FROM record_sets")
    other = State(load_text("zones.yaml", ZONES.replace("Z1", "Z9")).world)

    def broken(zone, *more):
        raise KeyError("unforeseen")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "compile_in_steps", broken)
        with pytest.raises(publishing.CannotBeServed):
            await app.restore(other)
    assert (app.command_runner.state, app.board.current, app.history.last) == (state, published, events)
    assert before == (rows_of(path, "SELECT * FROM rows"), rows_of(path, "SELECT * FROM record_sets"))
    await app.restore(other)
    await app.command_runner.close()
