"""docs/error-texts.md lists every text of an error, and Route 53's texts stand in the rules that it cites."""

import ast
import re

import pytest

from dnsemu.commands.errors import ERRORS
from dnsemu.commands.record_sets.conversion import UNSUPPORTED
from tests.error_texts import ANY, rows
from tests.house.sources import MODULES, ROOT, room_of, tree

SPEC = [line for path in sorted((ROOT / "docs" / "spec").glob("*.md")) for line in path.read_text().splitlines()]
RULE = re.compile(r"(?:- \**|\| \**)([RHA]\d+[a-z]?(?:\.\d+)?)\b")
SENTENCE = re.compile(r"(?:…|'…'|[A-Z][\w-]*:?)(?: [^|\s]+){2}")
ROOMS = ("commands", "route53")
"""Rooms in which a sentence is the text of an error, or a part of one."""
IN_ONE_ROW = {
    *("dnsemu.commands.traffic.document", "dnsemu.commands.traffic.fields"),  # InvalidTrafficPolicyDocument
    *("dnsemu.route53.facets", "dnsemu.route53.invalid_input", "dnsemu.route53.validation"),  # the model's constraints
    "dnsemu.commands.validity",  # of snapshots and stores, which no client of the API sends
}
"""Modules whose texts are parts of one text with many forms."""
NO_ERRORS = {UNSUPPORTED}
"""Sentences that are values."""


def rules_with(text):
    """The rules in whose lines a text stands."""
    rule, found = None, set()
    for line in SPEC:
        if named := RULE.match(line):
            rule = named[1]
        if text in line:
            found.add(rule)
    return found


def test_both_tables_are_read():
    assert {row.rule is None for row in rows()} == {True, False}
    written = (ROOT / "docs" / "error-texts.md").read_text()
    assert len(rows()) == len(re.findall(r"^\|.*`.*` \|", written, re.MULTILINE))


def test_every_code_exists():
    assert {code for row in rows() for code in row.codes} - {"any"} <= ERRORS.keys()


def test_no_text_is_listed_twice():
    listed = [(code, row.text) for row in rows() for code in row.codes]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("row", [row for row in rows() if row.rule], ids=lambda row: f"{row.rule} {row.text}"[:60])
def test_a_text_of_route_53_stands_in_its_rule(row):
    found = rules_with(row.fixed)
    assert row.rule in found, f"it stands in {found or 'no rule'}"


def sentences():
    """Yields (module, text) of each string with three words or more and a capital that is no docstring."""
    for module, path in MODULES.items():
        if not room_of(module).startswith(ROOMS) or module in IN_ONE_ROW:
            continue
        nodes = list(ast.walk(tree(path)))
        skipped = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        skipped |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            if id(node) not in skipped and (text := literal(node)) and text not in NO_ERRORS and SENTENCE.match(text):
                yield module, text


def literal(node):
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else ANY for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_every_sentence_in_the_code_is_listed():
    texts = "\n".join(row.text for row in rows())
    missing = [f"{m}: {s}" for m, s in sentences() if max(s.split(ANY), key=len).strip() not in texts]
    assert not missing


def test_no_text_of_dnsemu_is_listed_that_the_code_no_longer_has():
    words = set(
        re.findall(r"\w{5,}", " ".join(filter(None, (literal(n) for p in MODULES.values() for n in ast.walk(tree(p))))))
    )
    assert not [row.text for row in rows() if not row.rule and not set(re.findall(r"\w{5,}", row.fixed)) <= words]
