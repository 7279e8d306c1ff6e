"""Steps of the clock, with everything due on the way (design: one clock; H67, H163)."""

import asyncio
import random

import pytest
import structlog.testing
from hypothesis import example, given
from hypothesis import strategies as st

from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from tests.dnsemu.clock.recorded import RecordedScheduler
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time


class Stepped(RecordedScheduler):
    """A scheduler whose clock is paused, and whose jobs may all start early unless told otherwise."""

    def __init__(self, **more):
        super().__init__(is_paused=True, **more)

    def job(self, name, after_s, *, takes_s=0.0, cost_s=0.0, is_early=True, every_s=None):
        async def run():
            self.started.append(name)
            await self.take(takes_s)
            return cost_s, end

        def end(at):
            self.done.append((name, at - START))
            if every_s is not None:
                self.job(name, at - START + every_s, takes_s=takes_s, cost_s=cost_s, is_early=is_early, every_s=every_s)

        return self.scheduler.run_job_at(START + after_s, run, (name, "", 0), may_start_early=is_early)


def real_s():
    return asyncio.get_running_loop().time()


@virtual_time
async def test_h67_a_step_runs_what_is_due_on_the_way_in_order_and_no_more():
    stepped = Stepped()
    stepped.job("c", 15)
    stepped.timer("b", 10)
    stepped.timer("d", 20)
    stepped.timer("e", 20.001)
    await stepped.scheduler.advance(20)
    assert stepped.done == [("b", 10), ("c", 15), ("d", 20)]
    assert stepped.clock.now() == START + 20


@virtual_time
async def test_h67_nothing_moves_between_steps():
    stepped = Stepped()
    stepped.timer("a", 0.5)
    await asyncio.sleep(1000)
    assert (stepped.done, stepped.clock.now()) == ([], START)


@virtual_time
async def test_the_clock_shows_each_instant_while_its_callback_runs():
    stepped, seen = Stepped(), []
    for after_s in (3, 1, 2):
        stepped.scheduler.call_at(START + after_s, lambda at: seen.append((at, stepped.clock.now())))
    await stepped.scheduler.advance(10)
    assert seen == [(START + after_s, START + after_s) for after_s in (1, 2, 3)]


@virtual_time
async def test_a_timer_set_on_the_way_runs_on_the_way():
    stepped = Stepped()
    stepped.scheduler.call_at(START + 1, lambda at: stepped.timer("later", 2))
    await stepped.scheduler.advance(2)
    assert stepped.done == [("later", 2)]


@virtual_time
async def test_a_step_takes_the_cost_of_its_jobs_not_their_real_time():
    stepped = Stepped()
    stepped.job("quick", 1, takes_s=3)
    stepped.job("timed out", 1, takes_s=4, cost_s=4)
    await stepped.scheduler.advance(4.9)
    assert stepped.done == [("quick", 1)]
    await stepped.scheduler.advance(0.1)
    assert stepped.done == [("quick", 1), ("timed out", 5)]


@virtual_time
async def test_jobs_due_within_a_step_start_together():
    stepped = Stepped()
    for number in range(16):
        stepped.job(str(number), number, takes_s=10, cost_s=10)
    began = real_s()
    await stepped.scheduler.advance(20)
    assert stepped.max_running == 16
    assert real_s() - began == pytest.approx(10, abs=0.01)
    assert [at for _, at in stepped.done] == [number + 10.0 for number in range(11)]


@virtual_time
async def test_a_job_that_may_not_start_early_waits_for_what_is_due_before_it():
    stepped = Stepped()
    stepped.job("a", 1, takes_s=1, is_early=False)
    stepped.job("b", 2, takes_s=1, is_early=False)
    stepped.scheduler.call_at(START + 1.5, lambda at: stepped.started.append("timer"))
    await stepped.scheduler.advance(10)
    assert stepped.started == ["a", "timer", "b"]
    assert stepped.max_running == 1


@virtual_time
async def test_a_job_that_may_start_early_does_not_wait_for_one_that_may_not():
    stepped = Stepped()
    for name, after_s, is_early in (("a", 1, True), ("b", 2, True), ("c", 3, False), ("d", 4, True)):
        stepped.job(name, after_s, takes_s=1, is_early=is_early)
    await stepped.scheduler.advance(10)
    assert stepped.started == ["a", "b", "d", "c"]
    assert [name for name, _ in stepped.done] == ["a", "b", "c", "d"]
    assert stepped.max_running == 3


@virtual_time
async def test_h163_concurrent_jobs_are_bounded_in_a_step_too():
    stepped = Stepped(max_concurrent=3)
    for number in range(10):
        stepped.job(str(number), number, takes_s=1)
    await stepped.scheduler.advance(10)
    assert (stepped.max_running, len(stepped.done)) == (3, 10)


@virtual_time
async def test_jobs_that_could_not_start_early_for_lack_of_room_still_end_in_order():
    stepped = Stepped(max_concurrent=2)
    for name, after_s in (("a", 1), ("b", 2), ("c", 3)):
        stepped.job(name, after_s, takes_s=1, cost_s=1.5)
    stepped.timer("timer", 2.75)
    await stepped.scheduler.advance(10)
    assert stepped.done == [("a", 2.5), ("timer", 2.75), ("b", 3.5), ("c", 4.5)]


@virtual_time
async def test_jobs_of_one_group_start_four_at_a_time():
    stepped = Stepped()

    async def answer():
        await stepped.take(0.01)
        return 0.0, stepped.done.append

    for number in range(16):
        stepped.scheduler.run_job_at(START + 1, answer, ("one check", "", number), may_start_early=True)
    await stepped.scheduler.advance(1)
    assert (stepped.max_running, len(stepped.done)) == (4, 16)


@virtual_time
async def test_slow_jobs_of_one_group_still_run_together():
    stepped = Stepped()

    async def time_out():
        await asyncio.sleep(4)
        return 4.0, stepped.done.append

    for number in range(16):
        stepped.scheduler.run_job_at(START + 1, time_out, ("one check", "", number), may_start_early=True)
    began = real_s()
    await stepped.scheduler.advance(10)
    assert real_s() - began < 5
    assert stepped.done == [START + 5] * 16


# --- several steps, cancelling and pausing ---


@virtual_time
async def test_concurrent_steps_run_one_after_the_other():
    stepped = Stepped()
    stepped.job("a", 5, takes_s=3)
    stepped.job("b", 15, takes_s=3)
    seen = []

    async def step(by_s):
        await stepped.scheduler.advance(by_s)
        seen.append((stepped.clock.now() - START, len(stepped.done)))

    await asyncio.gather(step(10), step(10), step(1))
    assert seen == [(10, 1), (20, 2), (21, 2)]


@virtual_time
async def test_a_step_waits_for_running_jobs_first():
    async with RecordedScheduler().running() as recorded:
        recorded.job("running", 1, takes_s=10)
        recorded.timer("on the way", 5)
        await asyncio.sleep(2)
        await recorded.scheduler.advance(100)
        assert [name for name, _ in recorded.done] == ["running", "on the way"]
        assert recorded.done[0][1] == pytest.approx(2, abs=1e-3)
        assert recorded.clock.now() - START == pytest.approx(102, abs=1e-3)


@virtual_time
async def test_after_a_step_a_running_clock_runs_on_and_is_followed():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("a", 50)
        recorded.timer("b", 101)
        await recorded.scheduler.advance(100)
        assert recorded.done == [("a", pytest.approx(50, abs=1e-3))]
        assert not recorded.clock.is_paused
        await asyncio.sleep(2)
        assert recorded.done[1:] == [("b", pytest.approx(101, abs=1e-3))]


@virtual_time
async def test_the_clock_is_changed_between_two_steps():
    stepped = Stepped()
    stepped.job("a", 1, takes_s=5)
    step = asyncio.create_task(stepped.scheduler.advance(10))
    await settle()
    await stepped.scheduler.change_clock(stepped.clock.resume)
    assert step.done()
    assert stepped.clock.now() == START + 10
    await asyncio.sleep(1)
    assert stepped.clock.now() == START + 11


@virtual_time
async def test_a_cancelled_step_loses_no_job():
    stepped = Stepped()

    def add(number):
        async def run():
            stepped.started.append(number)
            await asyncio.sleep(1)
            return 0.0, lambda at: stepped.done.append((number, at - START))

        stepped.scheduler.run_job_at(START + 1 + number, run, ("one check", "", number), may_start_early=True)

    for number in range(16):
        add(number)
    step = asyncio.create_task(stepped.scheduler.advance(100))
    await asyncio.sleep(0.05)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert step.cancelled()
    assert (len(stepped.started), stepped.done, stepped.clock.is_paused) == (4, [], True)
    await stepped.scheduler.advance(100)
    assert sorted(stepped.started) == list(range(16))
    assert sorted(stepped.done) == [(number, number + 1) for number in range(16)]


@pytest.mark.parametrize("turns", range(10))
def test_a_step_may_be_cancelled_at_any_moment(turns):
    @virtual_time
    async def follow():
        stepped = Stepped()
        for name in "abc":
            stepped.job(name, 1, takes_s=1)
        step = asyncio.create_task(stepped.scheduler.advance(2))
        for _ in range(turns):
            await asyncio.sleep(0)
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        await stepped.scheduler.advance(3)
        assert sorted(stepped.done) == [("a", 1), ("b", 1), ("c", 1)]

    follow()


@virtual_time
async def test_a_running_clock_runs_on_after_a_cancelled_step():
    async with RecordedScheduler().running() as recorded:
        recorded.job("a", 10, takes_s=50)
        recorded.timer("b", 20)
        step = asyncio.create_task(recorded.scheduler.advance(15))
        await asyncio.sleep(1)
        step.cancel()
        await asyncio.sleep(60)
        assert [name for name, _ in recorded.done] == ["b", "a"]
        assert not recorded.clock.is_paused


@virtual_time
async def test_a_job_that_is_cancelled_before_its_turn_never_starts():
    stepped = Stepped()

    def add(number):
        async def run():
            stepped.started.append(number)
            await asyncio.sleep(1)
            return 0.0, lambda at: stepped.done.append(number)

        return stepped.scheduler.run_job_at(START + 1, run, ("one check", "", number), may_start_early=True)

    jobs = [add(number) for number in range(8)]
    step = asyncio.create_task(stepped.scheduler.advance(10))
    await asyncio.sleep(0.05)
    for job in jobs[2:]:
        job.cancel()
    await step
    assert stepped.started == [0, 1, 2, 3]
    assert stepped.done == [0, 1]


@virtual_time
async def test_a_job_that_is_cancelled_before_its_end_in_a_step_has_no_callback():
    stepped = Stepped()
    job = stepped.job("timed out", 1, takes_s=4, cost_s=4)
    await stepped.scheduler.advance(2)
    assert stepped.started == ["timed out"]
    job.cancel()
    await stepped.scheduler.advance(10)
    assert stepped.done == []


@virtual_time
async def test_failures_in_a_step_are_logged_and_the_step_goes_on():
    stepped = Stepped()

    async def fails_to_run():
        raise OSError("no more files")

    def fails(_at):
        raise OSError("no more space")

    stepped.scheduler.run_job_at(START + 1, fails_to_run, may_start_early=True)
    stepped.scheduler.call_at(START + 2, fails)
    stepped.job("a", 3)
    with structlog.testing.capture_logs() as logs:
        await stepped.scheduler.advance(10)
    assert stepped.done == [("a", 3)]
    assert [log["fault"] for log in logs] == ["OSError('no more files')", "OSError('no more space')"]


@virtual_time
async def test_a_long_step_gives_other_tasks_their_turn():
    stepped, turns = Stepped(), 0

    def tick(at):
        stepped.scheduler.call_at(at + 1, tick)

    async def take_turns():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    stepped.scheduler.call_at(START, tick)
    others = asyncio.create_task(take_turns())
    await stepped.scheduler.advance(6400)
    others.cancel()
    assert turns >= 100


# --- properties ---


PLANS = st.lists(
    st.tuples(st.floats(0, 30), st.booleans(), st.sampled_from([0.0, 0.0, 4.0]), st.floats(3, 20)),
    min_size=1,
    max_size=8,
)


def repeated(plans, steps, *, seed=0, max_concurrent=2000):
    """The record of such repeating jobs when the clock is moved by those steps."""

    @virtual_time
    async def follow():
        stepped, dice = Stepped(max_concurrent=max_concurrent), random.Random(seed)
        for number, (after_s, is_early, cost_s, every_s) in enumerate(plans):
            takes_s = dice.random() * 5  # so that it ends in any order
            stepped.job(f"w{number}", after_s, takes_s=takes_s, cost_s=cost_s, is_early=is_early, every_s=every_s)
        for step in steps:
            await stepped.scheduler.advance(step)
        await stepped.scheduler.advance(100 - (stepped.clock.now() - START))
        assert stepped.max_running <= max_concurrent
        return stepped.done

    return follow()


@given(plans=PLANS, steps=st.lists(st.floats(0, 10), max_size=10))
def test_small_steps_do_the_same_as_one_large_one(plans, steps):
    assert repeated(plans, steps) == repeated(plans, [])


@given(
    plans=PLANS, seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)), max_concurrent=st.sampled_from([1, 2, 2000])
)
@example(plans=[(0.0, True, 0.0, 3.0), (0.0, True, 0.0, 4.0)], seeds=(0, 0), max_concurrent=1)  # both are due at 12
def test_the_order_of_callbacks_does_not_depend_on_which_job_really_ends_first(plans, seeds, max_concurrent):
    one, other = seeds
    done = repeated(plans, [], seed=one)
    assert done == repeated(plans, [], seed=other, max_concurrent=max_concurrent)
    assert done == sorted(done, key=lambda event: (event[1], event[0]))


@virtual_time
async def test_an_empty_scheduler_moves_the_clock_too():
    clock = Clock(start=START, is_paused=True)
    await Scheduler(clock).advance(86_400)
    assert clock.now() == START + 86_400
