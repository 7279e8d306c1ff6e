"""Loads files, or one text, into a `World`; all errors of all files are reported at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from dnsemu.config.errors import FileError, FilesRefused, Severity
from dnsemu.config.file import opening
from dnsemu.config.file.documents import Document, parse
from dnsemu.config.file.load_sections import SectionLoader
from dnsemu.config.file.progress import Progress, no_progress
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.model.world import World


@dataclass(frozen=True, slots=True)
class Loaded:
    """The World that files declare, and warnings."""

    world: World
    warnings: tuple[FileError, ...] = ()


def load_files(paths: Sequence[FilePath], progress: Progress = no_progress) -> Loaded:
    """Reads files and merges what they declare.

    Args:
        paths: JSON if the name ends in `.json`, else YAML; their order only decides the order of errors.
        progress: called with the progress made.
    Raises:
        FilesRefused: with all errors of all files.
    """
    documents: list[tuple[Document, FilePath]] = []
    errors: list[FileError] = []
    seen: dict[opening.Identity, FilePath] = {}
    for path in paths:
        progress("reading", 0, 0)
        try:
            documents.append((parse(str(path), opening.read(path, seen)), path.parent))
        except FilesRefused as refused:
            errors += refused.errors
    return _load(documents, errors, progress)


def load_text(name: str, text: str | bytes) -> Loaded:
    """Reads one text.

    Args:
        name: the file name in errors; JSON if it ends in `.json`, else YAML.
        text: the content; bytes are UTF-8.
    Raises:
        FilesRefused: with all errors.
    """
    return _load([(parse(name, text), None)], [])


def _load(
    documents: Sequence[tuple[Document, FilePath | None]], unread: Iterable[FileError], progress: Progress = no_progress
) -> Loaded:
    report = ErrorReport([document for document, _ in documents])
    loader = SectionLoader(report, progress)
    for document, folder in documents:
        loader.load(document, folder)
    world = loader.world()
    errors = [*unread, *report.of_severity(Severity.ERROR)]
    if errors:
        raise FilesRefused(errors)
    return Loaded(world, tuple(report.of_severity(Severity.WARNING)))
