"""From results to a vote, from votes to a status, from statuses to a parent's (health-checks.md §5–§7, §16)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.healthcheck.verdict.calculated import is_threshold_met
from dnsemu.healthcheck.verdict.quorum import is_effectively_healthy, is_quorate
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, HealthSnapshot, Status
from dnsemu.healthcheck.verdict.streak import Streak

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY


def votes_after(results, threshold, streak=None):
    """The vote after each of the results, `F` or `S`."""
    streak, votes = streak or Streak(), ""
    for result in results:
        streak = streak.after(success=result == "S", threshold=threshold)
        votes += "S" if streak.is_healthy else "F"
    return votes


@pytest.mark.parametrize(("threshold", "results", "votes"), [
    pytest.param(3, "FFSFFF", "SSSSSF", id="H170 one success starts the count again"),
    pytest.param(3, "FFFSS", "SSFFF", id="H171 two successes are not enough"),
    pytest.param(3, "FFFSSS", "SSFFFS", id="H171 the third success is"),
    pytest.param(3, "FFFSSFSSS", "SSFFFFFFS", id="H64 one failure starts the way back again"),
    pytest.param(1, "FSF", "FSF", id="H64 threshold 1 follows each result"),
    pytest.param(2, "SF", "SS", id="H66 a new checker votes healthy until it has seen enough"),
])  # fmt: skip
def test_votes(threshold, results, votes):
    assert votes_after(results, threshold) == votes


@given(results=st.text("SF", max_size=60), threshold=st.integers(1, 10))
def test_h64_a_vote_changes_exactly_after_a_full_run_of_the_other_kind(results, threshold):
    votes = "S" + votes_after(results, threshold)
    for index in range(len(results)):
        run = results[max(0, index + 1 - threshold) : index + 1]
        opposite = "F" if votes[index] == "S" else "S"
        assert (votes[index + 1] != votes[index]) == (run == opposite * threshold)


def test_h65_a_checker_reports_from_its_first_result_on():
    assert not Streak().is_reporting
    assert Streak().after(success=True, threshold=3).is_reporting
    assert Streak().after(success=False, threshold=3).is_reporting


def test_h102_a_changed_endpoint_keeps_the_vote_and_starts_the_count_again():
    streak = Streak().after(success=False, threshold=3).after(success=False, threshold=3).restarted()
    assert votes_after("FFF", 3, streak) == "SSF"


@pytest.mark.parametrize(("healthy", "reporting", "expected"), [
    pytest.param(2, 16, False, id="H172 two of sixteen are too few"),
    pytest.param(3, 16, True, id="H173 three of sixteen are 18.75 %"),
    pytest.param(18, 100, False, id="H70 exactly 18 % is unhealthy"),
    pytest.param(19, 100, True, id="H70 more than 18 % is healthy"),
    pytest.param(0, 1, False, id="H70 a single checker decides: down"),
    pytest.param(1, 1, True, id="H70 a single checker decides: up"),
    pytest.param(1, 3, True, id="H70 one of three"),
    pytest.param(1, 6, False, id="H70 one of six is 16.7 %"),
    pytest.param(2, 6, True, id="H70 two of six"),
    pytest.param(2, 15, False, id="H70 two of fifteen"),
    pytest.param(3, 15, True, id="H70 three of fifteen"),
    pytest.param(0, 0, True, id="H71 nothing reported yet is healthy"),
])  # fmt: skip
def test_quorum(healthy, reporting, expected):
    assert is_quorate(healthy, reporting) is expected


@pytest.mark.parametrize(("raw", "inverted", "disabled", "expected"), [
    pytest.param(True, False, False, True, id="H72 as observed: up"),
    pytest.param(False, False, False, False, id="H72 as observed: down"),
    pytest.param(True, True, False, False, id="H72 inverted: up is unhealthy (H174)"),
    pytest.param(False, True, False, True, id="H72 inverted: down is healthy"),
    pytest.param(False, False, True, True, id="H73 disabled pins to healthy (H175)"),
    pytest.param(False, True, True, False, id="H74 disabled and inverted forces traffic away (H175)"),
    pytest.param(True, True, True, False, id="H74 whatever is observed"),
])  # fmt: skip
def test_effective(raw, inverted, disabled, expected):
    assert is_effectively_healthy(raw=raw, inverted=inverted, disabled=disabled) is expected


@pytest.mark.parametrize(("children", "threshold", "expected"), [
    pytest.param([True, True, False], 2, True, id="H78 enough children (H176)"),
    pytest.param([True, False, False], 2, False, id="H78 too few children"),
    pytest.param([True, True, True], 4, False, id="H79 more wanted than there are (H177)"),
    pytest.param([], 0, True, id="H79 threshold 0 of none (H177)"),
    pytest.param([False], 0, True, id="H79 threshold 0 is always met"),
])  # fmt: skip
def test_calculated(children, threshold, expected):
    assert is_threshold_met(children, threshold) is expected


def test_r117_no_health_check_and_an_unknown_one_are_healthy():
    snapshot = HealthSnapshot(1, Map({"down": DOWN}))
    assert snapshot.is_healthy(None)
    assert snapshot.is_healthy("unknown")
    assert not snapshot.is_healthy("down")


def test_a_snapshot_does_not_change():
    board = HealthBoard()
    before = board.current
    board.set("a", DOWN)
    assert before.is_healthy("a")
    assert not board.current.is_healthy("a")


def test_the_generation_moves_only_when_a_status_does():
    board = HealthBoard()
    board.set("a", DOWN)
    generation = board.current.generation
    board.set("a", DOWN)
    board.publish(Map({"a": DOWN}))
    assert board.current.generation == generation
    board.set("a", UP)
    assert board.current.generation == generation + 1
