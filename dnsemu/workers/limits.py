"""Time limits by which the control plane and the workers judge that the other side is stuck."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds; tests use shorter ones."""

    start_s: float = 60.0
    """A worker that sends nothing for this long after its start is replaced."""
    acknowledgement_s: float = 1.5
    """A worker that does not acknowledge a frame within this time is replaced; a large frame has more time."""
    worker_silence_s: float = 5.0
    """A worker that sends nothing for this long is replaced; it reports its counters every second."""
    control_silence_s: float = 5.0
    """If the control plane sends nothing for this long, a worker logs that; it asks for counters every second."""


LIMITS = Limits()
