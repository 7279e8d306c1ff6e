"""Bookkeeping between observations and the board (health-checks.md §5–§7, §10, §15; routing.md §6)."""

from ipaddress import ip_address, ip_network

import pytest

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import checkers_of
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.results import Observation, ProbeResult
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.healthcheck.verdict.tracker import StatusTracker, UnknownHealthCheck

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY
SIXTEEN = HealthCheckers(ALL_CHECKER_REGIONS, 2)
ONE = HealthCheckers(("us-east-1",), 1)


def endpoint(id, *, threshold=1, address="127.0.0.1", regions=(), path=None, **flags):
    config = EndpointCheck(
        EndpointType.HTTP, ip_address=address, failure_threshold=threshold, regions=regions, resource_path=path
    )
    return HealthCheck(id, config, **flags)


def calculated(id, children, threshold, **flags):
    return HealthCheck(id, CalculatedCheck(tuple(children), threshold), **flags)


class Books:
    """A tracker, what it reported, and a time that tests count up by hand."""

    def __init__(self, *checks, fleet=ONE):
        self.board = HealthBoard()
        self.history = History("books")
        self.tracker = StatusTracker(self.board, self.history)
        self.now = 0.0
        self._forced = {}
        self._heard = 0
        self.apply(*checks, fleet=fleet)

    def apply(self, *checks, fleet=ONE):
        self.now += 1
        self.tracker.apply({check.id: check for check in checks}, fleet, self.now)

    def observe(self, check_id, results, checkers=slice(None)):
        """Each chosen checker sees these results, `F` or `S`."""
        for result in results:
            for checker in list(self.tracker.state(check_id).checkers)[checkers]:
                self.now += 1
                outcome = ProbeResult(result == "S", "all well" if result == "S" else "broken")
                self.tracker.record(check_id, checker, Observation(outcome, self.now))

    def force(self, **forced):
        """Lay statuses over checks, or take them away with None; what is not named stays."""
        for check_id, status in forced.items():
            self._forced.pop(check_id, None)
            if status is not None:
                self._forced[check_id] = Overlay(status, check_id)
        self.now += 1
        self.tracker.set_overlays(dict(self._forced), self.now)

    def status(self, check_id):
        return self.board.current.status[check_id]

    @property
    def changes(self):
        """Every change of an effective status that was not heard before `clear`."""
        return self.history.since(self._heard, kind=EventKind.STATUS)

    def clear(self):
        self._heard = self.history.last

    @property
    def moves(self):
        return [(change.check_id, change.new) for change in self.changes]


def test_h65_checkers_without_a_result_have_no_say():
    books = Books(endpoint("a"), fleet=SIXTEEN)
    books.observe("a", "F", slice(0, 1))
    assert books.tracker.state("a").votes == (0, 1)
    assert books.status("a") is DOWN
    books.observe("a", "S", slice(1, 2))
    assert books.tracker.state("a").votes == (1, 2)
    assert books.status("a") is UP


@pytest.mark.parametrize(("failing", "status"), [
    pytest.param(13, UP, id="H173 three of sixteen up"),
    pytest.param(14, DOWN, id="H172 two of sixteen up"),
    pytest.param(16, DOWN, id="H70 R116 none up"),
])  # fmt: skip
def test_quorum_of_a_whole_fleet(failing, status):
    books = Books(endpoint("a"), fleet=SIXTEEN)
    books.observe("a", "S")
    books.observe("a", "F", slice(0, failing))
    assert books.status("a") is status


def test_h68_the_quorum_is_taken_anew_when_a_region_leaves():
    regions = ("us-east-1", "eu-west-1", "sa-east-1")
    books = Books(endpoint("a", regions=regions), fleet=SIXTEEN)
    books.observe("a", "S", slice(4, 6))
    books.observe("a", "F", slice(0, 4))
    assert books.status("a") is UP
    books.apply(endpoint("a", regions=regions[:2]), fleet=SIXTEEN)
    assert books.status("a") is DOWN
    assert books.changes[-1].cause == "declaration changed"
    books.apply(endpoint("a", regions=regions), fleet=SIXTEEN)
    assert books.tracker.state("a").votes == (0, 4)


def test_h68_a_late_result_of_a_checker_that_left_is_ignored():
    books = Books(endpoint("a"), fleet=SIXTEEN)
    gone = list(books.tracker.state("a").checkers)[-1]
    books.apply(endpoint("a"), fleet=ONE)
    books.tracker.record("a", gone, Observation(ProbeResult.failed("late"), 9.0))
    books.tracker.record("never-declared", gone, Observation(ProbeResult.failed("late"), 9.0))
    assert books.tracker.state("a").votes == (0, 0)
    assert not books.changes


@pytest.mark.parametrize(("change", "kept"), [
    pytest.param({}, True, id="H102 nothing changed"),
    pytest.param({"disabled": True, "inverted": True}, True, id="H102 disabled and inverted: forces traffic away"),
    pytest.param({"threshold": 5}, True, id="H102 the threshold"),
    pytest.param({"address": "127.0.0.2"}, True, id="H102 the address"),
    pytest.param({"path": "/other"}, True, id="H102 the path"),
])  # fmt: skip
def test_an_update_alone_is_no_failover(change, kept):
    books = Books(endpoint("a"))
    books.observe("a", "F")
    books.clear()
    books.apply(endpoint("a", **change))
    assert (books.status("a") is DOWN) is kept
    assert not books.changes


@pytest.mark.parametrize(("change", "needed"), [
    pytest.param({"inverted": True}, 1, id="H102 inversion keeps the count"),
    pytest.param({"path": "/other"}, 3, id="H102 another path starts the count again"),
])  # fmt: skip
def test_the_count_of_failures_after_an_update(change, needed):
    books = Books(endpoint("a", threshold=3))
    books.observe("a", "FF")
    books.apply(endpoint("a", threshold=3, **change))
    before = books.status("a")
    books.observe("a", "F" * (needed - 1))
    assert books.status("a") is before
    books.observe("a", "F")
    assert books.status("a") is not before


def test_h102_h116_a_disabled_check_shows_what_was_last_seen_and_forgets_it_when_enabled():
    books = Books(endpoint("a"))
    books.observe("a", "F")
    books.apply(endpoint("a", disabled=True))
    (state,) = books.tracker.state("a").checkers.values()
    assert state.last.text == "Failure: broken"
    assert books.status("a") is UP
    books.apply(endpoint("a"))
    (state,) = books.tracker.state("a").checkers.values()
    assert state.last is None
    assert books.status("a") is UP


def test_h104_a_check_that_is_gone_is_forgotten():
    books = Books(endpoint("a"))
    books.observe("a", "F")
    books.force(a=DOWN)
    books.apply()
    books.tracker.set_overlays({"a": Overlay(DOWN, "a")}, 9.0)  # nobody's
    with pytest.raises(UnknownHealthCheck):
        books.tracker.state("a")
    assert books.board.current.is_healthy("a")  # R117
    books.apply(endpoint("a"))
    assert books.status("a") is UP
    assert books.tracker.state("a").forced is None


def test_h162_a_forced_status_survives_a_reload():
    books = Books(endpoint("a"))
    books.force(a=DOWN)
    books.apply(endpoint("a", path="/other"), endpoint("b"))
    assert (books.status("a"), books.tracker.state("a").observed) == (DOWN, UP)


# --- overlays ---


@pytest.mark.parametrize(("flags", "forced", "status", "observed"), [
    pytest.param({}, DOWN, DOWN, UP, id="H161 forced unhealthy"),
    pytest.param({}, UP, UP, UP, id="H161 forced healthy"),
    pytest.param({"inverted": True}, DOWN, UP, DOWN, id="H162 inversion still applies"),
    pytest.param({"inverted": True}, UP, DOWN, DOWN, id="H162 inversion still applies to healthy"),
    pytest.param({"disabled": True}, DOWN, UP, UP, id="H162 disabling still applies"),
    pytest.param({"disabled": True, "inverted": True}, UP, DOWN, DOWN, id="H162 both still apply"),
])  # fmt: skip
def test_forcing(flags, forced, status, observed):
    books = Books(endpoint("a", **flags))
    books.force(a=forced)
    assert (books.status("a"), books.tracker.state("a").observed) == (status, observed)
    assert books.tracker.state("a").forced is forced
    books.force(a=None)
    assert (books.status("a"), books.tracker.state("a").forced) == (observed, None)


def test_h161_h162_what_is_forced_goes_on_being_observed():
    books = Books(endpoint("a"))
    books.force(a=UP)
    books.observe("a", "F")
    assert (books.status("a"), books.tracker.state("a").observed) == (UP, DOWN)
    books.force(a=None)
    assert books.status("a") is DOWN


def test_h161_overlays_stand_in_place_of_those_before():
    books = Books(endpoint("a"), endpoint("b"))
    books.tracker.set_overlays({"a": Overlay(DOWN, "a"), "gone": Overlay(DOWN, "gone")}, 5.0)
    books.tracker.set_overlays({"b": Overlay(DOWN, "b*")}, 6.0)
    assert (books.status("a"), books.status("b")) == (UP, DOWN)


def test_what_is_forced_is_told_with_what_said_so():
    books = Books(endpoint("a"), endpoint("off", disabled=True))
    books.tracker.set_overlays({"a": Overlay(DOWN, "web-*"), "off": Overlay(DOWN, "off")}, 5.0)
    books.tracker.set_overlays(
        {"a": Overlay(DOWN, "a", until=9.0), "off": Overlay(DOWN, "off")}, 6.0
    )  # the same status
    books.tracker.set_overlays({}, 7.0)
    forced = books.history.since(0, kind=EventKind.FORCED)
    assert [(e.check_id, e.at, e.old, e.new, e.cause) for e in forced] == [
        ("a", 5.0, None, DOWN, "forced by web-*"),
        ("off", 5.0, None, DOWN, "forced by off"),
        ("a", 7.0, DOWN, None, "no longer forced"),
        ("off", 7.0, DOWN, None, "no longer forced"),
    ]
    assert [(e.check_id, e.at, e.new, e.cause) for e in books.changes] == [
        ("a", 5.0, DOWN, "forced unhealthy, not observed yet"),
        ("a", 7.0, UP, "not observed yet"),
    ]


def test_h85_overlays_that_end_together_are_one_step():
    books = Books(calculated("sum", "ab", 1), endpoint("a"), endpoint("b"))
    books.force(sum=UP, a=DOWN, b=DOWN)
    books.clear()
    books.tracker.set_overlays({}, 99.0)
    assert books.moves == [("a", UP), ("b", UP)]  # the sum was up and stays so


# --- calculated checks ---


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
    books = Books(calculated("sum", "abc", threshold), *children)
    for child in down:
        books.observe(child, "F")
    assert books.status("sum") is status


def test_h85_parents_follow_their_child_in_the_same_step():
    books = Books(
        calculated("both", "ab", 2), calculated("either", "ab", 1), endpoint("a"), endpoint("b"),
        calculated("neither", "ab", 1, inverted=True),
    )  # fmt: skip
    books.observe("a", "F")
    assert books.moves == [("a", DOWN), ("both", DOWN)]
    books.observe("b", "F")
    assert books.moves[2:] == [("b", DOWN), ("either", DOWN), ("neither", UP)]
    assert [change.at for change in books.changes] == [2, 2, 3, 3, 3]


def test_h84_h86_children_that_are_gone_or_named_twice():
    books = Books(calculated("sum", ("a", "a", "b"), 2), endpoint("a"), endpoint("b"))
    assert books.status("sum") is UP
    books.apply(calculated("sum", ("a", "a", "b"), 2), endpoint("a"))
    assert books.status("sum") is DOWN
    assert books.moves == [("sum", DOWN)]


def test_h85_a_forced_child_moves_its_parent():
    books = Books(calculated("sum", "a", 1), endpoint("a"))
    books.force(a=DOWN)
    assert books.moves == [("a", DOWN), ("sum", DOWN)]
    assert books.changes[1].cause == "0 of 1 children healthy (a down), needs 1"
    books.force(a=None)
    assert books.moves[2:] == [("a", UP), ("sum", UP)]


def test_h162_a_forced_parent_stays_when_its_child_moves():
    books = Books(calculated("sum", "a", 1), endpoint("a"))
    books.force(sum=UP)
    books.observe("a", "F")
    assert (books.status("sum"), books.tracker.state("sum").observed) == (UP, DOWN)


# --- the board, and what is reported ---


def test_the_generation_moves_with_effective_statuses_only():
    books = Books(endpoint("a", threshold=2), endpoint("b", disabled=True), fleet=SIXTEEN)
    generation = books.board.current.generation
    books.observe("a", "F")  # results, but no vote changes
    books.apply(endpoint("a", threshold=2), endpoint("b", disabled=True), fleet=SIXTEEN)
    books.force(a=UP)
    books.force(b=DOWN)  # disabled: healthy all the same (H73)
    books.force(a=None)
    assert books.board.current.generation == generation
    books.observe("a", "F")
    assert books.board.current.generation == generation + 1


def test_the_board_is_true_before_anybody_is_told():
    books, seen = Books(calculated("sum", "a", 1), endpoint("a")), []
    books.history.subscribe(lambda event: seen.append((event.kind, books.status("a"), books.status("sum"))))
    books.observe("a", "F")
    books.force(a=UP)
    assert seen == [
        (EventKind.VOTE, DOWN, DOWN), (EventKind.STATUS, DOWN, DOWN), (EventKind.STATUS, DOWN, DOWN),
        (EventKind.FORCED, UP, UP), (EventKind.STATUS, UP, UP), (EventKind.STATUS, UP, UP),
    ]  # fmt: skip


def test_a_listener_that_fails_does_not_keep_a_verdict_from_the_board():
    def fails(event):
        raise OSError("the log is full")

    books = Books(calculated("sum", "a", 1), endpoint("a"))
    books.history.subscribe(fails)
    with pytest.raises(OSError, match="full"):
        books.observe("a", "F")
    assert (books.status("a"), books.status("sum")) == (DOWN, DOWN)


def test_what_comes_and_goes_is_told_but_not_what_was_there_first():
    books = Books(endpoint("a"))
    books.apply(endpoint("a"), endpoint("b", inverted=True))
    books.apply(endpoint("b", inverted=True))
    assert [(e.kind, e.check_id, e.old, e.new, e.at) for e in books.history.since(0)] == [
        (EventKind.DECLARED, "b", None, DOWN, 2.0),
        (EventKind.REMOVED, "a", UP, None, 3.0),
    ]


def test_a_declaration_is_published_in_one_step():
    books = Books()
    books.apply(endpoint("a"), endpoint("b", inverted=True), calculated("sum", "ab", 2))
    assert books.board.current.generation == 1
    assert dict(books.board.current.status) == {"a": UP, "b": DOWN, "sum": DOWN}  # R115
    assert not books.changes


def test_h102_an_inversion_is_reported_as_declared():
    books = Books(endpoint("a"))
    books.apply(endpoint("a", inverted=True))
    (change,) = books.changes
    assert (change.old, change.new, change.cause, change.at) == (UP, DOWN, "declaration changed", books.now)
    assert books.tracker.state("a").since == books.now


def test_a_change_says_what_was_seen():
    books = Books(endpoint("a"), fleet=SIXTEEN)
    books.observe("a", "S")
    books.observe("a", "F", slice(0, 14))
    (change,) = books.changes
    assert change.cause == "2 of 16 checkers up, 14 failing: broken"
    assert books.tracker.state("a").since == change.at == books.now


@pytest.mark.parametrize(("check", "results", "summary"), [
    pytest.param(endpoint("a"), "", "not observed yet", id="H65 unobserved"),
    pytest.param(endpoint("a"), "S", "1 of 1 checkers up", id="H70 up"),
    pytest.param(endpoint("a", threshold=2), "F", "1 of 1 checkers up, Failure: broken", id="H64 a first failure"),
    pytest.param(endpoint("a", inverted=True), "S", "1 of 1 checkers up, inverted", id="H72 inverted"),
    pytest.param(endpoint("a", disabled=True, inverted=True), "", "disabled, inverted", id="H74 both"),
])  # fmt: skip
def test_summaries(check, results, summary):
    books = Books(check)
    books.observe("a", results)
    assert books.tracker.state("a").summary == summary


def test_h113_the_last_failure_outlives_a_success():
    books = Books(endpoint("a"))
    books.observe("a", "FS")
    (state,) = books.tracker.state("a").checkers.values()
    assert (state.last.text, state.last_failure.text) == ("Success: all well", "Failure: broken")


# --- the fleet ---


def test_h124_every_possible_address_is_distinct_and_inside_the_published_range():
    checkers = list(checkers_of(endpoint("a").config, HealthCheckers(ALL_CHECKER_REGIONS, 100)))
    addresses = {ip_address(checker.address) for checker in checkers}
    assert len(addresses) == 800
    assert all(address in ip_network("15.177.0.0/18") for address in addresses)


@pytest.mark.parametrize(("own", "fleet", "regions"), [
    pytest.param((), ALL_CHECKER_REGIONS, ALL_CHECKER_REGIONS, id="H14 all eight"),
    pytest.param((), ("eu-west-1",), ("eu-west-1",), id="H62 the fleet's own choice"),
    pytest.param(("sa-east-1", "us-east-1"), ("eu-west-1",), ("sa-east-1", "us-east-1"), id="H14 the check's choice"),
])  # fmt: skip
def test_regions_of_a_check(own, fleet, regions):
    config = endpoint("a", regions=own).config
    assert [checker.region for checker in checkers_of(config, HealthCheckers(tuple(fleet), 1))] == list(regions)
