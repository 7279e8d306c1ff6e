"""What became of the health checks: the most recent events, numbered, and who wants to hear of new ones."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.snapshot import Status

CAPACITY = 10_000
"""Events that are kept of all checks together."""

KEPT_PER_CHECK = 20
"""Events that are kept of each check besides, however much happens to the others."""

_RUN = re.compile(r"[0-9A-Za-z]+")
_EVENT_ID = re.compile(r"([0-9A-Za-z]+)-([0-9]{1,18})")

Listener = Callable[["Event"], None]
"""Called after each event, in the midst of judging: it returns at once, raises nothing and changes no check."""


class EventKind(Enum):
    """What happened."""

    STATUS = "status"
    """A check's effective status changed."""
    VOTE = "vote"
    """One checker's vote flipped."""
    FORCED = "forced"
    """A status was laid over what is observed, or taken away."""
    DECLARED = "declared"
    """A check came."""
    REMOVED = "removed"
    """A check went."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a health check; `at` is emulated time, in seconds since the epoch.

    `checker` is given for votes only. `old` and `new` are statuses, votes or overlays, by kind; None: there is none.
    """

    number: int
    at: float
    kind: EventKind
    check_id: HealthCheckId
    checker: Checker | None
    old: Status | None
    new: Status | None
    cause: str


class NotAnEventId(ValueError):
    """A text is not the id of an event, or of none that happened yet."""


class History:
    """The most recent events, numbered from 1.

    An event's id is `RUN-NUMBER`: after a restart numbers begin anew, and `run` tells them from those of before.
    """

    def __init__(self, run: str, capacity: int = CAPACITY) -> None:
        """Begin with nothing.

        Args:
            run: letters and digits that no other run of the server has.
            capacity: how many events are kept.
        Raises:
            ValueError: `run` has other characters, or nothing would be kept.
        """
        if not _RUN.fullmatch(run) or capacity < 1:
            raise ValueError(f"a history is named by letters and digits and keeps an event: {run!r}, {capacity}")
        self.run = run
        self.capacity = capacity
        self.last = 0
        """The number of the newest event; 0 before the first."""
        self._ring: list[Event] = []  # event n is at (n - 1) % capacity, so that any is found at once
        self._of_check: dict[HealthCheckId, deque[Event]] = {}
        self._listeners: list[Listener] = []

    @property
    def first(self) -> int:
        """The number of the oldest event that is kept; that of the next one if none is."""
        return self.last - len(self._ring) + 1

    def add(
        self,
        *,
        at: float,
        kind: EventKind,
        check_id: HealthCheckId,
        checker: Checker | None = None,
        old: Status | None,
        new: Status | None,
        cause: str,
    ) -> Event:
        """Record an event under the next number, and tell the listeners."""
        event = Event(self.last + 1, at, kind, check_id, checker, old, new, cause)
        if len(self._ring) < self.capacity:
            self._ring.append(event)
        else:
            self._ring[self.last % self.capacity] = event
        self.last = event.number
        if kind is not EventKind.VOTE:
            self._of_check.setdefault(check_id, deque(maxlen=KEPT_PER_CHECK)).append(event)
        for listener in tuple(self._listeners):
            listener(event)
        return event

    def since(
        self,
        number: int,
        *,
        check_id: HealthCheckId | None = None,
        kind: EventKind | None = None,
        limit: int | None = None,
    ) -> tuple[Event, ...]:
        """The first events after that number, oldest first.

        Args:
            number: 0 for all that are kept.
            check_id: only those of this check.
            kind: only those of this kind.
            limit: how many at most.
        """
        numbers = range(max(number + 1, self.first), self.last + 1)
        return tuple(islice(self._chosen(numbers, check_id, kind), limit))

    def newest(
        self, limit: int, *, check_id: HealthCheckId | None = None, kind: EventKind | None = None
    ) -> tuple[Event, ...]:
        """The last events, oldest first, chosen as by `since`."""
        numbers = range(self.last, self.first - 1, -1)
        return tuple(islice(self._chosen(numbers, check_id, kind), limit))[::-1]

    def of(self, check_id: HealthCheckId, limit: int = KEPT_PER_CHECK) -> tuple[Event, ...]:
        """What happened to a check last, newest last, also what left the ring.

        Votes are not among it: one change of status would drown in those of its sixteen checkers.
        """
        kept = self._of_check.get(check_id, ())
        return tuple(islice(kept, max(len(kept) - limit, 0), None))

    def forget(self, check_id: HealthCheckId) -> None:
        """Keep no more of a check that is gone than the ring has."""
        self._of_check.pop(check_id, None)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have every event told from now on; returns what ends it, which may be called more than once."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def event_id(self, event: Event) -> str:
        """The text by which an event is known outside."""
        return self.id_at(event.number)

    def id_at(self, number: int) -> str:
        """The id of the event with that number, be it kept or not."""
        return f"{self.run}-{number}"

    def parse_event_id(self, text: str) -> int | None:
        """The number to go on after; None if the event is of another run, so that nothing is known of its place.

        Raises:
            NotAnEventId: it has not the form of an id, or is of this run but did not happen yet.
        """
        found = _EVENT_ID.fullmatch(text)
        if found is None:
            raise NotAnEventId(f"write the id of an event, such as {self.id_at(self.last)}")
        run, number = found[1], int(found[2])
        if run != self.run:
            return None
        if number > self.last:
            raise NotAnEventId(f"that has not happened yet; the last event is {self.id_at(self.last)}")
        return number

    def _chosen(
        self, numbers: Iterable[int], check_id: HealthCheckId | None, kind: EventKind | None
    ) -> Iterator[Event]:
        for number in numbers:
            event = self._ring[(number - 1) % self.capacity]
            if check_id in (None, event.check_id) and kind in (None, event.kind):
                yield event
