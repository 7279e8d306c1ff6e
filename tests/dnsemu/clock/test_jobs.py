"""The heaps of the agenda: in order, and not growing with what was cancelled."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from dnsemu.clock.jobs import NO_RANK, TimeQueue, Timer


@given(st.lists(st.tuples(st.floats(0, 10), st.sampled_from("ab"), st.booleans())))
def test_what_was_not_cancelled_comes_out_in_order_of_instant_and_rank(entries):
    due = TimeQueue()
    calls = []
    for when, name, is_live in entries:
        call = Timer(print)
        due.push(when, (name, "", 0), call)
        calls.append((when, name, call))
        if not is_live:
            call.cancel()
    expected = sorted((when, name) for when, name, call in calls if call.is_live)
    found = []
    while due.when < inf:
        found.append((due.first[0], due.first[1][0]))
        assert due.pop().is_live
    assert found == expected


def test_what_was_cancelled_is_swept_out_though_it_never_falls_due():
    due = TimeQueue()
    for number in range(100_000):
        call = Timer(print)
        due.push(float(number), NO_RANK, call)
        call.cancel()
    assert len(due) <= 1024
