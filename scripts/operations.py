"""The operations of the Route 53 API as FIDELITY.md shows them: what carries each out, which clients' tests call it."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore import xform_name

from dnsemu.commands.registry import COMMANDS
from dnsemu.route53.model import Operation, service

CLIENTS = Path("e2e")
"""Below `tests`: what goes over the wire, by boto3 and other clients."""
REFUSING = (Path("dnsemu/commands"), CLIENTS)
"""Below `tests`: where refusals are asserted, by code."""


@dataclass(frozen=True, slots=True)
class OperationNotes:
    """What people wrote down about operations.

    `stores` says of an operation that is kept and shown, but has not the effect that Route 53 gives it, what is
    missing. `differs` names other differences. `on_request` says why error codes of the model come on request
    only.
    """

    stores: Mapping[str, str]
    differs: Mapping[str, str]
    on_request: Mapping[str, str]


def read_operation_notes(text: str) -> OperationNotes:
    """The key `operations` of notes.yaml."""
    raw: dict[str, Any] = yaml.safe_load(text).get("operations") or {}
    return OperationNotes(*(raw.get(key) or {} for key in ("stores", "differs", "on_request")))


def called_by(tests: Path) -> dict[str, list[str]]:
    """Operation → the client tests that call it, by its name in Python, or give that name to something that does."""
    names = {xform_name(name): name for name in service().operations}
    called: dict[str, list[str]] = {}
    for path in sorted((tests / CLIENTS).rglob("test_*.py")):
        found = set(_names(ast.parse(path.read_text()))) & names.keys()
        for name in found:
            called.setdefault(names[name], []).append(path.relative_to(tests).as_posix())
    return called


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                yield name


def asserted_codes(tests: Path) -> set[str]:
    """The error codes that tests of refusals write out."""
    modules = [path for room in REFUSING for path in (tests / room).rglob("test_*.py")]
    return {name for path in modules for name in _names(ast.parse(path.read_text()))} & documented_codes()


def documented_codes() -> set[str]:
    """Every error code that the model lists for some operation."""
    return {code for operation in service().operations.values() for code in operation.errors}


def section(tests: Path, notes: OperationNotes) -> str:
    """The part of FIDELITY.md about operations."""
    called = called_by(tests)
    rows = [_row(operation, called.get(operation.name, ()), notes) for operation in service().operations.values()]
    codes = [f"| {code} | {reason} |" for code, reason in sorted(notes.on_request.items())]
    return "\n".join(
        [
            _INTRODUCTION,
            "| operation | state | tested with clients by | known differences |",
            "|---|---|---|---|",
            *sorted(rows),
            "",
            "Error codes that the model lists and dnsemu sends only when told to (`POST /dnsemu/v1/api-errors`):",
            "",
            "| code | why |",
            "|---|---|",
            *codes,
            "",
        ]
    )


def _row(operation: Operation, tests: Iterable[str], notes: OperationNotes) -> str:
    name = operation.name
    state = "missing" if name not in COMMANDS else "stored only" if name in notes.stores else "implemented"
    where = ", ".join(f"`{test}`" for test in tests)
    differences = " · ".join(filter(None, [notes.stores.get(name), notes.differs.get(name)]))
    return f"| {name} | {state} | {where} | {differences} |"


_INTRODUCTION = """## Operations of the Route 53 API

*Implemented*: the operation does what Route 53's does. *Stored only*: it is checked, kept and shown as there, but what
ought to follow from it does not. A test compares this list with the service model of the installed botocore.
"""
