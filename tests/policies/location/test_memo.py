"""The memo returns what its function returns, and is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from dnsemu.policies.location.memo import Memo


@given(st.integers(1, 9), st.lists(st.integers(0, 12)))
def test_it_equals_its_function_and_is_bounded(size, keys):
    memo = Memo(lambda key: key * key + 1, size)
    for key in keys:
        assert memo(key) == key * key + 1
        assert len(memo) <= max(size, 2)


def test_a_key_that_is_used_often_is_computed_once():
    computed = []
    memo = Memo(lambda key: computed.append(key) or (key,), 4)
    for other in range(20):
        assert memo("kept") == ("kept",)
        memo(other)
    assert computed.count("kept") == 1
    assert computed.count(3) == 1
