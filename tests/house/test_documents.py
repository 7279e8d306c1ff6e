"""The documents name what exists: paths, links, dotted names; every room stands in ARCHITECTURE.md."""

import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.sources import MODULES, ROOT
from tests.house.test_rooms import ROOMS

ARCHITECTURE = ROOT / "ARCHITECTURE.md"
DOCUMENTS = [ROOT / "README.md", ARCHITECTURE, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKED = [*DOCUMENTS, ROOT / "DECISIONS.md", ROOT / "CHANGELOG.md"]

PATH = re.compile(r"(?:dnsemu|config|policies|healthcheck|tests|docs|examples|scripts|\.ci)/[\w./-]*")
DOTTED = re.compile(r"dnsemu(?:\.\w+)+")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")

in_documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@cache
def prose(document):
    """The text without fenced blocks."""
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)


def quoted(document):
    """The words in back-ticks."""
    return re.findall(r"`([^`\n]+)`", prose(document))


def anchors(document):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def path_of_room(room):
    """The folder of a room with a slash, or its module: `config/rdata/`, `dnsemu/app.py`."""
    if room == "dnsemu":
        return "dnsemu/__init__.py"
    path = MODULES[f"dnsemu.{room}"].relative_to(ROOT)
    return f"{path.parent}/" if path.name == "__init__.py" else str(path)


@in_documents
def test_every_path_exists(document):
    paths = [word for word in quoted(document) if PATH.fullmatch(word)]
    assert not [path for path in paths if not (ROOT / path).exists()]


@in_documents
def test_every_dotted_name_exists(document):
    missing = []
    for name in quoted(document):
        if not DOTTED.fullmatch(name) or name in MODULES:
            continue
        module, _, attribute = name.rpartition(".")
        if module not in MODULES or not hasattr(importlib.import_module(module), attribute):
            missing.append(name)
    assert not missing


@pytest.mark.parametrize("document", LINKED, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    broken = []
    for target, anchor in LINK.findall(prose(document)):
        path = (document.parent / target).resolve() if target else document
        if not path.exists() or (anchor and anchor not in anchors(Path(path))):
            broken.append(f"{target}#{anchor}" if anchor else target)
    assert not broken


def test_the_architecture_lists_the_rooms():
    rows = re.findall(r"^\| (`[^|]+`) \|", prose(ARCHITECTURE), re.MULTILINE)
    listed = [path for row in rows for path in re.findall(r"`([^`]+)`", row)]
    assert sorted(listed) == sorted(map(path_of_room, ROOMS))
