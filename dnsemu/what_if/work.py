"""Long work in short steps: the caller can show progress or answer queries between two of them."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """Record sets evaluated so far and in all; 0 and 0 until the total is known."""

    done: int = 0
    total: int = 0


Work = Generator[Progress, None, T]
"""A generator that returns its result. A step takes well under a millisecond for trees of ordinary size."""
