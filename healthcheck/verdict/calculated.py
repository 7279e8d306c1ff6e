"""Calculated health checks: from the children's statuses to the parent's."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from dnsemu.config.model.health_checks import HealthCheckId


def is_threshold_met(children: Iterable[bool], threshold: int) -> bool:
    """True if enough children are healthy, by their effective status (H78).

    Args:
        children: each distinct child that exists, once (H84, H86); a disabled one counts by its effective status (H80).
        threshold: 0 is always met; a number greater than that of the children never is (H79).
    """
    return sum(children) >= threshold


def evaluation_order(children: Mapping[HealthCheckId, Collection[HealthCheckId]]) -> dict[HealthCheckId, int]:
    """Numbers calculated checks from 1 on, so that each comes after those of its children that are calculated too.

    Files can put a calculated check where the API's parent has another kind, so there may be any number of levels. A
    ring, which no entrance accepts, is broken at the child that closes it. Each check is visited once, without
    recursion.

    Args:
        children: the children of each calculated check.
    """
    order: dict[HealthCheckId, int] = {}
    for start in children:
        path: dict[HealthCheckId, Iterator[HealthCheckId]] = (
            {start: iter(children[start])} if start not in order else {}
        )
        while path:
            check_id, rest = next(reversed(path.items()))
            child = next(rest, None)
            if child is None:
                order[check_id] = len(order) + 1
                path.popitem()
            elif child in children and child not in order and child not in path:
                path[child] = iter(children[child])
    return order
