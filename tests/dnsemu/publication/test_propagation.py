"""Commits are published at once, or after the change delay and in order (R43)."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.model.world import World
from dnsemu.publication.propagation import Propagation
from dnsemu.state.change_feed import ChangeFeed
from dnsemu.state.state import State
from dnsemu.state.tables import HEALTH_CHECK, Write
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time


def writes(name):
    return (Write(HEALTH_CHECK, name, None),)


def state(delay_s):
    return State(replace(World(), api=ApiSettings(change_delay_s=delay_s)))


class Stand:
    def __init__(self, scheduler):
        self.feed = ChangeFeed()
        self.published = []
        self.compiled = []
        self.propagation = Propagation(self.feed, scheduler, self._compile, self._publish)

    def _compile(self, writes, state, earlier):
        self.compiled.append((writes, earlier))
        yield
        return writes

    def _publish(self, published, latest):
        self.published += [write.key for write in published]
        self.latest = latest


@asynccontextmanager
async def stand():
    scheduler = Scheduler(Clock(start=START, monotonic=asyncio.get_running_loop().time))
    task = asyncio.create_task(scheduler.run())
    await settle()
    try:
        yield Stand(scheduler)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@virtual_time
async def test_without_a_delay_a_commit_is_published_before_append_returns():
    async with stand() as at:
        at.feed.append(writes("a"), state(0.0))
        assert at.published == ["a"]
        assert not at.propagation.has_pending


@virtual_time
async def test_r43_a_commit_is_published_after_the_delay():
    async with stand() as at:
        at.feed.append(writes("a"), state(10.0))
        await asyncio.sleep(9.9)
        assert at.published == []
        assert at.propagation.has_pending
        await asyncio.sleep(0.2)
        assert at.published == ["a"]
        assert not at.propagation.has_pending


@virtual_time
async def test_r43_no_commit_is_published_before_an_earlier_one():
    async with stand() as at:
        at.feed.append(writes("a"), state(10.0))
        at.feed.append(writes("b"), state(0.0))
        assert at.published == []
        latest = state(0.0)
        at.feed.append(writes("c"), latest)
        await asyncio.sleep(10.1)
        assert at.published == ["a", "b", "c"]
        assert at.latest is latest


@virtual_time
async def test_r43_a_replacement_leaves_nothing_pending():
    async with stand() as at:
        at.feed.append(writes("a"), state(10.0))
        at.feed.append((), state(10.0), is_replacement=True)
        assert not at.propagation.has_pending
        await asyncio.sleep(10.1)
        assert at.published == []


@virtual_time
async def test_r43_a_delayed_commit_is_compiled_at_once_on_top_of_those_before_it():
    async with stand() as at:
        at.feed.append(writes("a"), state(10.0))
        at.feed.append(writes("b"), state(10.0))
        assert at.compiled == [(writes("a"), None), (writes("b"), writes("a"))]
        await asyncio.sleep(10.1)
        assert len(at.compiled) == 2


@virtual_time
async def test_a_step_is_compiled_once_and_before_it_is_in_the_feed():
    async with stand() as at:
        after = state(0.0)
        at.propagation.compile(writes("a"), after)
        assert at.published == []
        at.feed.append(writes("a"), after)
        assert at.published == ["a"]
        assert len(at.compiled) == 1


@virtual_time
async def test_what_was_compiled_and_not_stored_is_not_published_with_a_later_commit():
    async with stand() as at:
        at.propagation.compile(writes("not stored"), state(0.0))
        at.feed.append(writes("b"), state(0.0))
        assert at.published == ["b"]
