"""Durations as users write them: `90s`, `1m30s`, `250ms`."""

import math
import re
from decimal import Decimal

from dnsemu.config.errors import quoted

_UNIT_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_WRITTEN = re.compile("".join(rf"(?:(\d{{1,15}}(?:\.\d{{1,9}})?){unit})?" for unit in _UNIT_MS), re.ASCII)
_MAX_DURATION_S = 36_500 * 86_400


def parse_duration(text: str) -> float:
    """Reads a duration: numbers with the units d, h, m, s and ms, each at most once and the longest first.

    Returns:
        Seconds, at least 0 and at most 36500 days.
    Raises:
        ValueError: no duration, or too long; the message says what to write.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"{quoted(text)} is no duration: write a duration such as 90s, 1m30s or 250ms")
    parts = zip(match.groups(), _UNIT_MS.values(), strict=True)
    duration_s = float(sum(Decimal(number) * unit_ms for number, unit_ms in parts if number) / 1000)
    if duration_s > _MAX_DURATION_S:
        raise ValueError(f"{quoted(text)} is too long: write a duration such as 90s, 1m30s or 250ms, at most 36500d")
    return duration_s


def duration_text(seconds: float) -> str:
    """Formats a duration for `parse_duration`, to the millisecond: 90.0 is `1m30s`, 0 is `0s`.

    Raises:
        ValueError: negative, infinite or not a number.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"{seconds} is no number of seconds from 0 up")
    rest_ms = round(seconds * 1000)
    text = ""
    for unit, unit_ms in _UNIT_MS.items():
        number, rest_ms = divmod(rest_ms, unit_ms)
        text += f"{number}{unit}" if number else ""
    return text or "0s"
