"""The monitor's statuses as time passes, with fake endpoints that answer at once (health-checks.md §5–§10, §15)."""

import asyncio
from collections import Counter

import pytest

from dnsemu.config.model.health_checkers import HealthCheckers, ProbeMode
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.monitor import NoSuchChecker, ProbesAreOff
from dnsemu.healthcheck.verdict.results import ProbeResult
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from tests.dnsemu.clock.virtual_time import settle, virtual_time
from tests.healthcheck.stage import DOWN, FOUR, INTERVAL_S, ONE, UP, Stage, calculated, endpoint

MANUAL = HealthCheckers(ONE.regions, 1, probes=ProbeMode.MANUAL)
OFF = HealthCheckers(ONE.regions, 1, probes=ProbeMode.OFF)
FAILED = ProbeResult.failed("by hand")


@virtual_time
async def test_h64_a_dead_endpoint_is_unhealthy_after_the_threshold_and_comes_back_after_as_many():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(2 * INTERVAL_S)
        assert stage.status("a") is UP
        await stage.passes(INTERVAL_S)
        assert stage.status("a") is DOWN
        stage.endpoints.down.clear()
        await stage.passes(2 * INTERVAL_S)
        assert stage.status("a") is DOWN
        await stage.passes(INTERVAL_S)
        assert stage.status("a") is UP
        assert [(change.old, change.new) for change in stage.changes] == [(UP, DOWN), (DOWN, UP)]


@virtual_time
async def test_h166_a_change_has_its_cause_and_time():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1))
        await stage.passes(INTERVAL_S)
        (change,) = stage.changes
        assert change.check_id == "a"
        assert change.cause.startswith("0 of 1 checkers up")
        assert change.at == pytest.approx(stage.endpoints.times("a")[0], abs=1e-3)


def test_h71_h174_an_unobserved_check_is_healthy_and_an_inverted_one_unhealthy():
    stage = Stage(is_stepped=True)
    stage.apply(endpoint("a"), endpoint("b", inverted=True))
    assert (stage.status("a"), stage.status("b")) == (UP, DOWN)


@virtual_time
async def test_h73_h175_a_disabled_check_is_healthy_and_not_probed():
    async with Stage().running() as stage:
        stage.endpoints.down.update("ab")
        stage.apply(endpoint("a", disabled=True), endpoint("b", disabled=True, inverted=True))
        await stage.passes(100)
        assert stage.endpoints.probed == []
        assert (stage.status("a"), stage.status("b")) == (UP, DOWN)


@virtual_time
async def test_h77_reading_the_board_causes_no_probe():
    async with Stage().running() as stage:
        stage.apply(endpoint("a", interval_s=1000.0))
        for _ in range(100):
            assert stage.board.current.is_healthy("a")
        assert stage.endpoints.probed == []


@pytest.mark.parametrize(("down", "threshold", "status"), [
    pytest.param("", 2, UP, id="H78 all children up"),
    pytest.param("a", 2, UP, id="H176 one of three children down"),
    pytest.param("ab", 2, UP, id="H80 a disabled child counts as healthy"),
    pytest.param("ab", 3, DOWN, id="H78 too few children up"),
])  # fmt: skip
@virtual_time
async def test_calculated(down, threshold, status):
    async with Stage().running() as stage:
        stage.endpoints.down.update(down)
        children = [endpoint("a", threshold=1), endpoint("b", disabled=True), endpoint("c", threshold=1)]
        stage.apply(calculated("sum", "abc", threshold), *children)
        await stage.passes(INTERVAL_S)
        assert stage.status("sum") is status


@virtual_time
async def test_h85_a_parent_follows_its_child_at_once():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1), calculated("sum", "a", 1))
        await stage.passes(INTERVAL_S)
        assert [change.check_id for change in stage.changes] == ["a", "sum"]
        assert len({change.at for change in stage.changes}) == 1


@pytest.mark.parametrize(("children", "threshold", "status"), [
    pytest.param(("a", "gone"), 2, DOWN, id="H84 a child that is gone adds nothing"),
    pytest.param(("a", "a"), 2, DOWN, id="H86 a child named twice counts once"),
    pytest.param((), 0, UP, id="H177 threshold 0 of none"),
    pytest.param(("a",), 4, DOWN, id="H177 more wanted than there are"),
])  # fmt: skip
def test_calculated_from_the_start(children, threshold, status):
    stage = Stage(is_stepped=True)
    stage.apply(calculated("sum", children, threshold), endpoint("a"))
    assert stage.status("sum") is status


# --- what a new declaration keeps ---


@virtual_time
async def test_h102_an_unchanged_check_keeps_its_verdict_and_its_schedule():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
        stage.apply(endpoint("a"), endpoint("b"))
        assert stage.status("a") is DOWN
        await stage.passes(INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 4


@pytest.mark.parametrize(("change", "is_kept"), [
    pytest.param({"threshold": 5}, True, id="H102 another threshold keeps the schedule"),
    pytest.param({"inverted": True}, True, id="H102 inversion keeps the schedule"),
    pytest.param({"port": 81}, False, id="H102 another port begins a new one"),
    pytest.param({"interval_s": 500.0}, False, id="H63 another interval begins a new one"),
])  # fmt: skip
def test_the_schedule_after_an_update(change, is_kept):
    stage, checker = Stage(is_stepped=True), Checker("us-east-1", 0)
    stage.apply(endpoint("a", interval_s=1000.0))
    before = stage.monitor.next_probe("a", checker)
    stage.clock.move_to(stage.clock.now() + 100)
    stage.apply(endpoint("a", **{"interval_s": 1000.0, **change}))
    after = stage.monitor.next_probe("a", checker)
    assert (after == before) is is_kept
    assert after > stage.clock.now()


@virtual_time
async def test_h102_a_changed_endpoint_keeps_its_verdict_until_enough_results():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
        stage.endpoints.down.clear()
        stage.apply(endpoint("a", port=81))
        await stage.passes(2 * INTERVAL_S)
        assert stage.status("a") is DOWN
        await stage.passes(INTERVAL_S)
        assert stage.status("a") is UP


@virtual_time
async def test_h102_enabling_again_starts_like_a_new_check():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
        stage.apply(endpoint("a", disabled=True))
        stage.apply(endpoint("a"))
        assert stage.status("a") is UP
        assert stage.monitor.state("a").votes == (0, 0)
        await stage.passes(INTERVAL_S)
        assert stage.monitor.state("a").votes == (1, 1)


@virtual_time
async def test_h68_a_region_that_is_left_out_stops_at_once_and_its_verdicts_are_dropped():
    async with Stage().running() as stage:
        stage.apply(endpoint("a"), fleet=FOUR)
        await stage.passes(INTERVAL_S)
        assert stage.monitor.state("a").votes == (4, 4)
        stage.apply(endpoint("a"), fleet=ONE)
        assert stage.monitor.state("a").votes == (1, 1)
        before = len(stage.endpoints.probed)
        await stage.passes(3 * INTERVAL_S)
        assert {checker for _, checker, _ in stage.endpoints.probed[before:]} == {Checker("us-east-1", 0)}


@virtual_time
async def test_h104_a_removed_check_is_no_longer_probed():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(INTERVAL_S)
        stage.apply()
        await stage.passes(100)
        assert len(stage.endpoints.probed) == stage.endpoints.cancelled["a"] == 1
        assert "a" not in stage.board.current.status


@virtual_time
async def test_h102_a_probe_of_the_old_endpoint_says_nothing_about_the_new_one():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a", threshold=1))
        await stage.passes(INTERVAL_S)
        stage.endpoints.silent.clear()
        stage.apply(endpoint("a", threshold=1, port=81))
        await stage.passes(INTERVAL_S)
        assert stage.endpoints.cancelled["a"] == 1
        assert stage.monitor.state("a").votes == (1, 1)


@virtual_time
async def test_h104_a_check_that_is_removed_and_declared_again_is_probed_again():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(INTERVAL_S)
        stage.endpoints.silent.clear()
        stage.apply()
        stage.apply(endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 4
        assert stage.monitor.in_flight == 0


# --- results recorded by hand, and probes on demand ---


def test_h161_a_result_recorded_by_hand_counts_like_an_observed_one():
    stage = Stage(is_stepped=True)
    stage.apply(endpoint("a", threshold=2), fleet=FOUR)
    stage.monitor.record_result("a", FAILED)
    assert (stage.status("a"), stage.monitor.state("a").votes) == (UP, (4, 4))
    stage.monitor.record_result("a", FAILED)
    assert (stage.status("a"), stage.monitor.state("a").votes) == (DOWN, (0, 4))
    stage.monitor.record_result("a", ProbeResult.passed("by hand"), "us-east-1")
    stage.monitor.record_result("a", ProbeResult.passed("by hand"), "us-east-1")
    assert (stage.status("a"), stage.monitor.state("a").votes) == (UP, (2, 4))


@pytest.mark.parametrize(("check", "region", "error", "message"), [
    pytest.param("gone", None, UnknownHealthCheck, "ID gone", id="H103 not declared"),
    pytest.param("a", "sa-east-1", NoSuchChecker, "a is not probed from sa-east-1", id="H161 no checker there"),
    pytest.param("off", None, NoSuchChecker, "off is not probed", id="H73 disabled"),
    pytest.param("off", "us-east-1", NoSuchChecker, "off is not probed, as it is disabled$", id="H73 disabled, wherever"),
    pytest.param("sum", None, NoSuchChecker, "sum has no endpoint to probe", id="H161 calculated"),
])  # fmt: skip
def test_results_and_probes_of_checks_that_are_not_probed_are_refused(check, region, error, message):
    stage = Stage(is_stepped=True)
    stage.apply(endpoint("a"), endpoint("off", disabled=True), calculated("sum", "a", 1))
    with pytest.raises(error, match=message):
        stage.monitor.record_result(check, FAILED, region)
    with pytest.raises(error, match=message):
        asyncio.run(stage.monitor.probe_now(check, region))
    assert not stage.endpoints.probed


@virtual_time
async def test_h67_a_probe_on_demand_is_made_at_once_and_the_schedule_goes_on_from_there():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", interval_s=100.0, threshold=1), fleet=FOUR)
        await stage.monitor.probe_now("a")
        assert (stage.status("a"), stage.monitor.state("a").votes) == (DOWN, (0, 4))
        await stage.passes(99)
        assert len(stage.endpoints.probed) == 4
        await stage.passes(2)
        assert len(stage.endpoints.probed) == 8


@virtual_time
async def test_h67_a_probe_on_demand_may_be_of_one_region():
    async with Stage().running() as stage:
        stage.apply(endpoint("a", interval_s=1000.0), fleet=FOUR)
        await stage.monitor.probe_now("a", "eu-west-1")
        assert {checker.region for _, checker, _ in stage.endpoints.probed} == {"eu-west-1"}
        assert stage.monitor.state("a").votes == (2, 2)


@virtual_time
async def test_h67_a_probe_on_demand_replaces_a_running_one():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a", threshold=1))
        await stage.passes(INTERVAL_S)
        stage.endpoints.silent.clear()
        await stage.monitor.probe_now("a")
        assert (stage.endpoints.cancelled["a"], stage.monitor.state("a").votes) == (1, (1, 1))
        assert stage.endpoints.running == 0


@virtual_time
async def test_h67_concurrent_probes_on_demand_leave_one_schedule():
    async with Stage().running() as stage:
        stage.apply(endpoint("a"))
        await asyncio.gather(*(stage.monitor.probe_now("a") for _ in range(5)))
        del stage.endpoints.probed[:]
        await stage.passes(10 * INTERVAL_S + 1)
        assert len(stage.endpoints.probed) == 10


@virtual_time
async def test_h67_a_declaration_during_a_probe_on_demand_leaves_one_schedule():
    async with Stage().running() as stage:
        stage.endpoints.timing_out.add("a")
        stage.apply(endpoint("a", threshold=1))
        probing = asyncio.create_task(stage.monitor.probe_now("a"))
        await settle()
        stage.endpoints.timing_out.clear()
        stage.apply(endpoint("a", threshold=1, inverted=True))
        await probing
        assert stage.monitor.state("a").votes == (0, 1)
        del stage.endpoints.probed[:]
        await stage.passes(10 * INTERVAL_S + 1)
        assert len(stage.endpoints.probed) == 10


@virtual_time
async def test_h102_a_probe_on_demand_of_the_old_endpoint_says_nothing_about_the_new_one():
    async with Stage().running() as stage:
        stage.endpoints.timing_out.add("a")
        stage.apply(endpoint("a", threshold=1, interval_s=1000.0))
        probing = asyncio.create_task(stage.monitor.probe_now("a"))
        await settle()
        stage.apply(endpoint("a", threshold=1, interval_s=1000.0, port=81))
        await probing
        assert stage.monitor.state("a").votes == (0, 0)


@virtual_time
async def test_h67_a_probe_on_demand_that_is_cancelled_does_not_stop_the_schedule():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"))
        probing = asyncio.create_task(stage.monitor.probe_now("a"))
        await settle()
        probing.cancel()
        await settle()
        stage.endpoints.silent.clear()
        del stage.endpoints.probed[:]
        await stage.passes(3 * INTERVAL_S + 1)
        assert (stage.endpoints.cancelled["a"], len(stage.endpoints.probed)) == (1, 3)


# --- probe modes ---


@virtual_time
async def test_h160_manual_probes_are_made_on_demand_only():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1), fleet=MANUAL)
        await stage.passes(100)
        assert stage.endpoints.probed == []
        assert stage.monitor.next_probe("a", Checker("us-east-1", 0)) is None
        await stage.monitor.probe_now("a")
        assert stage.status("a") is DOWN
        await stage.passes(100)
        assert len(stage.endpoints.probed) == 1


@virtual_time
async def test_h160_with_probes_off_checks_change_only_by_results_recorded_by_hand():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1), endpoint("b", inverted=True), fleet=OFF)
        await stage.passes(100)
        with pytest.raises(ProbesAreOff, match="probes: manual"):
            await stage.monitor.probe_now("a")
        assert stage.endpoints.probed == []
        assert (stage.status("a"), stage.status("b")) == (UP, DOWN)
        stage.monitor.record_result("a", FAILED)
        assert stage.status("a") is DOWN


@pytest.mark.parametrize("fleet", [MANUAL, OFF], ids=["H160 manual", "H160 off"])
@virtual_time
async def test_probes_stop_and_start_as_the_mode_is_declared(fleet):
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"))
        await stage.passes(INTERVAL_S)
        stage.apply(endpoint("a"), fleet=fleet)
        await stage.passes(100)
        assert (len(stage.endpoints.probed), stage.endpoints.running) == (1, 0)
        stage.endpoints.silent.clear()
        stage.apply(endpoint("a"))
        await stage.passes(3 * INTERVAL_S)
        assert len(stage.endpoints.probed) == 4


# --- probes that could not be made, and counting ---


@virtual_time
async def test_a_probe_that_could_not_be_made_is_no_observation_and_is_repeated():
    tries = Counter()

    async def fails_first(check, checker):
        tries[check.id] += 1
        if tries[check.id] == 1:
            raise RuntimeError("out of file descriptors")
        return ProbeResult.passed("as told")

    async with Stage(probe=fails_first).running() as stage:
        stage.apply(endpoint("a", threshold=1))
        await stage.passes(INTERVAL_S)
        assert (stage.status("a"), stage.monitor.state("a").votes) == (UP, (0, 0))
        await stage.passes(INTERVAL_S)
        assert stage.monitor.state("a").votes == (1, 1)
        assert not stage.changes


@virtual_time
async def test_probes_are_counted_by_check_region_and_result():
    async with Stage().running() as stage:
        stage.endpoints.down.add("b")
        stage.apply(endpoint("a"), endpoint("b"))
        await stage.passes(2 * INTERVAL_S)
        assert stage.monitor.probes == {("a", "us-east-1", True): 2, ("b", "us-east-1", False): 2}
        assert sum(stage.monitor.durations.counts) == sum(stage.monitor.lateness.counts) == 4
        stage.apply(endpoint("b"))
        assert stage.monitor.probes == {("b", "us-east-1", False): 2}


@virtual_time
async def test_h104_a_probe_that_ends_after_its_check_was_removed_is_counted_nowhere():
    async with Stage().running() as stage:
        stage.endpoints.timing_out.add("a")
        stage.apply(endpoint("a"))
        probing = asyncio.create_task(stage.monitor.probe_now("a"))
        await settle()
        stage.apply()
        await probing
        assert not stage.monitor.probes
