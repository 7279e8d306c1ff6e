"""How a clock is asked for in words: `real`, `speed=10`, `virtual`, `virtual=2026-01-31T12:00:00Z`."""

from dnsemu.clock.clock import Clock
from dnsemu.config.text.times import parse_time


def parse_clock(text: str) -> Clock:
    """The clock that is asked for.

    Raises:
        ValueError: there is no such clock; the message says what to write.
    """
    kind, equals, value = text.partition("=")
    match kind, bool(equals):
        case "real", False:
            return Clock()
        case "virtual", False:
            return Clock(stands_still=True)
        case "virtual", True:
            return Clock(start=parse_time(value), stands_still=True)
        case "speed", True:
            clock = Clock()
            try:
                speed = float(value)
            except ValueError:
                raise ValueError(f"'{value}' is no speed: write a number, such as speed=10") from None
            clock.set_speed(speed)
            return clock
    raise ValueError(f"'{text}' is no clock: write real, speed=N, virtual or virtual=TIME")
