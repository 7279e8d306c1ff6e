"""`check` and `schema`, and how every command reads the files that it is given."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.options import REFUSED, AsJson, Files, count, print_json
from dnsemu.explain.lines import Line


def check(files: Files, as_json: AsJson = False) -> None:
    """Validate files: list every error with file and line, the rule, and what to write instead."""
    loaded = read(files, as_json=as_json)
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
    print_warnings(loaded.warnings)
    warn_if_nothing_is_hosted(loaded)
    print(
        f"good: {count(len(world.hosted_zones), 'hosted zone')}, {count(record_sets, 'record set')}, "
        f"{count(len(world.health_checks), 'health check')}"
    )


def mapping_names() -> list[str]:
    """Returns the names of the mappings in a file, to complete them."""
    from dnsemu.config.file.fields import mappings

    return list(mappings())


def schema(
    mapping: Annotated[
        str | None,
        typer.Argument(
            metavar="MAPPING",
            help="Print the fields of one mapping of the file in words, such as record_sets; file is the top level.",
            autocompletion=mapping_names,
        ),
    ] = None,
) -> None:
    """Print the JSON schema of the file, for editors, or the fields of one mapping in it, for people."""
    from dnsemu.cli.terminal import print_lines
    from dnsemu.config.file.fields import fields_of
    from dnsemu.config.file.schema import json_schema

    if mapping is None:
        print_json(json_schema())
        return
    try:
        print_lines(line for field in fields_of(mapping) for line in _lines_of(field))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _lines_of(field: Any) -> Iterator[Line]:
    """Yields the lines of one field: name, type, default; then its meaning."""
    default = ", required" if field.is_required else f"; default {field.default}" if field.default is not None else ""
    rule = f" ({field.rule})" if field.rule else ""
    yield Line(f"{field.name}: {field.type}{default}", hanging=4)
    yield Line(f"    {field.meaning}{rule}", hanging=4)


def read(
    files: Sequence[Path], *, as_json: bool, now: Callable[[], float] = time.time, skips_faulty: bool = False
) -> Any:
    """Reads and compiles files; faults in them end the command, listed with file and line.

    Args:
        files: the files' paths, or none.
        as_json: print the faults as JSON.
        now: clock for the time stamps of progress lines, in seconds since the epoch.
        skips_faulty: leave faulty entries out instead of ending the command.
    """
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


def print_warnings(warnings: Sequence[Any]) -> None:
    """Prints the warnings of files that were read."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def warn_if_nothing_is_hosted(loaded: Any) -> None:
    """Warns of files without a hosted zone, as the server would refuse every query."""
    if not loaded.published.world.hosted_zones:
        instead = "name a file with hosted_zones, or create one with the Route 53 API"
        print(f"warning: no hosted zone: every query is REFUSED; {instead}", file=sys.stderr)


def _error_json(error: Any) -> dict[str, Any]:
    return {
        key: getattr(error, key) for key in ("file", "line", "where", "id", "rule", "message", "instead", "sentence")
    }
