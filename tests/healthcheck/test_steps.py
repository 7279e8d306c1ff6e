"""The clock moved step by step, with all that falls due on the way (design: one clock; H67, H163)."""

import asyncio
import random

import pytest
import structlog.testing
from hypothesis import example, given
from hypothesis import strategies as st

from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from tests.dnsemu.clock.test_scheduler import Followed
from tests.healthcheck.leaping_loop import leaping
from tests.healthcheck.stage import START, settle


class Stepped(Followed):
    """An agenda whose clock stands still, and whose work may all begin early."""

    def __init__(self, **more):
        super().__init__(stands_still=True, **more)

    def work(self, name, after_s, *, takes_s=0.0, cost_s=0.0, is_early=True, every_s=None):
        async def carry_out():
            self.begun.append(name)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                await asyncio.sleep(takes_s)
            finally:
                self.under_way -= 1
            return cost_s, end

        def end(at):
            self.done.append((name, at - START))
            if every_s is not None:
                self.work(
                    name, at - START + every_s, takes_s=takes_s, cost_s=cost_s, is_early=is_early, every_s=every_s
                )

        return self.scheduler.work_at(START + after_s, carry_out, (name, "", 0), may_begin_early=is_early)


def real_s():
    return asyncio.get_running_loop().time()


@leaping
async def test_h67_a_step_does_what_falls_due_on_the_way_in_order_and_no_more():
    stepped = Stepped()
    stepped.work("c", 15)
    stepped.call("b", 10)
    stepped.call("d", 20)
    stepped.call("e", 20.001)
    await stepped.scheduler.advance(20)
    assert stepped.done == [("b", 10), ("c", 15), ("d", 20)]
    assert stepped.clock.now() == START + 20


@leaping
async def test_h67_nothing_moves_between_steps():
    stepped = Stepped()
    stepped.call("a", 0.5)
    await asyncio.sleep(1000)
    assert (stepped.done, stepped.clock.now()) == ([], START)


@leaping
async def test_the_clock_stands_at_each_instant_while_it_is_dealt_with():
    stepped, seen = Stepped(), []
    for after_s in (3, 1, 2):
        stepped.scheduler.call_at(START + after_s, lambda at: seen.append((at, stepped.clock.now())))
    await stepped.scheduler.advance(10)
    assert seen == [(START + after_s, START + after_s) for after_s in (1, 2, 3)]


@leaping
async def test_what_is_called_for_on_the_way_is_done_on_the_way():
    stepped = Stepped()
    stepped.scheduler.call_at(START + 1, lambda at: stepped.call("later", 2))
    await stepped.scheduler.advance(2)
    assert stepped.done == [("later", 2)]


@leaping
async def test_a_step_costs_what_work_costs_not_what_it_takes():
    stepped = Stepped()
    stepped.work("quick", 1, takes_s=3)
    stepped.work("timed out", 1, takes_s=4, cost_s=4)
    await stepped.scheduler.advance(4.9)
    assert stepped.done == [("quick", 1)]
    await stepped.scheduler.advance(0.1)
    assert stepped.done == [("quick", 1), ("timed out", 5)]


@leaping
async def test_work_due_within_a_step_begins_together():
    stepped = Stepped()
    for number in range(16):
        stepped.work(str(number), number, takes_s=10, cost_s=10)
    began = real_s()
    await stepped.scheduler.advance(20)
    assert stepped.most_under_way == 16
    assert real_s() - began == pytest.approx(10, abs=0.01)
    assert [at for _, at in stepped.done] == [number + 10.0 for number in range(11)]


@leaping
async def test_work_that_may_not_begin_early_waits_for_what_is_due_before_it():
    stepped = Stepped()
    stepped.work("a", 1, takes_s=1, is_early=False)
    stepped.work("b", 2, takes_s=1, is_early=False)
    stepped.scheduler.call_at(START + 1.5, lambda at: stepped.begun.append("call"))
    await stepped.scheduler.advance(10)
    assert stepped.begun == ["a", "call", "b"]
    assert stepped.most_under_way == 1


@leaping
async def test_what_may_begin_early_does_not_wait_for_what_may_not():
    stepped = Stepped()
    for name, after_s, is_early in (("a", 1, True), ("b", 2, True), ("c", 3, False), ("d", 4, True)):
        stepped.work(name, after_s, takes_s=1, is_early=is_early)
    await stepped.scheduler.advance(10)
    assert stepped.begun == ["a", "b", "d", "c"]
    assert [name for name, _ in stepped.done] == ["a", "b", "c", "d"]
    assert stepped.most_under_way == 3


@leaping
async def test_h163_work_at_once_is_bounded_while_stepping_too():
    stepped = Stepped(max_concurrent=3)
    for number in range(10):
        stepped.work(str(number), number, takes_s=1)
    await stepped.scheduler.advance(10)
    assert (stepped.most_under_way, len(stepped.done)) == (3, 10)


@leaping
async def test_what_could_not_be_begun_early_for_want_of_room_still_ends_in_order():
    stepped = Stepped(max_concurrent=2)
    for name, after_s in (("a", 1), ("b", 2), ("c", 3)):
        stepped.work(name, after_s, takes_s=1, cost_s=1.5)
    stepped.call("call", 2.75)
    await stepped.scheduler.advance(10)
    assert stepped.done == [("a", 2.5), ("call", 2.75), ("b", 3.5), ("c", 4.5)]


@leaping
async def test_a_small_server_is_not_asked_by_everybody_at_once():
    stepped = Stepped()

    async def answer():
        stepped.under_way += 1
        stepped.most_under_way = max(stepped.most_under_way, stepped.under_way)
        await asyncio.sleep(0.01)
        stepped.under_way -= 1
        return 0.0, stepped.done.append

    for number in range(16):
        stepped.scheduler.work_at(START + 1, answer, ("one check", "", number), may_begin_early=True)
    await stepped.scheduler.advance(1)
    assert (stepped.most_under_way, len(stepped.done)) == (4, 16)


@leaping
async def test_sixteen_checkers_of_a_silent_endpoint_still_wait_together():
    stepped = Stepped()

    async def time_out():
        await asyncio.sleep(4)
        return 4.0, stepped.done.append

    for number in range(16):
        stepped.scheduler.work_at(START + 1, time_out, ("one check", "", number), may_begin_early=True)
    began = real_s()
    await stepped.scheduler.advance(10)
    assert real_s() - began < 5
    assert stepped.done == [START + 5] * 16


# --- several steps, and what happens meanwhile ---


@leaping
async def test_steps_asked_for_at_once_happen_one_after_the_other():
    stepped = Stepped()
    stepped.work("a", 5, takes_s=3)
    stepped.work("b", 15, takes_s=3)
    seen = []

    async def step(by_s):
        await stepped.scheduler.advance(by_s)
        seen.append((stepped.clock.now() - START, len(stepped.done)))

    await asyncio.gather(step(10), step(10), step(1))
    assert seen == [(10, 1), (20, 2), (21, 2)]


@leaping
async def test_a_step_while_work_is_under_way_lets_it_finish_first():
    async with Followed().running() as followed:
        followed.work("under way", 1, takes_s=10)
        followed.call("on the way", 5)
        await asyncio.sleep(2)
        await followed.scheduler.advance(100)
        assert [name for name, _ in followed.done] == ["under way", "on the way"]
        assert followed.done[0][1] == pytest.approx(2, abs=1e-3)
        assert followed.clock.now() - START == pytest.approx(102, abs=1e-3)


@leaping
async def test_after_a_step_a_clock_that_ran_runs_on_and_is_followed():
    async with Followed().running() as followed:
        followed.call("a", 50)
        followed.call("b", 101)
        await followed.scheduler.advance(100)
        assert followed.done == [("a", pytest.approx(50, abs=1e-3))]
        assert not followed.clock.stands_still
        await asyncio.sleep(2)
        assert followed.done[1:] == [("b", pytest.approx(101, abs=1e-3))]


@leaping
async def test_the_clock_is_steered_between_two_steps():
    stepped = Stepped()
    stepped.work("a", 1, takes_s=5)
    step = asyncio.create_task(stepped.scheduler.advance(10))
    await settle()
    await stepped.scheduler.steer(stepped.clock.resume)
    assert step.done()
    assert stepped.clock.now() == START + 10
    await asyncio.sleep(1)
    assert stepped.clock.now() == START + 11


@leaping
async def test_a_step_that_is_broken_off_leaves_all_that_was_to_be_done():
    stepped = Stepped()

    def work(number):
        async def carry_out():
            stepped.begun.append(number)
            await asyncio.sleep(1)
            return 0.0, lambda at: stepped.done.append((number, at - START))

        stepped.scheduler.work_at(START + 1 + number, carry_out, ("one check", "", number), may_begin_early=True)

    for number in range(16):
        work(number)
    step = asyncio.create_task(stepped.scheduler.advance(100))
    await asyncio.sleep(0.05)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert step.cancelled()
    assert (len(stepped.begun), stepped.done, stepped.clock.stands_still) == (4, [], True)
    await stepped.scheduler.advance(100)
    assert sorted(stepped.begun) == list(range(16))
    assert sorted(stepped.done) == [(number, number + 1) for number in range(16)]


@pytest.mark.parametrize("turns", range(10))
def test_a_step_may_be_broken_off_at_any_moment(turns):
    @leaping
    async def follow():
        stepped = Stepped()
        for name in "abc":
            stepped.work(name, 1, takes_s=1)
        step = asyncio.create_task(stepped.scheduler.advance(2))
        for _ in range(turns):
            await asyncio.sleep(0)
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        await stepped.scheduler.advance(3)
        assert sorted(stepped.done) == [("a", 1), ("b", 1), ("c", 1)]

    follow()


@leaping
async def test_a_clock_that_ran_runs_on_after_a_step_that_was_broken_off():
    async with Followed().running() as followed:
        followed.work("a", 10, takes_s=50)
        followed.call("b", 20)
        step = asyncio.create_task(followed.scheduler.advance(15))
        await asyncio.sleep(1)
        step.cancel()
        await asyncio.sleep(60)
        assert [name for name, _ in followed.done] == ["b", "a"]
        assert not followed.clock.stands_still


@leaping
async def test_work_that_is_cancelled_before_its_turn_in_a_step_never_begins():
    stepped = Stepped()
    jobs = []

    def work(number):
        async def carry_out():
            stepped.begun.append(number)
            await asyncio.sleep(1)
            return 0.0, lambda at: stepped.done.append(number)

        return stepped.scheduler.work_at(START + 1, carry_out, ("one check", "", number), may_begin_early=True)

    jobs = [work(number) for number in range(8)]
    step = asyncio.create_task(stepped.scheduler.advance(10))
    await asyncio.sleep(0.05)
    for job in jobs[2:]:
        job.cancel()
    await step
    assert stepped.begun == [0, 1, 2, 3]
    assert stepped.done == [0, 1]


@leaping
async def test_work_that_is_cancelled_between_what_it_took_and_its_end_has_no_end():
    stepped = Stepped()
    work = stepped.work("timed out", 1, takes_s=4, cost_s=4)
    await stepped.scheduler.advance(2)
    assert stepped.begun == ["timed out"]
    work.cancel()
    await stepped.scheduler.advance(10)
    assert stepped.done == []


@leaping
async def test_what_cannot_be_done_in_a_step_is_logged_and_the_step_goes_on():
    stepped = Stepped()

    async def cannot():
        raise OSError("no more files")

    def fails(_at):
        raise OSError("no more space")

    stepped.scheduler.work_at(START + 1, cannot, may_begin_early=True)
    stepped.scheduler.call_at(START + 2, fails)
    stepped.work("a", 3)
    with structlog.testing.capture_logs() as logs:
        await stepped.scheduler.advance(10)
    assert stepped.done == [("a", 3)]
    assert [log["fault"] for log in logs] == ["OSError('no more files')", "OSError('no more space')"]


@leaping
async def test_a_long_step_lets_everything_else_take_its_turn():
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
    """What is done when such work comes again and again and the clock is moved by those steps."""

    @leaping
    async def follow():
        stepped, dice = Stepped(max_concurrent=max_concurrent), random.Random(seed)
        for number, (after_s, is_early, cost_s, every_s) in enumerate(plans):
            takes_s = dice.random() * 5  # so that it ends in any order
            stepped.work(f"w{number}", after_s, takes_s=takes_s, cost_s=cost_s, is_early=is_early, every_s=every_s)
        for step in steps:
            await stepped.scheduler.advance(step)
        await stepped.scheduler.advance(100 - (stepped.clock.now() - START))
        assert stepped.most_under_way <= max_concurrent
        return stepped.done

    return follow()


@given(plans=PLANS, steps=st.lists(st.floats(0, 10), max_size=10))
def test_small_steps_do_the_same_as_one_large_one(plans, steps):
    assert repeated(plans, steps) == repeated(plans, [])


@given(
    plans=PLANS, seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)), max_concurrent=st.sampled_from([1, 2, 2000])
)
@example(plans=[(0.0, True, 0.0, 3.0), (0.0, True, 0.0, 4.0)], seeds=(0, 0), max_concurrent=1)  # both are due at 12
def test_what_is_done_does_not_depend_on_what_really_ends_first(plans, seeds, max_concurrent):
    one, other = seeds
    done = repeated(plans, [], seed=one)
    assert done == repeated(plans, [], seed=other, max_concurrent=max_concurrent)
    assert done == sorted(done, key=lambda event: (event[1], event[0]))


@leaping
async def test_an_agenda_without_anything_on_it_moves_the_clock_all_the_same():
    clock = Clock(start=START, stands_still=True)
    await Scheduler(clock).advance(86_400)
    assert clock.now() == START + 86_400
