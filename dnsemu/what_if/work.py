"""Long work in short steps: whoever drives it may show how far it is, or do something else in between."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many record sets are judged, of how many; 0 of 0 while it is still looking what there is."""

    done: int = 0
    total: int = 0


Work = Generator[Progress, None, T]
"""A step is well under a millisecond for trees of ordinary size; the work returns its result."""
