"""Long work in turns of the event loop."""

import asyncio

import pytest

from dnsemu.config.model.batches import at_once
from dnsemu.runtime.turns import MAX_TURN_S, in_turns


def steps(number, result="done"):
    for _ in range(number):
        yield
    return result


def in_loop(work, step_s):
    """Runs steps, each of which takes so long by the clock; returns their result and the turns of another task."""
    now, turns = 0.0, 0

    def clock():
        nonlocal now
        now += step_s
        return now

    async def count():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def main():
        other = asyncio.create_task(count())
        try:
            return await in_turns(work, clock)
        finally:
            other.cancel()

    return asyncio.run(main()), turns


def test_the_loop_gets_a_turn_whenever_a_turn_is_used_up():
    result, turns = in_loop(steps(100), MAX_TURN_S)
    assert result == "done"
    assert turns >= 49


def test_short_work_is_done_in_one_turn():
    assert in_loop(steps(100), MAX_TURN_S / 1000) == ("done", 0)


def test_an_error_ends_the_work():
    def failing():
        yield
        raise KeyError("x")

    with pytest.raises(KeyError):
        in_loop(failing(), MAX_TURN_S)
    with pytest.raises(KeyError):
        at_once(failing())


def test_work_at_once_has_the_same_result():
    assert at_once(steps(5)) == "done"
