"""`serve` and `demo`: the commands that start a server, and how they read their options."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from dnsemu.cli.background import DetachedLog
from dnsemu.cli.files import print_warnings, read, warn_if_nothing_is_hosted
from dnsemu.cli.options import (
    AllowedHosts,
    AsJson,
    ClockOption,
    Dns,
    EndpointsOption,
    FilesToServe,
    ForceFile,
    Forward,
    Http,
    ProbesOption,
    QueryLog,
    Repair,
    ScaleTtls,
    Seed,
    SkipFaulty,
    StoreUrl,
    Workers,
    refuse,
)
from dnsemu.cli.token import TokenToRequire


def serve(
    context: typer.Context,
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
    endpoints: EndpointsOption = "real",
    seed: Seed = None,
    workers: Workers = "1",
    skip_faulty: SkipFaulty = False,
    repair: Repair = False,
    allowed_host: AllowedHosts = None,
    token: TokenToRequire = None,
    is_detached: Annotated[
        bool,
        typer.Option(
            "--detach",
            help="Start in the background, and return when it is ready; 'dnsemu stop' stops it.",
            rich_help_panel="Processes and randomness",
        ),
    ] = False,
    log: DetachedLog = None,
    as_json: Annotated[
        bool, typer.Option("--json", rich_help_panel="Logs", help="Print logs and the ready line as JSON.")
    ] = False,
) -> None:
    """Serve DNS, the Route 53 API and the control API until SIGTERM or SIGINT."""
    if is_detached:
        from dnsemu.cli.detach import start_detached

        start_detached(context)
        return
    if log is not None:
        refuse("--log is for --detach; in the foreground, redirect standard error: 2>FILE", as_json=as_json)
    from dnsemu.app import Application
    from dnsemu.cli.loading import print_left_out
    from dnsemu.files.watch import stamp
    from dnsemu.runner import run
    from dnsemu.server.options import Options

    parsed_clock = _clock(clock)
    if repair and store is None:
        refuse("--repair is for a store: name it with --store", as_json=as_json)
    opened_store = _store(store)
    worker_count = _workers(workers)
    given = tuple(files or ())
    seen = stamp(given)  # before they are read, so that a change during the reading is noticed
    loaded = read(given, as_json=as_json, now=parsed_clock.now, skips_faulty=skip_faulty)
    print_warnings(loaded.warnings)
    print_left_out(loaded.left_out, as_json=as_json)
    log_file = _log_file(query_log, loaded)
    upstreams = _upstreams(forward)
    if not upstreams and store is None:
        warn_if_nothing_is_hosted(loaded)
    options = Options(
        dns=_dns_addresses(dns),
        http=_address(http, "--http") if http else None,
        forward=upstreams,
        probes=probes,
        simulates_endpoints=_is_simulated(endpoints),
        seed=seed,
        clock=parsed_clock,
        scale_ttls=scale_ttls,
        force_file=force_file,
        query_log=log_file,
        store=opened_store,
        workers=worker_count,
        logs_as_json=as_json,
        skips_faulty=skip_faulty,
        repairs=repair,
        allowed_hosts=tuple(host for text in allowed_host or () for host in text.replace(",", " ").split()),
        token=token,
    )
    run(lambda: Application(loaded, options, files=given, seen=seen), as_json=as_json)


def demo(dns: Dns = None, http: Http = None, as_json: AsJson = False) -> None:
    """Run a tour: four sample apps, a zone that uses every policy, live health checks. Needs no file."""
    from dnsemu.demo import run_demo
    from dnsemu.server.options import Options

    options = Options(dns=_dns_addresses(dns), http=_address(http, "--http") if http else None)
    run_demo(options, as_json=as_json)


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
    from dnsemu.config.text.addresses import EXAMPLE_DNS_PORT, EXAMPLE_HTTP_PORT, parse_address

    try:
        return parse_address(text, EXAMPLE_HTTP_PORT if option == "--http" else EXAMPLE_DNS_PORT)
    except ValueError as bad:
        refuse(f"{option}: {bad}")


def _clock(text: str) -> Any:
    from dnsemu.clock.spec import parse_clock

    try:
        return parse_clock(text)
    except ValueError as bad:
        refuse(f"--clock: {bad}")


def _is_simulated(endpoints: str) -> bool:
    if endpoints not in ("real", "simulated"):
        refuse(f"--endpoints: {endpoints!r} is neither: write real or simulated")
    return endpoints == "simulated"


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
