"""The fields of a file in words: the type, bounds, default and meaning of each, from the shapes that check files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, get_args

from dnsemu.config.file.schema import whole_file
from dnsemu.config.shapes.about import Notation
from dnsemu.config.shapes.base import Hint, Shape
from dnsemu.config.text.suggestions import nearest

TOP = "file"
"""The name of the top level, which has no field's."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field; `default` is None where a field that is left out has no value."""

    name: str
    type: str
    is_required: bool
    default: str | None
    meaning: str
    rule: str


class Wording(Protocol):
    """The form of words in types: plain, or with links."""

    def word(self, text: str) -> str:
        """Returns a value or a pattern as it is to be written."""

    def notation(self, notation: Notation) -> str:
        """Returns the name of a notation."""

    def mapping(self, shape: str) -> str:
        """Returns the name of a mapping with this shape."""


class PlainWording:
    """Words without markup."""

    def word(self, text: str) -> str:
        """Returns the text."""
        return text

    def notation(self, notation: Notation) -> str:
        """Returns the name of a notation."""
        return notation.value

    def mapping(self, shape: str) -> str:
        """Returns the name of a mapping with this shape."""
        return next(name for name, found in mappings().items() if found.__name__ == shape)


PLAIN = PlainWording()


@cache
def mappings() -> Mapping[str, type[Shape]]:
    """Returns the shape of each kind of mapping in a file, by the name of the field that holds it, top level first."""
    return MappingProxyType(dict(_mappings(TOP, whole_file())))


def _mappings(name: str, annotation: Any) -> Iterator[tuple[str, type[Shape]]]:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield name, annotation
        for field, info in annotation.model_fields.items():
            yield from _mappings(field, info.annotation)
    for argument in get_args(annotation):
        yield from _mappings(name, argument)


def fields_of(mapping: str) -> list[FieldWords]:
    """Returns the fields of a mapping in plain words.

    Raises:
        ValueError: there is no such mapping; the message says what to write.
    """
    known = mappings()
    if mapping not in known:
        instead = nearest(mapping, known) or f"one of {', '.join(known)}"
        raise ValueError(f"there is no mapping '{mapping}' in a file: write {instead}")
    return list(describe(known[mapping], PLAIN))


def describe(shape: type[Shape], wording: Wording) -> Iterator[FieldWords]:
    """Yields the fields of a shape in words."""
    schema = shape.model_json_schema()
    schema = schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for name, field in schema["properties"].items():
        metadata = shape.model_fields[name].metadata
        default = field.get("default")
        yield FieldWords(
            name,
            _type(field, next((item for item in metadata if isinstance(item, Notation)), None), wording),
            name in schema.get("required", ()),
            None if default is None else _flow(default),
            field.get("description", ""),
            next((item.rule for item in metadata if isinstance(item, Hint)), field.get("$comment", "")),
        )


def _flow(value: Any) -> str:
    """Formats a default as YAML on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


# --- types ---


def _type(field: Mapping[str, Any], notation: Notation | None, wording: Wording) -> str:
    """Formats the type of a field with its bounds, from its JSON schema."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    return " or ".join(_kind(kind, notation, wording) for kind in kinds)


def _kind(kind: Mapping[str, Any], notation: Notation | None, wording: Wording) -> str:
    if "$ref" in kind:
        return f"mapping: {wording.mapping(kind['$ref'].rpartition('/')[2])}"
    if "enum" in kind:
        return f"one of {', '.join(map(wording.word, kind['enum']))}"
    match kind["type"]:
        case "string":
            text = (wording.notation(notation) if notation else "text") + _range(kind, "Length", " characters")
            return f"{text}, {wording.word(kind['pattern'])}" if "pattern" in kind and not notation else text
        case "integer":
            return "whole number" + _range(kind, "imum", "")
        case "number":
            return "number" + _range(kind, "imum", "")
        case "boolean":
            return f"{wording.word('true')} or {wording.word('false')}"
        case "array":
            entry = _type(kind["items"], notation, wording).replace("mapping:", "mappings:").removeprefix("one of ")
            return f"list of {entry}" + _range(kind, "Items", " entries")
        case "object":
            names = kind.get("propertyNames", {}).get("enum")
            value = _type(kind["additionalProperties"], notation, wording)
            return f"mapping with {wording.word(names[0])}: {value}" if names else f"mapping of names to {value}"
        case other:
            raise ValueError(f"there are no words for the type {other}")


def _range(kind: Mapping[str, Any], bound: str, unit: str) -> str:
    least, most = kind.get(f"min{bound}"), kind.get(f"max{bound}")
    if least is not None and most is not None:
        return f", {least} to {most}{unit}"
    if most is not None:
        return f", at most {most}{unit}"
    return "" if least is None else f", {least} or more{unit}"
