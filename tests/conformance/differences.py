"""Where a server differs from what a document's case expects, and why. Each entry is asserted, so none can rot."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """`instead` holds the facts that are so instead of what the case expects."""

    why: str
    instead: dict[str, Any]


DIFFERENCES: dict[str, dict[str, Difference]] = {}
