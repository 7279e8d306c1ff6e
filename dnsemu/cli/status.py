"""`dnsemu status` as people read it."""

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

WATCH_EVERY_S = 1.0
UNBOUNDED_COLUMNS = 400
"""Where there is no terminal nothing needs to be folded into it."""

_COLOURS = {"healthy": "green", "unhealthy": "red"}


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
    with Live(picture(read()), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_EVERY_S)
            live.update(picture(read()), refresh=True)


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    return console


def picture(status: dict[str, Any]) -> RenderableType:
    """The whole of it: what listens, health checks, who serves what, and what is wrong."""
    parts: list[RenderableType] = [
        Text(f"dnsemu {status['version']}  dns {', '.join(status['dns'])}  http {status['http']}  {status['time']}")
    ]
    for fault in status["faults"]:
        parts.append(Text(f"not served: {fault}", style="red"))
    for part, failure in status["failures"].items():
        parts.append(Text(f"stopped: {part}: {failure}", style="red"))
    if status["health_checks"]:
        parts.append(_checks(status["health_checks"]))
    if status["serving"]:
        parts.append(_serving(status["serving"]))
    zones = ", ".join(f"{zone['name']} ({zone['record_sets']})" for zone in status["hosted_zones"]) or "none"
    parts.append(Text(f"hosted zones (record sets): {zones}"))
    return Group(*parts)


def _checks(checks: list[dict[str, Any]]) -> Table:
    table = _table("health check", "type", "endpoint", "status", "since", "why")
    for check in checks:
        table.add_row(
            check["id"],
            check["type"],
            check["endpoint"] or "",
            Text(check["status"] + (" (forced)" if check["forced"] else ""), style=_COLOURS[check["status"]]),
            check["since"][11:19],
            check["summary"],
        )
    return table


def _serving(groups: list[dict[str, Any]]) -> Table:
    table = _table("name", "type", "policy", "answers", "why")
    for group in groups:
        shares = "  ".join(f"{share['set_identifier'] or '-'} {share['percent']:.4g} %" for share in group["shares"])
        elsewhere = " (elsewhere others)" if group["reads_client"] else ""
        table.add_row(group["name"], group["type"], group["policy"], (shares or "nothing") + elsewhere, group["why"])
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
