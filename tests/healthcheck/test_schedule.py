"""Start times of probes, as time passes or in steps, and failures that must not stop them (health-checks.md §5, §15)."""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
import structlog.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.monitor import phase
from dnsemu.healthcheck.verdict.results import ProbeResult
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time
from tests.healthcheck.stage import DOWN, FOUR, INTERVAL_S, TIME_OUT_S, Stage, endpoint
from tests.rounds import rounds

FIRST = Checker("us-east-1", 0)


@virtual_time
async def test_h63_a_probe_starts_one_interval_after_the_end_of_the_last():
    async with Stage().running() as stage:
        stage.apply(endpoint("a"))
        await stage.passes(5 * INTERVAL_S)
        times = stage.endpoints.times("a")
        assert len(times) == 5
        assert [after - before for before, after in pairwise(times)] == pytest.approx([10.0] * 4, abs=1e-3)


@pytest.mark.parametrize("is_stepped", [False, True], ids=["H63 as time passes", "H63 stepped"])
def test_the_interval_runs_from_the_end_of_a_probe_that_timed_out(is_stepped):
    @virtual_time
    async def follow():
        async with Stage(is_stepped=is_stepped).running() as stage:
            stage.endpoints.timing_out.add("a")
            stage.apply(endpoint("a"))
            await stage.passes(3 * (INTERVAL_S + TIME_OUT_S))
            starts = [round(at - START - phase(1, "a", FIRST) * INTERVAL_S, 3) for at in stage.endpoints.times("a")]
            assert starts == [0, 14, 28]
            (state,) = stage.monitor.state("a").checkers.values()
            assert state.last.at - starts[-1] == pytest.approx(START + phase(1, "a", FIRST) * INTERVAL_S + 4, abs=1e-3)

    follow()


@virtual_time
async def test_h63_first_probes_are_spread_over_the_interval():
    async with Stage().running() as stage:
        stage.apply(*(endpoint(f"c{n}") for n in range(200)))
        start = stage.clock.now()
        await stage.passes(INTERVAL_S)
        tenths = Counter(int(at - start) for _, _, at in stage.endpoints.probed)
        assert set(tenths) == set(range(10))


def test_h63_the_phase_depends_only_on_seed_check_and_checker():
    keys = [(seed, id, Checker(region, number))
             for seed in (1, 2) for id in "ab" for region in ("us-east-1", "eu-west-1") for number in (0, 1)]  # fmt: skip
    phases = {phase(*key) for key in keys}
    assert len(phases) == len(keys)
    assert all(0 <= each < 1 for each in phases)
    assert phase(1, "a", FIRST) == phase(1, "a", FIRST)


@virtual_time
async def test_h63_the_same_seed_gives_the_same_schedule_whatever_else_is_declared():
    schedules = []
    for seed, others in ((1, ()), (1, (endpoint("b"), endpoint("c"))), (2, ())):
        stage = Stage(seed=seed, is_stepped=True)
        stage.apply(*others, endpoint("a"), fleet=FOUR)
        schedules.append({c: stage.monitor.next_probe("a", c) for c in stage.monitor.state("a").checkers})
    assert schedules[0] == schedules[1] != schedules[2]


@virtual_time
async def test_h63_a_shorter_interval_applies_at_once():
    async with Stage().running() as stage:
        stage.apply(endpoint("a", interval_s=3600.0))
        await stage.passes(3600)
        assert len(stage.endpoints.times("a")) == 1
        stage.apply(endpoint("a", interval_s=1.0))
        await stage.passes(60)
        assert len(stage.endpoints.times("a")) == 61


# --- failures that must not stop it ---


@virtual_time
async def test_h163_a_silent_endpoint_delays_no_other():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("slow")
        stage.apply(endpoint("slow"), endpoint("quick"))
        await stage.passes(5 * INTERVAL_S)
        assert len(stage.endpoints.times("quick")) == 5
        assert len(stage.endpoints.times("slow")) == 1


@virtual_time
async def test_h163_running_probes_are_bounded_and_all_get_their_turn():
    async with Stage(max_concurrent=3).running() as stage:
        stage.endpoints.timing_out.update(f"c{n}" for n in range(20))
        stage.apply(*(endpoint(f"c{n}") for n in range(20)))
        await stage.passes(5 * INTERVAL_S)
        assert stage.endpoints.max_running == 3
        assert {id for id, _, _ in stage.endpoints.probed} == {f"c{n}" for n in range(20)}


@virtual_time
async def test_h163_the_lateness_of_probes_is_measured():
    async with Stage(max_concurrent=1).running() as stage:
        stage.endpoints.timing_out.update("ab")
        stage.apply(endpoint("a", interval_s=1.0), endpoint("b", interval_s=1.0))
        await stage.passes(6)
        first, second = sorted((phase(1, "a", FIRST), phase(1, "b", FIRST)))
        assert stage.monitor.lateness.sum_s == pytest.approx(first + TIME_OUT_S - second, abs=1e-3)


@virtual_time
async def test_h163_a_probe_that_is_slow_to_cancel_delays_no_other():
    released = asyncio.Event()

    async def stubborn(check, checker):
        if check.id == "stubborn":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await released.wait()
                raise
        return await stage.endpoints(check, checker)

    stage = Stage(probe=stubborn)
    async with stage.running():
        stage.apply(endpoint("stubborn"), endpoint("a"))
        await stage.passes(INTERVAL_S)
        stage.apply(endpoint("stubborn", port=81), endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 4
        released.set()
        await settle()
        assert stage.monitor.in_flight == 1  # the changed check's own probe


@virtual_time
async def test_h63_a_probe_that_waits_for_a_slot_and_is_declared_again_is_made_once():
    async with Stage(max_concurrent=1).running() as stage:
        stage.endpoints.silent.add("blocks")
        stage.apply(endpoint("blocks", interval_s=0.1))
        await stage.passes(1)
        stage.apply(endpoint("blocks", interval_s=0.1), endpoint("a"))
        await stage.passes(2 * INTERVAL_S)
        assert stage.endpoints.times("a") == []  # it waits for a slot
        stage.apply(endpoint("a", port=81))
        await settle()
        assert stage.endpoints.times("a") == []
        await stage.passes(INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 1


@virtual_time
async def test_a_listener_that_fails_does_not_stop_a_checker():
    def fails(event):
        raise OSError("the log is full")

    async with Stage().running() as stage:
        stage.history.subscribe(fails)
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1))
        with structlog.testing.capture_logs():
            await stage.passes(3 * INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 3
        assert stage.status("a") is DOWN


@virtual_time
async def test_a_probe_that_cancels_itself_is_repeated():
    tries = Counter()

    async def cancels(check, checker):
        tries[check.id] += 1
        raise asyncio.CancelledError

    async with Stage(probe=cancels).running() as stage:
        stage.apply(endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
    assert tries["a"] == 3


@virtual_time
async def test_h165_stopping_cancels_running_probes():
    stage = Stage()
    async with stage.running():
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"), fleet=FOUR)
        await stage.passes(INTERVAL_S)
        assert stage.endpoints.running == 4
    assert stage.endpoints.running == 0
    assert stage.endpoints.cancelled["a"] == 4


@virtual_time
async def test_h163_idle_checks_have_no_tasks():
    async with Stage().running() as stage:
        stage.apply(*(endpoint(f"c{n}", interval_s=1000.0) for n in range(500)))
        await settle()
        assert len(asyncio.all_tasks()) < 10


# --- any sequence of declarations ---


IDS = "abcd"


@settings(max_examples=rounds(60), deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.dictionaries(st.sampled_from(IDS), st.tuples(st.integers(1, 3), st.booleans())),  # id: port, disabled
            st.floats(0.0, 25.0),  # seconds that pass
            st.sets(st.sampled_from(IDS)),  # endpoints that hang
        ),
        max_size=12,
    ),
    max_concurrent=st.sampled_from([1, 2, 100]),
    seed=st.integers(0, 5),
    is_stepped=st.booleans(),
)
def test_h63_h163_each_checker_probes_once_an_interval_after_any_declarations(steps, max_concurrent, seed, is_stepped):
    any_history(steps, max_concurrent, seed, is_stepped)


@virtual_time
async def any_history(steps, max_concurrent, seed, is_stepped):
    running, hanging, probed, wrong = set(), set(), [], []

    async def probe(check, checker):
        key = check.id, checker
        if key in running or check.disabled or len(running) >= max_concurrent:
            wrong.append((check, checker, set(running)))
        running.add(key)
        probed.append(key)
        try:
            if check.id in hanging:
                await asyncio.sleep(TIME_OUT_S if is_stepped else 1e6)
                return ProbeResult.failed("timed out", waited_s=TIME_OUT_S)
            return ProbeResult.passed("well")
        finally:
            running.discard(key)

    stage = Stage(seed=seed, max_concurrent=max_concurrent, is_stepped=is_stepped, probe=probe)
    async with stage.running():
        for step in steps:
            if isinstance(step, dict):
                stage.apply(*(endpoint(id, port=port, disabled=off) for id, (port, off) in step.items()))
            elif isinstance(step, float):
                await stage.passes(step)
            else:
                hanging.clear()
                hanging.update(step)
        hanging.clear()
        stage.apply(*(endpoint(id, port=9) for id in IDS))  # stops the probes that hang
        await settle()
        assert not running
        del probed[:]
        await stage.passes(3 * INTERVAL_S)
        assert Counter(probed) == dict.fromkeys(((id, FIRST) for id in IDS), 3)
    assert not wrong


@virtual_time
async def test_a_reset_monitor_is_as_after_the_first_declaration():
    async with Stage(is_stepped=True).running() as stage, Stage(is_stepped=True).running() as fresh:
        for each in (stage, fresh):
            each.apply(endpoint("a"), endpoint("b", inverted=True), fleet=FOUR)
        stage.endpoints.down.add("a")
        await stage.passes(100)
        assert stage.status("a") is DOWN
        stage.scheduler.restart_clock()
        stage.monitor.reset()
        assert dict(stage.board.current.status) == dict(fresh.board.current.status)
        assert stage.monitor.next_probe("a", FIRST) is None
        for _ in stage.monitor.restart_schedules():
            pass
        for check in "ab":
            assert stage.monitor.state(check) == fresh.monitor.state(check)
            for checker in fresh.monitor.state(check).checkers:
                assert stage.monitor.next_probe(check, checker) == fresh.monitor.next_probe(check, checker)


@pytest.mark.parametrize("is_on_request", [False, True], ids=["on schedule", "on request"])
@virtual_time
async def test_the_result_of_a_probe_that_ran_during_a_reset_is_dropped(is_on_request):
    async with Stage().running() as stage:
        stage.endpoints.timing_out.add("a")
        stage.apply(endpoint("a", interval_s=3600.0))
        if is_on_request:
            probing = asyncio.create_task(stage.monitor.probe_now("a"))
        else:
            probing = asyncio.create_task(stage.passes(stage.monitor.next_probe("a", FIRST) - START + TIME_OUT_S))
            await stage.passes(stage.monitor.next_probe("a", FIRST) - START + 1)
        await settle()
        assert stage.endpoints.running == 1
        stage.monitor.reset()
        for _ in stage.monitor.restart_schedules():
            pass
        planned = stage.monitor.next_probe("a", FIRST)
        await probing
        await stage.passes(1)
        assert stage.endpoints.running == 0
        assert stage.monitor.state("a").checkers[FIRST].last is None
        assert stage.monitor.next_probe("a", FIRST) == planned


@virtual_time
async def test_a_check_that_is_declared_during_a_reset_is_probed_once_an_interval():
    async with Stage().running() as stage:
        stage.apply(*(endpoint(f"c{n}") for n in range(9)))
        stage.monitor.reset()
        restarting = stage.monitor.restart_schedules()
        next(restarting)
        stage.apply(*(endpoint(f"c{n}") for n in range(3, 12)))
        for _ in restarting:
            pass
        start = stage.clock.now()
        await stage.passes(INTERVAL_S)
        probed = Counter(check for check, _, at in stage.endpoints.probed if at > start)
        assert probed == {f"c{n}": 1 for n in range(3, 12)}
