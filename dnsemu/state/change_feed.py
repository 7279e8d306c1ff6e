"""The change feed: every commit of the state, in order, for all who have to follow it.

The command runner appends a commit once the store has made it durable, and acknowledges the command afterwards. Today
`publication.propagation` is the one subscriber; nodes, history and the page are to read the same feed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dnsemu.state.state import State
from dnsemu.state.tables import Write


@dataclass(frozen=True, slots=True)
class Commit:
    """The writes of one step, and the state after it.

    Applied to the state before, `writes` make `state`, unless `is_replacement`: then files or a restore have put
    another state in place, `writes` may be incomplete, and a subscriber has to start from `state`.
    """

    sequence: int
    writes: Sequence[Write]
    state: State
    is_replacement: bool = False


Subscriber = Callable[[Commit], None]


class ChangeFeed:
    """Delivers each commit to all subscribers, in order of subscription.

    A subscriber may rely on this:

    - A commit is durable when it is delivered (`MemoryStore` keeps nothing), and is never taken back.
    - Commits are delivered one by one, in the order in which they were made, before the command is acknowledged.
    - Sequence numbers begin at 1 with each process and have no gaps. They mean nothing to another process.
    - A commit may reach the DNS side later than the feed, by the change delay (R43).

    A subscriber must neither raise nor block: the command waits for it.
    """

    def __init__(self) -> None:
        self.sequence = 0
        """The number of the last commit; 0 before the first."""
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Delivers every later commit to a subscriber."""
        self._subscribers.append(subscriber)

    def append(self, writes: Sequence[Write], state: State, *, is_replacement: bool = False) -> None:
        """Numbers a commit and delivers it; the store has made it durable."""
        self.sequence += 1
        commit = Commit(self.sequence, writes, state, is_replacement)
        for subscriber in self._subscribers:
            subscriber(commit)
