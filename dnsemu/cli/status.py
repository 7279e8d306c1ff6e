"""`dnsemu status` as people read it."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

WATCH_EVERY_S = 1.0
UNBOUNDED_COLUMNS = 10_000
"""Where there is no terminal nothing needs to be shortened for it."""

_HEADINGS = 2
_SHORTENED = {"endpoint", "why"}
_COLOURS = {"healthy": "green", "unhealthy": "red"}

Row = tuple[str | Text, ...]


def show(status: dict[str, Any]) -> None:
    """Print it once."""
    _console().print(picture(status))


def watch_status(read: Callable[[], dict[str, Any]]) -> None:
    """Show it, and again every second, until interrupted; on a terminal in place, else one after the other."""
    console = _console()
    if not console.is_terminal:
        while True:
            console.print(picture(read()))
            time.sleep(WATCH_EVERY_S)
    with Live(picture(read(), console.height), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_EVERY_S)
            live.update(picture(read(), console.height), refresh=True)


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    return console


def picture(status: dict[str, Any], height: int | None = None) -> RenderableType:
    """The whole of it: what listens, what is wrong, health checks with the unhealthy first, and who serves what.

    Args:
        height: lines there are, so that each part is one line per row and leaves room for the others; None: any number.
    """
    one_line = height is not None
    lines = [
        _line(f"dnsemu {status['version']}  dns {', '.join(status['dns'])}  http {status['http']}  {status['time']}")
    ]
    lines += [_line(f"not served: {fault}", "red") for fault in status["faults"]]
    lines += [_line(f"stopped: {part}: {failure}", "red") for part, failure in status["failures"].items()]
    zones = ", ".join(f"{zone['name']} ({zone['record_sets']})" for zone in status["hosted_zones"]) or "none"
    lines.append(_line(f"hosted zones (record sets): {zones}"))
    for line in lines:
        line.no_wrap = one_line
    checks, groups = _checks(status["health_checks"]), _serving(status["serving"])
    if height is not None:
        checks, groups = _fitted(checks, groups, height - len(lines) - _HEADINGS)
    parts: list[RenderableType] = [*lines[:-1]]
    if checks:
        parts.append(_table(("health check", "type", "endpoint", "status", "since", "why"), checks))
    if groups:
        parts.append(_table(("name", "type", "policy", "answers", "why"), groups))
    return Group(*parts, lines[-1])


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, overflow="ellipsis")


def _checks(checks: list[dict[str, Any]]) -> list[Row]:
    return [
        (
            check["id"],
            check["type"],
            check["endpoint"] or "",
            Text(check["status"] + (" (forced)" if check["forced"] else ""), style=_COLOURS[check["status"]]),
            check["since"][11:19],
            check["summary"],
        )
        for check in sorted(checks, key=lambda check: (check["status"] == "healthy", check["id"]))
    ]


def _serving(groups: list[dict[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for group in sorted(groups, key=lambda group: (group["name"], group["type"])):
        shares = "  ".join(f"{share['set_identifier'] or '-'} {share['percent']:.4g} %" for share in group["shares"])
        by_client = " (by client)" if group["reads_client"] else ""
        rows.append((group["name"], group["type"], group["policy"], (shares or "nothing") + by_client, group["why"]))
    return rows


def _fitted(checks: list[Row], groups: list[Row], room: int) -> tuple[list[Row], list[Row]]:
    """As many rows of each as there is room for: half of it, and what the other leaves."""
    half = max(room, 2) // 2
    of_checks = max(half, room - len(groups))
    of_groups = max(half, room - len(checks))
    return _cut(checks, of_checks), _cut(groups, of_groups)


def _cut(rows: list[Row], room: int) -> list[Row]:
    if len(rows) <= room:
        return rows
    kept = rows[: max(room - 1, 0)]
    return [*kept, (f"… {len(rows) - len(kept)} more",)]


def _table(columns: Sequence[str], rows: Sequence[Row]) -> Table:
    """One line for each row; where it is too wide, what is longest is cut."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        # A column that may not wrap keeps its width; its cells never wrap either way.
        table.add_column(Text(column, no_wrap=True), overflow="ellipsis", no_wrap=column not in _SHORTENED)
    for row in rows:
        table.add_row(*(Text(cell, no_wrap=True) if isinstance(cell, str) else cell for cell in row))
    return table
