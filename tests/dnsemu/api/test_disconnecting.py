"""A client that disconnects in the middle of a change: the change is finished, never left half done."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest

from dnsemu.api.calls import files, state
from dnsemu.api.calls.files import FileCalls
from dnsemu.api.calls.state import StateCalls
from dnsemu.config import names
from dnsemu.runtime.limits import Reached
from dnsemu.state.state import State
from tests.dnsemu.clock.virtual_time import settle, virtual_time
from tests.dnsemu.control.test_resetting import Stage

NEW = "hosted_zones: [{name: new.test}]"


async def cancelled_in(turns, call):
    """Runs a call, and cancels it after some turns of the event loop, as aiohttp does for a client that disconnects."""
    calling = asyncio.create_task(call)
    for _ in range(turns):
        await asyncio.sleep(0)
    calling.cancel()
    with suppress(asyncio.CancelledError):
        await calling
    await settle()


@pytest.mark.parametrize("turns", range(1, 12))
@virtual_time
async def test_files_are_served_and_followed_or_neither(turns, monkeypatch):
    async def body(*_, **__):
        return {"files": [{"name": "new.yaml", "text": NEW}], "endpoints": "simulated"}

    async def at_once(function):
        return function()

    monkeypatch.setattr(files, "body_of", body)
    monkeypatch.setattr(files.asyncio, "to_thread", at_once)
    async with Stage() as stage:
        app = stage.app
        await cancelled_in(turns, FileCalls(app.files, app.endpoints)._replace(None))
        is_new = names.parse("new.test") in app.board.current.catalog.zones
        is_followed = app.files._inline is not stage.declared
        assert (is_followed, app.endpoints.is_simulated) == (is_new, is_new)


@pytest.mark.parametrize("turns", range(1, 12))
@virtual_time
async def test_a_snapshot_that_was_read_is_loaded_to_the_end(turns, monkeypatch):
    """The old state is freed in pieces; it would be freed at once, and stop DNS, if its last reference left early."""

    async def read(_body):
        return State()

    done = []
    request = SimpleNamespace(content=SimpleNamespace(iter_any=lambda: None))
    monkeypatch.setattr(state, "read_snapshot", read)
    async with Stage() as stage:
        restore = stage.app.restore

        async def restored(new):
            await restore(new)
            done.append(new)

        calls = StateCalls(stage.app.command_runner, stage.app.clock, Reached(), restored)
        await cancelled_in(turns, calls._load(request))
        assert len(done) == 1
