"""Prose that needs no second reading, as far as words show it; CONTRIBUTING.md has the rules with examples."""

import ast
import re

from tests.house.sources import AREAS, ROOT

# Spelt so that this file does not match itself.
BANNED = re.compile(
    r"\b(whoe[v]er|whome[v]er|ane[w]|of (?:its|their) ow[n](?! accord)|there[b]y|nobod[y]|les[t]|whenc[e]|henc[e]|thu[s]"
    r"|hencefort[h]|behol[d])\b",
    re.IGNORECASE,
)
OPENING = re.compile(r"(?:What(?!-if)|Whether|How|Where|Who|Whose|Whom|When)\b")
"""Openings of a docstring that make a riddle of it: its first sentence has a subject and a verb, or only a verb."""

CODE = ("dnsemu", *AREAS, "scripts", "tests")
DOCUMENTS = (
    "*.md",
    "docs/**/*.md",
    "tests/**/*.md",
    "tests/scenarios/*/*.txt",
    "tests/scenarios/*/*.yaml",
    "examples/**/*",
    "Makefile",
    "pyproject.toml",
    ".ci/*",
    "Dockerfile",
)
EXEMPT = ("docs/spec/", "FIDELITY.md")
"""The specification quotes its sources, and FIDELITY.md is made from it."""


def modules():
    return [path for top in CODE for path in sorted((ROOT / top).rglob("*.py"))]


def texts():
    paths = {*modules(), *(path for pattern in DOCUMENTS for path in ROOT.glob(pattern) if path.is_file())}
    return [path for path in sorted(paths) if not str(path.relative_to(ROOT)).startswith(EXEMPT)]


def docstrings(tree):
    """Yields line and text of every docstring: of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield statement.lineno, text.strip()


def test_no_text_has_a_banned_word():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {word[0]}: {line.strip()[:80]}"
        for path in texts()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (word := BANNED.search(line))
    ]
    assert not found, "\n".join(found)


def test_no_docstring_opens_with_a_question_word():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0][:80]}"
        for path in modules()
        for line, text in docstrings(ast.parse(path.read_text()))
        if OPENING.match(text)
    ]
    assert not found, "\n".join(found)
