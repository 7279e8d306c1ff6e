"""Durations: what may be written, and that what is written out reads back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.text.durations import duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0), ("1m30s", 90.0), ("250ms", 0.25), ("2h", 7200.0), ("1d", 86400.0), ("1.5s", 1.5), ("0s", 0.0),
        ("1d2h3m4s5ms", 93784.005), ("1m5ms", 60.005), ("0.1s", 0.1), ("007s", 7.0), ("36500d", 3153600000.0),
    ],
)  # fmt: skip
def test_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", "90", "-1s", "+1s", "nan", "nans", "infs", "s", "1s1m", "1s1s", "1 s", " 1s", "1s\n", "1e3s", "1.s", ".5s",
        "1S", "1w", "٣s", "1m30", "1000000d", "9" * 400 + "s", "36500d1ms",
    ],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(ValueError, match="write a duration such as 90s, 1m30s or 250ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(90.0, "1m30s"), (0.25, "250ms"), (0, "0s"), (0.0004, "0s"), (59.9996, "1m"), (93784.005, "1d2h3m4s5ms")],
)
def test_written(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize("seconds", [-1.0, math.inf, math.nan])
def test_what_is_no_duration(seconds):
    with pytest.raises(ValueError, match="no number of seconds from 0 up"):
        duration_text(seconds)


@given(st.floats(0, 36_500 * 86_400))
def test_it_reads_back_to_the_millisecond(seconds):
    assert parse_duration(duration_text(seconds)) == round(seconds * 1000) / 1000


@given(st.text(st.sampled_from("0123456789.dhms"), max_size=12))
def test_whatever_reads_is_written_the_same(text):
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert parse_duration(duration_text(seconds)) == pytest.approx(seconds, abs=0.0006)
