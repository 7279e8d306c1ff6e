"""Checks events against each other, against the final statuses and against the endpoints. Arithmetic only."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Event = Mapping[str, Any]

HEALTHY, UNHEALTHY = "healthy", "unhealthy"


def event_number(event_id: str) -> int:
    """Returns the number in an id of the form `RUN-NUMBER`."""
    return int(event_id.rpartition("-")[2])


def gaps(events: Sequence[Event], last: int) -> Iterator[str]:
    """Yields the gaps in the numbers of a stream of all events."""
    numbers = [0, *(event_number(event["id"]) for event in events), last + 1]
    for before, after in pairwise(numbers):
        if after != before + 1:
            yield f"event {after} follows {before}"


def differences(everything: Sequence[Event], chosen: Sequence[Event], kind: str) -> Iterator[str]:
    """Yields the differences between a stream of one kind and that kind's events among all."""
    wanted = {event["id"]: event for event in everything if event["kind"] == kind}
    got = {event["id"]: event for event in chosen}
    if len(got) != len(chosen):
        yield f"{len(chosen) - len(got)} events of kind {kind} were told twice"
    for event_id in sorted(wanted.keys() | got.keys(), key=event_number):
        if wanted.get(event_id) != got.get(event_id):
            yield f"event {event_id} is {wanted.get(event_id)} among all and {got.get(event_id)} among its kind"


def breaks(changes: Sequence[Event], statuses: Mapping[str, str]) -> Iterator[str]:
    """Yields the errors in each check's changes: they must follow each other and lead from healthy to the final status.

    Args:
        statuses: the final status of every declared check.
    """
    last: dict[str, str] = defaultdict(lambda: HEALTHY)
    for event in changes:
        check, old, new = event["check"], event["old"], event["new"]
        if old != last[check] or new == old or new not in (HEALTHY, UNHEALTHY):
            yield f"{event['id']}: {check} went from {old} to {new}, and was {last[check]}"
        last[check] = new
    for check, status in statuses.items():
        if status != last[check]:
            yield f"{check} is {status} at the end, its events say {last[check]}"


def astray(changes: Sequence[Event], told: Mapping[str, int], most: Mapping[str, int]) -> Iterator[str]:
    """Yields the checks that changed more or less often than their endpoints' answers explain.

    Args:
        told: by check, the number of changes that follow from its endpoint's answers; 0 for a missing check.
        most: by check, the number of times that its endpoint could have changed.
    """
    counted = Counter(event["check"] for event in changes)
    for check in sorted(counted.keys() | told.keys()):
        if counted[check] != told.get(check, 0):
            yield f"{check} changed {counted[check]} times, by its endpoint's answers {told.get(check, 0)} times"
        if counted[check] > most.get(check, 0):
            yield f"{check} changed {counted[check]} times, its endpoint at most {most.get(check, 0)} times"
