"""Draws the output of `dnsemu status` for people."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from dnsemu.cli.client import Declined, NoServer
from dnsemu.cli.tables import ReasonTable, Row, one_line_table
from dnsemu.explain.text import shortened

WATCH_INTERVAL_S = 1.0
UNBOUNDED_COLUMNS = 10_000
"""Width without a terminal, where nothing has to be shortened."""

MAX_FORCED_RESOURCES = 5
MAX_TARGETS = 4
"""Bounds on the resources, and the targets of each, that are listed as forced."""

_HEADINGS = 2
_COLOURS = {"healthy": "green", "unhealthy": "red"}


def show(drawn: RenderableType) -> None:
    """Print a drawing once."""
    _console().print(drawn)


def watch(draw: Callable[[int | None], RenderableType], *, pause_s: float = WATCH_INTERVAL_S) -> None:
    """Draw every second until interrupted: in place on a terminal, else one drawing after the other.

    While the server does not answer, the last drawing stays, with the reason below it.

    Args:
        draw: makes the drawing; its argument is the terminal's height in lines, None without a terminal.
        pause_s: real seconds between two drawings.
    Raises:
        NoServer, Declined: the first drawing failed.
    """
    console = _console()
    if not console.is_terminal:
        last = draw(None)
        while True:
            console.print(last)
            time.sleep(pause_s)
            last = _drawn_again(draw, None, Text())
    last = draw(console.height)
    with Live(last, console=console, auto_refresh=False) as live:
        while True:
            time.sleep(pause_s)
            now = _drawn_again(draw, console.height, last)
            live.update(now, refresh=True)
            last = now.renderables[0] if isinstance(now, _Stale) else now


class _Stale(Group):
    """The last drawing, and the reason why there is no newer one."""


def _drawn_again(draw: Callable[[int | None], RenderableType], height: int | None, last: RenderableType) -> Any:
    try:
        return draw(height)
    except (NoServer, Declined) as absent:
        reason = _line(f"{absent}; trying again", "red")
        return _Stale(last, reason) if height is not None else reason


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNBOUNDED_COLUMNS
    return console


def drawn_status(status: dict[str, Any], height: int | None = None) -> RenderableType:
    """Draw the whole status: addresses, errors, health checks (unhealthy ones first), and the answers of each name.

    Args:
        height: lines available; then every row is one line, and the tables share the space. None: no limit.
    """
    one_line = height is not None
    where = f"dns {', '.join(status['dns'])}  http {status['http']}"
    lines = [_line(f"dnsemu {status['version']}  {where}  {status['time']}{_speed(status['clock'])}")]
    lines += [_line(f"not served: {error}", "red") for error in status["faults"]]
    lines += [_line(f"stopped: {part}: {failure}", "red") for part, failure in status["failures"].items()]
    lines += [_line(text) for text in _workers(status.get("workers", []))]
    lines += [_line(text) for text in _probing(status.get("probes", {}))]
    lines += [_line(text, "red") for text in _forced_targets(status.get("forced_targets", []))]
    zones = ", ".join(f"{zone['name']} ({zone['record_sets']})" for zone in status["hosted_zones"]) or "none"
    lines.append(_line(f"hosted zones (record sets): {zones}"))
    for line in lines:
        line.no_wrap = one_line
    checks, groups = _checks(status["health_checks"]), _serving(status["serving"])
    if height is not None:
        checks, groups = _fitted(checks, groups, height - len(lines) - _HEADINGS)
    parts: list[RenderableType] = [*lines[:-1]]
    if checks:
        parts.append(_table(height, ("health check", "type", "endpoint", "status", "since", "why"), checks))
    if groups:
        parts.append(_table(height, ("name", "type", "policy", "answers", "why"), groups))
    return Group(*parts, lines[-1])


def _workers(workers: list[dict[str, Any]]) -> list[str]:
    """The line about workers; none for a server that answers in one process."""
    if len(workers) < 2:
        return []
    pids = ", ".join(str(worker["pid"] or "-") for worker in workers)
    answering = sum(worker["is_answering"] for worker in workers)
    restarts = sum(worker["restarts"] for worker in workers)
    return [f"workers: {answering} of {len(workers)} answer (pids {pids}), {restarts} replaced"]


def _forced_targets(targets: list[dict[str, Any]]) -> list[str]:
    """A line for each resource with targets that are forced although they have no health check."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for target in targets:
        alike.setdefault((target["resource"], target["forced"], target["forced_by"]), []).append(target["target"])
    lines = [
        f"forced by {by}: {resource} {status} at {shortened(places, MAX_TARGETS)} (no health check)"
        for (resource, status, by), places in alike.items()
    ]
    left = len(lines) - MAX_FORCED_RESOURCES
    return lines if left <= 0 else [*lines[:MAX_FORCED_RESOURCES], f"… {left} more resources are forced"]


def _probing(probes: dict[str, Any]) -> list[str]:
    """The line about probes that users may not expect: none at all, or some that leave their networks."""
    if probes.get("mode", "on") != "on":
        return [f"probes: {probes['mode']}"]
    return [f"probes: {probes['warning']}"] if probes.get("warning") else []


def drawn_check(check: dict[str, Any], height: int | None = None) -> RenderableType:
    """Draw one health check: its status, each checker's last probe, and its events, the newest last.

    Args:
        height: lines available; the oldest events are left out first. None: no limit.
    """
    by = f" by {check['forced_by']}" if check["forced_by"] else ""
    until = f" until {check['forced_until'][11:19]}" if check["forced_until"] else ""
    forced = f"  forced {check['forced']}{by}{until}; observed: {check['observed']}" if check["forced"] else ""
    name = f"{check['name']}  " if check.get("name") else ""
    head = Text.assemble(
        f"{name}{check['id']}  {check['type']}  {check['endpoint'] or ''}  ",
        (check["status"], _COLOURS[check["status"]]),
        f" since {check['since'][11:19]}{forced}",
    )
    parts: list[RenderableType] = [head, _line(check["summary"])]
    if check["checkers"]:
        columns = ("region", "checker", "vote", "last probe", "next", "connect", "TLS", "first byte", "why")
        parts.append(_table(height, columns, [_checker(checker, check["time"]) for checker in check["checkers"]]))
    from dnsemu.cli.history import event_words

    events = check["history"]
    if height is not None:
        room = height - len(parts) - len(check["checkers"])
        events = events[-room:] if room > 0 else []
    parts += [_line(f"{event['at'][11:23]}  {event_words(event)}") for event in events]
    return Group(*parts)


def label_of(check: dict[str, Any]) -> str:
    """The health check's name, or its id if it has none."""
    label: str = check.get("name") or check["id"]
    return label


def _checker(checker: dict[str, Any], now: str) -> Row:
    last, failure = checker["last"], checker["last_failure"]
    vote = Text(checker["vote"], style=_COLOURS[checker["vote"]]) if checker["is_reporting"] else "-"
    if last is None:
        return (checker["region"], checker["address"], vote, "-", _next(checker, now), "-", "-", "-", "")
    why = _first_sentence(last["text"])
    if failure is not None and failure["at"] == last["at"] and checker["vote"] == "healthy":
        why = f"{checker['against']} failed in a row: {why.removeprefix('Failure: ')}"
    elif failure is not None and failure["at"] != last["at"]:
        why += f" (failed at {failure['at'][11:19]}: {_first_sentence(failure['text'].removeprefix('Failure: '))})"
    phases = (_ms(last["connect_s"]), _ms(last["tls_s"]), _ms(last["first_byte_s"]))
    return (
        checker["region"], checker["address"], vote, _time(last["at"]), _next(checker, now), *phases, why
    )  # fmt: skip


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def _next(checker: dict[str, Any], now: str) -> str:
    at: str | None = checker["next_probe"]
    return "under way" if at is not None and at <= now else _time(at)


def _time(at: str | None) -> str:
    return at[11:19] if at else "-"


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"


def _speed(clock: dict[str, Any]) -> str:
    if clock["stands_still"]:
        return " (stands still)"
    return "" if clock["speed"] == 1 else f" (at {clock['speed']:g} times real time)"


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, overflow="ellipsis")


def _checks(checks: list[dict[str, Any]]) -> list[Row]:
    return [
        (
            label_of(check),
            check["type"],
            check["endpoint"] or "",
            Text(check["status"] + (" (forced)" if check["forced"] else ""), style=_COLOURS[check["status"]]),
            check["since"][11:19],
            check["summary"],
        )
        for check in sorted(checks, key=lambda check: (check["status"] == "healthy", label_of(check)))
    ]


def _serving(groups: list[dict[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    for group in sorted(groups, key=lambda group: (group["name"], group["type"])):
        shares = "  ".join(map(_share, group["shares"]))
        by_client = " (by client)" if group["reads_client"] else ""
        rows.append((group["name"], group["type"], group["policy"], (shares or "nothing") + by_client, group["why"]))
    return rows


def _share(share: dict[str, Any]) -> str:
    """`blue 25 %`; of a resource with its targets, such as `live 100 % (2 of 3 targets)`."""
    text = f"{share['set_identifier'] or '-'} {share['percent']:.4g} %"
    if not share.get("targets"):
        return text
    return f"{text} ({share['healthy_targets']} of {share['targets']} target{'' if share['targets'] == 1 else 's'})"


def _fitted(checks: list[Row], groups: list[Row], room: int) -> tuple[list[Row], list[Row]]:
    """Cut both tables to the space there is: half of it for each, and the lines that the other does not need."""
    half = max(room, 2) // 2
    of_checks = max(half, room - len(groups))
    of_groups = max(half, room - len(checks))
    return _cut(checks, of_checks), _cut(groups, of_groups)


def _cut(rows: list[Row], room: int) -> list[Row]:
    if len(rows) <= room:
        return rows
    kept = rows[: max(room - 1, 0)]
    return [*kept, (f"… {len(rows) - len(kept)} more",)]


def _table(height: int | None, columns: Sequence[str], rows: Sequence[Row]) -> RenderableType:
    return ReasonTable(columns, rows) if height is None else one_line_table(columns, rows)
