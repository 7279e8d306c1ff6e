"""Timers and jobs that run as time passes (health-checks.md §15; H67). `test_advance` moves the clock in steps."""

import asyncio

import pytest
import structlog.testing

from tests.dnsemu.clock.recorded import RecordedScheduler
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time


def near(*expected):
    """Names and times, to the millisecond: a skip is as inexact as a machine's timer."""
    return [(name, pytest.approx(at, abs=1e-3)) for name, at in expected]


@virtual_time
async def test_timers_and_jobs_run_at_their_instants_in_order():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("b", 20)
        recorded.timer("a", 10)
        recorded.job("c", 15, takes_s=10)
        await asyncio.sleep(30)
        assert recorded.started == near(("c", 15))
        assert recorded.done == near(("a", 10), ("b", 20), ("c", 25))


@virtual_time
async def test_past_instants_run_at_once():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("a", -5)
        recorded.job("b", -5)
        await settle()
        assert recorded.done == near(("a", 0), ("b", 0))


@virtual_time
async def test_a_timer_that_is_due_before_all_others_is_not_missed():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("late", 1000)
        await asyncio.sleep(1)
        recorded.timer("soon", 2)
        recorded.job("sooner", 1.5)
        await asyncio.sleep(5)
        assert recorded.done == near(("sooner", 1.5), ("soon", 2))


@virtual_time
async def test_cancelled_timers_and_jobs_do_not_run():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("a", 10).cancel()
        recorded.job("b", 10).cancel()
        recorded.timer("c", 11)
        await asyncio.sleep(20)
        assert (recorded.started, recorded.done) == ([], near(("c", 11)))


@virtual_time
async def test_cancelling_a_running_job_stops_it_and_its_callback_is_not_called():
    async with RecordedScheduler().running() as recorded:
        job = recorded.job("a", 10, takes_s=10)
        await asyncio.sleep(15)
        assert (job.is_live, recorded.scheduler.in_flight) == (True, 1)
        job.cancel()
        await settle()
        assert (job.is_live, recorded.scheduler.in_flight) == (False, 0)
        await asyncio.sleep(15)
        assert recorded.done == []


@virtual_time
async def test_a_job_that_is_cancelled_before_its_cost_is_paid_has_no_callback():
    async with RecordedScheduler(speed=0.1).running() as recorded:
        job = recorded.job("a", 1, takes_s=1, cost_s=5)
        await asyncio.sleep(20)
        assert recorded.scheduler.in_flight == 0
        job.cancel()
        await asyncio.sleep(1000)
        assert recorded.done == []


@virtual_time
async def test_a_job_that_is_cancelled_before_it_started_frees_its_slot():
    async with RecordedScheduler(max_concurrent=1).running() as recorded:
        first = recorded.job("a", 0)
        while not recorded.scheduler.in_flight:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert recorded.started == []
        first.cancel()
        recorded.job("b", 1)
        await asyncio.sleep(2)
        assert (recorded.started, recorded.scheduler.in_flight) == (near(("b", 1)), 0)


@virtual_time
async def test_h163_concurrent_jobs_are_bounded_and_timers_do_not_wait_for_them():
    async with RecordedScheduler(max_concurrent=3).running() as recorded:
        for number in range(9):
            recorded.job(str(number), 10, takes_s=10)
        recorded.timer("timer", 15)
        await asyncio.sleep(100)
        assert recorded.max_running == 3
        assert [at for _, at in recorded.started] == pytest.approx([10] * 3 + [20] * 3 + [30] * 3, abs=1e-3)
        assert recorded.done[0] == near(("timer", 15))[0]


@virtual_time
async def test_failures_are_logged_and_the_rest_runs():
    async def fails_to_run():
        raise OSError("no more files")

    def fails(_at):
        raise OSError("no more space")

    async def ends_with_a_failing_callback():
        return 0.0, fails

    async with RecordedScheduler().running() as recorded:
        with structlog.testing.capture_logs() as logs:
            recorded.scheduler.run_job_at(START + 1, fails_to_run)
            recorded.scheduler.call_at(START + 2, fails)
            recorded.scheduler.run_job_at(START + 3, ends_with_a_failing_callback)
            recorded.timer("a", 4)
            recorded.job("b", 5)
            await asyncio.sleep(10)
        assert recorded.done == near(("a", 4), ("b", 5))
    assert [log["fault"] for log in logs] == [
        "OSError('no more files')", "OSError('no more space')", "OSError('no more space')"
    ]  # fmt: skip


@virtual_time
async def test_h67_at_a_higher_speed_timers_run_sooner():
    async with RecordedScheduler(speed=60.0).running() as recorded:
        recorded.timer("a", 90)
        await asyncio.sleep(1.4)
        assert recorded.done == []
        await asyncio.sleep(0.2)
        assert recorded.done == near(("a", 90))


@virtual_time
async def test_a_change_of_speed_takes_effect_at_once():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("a", 1000)
        await asyncio.sleep(100)
        recorded.clock.set_speed(100)
        await asyncio.sleep(9.5)
        assert recorded.done == near(("a", 1000))


@pytest.mark.parametrize(("speed", "cost_s", "end"), [
    pytest.param(1.0, 4.0, 14.0, id="real time: as long as it took"),
    pytest.param(10.0, 4.0, 50.0, id="sped up: as long as it took, which is more than its cost"),
    pytest.param(0.1, 4.0, 14.0, id="slowed down: at least its cost"),
    pytest.param(0.1, 0.0, 10.4, id="slowed down and costing nothing: as long as it took"),
])  # fmt: skip
def test_a_job_ends_when_it_is_done_and_its_cost_is_paid(speed, cost_s, end):
    @virtual_time
    async def follow():
        async with RecordedScheduler(speed=speed).running() as recorded:
            recorded.job("a", 10, takes_s=4.0, cost_s=cost_s)
            await asyncio.sleep(20 / speed + 10)
            assert recorded.done == [("a", pytest.approx(end, abs=1e-2))]

    follow()


@virtual_time
async def test_while_paused_running_jobs_end_and_nothing_new_starts():
    async with RecordedScheduler().running() as recorded:
        recorded.job("running", 5, takes_s=10)
        recorded.job("next", 11)
        recorded.timer("timer", 12)
        await asyncio.sleep(10)
        await recorded.scheduler.change_clock(recorded.clock.pause)
        await asyncio.sleep(1000)
        assert recorded.done == near(("running", 10))  # the clock stands at 10
        await recorded.scheduler.change_clock(recorded.clock.resume)
        await asyncio.sleep(1.5)
        assert recorded.done[1:] == near(("next", 11))
        await asyncio.sleep(1)
        assert recorded.done[2:] == near(("timer", 12))


@virtual_time
async def test_a_time_out_that_passes_while_paused_ends_at_its_emulated_instant():
    async with RecordedScheduler().running() as recorded:
        recorded.job("a", 5, takes_s=4, cost_s=4)
        await asyncio.sleep(6)
        recorded.clock.pause()
        await asyncio.sleep(100)
        assert (recorded.done, recorded.scheduler.in_flight) == ([], 0)
        recorded.clock.resume()
        await asyncio.sleep(3.1)
        assert recorded.done == near(("a", 9))


@virtual_time
async def test_h67_while_paused_only_what_is_already_due_runs():
    async with RecordedScheduler(is_paused=True).running() as recorded:
        recorded.job("now", 0)
        recorded.job("soon", 0.001)
        await asyncio.sleep(1000)
        assert recorded.done == [("now", 0)]


@virtual_time
async def test_h165_stopping_cancels_running_jobs():
    async with RecordedScheduler().running() as recorded:
        recorded.job("a", 1, takes_s=1000)
        await asyncio.sleep(2)
        assert recorded.running_jobs == 1
    assert (recorded.running_jobs, recorded.done) == (0, [])


@pytest.mark.parametrize("turns", range(12))
def test_h165_a_stop_right_after_a_wake_up_is_not_lost(turns):
    @virtual_time
    async def follow():
        recorded = RecordedScheduler()
        recorded.timer("late", 1000)
        running = asyncio.create_task(recorded.scheduler.run())
        await settle()
        recorded.timer("sooner", 500)
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await settle()
        assert running.cancelled()

    follow()


@virtual_time
async def test_h67_what_fell_due_while_the_machine_slept_runs_when_it_wakes():
    """The event loop's own timers go on where they stood."""
    async with RecordedScheduler().running() as recorded:
        recorded.timer("a", 1000)
        recorded.job("b", 2000)
        recorded.timer("later", 5000)
        await asyncio.sleep(5)
        recorded.slept_s = 3600
        await asyncio.sleep(1.5)
        assert [name for name, _ in recorded.done] == ["a", "b"]
        assert all(3604 < at < 3607 for _, at in recorded.done)


@virtual_time
async def test_after_a_restart_of_the_clock_everything_is_due_in_as_many_seconds_as_before():
    recorded = RecordedScheduler(is_paused=True)
    async with recorded.running():
        recorded.timer("timer", 4000)
        job = recorded.job("job", 4010)
        recorded.timer("cancelled", 4005).cancel()
        await recorded.scheduler.advance(3600)
        async with recorded.scheduler.between_steps():
            assert recorded.scheduler.restart_clock() == -3600
        assert (recorded.clock.now(), job.due) == (START, START + 410)
        await recorded.scheduler.advance(399)
        assert recorded.done == []
        await recorded.scheduler.advance(11)
        assert recorded.done == near(("timer", 400), ("job", 410))


@virtual_time
async def test_a_job_that_runs_across_a_restart_of_the_clock_ends_as_soon_as_without_it():
    """Probes are planned from the end of the last one: one that ended an hour late would stop a checker for an hour."""
    async with RecordedScheduler().running() as recorded:
        await recorded.scheduler.advance(3600)
        recorded.job("job", 3601, takes_s=5, cost_s=8)
        await asyncio.sleep(3)
        async with recorded.scheduler.between_steps():
            moved_s = recorded.scheduler.restart_clock()
        await asyncio.sleep(7)
        assert recorded.done == near(("job", 3609 + moved_s))


@virtual_time
async def test_steps_that_wait_are_interrupted_too():
    async with RecordedScheduler(is_paused=True).running() as recorded:
        recorded.job("job", 10, takes_s=10)
        steps = [asyncio.create_task(recorded.scheduler.advance(100)) for _ in range(3)]
        await asyncio.sleep(1)
        async with recorded.scheduler.interrupted():
            assert recorded.clock.now() == START + 10
            assert all(step.done() for step in steps)
        await recorded.scheduler.advance(5)
        assert recorded.clock.now() == START + 15


@virtual_time
async def test_between_two_steps_nothing_runs_and_afterwards_everything_that_is_due():
    async with RecordedScheduler().running() as recorded:
        recorded.timer("a", 10)
        async with recorded.scheduler.between_steps():
            stepping = asyncio.create_task(recorded.scheduler.advance(5))
            await asyncio.sleep(20)
            assert (recorded.done, stepping.done()) == ([], False)
        await stepping
        assert recorded.done == near(("a", 20))
