"""The emulated clock. It only computes the time; `scheduler` does the waiting."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_SPEED = 10_000.0
MIN_SPEED = 0.001

_SLEEPLESS: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux's CLOCK_MONOTONIC stands still while the machine sleeps, unlike that of macOS."""


def real_s() -> float:
    """Real time in seconds, from an instant that does not matter; it goes on while the machine sleeps."""
    return time.clock_gettime(_SLEEPLESS)


class Clock:
    """Emulated time: runs at a constant speed, or is paused and moves only when it is moved.

    The machine's wall clock is read once, so a later jump of it has no effect. Time that the machine sleeps counts.
    """

    def __init__(
        self,
        *,
        start: float | None = None,
        speed: float = 1.0,
        is_paused: bool = False,
        monotonic: Callable[[], float] = real_s,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Start the clock.

        Args:
            start: seconds since the epoch; the machine's wall clock if None.
            speed: emulated seconds per real second.
            is_paused: start paused.
            monotonic: real time, in seconds.
            wall: the machine's wall clock, in seconds since the epoch.
        """
        self._monotonic = monotonic
        self._wall = wall
        self._base = wall() if start is None else start
        self._started = (self._base if is_paused else start), speed, is_paused
        self._base_monotonic = monotonic()
        self._running_speed = speed
        self._is_paused = is_paused
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """Emulated time, in seconds since the epoch."""
        if self._is_paused:
            return self._base
        return self._base + (self._monotonic() - self._base_monotonic) * self._running_speed

    @property
    def offset_s(self) -> float:
        """Emulated time minus the machine's wall clock, in seconds."""
        return self.now() - self._wall()

    @property
    def is_paused(self) -> bool:
        """True if time moves only by `move_to`."""
        return self._is_paused

    @property
    def running_speed(self) -> float:
        """Emulated seconds per real second while the clock runs."""
        return self._running_speed

    @property
    def speed(self) -> float:
        """Emulated seconds per real second now: 0 while the clock is paused."""
        return 0.0 if self._is_paused else self._running_speed

    def real_s_until(self, when: float) -> float | None:
        """Real seconds from now to an instant, at the present speed; None while the clock is paused."""
        return None if self._is_paused else max(when - self.now(), 0.0) / self._running_speed

    def pause(self) -> None:
        """Pauses the clock."""
        self._set(self._running_speed, is_paused=True)

    def resume(self) -> None:
        """Runs the clock on from its present time."""
        self._set(self._running_speed, is_paused=False)

    def set_speed(self, speed: float) -> None:
        """Sets the speed at which the clock runs; a paused clock stays paused.

        Raises:
            ValueError: it is not within 0.001 to 10,000.
        """
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise ValueError(f"a speed is a number from {MIN_SPEED:g} to {MAX_SPEED:g}")
        self._set(speed, is_paused=self._is_paused)

    def move_to(self, when: float) -> None:
        """Moves the clock forward to an instant; a past instant changes nothing."""
        ahead_s = when - self.now()
        if ahead_s > 0:
            self._base = when if self._is_paused else self._base + ahead_s

    def restart(self) -> float:
        """Goes back to the speed at which the clock started, and to its first instant.

        A clock that started with the machine's time and runs goes to the machine's time of now.

        Returns:
            The seconds by which time moved; less than 0 if it went back.
        """
        before = self.now()
        start, speed, is_paused = self._started
        self._base = self._wall() if start is None else start
        self._base_monotonic = self._monotonic()
        self._is_paused = is_paused
        self._running_speed = speed
        moved_s = self.now() - before
        self._tell()
        return moved_s

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pauses the clock inside a `with` block; a clock that ran runs on afterwards."""
        was_running = not self._is_paused
        self.pause()
        try:
            yield
        finally:
            if was_running:
                self.resume()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls a listener after every pause, resume, restart or change of speed."""
        self._listeners.append(listener)

    def _set(self, running_speed: float, *, is_paused: bool) -> None:
        self._base, self._base_monotonic = self.now(), self._monotonic()
        self._running_speed, self._is_paused = running_speed, is_paused
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
