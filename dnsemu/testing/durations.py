"""Durations as tests write them, without the product's own modules."""

import re

from dnsemu.testing.control import Refused

_UNITS_S = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_WRITTEN = re.compile("".join(rf"(?:(\d+(?:\.\d+)?){unit})?" for unit in _UNITS_S))


def seconds_in(duration: str | float) -> float:
    """Reads `"90s"`, `"1m30s"`, `"250ms"`, or a number of seconds.

    Raises:
        Refused: none of these.
    """
    if not isinstance(duration, str):
        return float(duration)
    match = _WRITTEN.fullmatch(duration)
    if match is None or not duration:
        raise Refused(f"'{duration}' is no duration: write a duration such as 90s, 1m30s or 250ms")
    parts = zip(match.groups(), _UNITS_S.values(), strict=True)
    return sum(float(number) * unit_s for number, unit_s in parts if number)


def seconds_text(seconds: float) -> str:
    """Writes seconds as `1m30s` or `4.2s`."""
    minutes, rest = divmod(round(seconds, 1), 60)
    text = f"{rest:g}s" if rest or not minutes else ""
    return f"{minutes:g}m{text}" if minutes else text
