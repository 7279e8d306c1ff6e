"""Tables on the terminal: aligned columns, and a reason after or below each row."""

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Row = tuple[str | Text, ...]

_SHORTENED = {"endpoint", "why"}
_INDENT = 2
_MIN_WIDTH = 4


class ReasonTable:
    """A table whose last column is a reason: on the row if all rows fit the terminal's width, else below the row."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self._columns = columns
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        heading = [Text(column, "bold") for column in self._columns]
        rows = [heading, *([_text(cell) for cell in row] for row in self._rows)]
        widths = [max(len(row[place]) for row in rows if place < len(row)) for place in range(len(heading))]
        has_room = _width(widths, 2) <= options.max_width
        gap = 2 if has_room or _width(widths[:-1], 2) <= options.max_width else 1
        if not has_room:
            _narrow(widths, options.max_width + widths[-1] + gap, gap)
        for row in rows:
            is_whole = len(row) == len(heading)
            first = row if has_room or not is_whole else row[:-1]
            yield _line(first, widths, " " * gap)
            if first is not row and row is not heading and row[-1]:
                yield Padding(row[-1], (0, 0, 0, _INDENT), expand=False)


def one_line_table(columns: Sequence[str], rows: Sequence[Row]) -> Table:
    """Makes a table with one line a row; if it is too wide, the longest cells are cut."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        # no_wrap on the column keeps its width; cells never wrap either way.
        table.add_column(Text(column, no_wrap=True), overflow="ellipsis", no_wrap=column not in _SHORTENED)
    for row in rows:
        table.add_row(*(Text(cell, no_wrap=True) if isinstance(cell, str) else cell for cell in row))
    return table


def _text(cell: str | Text) -> Text:
    return Text(cell) if isinstance(cell, str) else cell


def _width(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _narrow(widths: list[int], columns: int, gap: int) -> None:
    """Takes what is too wide from the widest columns before the reason."""
    while _width(widths, gap) > columns and (widest := max(widths[:-1])) > _MIN_WIDTH:
        widths[widths.index(widest)] -= 1


def _line(cells: Sequence[Text], widths: Sequence[int], gap: str) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    for cell, width in zip(cells, widths, strict=False):
        shown = cell.copy()
        shown.truncate(width, overflow="ellipsis")
        line.append(shown).append(" " * (width - len(shown)) + gap)
    line.rstrip()
    return line
