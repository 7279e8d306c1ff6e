"""The interface of stores, their errors, and the store that keeps nothing."""

from collections.abc import Sequence
from typing import Protocol

from dnsemu.state.state import State
from dnsemu.state.tables import Write


class StoreUnusable(Exception):
    """A store that cannot be opened or read. The message names it, the error, and the remedy."""


class StoreFailed(Exception):
    """A commit that failed as a whole: the disk is full, read-only or locked. A later one may succeed."""


class Store(Protocol):
    """Keeps a state across restarts: the sum of all committed writes.

    Of the World it keeps hosted zones, health checks and CIDR collections; the rest comes from files.
    """

    async def load(self) -> State:
        """Opens the store, unless it is open, and returns everything that was committed.

        Raises:
            StoreUnusable: nothing was changed, and nothing was left open.
        """

    async def commit(self, writes: Sequence[Write]) -> None:
        """Commits the writes of a step, all or none; they are durable when this returns.

        Cancelling the caller does not cancel the commit, and its outcome is lost. So the caller has to shield this call
        together with what follows a commit.

        Raises:
            StoreFailed: nothing was committed.
        """

    async def close(self) -> None:
        """Waits for running commits, then closes the store; a second call does nothing."""


class MemoryStore:
    """Keeps nothing: each start begins with an empty state."""

    async def load(self) -> State:
        """Returns an empty state."""
        return State()

    async def commit(self, writes: Sequence[Write]) -> None:
        """Does nothing."""

    async def close(self) -> None:
        """Does nothing."""
