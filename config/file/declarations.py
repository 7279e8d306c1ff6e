"""Declarations: where each name was declared first, so that a second one is an error."""

from dnsemu.config.errors import Path, Problem
from dnsemu.config.file.documents import Document
from dnsemu.config.file.report import ErrorReport


class Declarations:
    """The first declaration of each name, in all files."""

    def __init__(self, report: ErrorReport) -> None:
        self._report = report
        self._first: dict[tuple[str, str], tuple[Document, Path]] = {}

    def claim(self, kind: str, name: str, document: Document, path: Path) -> bool:
        """Returns True if a name is declared for the first time; otherwise reports an error.

        Args:
            kind: the kind of thing, for the message; things of different kinds may share a name.
            name: the name.
            document: the document that declares it.
            path: its position in the document.
        """
        first = self._first.setdefault((kind, name), (document, path))
        if first == (document, path):
            return True
        message = f"{kind} {name} is already declared at {self._report.place(*first)}"
        instead = "declare it once"
        if document.is_snapshot != first[0].is_snapshot:
            instead = "give the file or the snapshot, not both: it holds what files declared when it was saved"
        self._report.add(document, path, [Problem("declared-twice", "", message, instead)])
        return False
