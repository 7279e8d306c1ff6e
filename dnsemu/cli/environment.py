"""Environment variables of the form `DNSEMU_…`: those that no option reads are reported, as they are misspelt."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from dnsemu.config.text.suggestions import nearest

_OF_KUBERNETES = re.compile(r"DNSEMU_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_.+)?")
"""Variables that Kubernetes sets in every container beside a service named dnsemu."""
_OF_THE_TEST_SUITE = frozenset({"DNSEMU_ALL_TESTS", "DNSEMU_CRASH_SEED", "DNSEMU_TEST_ROUNDS"})


def warn_of_unknown(command: Any) -> None:
    """Prints a warning for each variable of this process that no option of a group's commands reads."""
    if hasattr(command, "commands"):
        for complaint in complaints(os.environ, known_variables(command)):
            print(f"warning: {complaint}", file=sys.stderr)


def known_variables(group: Any) -> set[str]:
    """Returns the variables that the options of all commands read."""
    found: set[str] = set()
    for command in group.commands.values():
        for parameter in command.params:
            names = parameter.envvar or ()
            found.update([names] if isinstance(names, str) else names)
    return found


def complaints(variables: Iterable[str], known: set[str]) -> Iterator[str]:
    """Yields a message for each variable that nothing reads."""
    for name in sorted(variables):
        is_known = name in known or name in _OF_THE_TEST_SUITE or _OF_KUBERNETES.fullmatch(name)
        if is_known or not name.startswith("DNSEMU_"):
            continue
        near = nearest(name, sorted(known))
        yield f"{name} is not a variable that dnsemu reads; " + (
            f"write {near}" if near else f"known are {', '.join(sorted(known))}"
        )
