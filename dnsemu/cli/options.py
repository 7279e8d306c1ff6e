"""Options that several commands share, and the ways in which a command prints its result or ends."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import typer

from dnsemu.cli import completion
from dnsemu.cli.client import Declined, NoServer, call
from dnsemu.cli.encoding import is_unicode
from dnsemu.config.errors import quoted
from dnsemu.config.model.health_checkers import ProbeMode

FAILED, REFUSED = 1, 2

T = TypeVar("T")

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE", help="YAML or JSON files, folders of them, or - for standard input; all are merged."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def check_server(server: str) -> str:
    """Returns the address of a server as it was given; an option's callback.

    Raises:
        BadParameter: it is no HTTP address.
    """
    try:
        url = urlsplit(server if "//" in server else f"//{server}")
        if url.hostname and url.port != 0 and url.scheme in ("", "http", "https"):
            return server
    except ValueError:  # the host or the port cannot be read
        pass
    raise typer.BadParameter(f"{quoted(server)} is no address of a server: write one such as {DEFAULT_SERVER}")


Server = Annotated[
    str,
    typer.Option(
        envvar="DNSEMU_SERVER", metavar="URL", callback=check_server, help="The running server's HTTP address."
    ),
]
FilesToServe = Annotated[
    list[Path] | None,
    typer.Argument(
        envvar="DNSEMU_FILES",
        metavar="FILE",
        help="YAML or JSON files, folders of them, or - for standard input; all are merged. Read again when they "
        "change, and on SIGHUP.",
        show_default=False,
    ),
]
SkipFaulty = Annotated[
    bool,
    typer.Option(
        "--skip-faulty",
        envvar="DNSEMU_SKIP_FAULTY",
        rich_help_panel="Content",
        help="Serve what can be served, and list the entries of the files that are left out.",
    ),
]
Repair = Annotated[
    bool,
    typer.Option(
        "--repair",
        envvar="DNSEMU_REPAIR",
        rich_help_panel="Content",
        help="Leave out rows of the store that cannot be served: each is logged, and kept aside in the store.",
    ),
]
Dns = Annotated[
    list[str] | None,
    typer.Option(
        envvar="DNSEMU_DNS",
        rich_help_panel="Addresses",
        metavar="ADDR:PORT",
        help="Address to listen on for DNS, UDP and TCP; may be repeated. Port 0 takes a free one.",
        show_default="127.0.0.1:1053",
    ),
]
Http = Annotated[
    str | None,
    typer.Option(
        envvar="DNSEMU_HTTP",
        rich_help_panel="Addresses",
        metavar="ADDR:PORT",
        help="Address to listen on for HTTP: Route 53 API, control API, metrics.",
        show_default="127.0.0.1:8053",
    ),
]
AllowedHosts = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-host",
        envvar="DNSEMU_ALLOWED_HOSTS",
        rich_help_panel="Addresses",
        metavar="HOST",
        help="Host that HTTP requests may name, besides addresses and local names; may be repeated.",
        show_default=False,
    ),
]
ProbesOption = Annotated[
    ProbeMode | None,
    typer.Option(
        "--probes",
        envvar="DNSEMU_PROBES",
        rich_help_panel="Health checks",
        metavar="on|manual|off",
        help="Probe endpoints of health checks on schedule, only on request, or never; overrides the file.",
        show_default="on",
    ),
]
EndpointsOption = Annotated[
    str,
    typer.Option(
        "--endpoints",
        envvar="DNSEMU_ENDPOINTS",
        rich_help_panel="Health checks",
        metavar="real|simulated",
        autocompletion=completion.fixed(
            {"real": "probes are real connections", "simulated": "up until 'dnsemu fail'; no probe opens a socket"}
        ),
        help="Probe endpoints for real, or simulate them: up until 'dnsemu fail', and no probe opens a socket.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        envvar="DNSEMU_SEED",
        rich_help_panel="Processes and randomness",
        metavar="N",
        help="Seed of all random draws, for repeatable runs.",
        show_default=False,
    ),
]
Workers = Annotated[
    str,
    typer.Option(
        envvar="DNSEMU_WORKERS",
        rich_help_panel="Processes and randomness",
        metavar="N",
        help="Processes that answer DNS, 1 to 64; 1 is this process. More than one needs Linux.",
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="DNSEMU_STORE",
        rich_help_panel="Content",
        metavar="URL",
        help="Database for everything made through the Route 53 API, such as sqlite:///dnsemu.db; default: memory.",
        show_default=False,
    ),
]
ClockOption = Annotated[
    str,
    typer.Option(
        "--clock",
        envvar="DNSEMU_CLOCK",
        rich_help_panel="Time",
        metavar="real|speed=N|virtual[=TIME]",
        autocompletion=completion.fixed(
            {"real": "as fast as real time", "virtual": "stands still until advanced", "speed=10": "ten times as fast"}
        ),
        help="Speed of emulated time: real, N times as fast, or stopped until 'dnsemu clock advance'.",
    ),
]
ScaleTtls = Annotated[
    bool,
    typer.Option(
        "--scale-ttls",
        envvar="DNSEMU_SCALE_TTLS",
        rich_help_panel="Time",
        help="Divide served TTLs by the clock's speed, for resolvers that cache.",
    ),
]
ForceFile = Annotated[
    Path | None,
    typer.Option(
        envvar="DNSEMU_FORCE_FILE",
        rich_help_panel="Health checks",
        metavar="FILE",
        help="File of forced statuses, one a line; read again when it changes.",
        show_default=False,
    ),
]
QueryLog = Annotated[
    str | None,
    typer.Option(
        envvar="DNSEMU_QUERY_LOG",
        rich_help_panel="Logs",
        metavar="FILE",
        help="Append a line for each query to a hosted zone, as Route 53's query logs do; - is standard output.",
        show_default=False,
    ),
]
Forward = Annotated[
    list[str] | None,
    typer.Option(
        envvar="DNSEMU_FORWARD",
        rich_help_panel="Content",
        metavar="ADDR",
        help="Name server to ask for names outside the hosted zones; may be repeated.",
        show_default=False,
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        metavar="PLACE",
        autocompletion=completion.places,
        help="Location of the client: a Region, an Availability Zone, a Local or Wavelength Zone group, a country, "
        "a US state, an edge location (NRT), or LAT,LON.",
    ),
]
DecideFrom = Annotated[
    list[Path] | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="Decide from this file or folder, or - for standard input, without a server, all health checks healthy; "
        "may be repeated.",
    ),
]
NamesToFail = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        autocompletion=completion.known("names"),
        help="The names to look up; without one, all names that may change.",
    ),
]
TypeToFail = Annotated[
    str | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        autocompletion=completion.record_types,
        help="The record type; default: A, of all names every type.",
        show_default=False,
    ),
]
FailTogether = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="Largest number of endpoints that fail together; default: 1.", show_default=False
    ),
]
Down = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        autocompletion=completion.known("patterns"),
        help="Fail only this: a health check, 'web-*', region:eu-*, az:use1-az1, address:192.0.2.1. May be repeated.",
        show_default=False,
    ),
]
Places = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PLACE,...",
        autocompletion=completion.places,
        help="Show the answers at these places, before and after.",
        show_default=False,
    ),
]
DEFAULT_SERVER = "http://127.0.0.1:8053"


def ask(server: str, path: str, field: str, *, as_json: bool, **more: Any) -> Any:
    """Make one control call; an error ends the command."""
    return or_exit(lambda: call(server, path, field, **more), as_json=as_json)


def or_exit(call_server: Callable[[], T], *, as_json: bool) -> T:
    """The result of a call; if no server answers, or it declines, the command ends with the reason."""
    try:
        return call_server()
    except NoServer as absent:
        fail(str(absent), as_json=as_json)
    except Declined as declined:
        refuse(str(declined), as_json=as_json)


def refuse(message: str, *, as_json: bool = False) -> NoReturn:
    """End the command with exit code 2: the user's input is wrong."""
    _exit(message, REFUSED, as_json=as_json)


def fail(message: str, *, as_json: bool = False) -> NoReturn:
    """End the command with exit code 1: it failed at run time."""
    _exit(message, FAILED, as_json=as_json)


def _exit(message: str, code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": {"what": message}})
    else:
        print(f"dnsemu: {message}", file=sys.stderr)
    raise typer.Exit(code)


def print_json(data: Any) -> None:
    """Print data as JSON; letters that the output's encoding lacks are escaped."""
    print(json.dumps(data, indent=2, ensure_ascii=not is_unicode(sys.stdout)))


def count(number: int, noun: str) -> str:
    """A number and its noun, such as `2 record sets`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
