"""YAML to plain data with line numbers.

It is read as events, without recursion in C, so that a hostile file is refused and does not crash the process. Scalars
are resolved by the YAML 1.2 core schema (`NO` is Norway).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from dnsemu.config.errors import FilesRefused, quoted
from dnsemu.config.file.yaml_errors import in_words

try:
    from yaml import CSafeLoader as _EventReader
except ImportError:  # PyYAML was built without libyaml: slower, with the same result
    from yaml import SafeLoader as _EventReader  # type: ignore[assignment]

MAX_DEPTH = 32
"""Levels of nesting; a valid file has at most a dozen."""
MAX_ALIASED_VALUES = 1_000_000
"""Values that all aliases (`*name`) of one file stand for together."""

EntryLines = dict[str | int, int]
"""The line of each entry of one mapping or list."""


@dataclass(frozen=True, slots=True)
class ParsedTree:
    """Plain data, and the lines of the entries of each mapping and list in it, by the `id` of that object."""

    data: Any = None
    lines: dict[int, EntryLines] = field(default_factory=dict)


def half_character(file: str, line: int) -> FilesRefused:
    """Makes the error for half of a surrogate pair."""
    return FilesRefused.because(
        file, line, "surrogate", "half of a surrogate pair is no character", "write the character itself"
    )


_SURROGATE = re.compile("[\ud800-\udfff]")

TOO_DEEP = f"this nests deeper than {MAX_DEPTH} levels"
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
    """Returns the value of a plain scalar by the core schema (YAML 1.2.2 §10.3.2).

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


class YamlReader:
    """Builds a tree from YAML events."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._lines: dict[int, EntryLines] = {}
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._values = 0
        self._aliased_values = 0

    def tree(self) -> ParsedTree:
        """Reads the text, which holds one document; an empty text is None.

        Raises:
            FilesRefused: a syntax error, or a feature of YAML that is not supported.
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
            line, message, instead = in_words(error, self._text.splitlines())
            raise self._refused(line, "yaml-syntax", message, instead) from None
        except yaml.YAMLError as error:
            message, instead = str(error).splitlines()[0], 'remove it, or write it as an escape such as "\\x07"'
            raise self._refused(self._line_of(error), "yaml-syntax", message, instead) from None
        if not isinstance(event, yaml.StreamEndEvent):
            line = event.start_mark.line + 1
            raise self._refused(line, "several-documents", "a second document begins here", "put it into another file")
        return ParsedTree(data, self._lines)

    def _refused(self, line: int, id: str, message: str, instead: str = "") -> FilesRefused:
        return FilesRefused.because(self._file, line, id, message, instead)

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
            raise self._refused(event.start_mark.line + 1, "too-deep", TOO_DEEP)
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
            raise self._refused(
                event.start_mark.line + 1,
                "yaml-tag",
                f"the tag {quoted(tag)} is not known",
                "leave it out, or quote text that begins with !",
            )

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
        """Returns a scalar's text; halves of surrogate pairs are checked here for readers other than libyaml."""
        text: str = event.value
        if not text.isascii() and _SURROGATE.search(text):
            raise half_character(self._file, event.start_mark.line + 1)
        return text

    def _alias(self, event: Any) -> Any:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            message, instead = f"no anchor &{event.anchor} stands before this", f'write "*{event.anchor}" in quotes'
            raise self._refused(line, "yaml-alias", message, f"{instead} if it is text")
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
        lines: EntryLines = {}
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            lines[len(found)] = event.start_mark.line + 1
            found.append(self._value(event, depth))
        self._lines[id(found)] = lines
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: EntryLines = {}
        merged: list[dict[str, Any]] = []
        while type(event := self._next()) is not yaml.MappingEndEvent:
            line = event.start_mark.line + 1
            if type(event) is not yaml.ScalarEvent:
                raise self._refused(line, "yaml-key", "a name is wanted here", "write a plain word")
            key = self._text_of(event)
            if key == _MERGE and event.implicit[0]:
                merged += self._merge_sources(self._value(self._next(), depth), line)
            elif key in found:
                before = f"{quoted(key)} is already written on line {lines[key]}"
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
