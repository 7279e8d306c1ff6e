"""The tables of docs/error-texts.md: which texts of errors are Route 53's, and which are dnsemu's."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "error-texts.md"
ANY = "…"
"""Stands for any text, also for none."""


@dataclass(frozen=True)
class Row:
    """A text, with its codes; `rule` holds the recording, and is None for a text of dnsemu."""

    codes: frozenset[str]
    text: str
    rule: str | None

    @property
    def fixed(self) -> str:
        """The longest part that is always the same."""
        return max(self.text.removeprefix("FATAL problem: ").split(ANY), key=len).strip()

    def covers(self, code: str, message: str) -> bool:
        pattern = ".*".join(map(re.escape, self.text.split(ANY)))
        return bool(self.codes & {code, "any"} and re.fullmatch(pattern, message, re.DOTALL))


@cache
def rows() -> tuple[Row, ...]:
    """Reads both tables."""
    found = re.findall(r"^\| ([\w, ]+) \| `(.*)` \|(?: (\w[\w.]*) \|)?$", PAGE.read_text(), re.MULTILINE)
    return tuple(Row(frozenset(c.split(", ")), text.replace(r"\|", "|"), rule or None) for c, text, rule in found)


def check_listed(code: str, message: str) -> None:
    """Fails if the page does not list the text of an error.

    Args:
        code: the error's code.
        message: its text; of an error that lists sentences, one sentence.
    """
    assert any(row.covers(code, message) for row in rows()), f"add to docs/error-texts.md: {code}: {message}"
