"""YAML and JSON as plain data that remembers its lines.

YAML is read as events, so that nothing recurses in C and a hostile file ends in a fault, not in a crash; scalars are
resolved by the YAML 1.2 core schema (`NO` is Norway). JSON is YAML too: it is read so when its lines are asked for.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from dnsemu.config.errors import FileError, FilesRefused, Path, dotted

try:
    from yaml import CSafeLoader as _EventReader
except ImportError:  # PyYAML was built without libyaml: slower, otherwise the same
    from yaml import SafeLoader as _EventReader  # type: ignore[assignment]

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 32
"""Nothing declared nests deeper than a dozen levels."""
MAX_ALIASED_VALUES = 1_000_000
"""How many values the aliases (`*name`) of one file may stand for together."""

Entries = dict[str | int, int]
"""The line of each entry of one mapping or list."""


@dataclass(frozen=True, slots=True)
class ParsedTree:
    """Plain data, and for each mapping and list in it, by `id`, the lines of its entries."""

    data: Any = None
    lines: dict[int, Entries] = field(default_factory=dict)


class Document:
    """One file's content; `data` is not to be edited."""

    def __init__(self, file: str, data: Any, seek: Callable[[], ParsedTree]) -> None:
        self.file = file
        self.data = data
        self._seek = seek
        self._tree: ParsedTree | None = None

    def find(self, path: Path, known_as: Callable[[str], str] = str) -> tuple[int, str]:
        """Where something is written.

        Args:
            path: from the top; keys are what `known_as` makes of the file's (`TTL` as `ttl`).
        Returns:
            The line, from 1, of the entry or of the nearest thing around it that was written, and the dotted path in
            the file's own words. The line is 0 where it cannot be told.
        """
        if self._tree is None:
            self._tree = self._seek()
        node = self._tree.data
        line = min(1, len(self._tree.lines))
        written = list(path)
        for depth, part in enumerate(path):
            if isinstance(node, dict) and part not in node:
                written[depth] = next((key for key in node if known_as(key) == part), part)
            entries = self._tree.lines.get(id(node), {})
            if written[depth] not in entries:
                break
            line = entries[written[depth]]
            node = node[written[depth]]
        return line, dotted(tuple(written))


def parse(file: str, raw: bytes | str) -> Document:
    """Read a document.

    Args:
        file: its name; one that ends in `.json` is JSON, any other YAML.
        raw: its content; bytes are UTF-8.
    Raises:
        Refused: with one fault, since nothing after a broken place can be trusted.
    """
    if len(raw) > MAX_BYTES:
        raise _refused(file, 0, "file-too-long", f"the file is longer than {MAX_BYTES:,} bytes", "split it")
    text = raw if isinstance(raw, str) else _decode(file, raw)
    if file.lower().endswith(".json"):
        return _parse_json(file, text)
    tree = _YamlReader(file, text).tree()
    return Document(file, tree.data, lambda: tree)


def _refused(file: str, line: int, id: str, message: str, instead: str = "") -> FilesRefused:
    return FilesRefused([FileError(file, line, "", "", id, message, instead)])


def _decode(file: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise _refused(file, line, "not-utf8", message, "save the file as UTF-8") from None


# --- JSON ---


class _KeyTwice(ValueError):
    pass


def _mapping_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _KeyTwice("a name is written twice in one object")
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


_JSON_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
"""An escape, or a pair of them that is one character; the group is half a pair."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def _half_character(file: str, line: int) -> FilesRefused:
    return _refused(file, line, "surrogate", "half of a surrogate pair is no character", "write the character itself")


def _parse_json(file: str, text: str) -> Document:
    try:
        data = json.loads(text, object_pairs_hook=_mapping_once, parse_constant=_no_constant)
    except _KeyTwice as error:
        _YamlReader(file, text).tree()  # says which name and on which line
        raise _refused(file, 0, "key-twice", str(error), "write it once") from None
    except json.JSONDecodeError as error:
        raise _refused(file, error.lineno, "json-syntax", f"column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _refused(file, 0, "too-deep", _TOO_DEEP) from None
    except ValueError as error:
        raise _refused(file, 0, "json-syntax", str(error)) from None
    for escape in _JSON_ESCAPE.finditer(text):
        if escape[1]:
            raise _half_character(file, text.count("\n", 0, escape.start()) + 1)
    return Document(file, data, lambda: _json_tree(file, text))


def _json_tree(file: str, text: str) -> ParsedTree:
    try:
        return _YamlReader(file, text).tree()
    except FilesRefused:
        return ParsedTree()


# --- YAML ---

_TOO_DEEP = f"this nests deeper than {MAX_DEPTH} levels"
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_FLOAT_WORD = re.compile(r"\.([a-zA-Z])")
_MAYBE_NUMBER = frozenset("+-.0123456789")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"


def resolve(text: str) -> Any:
    """A plain scalar's value by the core schema (YAML 1.2.2 §10.3.2).

    Raises:
        ValueError: an integer of thousands of digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAYBE_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(_FLOAT_WORD.sub(r"\1", text))
    return text


class _YamlReader:
    """Builds a tree from YAML events."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._lines: dict[int, Entries] = {}
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._values = 0
        self._aliased_values = 0

    def tree(self) -> ParsedTree:
        """Read the one document of the text; an empty text is None.

        Raises:
            Refused: the text is no YAML, or more than plain data.
        """
        try:
            self._next: Callable[[], Any] = _EventReader(self._text).get_event
            self._next()  # the stream's start
            event: Any = self._next()
            if isinstance(event, yaml.StreamEndEvent):
                return ParsedTree()
            data = self._value(self._next(), 0)
            self._next()  # the document's end
            event = self._next()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = error.problem or error.context or "this is no YAML"
            instead = "indent with spaces, not with tabs" if mark and self._has_tab(mark) else ""
            line = min(mark.line + 1, len(self._text.splitlines())) if mark else 0
            raise self._refused(line, "yaml-syntax", message, instead) from None
        except yaml.YAMLError as error:
            raise self._refused(self._line_of(error), "yaml-syntax", str(error).splitlines()[0]) from None
        if not isinstance(event, yaml.StreamEndEvent):
            line = event.start_mark.line + 1
            raise self._refused(line, "several-documents", "a second document begins here", "give it a file of its own")
        return ParsedTree(data, self._lines)

    def _refused(self, line: int, id: str, message: str, instead: str = "") -> FilesRefused:
        return _refused(self._file, line, id, message, instead)

    def _has_tab(self, mark: Any) -> bool:
        line = self._text.splitlines()[mark.line : mark.line + 1]
        return any(text[mark.column : mark.column + 1] == "\t" for text in line)

    def _line_of(self, error: yaml.YAMLError) -> int:
        position = getattr(error, "position", None)
        return self._text.count("\n", 0, position) + 1 if isinstance(position, int) else 0

    def _value(self, event: Any, depth: int) -> Any:
        self._values += 1
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = value, 1
            return value
        if kind is yaml.AliasEvent:
            return self._alias(event)
        if depth == MAX_DEPTH:
            raise self._refused(event.start_mark.line + 1, "too-deep", _TOO_DEEP)
        before = self._values + self._aliased_values
        if event.anchor:
            self._anchors[event.anchor] = None
        tag = event.tag
        if kind is yaml.MappingStartEvent:
            self._expect_tag(event, tag, "map")
            node: Any = self._mapping(depth + 1)
        else:
            self._expect_tag(event, tag, "seq")
            node = self._sequence(depth + 1)
        if event.anchor:
            self._anchors[event.anchor] = node, self._values + self._aliased_values - before + 1
        return node

    def _expect_tag(self, event: Any, tag: str | None, wanted: str) -> None:
        if tag not in (None, "!", _TAG + wanted):
            raise self._refused(event.start_mark.line + 1, "yaml-tag", f"the tag {tag} is not known", "leave it out")

    def _scalar(self, event: Any) -> Any:
        text = self._text_of(event)
        if event.implicit[0]:
            try:
                return resolve(text)
            except ValueError:
                line = event.start_mark.line + 1
                raise self._refused(line, "value-type", "a number this long means nothing", "quote it") from None
        if not event.implicit[1]:
            self._expect_tag(event, event.tag, "str")
        return text

    def _text_of(self, event: Any) -> str:
        """A scalar's text; libyaml refuses halves of surrogate pairs itself."""
        text: str = event.value
        if not text.isascii() and _SURROGATE.search(text):
            raise _half_character(self._file, event.start_mark.line + 1)
        return text

    def _alias(self, event: Any) -> Any:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            raise self._refused(line, "yaml-alias", f"no anchor &{event.anchor} stands before this")
        found = self._anchors[event.anchor]
        if found is None:
            raise self._refused(line, "yaml-alias", f"*{event.anchor} contains itself")
        value, size = found
        self._aliased_values += size
        if self._aliased_values > MAX_ALIASED_VALUES:
            raise self._refused(line, "yaml-alias", f"aliases stand for more than {MAX_ALIASED_VALUES:,} values")
        return value

    def _sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        lines: Entries = {}
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            lines[len(found)] = event.start_mark.line + 1
            found.append(self._value(event, depth))
        self._lines[id(found)] = lines
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: Entries = {}
        merged: list[dict[str, Any]] = []
        while type(event := self._next()) is not yaml.MappingEndEvent:
            line = event.start_mark.line + 1
            if type(event) is not yaml.ScalarEvent:
                raise self._refused(line, "yaml-key", "a name is wanted here", "write a plain word")
            key = self._text_of(event)
            if key == _MERGE and event.implicit[0]:
                merged += self._merge_sources(self._value(self._next(), depth), line)
            elif key in found:
                before = f"{key!r} is already written on line {lines[key]}"
                raise self._refused(line, "key-twice", before, "write it once")
            else:
                lines[key] = line
                found[key] = self._value(self._next(), depth)
        for source in merged:
            for key in source.keys() - found.keys():
                lines[key] = self._lines[id(source)][key]
            found = {**source, **found}
        self._lines[id(found)] = lines
        return found

    def _merge_sources(self, value: Any, line: int) -> list[dict[str, Any]]:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise self._refused(line, "yaml-alias", "<< wants a mapping, or a list of them")
        return sources
