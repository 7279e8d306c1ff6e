"""Clocks as written on the command line: `real`, `speed=10`, `virtual`, `virtual=2026-01-31T12:00:00Z`."""

from dnsemu.clock.clock import Clock
from dnsemu.config.text.times import parse_time


def parse_clock(text: str) -> Clock:
    """Creates the clock that a text describes.

    Raises:
        ValueError: the text describes no clock; the message says what to write.
    """
    kind, equals, value = text.partition("=")
    match kind, bool(equals):
        case "real", False:
            return Clock()
        case "virtual", False:
            return Clock(is_paused=True)
        case "virtual", True:
            return Clock(start=parse_time(value), is_paused=True)
        case "speed", True:
            try:
                speed = float(value)
            except ValueError:
                raise ValueError(f"'{value}' is no speed: write a number, such as speed=10") from None
            Clock().set_speed(speed)  # refuses what no clock can
            return Clock(speed=speed)
    raise ValueError(f"'{text}' is no clock: write real, speed=N, virtual or virtual=TIME")
