"""A bucket of tokens limits the rate of requests, by a clock that the test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.model.settings import RateLimit
from dnsemu.runtime.token_bucket import TokenBucket

FIVE = RateLimit(5, 1.0)


class Stand:
    def __init__(self):
        self.now = 100.0
        self.bucket = TokenBucket(lambda: self.now)

    def passes(self, limit=FIVE):
        return self.bucket.take(limit)


def test_r209_16_a360_five_at_once_and_then_none():
    stand = Stand()
    assert [stand.passes() for _ in range(7)] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(("waited_s", "passed"), [
    pytest.param(0.19, 0, id="too short"),
    pytest.param(0.21, 1, id="one comes back every fifth of a second"),
    pytest.param(0.65, 3, id="three"),
    pytest.param(60.0, 5, id="no more than at once"),
])  # fmt: skip
def test_a360_tokens_come_back(waited_s, passed):
    stand = Stand()
    while stand.passes():
        pass
    stand.now += waited_s
    assert sum(stand.passes() for _ in range(10)) == passed


def test_a_refused_request_takes_nothing():
    stand = Stand()
    while stand.passes():
        pass
    for _ in range(10):
        stand.now += 0.021
        assert stand.passes() is (stand.now > 100.2)


def test_r210_without_a_limit_nothing_is_refused():
    stand = Stand()
    assert all(stand.passes(None) for _ in range(1000))


def test_another_limit_starts_with_a_full_bucket():
    stand = Stand()
    while stand.passes():
        pass
    assert [stand.passes(RateLimit(2, 60.0)) for _ in range(3)] == [True, True, False]
    assert stand.passes(None)
    assert stand.passes(RateLimit(2, 60.0))


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 9), st.sampled_from([1.0, 60.0]))
def test_no_interval_has_more_than_twice_the_requests(waits, requests, interval_s):
    """A full bucket, and what comes back meanwhile."""
    stand, limit, passed = Stand(), RateLimit(requests, interval_s), []
    for wait_s in waits:
        stand.now += wait_s
        if stand.passes(limit):
            passed.append(stand.now)
    for start in passed:
        assert sum(start <= at < start + interval_s for at in passed) <= 2 * requests


def test_a_bucket_that_is_filled_lets_as_many_through_as_at_the_start():
    bucket, limit = TokenBucket(lambda: 0.0), RateLimit(2, 60.0)
    assert [bucket.take(limit) for _ in range(3)] == [True, True, False]
    bucket.refill()
    assert [bucket.take(limit) for _ in range(3)] == [True, True, False]
