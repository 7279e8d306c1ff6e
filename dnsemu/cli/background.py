"""Servers in the background, as `run` and `serve --detach` start them: their arguments and variables."""

import os
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.environment import known_variables

RunLog = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="Append the server's log to this file.",
        show_default=False,
        rich_help_panel="Logs",
    ),
]

DetachedLog = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="With --detach: append the log to this file; default: a new file, which is printed.",
        show_default=False,
        rich_help_panel="Logs",
    ),
]


def arguments_of(context: typer.Context, left_out: Collection[str]) -> list[str]:
    """Returns the arguments that a command was given on its command line, as another command would take them.

    Args:
        left_out: parameters, by their names in Python, that are not passed on.
    """
    arguments: list[str] = []
    positional: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name in left_out or source is None or source.name != "COMMANDLINE":
            continue
        if parameter.param_type_name == "argument":
            positional += map(str, context.params[name])
        else:
            arguments += _option(parameter.opts[0], context.params[name])
    return [*arguments, "--", *positional] if positional else arguments


def _option(option: str, value: Any) -> Iterator[str]:
    if value is True:
        yield option
        return
    for item in value if isinstance(value, list | tuple) else [value]:
        yield from (option, str(item.value if isinstance(item, Enum) else item))


def server_environment(context: typer.Context) -> dict[str, str]:
    """Returns this process's variables without those that dnsemu does not know, of which it has warned already."""
    assert context.parent is not None
    known = known_variables(context.parent.command)
    return {name: value for name, value in os.environ.items() if not name.startswith("DNSEMU_") or name in known}
