"""Work that has begun is finished, whatever becomes of its caller."""

import asyncio

import pytest

from dnsemu.runtime.finishing import finish


async def test_work_is_finished_although_its_caller_is_cancelled():
    steps, may_go_on = [], asyncio.Event()

    async def work():
        steps.append("begun")
        await may_go_on.wait()
        steps.append("finished")

    caller = asyncio.create_task(finish(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert steps == ["begun"]
    may_go_on.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert steps == ["begun", "finished"]


async def test_a_caller_that_stays_gets_the_result_or_the_error():
    async def answer():
        return 42

    async def fail():
        raise ValueError("no")

    assert await finish(answer()) == 42
    with pytest.raises(ValueError, match="no"):
        await finish(fail())
