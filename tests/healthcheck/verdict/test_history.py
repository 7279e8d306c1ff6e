"""The history of health checks: a numbered ring with listeners."""

from functools import partial

import pytest

from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.history import (
    MAX_AT_ONCE,
    MAX_EVENTS_PER_CHECK,
    MAX_TARGETS,
    EventKind,
    History,
    NotAnEventId,
)
from dnsemu.healthcheck.verdict.snapshot import Status

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY


def add(history, check="a", kind=EventKind.STATUS):
    checker = Checker("eu-west-1", 0) if kind is EventKind.VOTE else None
    return history.add(at=1.5, kind=kind, check_id=check, checker=checker, old=UP, new=DOWN, cause="broken")


def filled(events, capacity):
    history = History("run", capacity)
    for _ in range(events):
        add(history)
    return history


def numbers(events):
    return [event.number for event in events]


def test_an_event_keeps_what_it_was_given():
    history = History("run")
    event = add(history, "web", EventKind.VOTE)
    assert (event.number, event.at, event.kind, event.check_id) == (1, 1.5, EventKind.VOTE, "web")
    assert (event.checker, event.old, event.new, event.cause) == (Checker("eu-west-1", 0), UP, DOWN, "broken")
    assert history.since(0) == (event,)


@pytest.mark.parametrize(("events", "first", "last"), [
    pytest.param(0, 1, 0, id="nothing yet"),
    pytest.param(1, 1, 1, id="one"),
    pytest.param(4, 1, 4, id="full"),
    pytest.param(5, 2, 5, id="one was dropped"),
    pytest.param(11, 8, 11, id="round more than once"),
])  # fmt: skip
def test_what_is_still_kept(events, first, last):
    history = filled(events, 4)
    assert (history.first, history.last) == (first, last)
    assert numbers(history.since(0)) == list(range(first, last + 1))


@pytest.mark.parametrize(("after", "limit", "found"), [
    pytest.param(0, None, [4, 5, 6, 7], id="before what is kept"),
    pytest.param(3, None, [4, 5, 6, 7], id="just before it"),
    pytest.param(5, None, [6, 7], id="within it"),
    pytest.param(7, None, [], id="the newest"),
    pytest.param(10**17, None, [], id="after the newest"),
    pytest.param(-5, None, [4, 5, 6, 7], id="a negative number"),
    pytest.param(4, 2, [5, 6], id="a limit takes the first"),
    pytest.param(4, 0, [], id="a limit of nothing"),
])  # fmt: skip
def test_since(after, limit, found):
    assert numbers(filled(7, 4).since(after, limit=limit)) == found


def test_only_those_of_a_check_or_a_kind():
    history = History("run", 6)
    for number in range(1, 9):
        add(history, "ab"[number % 2], EventKind.VOTE if number % 4 else EventKind.FORCED)
    assert numbers(history.since(0, check_id="a")) == [4, 6, 8]
    assert numbers(history.since(0, check_id="a", kind=EventKind.FORCED)) == [4, 8]
    assert numbers(history.since(4, kind=EventKind.VOTE, limit=2)) == [5, 6]
    assert numbers(history.newest(2, kind=EventKind.VOTE)) == [6, 7]
    assert numbers(history.newest(100)) == [3, 4, 5, 6, 7, 8]
    assert history.since(0, check_id="never declared") == ()
    assert history.newest(5, check_id="never declared") == ()


def test_without_a_filter_no_other_event_is_read():
    history = filled(1000, 1000)
    read = []

    class Ring(list):
        def __getitem__(self, index):
            read.append(index)
            return super().__getitem__(index)

    history._ring = Ring(history._ring)
    assert numbers(history.since(900, limit=3)) == [901, 902, 903]
    assert numbers(history.newest(2)) == [999, 1000]
    assert len(read) <= 6


def test_a_quiet_check_keeps_its_last_events_beside_a_loud_one():
    history = History("run", 10)
    first = add(history, "quiet")
    for _ in range(100):
        add(history, "loud")
    assert history.of("quiet") == (first,)
    assert numbers(history.of("loud", 3)) == [99, 100, 101]
    assert len(history.of("loud", 1000)) == MAX_EVENTS_PER_CHECK
    assert history.of("loud", 0) == ()
    assert history.of("never declared") == ()


def test_votes_do_not_displace_the_events_of_a_check():
    history = History("run")
    status = add(history)
    for _ in range(MAX_EVENTS_PER_CHECK):
        add(history, kind=EventKind.VOTE)
    assert history.of("a") == (status,)


def test_a_forgotten_check_keeps_only_its_events_in_the_ring():
    history = filled(2, 10)
    history.forget("a")
    history.forget("never declared")
    assert history.of("a") == ()
    assert numbers(history.since(0)) == [1, 2]


def test_listeners_get_each_event_until_they_unsubscribe():
    history, first, second = History("run"), [], []
    unsubscribe = history.subscribe(first.append)
    history.subscribe(second.append)
    one = add(history)
    unsubscribe()
    unsubscribe()
    two = add(history)
    assert (first, second) == ([one], [one, two])


def test_a_listener_finds_the_event_recorded_and_may_unsubscribe():
    history, seen = History("run"), []

    def listen(event):
        unsubscribe()
        seen.append((history.last, history.since(0)[-1] is event))

    unsubscribe = history.subscribe(listen)
    also = []
    history.subscribe(also.append)
    add(history)
    add(history)
    assert seen == [(1, True)]
    assert numbers(also) == [1, 2]


@pytest.mark.parametrize(("text", "number"), [
    pytest.param("run1-2", 2, id="its own"),
    pytest.param("run1-0", 0, id="from the beginning"),
    pytest.param("run1-3", 3, id="the newest"),
    pytest.param("run0-2", None, id="of another run"),
    pytest.param("run0-999999999999999999", None, id="far on in another run"),
])  # fmt: skip
def test_event_ids(text, number):
    history = History("run1", 2)
    for _ in range(3):
        add(history)
    assert history.parse_event_id(text) == number
    if number:
        assert history.id_at(number) == text


def test_the_id_of_an_event_leads_back_to_it():
    history = History("0f3a")
    event = add(history)
    assert history.event_id(event) == "0f3a-1"
    assert history.parse_event_id(history.event_id(event)) == event.number


@pytest.mark.parametrize("text", [
    "", "-", "2", "run1", "run1-", "-2", "run1--2", "run1-x", "run1-2 ", "run1-2\n", "run1-٢", "run1-1e3", "run1-2-2",
    "run1-" + "9" * 19, "run1-" + "9" * 10_000, "run1-4", "\0-1", "rün-1",
])  # fmt: skip
def test_texts_that_are_no_event_id(text):
    history = History("run1")
    for _ in range(3):
        add(history)
    with pytest.raises(NotAnEventId, match="run1-3"):
        history.parse_event_id(text)


@pytest.mark.parametrize(("run", "capacity"), [("", 1), ("a-b", 1), ("a\n", 1), ("a", 0)])
def test_a_history_needs_a_name_and_room(run, capacity):
    with pytest.raises(ValueError):
        History(run, capacity)


@pytest.mark.parametrize("events", [0, 3, 4, 9])
def test_a_cleared_history_uses_no_number_twice(events):
    history, heard = filled(events, 4), []
    history.on_clear(lambda: heard.append(history.last))
    assert len(history) == min(events, 4)
    history.clear(7.5, "reset of history")
    assert len(history) == 0
    assert heard == [events + 1]
    assert (history.cleared.number, history.cleared.at, history.cleared.cause) == (events + 1, 7.5, "reset of history")
    assert (history.since(0), history.newest(9), history.of("a")) == ((), (), ())
    assert (history.first, history.last) == (events + 2, events + 1)
    for added in range(1, 7):
        assert add(history).number == events + 1 + added
        kept = range(max(added - 3, 1), added + 1)
        assert numbers(history.since(0)) == [events + 1 + number for number in kept]
        assert numbers(history.newest(9)) == numbers(history.since(0))
    assert history.parse_event_id(f"run-{events + 1}") == events + 1


def test_a_history_can_be_cleared_again():
    history = filled(3, 4)
    history.clear(1.0, "first")
    add(history)
    history.clear(2.0, "second")
    assert (history.cleared.number, history.since(0)) == (6, ())
    assert add(history).number == 7


def test_events_of_targets_are_kept_of_the_latest():
    """Resources come and go, and nothing says that a target is gone; health checks are forgotten when they are removed."""
    history = History("run", 10)
    add(history, "web")
    for number in range(MAX_TARGETS + 50):
        add(history, f"target/lb.test/{number}", EventKind.FORCED)
        add(history, "target/lb.test/0", EventKind.FORCED)
    assert len(history._of_check) == MAX_TARGETS + 1
    assert (len(history.of("target/lb.test/1")), len(history.of("target/lb.test/49"))) == (0, 0)
    assert len(history.of("target/lb.test/0")) == MAX_EVENTS_PER_CHECK
    assert len(history.of(f"target/lb.test/{MAX_TARGETS + 49}")) == 1
    assert len(history.of("web")) == 1
    history.clear(2.0, "reset")
    add(history, "target/lb.test/1", EventKind.FORCED)
    assert len(history._targets) == len(history._of_check) == 1


def test_the_events_of_a_large_change_are_recorded_in_steps_and_before_later_ones():
    history, asked = History("run"), []
    history.record_soon = lambda: asked.append(history.last)
    many = [partial(add, history, check=f"c{number}") for number in range(3 * MAX_AT_ONCE)]
    history.note(many)
    history.note([partial(add, history, check="later")])
    assert (history.last, asked) == (0, [0])
    steps = history.record_planned()
    next(steps)
    assert history.last == MAX_AT_ONCE
    assert len(list(steps)) == 2
    assert [event.check_id for event in history.since(0)] == [*(f"c{n}" for n in range(3 * MAX_AT_ONCE)), "later"]
    history.note([partial(add, history, check="at once")])
    assert history.since(0)[-1].check_id == "at once"


def test_without_an_event_loop_a_large_change_is_recorded_at_once():
    history = History("run")
    history.note([partial(add, history)] * (MAX_AT_ONCE + 1))
    assert len(history) == MAX_AT_ONCE + 1


def test_planned_events_are_dropped_with_the_history():
    history = History("run")
    history.record_soon = lambda: None
    history.note([partial(add, history)] * (MAX_AT_ONCE + 1))
    history.clear(2.0, "reset")
    assert (list(history.record_planned()), len(history), history.last) == ([], 0, 1)
