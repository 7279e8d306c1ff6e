"""Batches of a long iteration."""

import pytest

from dnsemu.config.model.batches import batches


@pytest.mark.parametrize(("items", "expected"), [
    pytest.param("", [], id="nothing"),
    pytest.param("abcd", [["a", "b"], ["c", "d"]], id="full batches"),
    pytest.param("abc", [["a", "b"], ["c"]], id="a shorter last one"),
])  # fmt: skip
def test_batches(items, expected):
    assert list(batches(items, 2)) == expected
