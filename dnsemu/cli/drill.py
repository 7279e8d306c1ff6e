"""`drill`: carries drills out, prints their course and verdicts, and writes reports."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.options import FAILED, REFUSED, count

NOT_CARRIED_OUT = 3

DrillFiles = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Drill files: populations, a timeline, expectations.")
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - is standard output.")
]
JUnit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")]


def drill(files: DrillFiles, json: Json = None, junit: JUnit = None) -> None:
    """Rehearse outages in virtual time: probes, decisions and clients are followed exactly, no endpoint is needed.

    The exit code is 1 if an expectation failed, 2 if a file is refused, 3 if a drill could not be carried out.
    """
    from dnsemu.cli.drill_tables import print_drill

    reports = [_carried_out(file) for file in files]
    if json is None or str(json) != "-":
        for report in reports:
            print_drill(report)
    _write(reports, json, junit)
    if not all(report["passed"] for report in reports):
        raise typer.Exit(FAILED)


def _carried_out(file: Path) -> dict[str, Any]:
    """Returns the report of one drill file."""
    from dnsemu.config.errors import FilesRefused
    from dnsemu.drill.file.reading import read_drill
    from dnsemu.drill.outcome import carry_out
    from dnsemu.drill.report import report
    from dnsemu.drill.running import CannotCarryOut
    from dnsemu.runtime.logs import errors_only

    try:
        with errors_only():
            return report(carry_out(*read_drill(file)))
    except FilesRefused as refused:
        for error in refused.errors:
            print(error, file=sys.stderr)
        print(f"refused: {count(len(refused.errors), 'error')}", file=sys.stderr)
        raise typer.Exit(REFUSED) from None
    except CannotCarryOut as failure:
        print(f"the drill could not be carried out: {failure}", file=sys.stderr)
        raise typer.Exit(NOT_CARRIED_OUT) from None


def _write(reports: Sequence[dict[str, Any]], json: Path | None, junit: Path | None) -> None:
    from json import dumps

    from dnsemu.drill.report import junit as junit_xml

    if json is not None:
        _write_text(json, dumps({"drills": reports}, indent=1, ensure_ascii=False) + "\n")
    if junit is not None:
        _write_text(junit, junit_xml(reports))


def _write_text(path: Path, text: str) -> None:
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}; name a file in a folder that exists", file=sys.stderr)
        raise typer.Exit(NOT_CARRIED_OUT) from None
