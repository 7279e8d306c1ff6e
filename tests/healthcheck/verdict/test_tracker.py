"""The status tracker, from observations to the board (health-checks.md §5–§7, §10, §15; routing.md §6)."""

from dataclasses import replace

import pytest

from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import EventKind
from dnsemu.healthcheck.verdict.results import Observation, ProbeResult
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from tests.healthcheck.verdict.tracked import DOWN, ONE, SIXTEEN, UP, Tracked, calculated, endpoint


@pytest.mark.parametrize(("inverted", "disabled", "is_healthy"), [
    pytest.param(False, False, True, id="R115.1 a new check is healthy"),
    pytest.param(True, False, False, id="R115.2 inverted: unhealthy"),
    pytest.param(False, True, True, id="R115.3 disabled: healthy"),
    pytest.param(True, True, False, id="R115.4 disabled and inverted: unhealthy"),
])  # fmt: skip
def test_before_the_first_observation(inverted, disabled, is_healthy):
    tracked = Tracked(endpoint("a", inverted=inverted, disabled=disabled))
    assert tracked.board.current.is_healthy("a") is is_healthy


@pytest.mark.parametrize("is_measured", [False, True], ids=["H69 not measured", "H69 measured"])
def test_measuring_latency_has_no_effect_on_health(is_measured):
    check, verdicts = endpoint("a", threshold=2), []
    tracked = Tracked(replace(check, config=replace(check.config, measure_latency=is_measured)))
    for result in "SFFSS":
        tracked.observe("a", result)
        verdicts.append(tracked.status("a"))
    assert verdicts == [UP, UP, DOWN, DOWN, UP]


def test_h65_checkers_without_a_result_have_no_vote():
    tracked = Tracked(endpoint("a"), fleet=SIXTEEN)
    tracked.observe("a", "F", slice(0, 1))
    assert tracked.tracker.state("a").votes == (0, 1)
    assert tracked.status("a") is DOWN
    tracked.observe("a", "S", slice(1, 2))
    assert tracked.tracker.state("a").votes == (1, 2)
    assert tracked.status("a") is UP


@pytest.mark.parametrize(("failing", "status"), [
    pytest.param(13, UP, id="H173 three of sixteen up"),
    pytest.param(14, DOWN, id="H172 two of sixteen up"),
    pytest.param(16, DOWN, id="H70 R116 none up"),
])  # fmt: skip
def test_quorum_of_a_whole_fleet(failing, status):
    tracked = Tracked(endpoint("a"), fleet=SIXTEEN)
    tracked.observe("a", "S")
    tracked.observe("a", "F", slice(0, failing))
    assert tracked.status("a") is status


def test_h68_the_quorum_is_recomputed_when_a_region_leaves():
    regions = ("us-east-1", "eu-west-1", "sa-east-1")
    tracked = Tracked(endpoint("a", regions=regions), fleet=SIXTEEN)
    tracked.observe("a", "S", slice(4, 6))
    tracked.observe("a", "F", slice(0, 4))
    assert tracked.status("a") is UP
    tracked.apply(endpoint("a", regions=regions[:2]), fleet=SIXTEEN)
    assert tracked.status("a") is DOWN
    assert tracked.changes[-1].cause == "declaration changed"
    tracked.apply(endpoint("a", regions=regions), fleet=SIXTEEN)
    assert tracked.tracker.state("a").votes == (0, 4)


def test_h68_a_late_result_of_a_checker_that_left_is_ignored():
    tracked = Tracked(endpoint("a"), fleet=SIXTEEN)
    gone = list(tracked.tracker.state("a").checkers)[-1]
    tracked.apply(endpoint("a"), fleet=ONE)
    tracked.tracker.record("a", gone, Observation(ProbeResult.failed("late"), 9.0))
    tracked.tracker.record("never-declared", gone, Observation(ProbeResult.failed("late"), 9.0))
    assert tracked.tracker.state("a").votes == (0, 0)
    assert not tracked.changes


@pytest.mark.parametrize(("change", "kept"), [
    pytest.param({}, True, id="H102 nothing changed"),
    pytest.param({"disabled": True, "inverted": True}, True, id="H102 disabled and inverted: forces traffic away"),
    pytest.param({"threshold": 5}, True, id="H102 the threshold"),
    pytest.param({"address": "127.0.0.2"}, True, id="H102 the address"),
    pytest.param({"path": "/other"}, True, id="H102 the path"),
])  # fmt: skip
def test_an_update_alone_is_no_failover(change, kept):
    tracked = Tracked(endpoint("a"))
    tracked.observe("a", "F")
    tracked.clear()
    tracked.apply(endpoint("a", **change))
    assert (tracked.status("a") is DOWN) is kept
    assert not tracked.changes


@pytest.mark.parametrize(("change", "needed"), [
    pytest.param({"inverted": True}, 1, id="H102 inversion keeps the count"),
    pytest.param({"path": "/other"}, 3, id="H102 another path starts the count again"),
])  # fmt: skip
def test_the_count_of_failures_after_an_update(change, needed):
    tracked = Tracked(endpoint("a", threshold=3))
    tracked.observe("a", "FF")
    tracked.apply(endpoint("a", threshold=3, **change))
    before = tracked.status("a")
    tracked.observe("a", "F" * (needed - 1))
    assert tracked.status("a") is before
    tracked.observe("a", "F")
    assert tracked.status("a") is not before


def test_h102_h116_a_disabled_check_keeps_its_last_observation_until_it_is_enabled():
    tracked = Tracked(endpoint("a"))
    tracked.observe("a", "F")
    tracked.apply(endpoint("a", disabled=True))
    (state,) = tracked.tracker.state("a").checkers.values()
    assert state.last.text == "Failure: broken"
    assert tracked.status("a") is UP
    tracked.apply(endpoint("a"))
    (state,) = tracked.tracker.state("a").checkers.values()
    assert state.last is None
    assert tracked.status("a") is UP


def test_h104_a_removed_check_is_forgotten():
    tracked = Tracked(endpoint("a"))
    tracked.observe("a", "F")
    tracked.force(a=DOWN)
    tracked.apply()
    tracked.tracker.set_overlays({"a": Overlay(DOWN, "a")}, 9.0)
    with pytest.raises(UnknownHealthCheck):
        tracked.tracker.state("a")
    assert tracked.board.current.is_healthy("a")  # R117
    tracked.apply(endpoint("a"))
    assert tracked.status("a") is UP
    assert tracked.tracker.state("a").forced is None


def test_h162_a_forced_status_survives_a_reload():
    tracked = Tracked(endpoint("a"))
    tracked.force(a=DOWN)
    tracked.apply(endpoint("a", path="/other"), endpoint("b"))
    assert (tracked.status("a"), tracked.tracker.state("a").observed) == (DOWN, UP)


# --- the board and the history ---


def test_the_generation_moves_with_effective_statuses_only():
    tracked = Tracked(endpoint("a", threshold=2), endpoint("b", disabled=True), fleet=SIXTEEN)
    generation = tracked.board.current.generation
    tracked.observe("a", "F")  # results, but no vote changes
    tracked.apply(endpoint("a", threshold=2), endpoint("b", disabled=True), fleet=SIXTEEN)
    tracked.force(a=UP)
    tracked.force(b=DOWN)  # disabled: healthy all the same (H73)
    tracked.force(a=None)
    assert tracked.board.current.generation == generation
    tracked.observe("a", "F")
    assert tracked.board.current.generation == generation + 1


def test_the_board_is_updated_before_listeners_are_called():
    tracked, seen = Tracked(calculated("sum", "a", 1), endpoint("a")), []
    tracked.history.subscribe(lambda event: seen.append((event.kind, tracked.status("a"), tracked.status("sum"))))
    tracked.observe("a", "F")
    tracked.force(a=UP)
    assert seen == [
        (EventKind.VOTE, DOWN, DOWN), (EventKind.STATUS, DOWN, DOWN), (EventKind.STATUS, DOWN, DOWN),
        (EventKind.FORCED, UP, UP), (EventKind.STATUS, UP, UP), (EventKind.STATUS, UP, UP),
    ]  # fmt: skip


def test_a_listener_that_fails_does_not_keep_a_verdict_from_the_board():
    def fails(event):
        raise OSError("the log is full")

    tracked = Tracked(calculated("sum", "a", 1), endpoint("a"))
    tracked.history.subscribe(fails)
    with pytest.raises(OSError, match="full"):
        tracked.observe("a", "F")
    assert (tracked.status("a"), tracked.status("sum")) == (DOWN, DOWN)


def test_added_and_removed_checks_are_recorded_but_not_the_first_ones():
    tracked = Tracked(endpoint("a"))
    tracked.apply(endpoint("a"), endpoint("b", inverted=True))
    tracked.apply(endpoint("b", inverted=True))
    assert [(e.kind, e.check_id, e.old, e.new, e.at) for e in tracked.history.since(0)] == [
        (EventKind.DECLARED, "b", None, DOWN, 2.0),
        (EventKind.REMOVED, "a", UP, None, 3.0),
    ]


def test_a_declaration_is_published_in_one_step():
    tracked = Tracked()
    tracked.apply(endpoint("a"), endpoint("b", inverted=True), calculated("sum", "ab", 2))
    assert tracked.board.current.generation == 1
    assert dict(tracked.board.current.status) == {"a": UP, "b": DOWN, "sum": DOWN}  # R115
    assert not tracked.changes


def test_h102_an_inversion_is_reported_as_declared():
    tracked = Tracked(endpoint("a"))
    tracked.apply(endpoint("a", inverted=True))
    (change,) = tracked.changes
    assert (change.old, change.new, change.cause, change.at) == (UP, DOWN, "declaration changed", tracked.now)
    assert tracked.tracker.state("a").since == tracked.now


def test_a_change_has_its_cause():
    tracked = Tracked(endpoint("a"), fleet=SIXTEEN)
    tracked.observe("a", "S")
    tracked.observe("a", "F", slice(0, 14))
    (change,) = tracked.changes
    assert change.cause == "2 of 16 checkers up, 14 failing: broken"
    assert tracked.tracker.state("a").since == change.at == tracked.now


@pytest.mark.parametrize(("check", "results", "summary"), [
    pytest.param(endpoint("a"), "", "not observed yet", id="H65 unobserved"),
    pytest.param(endpoint("a"), "S", "1 of 1 checkers up", id="H70 up"),
    pytest.param(endpoint("a", threshold=2), "F", "1 of 1 checkers up, 1 with failures below the threshold: broken", id="H64 a first failure"),
    pytest.param(endpoint("a", threshold=2), "FF", "0 of 1 checkers up, broken", id="H64 the failure that counts"),
    pytest.param(endpoint("a", threshold=2), "FFS", "0 of 1 checkers up", id="H64 a first success"),
    pytest.param(endpoint("a", inverted=True), "S", "1 of 1 checkers up, inverted", id="H72 inverted"),
    pytest.param(endpoint("a", disabled=True, inverted=True), "", "disabled, inverted", id="H74 both"),
])  # fmt: skip
def test_summaries(check, results, summary):
    tracked = Tracked(check)
    tracked.observe("a", results)
    assert tracked.tracker.state("a").summary == summary


def test_h113_the_last_failure_outlives_a_success():
    tracked = Tracked(endpoint("a"))
    tracked.observe("a", "FS")
    (state,) = tracked.tracker.state("a").checkers.values()
    assert (state.last.text, state.last_failure.text) == ("Success: all well", "Failure: broken")
