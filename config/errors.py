"""What is wrong with what the user wrote: `Problem` inside one thing, `FileError` with its file and line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

Path = tuple[str | int, ...]
"""Where in a document: keys and list positions, from the top (`("hosted_zones", 0, "record_sets", 3, "weight")`)."""


class Severity(Enum):
    """Whether a problem refuses what was written, or only deserves a word."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that one thing breaks.

    `id` is stable and for machines (`cname-alone`), `rule` names the specification's rule or is empty, `message` is
    Route 53's own sentence where it has one, `instead` says what to write. `path` is relative to the thing.
    """

    id: str
    rule: str
    message: str
    instead: str = ""
    path: Path = ()
    severity: Severity = Severity.ERROR

    def below(self, *prefix: str | int) -> "Problem":
        """The same problem, seen from further up in the document."""
        return replace(self, path=(*prefix, *self.path))


@dataclass(frozen=True, slots=True)
class FileError:
    """A problem in a file. `line` counts from 1; 0 where no line can be named. `where` is a dotted field path."""

    file: str
    line: int
    where: str
    rule: str
    id: str
    message: str
    instead: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" {self.where}:" if self.where else ""
        instead = f"; {self.instead}" if self.instead else ""
        return f"{place}:{where} {self.message}{instead} [{f'{self.rule} {self.id}'.strip()}]"


class FilesRefused(Exception):
    """What the user wrote was refused; it carries every error there is, in the order of the files' lines."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)

    def __reduce__(self) -> tuple[type["FilesRefused"], tuple[tuple[FileError, ...]]]:
        return FilesRefused, (self.errors,)


def dotted(path: Path) -> str:
    """A path as people write it: `hosted_zones[0].record_sets[3].weight`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


_SHOWN_CHARACTERS = 60


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line, without control characters."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, (str, float)) else _whole(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _whole(value: object) -> str:
    """A number's digits; thousands of them are not worth printing, and Python refuses to."""
    try:
        return str(value)
    except ValueError:
        return "a very long number"
