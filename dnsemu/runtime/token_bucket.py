"""Limits a rate: of requests to the Route 53 API (A360, R209.16), or of a client's forwarded queries."""

from collections.abc import Callable

from dnsemu.config.model.settings import RateLimit


class TokenBucket:
    """A bucket of as many tokens as the limit allows at once; each request takes one, and they come back steadily.

    Clients wait in real time, so the bucket fills in real time, whatever the emulator's clock does.

    Args:
        monotonic: reads real time in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._limit: RateLimit | None = None
        self._tokens = 0.0
        self._filled_at = 0.0

    def refill(self) -> None:
        """Fills the bucket."""
        self._limit = None

    def take(self, limit: RateLimit | None) -> bool:
        """Takes a token; another limit than before starts with a full bucket.

        Returns:
            False if the bucket is empty; then nothing is taken.
        """
        now = self._monotonic()
        if limit != self._limit:
            self._limit, self._filled_at = limit, now
            self._tokens = float(limit.requests) if limit is not None else 0.0
        if limit is None:
            return True
        refill = (now - self._filled_at) * limit.requests / limit.interval_s
        self._tokens = min(float(limit.requests), self._tokens + refill)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
