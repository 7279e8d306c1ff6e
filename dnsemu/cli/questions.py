"""`explain` and `what-if`: questions to a running server, or to files without one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dnsemu.cli.completion import known, record_types, rules_to_require
from dnsemu.cli.files import read
from dnsemu.cli.options import (
    DEFAULT_SERVER,
    FAILED,
    AsJson,
    DecideFrom,
    Down,
    FailTogether,
    NamesToFail,
    Place,
    Places,
    Server,
    TypeToFail,
    ask,
    print_json,
    refuse,
)


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=known("names"), help="The name to look up.")],
    type_: Annotated[str, typer.Argument(metavar="TYPE", autocompletion=record_types, help="The record type.")] = "A",
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
            metavar="RULE",
            autocompletion=rules_to_require,
            help="A rule to keep, such as no-black-hole; may be repeated.",
            show_default=False,
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


def _explain_from_files(files: Sequence[Path], question: dict[str, str], *, as_json: bool) -> Any:
    from dnsemu.explain.questions import BadQuestion, explain_question
    from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot

    published = read(files, as_json=as_json).published
    try:
        return explain_question(published, HealthSnapshot(), question, lambda _check: "not probed, taken as healthy")
    except BadQuestion as bad:
        refuse(str(bad), as_json=as_json)


def _what_if_from_files(files: Sequence[Path], asked: Any, *, as_json: bool) -> Any:
    from dnsemu.cli.what_if import run_with_bar
    from dnsemu.explain.questions import BadQuestion
    from dnsemu.what_if.plan import TooMuchWork, what_if

    published = read(files, as_json=as_json).published
    try:
        work = what_if(published, asked.names, asked.type, asked.fail, down=asked.down, places=asked.places)
        return run_with_bar(work)
    except (BadQuestion, TooMuchWork) as refusal:
        refuse(str(refusal), as_json=as_json)
