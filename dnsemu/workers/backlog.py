"""A worker's backlog: what differs between the control plane and its replica, and the update that carries it.

Waiting changes are merged: a slow worker gets the newest value of each name, so its backlog does not grow with the
number of changes.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain, tee

from dnsemu.clock.clock import Clock, real_s
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.place import Place
from dnsemu.publication.board import EVERYTHING, Board, Difference, Published
from dnsemu.server.responder import TtlDivisor
from dnsemu.workers.pickling import pickled
from dnsemu.workers.replication import ClockPace, Publish, ReplicationMessage, published_messages, status_messages

MAX_NAMES = 100_000
"""Names that a backlog lists; with more, everything is sent again."""

NOTHING = Difference()


def merged(first: Difference, second: Difference) -> Difference:
    """Two consecutive differences as one."""
    if first.everything or second.everything:
        return EVERYTHING
    if first == NOTHING:
        return second
    both = Difference(
        first.zones | second.zones,
        first.names | second.names,
        first.resources | second.resources,
        clients=first.clients or second.clients,
    )
    return EVERYTHING if len(both.names) > MAX_NAMES else both


class Source:
    """The control plane's side of replication: what all backlogs read."""

    def __init__(
        self,
        board: Board,
        health: HealthBoard,
        vantage: Mapping[str, Place],
        clock: Clock,
        ttl_divisor: Callable[[], TtlDivisor | None],
    ) -> None:
        self.board = board
        self.health = health
        self.vantage = vantage
        self._clock = clock
        self._ttl_divisor = ttl_divisor
        self.backlogs: set[Backlog] = set()
        """All open backlogs."""
        self._copies: list[Iterator[bytes]] = []
        """Copies of the full update that are not handed out yet."""
        self._copied: Published | None = None
        """The value that the copies carry."""

    def full_update(self) -> Iterator[bytes]:
        """Everything published, as pickled messages; made once for all backlogs that need it now."""
        now = self.board.current
        if not self._copies or self._copied is not now:
            readers = sum(backlog.needs_everything for backlog in self.backlogs)
            messages = published_messages(now, None, EVERYTHING, dict(self.vantage))
            self._copied = now
            self._copies = list(tee(map(pickled, messages), readers))
        copy = self._copies.pop()
        if not self._copies:
            self._copied = None  # frees a value that may be large
        return copy

    def discard(self, backlog: "Backlog") -> None:
        """Removes a backlog, with the copy that waits for it."""
        self.backlogs.discard(backlog)
        if backlog.needs_everything and self._copies:
            self._copies.pop()

    @property
    def clock_pace(self) -> ClockPace:
        """The clock's reading and speed at this moment."""
        divisor = self._ttl_divisor()
        are_divided, by = divisor is not None, divisor() if divisor is not None else None
        return ClockPace(self._clock.now(), real_s(), self._clock.speed, are_divided, by)


class Backlog:
    """Differences that one worker has not received; at first everything."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sent: Published | None = None
        """The value that the last update carries, even if it is being sent; None if everything is to be sent."""
        self._difference = EVERYTHING
        self._checks: set[HealthCheckId] | None = None
        """Checks whose status differs from the last update's; None for all."""
        self._checks_being_sent: set[HealthCheckId] | None = set()
        """Checks in the update that is not finished."""
        self.has_changes = True
        """True if there is something to send."""
        source.backlogs.add(self)

    def add(self, difference: Difference) -> None:
        """Adds what was published."""
        self._difference = merged(self._difference, difference)
        self.has_changes = True
        if self._difference.everything:
            self._sent = None  # frees a value that may be large

    def add_statuses(self, checks: Collection[HealthCheckId]) -> None:
        """Adds health checks whose status changed."""
        if self._checks is not None:
            self._checks.update(checks)
        self.has_changes = True

    def add_clock_change(self) -> None:
        """Adds that the clock's speed or reading changed."""
        self.has_changes = True

    @property
    def needs_everything(self) -> bool:
        """True if everything is to be sent, so that the rest of an update being sent is useless."""
        return self._difference.everything

    def next_update(self) -> Iterator[bytes]:
        """Empties the backlog into an update, as pickled messages; an earlier unfinished one must be dropped."""
        source, difference = self._source, self._difference
        checks = (
            None if self._checks is None or self._checks_being_sent is None else self._checks | self._checks_being_sent
        )
        published: Iterator[bytes]
        if difference.everything:
            published = source.full_update()
        else:
            sent = self._sent if difference != NOTHING else None
            published = map(pickled, _changed_messages(source.board.current, sent, difference))
        statuses, pace = status_messages(source.health.current, checks), source.clock_pace
        self._sent, self._difference = source.board.current, NOTHING
        self._checks, self._checks_being_sent = set(), checks
        self.has_changes = False
        end = pace, Publish(None if difference == NOTHING else difference)
        return chain(map(pickled, statuses), published, map(pickled, end), self._finish())

    def _finish(self) -> Iterator[bytes]:
        self._checks_being_sent = set()
        yield from ()

    def close(self) -> None:
        """Removes the backlog: its worker has ended."""
        self._source.discard(self)


def _changed_messages(now: Published, sent: Published | None, difference: Difference) -> Iterator[ReplicationMessage]:
    return published_messages(now, sent, difference, {}) if sent is not None else iter(())
