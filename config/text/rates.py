"""Rates as users write them: `5/s`, `300/m`."""

import re

from dnsemu.config.errors import quoted

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"([0-9]{1,6})/([smh])")


def parse_rate(text: str) -> tuple[int, float]:
    """Reads a rate: a number of at least 1, a slash, and one of s, m and h.

    Returns:
        The number, and the time for which it holds, in seconds.
    Raises:
        ValueError: no rate; the message says what to write.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None or not int(match[1]):
        raise ValueError(f"{quoted(text)} is no rate: write a rate such as 5/s or 300/m")
    return int(match[1]), _UNITS_S[match[2]]
