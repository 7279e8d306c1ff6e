"""Propagation: commits from the change feed reach the DNS side, at once or after the API's change delay (R43)."""

from collections import deque
from collections.abc import Callable, Sequence

from dnsemu.clock.scheduler import Scheduler
from dnsemu.state.change_feed import ChangeFeed, Commit
from dnsemu.state.state import State
from dnsemu.state.tables import Write


class Propagation:
    """Publishes each commit when it is in sync (R43), never before an earlier one.

    A replacement of the state is published as a whole before it reaches the feed: nothing is pending after it.
    """

    def __init__(
        self, feed: ChangeFeed, scheduler: Scheduler, publish: Callable[[Sequence[Write], State], None]
    ) -> None:
        """Subscribes to the feed.

        Args:
            publish: is called with the writes of a commit and the latest state, which may hold later writes too.
        """
        self._scheduler = scheduler
        self._publish = publish
        self._state = State()
        self._pending: deque[tuple[float, Sequence[Write]]] = deque()
        """Writes that are not published yet and the time of publication, in order."""
        feed.subscribe(self._on_commit)

    @property
    def has_pending(self) -> bool:
        """True if a commit is not published yet (R43)."""
        return bool(self._pending)

    def _on_commit(self, commit: Commit) -> None:
        self._state = commit.state
        if commit.is_replacement:
            self._pending.clear()
            return
        now = self._scheduler.clock.now()
        when = now + commit.state.world.api.change_delay_s
        if self._pending:
            when = max(when, self._pending[-1][0])
        if when <= now:
            self._publish(commit.writes, commit.state)
            return
        self._pending.append((when, commit.writes))
        self._scheduler.call_at(when, self._publish_due)

    def _publish_due(self, at: float) -> None:
        while self._pending and self._pending[0][0] <= at:
            self._publish(self._pending.popleft()[1], self._state)
