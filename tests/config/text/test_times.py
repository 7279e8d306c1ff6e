"""Times as users write them."""

import pytest

from dnsemu.config.text.times import END_S, parse_end, parse_time


@pytest.mark.parametrize(("text", "seconds"), [
    pytest.param("1970-01-01T00:00:00Z", 0.0, id="the first"),
    pytest.param("1970-01-01T01:00:00+01:00", 0.0, id="the first, in another time zone"),
    pytest.param("2026-01-31T12:00:00Z", 1769860800.0, id="a time"),
    pytest.param("9998-12-31T23:59:59Z", END_S - 1, id="the last"),
])  # fmt: skip
def test_times(text, seconds):
    assert parse_time(text) == seconds


@pytest.mark.parametrize(("text", "says"), [
    pytest.param("1969-12-31T23:59:59Z", "1970 to 9998", id="before the first"),
    pytest.param("1970-01-01T00:00:00+01:00", "1970 to 9998", id="before the first, in another time zone"),
    pytest.param("0001-01-01T00:00:00+23:59", "1970 to 9998", id="before the year 1"),
    pytest.param("9999-01-01T00:00:00Z", "1970 to 9998", id="after the last"),
    pytest.param("9999-12-31T23:59:59-23:59", "1970 to 9998", id="beyond the year 9999"),
    pytest.param("2026-01-31T12:00:00", "time zone", id="no time zone"),
    pytest.param("tomorrow", "is no time", id="a word"),
    pytest.param("", "is no time", id="nothing"),
])  # fmt: skip
def test_refused_times(text, says):
    with pytest.raises(ValueError, match=says):
        parse_time(text)


def test_the_end_of_a_duration():
    assert parse_end("90s", 1000.0) == 1090.0
    with pytest.raises(ValueError, match="ends after the year 9998"):
        parse_end("1d", END_S - 86400)
