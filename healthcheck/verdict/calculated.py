"""Calculated health checks: from the children's statuses to the parent's."""

from collections.abc import Iterable


def is_threshold_met(children: Iterable[bool], threshold: int) -> bool:
    """True if enough children are healthy, by their effective status (H78).

    Args:
        children: each distinct child that exists, once (H84, H86); a disabled one counts by its effective status (H80).
        threshold: 0 is always met; a number greater than that of the children never is (H79).
    """
    return sum(children) >= threshold
