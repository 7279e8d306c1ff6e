"""Prints the report of `dnsemu what-if` for people, and shows progress while it is computed."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from dnsemu.cli.options import count
from dnsemu.cli.status import UNBOUNDED_COLUMNS
from dnsemu.explain.text import shortened
from dnsemu.what_if.work import Work

PATIENCE_S = 0.5
"""Work that ends within this time shows no progress."""

REDRAW_INTERVAL_S = 0.1
MAX_ROWS = 60
MAX_VALUES = 2
MAX_WARNINGS = 10

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def run_with_bar(work: Work[dict[str, Any]]) -> dict[str, Any]:
    """Run the work to its end and return its result; show a bar on standard error if it takes long."""
    columns = (TextColumn("deciding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task("deciding", total=None)
    redraw_at = time.monotonic() + PATIENCE_S
    is_shown = False
    try:
        while True:
            progress = next(work)
            now = time.monotonic()
            if now >= redraw_at:
                redraw_at = now + REDRAW_INTERVAL_S
                bar.start()
                is_shown = True
                bar.update(task, completed=progress.done, total=progress.total or None, refresh=True)
    except StopIteration as done:
        report: dict[str, Any] = done.value
        return report
    finally:
        if is_shown:  # a bar that never started would print an empty line
            bar.stop()


def spinner() -> AbstractContextManager[object]:
    """Shows a spinner on standard error while the server works."""
    return Console(stderr=True).status("deciding")


@dataclass(frozen=True, slots=True)
class Asked:
    """The question of one command: no names are all names; `down` and `places` show before → after."""

    names: Sequence[str]
    type: str | None
    fail: int
    down: Sequence[str]
    places: Sequence[str]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the control call."""
        pairs = [("name", name) for name in self.names]
        pairs += [("down", pattern) for pattern in self.down] or [("fail", str(self.fail))]
        pairs += [("place", place) for place in self.places]
        return pairs + ([("type", self.type)] if self.type is not None else [])


def print_report(report: dict[str, Any], rules: Sequence[str], asked: Asked) -> None:
    """Print a report: findings, then the answers of each population, then the rules that are kept or broken.

    If all names were asked about, those that keep their answers and have no findings are only counted.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    kept = 0
    for name in report["names"]:
        found = [f for f in report["findings"] if (f["name"], f["type"]) == (name["name"], name["type"])]
        if not asked.names and not found and not any(scenario["gets"] for scenario in name["scenarios"][1:]):
            kept += 1
            continue
        console.print(Text(_summary(name), style="bold"))
        _print_unless_empty(console, _findings(found))
        _print_unless_empty(console, _table_of(name, asked))
    if kept:
        console.print(f"{count(kept, 'name')} {'keeps its' if kept == 1 else 'keep their'} answers whatever fails")
    for warning in report["warnings"][:MAX_WARNINGS]:
        console.print(Text(f"warning: {warning['text']}", style=_COLOURS["warning"]))
    if (left := len(report["warnings"]) - MAX_WARNINGS) > 0:
        console.print(f"… {count(left, 'warning')} more with --json")
    for rule in rules:
        is_broken = rule in report["broken"]
        console.print(Text(f"{rule}: {'broken' if is_broken else 'kept'}", style="red" if is_broken else "green"))


def _print_unless_empty(console: Console, table: Table) -> None:
    if table.row_count:
        console.print(table)


def _summary(name: dict[str, Any]) -> str:
    kinds = [named["kind"] for endpoint in name["endpoints"] for named in (endpoint, *endpoint["also"])]
    endpoints = ", ".join(count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds))
    clients = count(len(name["populations"]), "population")
    scenarios = count(len(name["scenarios"]), "scenario")
    title = f"{name['name']} {name['type']}"
    return f"{title}     {endpoints or 'no health check, so nothing fails'} · {scenarios} · {clients}"


def _findings(findings: list[dict[str, Any]]) -> Table:
    """The table of findings, the most severe first."""
    table = _table(("", "", ""))
    order = list(_COLOURS)
    for finding in sorted(findings, key=lambda f: order.index(f["severity"])):
        severity = finding["severity"]
        table.add_row(Text(severity, style=_COLOURS[severity]), finding["id"], finding["text"])
    return table


def _answers(name: dict[str, Any]) -> Table:
    """The table of answers: of each population with everything healthy, then wherever a failure changes them."""
    rows = (
        ("" if position else scenario["when"], row["population"], _gets(row))
        for scenario in name["scenarios"]
        for position, row in enumerate(scenario["gets"])
    )
    return _bounded(rows, ("", "", ""))


def _table_of(name: dict[str, Any], asked: Asked) -> Table:
    is_before_after = (asked.down or asked.places) and len(name["scenarios"]) > 1
    return _moves(name, asked) if is_before_after else _answers(name)


def _moves(name: dict[str, Any], asked: Asked) -> Table:
    """The table of answers before and after: of all populations at places, else of those whose answers change."""
    everything_up, *failures = name["scenarios"]
    before = {row["population"]: _gets(row) for row in everything_up["gets"]}
    return _bounded(_move_rows(before, failures, shows_all=bool(asked.places)), ("", "clients", "before", "after"))


def _move_rows(
    before: dict[str, str], failures: Sequence[dict[str, Any]], *, shows_all: bool
) -> Iterator[tuple[str, ...]]:
    for scenario in failures:
        after = {row["population"]: _gets(row) for row in scenario["gets"]}
        shown = [who for who in before if shows_all or who in after]
        rows = [(who, before[who], f"→ {after.get(who, 'the same')}") for who in shown]
        if not shown:
            rows.append(("everyone", "", "→ the same"))
        elif len(shown) < len(before):
            rows.append(("everyone else", "", "→ the same"))
        for position, row in enumerate(rows):
            yield ("" if position else scenario["when"], *row)


def _bounded(rows: Iterable[tuple[str, ...]], headings: Sequence[str]) -> Table:
    """The table of the first rows; with headings if one is not empty."""
    table = _table(headings)
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            table.add_row("…", *[""] * (len(headings) - 2), "more with --json")
            break
        table.add_row(*row)
    return table


def _gets(row: dict[str, Any]) -> str:
    parts = list(_shown_answers(row["answers"]))
    parts += [f"nothing {_percent(nothing)} ({nothing['why']})" for nothing in row["nothing"]]
    fails_open = row["fails_open"]
    if fails_open["percent"]:
        parts.append("(fail open)" if fails_open["percent"] == 100 else f"({_percent(fails_open)} fail open)")
    return "  ".join(parts)


def _shown_answers(answers: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The way to each answer and its share; a resource's addresses together, by the resource's name."""
    ways: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for number, answer in enumerate(answers):
        ways.setdefault((_path(answer), answer["resource"] or f"{number}"), []).append(answer)
    for (path, _), alike in ways.items():
        first = alike[0]
        if first["resource"]:
            addresses = "" if len(alike) == 1 else f" ({len(alike)} addresses)"
            end, shares = f"{first['resource']}{addresses}", dict.fromkeys(map(_percent, alike))
        else:
            end, shares = shortened(first["values"], MAX_VALUES), {_percent(first): None}
        yield f"{f'{path} → {end}' if path else end} {' and '.join(shares)}"


def _path(answer: dict[str, Any]) -> str:
    """The set identifiers that lead to an answer; `…` stands for different beginnings."""
    return " / ".join(answer["path"] if answer["is_whole_path"] else ["…", *answer["path"]])


def _percent(share: dict[str, Any]) -> str:
    return f"{share['percent']:.4g} %"


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), show_header=any(headings), header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
