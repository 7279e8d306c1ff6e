"""Loads files, or one text, into a `World`; all errors of all files are reported at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from dnsemu.config.errors import FileError, FilesRefused, Severity
from dnsemu.config.file.documents import Document, parse
from dnsemu.config.file.guarded_reading import Wait
from dnsemu.config.file.leaving_out import entry_of, without
from dnsemu.config.file.load_sections import SectionLoader
from dnsemu.config.file.opening import Opener
from dnsemu.config.file.progress import Progress, no_progress
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.file.snapshots import as_file, is_snapshot
from dnsemu.config.model.world import World

Documents = Sequence[tuple[Document, FilePath | None]]
"""Documents with their folders, to which paths in them are relative."""

MAX_ROUNDS = 100
"""Attempts to load without faulty entries; each leaves out what referred to those of the attempt before."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The World that files declare, warnings, and the errors of entries that were left out."""

    world: World
    warnings: tuple[FileError, ...] = ()
    left_out: tuple[FileError, ...] = ()
    empty: tuple[str, ...] = ()
    """The files without content: nothing, only comments, or only sections without entries."""
    standard_input: bytes | None = None
    """The content of standard input, if it was among the files, as it can be read only once."""


def load_files(
    paths: Sequence[FilePath],
    progress: Progress = no_progress,
    *,
    skips_faulty: bool = False,
    standard_input: bytes | None = None,
    wait_for_pipe: Wait | None = None,
) -> Loaded:
    """Reads files and merges what they declare.

    Args:
        paths: files, snapshots, folders (their YAML and JSON files), and `-` for standard input; their order only
            decides the order of errors.
        progress: called with the progress made.
        skips_faulty: leave out entries with errors, and what refers to them.
        standard_input: its content, if it was read before.
        wait_for_pipe: waits for a pipe's writer; None waits for ever.
    Raises:
        FilesRefused: with all errors of all files; with `skips_faulty` only for errors outside entries.
    """
    documents: list[tuple[Document, FilePath | None]] = []
    errors: list[FileError] = []
    opener = Opener(standard_input, wait_for_pipe)
    for path in opener.files_of(paths, errors):
        progress("reading", 0, 0)
        try:
            documents.append((_document(*opener.read(path)), path.parent))
        except FilesRefused as refused:
            errors += refused.errors
    if skips_faulty and not errors:
        loaded = _load_without_faulty(documents, progress)
    else:
        loaded = _load(documents, errors, progress)
    return replace(loaded, standard_input=opener.standard_input)


def load_text(name: str, text: str | bytes) -> Loaded:
    """Reads one text.

    Args:
        name: the file name in errors; JSON if it ends in `.json`, else YAML.
        text: the content; bytes are UTF-8.
    Raises:
        FilesRefused: with all errors.
    """
    return _load([(_document(name, text), None)], [])


def load_texts(texts: Sequence[tuple[str, str]]) -> Loaded:
    """Reads texts and merges what they declare.

    Args:
        texts: names and contents. Paths in a text are relative to the folder of its name.
    Raises:
        FilesRefused: with all errors of all texts.
    """
    documents: list[tuple[Document, FilePath | None]] = []
    errors: list[FileError] = []
    for name, text in texts:
        try:
            documents.append((_document(name, text), FilePath(name).parent))
        except FilesRefused as refused:
            errors += refused.errors
    return _load(documents, errors)


def _document(name: str, text: str | bytes) -> Document:
    """Parses a file, or a snapshot as a file."""
    document = parse(name, text)
    return as_file(document) if is_snapshot(document.data) else document


def _load(documents: Documents, unread: Iterable[FileError], progress: Progress = no_progress) -> Loaded:
    world, report = _world(documents, progress)
    errors = [*unread, *report.of_severity(Severity.ERROR)]
    if errors:
        raise FilesRefused(errors)
    return Loaded(world, tuple(report.of_severity(Severity.WARNING)), empty=_empty(documents))


def _load_without_faulty(documents: Documents, progress: Progress) -> Loaded:
    """Loads again and again, each time without the entries that had errors, as others may refer to those."""
    left_out: list[FileError] = []
    for _ in range(MAX_ROUNDS):
        world, report = _world(documents, progress)
        errors = report.of_severity(Severity.ERROR)
        if not errors:
            order = [document.file for document, _ in documents]
            left_out.sort(key=lambda error: (order.index(error.file), error.line))
            return Loaded(world, tuple(report.of_severity(Severity.WARNING)), tuple(left_out), _empty(documents))
        entries = [(document, entry_of(path)) for document, path in report.faulty()]
        found = [(document, entry) for document, entry in entries if entry is not None]
        if len(found) < len(entries):
            break
        left_out += errors
        remaining = without([document for document, _ in documents], found)
        documents = [(document, folder) for document, (_, folder) in zip(remaining, documents, strict=True)]
    raise FilesRefused([*left_out, *errors])


def _world(documents: Documents, progress: Progress) -> tuple[World, ErrorReport]:
    report = ErrorReport([document for document, _ in documents])
    loader = SectionLoader(report, progress)
    for document, folder in documents:
        report.add(document, (), document.notes)
        loader.load(document, folder)
    return loader.world(), report


def _empty(documents: Documents) -> tuple[str, ...]:
    return tuple(document.file for document, _ in documents if document.is_empty)
