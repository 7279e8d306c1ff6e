"""The queue of timers and jobs: ordered, and not growing with cancelled items."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from dnsemu.clock.jobs import NO_RANK, TimeQueue, Timer


@given(st.lists(st.tuples(st.floats(0, 10), st.sampled_from("ab"), st.booleans())))
def test_live_items_come_out_in_order_of_instant_and_rank(items):
    queue = TimeQueue()
    timers = []
    for when, name, is_live in items:
        timer = Timer(print)
        queue.push(when, (name, "", 0), timer)
        timers.append((when, name, timer))
        if not is_live:
            timer.cancel()
    expected = sorted((when, name) for when, name, timer in timers if timer.is_live)
    found = []
    while queue.next_due < inf:
        found.append((queue.next_due, queue.next_key[1][0]))
        assert queue.pop().is_live
    assert found == expected


def test_cancelled_items_are_swept_out_although_they_are_never_due():
    queue = TimeQueue()
    for number in range(100_000):
        timer = Timer(print)
        queue.push(float(number), NO_RANK, timer)
        timer.cancel()
    assert len(queue) <= 1024
