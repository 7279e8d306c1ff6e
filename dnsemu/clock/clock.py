"""The one clock: everything that waits or stamps in the emulated world asks it. Arithmetic only; the agenda waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_SPEED = 10_000.0
LEAST_SPEED = 0.001


class Clock:
    """The emulator's time. It runs evenly, at its own speed, or stands still until it is moved.

    The machine's clock is read once, so its jumps pass unnoticed.
    """

    def __init__(
        self,
        *,
        start: float | None = None,
        speed: float = 1.0,
        stands_still: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to tell the time.

        Args:
            start: seconds since the epoch; the machine's own time if None.
            speed: emulated seconds a real second.
            stands_still: whether it waits to be moved.
            monotonic: real time, in seconds.
        """
        self._monotonic = monotonic
        self._offset = time.time() - monotonic()
        self._then = self._real() if start is None else start
        self._since = monotonic()
        self._pace = speed
        self._stands_still = stands_still
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """Emulated time, in seconds since the epoch."""
        if self._stands_still:
            return self._then
        return self._then + (self._monotonic() - self._since) * self._pace

    @property
    def offset_s(self) -> float:
        """How far emulated time is ahead of the machine's, in seconds."""
        return self.now() - self._real()

    @property
    def stands_still(self) -> bool:
        """Whether time passes only by being moved."""
        return self._stands_still

    @property
    def pace(self) -> float:
        """Emulated seconds a real second whenever it runs."""
        return self._pace

    @property
    def speed(self) -> float:
        """Emulated seconds a real second, just now: 0 while it stands still."""
        return 0.0 if self._stands_still else self._pace

    def real_s_until(self, when: float) -> float | None:
        """Real seconds from now to an instant, at the present speed; None while the clock stands still."""
        return None if self._stands_still else max(when - self.now(), 0.0) / self._pace

    def pause(self) -> None:
        """Stand still from now on."""
        self._set(self._pace, stands_still=True)

    def resume(self) -> None:
        """Run on from where it stands."""
        self._set(self._pace, stands_still=False)

    def set_speed(self, speed: float) -> None:
        """Run at another speed, now or when resumed.

        Raises:
            ValueError: it is not within 0.001 to 10,000.
        """
        if not LEAST_SPEED <= speed <= MAX_SPEED:
            raise ValueError(f"a speed is a number from {LEAST_SPEED:g} to {MAX_SPEED:g}")
        self._set(speed, stands_still=self._stands_still)

    def move_to(self, when: float) -> None:
        """Be later, at once; an instant that is past changes nothing."""
        later = when - self.now()
        if later > 0:
            self._then = when if self._stands_still else self._then + later

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stand still for a while, then go on as before."""
        was_running = not self._stands_still
        self.pause()
        try:
            yield
        finally:
            if was_running:
                self.resume()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this whenever time begins to pass differently."""
        self._listeners.append(listener)

    def _set(self, pace: float, *, stands_still: bool) -> None:
        self._then, self._since = self.now(), self._monotonic()
        self._pace, self._stands_still = pace, stands_still
        self._told()

    def _real(self) -> float:
        return self._offset + self._monotonic()

    def _told(self) -> None:
        for listener in self._listeners:
            listener()
