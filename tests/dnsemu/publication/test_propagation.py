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
        self.propagation = Propagation(self.feed, scheduler, self._publish)

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
