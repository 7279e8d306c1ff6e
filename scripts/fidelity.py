"""Writes FIDELITY.md: each rule of docs/spec with its evidence, its state and the tests that cite it.

Rules come from docs/spec/*.md, unmet and assumed rules from docs/spec/notes.yaml, citations from the ids, names and
docstrings in tests/, operations of the API from the table of commands.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml

from scripts.operations import read_operation_notes, section

ROOT = Path(__file__).resolve().parent.parent
PAGE = "FIDELITY.md"
DOCUMENTS = {"routing.md": "R", "health-checks.md": "H", "api.md": "A"}
"""The documents in the page's order, with the letter of the rules that each defines."""

SCENARIO = "answers.txt"
"""The expected answers of a scenario, whose comments cite the rules that it follows."""

SHORT_TEXT = 90

_ID = r"[RHA]\d+[a-z]?(?:\.\d+)?"
_ITEM = re.compile(rf"- (?:\*\*)?(?P<id>{_ID})\b\.?(?: \([MSO]\))?(?:\*\*)? *(?P<text>.+)")
_ROW = re.compile(rf"\| (?:\*\*)?(?P<id>{_ID})(?:\*\*)? \|(?P<text>.+)\|$")
_CITED = re.compile(rf"(?<![\w.–…/-]){_ID}(?![\w–…-]|\.\d)")
_CODE = re.compile(r"`[^`]*`")
_BRACKETS = re.compile(r"\[([^\]]+)\]")
_RANGE = re.compile(r"([RHA])(\d+)-\1(\d+)")


class Evidence(StrEnum):
    """The source of a rule about Route 53, strongest first; a rule with several has the strongest."""

    OBSERVED = "observed"
    DOCUMENTED = "documented"
    DERIVED = "derived"
    ASSUMED = "assumed"


class State(StrEnum):
    """The state of a rule in dnsemu."""

    TESTED = "tested"
    UNMET = "unmet"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its opening words and its evidence."""

    id: str
    text: str
    evidence: Evidence
    is_partly_assumed: bool


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes of the maintainers: reasons for unmet rules, and rules whose evidence is weaker than their text says."""

    unmet: Mapping[str, str]
    unmet_ranges: Mapping[str, str]
    assumed: Mapping[str, str]


def rules_of(document: str, letter: str) -> Iterator[Rule]:
    """Yields the rules that a document defines, in its order.

    Args:
        document: the whole text.
        letter: the letter of its ids; a list item that opens with another letter's id is only about that rule.
    """
    blocks = [block.strip() for block in document.split("\n\n")]
    previous = Evidence.ASSUMED
    for block, after, then in zip(blocks, [*blocks, ""][1:], [*blocks, "", ""][2:], strict=True):
        header = next((line for line in block.splitlines() if line.startswith("|")), "")
        # A table may carry one source for all its rows, in brackets right below it.
        below = after if after.startswith("[") else ""
        # A rule that ends in a colon has its table next, and its sources in the text that closes it.
        closing = "" if then.startswith("-") else then.split("\n- ", 1)[0]
        for line in block.splitlines():
            found = _ITEM.match(line) or _ROW.match(line)
            if found is None or not found["id"].startswith(letter):
                continue
            text = found["text"].strip()
            if line[0] == "|":
                evidence = _evidence_of_row(text, header, below, previous)
            else:
                evidence = _evidence_of(text) or (_evidence_of(closing) if text.endswith(":") else None)
            evidence = evidence or Evidence.ASSUMED
            is_partly_assumed = "UNKNOWN" in text and evidence is not Evidence.ASSUMED
            yield Rule(found["id"], _short(text), evidence, is_partly_assumed)
            previous = evidence


def _evidence_of(text: str) -> Evidence | None:
    """Returns the evidence named by source tags, None without tags; a text that opens with UNKNOWN is assumed."""
    prose = _CODE.sub("", text)
    if re.match(r"\W*UNKNOWN", prose):
        return Evidence.ASSUMED
    return _strongest(part for tags in _BRACKETS.findall(prose) for part in _parts(tags))


def _parts(tags: str) -> list[str]:
    # `[derived: …]` goes on in prose: how it was checked.
    return ["derived"] if tags.startswith("derived") else re.split(r"[;,]", tags)


def _evidence_of_row(text: str, header: str, below: str, previous: Evidence) -> Evidence | None:
    if own := _evidence_of(text):
        return own
    last = text.rsplit("|", 1)[-1].strip()
    if re.search(r"\| Source \|$", header):
        return previous if last == "same" else _strongest(_parts(last))
    if shared := _evidence_of(below):
        return shared
    # Worked examples follow from the rules that they illustrate, and so does a row that names another rule.
    is_example = re.search(r"\| (Answer|Answer size|Expect) \|$", header)
    return Evidence.DERIVED if is_example or re.search(rf"\b{_ID}\b", _CODE.sub("", text)) else None


def _strongest(tags: Iterable[str]) -> Evidence | None:
    named = {_class_of(tag.strip()) for tag in tags if tag.strip()}
    return next((evidence for evidence in Evidence if evidence in named), None)


def _class_of(tag: str) -> Evidence:
    if re.match(r"obs\b|cap\b|pf\b|LS\b", tag) or re.search(r"\w#\d", tag):
        return Evidence.OBSERVED
    if re.match(r"derived|moto|octodns|tf\b|terraform", tag) or re.match(_ID, tag):
        return Evidence.DERIVED
    # An RFC speaks for DNS, not for Route 53.
    return Evidence.ASSUMED if re.match(r"rfc\d|UNKNOWN|ours", tag) else Evidence.DOCUMENTED


def _short(text: str) -> str:
    """Returns the rule's opening as a plain table cell of at most about `SHORT_TEXT` characters."""
    untagged = re.sub(r"(`[^`]*`)|\s*\[[^\]]*\]", lambda found: found[1] or "", text)
    plain = re.sub(r"[*_]{1,2}(\b[^*_]+\b)[*_]{1,2}(?!\w)", r"\1", untagged).replace("`", "")
    plain = re.sub(r"\s+", " ", plain.replace(" |", " ·").replace("|", "·")).strip(" ·")
    if len(plain) > SHORT_TEXT:
        plain = plain[:SHORT_TEXT].rsplit(" ", 1)[0].rstrip(" ,;:(·") + " …"
    return re.sub(r"([*_<>\[\]\\~])", r"\\\1", plain)


def cited_in(source: str) -> set[str]:
    """Returns the rule ids that a test module cites: in docstrings, case ids, test names, and at the start of texts.

    A range such as `R41–R57` cites nothing: it is unknown which of its rules the test checks.
    """
    tree = ast.parse(source)
    claims: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                claims += [ast.get_docstring(node) or "", _cited_by_name(name)]
            case ast.Module() | ast.ClassDef():
                claims.append(ast.get_docstring(node) or "")
            case ast.keyword(arg="id" | "ids"):
                texts = (leaf.value for leaf in ast.walk(node.value) if isinstance(leaf, ast.Constant))
                claims += [text for text in texts if isinstance(text, str)]
            case ast.Constant(value=str(text)) if re.match(rf"{_ID}[ :,]", text):
                claims.append(text)
    return {cited for claim in claims for cited in _CITED.findall(claim)}


def _cited_by_name(name: str) -> str:
    """`test_r72_1_h64_…` → `R72.1 H64`."""
    opening = re.match(r"test_((?:[rha]\d+[a-z]?_(?:\d+_)?)*)", name)
    ids = re.findall(r"([rha])(\d+[a-z]?)_(?:(\d+)_)?", opening[1]) if opening else []
    return " ".join(letter.upper() + ".".join(filter(None, numbers)) for letter, *numbers in ids)


def citations(tests: Path, rules: Collection[str]) -> dict[str, list[str]]:
    """Maps each rule id to the files below `tests` that cite it, sorted.

    `R57.1` counts as the first case of R57 if the rules have no such row.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("*")):
        for rule in {_defined(rule, rules) for rule in _cited_by(path)}:
            found.setdefault(rule, []).append(path.relative_to(tests).as_posix())
    return found


@cache
def _cited_by(path: Path) -> frozenset[str]:
    """Returns the rule ids that a file cites; cached, as the page and its tests read all files several times."""
    if path.suffix == ".py":
        return frozenset(cited_in(path.read_text()))
    if path.suffix in {".yaml", ".yml"}:
        return frozenset(_CITED.findall(path.read_text()))
    if path.name == SCENARIO:
        return frozenset(
            rule for line in path.read_text().splitlines() if line[:1] == "#" for rule in _CITED.findall(line)
        )
    return frozenset()


def _defined(cited: str, rules: Collection[str]) -> str:
    parent = cited.split(".")[0]
    return parent if cited not in rules and parent in rules else cited


def read_notes(text: str) -> Notes:
    """Reads notes.yaml; a key is a rule id, or a range such as `R83-R89`, which applies to its untested rules."""
    raw = yaml.safe_load(text)
    exact: dict[str, str] = {}
    ranges: dict[str, str] = {}
    for key, reason in (raw.get("unmet") or {}).items():
        span = _RANGE.fullmatch(key)
        if span is None:
            exact[key] = reason
        else:
            ranges |= {f"{span[1]}{n}": reason for n in range(int(span[2]), int(span[3]) + 1)}
    return Notes(exact, ranges, raw.get("assumed") or {})


def state_of(rule: Rule, notes: Notes, cited: Mapping[str, list[str]]) -> tuple[State, str]:
    """Returns a rule's state, and its last cell: the tests, or why there are none."""
    number = rule.id.split(".", 1)[0].rstrip("abc")
    files = cited.get(rule.id, [])
    where = ", ".join(f"`{file}`" for file in files)
    if reason := notes.unmet.get(rule.id):
        return State.UNMET, " · ".join(filter(None, [reason, where]))
    if files:
        return State.TESTED, where
    if reason := notes.unmet_ranges.get(number):
        return State.UNMET, reason
    return State.UNTESTED, ""


def page(root: Path = ROOT) -> str:
    """Generates FIDELITY.md."""
    spec = root / "docs" / "spec"
    noted = (spec / "notes.yaml").read_text()
    notes = read_notes(noted)
    documents = {name: (spec / name).read_text() for name in DOCUMENTS}
    rules = {name: list(rules_of(documents[name], letter)) for name, letter in DOCUMENTS.items()}
    cited = citations(root / "tests", {rule.id for defined in rules.values() for rule in defined})
    summary, tables = [], []
    for name, document in documents.items():
        title = document.splitlines()[0].removeprefix("# ")
        evidences: Counter[Evidence] = Counter()
        states: Counter[State] = Counter()
        rows = ["| rule | says | evidence | state | tests, or why none |", "|---|---|---|---|---|"]
        for rule in rules[name]:
            evidence = Evidence.ASSUMED if rule.id in notes.assumed else rule.evidence
            state, where = state_of(rule, notes, cited)
            evidences[evidence] += 1
            states[state] += 1
            strength = f"{evidence}, in part assumed" if rule.is_partly_assumed else evidence
            last = " · ".join(filter(None, [where, notes.assumed.get(rule.id)]))
            rows.append(f"| {rule.id} | {rule.text} | {strength} | {state} | {last} |")
        tables.append(f"## {title}\n\n[{name}](docs/spec/{name})\n\n" + "\n".join(rows) + "\n")
        counts = [states.total(), *(states[s] for s in State), *(evidences[e] for e in Evidence)]
        summary.append(f"| [{name}](docs/spec/{name}) | " + " | ".join(map(str, counts)) + " |")
    heads = ["document", "rules", *State, *Evidence]
    head = f"| {' | '.join(heads)} |\n|---{'|---:' * (len(heads) - 1)}|"
    operations = section(root / "tests", read_operation_notes(noted))
    return "\n".join([_INTRODUCTION, head, *summary, "", *tables, operations])


_INTRODUCTION = """# Fidelity

How far dnsemu behaves as Route 53 does: one line a rule of [docs/spec](docs/spec/README.md). Generated by
`make fidelity` from the rules, the tests that name them and [notes.yaml](docs/spec/notes.yaml); do not edit.

Evidence says how we know that Route 53 behaves so. *Observed*: captures of the real service. *Documented*: AWS's guide,
API reference or service model. *Derived*: follows from other rules or from the data. *Assumed*: the rule names
no source, or says that none settles it and what we chose; *in part assumed* marks a rule with such a corner.
State says how dnsemu stands to it. *Tested*: a test names the rule and would fail without it. *Unmet*: not so yet, and
why. *Untested*: no test names it, so nothing is promised.
"""


def main() -> int:
    """Writes the page, and prints if it changed."""
    path, text = ROOT / PAGE, page()
    is_fresh = path.exists() and path.read_text() == text
    path.write_text(text)
    print(f"{PAGE} {'is up to date' if is_fresh else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
