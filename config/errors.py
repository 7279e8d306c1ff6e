"""Errors in what the user wrote: a `Problem` of one declared thing, a `FileError` with its file and line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

Path = tuple[str | int, ...]
"""A position in a document: keys and list indices from the top (`("hosted_zones", 0, "record_sets", 3, "weight")`)."""


class Severity(Enum):
    """An error refuses the input; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that one declared thing breaks.

    `id` is stable and for machines (`cname-alone`), `rule` is the specification's rule id or empty, `message` is
    Route 53's sentence where it has one, `instead` says what to write. `path` is relative to the thing. `plain` says in
    the words of a file what is wrong, where `message` uses those of the service.
    """

    id: str
    rule: str
    message: str
    instead: str = ""
    path: Path = ()
    severity: Severity = Severity.ERROR
    plain: str = ""

    @property
    def words(self) -> str:
        """The message of a file: the plain one, where there is one."""
        return self.plain or self.message

    def below(self, *prefix: str | int) -> "Problem":
        """Returns the problem with its path prefixed: relative to something further up in the document."""
        return replace(self, path=(*prefix, *self.path))


@dataclass(frozen=True, slots=True)
class FileError:
    """A problem in a file. `line` counts from 1; 0 where no line can be named. `where` is a dotted field path.

    `sentence` is Route 53's, where it has one: the API would refuse the same thing with it.
    """

    file: str
    line: int
    where: str
    rule: str
    id: str
    message: str
    instead: str = ""
    severity: Severity = Severity.ERROR
    sentence: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = f" {self.where}:" if self.where else ""
        instead = f"; {self.instead}" if self.instead else ""
        return f"{place}:{where} {self.message}{instead} [{f'{self.rule} {self.id}'.strip()}]"


class FilesRefused(Exception):
    """The files were refused; carries every error, in the order of the files' lines."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)

    @classmethod
    def because(cls, file: str, line: int, id: str, message: str, instead: str = "") -> "FilesRefused":
        """Makes it with one error, of a file as a whole or of its syntax."""
        return cls([FileError(file, line, "", "", id, message, instead)])

    def first(self, number: int) -> "FilesRefused":
        """Returns it with some errors only, and with one in place of the others that says how many there are."""
        more = len(self.errors) - number
        if more <= 0:
            return self
        file = self.errors[number].file
        rest = FileError(
            file, 0, "", "", "more-errors", f"{more:,} more errors are not listed", f"run dnsemu check {file}"
        )
        return FilesRefused([*self.errors[:number], rest])

    def __reduce__(self) -> tuple[type["FilesRefused"], tuple[tuple[FileError, ...]]]:
        return FilesRefused, (self.errors,)


def dotted(path: Path) -> str:
    """Formats a path as people write it: `hosted_zones[0].record_sets[3].weight`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_shortened(part)}" for part in path)
    return text.removeprefix(".")


def message_and_instead(error: ValueError) -> tuple[str, str]:
    """Splits the message of a parser, `…: write …`, into what is wrong and what to write instead."""
    message, _, instead = str(error).rpartition(": write ")
    return message, f"write {instead}"


_MAX_QUOTED_CHARACTERS = 60


def quoted(value: object) -> str:
    """Formats a value for a message: short, on one line, without control characters."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return _shortened(repr(value) if isinstance(value, (str, float)) else _digits(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_QUOTED_CHARACTERS else f"{text[: _MAX_QUOTED_CHARACTERS - 1]}…"


def _digits(value: object) -> str:
    """Returns a number's digits; Python refuses to print integers of thousands of digits."""
    try:
        return str(value)
    except ValueError:
        return "a very long number"
