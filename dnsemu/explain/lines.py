"""Lines of an explanation: their place on the taken path, wrapping by words, and the signs that ASCII lacks."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

MIN_TEXT_COLUMNS = 24
"""Columns that a wrapped line keeps for its words: a deep tree on a narrow terminal is indented less."""

ASCII = {"└": "`-", "←": "<-", "→": "->", "·": "-", "…": "...", "–": "-"}
"""Substitutes for the signs in explanations and tables, where only ASCII can be written."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `hanging` is the indent of its continuation lines, in columns.

    `is_taken` is True for a branch that answers, False for one that does not, None for other lines.
    """

    text: str
    hanging: int = 0
    is_taken: bool | None = None

    def wrapped(self, columns: int | None) -> Iterator[str]:
        """Wraps the line by words; a longer word keeps a line for itself. None: no limit."""
        if columns is None or len(self.text) <= columns:
            yield self.text
            return
        own = len(self.text) - len(self.text.lstrip(" "))
        most = max(columns - MIN_TEXT_COLUMNS, 0)
        yield from textwrap.wrap(
            self.text.lstrip(" "),
            max(columns, 1),
            initial_indent=" " * min(own, most),
            subsequent_indent=" " * min(self.hanging, most),
            break_long_words=False,
            break_on_hyphens=False,
        )
