"""The product's modules as the house tests read them: names, paths, syntax trees, imports, rooms."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

AREAS = ("config", "policies", "healthcheck")
"""Folders at the top of the repository that are linked into the package `dnsemu`."""


def _modules() -> Iterator[tuple[str, Path]]:
    for top in ("dnsemu", *AREAS):
        prefix = () if top == "dnsemu" else ("dnsemu",)
        for path in sorted((ROOT / top).rglob("*.py")):  # rglob does not follow links
            parts = (*prefix, *path.relative_to(ROOT).with_suffix("").parts)
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES: dict[str, Path] = dict(_modules())
"""Every module of the product: dotted name → path."""


def is_package(module: str) -> bool:
    return MODULES[module].name == "__init__.py"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports_of(module: str) -> frozenset[str]:
    """The absolute names that a module imports: inside functions and under TYPE_CHECKING too."""
    found: set[str] = set()
    for node in ast.walk(tree(MODULES[module])):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: write imports absolutely"
            base = node.module or ""
            # `from package import module` imports the module.
            found.update(f"{base}.{n.name}" if f"{base}.{n.name}" in MODULES else base for n in node.names)
    return frozenset(found)


def room_of(module: str) -> str:
    """The room of a module: `zone`, `config.rdata`; a module that stands alone is its own room: `app`."""
    parts = module.split(".")[1:]
    if not parts:
        return "dnsemu"
    depth = 2 if parts[0] in AREAS else 1
    return ".".join(parts[:depth])
