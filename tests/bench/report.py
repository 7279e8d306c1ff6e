"""A run's results as tables for people."""

import os
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from workloads import WORKLOADS

WIDTH = 120
_NUMBERS = ("answers/s", "of echo", "by CPU", "of socket echo", "CPU µs/answer", "busy", "latency µs", "lost")


def print_report(results: dict[str, Any]) -> None:
    """Print every figure and every note; medians over the rounds."""
    # A pipe or a log has no width of its own.
    console = Console(width=None if os.isatty(1) else WIDTH, highlight=False)
    machine = results["machine"]
    settings = results["settings"]
    console.print(f"\n{machine['cores']} cores, Python {machine['python']}, {machine['system']}")
    console.print(f"{settings['rounds']} rounds of {settings['seconds']:g} s; medians; servers take turns")
    for name in settings["workloads"]:
        console.print(_of_workload(name, [entry for entry in results["load"] if entry["workload"] == name]))
    console.print(_memory(results["memory"]))
    console.print(_start_up(results["start_up"]))
    for note in results["notes"]:
        console.print(f"note: {note}", markup=False)


def _of_workload(name: str, entries: list[dict[str, Any]]) -> Table:
    table = _table(f"{name}: {WORKLOADS[name].title}", "server", *_NUMBERS)
    for entry in entries:
        middle = entry["median"]
        ratios = [_number(entry["ratio"].get(echo), ".2f") for echo in ("echo", "echo by CPU", "socket echo")]
        table.add_row(
            entry["server"],
            _number(middle["queries_per_second"], ",.0f"),
            *ratios,
            _number(middle["cpu_us_per_query"], ".1f"),
            _number(middle["busy"], ".0%"),
            _number(middle["latency_us"], ",.0f"),
            str(sum(burst["lost"] for burst in entry["rounds"])),
        )
    return table


def _memory(memory: list[dict[str, Any]]) -> Table:
    table = _table("resident memory, MB", "server", "at start", "after load")
    for entry in memory:
        table.add_row(entry["server"], _mb(entry["at_start_octets"]), _mb(entry["after_load_octets"]))
    return table


def _start_up(start_up: dict[str, Any]) -> Table:
    table = _table("dnsemu's start", "file", "s until ready", "resident MB", "octets per record set")
    small, many = start_up["small"], start_up["many"]
    table.add_row("the workloads' own", _number(median(small["ready_s"]), ".2f"), _mb(small["resident_octets"]), "")
    table.add_row(
        f"{start_up['record_sets']:,} record sets",
        _number(median(many["ready_s"]), ".2f"),
        _mb(many["resident_octets"]),
        _number(start_up["octets_per_record_set"], ",.0f"),
    )
    return table


def _table(title: str, first: str, *rest: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(first, min_width=20)
    for header in rest:
        table.add_column(header, justify="right")
    return table


def _mb(octets: int | None) -> str:
    return _number(None if octets is None else octets / 1e6, ".1f")


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
