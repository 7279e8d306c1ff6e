"""A state as a file: exact, stable, replaced atomically, and refused with a reason."""

import json

import pytest
from hypothesis import given

from dnsemu import __version__
from dnsemu.config.model.routing import Weighted
from dnsemu.store.snapshot import PIECE_CHARACTERS, Snapshot, SnapshotFailed, SnapshotUnusable, load, read, save, write
from tests.builders import record_set
from tests.dnsemu.store.samples import TABLES, declared, steps, unhurried, valid, without_empty

TIME_S = 1769860800.25


@pytest.fixture
def snapshot():
    step = declared(record_set("b.example.com", id="x", routing=Weighted(1)), record_set("a.example.com"))
    return Snapshot(step.state, TIME_S)


@pytest.fixture
def document(snapshot):
    return json.loads("".join(save(snapshot, TABLES)))


@unhurried
@given(steps())
def test_any_state_survives(done):
    snapshot = Snapshot(without_empty(done[-1].state), TIME_S)
    text = "".join(save(snapshot, TABLES))
    assert text.isascii()
    assert load(text, TABLES, valid) == snapshot


def test_the_format(snapshot):
    assert (
        "".join(save(snapshot, TABLES))
        == f"""{{
"format":"dnsemu snapshot",
"format_version":1,
"product_version":"{__version__}",
"emulated_time":"2026-01-31T12:00:00.250000+00:00",
"hosted_zones":[
{{"id":"Z1","name":"example.com.","name_servers":[],"comment":null,"is_private":false,"record_sets":[
{{"name":"a.example.com.","type":"A","ttl":60,"values":["192.0.2.1"]}},
{{"name":"b.example.com.","type":"A","set_identifier":"x","routing":{{"is":"weighted","weight":1}},"ttl":60,"values":["192.0.2.1"]}}
]}}
],
"health_checks":[
],
"cidr_collections":[
],
"tables":{{
"numbers":[
{{"key":["one"],"row":{{"value":1}}}}
]
}}
}}
"""
    )


def test_a_file_is_replaced_atomically(tmp_path, snapshot):
    path, link = tmp_path / "snapshot.json", tmp_path / "link.json"
    path.write_text("old")
    link.symlink_to(path)
    write(link, snapshot, TABLES)
    assert link.is_symlink()
    assert read(path, TABLES, valid) == snapshot
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.json", "snapshot.json"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, snapshot, monkeypatch):
    path = tmp_path / "snapshot.json"
    path.write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SnapshotFailed, match=r"snapshot\.json: cannot be written: No space left on device"):
        write(path, snapshot, TABLES)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("snapshot.json", "old")]


def test_a_directory_that_is_not_there_is_named(tmp_path, snapshot):
    with pytest.raises(SnapshotFailed, match=r"none/s\.json: cannot be written: No such file or directory"):
        write(tmp_path / "none" / "s.json", snapshot, TABLES)


@pytest.mark.parametrize(("content", "message"), [
    (None, "cannot be read: No such file or directory"),
    (b"\xff\xfe", "this file is no text, and no snapshot"),
    (b'{\n"a":', r"s\.json:2: no JSON: Expecting value \(column 5\)"),
    (b"[" * 100_000, "nested too deeply|no JSON"),
    (b"[]", 'this is no snapshot: one has "format": "dnsemu snapshot"'),
])  # fmt: skip
def test_a_file_that_is_no_snapshot_is_refused(tmp_path, content, message):
    path = tmp_path / "s.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SnapshotUnusable, match=message):
        read(path, TABLES, valid)


def changed(document, path, value):
    *parents, last = path
    for part in parents:
        document = document[part]
    document[last] = value


@pytest.mark.parametrize(("path", "value", "message"), [
    (["format_version"], 2, f"s: format_version: written by dnsemu {__version__}, but dnsemu {__version__} reads version 1; use that dnsemu"),
    (["newer"], [], "s: newer: this version does not know this field"),
    (["emulated_time"], "noon", "s: emulated_time: a time such as 2026-01-31T12:00:00+00:00 is wanted"),
    (["hosted_zones"], {}, "s: hosted_zones: a list is wanted"),
    (["hosted_zones", 0], 5, "s: hosted_zones[0]: an object is wanted"),
    (["hosted_zones", 0, "name"], "a..b", "s: hosted_zones[0].name: a domain name is wanted, not 'a..b'"),
    (["hosted_zones", 0, "record_sets", 1, "ttl"], "x", "s: hosted_zones[0].record_sets[1].ttl: whole seconds are wanted"),
    (["hosted_zones", 0, "record_sets", 1, "name"], None, "s: hosted_zones[0].record_sets[1].name: a text is wanted"),
    (["hosted_zones", 0, "record_sets", 1, "set_identifier"], None, "s: hosted_zones[0].record_sets[1].set_identifier: a text is wanted"),
    (["hosted_zones", 0, "record_sets", 1, "rdata"], [], "s: hosted_zones[0].record_sets[1].rdata: this version does not know this field"),
    (["hosted_zones", 0, "record_sets", 1], 5, "s: hosted_zones[0].record_sets[1]: an object is wanted"),
    (["hosted_zones", 0, "record_sets", 0, "values", 0], "x", "s: hosted_zones[0].record_sets[0].values[0]: "),
    (["health_checks"], [{}], "s: health_checks[0].config: this field is missing"),
    (["tables"], [], "s: tables: an object is wanted"),
    (["tables", "newer"], [], "s: tables.newer: this version does not know this table"),
    (["tables", "hosted_zone"], [], "s: tables.hosted_zone: this version does not know this table"),
    (["tables", "numbers"], 5, "s: tables.numbers: a list is wanted"),
    (["tables", "numbers", 0], {"row": {}}, "s: tables.numbers[0]: an object with key and row is wanted"),
    (["tables", "numbers", 0, "key"], "one", "s: tables.numbers[0].key: a list is wanted, not 'one'"),
    (["tables", "numbers", 0, "row", "value"], "x", "s: tables.numbers[0].row.value: a whole number is wanted, not 'x'"),
    (["tables", "numbers", 0, "row", "newer"], 1, "s: tables.numbers[0].row.newer: this version does not know this field"),
])  # fmt: skip
def test_an_error_in_a_snapshot_is_named_with_its_position(document, path, value, message):
    changed(document, path, value)
    with pytest.raises(SnapshotUnusable) as error:
        load(json.dumps(document), TABLES, valid, "s")
    assert str(error.value).startswith(message)


def test_duplicates_are_refused(document):
    document["hosted_zones"][0]["record_sets"] *= 2
    with pytest.raises(SnapshotUnusable, match=r"record_sets\[2\]: there are two of a\.example\.com\. A"):
        load(json.dumps(document), TABLES, valid)


def test_a_large_state_comes_in_pieces():
    snapshot = Snapshot(declared(*(record_set(f"h{i}.example.com") for i in range(3000))).state, TIME_S)
    pieces = list(save(snapshot, TABLES))
    assert sum(len(piece) >= PIECE_CHARACTERS for piece in pieces) > 2
    assert all(len(piece) < PIECE_CHARACTERS + 1000 for piece in pieces)
    assert load("".join(pieces), TABLES, valid) == snapshot
