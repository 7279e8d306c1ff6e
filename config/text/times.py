"""Times as users write them: ISO 8601 with a time zone."""

from datetime import datetime

from dnsemu.config.errors import quoted


def parse_time(text: str) -> float:
    """Reads a time in ISO 8601 with its time zone: `2026-01-31T12:00:00Z`.

    Returns:
        Seconds since the epoch.
    Raises:
        ValueError: no time, or no time zone; the message says what to write.
    """
    instead = "write a time such as 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+01:00"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is no time: {instead}") from None
    if time.tzinfo is None:
        raise ValueError(f"{quoted(text)} does not say in which time zone: {instead}")
    return time.timestamp()
