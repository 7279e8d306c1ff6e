"""Fills the tables of docs/reference.md from the shapes that check files: types, bounds, defaults, descriptions.

A table stands between `<!-- fields: RecordSetShape -->`, with the name of a shape, and `<!-- end -->`. `make reference`
writes them; the rest of the page is written by hand.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from dnsemu.config.file.schema import whole_file
from dnsemu.config.shapes.about import Notation
from dnsemu.config.shapes.base import Hint, Shape

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference.md"

_TABLE = re.compile(r"(?<=<!-- fields: )(?P<shape>\w+)(?P<end> -->\n).*?(?=<!-- end -->)", re.DOTALL)
_HEADING = re.compile(r"^#+ (?P<heading>\w+)$", re.MULTILINE)
_HEAD = "| field | type | default | meaning | rule |\n|---|---|---|---|---|\n"


def shapes() -> dict[str, type[Shape]]:
    """Returns the shapes of all mappings that a file may have, by name."""
    return dict(_shapes_in(whole_file()))


def _shapes_in(annotation: Any) -> Iterator[tuple[str, type[Shape]]]:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield annotation.__name__, annotation
        for field in annotation.model_fields.values():
            yield from _shapes_in(field.annotation)
    for argument in get_args(annotation):
        yield from _shapes_in(argument)


def tables(page: str) -> list[tuple[str, str]]:
    """Returns the shapes that have a table on the page, each with the heading above it."""
    headings = [(match.start(), match["heading"]) for match in _HEADING.finditer(page)]
    return [(match["shape"], max(h for h in headings if h[0] < match.start())[1]) for match in _TABLE.finditer(page)]


def filled(page: str) -> str:
    """Returns the page with all tables as the shapes are now."""
    known = shapes()
    headings = dict(tables(page))
    return _TABLE.sub(lambda match: match["shape"] + match["end"] + _table(known[match["shape"]], headings), page)


def _table(shape: type[Shape], headings: Mapping[str, str]) -> str:
    schema = shape.model_json_schema()
    schema = schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required = schema.get("required", ())
    rows = [
        _row(shape, name, field, "**required**" if name in required else _default(field), headings)
        for name, field in schema["properties"].items()
    ]
    dropped = ", ".join(f"`{name}`" for name in sorted(shape.OUTPUT_FIELDS))
    return _HEAD + "".join(rows) + (f"\nIgnored, as only the API's output has them: {dropped}.\n" if dropped else "")


def _row(shape: type[Shape], name: str, field: Mapping[str, Any], default: str, headings: Mapping[str, str]) -> str:
    metadata = shape.model_fields[name].metadata
    notation = next((item for item in metadata if isinstance(item, Notation)), None)
    rule = next((item.rule for item in metadata if isinstance(item, Hint)), field.get("$comment", ""))
    type = type_text(field, notation, headings)
    return f"| `{name}` | {type} | {default} | {field['description']} | {rule} |\n"


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    return "" if value is None else f"`{_flow(value)}`"


def _flow(value: Any) -> str:
    """Formats a default as YAML on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def type_text(field: Mapping[str, Any], notation: Notation | None, headings: Mapping[str, str]) -> str:
    """Formats the type of a field, with its bounds, from its JSON schema.

    Args:
        field: the JSON schema.
        notation: the notation of the texts in it, if it has one.
        headings: by shape, the heading that its table stands under.
    """
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    return " or ".join(_kind(kind, notation, headings) for kind in kinds)


def _kind(kind: Mapping[str, Any], notation: Notation | None, headings: Mapping[str, str]) -> str:
    if "$ref" in kind:
        heading = headings[kind["$ref"].rpartition("/")[2]]
        return f"mapping: [{heading}](#{heading})"
    if "enum" in kind:
        return "one of " + ", ".join(f"`{word}`" for word in kind["enum"])
    match kind["type"]:
        case "string":
            text = f"[{notation.value}](#notations)" if notation else "text"
            pattern = kind.get("pattern", "").replace("|", r"\|")
            return text + _range(kind, "Length", " characters") + (f", `{pattern}`" if pattern and not notation else "")
        case "integer" | "number" as number:
            return ("whole number" if number == "integer" else "number") + _range(kind, "imum", "")
        case "boolean":
            return "`true` or `false`"
        case "array":
            entry = (
                type_text(kind["items"], notation, headings).replace("mapping:", "mappings:").removeprefix("one of ")
            )
            return f"list of {entry}" + _range(kind, "Items", " entries")
        case "object":
            names = kind.get("propertyNames", {}).get("enum")
            value = type_text(kind["additionalProperties"], notation, headings)
            return f"mapping with `{names[0]}`: {value}" if names else f"mapping of names to {value}"
        case other:
            raise ValueError(f"docs/reference.md has no words for the type {other}")


def _range(kind: Mapping[str, Any], bound: str, unit: str) -> str:
    least, most = kind.get(f"min{bound}"), kind.get(f"max{bound}")
    if least is not None and most is not None:
        return f", {least} to {most}{unit}"
    if most is not None:
        return f", at most {most}{unit}"
    return "" if least is None else f", {least} or more{unit}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
