"""Propagation: commits from the change feed reach the DNS side, at once or after the API's change delay (R43).

A change is compiled before the store commits it, so a change that cannot be served is refused and leaves no trace.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.state.change_feed import ChangeFeed, Commit
from dnsemu.state.state import State
from dnsemu.state.tables import Write

C = TypeVar("C")


class Propagation(Generic[C]):
    """Publishes each commit when it is in sync (R43), never before an earlier one.

    A replacement of the state is published as a whole before it reaches the feed: nothing is pending after it.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        scheduler: Scheduler,
        compile: Callable[[Sequence[Write], State, C | None], Steps[C]],
        publish: Callable[[C, State], None],
    ) -> None:
        """Subscribes to the feed.

        Args:
            compile: compiles the writes of a step on top of an earlier result, or of what is published for None, in
                steps.
            publish: publishes such a result; the latest state may hold later writes too.
        """
        self._scheduler = scheduler
        self._compile = compile
        self._publish = publish
        self._state = State()
        self._compiled: tuple[State, C] | None = None
        """The last result, with its state; the store may not have it."""
        self._pending: deque[tuple[float, C]] = deque()
        """Results that are not published yet and the time of publication, in order."""
        feed.subscribe(self._on_commit)

    @property
    def has_pending(self) -> bool:
        """True if a commit is not published yet (R43)."""
        return bool(self._pending)

    def compile(self, writes: Sequence[Write], state: State) -> Steps[None]:
        """Compiles a step before the store commits it; raises what the compilation does, and then nothing changes.

        Args:
            state: the state with the writes.
        """
        compiled = yield from self._compile(writes, state, self._pending[-1][1] if self._pending else None)
        self._compiled = state, compiled

    def _on_commit(self, commit: Commit) -> None:
        self._state = commit.state
        if commit.is_replacement:
            self._pending.clear()
            return
        if self._compiled is None or self._compiled[0] is not commit.state:
            at_once(self.compile(commit.writes, commit.state))
        assert self._compiled is not None
        compiled, self._compiled = self._compiled[1], None
        now = self._scheduler.clock.now()
        when = now + commit.state.world.api.change_delay_s
        if self._pending:
            when = max(when, self._pending[-1][0])
        if when <= now:
            self._publish(compiled, commit.state)
            return
        self._pending.append((when, compiled))
        self._scheduler.call_at(when, self._publish_due)

    def publish_pending(self) -> None:
        """Publishes every commit that waits for its delay: the clock moves, and the delay with it."""
        while self._pending:
            self._publish(self._pending.popleft()[1], self._state)

    def _publish_due(self, at: float) -> None:
        while self._pending and self._pending[0][0] <= at:
            self._publish(self._pending.popleft()[1], self._state)
