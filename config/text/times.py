"""Times as users write them: ISO 8601 with a time zone."""

from datetime import UTC, datetime

from dnsemu.config.errors import quoted
from dnsemu.config.text.durations import parse_duration

FIRST_S = 0.0
"""The earliest time that users may write, in seconds since the epoch."""
END_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""The end of the calendar, in seconds since the epoch: a duration later must still have a year of four digits."""


def parse_time(text: str) -> float:
    """Reads a time in ISO 8601 with its time zone: `2026-01-31T12:00:00Z`.

    Returns:
        Seconds since the epoch.
    Raises:
        ValueError: no time, no time zone, or outside the years 1970 to 9998; the message says what to write.
    """
    instead = "write a time such as 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+01:00"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is no time: {instead}") from None
    if time.tzinfo is None:
        raise ValueError(f"{quoted(text)} does not say in which time zone: {instead}")
    seconds = time.timestamp()
    if not FIRST_S <= seconds < END_S:
        raise ValueError(f"{quoted(text)} is not within the years 1970 to 9998: {instead}")
    return seconds


def parse_end(duration: str, start_s: float) -> float:
    """Reads a duration.

    Args:
        start_s: its start, in seconds since the epoch.
    Returns:
        Its end, in seconds since the epoch.
    Raises:
        ValueError: no duration, or it ends after the year 9998; the message says what to write.
    """
    end_s = start_s + parse_duration(duration)
    if end_s >= END_S:
        raise ValueError(f"{quoted(duration)} ends after the year 9998: write a shorter duration")
    return end_s
