"""The memo is the function that it remembers, and no larger than it may be."""

from hypothesis import given
from hypothesis import strategies as st

from dnsemu.policies.location.memo import Memo


@given(st.integers(1, 9), st.lists(st.integers(0, 12)))
def test_it_is_the_function_and_bounded(size, keys):
    memo = Memo(lambda key: key * key + 1, size)
    for key in keys:
        assert memo(key) == key * key + 1
        assert len(memo) <= max(size, 2)


def test_what_is_asked_for_again_and_again_is_made_once():
    made = []
    memo = Memo(lambda key: made.append(key) or (key,), 4)
    for other in range(20):
        assert memo("kept") == ("kept",)
        memo(other)
    assert made.count("kept") == 1
    assert made.count(3) == 1
