"""What falls due when: followed as time passes (health-checks.md §15; H67). Stepping is in test_steps.py."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
import structlog.testing

from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from tests.healthcheck.leaping_loop import leaping
from tests.healthcheck.stage import START, settle


class Followed:
    """An agenda on the loop's time, and what became of things: (name, seconds after the start)."""

    def __init__(self, *, max_concurrent=2000, **clock):
        self.clock = Clock(start=START, monotonic=asyncio.get_running_loop().time, **clock)
        self.scheduler = Scheduler(self.clock, max_concurrent=max_concurrent)
        self.begun = []
        self.done = []
        self.under_way = 0
        self.most_under_way = 0

    def call(self, name, after_s):
        return self.scheduler.call_at(START + after_s, lambda at: self.done.append((name, at - START)))

    def work(self, name, after_s, *, takes_s=0.0, cost_s=0.0):
        async def carry_out():
            self.begun.append((name, self.clock.now() - START))
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                await asyncio.sleep(takes_s)
            finally:
                self.under_way -= 1
            return cost_s, lambda at: self.done.append((name, at - START))

        return self.scheduler.work_at(START + after_s, carry_out)

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.scheduler.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def near(*expected):
    """Names and times, to the millisecond: a leap is as little exact as a machine's timer."""
    return [(name, pytest.approx(at, abs=1e-3)) for name, at in expected]


@leaping
async def test_what_is_due_is_done_at_its_instant_in_order():
    async with Followed().running() as followed:
        followed.call("b", 20)
        followed.call("a", 10)
        followed.work("c", 15, takes_s=10)
        await asyncio.sleep(30)
        assert followed.begun == near(("c", 15))
        assert followed.done == near(("a", 10), ("b", 20), ("c", 25))


@leaping
async def test_what_is_past_is_done_at_once():
    async with Followed().running() as followed:
        followed.call("a", -5)
        followed.work("b", -5)
        await settle()
        assert followed.done == near(("a", 0), ("b", 0))


@leaping
async def test_what_falls_due_sooner_than_all_the_rest_is_not_missed():
    async with Followed().running() as followed:
        followed.call("late", 1000)
        await asyncio.sleep(1)
        followed.call("soon", 2)
        followed.work("sooner", 1.5)
        await asyncio.sleep(5)
        assert followed.done == near(("sooner", 1.5), ("soon", 2))


@leaping
async def test_what_was_cancelled_is_not_done():
    async with Followed().running() as followed:
        followed.call("a", 10).cancel()
        followed.work("b", 10).cancel()
        followed.call("c", 11)
        await asyncio.sleep(20)
        assert (followed.begun, followed.done) == ([], near(("c", 11)))


@leaping
async def test_work_that_is_cancelled_under_way_is_broken_off_and_nothing_follows():
    async with Followed().running() as followed:
        work = followed.work("a", 10, takes_s=10)
        await asyncio.sleep(15)
        assert (work.is_live, followed.scheduler.in_flight) == (True, 1)
        work.cancel()
        await settle()
        assert (work.is_live, followed.scheduler.in_flight) == (False, 0)
        await asyncio.sleep(15)
        assert followed.done == []


@leaping
async def test_work_that_is_cancelled_after_it_took_its_time_but_before_its_end_has_no_end():
    async with Followed(speed=0.1).running() as followed:
        work = followed.work("a", 1, takes_s=1, cost_s=5)
        await asyncio.sleep(20)
        assert followed.scheduler.in_flight == 0
        work.cancel()
        await asyncio.sleep(1000)
        assert followed.done == []


@leaping
async def test_work_broken_off_before_it_began_leaves_its_place():
    async with Followed(max_concurrent=1).running() as followed:
        broken_off = followed.work("a", 0)
        while not followed.scheduler.in_flight:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert followed.begun == []
        broken_off.cancel()
        followed.work("b", 1)
        await asyncio.sleep(2)
        assert (followed.begun, followed.scheduler.in_flight) == (near(("b", 1)), 0)


@leaping
async def test_h163_work_at_once_is_bounded_and_calls_do_not_wait_for_it():
    async with Followed(max_concurrent=3).running() as followed:
        for number in range(9):
            followed.work(str(number), 10, takes_s=10)
        followed.call("call", 15)
        await asyncio.sleep(100)
        assert followed.most_under_way == 3
        assert [at for _, at in followed.begun] == pytest.approx([10] * 3 + [20] * 3 + [30] * 3, abs=1e-3)
        assert followed.done[0] == near(("call", 15))[0]


@leaping
async def test_what_cannot_be_done_is_logged_and_the_rest_goes_on():
    async def cannot():
        raise OSError("no more files")

    def fails(_at):
        raise OSError("no more space")

    async def ends_badly():
        return 0.0, fails

    async with Followed().running() as followed:
        with structlog.testing.capture_logs() as logs:
            followed.scheduler.work_at(START + 1, cannot)
            followed.scheduler.call_at(START + 2, fails)
            followed.scheduler.work_at(START + 3, ends_badly)
            followed.call("a", 4)
            followed.work("b", 5)
            await asyncio.sleep(10)
        assert followed.done == near(("a", 4), ("b", 5))
    assert [log["fault"] for log in logs] == [
        "OSError('no more files')", "OSError('no more space')", "OSError('no more space')"
    ]  # fmt: skip


@leaping
async def test_h67_sped_up_what_is_due_comes_sooner():
    async with Followed(speed=60.0).running() as followed:
        followed.call("a", 90)
        await asyncio.sleep(1.4)
        assert followed.done == []
        await asyncio.sleep(0.2)
        assert followed.done == near(("a", 90))


@leaping
async def test_another_speed_is_followed_at_once():
    async with Followed().running() as followed:
        followed.call("a", 1000)
        await asyncio.sleep(100)
        followed.clock.set_speed(100)
        await asyncio.sleep(9.5)
        assert followed.done == near(("a", 1000))


@pytest.mark.parametrize(("speed", "cost_s", "end"), [
    pytest.param(1.0, 4.0, 14.0, id="real time: as long as it took"),
    pytest.param(10.0, 4.0, 50.0, id="sped up: as long as it took, which is more than its cost"),
    pytest.param(0.1, 4.0, 14.0, id="slowed down: at least its cost"),
    pytest.param(0.1, 0.0, 10.4, id="slowed down and costing nothing: as long as it took"),
])  # fmt: skip
def test_work_ends_when_it_is_done_and_its_cost_is_paid(speed, cost_s, end):
    @leaping
    async def follow():
        async with Followed(speed=speed).running() as followed:
            followed.work("a", 10, takes_s=4.0, cost_s=cost_s)
            await asyncio.sleep(20 / speed + 10)
            assert followed.done == [("a", pytest.approx(end, abs=1e-2))]

    follow()


@leaping
async def test_while_paused_work_under_way_ends_and_nothing_new_begins():
    async with Followed().running() as followed:
        followed.work("under way", 5, takes_s=10)
        followed.work("next", 11)
        followed.call("call", 12)
        await asyncio.sleep(10)
        await followed.scheduler.steer(followed.clock.pause)
        await asyncio.sleep(1000)
        assert followed.done == near(("under way", 10))  # the clock stands at 10
        await followed.scheduler.steer(followed.clock.resume)
        await asyncio.sleep(1.5)
        assert followed.done[1:] == near(("next", 11))
        await asyncio.sleep(1)
        assert followed.done[2:] == near(("call", 12))


@leaping
async def test_a_time_out_that_passes_while_paused_ends_where_it_would_have():
    async with Followed().running() as followed:
        followed.work("a", 5, takes_s=4, cost_s=4)
        await asyncio.sleep(6)
        followed.clock.pause()
        await asyncio.sleep(100)
        assert (followed.done, followed.scheduler.in_flight) == ([], 0)
        followed.clock.resume()
        await asyncio.sleep(3.1)
        assert followed.done == near(("a", 9))


@leaping
async def test_h67_a_clock_that_stands_still_begins_nothing_but_what_is_due_already():
    async with Followed(stands_still=True).running() as followed:
        followed.work("now", 0)
        followed.work("soon", 0.001)
        await asyncio.sleep(1000)
        assert followed.done == [("now", 0)]


@leaping
async def test_h165_stopping_breaks_off_what_is_under_way():
    async with Followed().running() as followed:
        followed.work("a", 1, takes_s=1000)
        await asyncio.sleep(2)
        assert followed.under_way == 1
    assert (followed.under_way, followed.done) == (0, [])


@pytest.mark.parametrize("turns", range(12))
def test_h165_a_stop_right_after_a_wake_is_not_lost(turns):
    @leaping
    async def follow():
        followed = Followed()
        followed.call("late", 1000)
        running = asyncio.create_task(followed.scheduler.run())
        await settle()
        followed.call("sooner", 500)
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await settle()
        assert running.cancelled()

    follow()
