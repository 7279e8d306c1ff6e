"""Writes the part of FIDELITY.md about operations of the Route 53 API: the state of each, and its client tests."""

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
"""Folder of tests that use boto3 and other clients, below `tests`."""
REFUSING = (Path("dnsemu/commands"), CLIENTS)
"""Folders of tests that assert error codes, below `tests`."""


@dataclass(frozen=True, slots=True)
class OperationNotes:
    """Notes of the maintainers about operations.

    `stores` holds operations whose input is stored and shown without Route 53's effect, and the missing effect.
    `differs` holds other differences. `on_request` holds error codes that are sent only on request, and the reason.
    """

    stores: Mapping[str, str]
    differs: Mapping[str, str]
    on_request: Mapping[str, str]


def read_operation_notes(text: str) -> OperationNotes:
    """Reads the key `operations` of notes.yaml."""
    raw: dict[str, Any] = yaml.safe_load(text).get("operations") or {}
    return OperationNotes(*(raw.get(key) or {} for key in ("stores", "differs", "on_request")))


def called_by(tests: Path) -> dict[str, list[str]]:
    """Maps each operation to the client tests that name its Python method."""
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
    """Returns the error codes that tests assert."""
    modules = [path for room in REFUSING for path in (tests / room).rglob("test_*.py")]
    return {name for path in modules for name in _names(ast.parse(path.read_text()))} & documented_codes()


def documented_codes() -> set[str]:
    """Returns all error codes that the model lists for operations that have a command."""
    return {
        code for operation in service().operations.values() if operation.name in COMMANDS for code in operation.errors
    }


def section(tests: Path, notes: OperationNotes) -> str:
    """Generates the part of FIDELITY.md about operations."""
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
    state = "not there (501)" if name not in COMMANDS else "stored only" if name in notes.stores else "implemented"
    where = ", ".join(f"`{test}`" for test in tests)
    differences = " · ".join(filter(None, [notes.stores.get(name), notes.differs.get(name)]))
    return f"| {name} | {state} | {where} | {differences} |"


_INTRODUCTION = """## Operations of the Route 53 API

*Implemented*: the operation does what Route 53's does. *Stored only*: it is checked, kept and shown as there, but what
ought to follow from it does not. *Not there*: calls answer 501 `NotImplemented`. A test compares
this list with the service model of the installed botocore.
"""
