"""Every operation of the Route 53 API and the command that carries it out, and every table of rows."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import dnsemu.commands
from dnsemu.commands.context import Command
from dnsemu.commands.state import Table

_MODULES = [
    import_module(f"{dnsemu.commands.__name__}.{found.name}")
    for found in iter_modules(dnsemu.commands.__path__)
    if found.name != "table"
]

COMMANDS: dict[str, Command] = {name: command for m in _MODULES for name, command in getattr(m, "COMMANDS", {}).items()}
"""By the operation's name in the service model."""

TABLES: dict[str, Table[Any]] = {
    kept.name: kept for module in _MODULES for kept in vars(module).values() if isinstance(kept, Table)
}
"""By name."""


def is_read(operation: str) -> bool:
    """Whether an operation only looks."""
    return operation.startswith(("Get", "List", "Test"))
