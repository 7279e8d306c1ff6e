"""Prints the report of `dnsemu what-if` for people, and shows progress while it is computed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from dnsemu.cli.options import count
from dnsemu.cli.status import UNBOUNDED_COLUMNS
from dnsemu.what_if.work import Work

PATIENCE_S = 0.5
"""Work that ends within this time shows no progress."""

REDRAW_INTERVAL_S = 0.1
MAX_ROWS = 60
MAX_VALUES = 2

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def run_with_bar(work: Work[dict[str, Any]]) -> dict[str, Any]:
    """Run the work to its end and return its result; show a bar on standard error if it takes long."""
    columns = (TextColumn("deciding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task("deciding", total=None)
    redraw_at = time.monotonic() + PATIENCE_S
    try:
        while True:
            progress = next(work)
            now = time.monotonic()
            if now >= redraw_at:
                redraw_at = now + REDRAW_INTERVAL_S
                bar.start()
                bar.update(task, completed=progress.done, total=progress.total or None, refresh=True)
    except StopIteration as done:
        report: dict[str, Any] = done.value
        return report
    finally:
        bar.stop()


def spinner() -> AbstractContextManager[object]:
    """Shows a spinner on standard error while the server works."""
    return Console(stderr=True).status("deciding")


def print_report(report: dict[str, Any], rules: Sequence[str]) -> None:
    """Print a report: findings, then the answers of each population, then the rules that are kept or broken."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    for name in report["names"]:
        found = [f for f in report["findings"] if (f["name"], f["type"]) == (name["name"], name["type"])]
        console.print(Text(_summary(name), style="bold"))
        _print_unless_empty(console, _findings(found))
        _print_unless_empty(console, _answers(name))
    for rule in rules:
        is_broken = rule in report["broken"]
        console.print(Text(f"{rule}: {'broken' if is_broken else 'kept'}", style="red" if is_broken else "green"))


def _print_unless_empty(console: Console, table: Table) -> None:
    if table.row_count:
        console.print(table)


def _summary(name: dict[str, Any]) -> str:
    kinds = [endpoint["kind"] for endpoint in name["endpoints"]]
    endpoints = ", ".join(count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds))
    clients = count(len(name["populations"]), "population")
    scenarios = count(len(name["scenarios"]), "scenario")
    title = f"{name['name']} {name['type']}"
    return f"{title}     {endpoints or 'no health check, so nothing fails'} · {scenarios} · {clients}"


def _findings(findings: list[dict[str, Any]]) -> Table:
    """The table of findings, the most severe first."""
    table = _table("", "finding", "")
    order = list(_COLOURS)
    for finding in sorted(findings, key=lambda f: order.index(f["severity"])):
        severity = finding["severity"]
        table.add_row(Text(severity, style=_COLOURS[severity]), finding["id"], finding["text"])
    return table


def _answers(name: dict[str, Any]) -> Table:
    """The table of answers: of each population with everything healthy, then wherever a failure changes them."""
    table = _table("", "who", "gets")
    for number, (when, row) in enumerate(_rows(name)):
        if number == MAX_ROWS:
            table.add_row("…", "", "more with --json")
            break
        table.add_row(when, row["population"], _gets(row))
    return table


def _rows(name: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for scenario in name["scenarios"]:
        for position, row in enumerate(scenario["gets"]):
            yield ("" if position else scenario["when"]), row


def _gets(row: dict[str, Any]) -> str:
    parts = [f"{_values(answer)} {_percent(answer)}" for answer in row["answers"]]
    parts += [f"nothing {_percent(nothing)} ({nothing['why']})" for nothing in row["nothing"]]
    fails_open = row["fails_open"]
    if fails_open["percent"]:
        parts.append("(fail open)" if fails_open["percent"] == 100 else f"({_percent(fails_open)} fail open)")
    return "  ".join(parts)


def _values(answer: dict[str, Any]) -> str:
    values = answer["values"]
    more = len(values) - MAX_VALUES
    shown = " ".join(values[:MAX_VALUES]) + (f" and {more} more" if more > 0 else "")
    return f"{answer['set_identifier']} {shown}" if answer["set_identifier"] else shown


def _percent(share: dict[str, Any]) -> str:
    return f"{share['percent']:.4g} %"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 2), show_header=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
