"""What one worker has not been told yet, and the message that tells it.

Changes that wait are merged: a worker that reads slowly is told the newest of each name, and what waits for it does not
grow with the number of changes.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain, tee

from dnsemu.clock.clock import Clock
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.place import Place
from dnsemu.publication.board import EVERYTHING, Board, Difference, Published
from dnsemu.server.responder import TtlDivisor
from dnsemu.workers.pickling import pickled
from dnsemu.workers.pieces import Pace, Piece, Publish, declared_pieces, status_pieces

MAX_NAMES = 100_000
"""Names that wait one by one; with more, everything is told anew."""

NOTHING = Difference()


def together(first: Difference, second: Difference) -> Difference:
    """Two changes, one after the other, as one."""
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
    """What a control plane publishes, as a feed reads it."""

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
        self.feeds: set[Feed] = set()
        """All that read from this."""
        self._copies: list[Iterator[bytes]] = []
        self._copied: Published | None = None
        """What the copies are of."""

    def everything(self) -> Iterator[bytes]:
        """All that is declared, in pieces; made once for all feeds that wait for it now."""
        now = self.board.current
        if not self._copies or self._copied is not now:
            readers = sum(feed.is_void for feed in self.feeds)
            self._copied = now
            self._copies = list(tee(map(pickled, declared_pieces(now, None, EVERYTHING, dict(self.vantage))), readers))
        copy = self._copies.pop()
        if not self._copies:
            self._copied = None  # lets go of it: it may be large
        return copy

    def left(self, feed: "Feed") -> None:
        """Have nothing kept for a feed that nobody reads any more."""
        self.feeds.discard(feed)
        if feed.is_void and self._copies:
            self._copies.pop()

    @property
    def pace(self) -> Pace:
        """How emulated time goes now."""
        divisor = self._ttl_divisor()
        are_divided, by = divisor is not None, divisor() if divisor is not None else None
        return Pace(self._clock.now(), time.monotonic(), self._clock.speed, are_divided, by)


class Feed:
    """Tells one worker; at first everything."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._told: Published | None = None
        """What the last message told, or the one under way; None when everything is to be told, whatever that was."""
        self._difference = EVERYTHING
        self._checks: set[HealthCheckId] | None = None
        """Checks whose status differs from what was told; None for all."""
        self._under_way: set[HealthCheckId] | None = set()
        """Those of the message that is not finished."""
        self.is_behind = True
        """Whether there is something to tell."""
        source.feeds.add(self)

    def note(self, difference: Difference) -> None:
        """Have what was published told."""
        self._difference = together(self._difference, difference)
        self.is_behind = True
        if self._difference.everything:
            self._told = None  # lets go of it: it may be large

    def note_statuses(self, checks: Collection[HealthCheckId]) -> None:
        """Have the statuses of these checks told."""
        if self._checks is not None:
            self._checks.update(checks)
        self.is_behind = True

    def note_pace(self) -> None:
        """Have it told how emulated time goes."""
        self.is_behind = True

    @property
    def is_void(self) -> bool:
        """Whether a message under way is of no use, because everything is to be told anew."""
        return self._difference.everything

    def message(self) -> Iterator[bytes]:
        """All that is to be told just now; nothing that comes later is in it. One that was under way is broken off."""
        source, difference = self._source, self._difference
        checks = None if self._checks is None or self._under_way is None else self._checks | self._under_way
        declared: Iterator[bytes]
        if difference.everything:
            declared = source.everything()
        else:
            told = self._told if difference != NOTHING else None
            declared = map(pickled, _changed_pieces(source.board.current, told, difference))
        statuses, pace = status_pieces(source.health.current, checks), source.pace
        self._told, self._difference, self._checks, self._under_way = source.board.current, NOTHING, set(), checks
        self.is_behind = False
        end = pace, Publish(None if difference == NOTHING else difference)
        return chain(map(pickled, statuses), declared, map(pickled, end), self._finished())

    def _finished(self) -> Iterator[bytes]:
        self._under_way = set()
        yield from ()

    def end(self) -> None:
        """Nobody reads it any more."""
        self._source.left(self)


def _changed_pieces(now: Published, told: Published | None, difference: Difference) -> Iterator[Piece]:
    return declared_pieces(now, told, difference, {}) if told is not None else iter(())
