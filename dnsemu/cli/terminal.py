"""The terminal: its width, and lines printed with colour and wrapped by words."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from dnsemu.explain.lines import Line

_STYLES = {True: "green", False: "dim", None: ""}


def console() -> Console:
    """Standard output; colours only on a terminal."""
    return Console(highlight=False, soft_wrap=True)


def width() -> int | None:
    """The columns of the terminal; None where output goes elsewhere, and no line is too long."""
    out = console()
    return out.width if out.is_terminal else None


def print_lines(lines: Iterable[Line]) -> None:
    """Prints lines; branches that answer are green, branches that do not are dim."""
    out, columns = console(), width()
    for line in lines:
        for part in line.wrapped(columns):
            out.print(Text(part, style=_STYLES[line.is_taken]), soft_wrap=True)
