"""A child process reads snapshots: with the same result as this process, as they arrive, and within bounds."""

import asyncio
import io
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.commands.registry import TABLES
from dnsemu.files import snapshot_child
from dnsemu.files.child import LENGTH_BYTES
from dnsemu.files.reading import LoadingFailed
from dnsemu.files.snapshot_child import ROWS_PER_PIECE, main, pieces_of
from dnsemu.files.snapshots import SnapshotTooLarge, assemble, read_snapshot
from dnsemu.state.state import State
from dnsemu.store.snapshot import Snapshot, SnapshotUnusable, save
from tests.dnsemu.store.samples import steps, without_empty

HEADER = '{"format": "dnsemu snapshot", "format_version": 1, "product_version": "1", "emulated_time": "2026-01-31T12:00:00+00:00"'


async def arriving(*pieces):
    for piece in pieces:
        yield piece


@given(steps())
def test_the_pieces_of_a_state_make_it_again(made):
    state = made[-1].state if made else State()
    assert without_empty(asyncio.run(assemble(arriving(*pieces_of(state))))) == without_empty(state)


@given(st.integers(0, 3 * ROWS_PER_PIECE))
def test_no_piece_is_large(number):
    rows = list(range(number))
    assert all(len(part) <= ROWS_PER_PIECE for _, part in snapshot_child._pieces("t", rows))


async def test_a_snapshot_is_read_as_it_arrives():
    text = "".join(save(Snapshot(State(), 0.0), TABLES)).encode()
    assert await read_snapshot(arriving(text[:10], text[10:11], text[11:])) == State()


@pytest.mark.parametrize(("text", "message"), [
    pytest.param(b"{", "snapshot:1: no JSON", id="no JSON"),
    pytest.param(b"\xff", "this is no text", id="no text"),
    pytest.param(b"[" * 1_000_000, "nested too deeply", id="nested deeply"),
    pytest.param(b"", "no JSON", id="nothing"),
    pytest.param(f'{HEADER}, "tables": {{"x": []}}}}'.encode(), "does not know this table", id="an unknown table"),
    pytest.param(f'{HEADER}, "x": {"9" * 5000}}}'.encode(), "snapshot: ", id="a number of many digits"),
])  # fmt: skip
async def test_a_snapshot_that_is_none_is_refused(text, message):
    with pytest.raises(SnapshotUnusable, match=message):
        await read_snapshot(arriving(text))


async def test_a_snapshot_past_its_bound_is_given_up():
    with pytest.raises(SnapshotTooLarge):
        await read_snapshot(arriving(b" " * 600, b" " * 600), 1000)


async def test_a_snapshot_that_takes_too_much_memory_is_refused(monkeypatch):
    def load(*_):
        raise MemoryError

    monkeypatch.setattr(snapshot_child, "load", load)
    out = io.BytesIO()
    main(io.BytesIO(b"{}"), out)
    data = out.getvalue()
    length = int.from_bytes(data[:LENGTH_BYTES], "big")
    error = pickle.loads(data[LENGTH_BYTES : LENGTH_BYTES + length])
    assert isinstance(error, SnapshotUnusable)
    assert "4 GiB of memory" in str(error)


async def test_a_child_that_dies_is_reported(monkeypatch):
    monkeypatch.setattr(snapshot_child, "__name__", "dnsemu.no_such_module")
    with pytest.raises(LoadingFailed, match="ended with status"):
        await read_snapshot(arriving(*[b" " * 100_000] * 20))


async def test_a_client_that_leaves_is_no_failure_of_the_child():
    async def leaving():
        yield b"{"
        raise ConnectionResetError("the client left")

    with pytest.raises(ConnectionResetError, match="the client left"):
        await read_snapshot(leaving())
