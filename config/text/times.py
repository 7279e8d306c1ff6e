"""Times as users write them: ISO 8601 with a zone."""

from datetime import datetime

from dnsemu.config.errors import shown


def parse_time(text: str) -> float:
    """Read a time with its zone, as ISO 8601 writes it: `2026-01-31T12:00:00Z`.

    Returns:
        Seconds of the epoch.
    Raises:
        ValueError: it is none; the message says what to write.
    """
    instead = "write a time such as 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+01:00"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is no time: {instead}") from None
    if time.tzinfo is None:
        raise ValueError(f"{shown(text)} does not say in which time zone: {instead}")
    return time.timestamp()
