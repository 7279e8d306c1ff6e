"""Fills the tables of docs/reference.md from the shapes that check files: types, bounds, defaults, descriptions.

A table stands between `<!-- fields: RecordSetShape -->`, with the name of a shape, and `<!-- end -->`. `make reference`
writes them; the rest of the page is written by hand.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from dnsemu.config.file.fields import FieldWords, describe, mappings
from dnsemu.config.shapes.about import Notation
from dnsemu.config.shapes.base import Shape

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference.md"

_TABLE = re.compile(r"(?<=<!-- fields: )(?P<shape>\w+)(?P<end> -->\n).*?(?=<!-- end -->)", re.DOTALL)
_HEADING = re.compile(r"^#+ (?P<heading>\w+)$", re.MULTILINE)
_HEAD = "| field | type | default | meaning | rule |\n|---|---|---|---|---|\n"


def shapes() -> dict[str, type[Shape]]:
    """Returns the shapes of all mappings that a file may have, by name."""
    return {shape.__name__: shape for shape in mappings().values()}


def tables(page: str) -> list[tuple[str, str]]:
    """Returns the shapes that have a table on the page, each with the heading above it."""
    headings = [(match.start(), match["heading"]) for match in _HEADING.finditer(page)]
    return [(match["shape"], max(h for h in headings if h[0] < match.start())[1]) for match in _TABLE.finditer(page)]


def filled(page: str) -> str:
    """Returns the page with all tables as the shapes are now."""
    known = shapes()
    wording = _Markdown(dict(tables(page)))
    return _TABLE.sub(lambda match: match["shape"] + match["end"] + _table(known[match["shape"]], wording), page)


class _Markdown:
    """Words with links on the page; `headings` are those of the tables, by shape."""

    def __init__(self, headings: Mapping[str, str]) -> None:
        self._headings = headings

    def word(self, text: str) -> str:
        return "`" + text.replace("|", r"\|") + "`"

    def notation(self, notation: Notation) -> str:
        return f"[{notation.value}](#notations)"

    def mapping(self, shape: str) -> str:
        return f"[{self._headings[shape]}](#{self._headings[shape]})"


def _table(shape: type[Shape], wording: _Markdown) -> str:
    dropped = ", ".join(f"`{name}`" for name in sorted(shape.OUTPUT_FIELDS))
    ignored = f"\nIgnored, as only the API's output has them: {dropped}.\n" if dropped else ""
    return f"\n{_HEAD}{''.join(map(_row, describe(shape, wording)))}{ignored}\n"


def _row(field: FieldWords) -> str:
    default = "**required**" if field.is_required else "" if field.default is None else f"`{field.default}`"
    return f"| `{field.name}` | {field.type} | {default} | {field.meaning} | {field.rule} |\n"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
