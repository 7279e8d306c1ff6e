"""What a store is, how it fails, and the one that keeps nothing."""

from collections.abc import Sequence
from typing import Protocol

from dnsemu.state.state import State
from dnsemu.state.tables import Write


class StoreUnusable(Exception):
    """A store that cannot be opened or read. The message says where it is, what is wrong, and what to do."""


class StoreFailed(Exception):
    """A commit of which nothing was kept: the disk is full, read-only or locked. Later ones may succeed."""


class Store(Protocol):
    """Keeps a state across restarts, as the sum of the writes committed to it.

    Of the World it keeps hosted zones, health checks and CIDR collections; everything else in it comes from files.
    """

    async def load(self) -> State:
        """Open the store, if it isn't yet, and give everything that was committed to it.

        Raises:
            StoreUnusable: nothing was changed, and nothing is held open unless it was before.
        """

    async def commit(self, writes: Sequence[Write]) -> None:
        """Keep what a step wrote, all of it or nothing; it is on the disk when this returns.

        Whoever waits may be cancelled, the writing is not: it goes on, and its outcome is lost. So taking over the
        state afterwards has to be shielded together with this call.

        Raises:
            StoreFailed: nothing of it was kept.
        """

    async def close(self) -> None:
        """Wait for what is being written, and let go of the store; no harm if that is done already."""


class MemoryStore:
    """Keeps nothing: a new emulator starts empty."""

    async def load(self) -> State:
        """An empty state."""
        return State()

    async def commit(self, writes: Sequence[Write]) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""
