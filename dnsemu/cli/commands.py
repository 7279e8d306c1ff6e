"""The typer application: it registers each command, in the order of the help text."""

from typing import Annotated

import typer

from dnsemu.cli import running_server
from dnsemu.cli.files import check, schema
from dnsemu.cli.questions import explain, what_if
from dnsemu.cli.serving import demo, serve

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


for command in (serve, demo, check, explain, what_if, schema, *running_server.COMMANDS):
    app.command(context_settings={"ignore_unknown_options": command is running_server.clock})(command)
