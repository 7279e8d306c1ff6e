"""Calculated checks in the tracker: parents follow their children at once (health-checks.md §7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.healthcheck.verdict.calculated import evaluation_order
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


@pytest.mark.parametrize("levels", [1, 2, 3, 50, 3000])
def test_h85_parents_follow_over_any_number_of_levels(levels):
    """A file turns the child of the API's parent into a calculated check, and so on."""
    above = [calculated(f"l{n}", [f"l{n - 1}"], 1) for n in range(levels, 0, -1)]  # parents first
    tracked = Tracked(*above, endpoint("l0"))
    tracked.observe("l0", "F")
    assert tracked.moves == [(f"l{n}", DOWN) for n in range(levels + 1)]
    tracked.observe("l0", "S")
    assert tracked.status(f"l{levels}") is UP
    tracked.apply(*above, endpoint("l0", inverted=True))
    assert tracked.status(f"l{levels}") is DOWN
    tracked.apply(*above)
    assert tracked.status(f"l{levels}") is DOWN  # H84: a child that is gone is not healthy


def test_h85_a_child_that_a_declaration_turns_into_a_calculated_check_moves_its_parents():
    parents = calculated("top", ["parent"], 1), calculated("parent", ["child"], 1)
    tracked = Tracked(*parents, endpoint("child"), endpoint("other"))
    tracked.observe("other", "F")
    tracked.apply(*parents, calculated("child", ["other"], 1), endpoint("other"))
    assert [tracked.status(check) for check in ("child", "parent", "top")] == [DOWN, DOWN, DOWN]
    tracked.observe("other", "S")
    assert [tracked.status(check) for check in ("child", "parent", "top")] == [UP, UP, UP]


@pytest.mark.parametrize("rings", [
    pytest.param({"a": "a"}, id="H81 its own child"),
    pytest.param({"a": "b", "b": "a"}, id="H81 two"),
    pytest.param({"a": "bx", "b": "cx", "c": "ax"}, id="H81 three above an endpoint"),
])  # fmt: skip
@pytest.mark.parametrize("inverted", [False, True])
def test_a_ring_of_calculated_checks_cannot_keep_the_tracker_busy(rings, inverted):
    checks = [calculated(check, children, 1, inverted=inverted) for check, children in rings.items()]
    tracked = Tracked(*checks, endpoint("x"))
    for results in ("F", "S", "F"):
        tracked.observe("x", results)
        tracked.force(a=DOWN)
        tracked.force(a=UP)
        tracked.force(a=None)
        tracked.apply(*checks, endpoint("x", inverted=results == "F"))
    assert len(tracked.changes) < 60


@st.composite
def trees(draw):
    """Health checks of which each may have any earlier one as a child, in any order of declaration."""
    checks = []
    for n in range(draw(st.integers(1, 8))):
        flags = {"inverted": draw(st.booleans()), "disabled": draw(st.integers(0, 9)) == 0}
        children = draw(st.lists(st.integers(0, n), max_size=3, unique=True))  # n itself is not declared below
        names = [f"c{child}" if child < n else "gone" for child in children]
        kind = calculated(f"c{n}", names, draw(st.integers(0, 3)), **flags) if names else endpoint(f"c{n}", **flags)
        checks.append(kind)
    return draw(st.permutations(checks))


@given(trees(), trees(), st.lists(st.tuples(st.integers(0, 7), st.sampled_from("FS")), max_size=6))
def test_h78_h85_the_statuses_are_those_that_recursion_gives(first, second, observations):
    tracked = Tracked(*first)
    for checks in (first, second):
        tracked.apply(*checks)
        declared = {check.id: check for check in checks}
        for number, result in observations:
            check = declared.get(f"c{number}")
            if check is not None and not hasattr(check.config, "children"):
                tracked.observe(check.id, result)

        def status(check_id, declared=declared):
            check = declared.get(check_id)
            if check is None:
                return False
            if hasattr(check.config, "children"):
                raw = sum(map(status, check.config.children)) >= check.config.health_threshold
            else:
                raw = all(checker.streak.is_healthy for checker in tracked.tracker.state(check_id).checkers.values())
            return (check.disabled or raw) is not check.inverted

        assert {check_id: tracked.status(check_id) is UP for check_id in declared} == {
            check_id: status(check_id) for check_id in declared
        }


def test_the_order_of_evaluation_has_children_first_and_every_check_once():
    children = {"a": ["b", "c"], "b": ["c"], "c": ["x"], "ring1": ["ring2"], "ring2": ["ring1", "a"]}
    order = evaluation_order(children)
    assert order["c"] < order["b"] < order["a"] < order["ring2"] < order["ring1"]
    assert sorted(order.values()) == [1, 2, 3, 4, 5]
