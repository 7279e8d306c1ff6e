"""The monitor on a stepped clock with probes that answer at once (health-checks.md §5–§8, §15)."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest

from config.world import (
    CalculatedCheck,
    EndpointCheck,
    EndpointType,
    HealthCheck,
    HealthCheckers,
    InsufficientData,
    MetricCheck,
    RecoveryCheck,
)
from healthcheck.ledger import NoSuchHealthCheck
from healthcheck.monitor import HealthMonitor
from healthcheck.observation import Outcome
from healthcheck.snapshot import HealthBoard, Status
from tests.healthcheck.stepped_clock import SteppedClock, settle

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY
ONE = HealthCheckers(("us-east-1",), 1)
FOUR = HealthCheckers(("us-east-1", "eu-west-1"), 2)
INTERVAL_S = 10.0


def endpoint(id, *, port=80, interval_s=INTERVAL_S, threshold=3, **flags):
    config = EndpointCheck(
        EndpointType.TCP, ip_address="127.0.0.1", port=port, request_interval_s=interval_s, failure_threshold=threshold
    )
    return HealthCheck(id, config, **flags)


def calculated(id, children, threshold, **flags):
    return HealthCheck(id, CalculatedCheck(tuple(children), threshold), **flags)


class Endpoints:
    """Endpoints that are up, down or silent, by the id of the check; remembers who asked and when."""

    def __init__(self, clock):
        self._clock = clock
        self.down = set()
        self.silent = set()
        self.asked = []
        self.broken_off = Counter()
        self.under_way = 0
        self.most_under_way = 0

    async def __call__(self, check, checker):
        self.asked.append((check.id, checker, self._clock.now()))
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            if check.id in self.silent:
                await asyncio.Event().wait()
            return Outcome(check.id not in self.down, "as told")
        except asyncio.CancelledError:
            self.broken_off[check.id] += 1
            raise
        finally:
            self.under_way -= 1

    def times(self, check):
        return [at for id, _, at in self.asked if id == check]


class Stage:
    """A monitor with everything around it."""

    def __init__(self, most_probes=2000, seed=1):
        self.clock = SteppedClock()
        self.board = HealthBoard()
        self.endpoints = Endpoints(self.clock)
        self.changes = []
        self.monitor = HealthMonitor(
            clock=self.clock,
            board=self.board,
            probe=self.endpoints,
            seed=seed,
            on_change=self.changes.append,
            most_probes=most_probes,
        )

    def apply(self, *checks, fleet=ONE):
        self.monitor.apply({check.id: check for check in checks}, fleet)

    def status(self, check):
        return self.board.current.status[check]

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.monitor.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_h63_a_probe_starts_one_interval_after_the_end_of_the_last():
    async with Stage().running() as stage:
        stage.apply(endpoint("a"))
        await stage.clock.advance(5 * INTERVAL_S)
        times = stage.endpoints.times("a")
        assert len(times) == 5
        assert [after - before for before, after in pairwise(times)] == pytest.approx([10.0] * 4)


async def test_h63_first_probes_are_spread_over_the_interval():
    async with Stage().running() as stage:
        stage.apply(*(endpoint(f"c{n}") for n in range(200)))
        start = stage.clock.now()
        await stage.clock.advance(INTERVAL_S)
        tenths = Counter(int(at - start) for _, _, at in stage.endpoints.asked)
        assert set(tenths) == set(range(10))


async def test_h63_the_same_seed_gives_the_same_schedule():
    schedules = []
    for seed in (1, 1, 2):
        async with Stage(seed=seed).running() as stage:
            stage.apply(endpoint("a"), endpoint("b"), fleet=FOUR)
            await stage.clock.advance(30)
            schedules.append(stage.endpoints.asked)
    assert schedules[0] == schedules[1] != schedules[2]


async def test_h64_a_dead_endpoint_is_unhealthy_after_the_threshold_and_comes_back_after_as_many():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.clock.advance(2 * INTERVAL_S)
        assert stage.status("a") is UP
        await stage.clock.advance(INTERVAL_S)
        assert stage.status("a") is DOWN
        stage.endpoints.down.clear()
        await stage.clock.advance(2 * INTERVAL_S)
        assert stage.status("a") is DOWN
        await stage.clock.advance(INTERVAL_S)
        assert stage.status("a") is UP
        assert [(change.old, change.new) for change in stage.changes] == [(UP, DOWN), (DOWN, UP)]


async def test_a_change_says_what_was_observed_and_when():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1))
        await stage.clock.advance(INTERVAL_S)
        (change,) = stage.changes
        assert change.check_id == "a"
        assert change.cause.startswith("0 of 1 checkers up")
        assert change.at == stage.endpoints.times("a")[0]


async def test_h71_h174_an_unobserved_check_is_healthy_and_an_inverted_one_unhealthy():
    stage = Stage()
    stage.apply(endpoint("a"), endpoint("b", inverted=True))
    assert (stage.status("a"), stage.status("b")) == (UP, DOWN)


async def test_h73_h175_a_disabled_check_is_healthy_and_not_probed():
    async with Stage().running() as stage:
        stage.endpoints.down.update("ab")
        stage.apply(endpoint("a", disabled=True), endpoint("b", disabled=True, inverted=True))
        await stage.clock.advance(100)
        assert stage.endpoints.asked == []
        assert (stage.status("a"), stage.status("b")) == (UP, DOWN)


@pytest.mark.parametrize(("down", "threshold", "status"), [
    pytest.param("", 2, UP, id="H78 all children up"),
    pytest.param("a", 2, UP, id="H176 one of three children down"),
    pytest.param("ab", 2, UP, id="H80 a disabled child counts as healthy"),
    pytest.param("ab", 3, DOWN, id="H78 too few children up"),
])  # fmt: skip
async def test_calculated(down, threshold, status):
    async with Stage().running() as stage:
        stage.endpoints.down.update(down)
        children = [endpoint("a", threshold=1), endpoint("b", disabled=True), endpoint("c", threshold=1)]
        stage.apply(calculated("sum", "abc", threshold), *children)
        await stage.clock.advance(INTERVAL_S)
        assert stage.status("sum") is status


async def test_h85_a_parent_follows_its_child_at_once():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a", threshold=1), calculated("sum", "a", 1))
        await stage.clock.advance(INTERVAL_S)
        assert [change.check_id for change in stage.changes] == ["a", "sum"]
        assert len({change.at for change in stage.changes}) == 1


@pytest.mark.parametrize(("children", "threshold", "status"), [
    pytest.param(("a", "gone"), 2, DOWN, id="H84 a child that is gone adds nothing"),
    pytest.param(("a", "a"), 2, DOWN, id="H86 a child named twice counts once"),
    pytest.param((), 0, UP, id="H177 threshold 0 of none"),
    pytest.param(("a",), 4, DOWN, id="H177 more wanted than there are"),
])  # fmt: skip
def test_calculated_from_the_start(children, threshold, status):
    stage = Stage()
    stage.apply(calculated("sum", children, threshold), endpoint("a"))
    assert stage.status("sum") is status


@pytest.mark.parametrize(("insufficient", "status"), [
    pytest.param(InsufficientData.HEALTHY, UP, id="H88 Healthy"),
    pytest.param(InsufficientData.UNHEALTHY, DOWN, id="H88 Unhealthy"),
    pytest.param(InsufficientData.LAST_KNOWN, UP, id="H88 LastKnownStatus without any is healthy"),
])  # fmt: skip
def test_metric_checks_without_data(insufficient, status):
    stage = Stage()
    stage.apply(HealthCheck("m", MetricCheck("us-east-1", "alarm", insufficient)))
    assert stage.status("m") is status


def test_h93_a_recovery_check_is_healthy_until_set():
    stage = Stage()
    stage.apply(HealthCheck("r", RecoveryCheck("arn:aws:route53-recovery-control::1:controlpanel/a/routingcontrol/b")))
    assert stage.status("r") is UP


@pytest.mark.parametrize(("flags", "forced", "status"), [
    pytest.param({}, DOWN, DOWN, id="H161 forced unhealthy"),
    pytest.param({"inverted": True}, DOWN, UP, id="H162 inversion still applies"),
    pytest.param({"disabled": True}, DOWN, UP, id="H162 disabling still applies"),
    pytest.param({"disabled": True, "inverted": True}, UP, DOWN, id="H162 both still apply"),
])  # fmt: skip
def test_forcing(flags, forced, status):
    stage = Stage()
    stage.apply(endpoint("a", **flags))
    stage.monitor.force("a", forced)
    assert stage.status("a") is status


async def test_h162_what_is_forced_goes_on_being_observed():
    async with Stage().running() as stage:
        stage.apply(endpoint("a", threshold=1))
        stage.monitor.force("a", UP)
        stage.endpoints.down.add("a")
        await stage.clock.advance(INTERVAL_S)
        assert (stage.status("a"), stage.monitor.entry("a").observed) == (UP, DOWN)
        stage.monitor.force("a", None)
        assert stage.status("a") is DOWN


def test_h103_forcing_what_is_not_declared():
    with pytest.raises(NoSuchHealthCheck, match="gone"):
        Stage().monitor.force("gone", UP)


async def test_h102_an_unchanged_check_keeps_its_verdict_and_its_schedule():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.clock.advance(3 * INTERVAL_S)
        stage.apply(endpoint("a"), endpoint("b"))
        assert stage.status("a") is DOWN
        await stage.clock.advance(INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 4


async def test_h102_a_changed_endpoint_keeps_its_verdict_until_enough_results():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.clock.advance(3 * INTERVAL_S)
        stage.endpoints.down.clear()
        stage.apply(endpoint("a", port=81))
        await stage.clock.advance(2 * INTERVAL_S)
        assert stage.status("a") is DOWN
        await stage.clock.advance(INTERVAL_S)
        assert stage.status("a") is UP


async def test_h102_enabling_again_starts_like_a_new_check():
    async with Stage().running() as stage:
        stage.endpoints.down.add("a")
        stage.apply(endpoint("a"))
        await stage.clock.advance(3 * INTERVAL_S)
        stage.apply(endpoint("a", disabled=True))
        stage.apply(endpoint("a"))
        assert stage.status("a") is UP
        assert stage.monitor.entry("a").votes == (0, 0)


async def test_h68_the_verdicts_of_a_region_that_is_left_out_are_dropped():
    async with Stage().running() as stage:
        stage.apply(endpoint("a"), fleet=FOUR)
        await stage.clock.advance(INTERVAL_S)
        assert stage.monitor.entry("a").votes == (4, 4)
        stage.apply(endpoint("a"), fleet=ONE)
        assert stage.monitor.entry("a").votes == (1, 1)


async def test_h104_a_check_that_is_gone_is_probed_no_more():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"))
        await stage.clock.advance(INTERVAL_S)
        stage.apply()
        await stage.clock.advance(100)
        assert len(stage.endpoints.asked) == stage.endpoints.broken_off["a"] == 1
        assert "a" not in stage.board.current.status


async def test_h163_a_silent_endpoint_delays_nobody_else():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("slow")
        stage.apply(endpoint("slow"), endpoint("quick"))
        await stage.clock.advance(5 * INTERVAL_S)
        assert len(stage.endpoints.times("quick")) == 5
        assert len(stage.endpoints.times("slow")) == 1


async def test_h163_probes_under_way_are_bounded_and_all_get_their_turn():
    async with Stage(most_probes=3).running() as stage:
        stage.apply(*(endpoint(f"c{n}") for n in range(20)))
        await stage.clock.advance(2 * INTERVAL_S)
        assert stage.endpoints.most_under_way <= 3
        assert {id for id, _, _ in stage.endpoints.asked} == {f"c{n}" for n in range(20)}


async def test_h165_stopping_breaks_off_what_is_under_way():
    stage = Stage()
    async with stage.running():
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"), fleet=FOUR)
        await stage.clock.advance(INTERVAL_S)
        assert stage.endpoints.under_way == 4
    assert stage.endpoints.under_way == 0
    assert stage.endpoints.broken_off["a"] == 4


async def test_checks_at_rest_have_no_tasks_of_their_own():
    async with Stage().running() as stage:
        stage.apply(*(endpoint(f"c{n}", interval_s=1000.0) for n in range(500)))
        await settle()
        assert len(asyncio.all_tasks()) < 10


async def test_h102_a_probe_of_the_old_endpoint_says_nothing_about_the_new_one():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a", threshold=1))
        await stage.clock.advance(INTERVAL_S)
        stage.endpoints.silent.clear()
        stage.apply(endpoint("a", threshold=1, port=81))
        await stage.clock.advance(INTERVAL_S)
        assert stage.endpoints.broken_off["a"] == 1
        assert stage.monitor.entry("a").votes == (1, 1)


async def test_h104_a_check_that_leaves_and_comes_back_is_probed_again():
    async with Stage().running() as stage:
        stage.endpoints.silent.add("a")
        stage.apply(endpoint("a"))
        await stage.clock.advance(INTERVAL_S)
        stage.endpoints.silent.clear()
        stage.apply()
        stage.apply(endpoint("a"))
        await stage.clock.advance(3 * INTERVAL_S)
        assert len(stage.endpoints.times("a")) == 4
        assert stage.monitor.in_flight == 0


async def test_h63_a_shorter_interval_is_taken_up_at_once():
    async with Stage().running() as stage:
        stage.apply(endpoint("a", interval_s=3600.0))
        await stage.clock.advance(3600)
        stage.apply(endpoint("a", interval_s=1.0))
        await stage.clock.advance(60)
        assert len(stage.endpoints.times("a")) == 61


async def test_a_probe_that_could_not_be_made_is_no_observation_and_is_tried_again():
    stage = Stage()
    tries = Counter()

    async def fails_first(check, checker):
        tries[check.id] += 1
        if tries[check.id] == 1:
            raise RuntimeError("out of file descriptors")
        return Outcome(True, "as told")

    stage.monitor = HealthMonitor(
        clock=stage.clock, board=stage.board, probe=fails_first, seed=1, on_change=stage.changes.append
    )
    async with stage.running():
        stage.apply(endpoint("a", threshold=1))
        await stage.clock.advance(INTERVAL_S)
        assert (stage.status("a"), stage.monitor.entry("a").votes) == (UP, (0, 0))
        await stage.clock.advance(INTERVAL_S)
        assert stage.monitor.entry("a").votes == (1, 1)
    assert not stage.changes


async def test_a_probe_broken_off_before_it_began_leaves_its_place():
    async with Stage(most_probes=1).running() as stage:
        stage.apply(endpoint("a"))
        await settle()
        (due, *_), *_ = stage.monitor._due
        stage.clock._now = due  # due, but the loop has not seen it yet
        stage.monitor._begin_due()
        assert stage.monitor.in_flight == 1
        stage.apply(endpoint("b"))
        await stage.clock.advance(2 * INTERVAL_S)
        assert stage.endpoints.times("a") == []
        assert len(stage.endpoints.times("b")) == 2


async def test_probes_are_counted_by_check_region_and_result():
    async with Stage().running() as stage:
        stage.endpoints.down.add("b")
        stage.apply(endpoint("a"), endpoint("b"))
        await stage.clock.advance(2 * INTERVAL_S)
        assert stage.monitor.probes == {("a", "us-east-1", True): 2, ("b", "us-east-1", False): 2}
        assert sum(stage.monitor.durations.counts) == 4
