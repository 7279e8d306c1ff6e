"""Work that is finished once it has begun, although the client that asked for it disconnects."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""The event loop refers to tasks weakly, and a caller that was cancelled does so no more."""


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Runs work to its end, even if the caller is cancelled: a change of several steps is never left half done."""
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_on_done)
    return await asyncio.shield(task)


def _on_done(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # marks it as retrieved: the caller may have left
