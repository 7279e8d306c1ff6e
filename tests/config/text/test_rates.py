"""Rates that may be written."""

import pytest

from dnsemu.config.text.rates import parse_rate


@pytest.mark.parametrize(("text", "rate"), [
    pytest.param("5/s", (5, 1.0), id="R209.16 five a second"),
    ("300/m", (300, 60.0)), ("1/h", (1, 3600.0)), ("999999/s", (999999, 1.0)), ("05/s", (5, 1.0)),
])  # fmt: skip
def test_read(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "5", "5/", "/s", "0/s", "-1/s", "5/d", "5 /s", "1.5/s", "5/s ", "٣/s", "1000000/s", "5/S"]
)
def test_refused(text):
    with pytest.raises(ValueError, match="write a rate such as 5/s or 300/m"):
        parse_rate(text)
