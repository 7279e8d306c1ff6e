"""From children's statuses to their parent's."""

from collections.abc import Iterable


def is_met(children: Iterable[bool], threshold: int) -> bool:
    """Whether enough children are healthy, by their effective status (H78).

    Args:
        children: each distinct child that exists once (H84, H86); a disabled one counts by its effective status (H80).
        threshold: 0 is always met; one above the number of children never is (H79).
    """
    return sum(children) >= threshold
