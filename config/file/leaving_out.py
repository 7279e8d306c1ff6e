"""Leaves entries with errors out of documents, so that the rest can be loaded."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dnsemu.config.errors import Path
from dnsemu.config.file.documents import LEFT_OUT, Document
from dnsemu.config.shapes.base import snake

_SECTIONS = frozenset({"hosted_zones", "resource_record_sets", "health_checks", "cidr_collections", "resources"})
"""Sections that are lists of entries, of which each can be left out."""
_RECORD_SETS = frozenset({"record_sets", "resource_record_sets"})


def entry_of(path: Path) -> Path | None:
    """Returns the path of the entry to leave out for an error at `path`: a record set, or else an entry of a section.

    An error of the hosted zone of listed record sets as a whole gives their section; one in settings gives None.
    """
    match path:
        case ("hosted_zones", int(), str(field), int(), *_) if snake(field) in _RECORD_SETS:
            return path[:4]
        case (str(section), int(), *_) if section in _SECTIONS:
            return path[:2]
        case () | ("name",) | ("id",) | ("config" | "comment", *_):
            return ("resource_record_sets",)
    return None


def without(documents: Sequence[Document], entries: Iterable[tuple[Document, Path]]) -> list[Document]:
    """Returns the documents with `LEFT_OUT` in the place of entries."""
    by_file: dict[str, list[Path]] = {}
    for document, path in entries:
        by_file.setdefault(document.file, []).append(path)
    return [
        document.with_data(_without(document.data, by_file[document.file])) if document.file in by_file else document
        for document in documents
    ]


def _without(data: Any, paths: Collection[Path]) -> Any:
    """Copies the data around the entries at these paths; a section that is left out goes with its key."""
    if () in paths:
        return LEFT_OUT
    below: dict[str | int, list[Path]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(tuple(rest))
    if isinstance(data, list):
        return [_without(entry, below[at]) if at in below else entry for at, entry in enumerate(data)]
    changed = {key: _without(value, below.get(snake(key), ())) for key, value in data.items() if snake(key) in below}
    return {key: changed.get(key, value) for key, value in data.items() if changed.get(key) is not LEFT_OUT}
