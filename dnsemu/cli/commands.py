"""The commands of `dnsemu`, as typer reads them."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from dnsemu.cli.client import Declined, NoServer, call, force_check

FAILED, REFUSED = 1, 2

app = typer.Typer(
    name="dnsemu",
    help="Route 53 on a laptop: a real DNS server with Route 53's routing policies, steered by live health checks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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


def _version(wanted: bool) -> None:
    if wanted:
        from dnsemu import __version__

        print(f"dnsemu {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    files: FilesToServe = None,
    dns: Dns = None,
    http: Http = None,
    forward: Forward = None,
    seed: Seed = None,
    as_json: Annotated[bool, typer.Option("--json", help="Log and announce in JSON.")] = False,
) -> None:
    """Answer DNS until SIGTERM or SIGINT."""
    from dnsemu.app import Application, Listen
    from dnsemu.runner import run
    from dnsemu.watch import stamp

    given = tuple(files or ())
    seen = stamp(given)  # before they are read: what changes meanwhile is noticed
    reading = _read(given, as_json)
    _print_warnings(reading.warnings)
    listen = Listen(dns=_dns_addresses(dns), http=_address(http, "--http") if http else None)
    upstreams = _upstreams(forward)
    if not upstreams:
        _warn_if_nothing_is_hosted(reading)
    run(
        lambda: Application(reading, files=given, seen=seen, listen=listen, forward=upstreams, seed=seed),
        as_json=as_json,
    )


@app.command()
def demo(dns: Dns = None, http: Http = None, as_json: AsJson = False) -> None:
    """Three sample apps, a zone that uses every policy, live health checks: a tour without writing a file."""
    from dnsemu.app import Listen
    from dnsemu.demo import run_demo

    listen = Listen(dns=_dns_addresses(dns), http=_address(http, "--http") if http else None)
    run_demo(listen, as_json=as_json)


@app.command()
def check(files: Files, as_json: AsJson = False) -> None:
    """Validate files: every fault with file and line, the rule, and what to write instead."""
    reading = _read(files, as_json)
    world = reading.published.world
    record_sets = sum(len(zone.record_sets) for zone in world.hosted_zones.values())
    if as_json:
        _print_json(
            {
                "faults": [],
                "warnings": [_fault(w) for w in reading.warnings],
                "hosted_zones": len(world.hosted_zones),
                "record_sets": record_sets,
                "health_checks": len(world.health_checks),
            }
        )
        return
    _print_warnings(reading.warnings)
    _warn_if_nothing_is_hosted(reading)
    print(
        f"good: {_count(len(world.hosted_zones), 'hosted zone')}, {_count(record_sets, 'record set')}, "
        f"{_count(len(world.health_checks), 'health check')}"
    )


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="The name that is asked for.")],
    type_: Annotated[str, typer.Argument(metavar="[TYPE]", help="The record type.")] = "A",
    client: Annotated[
        str | None, typer.Option(metavar="ADDR[/LEN]", help="Who asks: an address, or the network of an ECS option.")
    ] = None,
    place: Place = None,
    file: DecideFrom = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Why an answer is given: the decision tree with exact shares."""
    from dnsemu.explain_text import explanation_lines

    question = {"name": name, "type": type_}
    if client is not None and place is not None:
        _refuse("--client and --place exclude each other: an address already has a place", as_json)
    if client is not None:
        question["client"] = client
    if place is not None:
        question["place"] = place
    if file:
        explanation = _explain_from_files(file, question, as_json)
    else:
        explanation = _call(server, "explain", "question", as_json, query=question)
    if as_json:
        _print_json(explanation)
    else:
        for line in explanation_lines(explanation):
            print(line)


@app.command("what-if")
def what_if(
    name: Annotated[list[str], typer.Argument(metavar="NAME", help="The names that are asked for.")],
    type_: Annotated[str, typer.Option("--type", metavar="TYPE", help="The record type.")] = "A",
    file: DecideFrom = None,
    fail: Annotated[int, typer.Option(min=0, metavar="N", help="How many endpoints fail together at most.")] = 1,
    require: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE", help="What must not happen, such as no-black-hole; may be repeated.", show_default=False
        ),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Fail endpoints, Regions and Availability Zones, and see what each population of clients gets.

    It starts from everything being up. RULE is no-black-hole, no-fail-open, no-single-point-of-failure, no-ID for any
    other finding, or no-findings; the exit code is 1 if one is broken.
    """
    from dnsemu.cli.what_if import show, waiting
    from dnsemu.what_if.rules import UnknownRule, broken

    rules = list(dict.fromkeys(require or ()))
    try:
        broken(rules, ())
    except UnknownRule as unknown:
        _refuse(f"--require: {unknown}", as_json)
    if file:
        report = _what_if_from_files(file, name, type_, fail, as_json)
    else:
        query = [("type", type_), ("fail", str(fail)), *(("name", one) for one in name)]
        with waiting():
            report = _call(server, "what-if", "findings", as_json, query=query)
    report["broken"] = broken(rules, report["findings"])
    if as_json:
        _print_json(report)
    else:
        show(report, rules)
    if report["broken"]:
        raise typer.Exit(FAILED)


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second until interrupted.")] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Health checks, checkers, and who serves what."""
    from dnsemu.cli.status import show, watch_status

    if watch and not as_json:
        try:
            watch_status(lambda: _call(server, "status", "serving", as_json))
        except KeyboardInterrupt:
            return
    found = _call(server, "status", "serving", as_json)
    if as_json:
        _print_json(found)
    else:
        show(found)


@app.command()
def force(
    check_id: Annotated[str, typer.Argument(metavar="CHECK", help="The health check's id.")],
    to: Annotated[str, typer.Argument(metavar="healthy|unhealthy|auto", help="auto: what is observed counts again.")],
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Overlay a health check's status; what is observed stays visible."""
    if to not in ("healthy", "unhealthy", "auto"):
        _refuse(f"'{to}' is no status: write healthy, unhealthy or auto", as_json)
    found = _told(lambda: force_check(server, check_id, to), as_json)
    if as_json:
        _print_json(found)
        return
    forced = f"forced {found['forced']}" if found["forced"] else "not forced"
    print(f"{found['id']}: {found['status']} ({forced}; observed: {found['observed']})")


@app.command()
def schema() -> None:
    """The JSON schema of the file, for editors."""
    from config.schema import json_schema

    _print_json(json_schema())


# --- what the commands share ---


def _read(files: Sequence[Path], as_json: bool) -> Any:
    from config.faults import Refused
    from config.load import load_files
    from dnsemu.reading import compile_world

    try:
        return compile_world(load_files(files))
    except Refused as refused:
        if as_json:
            _print_json({"faults": [_fault(fault) for fault in refused.faults]})
        else:
            for fault in refused.faults:
                print(fault, file=sys.stderr)
            print(f"refused: {_count(len(refused.faults), 'fault')}", file=sys.stderr)
        raise typer.Exit(REFUSED) from None


def _explain_from_files(files: Sequence[Path], question: dict[str, str], as_json: bool) -> Any:
    from dnsemu.questions import BadQuestion, explain_question
    from healthcheck.snapshot import HealthSnapshot

    published = _read(files, as_json).published
    try:
        return explain_question(published, HealthSnapshot(), question, lambda _check: "not probed, taken as healthy")
    except BadQuestion as bad:
        _refuse(str(bad), as_json)


def _what_if_from_files(files: Sequence[Path], of: Sequence[str], type_: str, fail: int, as_json: bool) -> Any:
    from dnsemu.cli.what_if import finished
    from dnsemu.questions import BadQuestion
    from dnsemu.what_if import TooMuchWork, what_if

    published = _read(files, as_json).published
    try:
        return finished(what_if(published, of, type_, fail))
    except (BadQuestion, TooMuchWork) as refusal:
        _refuse(str(refusal), as_json)


def _call(server: str, path: str, field: str, as_json: bool, **more: Any) -> Any:
    return _told(lambda: call(server, path, field, **more), as_json)


def _told(ask: Callable[[], Any], as_json: bool) -> Any:
    try:
        return ask()
    except NoServer as absent:
        _fail(str(absent), as_json)
    except Declined as declined:
        _refuse(str(declined), as_json)


def _dns_addresses(texts: Sequence[str] | None) -> tuple[Any, ...] | None:
    if not texts:
        return None
    return tuple(_address(part, "--dns") for text in texts for part in text.replace(",", " ").split())


def _upstreams(texts: Sequence[str] | None) -> tuple[Any, ...]:
    from config.addresses import parse_upstream

    try:
        return tuple(parse_upstream(part) for text in texts or () for part in text.replace(",", " ").split())
    except ValueError as bad:
        _refuse(f"--forward: {bad}")


def _address(text: str, option: str) -> Any:
    from config.addresses import parse_address

    try:
        return parse_address(text)
    except ValueError as bad:
        _refuse(f"{option}: {bad}")


def _refuse(message: str, as_json: bool = False) -> NoReturn:
    _stop(message, REFUSED, as_json)


def _fail(message: str, as_json: bool = False) -> NoReturn:
    _stop(message, FAILED, as_json)


def _stop(message: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"error": {"what": message}})
    else:
        print(f"dnsemu: {message}", file=sys.stderr)
    raise typer.Exit(code)


def _print_warnings(warnings: Sequence[Any]) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _warn_if_nothing_is_hosted(reading: Any) -> None:
    if not reading.published.world.hosted_zones:
        print("warning: no hosted zone: everything is REFUSED; name a file that has hosted_zones", file=sys.stderr)


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))


def _fault(fault: Any) -> dict[str, Any]:
    return {
        "file": fault.file,
        "line": fault.line,
        "where": fault.where,
        "id": fault.id,
        "rule": fault.rule,
        "message": fault.message,
        "instead": fault.instead,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
