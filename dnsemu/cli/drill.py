"""`drill`: carries drills out, prints their course and verdicts, and writes reports; or rehearses one outage."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.files import read
from dnsemu.cli.options import FAILED, REFUSED, Down, Places, count, refuse

NOT_CARRIED_OUT = 3

DrillFiles = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE", help="Drill files; with --down names to look up, all that may change without one."),
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - is standard output.")
]
JUnit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")]
Declared = Annotated[
    list[Path] | None,
    typer.Option("--file", metavar="FILE", help="With --down: what is hosted and probed; may be repeated."),
]
Lasting = Annotated[
    str | None,
    typer.Option("--for", metavar="DURATION", help="With --down: how long the outage lasts.", show_default="10m"),
]
Seeds = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=1000, help="With --down: sets of probe times to try.", show_default="5"),
]


def drill(
    files: DrillFiles = None,
    json: Json = None,
    junit: JUnit = None,
    file: Declared = None,
    down: Down = None,
    lasting: Lasting = None,
    place: Places = None,
    seeds: Seeds = None,
) -> None:
    """Rehearse outages in virtual time: probes, decisions and clients are followed exactly, no endpoint is needed.

    With --file and --down one outage is rehearsed without a drill file: the answers before, during and after it, and
    the seconds until each population moves. The exit code is 1 if an expectation failed, 2 if a file is refused, 3 if a
    drill could not be carried out.
    """
    if down:
        if junit is not None:
            refuse("--junit needs drill files, as an outage has no expectations", as_json=False)
        _outage(files or (), file or (), down, lasting, place or (), seeds, json)
        return
    if not files:
        refuse("name a drill file, or an outage: --file FILE --down PATTERN", as_json=False)
    if file or lasting or place or seeds:
        refuse("--file, --for, --place and --seeds belong to --down: write what is down too", as_json=False)
    _drills([Path(name) for name in files], json, junit)


def _drills(files: Sequence[Path], json: Path | None, junit: Path | None) -> None:
    from dnsemu.cli.drill_tables import print_drill
    from dnsemu.drill.report import junit as junit_xml

    if str(json) == str(junit) == "-":
        refuse("--json and --junit cannot both go to standard output: name a file for one", as_json=False)
    reports = [_carried_out(file) for file in files]
    if "-" not in (str(json), str(junit)):
        for report in reports:
            print_drill(report)
    if json is not None:
        _write_json(json, {"drills": reports})
    if junit is not None:
        _write_text(junit, junit_xml(reports))
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


def _outage(
    names: Sequence[str],
    files: Sequence[Path],
    down: Sequence[str],
    lasting: str | None,
    places: Sequence[str],
    seeds: int | None,
    json: Path | None,
) -> None:
    """Rehearses one outage, and prints or writes the report."""
    from dnsemu.cli.drill_tables import print_outage
    from dnsemu.drill.outage import DEFAULT_OUTAGE_US, DEFAULT_SEEDS, Outage, outage_report
    from dnsemu.explain.questions import BadQuestion
    from dnsemu.runtime.logs import errors_only

    if not files:
        refuse("--down needs --file FILE: what is hosted and probed", as_json=False)
    for_us = DEFAULT_OUTAGE_US if lasting is None else _micros(lasting)
    question = Outage(down, for_us, names, places, seeds or DEFAULT_SEEDS)
    declared = read(files, as_json=False)
    try:
        with errors_only():
            report = outage_report(question, declared)
    except BadQuestion as bad:
        refuse(str(bad), as_json=False)
    if json is None or str(json) != "-":
        print_outage(report)
    if json is not None:
        _write_json(json, report)


def _micros(lasting: str) -> int:
    from dnsemu.config.text.durations import parse_duration
    from dnsemu.drill.model import US_PER_S

    try:
        for_us = round(parse_duration(lasting) * US_PER_S)
    except ValueError as error:
        refuse(f"--for: {error}", as_json=False)
    if not for_us:
        refuse("--for: an outage lasts longer than 0s: write a duration such as 10m", as_json=False)
    return for_us


def _write_json(path: Path, data: Any) -> None:
    from json import dumps

    _write_text(path, dumps(data, indent=1, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}; name a file in a folder that exists", file=sys.stderr)
        raise typer.Exit(NOT_CARRIED_OUT) from None
