"""A worker that exceeds a time limit is to be replaced; one that works is not."""

import asyncio
from unittest.mock import Mock

from immutables import Map

from dnsemu.clock.clock import Clock
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import EVERYTHING, Board, Published
from dnsemu.workers import messages
from dnsemu.workers.backlog import Source
from dnsemu.workers.handle import WorkerHandle
from dnsemu.workers.limits import Limits
from dnsemu.zone.catalog import Catalog
from tests.dnsemu.clock.virtual_time import settle, virtual_time

LIMITS = Limits(start_s=30, acknowledgement_s=1, worker_silence_s=4)


def handle():
    """A handle whose messages go nowhere: there is no process."""
    board = Board(Published(World(), Catalog(Map()), Locator(Geo())))
    source = Source(board, HealthBoard(), {}, Clock(monotonic=asyncio.get_running_loop().time), lambda: None)
    return WorkerHandle(source, LIMITS, on_answering=Mock(), on_counters=Mock(), on_query=Mock())


def reason_after(worker, elapsed_s):
    return worker.reason_to_replace(asyncio.get_running_loop().time() + elapsed_s)


async def started():
    """A worker that has acknowledged everything; the number of frames that it got."""
    worker = handle()
    worker._on_message(messages.Acknowledged(0))
    await settle()
    frames = worker._sent
    worker._on_message(messages.Acknowledged(frames))
    await settle()
    worker._on_message(messages.Acknowledged(frames + 1))  # the message to start answering
    return worker


@virtual_time
async def test_a_worker_has_time_to_start():
    worker = handle()
    assert reason_after(worker, 29) is None
    assert reason_after(worker, 31) == "it did not start"


@virtual_time
async def test_a_worker_has_to_acknowledge_updates():
    worker = await started()
    assert worker.is_live
    worker.add(EVERYTHING)
    await settle()
    assert reason_after(worker, 0.9) is None
    assert reason_after(worker, 1.1) == "it does not acknowledge updates"
    worker._on_message(messages.Acknowledged(worker._sent))
    assert reason_after(worker, 1.1) is None


@virtual_time
async def test_a_worker_has_to_send_something():
    worker = await started()
    assert reason_after(worker, 3.9) is None
    assert reason_after(worker, 4.1) == "it is silent"


@virtual_time
async def test_limits_restart_when_the_control_plane_was_late():
    worker = await started()
    worker.add(EVERYTHING)
    await settle()
    now = asyncio.get_running_loop().time()
    worker.restart_limits(now + 100)
    assert reason_after(worker, 100.9) is None
    assert reason_after(worker, 101.1) == "it does not acknowledge updates"


@virtual_time
async def test_a_change_is_applied_when_its_update_is_acknowledged():
    worker = await started()
    worker.add(EVERYTHING)
    waiting = asyncio.create_task(worker.wait_until_applied())
    await settle()
    assert not waiting.done()
    worker._on_message(messages.Acknowledged(worker._sent))
    await settle()
    assert waiting.done()
