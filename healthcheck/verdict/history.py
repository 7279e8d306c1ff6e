"""The history of health checks: the most recent events, numbered, and listeners for new ones."""

import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.resources import is_target_id
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.snapshot import Status

MAX_EVENTS = 10_000
"""Events kept of all checks together."""

MAX_EVENTS_PER_CHECK = 20
"""Events kept of each check in addition, so that busy checks do not displace those of quiet ones."""

MAX_TARGETS = 1000
"""Targets of resources whose events are kept in addition; of more, those whose last event is oldest are dropped."""

_RUN = re.compile(r"[0-9A-Za-z]+")
_EVENT_ID = re.compile(r"([0-9A-Za-z]+)-([0-9]{1,18})")

MAX_AT_ONCE = 50
"""Events that are recorded in one step; those of a larger change are recorded in several."""

Record = Callable[[], object]
"""Adds one event to the history, or forgets a check."""

Listener = Callable[["Event"], None]
"""Called after each event, while statuses are being updated: must neither block nor raise nor change a check."""


class EventKind(Enum):
    """The kinds of events."""

    STATUS = "status"
    """A check's effective status changed."""
    VOTE = "vote"
    """One checker's vote flipped."""
    FORCED = "forced"
    """A forced status was set or removed."""
    DECLARED = "declared"
    """A check was added."""
    REMOVED = "removed"
    """A check was removed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a health check; `at` is emulated time, in seconds since the epoch.

    `checker` is set for votes only. `old` and `new` are statuses, votes or forced statuses, by kind, or None.
    """

    number: int
    at: float
    kind: EventKind
    check_id: HealthCheckId
    checker: Checker | None
    old: Status | None
    new: Status | None
    cause: str
    name: str | None = None
    """The check's name for people at that time."""


@dataclass(frozen=True, slots=True)
class HistoryCleared:
    """The last clearing of the history; it has a number of its series, so that readers see where it stood."""

    number: int
    at: float
    cause: str


class NotAnEventId(ValueError):
    """A text is not the id of an event, or is that of a future one."""


class History:
    """The most recent events, numbered from 1.

    An event's id is `RUN-NUMBER`: numbers start at 1 again after a restart, and `run` keeps the ids distinct.
    """

    def __init__(self, run: str, capacity: int = MAX_EVENTS) -> None:
        """Creates an empty history.

        Args:
            run: letters and digits, unique to this run of the server.
            capacity: events kept.
        Raises:
            ValueError: `run` has other characters, or `capacity` is less than 1.
        """
        if not _RUN.fullmatch(run) or capacity < 1:
            raise ValueError(f"a history is named by letters and digits and keeps an event: {run!r}, {capacity}")
        self.run = run
        self.capacity = capacity
        self.last = 0
        """The number of the newest event; 0 before the first."""
        self.cleared: HistoryCleared | None = None
        """The last clearing; None if there was none."""
        self._ring: list[Event] = []  # event n is at index (n - 1 - the number of the last clearing) % capacity
        self._of_check: dict[HealthCheckId, deque[Event]] = {}
        self._targets: dict[HealthCheckId, None] = {}
        """The targets among these; the one with the oldest last event first. Nothing says when a target is gone."""
        self._listeners: list[Listener] = []
        self._clear_listeners: list[Callable[[], None]] = []
        self._planned: deque[Iterator[Record]] = deque()
        """Events that are not recorded yet, in order."""
        self.record_soon: Callable[[], None] = self._record_all
        """Called when events were planned: makes sure that `record_planned` runs."""

    @property
    def first(self) -> int:
        """The number of the oldest event kept; that of the next event if there is none."""
        return self.last - len(self._ring) + 1

    def __len__(self) -> int:
        """The number of events kept, apart from those kept for each check in addition."""
        return len(self._ring)

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
        name: str | None = None,
    ) -> Event:
        """Adds an event under the next number, and calls the listeners."""
        event = Event(self.last + 1, at, kind, check_id, checker, old, new, cause, name)
        if len(self._ring) < self.capacity:
            self._ring.append(event)
        else:
            self._ring[self._index(event.number)] = event
        self.last = event.number
        if kind is not EventKind.VOTE:
            self._of_check.setdefault(check_id, deque(maxlen=MAX_EVENTS_PER_CHECK)).append(event)
            if is_target_id(check_id):
                self._keep_target(check_id)
        for listener in tuple(self._listeners):
            listener(event)
        return event

    def _keep_target(self, target_id: HealthCheckId) -> None:
        self._targets.pop(target_id, None)
        self._targets[target_id] = None
        if len(self._targets) > MAX_TARGETS:
            self.forget(next(iter(self._targets)))

    def note(self, records: Sequence[Record]) -> None:
        """Adds events, after those that are planned; at once unless there are many."""
        if self._planned or len(records) > MAX_AT_ONCE:
            self.plan(records)
        else:
            for record in records:
                record()

    def plan(self, records: Iterable[Record]) -> None:
        """Adds events later, after those that are planned already and before all later ones."""
        is_idle = not self._planned
        self._planned.append(iter(records))
        if is_idle:
            self.record_soon()

    def record_planned(self) -> Generator[None, None, None]:
        """Adds all planned events, in steps of about a millisecond; others may do so at the same time."""
        recorded = 0
        while self._planned:
            record = next(self._planned[0], None)
            if record is None:
                self._planned.popleft()
                continue
            record()
            recorded += 1
            if not recorded % MAX_AT_ONCE:
                yield

    def _record_all(self) -> None:
        for _ in self.record_planned():
            pass

    def since(
        self,
        number: int,
        *,
        check_id: HealthCheckId | None = None,
        kind: EventKind | None = None,
        limit: int | None = None,
    ) -> tuple[Event, ...]:
        """The first events after a number, oldest first.

        Args:
            number: 0 for all events kept.
            check_id: only events of this check.
            kind: only events of this kind.
            limit: maximum number of events.
        """
        numbers = range(max(number + 1, self.first), self.last + 1)
        return tuple(islice(self._chosen(numbers, check_id, kind), limit))

    def newest(
        self, limit: int, *, check_id: HealthCheckId | None = None, kind: EventKind | None = None
    ) -> tuple[Event, ...]:
        """The last events, oldest first, filtered as in `since`."""
        numbers = range(self.last, self.first - 1, -1)
        return tuple(islice(self._chosen(numbers, check_id, kind), limit))[::-1]

    def of(self, check_id: HealthCheckId, limit: int = MAX_EVENTS_PER_CHECK) -> tuple[Event, ...]:
        """The last events of a check, oldest first, including those that are no longer in the ring.

        Votes are left out: sixteen checkers' votes would displace the changes of status.
        """
        events = self._of_check.get(check_id, ())
        return tuple(islice(events, max(len(events) - limit, 0), None))

    def forget(self, check_id: HealthCheckId) -> None:
        """Drops the events kept for a removed check; those in the ring stay."""
        self._of_check.pop(check_id, None)
        self._targets.pop(check_id, None)

    def clear(self, at: float, cause: str) -> None:
        """Drops all events, planned ones too; the clearing takes the next number, so no number is used twice."""
        self._planned.clear()
        self.last += 1
        self.cleared = HistoryCleared(self.last, at, cause)
        self._ring.clear()
        self._of_check.clear()
        self._targets.clear()
        for listener in self._clear_listeners:
            listener()

    def on_clear(self, listener: Callable[[], None]) -> None:
        """Calls a listener after every later clearing."""
        self._clear_listeners.append(listener)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls a listener after every later event; returns a function that unsubscribes it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def event_id(self, event: Event) -> str:
        """The public id of an event."""
        return self.id_at(event.number)

    def id_at(self, number: int) -> str:
        """The public id of the event with a number; the event need not be kept."""
        return f"{self.run}-{number}"

    def parse_event_id(self, text: str) -> int | None:
        """The number of an event, by its public id; None if the event is of another run.

        Raises:
            NotAnEventId: the text is not an id, or that of a future event of this run.
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

    def _index(self, number: int) -> int:
        return (number - 1 - (self.cleared.number if self.cleared else 0)) % self.capacity

    def _chosen(
        self, numbers: Iterable[int], check_id: HealthCheckId | None, kind: EventKind | None
    ) -> Iterator[Event]:
        for number in numbers:
            event = self._ring[self._index(number)]
            if check_id in (None, event.check_id) and kind in (None, event.kind):
                yield event
