"""Documents: YAML or JSON as plain data, with line numbers.

JSON is parsed with Python's fast parser. Only if a line number is needed, it is parsed again as YAML, of which it is a
subset.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from typing import Any

from dnsemu.config.errors import FilesRefused, Path, Problem, dotted
from dnsemu.config.file.json_errors import in_words
from dnsemu.config.file.yaml_reader import TOO_DEEP, ParsedTree, YamlReader, half_character

MAX_BYTES = 512 * 1024 * 1024

SUFFIXES = (".yaml", ".yml", ".json")
"""The endings of names of YAML and JSON files, in lower case."""

LEFT_OUT: Any = object()
"""Stands in a document's data for an entry that is not to be loaded."""


class Document:
    """The content of one file; `data` must not be changed."""

    def __init__(self, file: str, data: Any, parse_tree: Callable[[], ParsedTree]) -> None:
        """Keeps the data.

        Args:
            file: the file's name.
            data: the content.
            parse_tree: gives the content with line numbers; called when a line is first asked for.
        """
        self.file = file
        self.data = data
        self._parse_tree = parse_tree
        self._tree: ParsedTree | None = None
        self.is_snapshot = False
        """True if a snapshot was converted: what it refers to may have been deleted since."""
        self.notes: tuple[Problem, ...] = ()
        """Warnings of the document as a whole, of its conversion."""

    @property
    def is_empty(self) -> bool:
        """True for nothing, for only comments, and for `hosted_zones:` with its entries commented out; not for `{}`."""
        if isinstance(self.data, dict) and self.data:
            return all(value is None for value in self.data.values())
        return self.data is None

    def with_data(self, data: Any) -> "Document":
        """Returns the document with other data, in which entries may be left out; lines stay those of the file."""
        changed = copy(self)
        changed.data = data
        return changed

    def as_snapshot(self, notes: tuple[Problem, ...]) -> "Document":
        """Returns the document, marked as the content of a snapshot, with warnings of its conversion."""
        changed = copy(self)
        changed.is_snapshot, changed.notes = True, notes
        return changed

    def find(self, path: Path, spelling: Callable[[str], str] = str) -> tuple[int, str]:
        """Finds the line of an entry.

        Args:
            path: from the top, with keys in another spelling than the file's (`ttl` for `TTL`).
            spelling: converts a key of the file to the spelling of `path`.
        Returns:
            The line, from 1, of the entry or of the innermost thing around it that exists, 0 if unknown; and the dotted
            path in the file's spelling.
        """
        if self._tree is None:
            self._tree = self._parse_tree()
        node = self._tree.data
        line = min(1, len(self._tree.lines))
        written = list(path)
        for depth, part in enumerate(path):
            if isinstance(node, dict) and part not in node:
                written[depth] = next((key for key in node if spelling(key) == part), part)
            entries = self._tree.lines.get(id(node), {})
            if written[depth] not in entries:
                break
            line = entries[written[depth]]
            node = node[written[depth]]
        return line, dotted(tuple(written))


def parse(file: str, raw: bytes | str) -> Document:
    """Parses a document.

    Args:
        file: its name; `.json` is JSON, `.yaml` and `.yml` are YAML, and otherwise the content decides.
        raw: its content; bytes are UTF-8.
    Raises:
        FilesRefused: with one error, as what follows a syntax error cannot be trusted.
    """
    if len(raw) > MAX_BYTES:
        raise FilesRefused.because(file, 0, "file-too-long", f"the file is longer than {MAX_BYTES:,} bytes", "split it")
    text = raw if isinstance(raw, str) else _decode(file, raw)
    if file.lower().endswith(".json"):
        return _parse_json(file, text)
    if not file.lower().endswith(SUFFIXES) and _LOOKS_LIKE_JSON.match(text):
        return _parse_json_or_yaml(file, text)
    return _parse_yaml(file, text)


def _parse_yaml(file: str, text: str) -> Document:
    tree = YamlReader(file, text).tree()
    return Document(file, tree.data, lambda: tree)


def _parse_json_or_yaml(file: str, text: str) -> Document:
    """Parses text that begins as JSON does; a mapping of YAML may, too, with comments or names without quotes."""
    try:
        return _parse_json(file, text)
    except FilesRefused:
        with suppress(FilesRefused):
            return _parse_yaml(file, text)
        raise


_LOOKS_LIKE_JSON = re.compile(r'\s*(?:\{\s*["}]|\[)')


def _decode(file: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise FilesRefused.because(file, line, "not-utf8", message, "save the file as UTF-8") from None


# --- JSON ---


class _DuplicateKey(ValueError):
    pass


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKey("a name is written twice in one object")
    return found


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


_JSON_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
"""Matches an escape, or a surrogate pair; the group matches half a pair."""


def _parse_json(file: str, text: str) -> Document:
    try:
        data = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except _DuplicateKey as error:
        YamlReader(file, text).tree()  # raises an error that has the name and the line
        raise FilesRefused.because(file, 0, "key-twice", str(error), "write it once") from None
    except json.JSONDecodeError as error:
        message, instead = in_words(error)
        raise FilesRefused.because(file, error.lineno, "json-syntax", message, instead) from None
    except RecursionError:
        raise FilesRefused.because(file, 0, "too-deep", TOO_DEEP) from None
    except ValueError as error:
        raise FilesRefused.because(file, 0, "json-syntax", str(error), "write a number or a text in quotes") from None
    for escape in _JSON_ESCAPE.finditer(text):
        if escape[1]:
            raise half_character(file, text.count("\n", 0, escape.start()) + 1)
    return Document(file, data, lambda: _json_tree(file, text))


def _json_tree(file: str, text: str) -> ParsedTree:
    try:
        return YamlReader(file, text).tree()
    except FilesRefused:
        return ParsedTree()
