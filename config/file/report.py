"""The report of all problems found in the files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dnsemu.config.errors import FileError, Path, Problem, Severity
from dnsemu.config.file.documents import Document
from dnsemu.config.file.fields import TOP
from dnsemu.config.rules.alias import MISSING
from dnsemu.config.shapes.base import snake

MAY_BE_GONE = frozenset({"no-such-check", MISSING})
"""Ids of problems that a state comes to have when something is deleted."""


class ErrorReport:
    """Collects problems with the documents and paths that they were found at."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._order = {document.file: position for position, document in enumerate(documents)}
        self._found: list[tuple[Document, Problem]] = []

    def add(self, document: Document, prefix: Path, problems: Iterable[Problem]) -> None:
        """Adds problems of the thing at `prefix`."""
        self._found += [(document, _with_help(problem.below(*prefix))) for problem in problems]

    def only_errors(self, document: Document, prefix: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Yields the problems that a snapshot may not have, and adds the others as warnings.

        What a record set refers to may be deleted while it stays (R117, A170): a snapshot holds such record sets.
        """
        for problem in problems:
            if problem.id in MAY_BE_GONE:
                self.add(document, prefix, [replace(problem, severity=Severity.WARNING)])
            else:
                yield problem

    def place(self, document: Document, path: Path) -> str:
        """Returns `file:line` of the thing at `path`, for a message about another thing."""
        return f"{document.file}:{document.find(path, snake)[0]}"

    def faulty(self) -> list[tuple[Document, Path]]:
        """Returns where there are errors."""
        return [(document, problem.path) for document, problem in self._found if problem.severity is Severity.ERROR]

    def of_severity(self, severity: Severity) -> list[FileError]:
        """Returns the problems of one severity, sorted by file and line."""
        errors = []
        for document, problem in self._found:
            if problem.severity is severity:
                line, where = document.find(problem.path, snake)
                at = (document.file, line, where, problem.rule, problem.id)
                sentence = problem.message if problem.plain else ""
                errors.append(FileError(*at, problem.words, problem.instead, severity, sentence))
        return sorted(errors, key=lambda error: (self._order[error.file], error.line))


def _with_help(problem: Problem) -> Problem:
    """Adds the command that describes the fields of a mapping to the problem that a field is unknown in it."""
    if problem.id != "field-unknown" or not problem.instead.startswith("known are"):
        return problem
    mapping = next((part for part in reversed(problem.path[:-1]) if isinstance(part, str)), TOP)
    return replace(problem, instead=f"{problem.instead}; 'dnsemu schema {mapping}' describes them")
