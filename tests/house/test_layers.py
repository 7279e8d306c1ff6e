"""Imports point down, and the core knows no sockets, clocks, dice or logs."""

import ast
import re
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAY_IMPORT = {
    "config": {"config"},
    "policies": {"config", "policies"},
    "healthcheck": {"config", "healthcheck"},
    "dnsemu": {"config", "policies", "healthcheck", "dnsemu"},
}

CORE = (
    "config",
    "policies",
    *(
        f"healthcheck.{name}"
        for name in ("streak", "quorum", "calculated", "snapshot", "observation", "signals", "observed")
    ),
    *(f"healthcheck.{name}" for name in ("entry", "ledger", "history", "cloudwatch", "blockade", "durations")),
    *(f"dnsemu.{name}" for name in ("wire", "zone", "commands", "answer", "explain", "shares", "what_if", "traffic")),
    "dnsemu.force_matching",
)

OF_THE_RIM = {
    *("aiohttp", "asyncio", "concurrent", "http", "logging", "multiprocessing", "prometheus_client", "random"),
    *("secrets", "select", "signal", "socket", "ssl", "structlog", "subprocess", "threading", "time", "urllib"),
    "uvloop",
}


def modules():
    for package in MAY_IMPORT:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports_of(module):
    """The absolute names that a module imports, wherever in its text."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, [above, node.module]))
            # `from package import module` imports the module.
            yield from (f"{base}.{n.name}" if f"{base}.{n.name}" in MODULES else base for n in node.names)


def core():
    """The core as listed, and whatever of ours it imports."""
    found = {m for m in MODULES if m in MAY_IMPORT or any(m == core or m.startswith(core + ".") for core in CORE)}
    while more := {name for module in found for name in imports_of(module) if name in MODULES} - found:
        found |= more
    return sorted(found)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    ours = {name.split(".")[0] for name in imports_of(module)} & MAY_IMPORT.keys()
    assert ours <= MAY_IMPORT[module.split(".")[0]]


@pytest.mark.parametrize("module", core())
def test_the_core_imports_nothing_of_the_rim(module):
    assert not {name.split(".")[0] for name in imports_of(module)} & OF_THE_RIM


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_holds(module):
    text = MODULES[module].read_text()
    assert ast.get_docstring(ast.parse(text)), "a module opens with a docstring"


def test_what_the_packages_import_comes_with_them():
    """The wheel installed alone finds everything: what is neither ours nor Python's own comes with a dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed, more = set(), set(map(normal, project["dependencies"]))
    while more:
        needed |= more
        lines = (line for name in more for line in required_by(name))
        more = {normal(line) for line in lines if "extra ==" not in line} - needed
    distributions = packages_distributions()
    third_party = {name.split(".")[0] for module in MODULES for name in imports_of(module)} & distributions.keys()
    assert not {n for n in third_party - MAY_IMPORT.keys() if not needed & set(map(normal, distributions[n]))}
    assert "dnslib" in third_party


def required_by(distribution):
    try:
        return requires(distribution) or ()
    except PackageNotFoundError:  # for another platform or Python
        return ()


def normal(requirement):
    """The name in a requirement, as package indexes compare it."""
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")
