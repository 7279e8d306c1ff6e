"""Calculated checks in the tracker: parents follow their children at once (health-checks.md §7)."""

import pytest

from tests.healthcheck.verdict.tracked import DOWN, UP, Tracked, calculated, endpoint


@pytest.mark.parametrize(("down", "disabled", "inverted", "threshold", "status"), [
    pytest.param("", "", "", 3, UP, id="H78 R116 all up"),
    pytest.param("c", "b", "", 2, UP, id="H176 healthy, disabled, unhealthy: two are enough"),
    pytest.param("c", "b", "", 3, DOWN, id="H176 three are not"),
    pytest.param("", "b", "b", 3, DOWN, id="H80 disabled and inverted counts as unhealthy"),
    pytest.param("c", "", "c", 3, UP, id="H78 an inverted child counts by its effective status"),
    pytest.param("abc", "", "", 0, UP, id="H79 R116 threshold 0"),
    pytest.param("", "", "", 4, DOWN, id="H79 H177 R116 threshold above the number of children"),
])  # fmt: skip
def test_calculated(down, disabled, inverted, threshold, status):
    children = [endpoint(id, disabled=id in disabled, inverted=id in inverted) for id in "abc"]
    tracked = Tracked(calculated("sum", "abc", threshold), *children)
    for child in down:
        tracked.observe(child, "F")
    assert tracked.status("sum") is status


def test_h85_parents_follow_their_child_in_the_same_step():
    tracked = Tracked(
        calculated("both", "ab", 2), calculated("either", "ab", 1), endpoint("a"), endpoint("b"),
        calculated("neither", "ab", 1, inverted=True),
    )  # fmt: skip
    tracked.observe("a", "F")
    assert tracked.moves == [("a", DOWN), ("both", DOWN)]
    tracked.observe("b", "F")
    assert tracked.moves[2:] == [("b", DOWN), ("either", DOWN), ("neither", UP)]
    assert [change.at for change in tracked.changes] == [2, 2, 3, 3, 3]


def test_h84_h86_children_that_are_removed_or_named_twice():
    tracked = Tracked(calculated("sum", ("a", "a", "b"), 2), endpoint("a"), endpoint("b"))
    assert tracked.status("sum") is UP
    tracked.apply(calculated("sum", ("a", "a", "b"), 2), endpoint("a"))
    assert tracked.status("sum") is DOWN
    assert tracked.moves == [("sum", DOWN)]


def test_h85_a_forced_child_moves_its_parent():
    tracked = Tracked(calculated("sum", "a", 1), endpoint("a"))
    tracked.force(a=DOWN)
    assert tracked.moves == [("a", DOWN), ("sum", DOWN)]
    assert tracked.changes[1].cause == "0 of 1 children healthy (a down), needs 1"
    tracked.force(a=None)
    assert tracked.moves[2:] == [("a", UP), ("sum", UP)]


def test_h162_a_forced_parent_stays_when_its_child_moves():
    tracked = Tracked(calculated("sum", "a", 1), endpoint("a"))
    tracked.force(sum=UP)
    tracked.observe("a", "F")
    assert (tracked.status("sum"), tracked.tracker.state("sum").observed) == (UP, DOWN)
