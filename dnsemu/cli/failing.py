"""`fail` and `heal`: endpoints that fail on purpose, as their health checkers see."""

from typing import Annotated, Any

import typer

from dnsemu.cli.client import call
from dnsemu.cli.completion import fixed, known
from dnsemu.cli.options import DEFAULT_SERVER, AsJson, Server, ask, or_exit, print_json

_WAYS = {
    "refuse": "connections are refused",
    "timeout": "connections time out",
    "slow: 5s": "the response takes so long",
    "status: 503": "the response has this status",
    "body: TEXT": "the response has this body",
}


def fail(
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="PATTERN",
            autocompletion=known("patterns"),
            help="A health check's id, or several: 'web-*', region:eu-west-1, az:use1-az1, address:192.0.2.1.",
        ),
    ] = None,
    how: Annotated[
        str,
        typer.Argument(
            metavar="HOW",
            autocompletion=fixed(_WAYS),
            help="refuse, timeout, 'slow: 5s', 'status: 503' or 'body: TEXT'.",
        ),
    ] = "refuse",
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Make endpoints fail, as their checkers will see; the real ones are left alone.

    Statuses follow when enough probes have failed. Without arguments: list what fails.
    """
    body = None if pattern is None else {"pattern": pattern, "how": how}
    _show(ask(server, "endpoint-faults", "failing", as_json=as_json, body=body), as_json=as_json)


def heal(
    pattern: Annotated[
        str | None,
        typer.Argument(metavar="PATTERN", autocompletion=known("patterns"), help="What is up again; default: all."),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """End the failures that 'dnsemu fail' began."""
    body = {} if pattern is None else {"pattern": pattern}
    found = or_exit(lambda: call(server, "endpoint-faults/heal", "failing", body=body), as_json=as_json)
    _show(found, as_json=as_json)


def _show(found: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    for check, how in found["failing"].items():
        print(f"{check}: fails ({how})")
    if not found["failing"]:
        print("no endpoint fails on purpose")
    if found.get("warning"):
        print(f"warning: {found['warning']}")
