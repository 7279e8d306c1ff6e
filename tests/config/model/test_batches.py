"""Batches of a long iteration, and sorting in steps."""

import pytest

from dnsemu.config.model.batches import SORTED_PER_STEP, batches, sorted_in_steps


@pytest.mark.parametrize(("items", "expected"), [
    pytest.param("", [], id="nothing"),
    pytest.param("abcd", [["a", "b"], ["c", "d"]], id="full batches"),
    pytest.param("abc", [["a", "b"], ["c"]], id="a shorter last one"),
])  # fmt: skip
def test_batches(items, expected):
    assert list(batches(items, 2)) == expected


def test_sorting_in_steps_sorts_and_pauses_after_each_batch():
    items = [(number * 7919) % 10007 for number in range(5 * SORTED_PER_STEP)]

    def counted(steps):
        found = yield from steps
        assert list(found) == sorted(items)

    pauses = list(counted(sorted_in_steps(iter(items), abs)))
    assert len(pauses) == 5
