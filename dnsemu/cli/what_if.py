"""`dnsemu what-if` as people read it, and the work it shows the progress of."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from dnsemu.cli.status import UNBOUNDED_COLUMNS
from dnsemu.what_if.work import Work

PATIENCE_S = 0.5
"""Work that is done by then shows no progress."""

REDRAW_S = 0.1
MAX_ROWS = 60
MAX_VALUES = 2

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def finished(work: Work[dict[str, Any]]) -> dict[str, Any]:
    """Do the work to its end, with a bar on standard error if it takes a while."""
    columns = (TextColumn("deciding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task("deciding", total=None)
    shows_at = time.monotonic() + PATIENCE_S
    try:
        while True:
            progress = next(work)
            now = time.monotonic()
            if now >= shows_at:
                shows_at = now + REDRAW_S
                bar.start()
                bar.update(task, completed=progress.done, total=progress.total or None, refresh=True)
    except StopIteration as done:
        report: dict[str, Any] = done.value
        return report
    finally:
        bar.stop()


def waiting() -> AbstractContextManager[object]:
    """A sign of life on standard error while the server works."""
    return Console(stderr=True).status("deciding")


def show(report: dict[str, Any], rules: Sequence[str]) -> None:
    """Print a report: findings first, then what each population gets, then which rules are kept."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    for name in report["names"]:
        found = [f for f in report["findings"] if (f["name"], f["type"]) == (name["name"], name["type"])]
        console.print(Text(_summary(name), style="bold"))
        _print_all(console, _findings(found))
        _print_all(console, _answers(name))
    for rule in rules:
        is_broken = rule in report["broken"]
        console.print(Text(f"{rule}: {'broken' if is_broken else 'kept'}", style="red" if is_broken else "green"))


def _print_all(console: Console, table: Table) -> None:
    if table.row_count:
        console.print(table)


def _summary(name: dict[str, Any]) -> str:
    kinds = [endpoint["kind"] for endpoint in name["endpoints"]]
    endpoints = ", ".join(_count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds))
    clients = _count(len(name["populations"]), "population")
    scenarios = _count(len(name["scenarios"]), "scenario")
    title = f"{name['name']} {name['type']}"
    return f"{title}     {endpoints or 'no health check, so nothing fails'} · {scenarios} · {clients}"


def _findings(findings: list[dict[str, Any]]) -> Table:
    """The findings of a kind together, the worst kinds first."""
    table = _table("", "finding", "")
    order = list(_COLOURS)
    for finding in sorted(findings, key=lambda f: order.index(f["severity"])):
        severity = finding["severity"]
        table.add_row(Text(severity, style=_COLOURS[severity]), finding["id"], finding["text"])
    return table


def _answers(name: dict[str, Any]) -> Table:
    """What each population gets, and where a scenario makes a difference to whom."""
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
    parts = [f"{_called(answer)} {_percent(answer)}" for answer in row["answers"]]
    parts += [f"nothing {_percent(nothing)} ({nothing['why']})" for nothing in row["nothing"]]
    opened = row["fails_open"]
    if opened["percent"]:
        parts.append("(fail open)" if opened["percent"] == 100 else f"({_percent(opened)} fail open)")
    return "  ".join(parts)


def _called(answer: dict[str, Any]) -> str:
    values = answer["values"]
    more = len(values) - MAX_VALUES
    shown = " ".join(values[:MAX_VALUES]) + (f" and {more} more" if more > 0 else "")
    return f"{answer['set_identifier']} {shown}" if answer["set_identifier"] else shown


def _percent(share: dict[str, Any]) -> str:
    return f"{share['percent']:.4g} %"


def _count(number: int, noun: str) -> str:
    plural = f"{noun}s" if number != 1 else noun
    return f"{number} {plural}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 2), show_header=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
