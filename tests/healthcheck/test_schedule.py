"""The monitor's schedule: exact times, and what must not stop it (health-checks.md §5, §15, §16)."""

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.world import ALL_CHECKER_REGIONS, HealthCheckers
from healthcheck.fleet import Checker
from healthcheck.monitor import HealthMonitor
from healthcheck.observation import Outcome
from healthcheck.snapshot import HealthBoard, Status
from tests.healthcheck.stepped_clock import SteppedClock, settle
from tests.healthcheck.test_monitor import FOUR, INTERVAL_S, ONE, Stage, endpoint

SIXTEEN = HealthCheckers(ALL_CHECKER_REGIONS, 2)


async def test_h172_h173_the_fourteenth_of_sixteen_checkers_to_see_a_third_failure_decides():
    async with Stage(seed=7).running() as stage:
        start = stage.clock.now()
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=3), fleet=SIXTEEN)
        await stage.clock.advance(4 * INTERVAL_S)
    dice = random.Random(7)
    first_probes = sorted(start + dice.random() * INTERVAL_S for _ in range(16))
    (change,) = stage.changes
    assert change.at == first_probes[13] + INTERVAL_S + INTERVAL_S
    assert change.cause.startswith("2 of 16 checkers up")


async def test_h173_the_third_of_sixteen_checkers_to_see_a_third_success_brings_it_back():
    async with Stage(seed=7).running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=3), fleet=SIXTEEN)
        await stage.clock.advance(3 * INTERVAL_S)
        stage.endpoints.down.clear()
        recovered = stage.clock.now()
        await stage.clock.advance(4 * INTERVAL_S)
    after = {}
    for _, checker, at in stage.endpoints.asked:
        if at > recovered:
            after.setdefault(checker, []).append(at)
    down, up = stage.changes
    assert (down.new, up.new) == (Status.UNHEALTHY, Status.HEALTHY)
    assert up.at == sorted(times[2] for times in after.values())[2]


async def test_the_same_seed_gives_the_same_history():
    histories = []
    for seed in (3, 3, 4):
        async with Stage(seed=seed).running() as stage:
            stage.apply(*(endpoint(name, threshold=2) for name in "abc"), fleet=FOUR)
            for down in ("a", "ab", "", "bc"):
                stage.endpoints.down = set(down)
                await stage.clock.advance(3 * INTERVAL_S)
            histories.append(stage.changes)
    assert histories[0] == histories[1] != histories[2]
    assert len(histories[0]) == 6


async def test_h63_the_interval_runs_from_the_end_of_a_slow_response():
    stage = Stage()
    times = []

    async def slow(check, checker):
        times.append(stage.clock.now())
        await stage.clock.sleep_until(stage.clock.now() + 4)
        return Outcome(True, "slow")

    stage.monitor = _monitor(stage, slow)
    async with stage.running():
        stage.apply(endpoint("a"))
        await stage.clock.advance(3 * (INTERVAL_S + 4))
    assert len(times) == 3
    assert times[2] - times[1] == times[1] - times[0] == pytest.approx(INTERVAL_S + 4)


def _monitor(stage, probe, on_change=None, **more):
    return HealthMonitor(
        clock=stage.clock, board=stage.board, probe=probe, seed=1, on_change=on_change or stage.changes.append, **more
    )


async def test_h163_a_probe_that_is_slow_to_break_off_delays_nobody_else():
    stage = Stage()
    released = asyncio.Event()

    async def stubborn(check, checker):
        if check.id == "stubborn":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await released.wait()
                raise
        return await stage.endpoints(check, checker)

    stage.monitor = _monitor(stage, stubborn)
    async with stage.running():
        stage.apply(endpoint("stubborn"), endpoint("a"))
        await stage.clock.advance(INTERVAL_S)
        stage.apply(endpoint("stubborn", port=81), endpoint("a"))
        await stage.clock.advance(3 * INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 4
        released.set()
        await settle()
        assert stage.monitor.in_flight == 1  # the changed check's own probe


async def test_h63_a_post_that_waits_for_a_place_and_is_declared_anew_is_probed_once():
    async with Stage(most_probes=1).running() as stage:
        stage.endpoints.silent.add("blocks")
        stage.apply(endpoint("blocks"), endpoint("a"))
        await stage.clock.advance(INTERVAL_S)
        if not stage.endpoints.times("a"):  # it is waiting for its place
            stage.apply(endpoint("blocks"), endpoint("a", port=81))
        before = len(stage.endpoints.times("a"))
        stage.apply(endpoint("a", port=82))
        await settle()
        assert len(stage.endpoints.times("a")) == before
        await stage.clock.advance(INTERVAL_S)
        assert len(stage.endpoints.times("a")) == before + 1


async def test_a_listener_that_fails_does_not_stop_a_checker():
    stage = Stage()

    def fails(change):
        raise OSError("the log is full")

    stage.monitor = _monitor(stage, stage.endpoints, on_change=fails)
    async with stage.running():
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1))
        await stage.clock.advance(3 * INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 3
        assert stage.status("a") is Status.UNHEALTHY


async def test_a_probe_that_cancels_itself_is_tried_again():
    stage = Stage()
    tries = Counter()

    async def cancels(check, checker):
        tries[check.id] += 1
        raise asyncio.CancelledError

    stage.monitor = _monitor(stage, cancels)
    async with stage.running():
        stage.apply(endpoint("a"))
        await stage.clock.advance(3 * INTERVAL_S)
    assert tries["a"] == 3


@pytest.mark.parametrize("turns", range(12))
async def test_h165_a_stop_right_after_a_wake_is_not_lost(turns):
    stage = Stage()
    stage.apply(endpoint("a", interval_s=1000.0))
    running = asyncio.create_task(stage.monitor.run())
    await settle()
    stage.apply(endpoint("a", interval_s=1000.0), endpoint("b", interval_s=1.0))
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    await settle()
    assert running.cancelled()


async def test_counts_of_a_check_that_is_gone_are_dropped():
    async with Stage().running() as stage:
        stage.apply(endpoint("a"), endpoint("b"))
        await stage.clock.advance(INTERVAL_S)
        stage.apply(endpoint("b"))
        assert stage.monitor.probes == {("b", "us-east-1", True): 1}


IDS = "abcd"


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.dictionaries(st.sampled_from(IDS), st.tuples(st.integers(1, 3), st.booleans())),  # id: port, disabled
            st.floats(0.0, 25.0),  # seconds that pass
            st.sets(st.sampled_from(IDS)),  # endpoints that hang
        ),
        max_size=12,
    ),
    most_probes=st.sampled_from([1, 2, 100]),
    seed=st.integers(0, 5),
)
def test_h63_h163_whatever_is_declared_each_post_is_probed_once_an_interval(steps, most_probes, seed):
    asyncio.run(_any_history(steps, most_probes, seed))


async def _any_history(steps, most_probes, seed):
    clock = SteppedClock()
    under_way, hanging, asked = set(), set(), []

    async def probe(check, checker):
        post = check.id, checker
        assert post not in under_way
        assert not check.disabled
        under_way.add(post)
        asked.append((clock.now(), *post))
        try:
            if check.id in hanging:
                await asyncio.Event().wait()
            return Outcome(True, "well")
        finally:
            under_way.discard(post)
            assert len(under_way) < most_probes

    monitor = HealthMonitor(
        clock=clock, board=HealthBoard(), probe=probe, seed=seed, on_change=lambda _: None, most_probes=most_probes
    )
    running = asyncio.create_task(monitor.run())
    for step in steps:
        if isinstance(step, dict):
            monitor.apply({id: endpoint(id, port=port, disabled=off) for id, (port, off) in step.items()}, ONE)
        elif isinstance(step, float):
            await clock.advance(step)
        else:
            hanging.clear()
            hanging.update(step)
    hanging.clear()
    monitor.apply({id: endpoint(id, port=9) for id in IDS}, ONE)  # breaks off what hangs
    await settle()
    assert not under_way
    del asked[:]
    await clock.advance(3 * INTERVAL_S)
    assert Counter(id for _, id, _ in asked) == dict.fromkeys(IDS, 3)
    assert {checker for _, _, checker in asked} == {Checker("us-east-1", 0)}
    running.cancel()
    await settle()
    assert running.cancelled()
