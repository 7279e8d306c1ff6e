"""The command `run`: a server around a command, which is the command's resolver."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from dnsemu.cli.background import RunLog, arguments_of, server_environment
from dnsemu.cli.detach import show_failure
from dnsemu.cli.help import CommandWithExamples, usage_pieces, write_usage
from dnsemu.cli.options import (
    FAILED,
    ClockOption,
    FilesToServe,
    ForceFile,
    Forward,
    ProbesOption,
    QueryLog,
    ScaleTtls,
    Seed,
    SkipFaulty,
    StoreUrl,
    Workers,
    refuse,
)

COMMAND = "command after --"
EXAMPLE = "dnsemu run shop.yaml -- pytest"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CommandAfterDashes(CommandWithExamples):
    """A command whose arguments end at `--`; all that follows is another program's command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keeps what follows `--` in the context."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[COMMAND] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Writes the usage line, which names the other command line too."""
        write_usage(ctx, formatter, [*usage_pieces(self), "--", "COMMAND..."])


def run(
    context: typer.Context,
    files: FilesToServe = None,
    store: StoreUrl = None,
    forward: Forward = None,
    no_forward: Annotated[
        bool,
        typer.Option(
            "--no-forward",
            help="Refuse names outside the hosted zones, as without a network.",
            rich_help_panel="Content",
        ),
    ] = False,
    clock: ClockOption = "real",
    scale_ttls: ScaleTtls = False,
    force_file: ForceFile = None,
    query_log: QueryLog = None,
    probes: ProbesOption = None,
    seed: Seed = None,
    workers: Workers = "1",
    skip_faulty: SkipFaulty = False,
    require_resolver: Annotated[
        bool,
        typer.Option(
            "--require-resolver", help="Fail if programs in the command cannot be made to ask the server, as for CI."
        ),
    ] = False,
    log: RunLog = None,
) -> None:
    """Run a command beside a new server: the names of the files resolve in it, for every program.

    The server listens on free ports of loopback, and stops when the command ends; the exit code is the command's. On
    Linux, the command has its own /etc/resolv.conf, which names the server; names outside the hosted zones are asked of
    this machine's name servers. DNSEMU_SERVER, DNSEMU_DNS and AWS_ENDPOINT_URL_ROUTE_53 are set for the command.
    """
    from dnsemu.cli.sandbox.signals import CannotRun, refuse_unknown

    command = context.meta[COMMAND]
    _refuse_bad_options(command, forward, query_log, is_offline=no_forward)
    try:
        refuse_unknown(command[0])
        with tempfile.TemporaryDirectory(prefix="dnsemu-") as folder, _interruptible():
            raise typer.Exit(_run(context, command, Path(folder)))
    except CannotRun as absent:
        _exit(str(absent), absent.exit_code)


def _refuse_bad_options(
    command: Sequence[str], forward: Sequence[str] | None, query_log: str | None, *, is_offline: bool
) -> None:
    if not command:
        refuse(f"run: no command; write it after --, as in: {EXAMPLE}")
    if forward and is_offline:
        refuse("--forward and --no-forward exclude each other")
    if query_log == "-":
        refuse("--query-log -: standard output is the command's; name a file")


def _run(context: typer.Context, command: Sequence[str], folder: Path) -> int:
    """Returns the exit code of the command."""
    from dnsemu.cli.sandbox.around import Entrance
    from dnsemu.cli.sandbox.environment import command_environment
    from dnsemu.cli.sandbox.processes import BackgroundServer, StartFailed, addresses_in
    from dnsemu.cli.sandbox.signals import run_command
    from dnsemu.config.text.addresses import parse_address

    options = context.params
    resolver = _resolver(folder, is_required=options["require_resolver"])
    dns = f"{resolver.host}:{resolver.port}" if resolver else "127.0.0.1:0"
    arguments = ["--dns", dns, "--http", "127.0.0.1:0", *_forwarding(options), *arguments_of(context, _NOT_PASSED)]
    environment = server_environment(context)
    if options["no_forward"]:
        environment.pop("DNSEMU_FORWARD", None)
    log = options["log"] or folder / "server.log"
    try:
        server = BackgroundServer(arguments, environment, log, files=options["files"] or ())
    except OSError as failure:
        _exit(f"the server cannot be started: {failure}", FAILED)
    try:
        dns, http = addresses_in(server.wait_until_ready())
        entrance = resolver.entrance(parse_address(dns)) if resolver else Entrance({})
        _print(server.new_lines())
        code = run_command(
            command,
            command_environment(os.environ, http, dns),
            entrance.enter,
            entrance.start,
            lambda: _report_end(server),
        )
    except StartFailed as failure:
        show_failure(failure)
    finally:
        has_ended = server.process.poll() is not None
        server.stop()
    _print(server.new_problems())
    return code or (FAILED if has_ended else 0)


_NOT_PASSED = frozenset({"forward", "no_forward", "require_resolver", "log"})
"""Options of `run` that `serve` does not get as they are."""


def _resolver(folder: Path, *, is_required: bool) -> Any:
    """The resolver of the command; None, after a line that says why, if only variables can be set."""
    from dnsemu.cli.sandbox.around import NoResolver, prepare_resolver

    try:
        return prepare_resolver(folder)
    except NoResolver as refusal:
        if is_required:
            _exit(f"programs in the command would not ask this server: {refusal}", FAILED)
        print(f"dnsemu: only DNSEMU_DNS and the other variables are set: {refusal}", file=sys.stderr)
        return None


def _forwarding(options: dict[str, Any]) -> list[str]:
    """Options of `serve`: the name servers to ask; by default, those of this machine."""
    from dnsemu.cli.sandbox.around import name_servers_of_this_machine

    if options["no_forward"]:
        return []
    chosen = options["forward"] or name_servers_of_this_machine()
    return [part for server in chosen for part in ("--forward", str(server))]


def _report_end(server: Any) -> None:
    """Reports, once, that the server ended before the command."""
    code = server.process.returncode
    if code is None and server.process.poll() is not None:
        print(f"dnsemu: the server ended (exit code {server.process.returncode})", file=sys.stderr)
        _print(server.new_problems())


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Signals end this command with 128 and their number, after the server has been stopped."""

    def end(number: int, _frame: Any) -> NoReturn:
        raise typer.Exit(128 + number)

    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
    yield


def _exit(message: str, code: int) -> NoReturn:
    print(f"dnsemu: {message}", file=sys.stderr)
    raise typer.Exit(code)
