"""Commands one at a time: durable, then published, then acknowledged; refused ones change nothing."""

import asyncio

import pytest

from dnsemu.clock.clock import Clock
from dnsemu.commands.errors.hosted_zones import NoSuchHostedZone
from dnsemu.commands.errors.requests import PriorRequestNotComplete
from dnsemu.config.file.load import load_text
from dnsemu.config.model.world import World
from dnsemu.config.text.ids import bare_id
from dnsemu.control.command_runner import CommandRunner
from dnsemu.runtime import turns
from dnsemu.state.change_feed import ChangeFeed
from dnsemu.state.state import State
from dnsemu.store.store import MemoryStore, StoreFailed
from tests.dnsemu.clock.virtual_time import START, virtual_time
from tests.dnsemu.commands.emulation import CountedIds, FakeLiveReader


class RecordingStore(MemoryStore):
    """Records its commits; fails while `is_full`, and waits for `held`."""

    def __init__(self, log):
        self.log = log
        self.is_full = False
        self.held = asyncio.Event()
        self.held.set()

    async def load(self, set_aside=None):
        return State()

    async def commit(self, writes):
        await self.held.wait()
        if self.is_full:
            raise StoreFailed("full")
        self.log.append("durable")

    async def close(self):
        pass


def publishes_nothing(_state):
    """Compiles a state in a step, into nothing to publish."""
    yield
    return lambda: None


class Stand:
    def __init__(self):
        self.log, self.commits, feed = [], [], ChangeFeed()
        feed.subscribe(self._on_commit)
        self.is_unservable = False
        self.store = RecordingStore(self.log)
        clock = Clock(start=START, monotonic=asyncio.get_running_loop().time)
        self.runner = CommandRunner(self.store, clock, CountedIds(), FakeLiveReader(), feed, self._compile)

    def _compile(self, writes, state):
        self.log.append("compiled")
        if self.is_unservable:
            raise ValueError("not servable")
        yield

    def _compile_state(self, state):
        self.log.append("compiled")
        if self.is_unservable:
            raise ValueError("not servable")
        yield
        return lambda: self.log.append("published")

    def _on_commit(self, commit):
        self.log.append("in the feed")
        self.commits.append(commit)

    async def open(self, world=World()):  # noqa: B008
        await self.runner.open(world, self._compile_state)
        return self

    async def change(self, zone="/hostedzone/Z1", name="a.test"):
        record_set = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
        return await self.runner.run("ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": batch})

    async def create(self, reference):
        response = await self.runner.run("CreateHostedZone", {"Name": "a.test", "CallerReference": reference})
        self.log.append("acknowledged")
        return response

    async def restore(self):
        await self.runner.restore(State(), World(), self._compile_state)


@virtual_time
async def test_compiled_then_durable_then_in_the_feed_then_acknowledged():
    stand = await Stand().open()
    await stand.create("1")
    assert stand.log == [
        *("compiled", "durable", "published", "in the feed"),
        *("compiled", "durable", "in the feed", "acknowledged"),
    ]


@pytest.mark.parametrize(
    "enter",
    [
        pytest.param(lambda stand: stand.create("2"), id="a command"),
        pytest.param(lambda stand: stand.restore(), id="a snapshot"),
        pytest.param(lambda stand: stand.runner.declare(World(), stand._compile_state), id="files"),
    ],
)
@virtual_time
async def test_what_cannot_be_compiled_leaves_no_trace(enter):
    stand = await Stand().open()
    await stand.create("1")
    state, commits = stand.runner.state, list(stand.commits)
    stand.log.clear()
    stand.is_unservable = True
    with pytest.raises(ValueError, match="not servable"):
        await enter(stand)
    assert stand.log == ["compiled"]
    assert stand.runner.state is state
    assert stand.commits == commits
    stand.is_unservable = False
    await enter(stand)
    assert [commit.sequence for commit in stand.commits] == [1, 2, 3]


@virtual_time
async def test_the_feed_has_each_commit_with_its_state():
    stand = await Stand().open()
    await stand.create("1")
    await stand.create("2")
    await stand.runner.restore(State(), World(), publishes_nothing)
    assert [commit.sequence for commit in stand.commits] == [1, 2, 3, 4]
    assert [commit.is_replacement for commit in stand.commits] == [True, False, False, True]
    assert [len(commit.state.world.hosted_zones) for commit in stand.commits] == [0, 1, 2, 0]
    assert stand.commits[-1].state is stand.runner.state


@virtual_time
async def test_what_is_read_or_refused_or_not_stored_is_not_in_the_feed():
    stand = await Stand().open()
    before = stand.runner.state
    await stand.runner.run("ListHostedZones", {})
    with pytest.raises(NoSuchHostedZone):
        await stand.runner.run("DeleteHostedZone", {"Id": "Z0"})
    stand.store.is_full = True
    with pytest.raises(StoreFailed):
        await stand.create("1")
    assert stand.runner.state is before
    stand.store.is_full = False
    await stand.create("1")
    assert [commit.sequence for commit in stand.commits] == [1, 2]


@virtual_time
async def test_a_write_is_finished_when_its_caller_leaves():
    stand = await Stand().open()
    stand.store.held.clear()
    caller = asyncio.create_task(stand.create("1"))
    await asyncio.sleep(1)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    assert len(stand.commits) == 1
    stand.store.held.set()
    await stand.runner.close()
    assert len(stand.commits) == 2
    assert len(stand.runner.state.world.hosted_zones) == 1


ZONES = """
api: {strict: %s}
hosted_zones: [{name: a.test, id: Z1}, {name: b.test, id: Z2}]
"""


@pytest.mark.parametrize("strict", ["true", "false"])
@virtual_time
async def test_a121_r209_17_a_second_batch_for_a_zone_waits_or_is_refused(strict):
    stand = await Stand().open(load_text("f.yaml", ZONES % strict).world)
    stand.store.held.clear()
    first = asyncio.create_task(stand.change())
    await asyncio.sleep(1)
    second, other = asyncio.create_task(stand.change("Z1")), asyncio.create_task(stand.change("Z2", "b.test"))
    await asyncio.sleep(1)
    assert second.done() is (strict == "true")
    first.cancel()
    third = asyncio.create_task(stand.change())
    await asyncio.sleep(1)
    assert third.done() is (strict == "true")
    stand.store.held.set()
    _, *outcomes, last = await asyncio.gather(first, second, third, other, return_exceptions=True)
    assert [isinstance(outcome, PriorRequestNotComplete) for outcome in outcomes] == [strict == "true"] * 2
    assert last["ChangeInfo"]["Status"] == "PENDING"
    await stand.change()


@virtual_time
async def test_a_change_batch_lets_others_run_between_its_changes(monkeypatch):
    """Another command waits, a read has the state before the batch, and the batch is whole."""
    monkeypatch.setattr(turns, "MAX_TURN_S", 0)
    stand = await Stand().open()
    zone = (await stand.create("1"))["HostedZone"]["Id"]
    before = stand.runner.state
    record_sets = [
        {"Name": f"h{i}.a.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        for i in range(100)
    ]
    changes = [{"Action": "CREATE", "ResourceRecordSet": record_set} for record_set in record_sets]
    request = {"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}}
    batch = asyncio.create_task(stand.runner.run("ChangeResourceRecordSets", request))
    await asyncio.sleep(0)
    other = asyncio.create_task(stand.change(zone, "other.a.test"))
    turns_taken = 0
    while not batch.done():
        await asyncio.sleep(0)
        turns_taken += 1
        assert len(stand.commits) == 3 or stand.runner.state is before
        assert not other.done() or batch.done()
    assert turns_taken >= 200
    await other
    assert len(stand.runner.state.world.hosted_zones[bare_id(zone)].record_sets) == 2 + 100 + 1
