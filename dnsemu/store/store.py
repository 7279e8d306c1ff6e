"""The interface of stores, their errors, and the store that keeps nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dnsemu.state.state import State
from dnsemu.state.tables import Write

REPAIR = "start once with --repair to leave it out: it is kept aside in the store, and the rest is served"
"""The remedy for a row that cannot be served."""


class StoreUnusable(Exception):
    """A store that cannot be opened or read. The message names it, the error, and the remedy."""


class StoreFailed(Exception):
    """A commit that failed as a whole: the disk is full, read-only or locked. A later one may succeed."""


class Store(Protocol):
    """Keeps a state across restarts: the sum of all committed writes.

    Of the World it keeps hosted zones, health checks and CIDR collections; the rest comes from files.
    """

    @property
    def where(self) -> str:
        """Names the store in messages."""

    async def load(self, set_aside: list[str] | None = None) -> State:
        """Opens the store, unless it is open, and returns everything that was committed.

        Args:
            set_aside: gets a line for each row that cannot be read, which the store then keeps aside; None to refuse
                such a store.
        Raises:
            StoreUnusable: nothing was changed, and nothing was left open.
        """

    async def set_aside(self, writes: Sequence[Write], why: Mapping[tuple[str, Any], str]) -> None:
        """Commits writes like `commit`, but keeps the rows that they delete aside, as they are stored.

        Args:
            why: the reasons by table and key; of other deleted rows it is that what they belong to was set aside.
        Raises:
            StoreFailed: nothing was committed.
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

    where = "memory:"

    async def load(self, set_aside: list[str] | None = None) -> State:
        """Returns an empty state."""
        return State()

    async def set_aside(self, writes: Sequence[Write], why: Mapping[tuple[str, Any], str]) -> None:
        """Does nothing."""

    async def commit(self, writes: Sequence[Write]) -> None:
        """Does nothing."""

    async def close(self) -> None:
        """Does nothing."""
