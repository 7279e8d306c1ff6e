"""Injected errors are bounded in number, and say so."""

import pytest

from dnsemu.faults.api_errors import MAX_ERRORS, MAX_TIMES, InjectedErrors


@pytest.fixture
def injected():
    return InjectedErrors(lambda: {"GetChange": ["NoSuchChange"]})


def test_a360_no_more_entries_wait_than_the_bound(injected):
    for _ in range(MAX_ERRORS):
        injected.add("*", "Throttling", 1)
    with pytest.raises(ValueError, match="100 entries wait already; write a larger 'times'"):
        injected.add("*", "Throttling", 1)
    injected.clear()
    injected.add("*", "Throttling", 1)


@pytest.mark.parametrize("times", [0, -1, MAX_TIMES + 1, 10**40])
def test_a360_the_number_of_calls_has_a_range(injected, times):
    with pytest.raises(ValueError, match="from 1 to 1,000,000"):
        injected.add("*", "Throttling", times)
    assert not injected.pending
