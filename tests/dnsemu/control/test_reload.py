"""A reload publishes every change that the store has, even one that was committed while it waited (R43)."""

import asyncio

from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.files.loading import compile_world
from dnsemu.server.options import Options
from dnsemu.store.store import MemoryStore
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time


def publishes_nothing(_state):
    """Compiles a state in a step, into nothing to publish."""
    yield
    return lambda: None


class HeldStore(MemoryStore):
    """Commits wait for an event."""

    def __init__(self):
        self.released = asyncio.Event()
        self.released.set()

    async def commit(self, writes):
        await self.released.wait()


def upsert(zone):
    record_set = {"Name": "www.new.test", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    change = {"Action": "UPSERT", "ResourceRecordSet": record_set}
    return {"HostedZoneId": zone.rpartition("/")[2], "ChangeBatch": {"Changes": [change]}}


@virtual_time
async def test_r43_a_reload_publishes_a_change_that_was_committed_while_it_waited():
    declared = compile_world(load_text("shop.yaml", "api: {change_delay: 45s}"))
    store, clock = HeldStore(), Clock(start=START, monotonic=asyncio.get_running_loop().time)
    application = Application(declared, Options(store=store, clock=clock))
    await application.command_runner.open(declared.published.world, publishes_nothing)
    request = {"Name": "new.test", "CallerReference": "1"}
    zone = (await application.command_runner.run("CreateHostedZone", request))["HostedZone"]["Id"]
    await application._replace(declared)
    store.released.clear()
    changing = asyncio.create_task(application.command_runner.run("ChangeResourceRecordSets", upsert(zone)))
    await settle()
    reloading = asyncio.create_task(application._replace(declared))
    await settle()
    store.released.set()
    await asyncio.gather(changing, reloading)
    published = application.board.current.catalog.zones[names.parse("new.test")]
    assert names.parse("www.new.test") in published.nodes
    assert not application.propagation.has_pending
