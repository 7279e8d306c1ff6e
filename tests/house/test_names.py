"""Names and where they come from: one class, one name; nothing private crosses a module; registries are literal."""

import ast
from collections import defaultdict

from dnsemu.commands import errors
from dnsemu.commands.errors.kinds import ApiError
from tests.house.sources import MODULES, imports_of, tree

SCANNING = {"pkgutil", "importlib.import_module"}
"""Ways to find modules while the program runs. Registries name what they hold, so that a reader finds it."""


def test_a_public_class_name_occurs_once():
    """One word means one thing. There is no exception at present; a new one needs its reason here."""
    homes = defaultdict(list)
    for module, path in MODULES.items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(module)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def test_no_module_imports_a_private_name():
    found = [
        f"{module} imports {alias.name} from {node.module}"
        for module, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dnsemu"
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert not found


def test_no_registry_is_built_by_scanning_modules():
    found = [f"{module} imports {name}" for module in MODULES for name in imports_of(module) & SCANNING]
    found += [
        f"{module}:{node.lineno} calls {ast.unparse(node.func)}"
        for module, path in MODULES.items()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}
    ]
    assert not found


def test_errors_of_the_api_are_in_one_tree():
    """Each is defined in `dnsemu.commands.errors`, is a leaf of the tree, and stands in the picture at the room's head."""
    elsewhere = [error for error in _descendants(ApiError) if not error.__module__.startswith(errors.__name__)]
    leaves = {error.code for error in _descendants(ApiError) if not error.__subclasses__()}
    missing = {name for name in leaves if name not in errors.__doc__.replace(",", " ").split()}
    assert (elsewhere, missing) == ([], set())
    assert errors.ERRORS.keys() == leaves


def _descendants(kind):
    for below in kind.__subclasses__():
        yield below
        yield from _descendants(below)
