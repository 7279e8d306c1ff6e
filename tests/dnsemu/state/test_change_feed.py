"""The change feed: numbers, order, and what a commit says."""

import pytest

from dnsemu.state.change_feed import ChangeFeed, Commit
from dnsemu.state.state import State
from dnsemu.state.tables import HEALTH_CHECK, Write

WRITES = (Write(HEALTH_CHECK, "hc", None),)


def test_sequence_numbers_begin_at_1_and_have_no_gaps():
    feed, found = ChangeFeed(), []
    feed.subscribe(found.append)
    states = [State() for _ in range(3)]
    for state in states:
        feed.append(WRITES, state)
    assert found == [Commit(number, WRITES, state) for number, state in enumerate(states, 1)]
    assert [commit.state for commit in found] == states
    assert feed.sequence == 3


def test_subscribers_are_called_in_the_order_of_subscription():
    feed, found = ChangeFeed(), []
    feed.subscribe(lambda commit: found.append(("first", commit.sequence)))
    feed.subscribe(lambda commit: found.append(("second", commit.sequence)))
    feed.append(WRITES, State())
    feed.append((), State(), is_replacement=True)
    assert found == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


@pytest.mark.parametrize("before", [0, 2])
def test_a_late_subscriber_gets_what_comes_later(before):
    feed, found = ChangeFeed(), []
    for _ in range(before):
        feed.append(WRITES, State())
    feed.subscribe(found.append)
    feed.append(WRITES, State())
    assert [commit.sequence for commit in found] == [before + 1]
