"""Help texts in plain text: commands and options by subject, types in words, and examples.

A command names its subject with typer's `rich_help_panel`; its examples are in `examples.py`.
"""

import os
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from dnsemu.cli.completion import command_names
from dnsemu.cli.examples import EXAMPLES, Example

LEFT_COLUMNS = 24
"""Longer names of options and arguments have a line for themselves."""
NO_BREAK = "\N{NO-BREAK SPACE}"
"""Keeps two words on one line; it is written as a space."""


class CommandWithExamples(TyperCommand):
    """A command whose help text ends with examples, and whose usage errors show one."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Writes the usage line; what may be left out is in brackets."""
        write_usage(ctx, formatter, usage_pieces(self))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes arguments and options, by subject."""
        _write_sections(formatter, _parameter_rows(self.get_params(ctx)))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Writes the examples."""
        examples = EXAMPLES.get(self.name or "", ())
        if examples:
            with formatter.section(_bold("Examples" if len(examples) > 1 else "Example")):
                for position, example in enumerate(examples):
                    if position:
                        formatter.write("\n")
                    formatter.write(f"  {_dim(f'# {example.does}')}\n  {example.line}\n")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments; an error shows an example."""
        with _errors_with(EXAMPLES.get(self.name or "", ())):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; an error in its arguments shows an example."""
        with _errors_with(EXAMPLES.get(self.name or "", ())):
            return super().invoke(ctx)


class CommandsByTask(TyperGroup):
    """The program: its help text lists the commands by task."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Writes the usage line."""
        write_usage(ctx, formatter, ["[OPTIONS]", "COMMAND", "..."])

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands by task, then the options."""
        commands = [self.commands[name] for name in self.list_commands(ctx)]
        rows = [(_panel(one, "Commands"), one.name or "", _first_paragraph(one)) for one in commands if not one.hidden]
        _write_sections(formatter, rows)
        _write_sections(formatter, _parameter_rows(self.get_params(ctx)))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Writes how to learn more of a command."""
        formatter.write_paragraph()
        formatter.write_text(f"'{ctx.command_path} COMMAND --help' explains a command, with examples.")


def help_(
    context: typer.Context,
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", autocompletion=command_names, help="Explain this command.")
    ] = None,
) -> None:
    """Explain a command, or list all commands."""
    parent = context.parent
    assert parent is not None
    if command is None:
        typer.echo(parent.get_help())
        return
    group: Any = parent.command
    name, found, _ = group.resolve_command(parent, [command])
    typer.echo(found.get_help(type(context)(found, info_name=name, parent=parent)))


def write_usage(ctx: Any, formatter: Any, pieces: Iterable[str]) -> None:
    """Writes a usage line: the command's path and the parts behind it."""
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{_bold('Usage:')} ")


def usage_pieces(command: Any) -> Iterator[str]:
    """Yields the parts of a usage line behind the command's name."""
    yield "[OPTIONS]"
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = argument_name(parameter)
            yield name if parameter.required else f"[{name.removesuffix('...')}]{'...' * name.endswith('...')}"


def argument_name(parameter: Any) -> str:
    """Returns an argument's name as help texts print it, such as `FILE...`."""
    name: str = (parameter.metavar or parameter.name.upper()).removeprefix("[").removesuffix("]")
    return name + ("..." if parameter.nargs != 1 else "")


def _parameter_rows(parameters: Iterable[Any]) -> Iterator[tuple[str, str, str]]:
    """Yields section, name and explanation of each parameter."""
    for parameter in parameters:
        if parameter.hidden:
            continue
        if parameter.param_type_name == "argument":
            yield _panel(parameter, "Arguments"), argument_name(parameter), _explanation(parameter)
            continue
        name = ", ".join(sorted(parameter.opts, key=len))
        if not parameter.is_flag:
            name += f" {parameter.metavar or 'VALUE'}"
        yield _panel(parameter, "Options"), name, _explanation(parameter)


def _explanation(parameter: Any) -> str:
    """The text of a parameter, with its environment variable and its default."""
    extra = []
    variables = parameter.envvar or ()
    if variables:
        extra.append(f"env:{NO_BREAK}" + ", ".join([variables] if isinstance(variables, str) else variables))
    default = parameter.show_default if isinstance(parameter.show_default, str) else parameter.default
    if parameter.show_default and default not in (None, False, "", ()):
        extra.append(f"default:{NO_BREAK}{default}")
    notes = f" [{'; '.join(extra)}]" if extra else ""
    return f"{parameter.help or ''}{notes}".strip()


def _write_sections(formatter: Any, rows: Iterable[tuple[str, str, str]]) -> None:
    """Writes rows below their headings, headings in the order in which they first occur."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for section, name, text in rows:
        sections.setdefault(section, []).append((name, text))
    names = [name for listed in sections.values() for name, _ in listed]
    left = max((len(name) for name in names if len(name) <= LEFT_COLUMNS), default=LEFT_COLUMNS)
    for section, listed in sections.items():
        with formatter.section(_bold(section)):
            for name, text in listed:
                formatter.write("".join(f"{line}\n" for line in _row(name, text, left, formatter.width)))


def _row(name: str, text: str, left: int, width: int) -> Iterator[str]:
    """Yields the lines of one name and its text, which is wrapped between words."""
    wrapped = textwrap.wrap(text, max(width - left - 4, 20), break_on_hyphens=False, break_long_words=False)
    lines = [line.replace(NO_BREAK, " ") for line in wrapped]
    if len(name) > left:
        yield f"  {name}"
        name = ""
    for line in lines or [""]:
        yield f"  {name:{left}}  {line}".rstrip()
        name = ""


def _panel(described: Any, otherwise: str) -> str:
    panel: str | None = getattr(described, "rich_help_panel", None)
    return panel or otherwise


def _first_paragraph(command: Any) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())


@contextmanager
def _errors_with(examples: tuple[Example, ...]) -> Iterator[None]:
    """Adds an example to the message of an error in the command's arguments."""
    try:
        yield
    except typer.BadParameter as bad:
        if examples and "Example:" not in bad.message:
            bad.message = f"{bad.message}\nExample: {examples[0].line}".lstrip("\n")
        raise


def _bold(text: str) -> str:
    return typer.style(text, bold=True) if _has_colours() else text


def _dim(text: str) -> str:
    return typer.style(text, dim=True) if _has_colours() else text


def _has_colours() -> bool:
    """True if styles are wanted; typer removes them where the output is no terminal."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
