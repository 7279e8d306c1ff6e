"""Prints the history of health checks: past events, and new ones as they happen."""

import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from dnsemu.cli.client import Declined, call, declared_checks, did_you_mean
from dnsemu.cli.event_stream import Event, follow

_NOTICES = ("gap", "reset")
"""Kinds of events about the stream itself, not about a health check."""

_MIN_CAUSE_COLUMNS = 20

_COLOURS = {"healthy": "green", "unhealthy": "red"}


def run_history(server: str, check: str | None, kind: str | None, *, live: bool, as_json: bool) -> None:
    """Print past events, of one health check or of all; if live, print new ones too until interrupted.

    As JSON it is one object; if live, one event a line, among them those of kind `gap` and `reset`.

    Raises:
        NoServer: no server answers, or it stopped answering.
        Declined: the server refused a parameter, or it does not know the check.
    """
    check = None if check is None else id_named(check, server)
    query = {name: value for name, value in (("check", check), ("kind", kind)) if value is not None}
    found = call(server, "history", "events", query=query)
    if check is not None and not found["events"]:
        _require_declared(check, server)
    if as_json and not live:
        print(json.dumps(found, indent=2))
        return
    lines = EventLines()
    lines.widen_for(found["events"])
    on_event = _print_json if as_json else lines.print
    for event in found["events"]:
        on_event(event)
    if live:
        follow(server, query, on_event, since=found["last"])


def print_events(events: Sequence[Event]) -> None:
    """Print events, one line each, as `dnsemu history` does."""
    lines = EventLines()
    lines.widen_for(events)
    for event in events:
        lines.print(event)


class EventLines:
    """Prints events as aligned lines, with a line for the date before the first event of each day."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._date = ""
        self._check_width = 0
        self._change_width = 0

    def widen_for(self, events: Iterable[Event]) -> None:
        """Make the columns as wide as the widest of these events needs."""
        for event in events:
            if event["kind"] not in _NOTICES:
                self._check_width = max(self._check_width, len(_check(event)))
                self._change_width = max(self._change_width, len(_change(event)))

    def print(self, event: Event) -> None:
        """Print one event; a cause that is too long for the terminal goes on below."""
        line = Text()
        if event["kind"] in _NOTICES:
            self._print(line.append(f"… {_printable(event['what'])}", "yellow"))
            return
        date, _, clock = event["at"].rstrip("Z").partition("T")
        if date != self._date:
            self._date = date
            self._print(Text(f"{date} UTC", style="bold"))
        self.widen_for([event])
        line.append(f"{clock}  {_check(event):{self._check_width}}  ")
        colour = "" if event["checker"] else _COLOURS.get(event["new"], "")
        line.append(f"{_change(event):{self._change_width}}", colour)
        self._print_with_cause(line, _cause(event), len(clock) + 2)

    def _print_with_cause(self, line: Text, cause: str, indent: int) -> None:
        """Prints the cause behind a line; on a terminal without room for it, below it and wrapped by words."""
        left = self._console.width - len(line) - 2
        if not self._console.is_terminal or len(cause) <= left:
            line.append(f"  {cause}")
            line.rstrip()
            self._print(line)
            return
        line.rstrip()
        self._print(line)
        for part in Text(cause).wrap(self._console, max(self._console.width - indent, _MIN_CAUSE_COLUMNS)):
            part.rstrip()
            self._print(Text(" " * indent).append(part))

    def _print(self, line: Text) -> None:
        is_cut = self._console.is_terminal
        self._console.print(line, no_wrap=True, overflow="ellipsis" if is_cut else "ignore", crop=is_cut)
        self._console.file.flush()


def _check(event: Event) -> str:
    """The health check's name, or its id if it has none."""
    return _printable(event.get("name") or event["check"])


def event_words(event: Event) -> str:
    """An event in words, without its time and its health check."""
    return f"{_change(event)}  {_cause(event)}".rstrip()


def _change(event: Event) -> str:
    """The change in a few words, such as `healthy → unhealthy`."""
    old, new = event["old"], event["new"]
    match event["kind"]:
        case "vote":
            return f"{event['region']} {event['checker']}: {old} → {new}"
        case "forced":
            return f"forced {new}" if new else "not forced"
        case "declared":
            return f"new, {new}"
        case "removed":
            return f"removed, was {old}"
    return f"{old} → {new}"


def _cause(event: Event) -> str:
    """The cause; without `Failure: ` and `Success: ` of a vote, which the change says already."""
    cause = _printable(event["cause"])
    if event["kind"] == "vote":
        return cause.removeprefix("Failure: ").removeprefix("Success: ").rstrip(".")
    return cause


def _printable(text: str) -> str:
    """The text with control characters replaced, so that it stays on one line and cannot steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _print_json(event: Event) -> None:
    print(json.dumps(event), flush=True)


def id_named(text: str, server: str) -> str:
    """The id of the only health check of this name; the text itself if there is no such check."""
    checks = call(server, "status", "health_checks")["health_checks"]
    if any(check["id"] == text for check in checks):
        return text
    named = [check["id"] for check in checks if check.get("name") == text]
    return named[0] if len(named) == 1 else text


def _require_declared(check: str, server: str) -> None:
    checks = declared_checks(server)
    if check not in checks:
        raise Declined({"what": f"no health check {check}{did_you_mean(check, checks)}", "where": "check"})
