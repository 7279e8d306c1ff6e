"""The command `reset`: puts a running server back to its state just after the start."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from dnsemu.cli.completion import fixed
from dnsemu.cli.options import DEFAULT_SERVER, AsJson, Server, ask, count, print_json, refuse
from dnsemu.config.text.durations import duration_text

PARTS = {
    "api": "everything made through the API",
    "health": "health",
    "clock": "the clock",
    "forced": "forced statuses and blocks",
    "history": "the history",
}

_KINDS = {
    "hosted_zones": ("hosted zone", "hosted zones"),
    "record_sets": ("record set", "record sets"),
    "health_checks": ("health check", "health checks"),
    "cidr_collections": ("CIDR collection", "CIDR collections"),
    "injected_errors": ("injected error", "injected errors"),
    "rules": ("forced status", "forced statuses"),
    "blocked": ("blocked path", "blocked paths"),
    "events": ("event", "events"),
}


def reset(
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PART,...",
            autocompletion=fixed(PARTS, is_list=True),
            help="Reset only these: api, health, clock, forced, history. May be repeated.",
            show_default=False,
        ),
    ] = None,
    is_confirmed: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal.")] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Put the server back to its state just after the start; what files declare stays."""
    parts = _parts(only or [], as_json=as_json)
    if not is_confirmed and sys.stdin.isatty():
        typer.confirm(f"Reset {_words(parts)} of the server at {server}?", abort=True, err=True)
    found = ask(server, "reset", "undone", as_json=as_json, body={"only": parts}, timeout_s=None)
    if as_json:
        print_json(found)
    else:
        for part in found["reset"]:
            print(f"{part}: {_line(part, found)}")


def _parts(only: Sequence[str], *, as_json: bool) -> list[str]:
    """The parts that are named, or all."""
    named = [part.strip() for text in only for part in text.split(",")]
    for part in named:
        if part not in PARTS:
            refuse(f"'{part}' is no part of a server: write {', '.join(PARTS)}", as_json=as_json)
    return [part for part in PARTS if part in named or not named]


def _words(parts: Sequence[str]) -> str:
    words = [PARTS[part] for part in parts]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _line(part: str, found: dict[str, Any]) -> str:
    undone = found["undone"][part]
    match part:
        case "api":
            return f"{_counts(undone) or 'nothing'} removed; {_counts(found) or 'nothing'} left"
        case "health":
            return f"{count(undone['health_checks'], 'health check')} not observed yet"
        case "clock":
            moved_s = undone["moved_s"]
            return f"moved {'back' if moved_s < 0 else 'on'} by {duration_text(abs(moved_s))}"
    return f"{_counts(undone) or 'nothing'} removed"


def _counts(numbers: dict[str, Any]) -> str:
    return ", ".join(
        f"{numbers[kind]} {one if numbers[kind] == 1 else several}"
        for kind, (one, several) in _KINDS.items()
        if numbers.get(kind)
    )
