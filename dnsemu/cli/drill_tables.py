"""Prints a drill's report for people: its course in order of time, the figures of each population, the verdicts."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dnsemu.cli.options import count
from dnsemu.cli.status import UNBOUNDED_COLUMNS
from dnsemu.config.text.durations import duration_text
from dnsemu.drill.report import miss_text

MAX_LINES = 60

_COLOURS = {"event": "bold", "unhealthy": "red", "healthy": "green", "answers": "cyan"}


def print_drill(report: dict[str, Any]) -> None:
    """Prints one drill."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    console.print(
        Text(f"{report['drill']}     {duration_text(report['duration_s'])}, seed {report['seed']}", style="bold")
    )
    console.print(_course(report))
    console.print(_figures(report))
    for expectation in report["expectations"]:
        holds = expectation["holds"]
        console.print(Text(f"{'passed' if holds else 'FAILED'}  {expectation['expect']}", "green" if holds else "red"))
        for miss in expectation["misses"]:
            console.print(Text(f"        {expectation['place']}: {miss_text(miss)}"))
            for line in miss["explained"]:
                console.print(Text(f"          {line}", style="dim"))
    failed = sum(not expectation["holds"] for expectation in report["expectations"])
    total = count(len(report["expectations"]), "expectation")
    console.print(
        Text(f"{total}: {f'{failed} failed' if failed else 'all passed'}", style="red" if failed else "green")
    )


def _course(report: dict[str, Any]) -> Table:
    """The table of everything that happened, in order of time."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), show_header=False)
    lines = sorted(_happenings(report), key=lambda line: line[0])
    for at_s, kind, text in lines[:MAX_LINES]:
        table.add_row(_time(at_s), Text(text, style=_COLOURS[kind]))
    if len(lines) > MAX_LINES:
        table.add_row("…", f"{len(lines) - MAX_LINES} more with --json -")
    return table


def _happenings(report: dict[str, Any]) -> Iterator[tuple[float, str, str]]:
    for event in report["timeline"]:
        yield event["at_s"], "event", event["event"]
    for change in report["statuses"]:
        status = change["status"]
        yield change["at_s"], status, f"{change['health_check']} {status}: {change['cause']}"
    for population in report["populations"]:
        for move in population["moves"]:
            text = f"{population['name']}: {population['asks']}  {_division(move['from'])} → {_division(move['to'])}"
            yield move["at_s"], "answers", text


def _division(shares: dict[str, float]) -> str:
    shown = list(shares.items())[:2]
    more = f" and {len(shares) - 2} more" if len(shares) > 2 else ""
    return ", ".join(f"{address} {share * 100:.4g} %" for address, share in shown) + more


def _figures(report: dict[str, Any]) -> Table:
    """The table of recovery times and failed requests."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="dim")
    for heading in ("", "after", "detection", "DNS", "tail", "recovery", "failed requests", "error minutes"):
        table.add_column(heading, justify="left" if heading in ("", "after") else "right")
    rows = [(f"{p['name']} ({count(p['clients'], 'client')})", p) for p in report["populations"]]
    for name, row in [*rows, ("all", report["all"])]:
        totals = (f"{row['failed_requests']:,.6g} of {row['requests']:,}", f"{row['error_minutes']:,.4g}")
        recoveries = row["recoveries"] or [None]
        for position, recovery in enumerate(recoveries):
            first = position == 0
            table.add_row(name if first else "", *_times(recovery), *(totals if first else ("", "")))
    return table


def _times(recovery: dict[str, Any] | None) -> tuple[str, ...]:
    if recovery is None:
        return ("", "", "", "", "")
    times = [recovery[key] for key in ("detection_s", "dns_s", "tail_s")]
    ended = recovery["recovery_s"]
    texts = ("–" if time is None else _time(time) for time in times)
    return (recovery["after"], *texts, "not recovered" if ended is None else _time(ended))


def _time(seconds: float) -> str:
    """A time to a tenth of a second."""
    return duration_text(round(seconds, 1))


# --- an outage without a drill file ---


def print_outage(report: dict[str, Any]) -> None:
    """Prints who gets what before, during and after an outage, and the seconds until each population moves."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    down, seeds = ", ".join(report["down"]), count(report["seeds"], "seed")
    console.print(Text(f"{down} down for {duration_text(report['for_s'])}     {seeds}", style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="dim")
    for heading in ("", "clients", "before", "during", "after", "moves after", ""):
        table.add_column(heading)
    kept = 0
    for name in report["names"]:
        shown = [each for each in name["populations"] if each["is_hit"] or each["before"] != each["during"]]
        kept += not shown
        for position, each in enumerate(shown):
            table.add_row("" if position else f"{name['name']} {name['type']}", *_outage_row(each))
    console.print(table)
    if kept:
        console.print(f"{count(kept, 'name')} {'is' if kept == 1 else 'are'} not hit")


def _outage_row(each: dict[str, Any]) -> tuple[str, ...]:
    clients, spread = each["clients"], each["moves_s"]
    who = ", ".join(clients[:3]) + (f" and {len(clients) - 3} more" if len(clients) > 3 else "")
    if not each["is_hit"]:
        moves = "not hit"
    elif spread is None:
        moves = "never"
    elif spread["min"] == spread["max"]:
        moves = _time(spread["min"])
    else:
        moves = f"{_time(spread['min'])} – {_time(spread['median'])} – {_time(spread['max'])}"
    notes = {
        "fails open": each["fails_open"],
        "weight 0 wakes up": each["wakes_zero_weight"],
        "no answer": each["black_hole"],
        each["never_moves"] or "": each["never_moves"],
    }
    note = "; ".join(text for text, is_so in notes.items() if is_so)
    return (
        who,
        _division(each["before"]),
        f"→ {_division(each['during'])}",
        f"→ {_division(each['after'])}",
        moves,
        note,
    )
