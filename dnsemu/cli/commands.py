"""The typer application: it registers each command by its task, in the order of the help text.

A new command needs an example in `examples.py`.
"""

from collections.abc import Callable
from typing import Annotated

import typer

from dnsemu.cli import running_server as server
from dnsemu.cli.drill import drill
from dnsemu.cli.failing import fail, heal
from dnsemu.cli.files import check, schema
from dnsemu.cli.help import CommandsByTask, CommandWithExamples, help_
from dnsemu.cli.questions import explain, what_if
from dnsemu.cli.reset import reset
from dnsemu.cli.run import CommandAfterDashes, run
from dnsemu.cli.serving import demo, serve
from dnsemu.cli.stop import stop
from dnsemu.cli.token import with_token
from dnsemu.cli.wait import wait

app = typer.Typer(
    name="dnsemu",
    help="Route 53 on a laptop: a real DNS server with Route 53's routing policies, steered by live health checks.",
    cls=CommandsByTask,
    rich_markup_mode=None,
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


COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Serve": (serve, run, demo, wait, stop),
    "Check files and explain answers": (check, explain, what_if, drill, schema),
    "Watch a running server": (server.status, server.history),
    "Steer a running server": (
        *(server.force, server.clock, server.probe, server.observe, server.alarm, server.routing_control),
        *(server.checkers, fail, heal),
    ),
    "Save and delete": (server.snapshot, reset),
    "Help": (help_,),
}
"""All commands by task."""

for task, commands in COMMANDS.items():
    for command in commands:
        app.command(
            command.__name__.strip("_").replace("_", "-"),
            cls=CommandAfterDashes if command is run else CommandWithExamples,
            rich_help_panel=task,
            context_settings={"ignore_unknown_options": command is server.clock},
        )(with_token(command))
