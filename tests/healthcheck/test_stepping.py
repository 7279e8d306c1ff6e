"""Health checks on a clock that is stepped: exact instants, repeatable by seed (design: one clock; §5–§7, §16)."""

import asyncio
import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.monitor import phase
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.verdict.history import EventKind
from dnsemu.healthcheck.verdict.results import ProbeResult
from tests.dnsemu.clock.virtual_time import START, virtual_time
from tests.healthcheck.endpoints import endpoint as listening
from tests.healthcheck.endpoints import response, sends
from tests.healthcheck.stage import DOWN, FOUR, INTERVAL_S, SIXTEEN, TIME_OUT_S, UP, Stage, calculated, endpoint
from tests.rounds import rounds

MIN_S = 1e-6


def instants(stage, id="a"):
    """Due times of the checkers' next probes of an endpoint, soonest first."""
    return sorted(stage.monitor.next_probe(id, checker) for checker in stage.monitor.state(id).checkers)


@virtual_time
async def test_h67_nothing_runs_before_the_clock_is_advanced():
    async with Stage(is_stepped=True).running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1), fleet=SIXTEEN)
        await asyncio.sleep(3600)
        assert (stage.endpoints.probed, stage.status("a")) == ([], UP)
        await stage.passes(INTERVAL_S)
        assert (len(stage.endpoints.probed), stage.status("a")) == (16, DOWN)


@virtual_time
async def test_h63_h172_h173_the_fourteenth_of_sixteen_checkers_to_see_a_third_failure_decides_to_the_instant():
    stage = Stage(is_stepped=True, seed=7)
    stage.endpoints.down.add("a")
    stage.apply(endpoint("a", threshold=3), fleet=SIXTEEN)
    first = sorted(START + phase(7, "a", checker) * INTERVAL_S for checker in stage.monitor.state("a").checkers)
    decisive = first[13] + INTERVAL_S + INTERVAL_S
    await stage.passes(decisive - START - MIN_S)
    assert (stage.status("a"), stage.monitor.state("a").votes) == (UP, (3, 16))
    await stage.passes(2 * MIN_S)
    assert (stage.status("a"), stage.monitor.state("a").votes) == (DOWN, (2, 16))
    (change,) = stage.changes
    assert change.at == stage.monitor.state("a").since == decisive
    assert change.cause.startswith("2 of 16 checkers up")


@virtual_time
async def test_h64_h173_the_third_of_sixteen_checkers_to_see_a_third_success_brings_it_back_to_the_instant():
    stage = Stage(is_stepped=True, seed=7)
    stage.endpoints.down.add("a")
    stage.apply(endpoint("a", threshold=3), fleet=SIXTEEN)
    await stage.passes(3 * INTERVAL_S)
    stage.endpoints.down.clear()
    decisive = instants(stage)[2] + INTERVAL_S + INTERVAL_S
    await stage.passes(decisive - stage.clock.now() - MIN_S)
    assert stage.status("a") is DOWN
    await stage.passes(2 * MIN_S)
    assert stage.status("a") is UP
    down, up = stage.changes
    assert (down.new, up.new, up.at) == (DOWN, UP, decisive)


@virtual_time
async def test_h67_an_interval_times_the_threshold_after_an_endpoint_dies_its_check_is_unhealthy():
    stage = Stage(is_stepped=True)
    stage.apply(endpoint("a", interval_s=30.0, threshold=3), fleet=SIXTEEN)
    await stage.passes(3600)
    assert (stage.status("a"), stage.changes) == (UP, ())
    stage.endpoints.down.add("a")
    await stage.passes(90)
    assert stage.status("a") is DOWN


@virtual_time
async def test_h85_a_parent_changes_at_its_childs_instant():
    stage = Stage(is_stepped=True)
    stage.endpoints.down.add("a")
    stage.apply(endpoint("a", threshold=1), calculated("sum", "a", 1))
    (instant,) = instants(stage)
    await stage.passes(INTERVAL_S)
    assert [(change.check_id, change.at) for change in stage.changes] == [("a", instant), ("sum", instant)]


@virtual_time
async def test_h63_a_time_out_costs_its_budget_and_a_prompt_answer_nothing():
    stage = Stage(is_stepped=True)
    stage.endpoints.timing_out.add("silent")
    stage.apply(endpoint("silent"), endpoint("prompt"))
    (silent,), (prompt,) = instants(stage, "silent"), instants(stage, "prompt")
    await stage.passes(INTERVAL_S + TIME_OUT_S)
    assert instants(stage, "silent") == [silent + TIME_OUT_S + INTERVAL_S]
    again = prompt + INTERVAL_S
    assert instants(stage, "prompt") == [again if again > stage.clock.now() else again + INTERVAL_S]
    (seen,) = stage.monitor.state("silent").checkers.values()
    assert seen.last.at == silent + TIME_OUT_S


@virtual_time
async def test_a_time_out_at_the_end_of_a_step_counts_when_its_time_limit_has_passed():
    stage = Stage(is_stepped=True)
    stage.endpoints.timing_out.add("a")
    stage.apply(endpoint("a", threshold=1))
    (instant,) = instants(stage)
    await stage.passes(instant - START + MIN_S)
    assert (len(stage.endpoints.probed), stage.status("a")) == (1, UP)
    await stage.passes(TIME_OUT_S)
    assert (len(stage.endpoints.probed), stage.status("a")) == (1, DOWN)


@virtual_time
async def test_h102_a_time_out_of_the_old_endpoint_says_nothing_about_the_new_one():
    stage = Stage(is_stepped=True)
    stage.endpoints.timing_out.add("a")
    stage.apply(endpoint("a", threshold=1))
    (instant,) = instants(stage)
    await stage.passes(instant - START + MIN_S)
    stage.endpoints.timing_out.clear()
    stage.apply(endpoint("a", threshold=1, port=81))
    await stage.passes(3 * INTERVAL_S)
    assert stage.changes == ()
    assert len(stage.endpoints.probed) == 1 + 3


@virtual_time
async def test_sixteen_silent_endpoints_take_one_time_out():
    stage = Stage(is_stepped=True)
    names = [f"c{n}" for n in range(16)]
    stage.endpoints.timing_out.update(names)
    stage.apply(*(endpoint(name) for name in names))
    began = asyncio.get_running_loop().time()
    await stage.passes(INTERVAL_S)
    assert stage.endpoints.max_running == 16
    assert asyncio.get_running_loop().time() - began == pytest.approx(TIME_OUT_S, abs=0.01)


@virtual_time
async def test_h163_running_probes_are_bounded_in_a_step_too():
    stage = Stage(is_stepped=True, max_concurrent=5)
    names = [f"c{n}" for n in range(16)]
    stage.endpoints.timing_out.update(names)
    stage.apply(*(endpoint(name) for name in names))
    await stage.passes(INTERVAL_S)
    assert (stage.endpoints.max_running, len(stage.endpoints.probed)) == (5, 16)


@virtual_time
async def test_h61_probes_of_names_see_earlier_results():
    """This server may answer the name of an endpoint, and its address may depend on the health of others."""
    seen = {}

    async def probe(check, checker):
        await asyncio.sleep(1)
        seen[check.id] = stage.status("a")
        return ProbeResult(check.id != "a", "as told")

    stage = Stage(is_stepped=True, probe=probe)
    names = [f"name-{n}" for n in range(8)]
    stage.apply(endpoint("a", threshold=1), *(endpoint(name, name="app.test") for name in names))
    (dies,) = instants(stage)
    due = {name: instants(stage, name)[0] for name in names}
    await stage.passes(INTERVAL_S)
    assert {name: seen[name] for name in names} == {name: DOWN if at > dies else UP for name, at in due.items()}
    assert len(set(seen.values())) == 2


# --- the same history in any steps ---


async def drill(stage, passes):
    """Endpoints that fail, recover and time out, probed by sixteen checkers."""
    async with stage.running():
        stage.apply(
            *(endpoint(id, threshold=2) for id in "abc"), calculated("sum", "abc", 2), endpoint("quiet", inverted=True),
            fleet=SIXTEEN,
        )  # fmt: skip
        for down, timing_out in (("a", ""), ("ab", "c"), ("", "a"), ("bc", "")):
            stage.endpoints.down, stage.endpoints.timing_out = set(down), set(timing_out)
            await passes(47)
            await passes(3 - MIN_S)
    return stage.history.since(0)


@cache
def drilled(*, seed=3, is_stepped=True, in_steps_of=None):
    """The history of a drill, as time passes or in steps."""

    @virtual_time
    async def follow():
        stage = Stage(seed=seed, is_stepped=is_stepped)

        async def passes(seconds):
            end = stage.clock.now() + seconds
            while in_steps_of and stage.clock.now() + in_steps_of < end:
                await stage.passes(in_steps_of)
            await stage.passes(end - stage.clock.now())

        return await drill(stage, passes)

    return follow()


def test_h67_the_same_seed_gives_the_same_history():
    assert drilled(seed=3) == drilled.__wrapped__(seed=3) != drilled(seed=4)
    assert len({event.kind for event in drilled()}) == 2


@pytest.mark.parametrize("seed", range(5))
def test_h67_stepping_gives_the_history_that_real_time_gives(seed):
    def without_times(events):
        return [(e.number, e.kind, e.check_id, e.checker, e.old, e.new, e.cause) for e in events]

    stepped, followed = drilled(seed=seed), drilled(seed=seed, is_stepped=False)
    assert without_times(stepped) == without_times(followed)
    assert [event.at for event in stepped] == pytest.approx([event.at for event in followed], abs=1e-3)
    assert len(stepped) > 100


@settings(max_examples=rounds(15), deadline=None)
@given(st.floats(0.3, 60.0))
def test_h67_small_steps_give_the_history_that_large_ones_give(step_s):
    assert drilled(in_steps_of=step_s) == drilled()


@settings(max_examples=rounds(30), deadline=None)
@given(seed=st.integers(0, 5), order=st.integers(0, 1000), max_concurrent=st.sampled_from([1, 3, 2000]))
def test_h67_the_history_does_not_depend_on_the_order_in_which_probes_end(seed, order, max_concurrent):
    def history(order, max_concurrent):
        dice = random.Random(order)

        async def probe(check, checker):
            for _ in range(dice.randrange(20)):
                await asyncio.sleep(0)
            waited_s = TIME_OUT_S if check.id == "b" else 0.0
            return ProbeResult(check.id == "c", "as told", waited_s=waited_s)

        @virtual_time
        async def follow():
            stage = Stage(is_stepped=True, seed=seed, max_concurrent=max_concurrent, probe=probe)
            stage.apply(*(endpoint(id, threshold=2) for id in "abc"), fleet=FOUR)
            await stage.passes(4 * INTERVAL_S)
            return stage.history.since(0)

        return follow()

    events = history(order, max_concurrent)
    assert events == history(0, 2000)
    assert list(events) == sorted(events, key=lambda event: event.at)


# --- real sockets ---


async def test_h67_a_ninety_second_failover_of_a_real_endpoint_takes_a_moment_and_is_exact():
    stage = Stage(is_stepped=True, seed=7, probe=Prober(None))
    fleet = HealthCheckers(SIXTEEN.regions, 2)
    async with listening(sends(response())) as web:
        config = EndpointCheck(EndpointType.HTTP, "127.0.0.1", port=web.port, request_interval_s=30.0)
        stage.apply(HealthCheck("web", config), fleet=fleet)
        await stage.passes(30)
        assert (web.connections, stage.monitor.state("web").votes) == (16, (16, 16))
        again = instants(stage, "web")
    decisive = again[13] + 30.0 + 30.0
    await stage.passes(decisive - stage.clock.now() - MIN_S)
    assert stage.status("web") is UP
    await stage.passes(2 * MIN_S)
    assert stage.status("web") is DOWN
    (change,) = stage.changes
    assert (change.at, change.cause) == (decisive, "2 of 16 checkers up, 14 failing: Connection refused")
    assert len(stage.history.since(0, kind=EventKind.VOTE)) == 14
