"""Prints the API's figures as tables."""

import os
from collections.abc import Iterable
from typing import Any

from report import WIDTH
from rich import box
from rich.console import Console
from rich.table import Table

_SPREAD = ("p50", "p99", "most")


def print_report(results: dict[str, Any]) -> None:
    """Prints every figure of the measured parts, and every note."""
    # A pipe and a log have no width.
    console = Console(width=None if os.isatty(1) else WIDTH, highlight=False)
    machine = results["machine"]
    console.print(f"\n{machine['cores']} cores, Python {machine['python']}, {machine['system']}")
    for part, show in _PARTS.items():
        if part in results:
            console.print(show(results[part]))
    for note in results["notes"]:
        console.print(f"note: {note}", markup=False)


def _changes(figures: dict[str, Any]) -> Table:
    flush_ms = figures["flush_ms"]["p50"]
    table = _table(f"changes of one record set (a flush of this disk takes {flush_ms:.2f} ms)", ("store", "clients"))
    for header in ("changes/s", *(f"ms {at}" for at in _SPREAD), "busy"):
        table.add_column(header, justify="right")
    for entry in figures["measured"]:
        table.add_row(
            entry["store"],
            entry["client"],
            _number(entry["per_second"], ",.0f"),
            *_spread(entry["took_ms"], ".2f"),
            _number(entry["busy"], ".0%"),
        )
    return table


def _lists(figures: dict[str, Any]) -> Table:
    table = _table("a list of a whole zone", (), "record sets", "pages", "s", "kB/page")
    table.add_row(
        f"{figures['record_sets']:,}",
        str(figures["pages"]),
        _number(figures["took_s"], ".2f"),
        _number(figures["bytes"] / figures["pages"], ",.0f", 1e3),
    )
    return table


def _large_zones(entries: list[dict[str, Any]]) -> Table:
    table = _table("one change after another in a large zone on SQLite, and DNS before and meanwhile", ())
    for header in (
        "record sets",
        "changes",
        *(f"ms {at}" for at in _SPREAD),
        "DNS µs p50",
        "p99",
        "then p50",
        "p99",
        "most",
    ):
        table.add_column(header, justify="right")
    for entry in entries:
        still, meanwhile = entry["dns_us"]["still"], entry["dns_us"]["meanwhile"]
        table.add_row(
            f"{entry['record_sets']:,}",
            f"{entry['took_ms']['calls']:,}",
            *_spread(entry["took_ms"], ".2f"),
            *(_number(still[at], ",.0f") for at in ("p50", "p99")),
            *_spread(meanwhile, ",.0f"),
        )
    return table


def _start_up(figures: dict[str, Any]) -> Table:
    title = f"starts with a full SQLite store ({figures['empty']['ready_s']:.2f} s with an empty one)"
    table = _table(title, (), "zones × record sets", "s until ready", "s to fill it", "store MB")
    for header in ("bytes/record set", "without store"):
        table.add_column(header, justify="right")
    for entry in figures["measured"]:
        data = entry["bytes_per_record_set"]
        table.add_row(
            f"{entry['zones']:,} × {entry['record_sets_each']:,}",
            _number(entry["ready_s"], ".2f"),
            _number(entry["fill_s"], ".1f"),
            _number(entry["store_bytes"], ".1f", 1e6),
            _number(data["restarted"], ",.0f"),
            _number(data["filled_in_memory"], ",.0f"),
        )
    return table


def _health_checks(entries: list[dict[str, Any]]) -> Table:
    table = _table("health checks created one after another on SQLite, ms each", (), "checks")
    for header in ("first p50", "p99", "most", "last p50", "p99", "most"):
        table.add_column(header, justify="right")
    for entry in entries:
        table.add_row(f"{entry['checks']:,}", *_spread(entry["first_ms"], ".2f"), *_spread(entry["last_ms"], ".2f"))
    return table


_PARTS = {
    "changes": _changes,
    "lists": _lists,
    "large_zones": _large_zones,
    "start_up": _start_up,
    "health_checks": _health_checks,
}


def _table(title: str, texts: Iterable[str], *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for header in texts:
        table.add_column(header)
    for header in numbers:
        table.add_column(header, justify="right")
    return table


def _spread(figures: dict[str, float | None], form: str) -> list[str]:
    return [_number(figures[at], form) for at in _SPREAD]


def _number(value: float | None, form: str, unit: float = 1) -> str:
    return "–" if value is None else format(value / unit if unit != 1 else value, form)
