"""What commands share: options, and how a command says what it found, or that it was refused or failed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from dnsemu.cli.client import Declined, NoServer, call

FAILED, REFUSED = 1, 2

T = TypeVar("T")

Files = Annotated[list[Path], typer.Argument(help="YAML or JSON files; several are merged.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Server = Annotated[str, typer.Option(envvar="DNSEMU_SERVER", metavar="URL", help="The running server's HTTP address.")]
FilesToServe = Annotated[
    list[Path] | None,
    typer.Argument(
        envvar="DNSEMU_FILES",
        help="YAML or JSON files; several are merged. Read again when they change, and on SIGHUP.",
        show_default=False,
    ),
]
Dns = Annotated[
    list[str] | None,
    typer.Option(
        envvar="DNSEMU_DNS",
        metavar="ADDR:PORT",
        help="Where to answer DNS, over UDP and TCP; may be repeated. Port 0 takes a free one.",
        show_default="127.0.0.1:1053",
    ),
]
Http = Annotated[
    str | None,
    typer.Option(
        envvar="DNSEMU_HTTP",
        metavar="ADDR:PORT",
        help="Where to answer HTTP: control API and metrics.",
        show_default="127.0.0.1:8053",
    ),
]
Seed = Annotated[
    int | None, typer.Option(envvar="DNSEMU_SEED", help="Seed of all dice, for runs that repeat.", show_default=False)
]
Workers = Annotated[
    str,
    typer.Option(
        envvar="DNSEMU_WORKERS",
        metavar="N",
        help="Processes that answer DNS, 1 to 64; 1 is this one. More need Linux, which divides queries between them.",
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="DNSEMU_STORE",
        metavar="URL",
        help="Where to keep what the Route 53 API makes, such as sqlite:///dnsemu.db; in memory if not given.",
        show_default=False,
    ),
]
ClockOption = Annotated[
    str,
    typer.Option(
        "--clock",
        envvar="DNSEMU_CLOCK",
        metavar="real|speed=N|virtual[=TIME]",
        help="How time goes: as it does, N times as fast, or only when told by 'dnsemu clock advance'.",
    ),
]
ScaleTtls = Annotated[
    bool,
    typer.Option(
        "--scale-ttls", envvar="DNSEMU_SCALE_TTLS", help="Divide served TTLs by the clock's speed, for caches in front."
    ),
]
ForceFile = Annotated[
    Path | None,
    typer.Option(
        envvar="DNSEMU_FORCE_FILE", help="Lines of forced statuses, read again when it changes.", show_default=False
    ),
]
QueryLog = Annotated[
    str | None,
    typer.Option(
        envvar="DNSEMU_QUERY_LOG",
        metavar="FILE",
        help="Append a line for each query to a hosted zone, as Route 53's query logs have it; - is standard output.",
        show_default=False,
    ),
]
Forward = Annotated[
    list[str] | None,
    typer.Option(
        envvar="DNSEMU_FORWARD",
        metavar="ADDR",
        help="Ask this name server for names outside the hosted zones; may be repeated.",
        show_default=False,
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        metavar="PLACE",
        help="Where the asker is: a Region, an Availability Zone, a Local or Wavelength Zone group, a country, "
        "a US state, an edge location (NRT), or LAT,LON.",
    ),
]
DecideFrom = Annotated[
    list[Path] | None,
    typer.Option("--file", help="Decide from this file alone, all checks healthy; may be repeated."),
]
DEFAULT_SERVER = "http://127.0.0.1:8053"


def ask(server: str, path: str, field: str, as_json: bool, **more: Any) -> Any:
    """Make one control call, or end the command with what stands against it."""
    return told(lambda: call(server, path, field, **more), as_json)


def told(call_it: Callable[[], T], as_json: bool) -> T:
    """The result of talking to a server; if none answers, or it declines, the command ends."""
    try:
        return call_it()
    except NoServer as absent:
        fail(str(absent), as_json)
    except Declined as declined:
        refuse(str(declined), as_json)


def refuse(message: str, as_json: bool = False) -> NoReturn:
    """End the command: what the user wrote cannot be taken."""
    _stop(message, REFUSED, as_json)


def fail(message: str, as_json: bool = False) -> NoReturn:
    """End the command: it could not be done."""
    _stop(message, FAILED, as_json)


def _stop(message: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": {"what": message}})
    else:
        print(f"dnsemu: {message}", file=sys.stderr)
    raise typer.Exit(code)


def print_json(data: Any) -> None:
    """Print for machines."""
    print(json.dumps(data, indent=2, ensure_ascii=False))


def count(number: int, noun: str) -> str:
    """A number of things in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
