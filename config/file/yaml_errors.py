"""Syntax errors of YAML in words for people: what stands wrong in the line, and what to write instead."""

import re
from collections.abc import Sequence
from typing import Any

INDENTATION = "begin lines of one list or mapping in one column, and what is below them further right"
NAME_AND_VALUE = "write name: value, with a blank after the colon"

_INDICATORS = "*&@%`!|>"
"""Characters with a meaning in YAML, or reserved, at the start of text without quotes."""
_ENTRY = re.compile(r"(?:- +)*")
_NAME = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'#:][^:#]*):(?= |$)""")
_GLUED = re.compile(r"[A-Za-z_]+:\S")


def in_words(error: Any, lines: Sequence[str]) -> tuple[int, str, str]:
    """Explains an error of PyYAML that has a mark.

    Args:
        error: a `yaml.MarkedYAMLError`.
        lines: the lines of the file.
    Returns:
        The line from 1, 0 if unknown; what is wrong, and what to write instead or nothing.
    """
    problem = str(error.problem or error.context or "this is no YAML")
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return 0, problem, ""
    at = min(mark.line, max(len(lines) - 1, 0))
    line = lines[at] if lines else ""
    message, instead = _explained(problem, str(error.context), at, mark.column, lines)
    if "\t" in line[: mark.column + 1] and not line[: mark.column].strip():
        message, instead = "a tab indents this line", "indent with spaces, not with tabs"
    elif "\u00a0" in line:
        instead = "replace the non-breaking spaces of this line with ordinary ones"
    return at + 1 if lines else 0, message, instead


def _explained(problem: str, context: str, at: int, column: int, lines: Sequence[str]) -> tuple[str, str]:
    line = lines[at] if lines else ""
    if (
        "cannot start any token" in problem
        or "expected alphabetic or numeric" in problem
        or "expected comment" in problem
    ):
        return _indicator(line, column)
    if problem.startswith("mapping values are not allowed"):
        return _colon(at, column, lines)
    if problem in ("could not find expected ':'", "while scanning a simple key"):
        return "a line without a colon stands among names with values", NAME_AND_VALUE
    if problem == "did not find expected key" and line[:column].strip():
        return f"text goes on after its closing quotation mark: {line[column:].strip()!r}", "quote all of the text"
    if "unexpected end of stream" in problem or "document indicator" in problem:
        return "a quotation mark is not closed", "write it at the end of the text, too"
    if "unknown escape character" in problem:
        return r"this backslash means nothing between double quotation marks", "write 'text' in single ones"
    if "expected ',' or" in problem:
        return _unclosed(problem, line)
    return _OTHERS.get(problem, (problem, ""))


_OTHERS = {
    "did not find expected key": ("the indentation fits no line above", INDENTATION),
    "did not find expected '-' indicator": (
        "the indentation fits no line above, or a list goes on without a hyphen",
        f"{INDENTATION}; begin each entry of a list with '- '",
    ),
    "found a tab character that violates indentation": ("a tab indents this line", "indent with spaces, not with tabs"),
    "block sequence entries are not allowed in this context": (
        "a list begins in the line of its name",
        "begin it on the next line, each entry with '- ', or write [a, b]",
    ),
    "did not find expected <document start>": ("something stands after the end of the file's content", "remove it"),
    "did not find expected node content": (
        "a bracket or a comma stands where a value belongs",
        "open each bracket before it is closed, and write one comma between entries",
    ),
    "found unexpected non-alphabetical character": ("a line cannot begin with %", "quote text that begins with %"),
    "found unknown directive name": ("a line cannot begin with %", "quote text that begins with %"),
}
"""libyaml's messages, in other words."""


def _indicator(line: str, column: int) -> tuple[str, str]:
    """Explains text without quotes that begins with a character of YAML's."""
    start = column if column < len(line) and line[column] in _INDICATORS else line.rfind(line[:column].rstrip()[-1:])
    text = re.split(r"[,}\]]|\s+#", line[max(start, 0) :])[0].strip()
    sign = text[:1]
    if sign not in _INDICATORS or not sign:
        return f"text cannot begin with {line[column : column + 1] or line.strip()[-1:]!r}", "quote it"
    return f"text without quotes cannot begin with {sign}", f'write "{text}" in quotes'


def _colon(at: int, column: int, lines: Sequence[str]) -> tuple[str, str]:
    """Explains a name with a colon where no name can stand."""
    line = lines[at]
    if _NAME.match(line[_ENTRY.match(line.lstrip()).end() + len(line) - len(line.lstrip()) : column].lstrip()):  # type: ignore[union-attr]
        return "a second name with a colon stands in this line", "begin it on the next line, or quote text with ': '"
    before = next((n for n in reversed(range(at)) if lines[n].strip() and not lines[n].lstrip().startswith("#")), None)
    if before is not None:
        content = _ENTRY.sub("", lines[before].strip(), count=1)
        if _GLUED.match(content):
            return f"there is no blank after the colon in line {before + 1}", NAME_AND_VALUE
        if not _NAME.match(content):
            return f"there is no colon in line {before + 1}: {content!r}", NAME_AND_VALUE
    return "this line is indented further than the one above, which has a value", INDENTATION


def _unclosed(problem: str, line: str) -> tuple[str, str]:
    closing = problem.rstrip()[-2:-1]
    opening = {"]": "[", "}": "{"}.get(closing, closing)
    message = f"{opening} is not closed before this, or a comma is missing"
    return message, f"write {closing} after the last entry, and commas between entries"
