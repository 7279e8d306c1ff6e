"""Prints a run's results as tables."""

import os
from statistics import median
from typing import Any

from aims import MET, UNKNOWN
from rich import box
from rich.console import Console
from rich.table import Table

WIDTH = 120
_NUMBERS = ("answers/s", "CPU µs", "of echo", "of drained", "±", "busy", "waited", "limit", "p50 µs", "p99 µs", "lost")


def print_report(results: dict[str, Any]) -> None:
    """Prints every figure, as median over the rounds, and every note."""
    # A pipe and a log have no width.
    console = Console(width=None if os.isatty(1) else WIDTH, highlight=False)
    machine, settings = results["machine"], results["settings"]
    console.print(f"\n{machine['cores']} cores, Python {machine['python']}, {machine['system']}")
    console.print(f"load average {machine['load_average']['before']} before, {machine['load_average']['after']} after")
    console.print(", ".join(f"{name} {version}" for name, version in results["versions"].items()))
    console.print(f"{settings['rounds']} rounds of {settings['seconds']:g} s, sent in {settings['sender']}; medians")
    console.print(
        "of echo, of drained: beside the echoes, by CPU per answer, each round's pair; ±: its range over the rounds"
    )
    console.print("waited: for a core that somebody else had; limit: whether the server or the load could do no more")
    if noise := results["noise"]:
        waited = _number(noise["waited"], ".0%")
        console.print(f"noise: ± has the median {noise['median']:.0%}, at most {noise['most']:.0%}; waited: {waited}")
    for name in settings["workloads"]:
        if entries := [entry for entry in results["load"] if entry["workload"] == name]:
            console.print(_of_workload(name, entries))
    if results["memory"]:
        console.print(_memory(results["memory"]))
    if results["growth"]:
        console.print(_growth(results["growth"]))
    if results["latency"]:
        console.print(_latency(results["latency"]))
    if results["start_up"]:
        console.print(_start_up(results["start_up"]))
    console.print(_aims(results["aims"]))
    if unknown := [verdict["aim"] for verdict in results["aims"] if verdict["verdict"] == UNKNOWN]:
        console.print(f"{UNKNOWN}: {', '.join(unknown)}")
    for note in results["notes"]:
        console.print(f"note: {note}", markup=False)


def _of_workload(name: str, entries: list[dict[str, Any]]) -> Table:
    table = _table(f"{name}: {entries[0]['title']}", "server", *_NUMBERS)
    for entry in entries:
        middle, ratios = entry["median"], entry["ratio"]
        table.add_row(
            entry["server"],
            _number(middle["answers_per_second"], ",.0f"),
            _number(middle["cpu_us_per_answer"], ".2f"),
            *(_number(ratios[echo]["median"] if ratios[echo] else None, ".2f") for echo in ("echo", "socket echo")),
            _number(middle["spread"], ".0%"),
            _number(middle["busy"], ".0%"),
            _number(middle["waited"], ".0%"),
            middle["limit"],
            *(_number(middle["latency_us"][key], ",.0f") for key in ("p50", "p99")),
            str(middle["lost"]),
        )
    return table


def _memory(memory: list[dict[str, Any]]) -> Table:
    table = _table("dnsemu's resident memory in MB, before and after each burst of what never comes twice", "workload")
    rounds = max(len(entry["rounds"]) for entry in memory)
    for number in range(rounds):
        table.add_column(f"round {number + 1}", justify="right")
    for entry in memory:
        table.add_row(entry["workload"], *(f"{_mb(r['before'])} → {_mb(r['after'])}" for r in entry["rounds"]))
    return table


def _growth(growth: dict[str, Any]) -> Table:
    table = _table("dnsemu as it grows", "what", "answers/s", "CPU µs", "±", "busy", "lost", "ratio", "low … high")
    for pair in growth.values():
        for way in ("before", "after"):
            middle, found = pair[way], pair["ratio"]
            table.add_row(
                middle["what"],
                _number(middle["answers_per_second"], ",.0f"),
                _number(middle["cpu_us_per_answer"], ".2f"),
                _number(middle["spread"], ".0%"),
                _number(middle["busy"], ".0%"),
                str(middle["lost"]),
                _number(found["median"], ".2f") if way == "after" else "",
                f"{found['low']:.2f} … {found['high']:.2f}" if way == "after" else "",
            )
    return table


def _latency(latency: list[dict[str, Any]]) -> Table:
    title = "dnsemu's latency at half of the load that it carries"
    headers = ("asked/s", "answers/s", "p50 µs", "p99 µs", "p99 low … high", "most µs", "lost", "probes")
    table = _table(title, "health checks", *headers)
    for entry in latency:
        took_us, p99_us = entry["latency_us"], entry["p99_us"]
        table.add_row(
            f"{entry['checks']:,} every {entry['interval_s']:g} s" if entry["checks"] else "none",
            *(_number(entry[key], ",.0f") for key in ("asked_per_second", "answers_per_second")),
            *(_number(took_us[key], ",.0f") for key in ("p50", "p99")),
            f"{p99_us['low']:,.0f} … {p99_us['high']:,.0f}",
            _number(took_us["most"], ",.0f"),
            str(entry["lost"]),
            str(entry["probes"]),
        )
    return table


def _start_up(start_up: dict[str, Any]) -> Table:
    table = _table("dnsemu's start", "file", "s until ready", "resident MB", "bytes per record set")
    small, many = start_up["small"], start_up["many"]
    table.add_row("the workloads' own", _number(median(small["ready_s"]), ".2f"), _mb(small["resident_bytes"]), "")
    table.add_row(
        f"{start_up['record_sets']:,} record sets",
        _number(median(many["ready_s"]), ".2f"),
        _mb(many["resident_bytes"]),
        _number(start_up["bytes_per_record_set"], ",.0f"),
    )
    return table


def _aims(aims: list[dict[str, Any]]) -> Table:
    table = _table("aims", "ratio", "aim", "found", "low … high", "verdict")
    for verdict in aims:
        if verdict["verdict"] == UNKNOWN:
            continue
        found, said = verdict["ratio"], verdict["verdict"]
        table.add_row(
            verdict["aim"],
            f"≥ {verdict['at_least']:g}",
            _number(found["median"], ".2f"),
            f"{found['low']:.2f} … {found['high']:.2f}",
            said if verdict["is_clear"] else f"{said}, not in every round",
            style="green" if said == MET else "red",
        )
    return table


def _table(title: str, first: str, *rest: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, collapse_padding=True)
    table.add_column(first, min_width=15)
    for header in rest:
        table.add_column(header, justify="right")
    return table


def _mb(size: float | None) -> str:
    return _number(None if size is None else size / 1e6, ".1f")


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
