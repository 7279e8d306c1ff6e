"""The typer application: the commands that serve, and the commands that read files."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli import running_server
from dnsemu.cli.options import (
    DEFAULT_SERVER,
    FAILED,
    REFUSED,
    AllowedHosts,
    AsJson,
    ClockOption,
    DecideFrom,
    Dns,
    Down,
    FailTogether,
    Files,
    FilesToServe,
    ForceFile,
    Forward,
    Http,
    NamesToFail,
    Place,
    Places,
    ProbesOption,
    QueryLog,
    ScaleTtls,
    Seed,
    Server,
    SkipFaulty,
    StoreUrl,
    TypeToFail,
    Workers,
    ask,
    count,
    print_json,
    refuse,
)

app = typer.Typer(
    name="dnsemu",
    help="Route 53 on a laptop: a real DNS server with Route 53's routing policies, steered by live health checks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(*, is_wanted: bool) -> None:
    if is_wanted:
        from dnsemu import __version__

        print(f"dnsemu {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from dnsemu.cli.encoding import allow_ascii_only
    from dnsemu.cli.environment import warn_of_unknown

    allow_ascii_only()
    warn_of_unknown(context.command)


@app.command()
def serve(
    files: FilesToServe = None,
    dns: Dns = None,
    http: Http = None,
    store: StoreUrl = None,
    forward: Forward = None,
    clock: ClockOption = "real",
    scale_ttls: ScaleTtls = False,
    force_file: ForceFile = None,
    query_log: QueryLog = None,
    probes: ProbesOption = None,
    seed: Seed = None,
    workers: Workers = "1",
    skip_faulty: SkipFaulty = False,
    allowed_host: AllowedHosts = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print logs and the ready line as JSON.")] = False,
) -> None:
    """Serve DNS, the Route 53 API and the control API until SIGTERM or SIGINT."""
    from dnsemu.app import Application
    from dnsemu.cli.loading import print_left_out
    from dnsemu.files.watch import stamp
    from dnsemu.options import Options
    from dnsemu.runner import run

    parsed_clock = _clock(clock)
    opened_store = _store(store)
    worker_count = _workers(workers)
    given = tuple(files or ())
    seen = stamp(given)  # before they are read, so that a change during the reading is noticed
    loaded = _read(given, as_json=as_json, now=parsed_clock.now, skips_faulty=skip_faulty)
    _print_warnings(loaded.warnings)
    print_left_out(loaded.left_out, as_json=as_json)
    log_file = _log_file(query_log, loaded)
    upstreams = _upstreams(forward)
    if not upstreams and store is None:
        _warn_if_nothing_is_hosted(loaded)
    options = Options(
        dns=_dns_addresses(dns),
        http=_address(http, "--http") if http else None,
        forward=upstreams,
        probes=probes,
        seed=seed,
        clock=parsed_clock,
        scale_ttls=scale_ttls,
        force_file=force_file,
        query_log=log_file,
        store=opened_store,
        workers=worker_count,
        logs_as_json=as_json,
        skips_faulty=skip_faulty,
        allowed_hosts=tuple(host for text in allowed_host or () for host in text.replace(",", " ").split()),
    )
    run(lambda: Application(loaded, options, files=given, seen=seen), as_json=as_json)


@app.command()
def demo(dns: Dns = None, http: Http = None, as_json: AsJson = False) -> None:
    """Run a tour: three sample apps, a zone that uses every policy, live health checks. Needs no file."""
    from dnsemu.demo import run_demo
    from dnsemu.options import Options

    options = Options(dns=_dns_addresses(dns), http=_address(http, "--http") if http else None)
    run_demo(options, as_json=as_json)


@app.command()
def check(files: Files, as_json: AsJson = False) -> None:
    """Validate files: list every error with file and line, the rule, and what to write instead."""
    loaded = _read(files, as_json=as_json)
    world = loaded.published.world
    record_sets = sum(len(zone.record_sets) for zone in world.hosted_zones.values())
    if as_json:
        print_json(
            {
                "faults": [],
                "warnings": [_error_json(warning) for warning in loaded.warnings],
                "hosted_zones": len(world.hosted_zones),
                "record_sets": record_sets,
                "health_checks": len(world.health_checks),
            }
        )
        return
    _print_warnings(loaded.warnings)
    _warn_if_nothing_is_hosted(loaded)
    print(
        f"good: {count(len(world.hosted_zones), 'hosted zone')}, {count(record_sets, 'record set')}, "
        f"{count(len(world.health_checks), 'health check')}"
    )


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="The name to look up.")],
    type_: Annotated[str, typer.Argument(metavar="[TYPE]", help="The record type.")] = "A",
    client: Annotated[
        str | None, typer.Option(metavar="ADDR[/LEN]", help="The client: an address, or a network as in an ECS option.")
    ] = None,
    place: Place = None,
    file: DecideFrom = None,
    is_brief: Annotated[bool, typer.Option("--brief", help="Print only the answers, with the path to each.")] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Explain an answer: print the decision tree with exact shares."""
    from dnsemu.cli.terminal import print_lines, width
    from dnsemu.explain.text import brief_lines, explanation_lines

    question = {"name": name, "type": type_}
    if client is not None and place is not None:
        refuse("--client and --place exclude each other: an address already has a place", as_json=as_json)
    if client is not None:
        question["client"] = client
    if place is not None:
        question["place"] = place
    if file:
        explanation = _explain_from_files(file, question, as_json=as_json)
    else:
        explanation = ask(server, "explain", "question", as_json=as_json, query=question)
    if as_json:
        print_json(explanation)
    else:
        print_lines(brief_lines(explanation) if is_brief else explanation_lines(explanation, width()))


@app.command("what-if")
def what_if(
    name: NamesToFail = None,
    type_: TypeToFail = None,
    file: DecideFrom = None,
    fail: FailTogether = None,
    down: Down = None,
    place: Places = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE", help="A rule to keep, such as no-black-hole; may be repeated.", show_default=False
        ),
    ] = None,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Simulate failures of endpoints, Regions and Availability Zones: report the answers of each client population.

    The simulation starts with everything healthy, whatever the health checks say now. RULE is no-black-hole,
    no-fail-open, no-single-point-of-failure, no-ID for any other finding, or no-findings; the exit code is 1 if a rule
    is broken.
    """
    from dnsemu.cli.what_if import Asked, print_report, spinner
    from dnsemu.what_if.rules import UnknownRule, broken

    rules = list(dict.fromkeys(require or ()))
    try:
        broken(rules, ())
    except UnknownRule as unknown:
        refuse(f"--require: {unknown}", as_json=as_json)
    if down and fail is not None:
        refuse("--down and --fail exclude each other: all that is down fails together", as_json=as_json)
    asked = Asked(name or (), type_, 1 if fail is None else fail, down or (), place or ())
    if file:
        report = _what_if_from_files(file, asked, as_json=as_json)
    else:
        query = asked.query
        with spinner():
            report = ask(server, "what-if", "findings", as_json=as_json, query=query)
    report["broken"] = broken(rules, report["findings"])
    if as_json:
        print_json(report)
    else:
        print_report(report, rules, asked)
    if report["broken"]:
        raise typer.Exit(FAILED)


@app.command()
def schema() -> None:
    """Print the JSON schema of the file, for editors."""
    from dnsemu.config.file.schema import json_schema

    print_json(json_schema())


for command in running_server.COMMANDS:
    app.command(context_settings={"ignore_unknown_options": command is running_server.clock})(command)


# --- functions that the commands share ---


def _read(
    files: Sequence[Path], *, as_json: bool, now: Callable[[], float] = time.time, skips_faulty: bool = False
) -> Any:
    from dnsemu.cli.loading import shown_progress
    from dnsemu.config.errors import FilesRefused
    from dnsemu.config.file.load import load_files
    from dnsemu.files.loading import compile_world
    from dnsemu.runtime.garbage_collection import gc_paused

    try:
        with gc_paused(), shown_progress(as_json=as_json, now=now) as progress:
            return compile_world(load_files(files, progress, skips_faulty=skips_faulty), progress)
    except FilesRefused as refused:
        if as_json:
            print_json({"faults": [_error_json(error) for error in refused.errors]})
        else:
            for error in refused.errors:
                print(error, file=sys.stderr)
            print(f"refused: {count(len(refused.errors), 'error')}", file=sys.stderr)
        raise typer.Exit(REFUSED) from None


def _explain_from_files(files: Sequence[Path], question: dict[str, str], *, as_json: bool) -> Any:
    from dnsemu.explain.questions import BadQuestion, explain_question
    from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot

    published = _read(files, as_json=as_json).published
    try:
        return explain_question(published, HealthSnapshot(), question, lambda _check: "not probed, taken as healthy")
    except BadQuestion as bad:
        refuse(str(bad), as_json=as_json)


def _what_if_from_files(files: Sequence[Path], asked: Any, *, as_json: bool) -> Any:
    from dnsemu.cli.what_if import run_with_bar
    from dnsemu.explain.questions import BadQuestion
    from dnsemu.what_if.plan import TooMuchWork, what_if

    published = _read(files, as_json=as_json).published
    try:
        work = what_if(published, asked.names, asked.type, asked.fail, down=asked.down, places=asked.places)
        return run_with_bar(work)
    except (BadQuestion, TooMuchWork) as refusal:
        refuse(str(refusal), as_json=as_json)


def _dns_addresses(texts: Sequence[str] | None) -> tuple[Any, ...] | None:
    if not texts:
        return None
    return tuple(_address(part, "--dns") for text in texts for part in text.replace(",", " ").split())


def _upstreams(texts: Sequence[str] | None) -> tuple[Any, ...]:
    from dnsemu.config.text.addresses import parse_upstream

    try:
        return tuple(parse_upstream(part) for text in texts or () for part in text.replace(",", " ").split())
    except ValueError as bad:
        refuse(f"--forward: {bad}")


def _address(text: str, option: str) -> Any:
    from dnsemu.config.text.addresses import parse_address

    try:
        return parse_address(text)
    except ValueError as bad:
        refuse(f"{option}: {bad}")


def _print_warnings(warnings: Sequence[Any]) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _warn_if_nothing_is_hosted(loaded: Any) -> None:
    if not loaded.published.world.hosted_zones:
        instead = "name a file with hosted_zones, or create one with the Route 53 API"
        print(f"warning: no hosted zone: every query is REFUSED; {instead}", file=sys.stderr)


def _error_json(error: Any) -> dict[str, Any]:
    return {key: getattr(error, key) for key in ("file", "line", "where", "id", "rule", "message", "instead")}


def _clock(text: str) -> Any:
    from dnsemu.clock.spec import parse_clock

    try:
        return parse_clock(text)
    except ValueError as bad:
        refuse(f"--clock: {bad}")


def _workers(text: str) -> int:
    from dnsemu.workers import MAX_WORKERS

    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= MAX_WORKERS:
        refuse(f"--workers: {text!r} is not a number of processes: write one from 1 to {MAX_WORKERS}, such as 2")
    if number > 1 and sys.platform != "linux":
        refuse(f"--workers: more than one needs Linux, and this is {sys.platform}: write 1")
    return number


def _log_file(path: str | None, loaded: Any) -> Any:
    """The query log, opened; None if there is none."""
    from dnsemu.query_log.log_file import LogFile, LogFileUnusable

    declared = loaded.published.world.server.query_log
    if path is None and declared is None:
        return None
    try:
        return LogFile(declared if path is None else path)
    except LogFileUnusable as unusable:
        refuse(f"{'server.query_log' if path is None else '--query-log'}: {unusable}")


def _store(url: str | None) -> Any:
    from dnsemu.commands.registry import TABLES
    from dnsemu.store.opening import open_store
    from dnsemu.store.store import MemoryStore, StoreUnusable

    if url is None:
        return MemoryStore()
    try:
        return open_store(url, TABLES)
    except StoreUnusable as unusable:
        refuse(f"--store: {unusable}")
