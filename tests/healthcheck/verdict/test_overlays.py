"""Forced statuses in the tracker (health-checks.md §15)."""

import pytest

from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import EventKind
from tests.healthcheck.verdict.tracked import DOWN, UP, Tracked, calculated, endpoint


@pytest.mark.parametrize(("flags", "forced", "status", "observed"), [
    pytest.param({}, DOWN, DOWN, UP, id="H161 forced unhealthy"),
    pytest.param({}, UP, UP, UP, id="H161 forced healthy"),
    pytest.param({"inverted": True}, DOWN, UP, DOWN, id="H162 inversion still applies"),
    pytest.param({"inverted": True}, UP, DOWN, DOWN, id="H162 inversion still applies to healthy"),
    pytest.param({"disabled": True}, DOWN, UP, UP, id="H162 disabling still applies"),
    pytest.param({"disabled": True, "inverted": True}, UP, DOWN, DOWN, id="H162 both still apply"),
])  # fmt: skip
def test_forcing(flags, forced, status, observed):
    tracked = Tracked(endpoint("a", **flags))
    tracked.force(a=forced)
    assert (tracked.status("a"), tracked.tracker.state("a").observed) == (status, observed)
    assert tracked.tracker.state("a").forced is forced
    tracked.force(a=None)
    assert (tracked.status("a"), tracked.tracker.state("a").forced) == (observed, None)


def test_h161_h162_a_forced_check_is_still_observed():
    tracked = Tracked(endpoint("a"))
    tracked.force(a=UP)
    tracked.observe("a", "F")
    assert (tracked.status("a"), tracked.tracker.state("a").observed) == (UP, DOWN)
    tracked.force(a=None)
    assert tracked.status("a") is DOWN


def test_h161_new_overlays_replace_the_old_ones():
    tracked = Tracked(endpoint("a"), endpoint("b"))
    tracked.tracker.set_overlays({"a": Overlay(DOWN, "a"), "gone": Overlay(DOWN, "gone")}, 5.0)
    tracked.tracker.set_overlays({"b": Overlay(DOWN, "b*")}, 6.0)
    assert (tracked.status("a"), tracked.status("b")) == (UP, DOWN)


def test_forced_statuses_are_recorded_with_their_cause():
    tracked = Tracked(endpoint("a"), endpoint("off", disabled=True))
    tracked.tracker.set_overlays({"a": Overlay(DOWN, "web-*"), "off": Overlay(DOWN, "off")}, 5.0)
    tracked.tracker.set_overlays(
        {"a": Overlay(DOWN, "a", until=9.0), "off": Overlay(DOWN, "off")}, 6.0
    )  # the same status
    tracked.tracker.set_overlays({}, 7.0)
    forced = tracked.history.since(0, kind=EventKind.FORCED)
    assert [(e.check_id, e.at, e.old, e.new, e.cause) for e in forced] == [
        ("a", 5.0, None, DOWN, "forced by web-*"),
        ("off", 5.0, None, DOWN, "forced by off"),
        ("a", 7.0, DOWN, None, "no longer forced"),
        ("off", 7.0, DOWN, None, "no longer forced"),
    ]
    assert [(e.check_id, e.at, e.new, e.cause) for e in tracked.changes] == [
        ("a", 5.0, DOWN, "forced unhealthy, not observed yet"),
        ("a", 7.0, UP, "not observed yet"),
    ]


def test_h85_overlays_that_end_together_are_one_step():
    tracked = Tracked(calculated("sum", "ab", 1), endpoint("a"), endpoint("b"))
    tracked.force(sum=UP, a=DOWN, b=DOWN)
    tracked.clear()
    tracked.tracker.set_overlays({}, 99.0)
    assert tracked.moves == [("a", UP), ("b", UP)]  # the sum was up and stays so


# --- targets of resources ---

ONE, TWO = "target/lb.example./10.0.0.1", "target/lb.example./10.0.0.2"


def test_h162a_a_target_has_a_status_only_while_it_is_down():
    tracked = Tracked(endpoint("a"))
    before = tracked.board.current
    tracked.force(**{ONE: DOWN, TWO: UP})
    assert dict(tracked.board.current.status) == {"a": UP, ONE: DOWN}
    assert tracked.board.current.generation == before.generation + 1
    assert (tracked.tracker.target_overlay(ONE).by, tracked.tracker.target_overlay(TWO).status) == (ONE, UP)
    assert [state.check.id for state in tracked.tracker.states()] == ["a"]
    tracked.force(**{ONE: None, TWO: None})
    assert dict(tracked.board.current.status) == {"a": UP}
    assert tracked.tracker.target_overlay(ONE) is None


def test_h162a_targets_change_in_one_step_and_listeners_learn_which():
    tracked = Tracked(endpoint("a"))
    told = []
    tracked.board.subscribe(lambda snapshot, changed: told.append((snapshot.generation, sorted(changed))))
    start = tracked.board.current.generation
    tracked.force(**{ONE: DOWN, TWO: DOWN})
    tracked.force(**{ONE: DOWN, TWO: DOWN})
    tracked.force(**{TWO: None})
    assert told == [(start + 1, [ONE, TWO]), (start + 2, [TWO])]


def test_h162a_a_declaration_and_a_reset_leave_forced_targets_down():
    tracked = Tracked(endpoint("a"))
    tracked.force(**{ONE: DOWN})
    tracked.apply(endpoint("b"))
    tracked.tracker.reset(9.0)
    assert dict(tracked.board.current.status) == {"b": UP, ONE: DOWN}


def test_h162a_forced_targets_are_in_the_history():
    tracked = Tracked(endpoint("a"))
    tracked.tracker.set_overlays({ONE: Overlay(DOWN, "region:us-*")}, 5.0)
    tracked.tracker.set_overlays({ONE: Overlay(DOWN, "az:use1-az1")}, 6.0)  # the same status
    tracked.tracker.set_overlays({}, 7.0)
    assert [(e.check_id, e.at, e.old, e.new, e.cause) for e in tracked.history.since(0, kind=EventKind.FORCED)] == [
        (ONE, 5.0, None, DOWN, "forced by region:us-*"),
        (ONE, 7.0, DOWN, None, "no longer forced"),
    ]
    assert tracked.history.since(0, kind=EventKind.FORCED)[0].name == "10.0.0.1 of lb.example."
    assert tracked.history.of(ONE) == ()
