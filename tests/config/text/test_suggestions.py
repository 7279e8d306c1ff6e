"""Suggestions for misspelled words."""

import pytest

from dnsemu.config.text.suggestions import nearest


@pytest.mark.parametrize(("text", "expected"), [
    pytest.param("weigth", "weight", id="letters in another order"),
    pytest.param("primary", "PRIMARY", id="another case"),
    pytest.param("zonk", None, id="nothing similar"),
    pytest.param("", None, id="an empty text"),
    pytest.param("weight" * 100_000, None, id="a very long text"),
])  # fmt: skip
def test_nearest(text, expected):
    assert nearest(text, ["weight", "PRIMARY", "region"]) == expected
