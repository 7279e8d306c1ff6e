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
