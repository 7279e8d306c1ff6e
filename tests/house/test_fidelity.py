"""FIDELITY.md is up to date with the rules, the tests and the notes."""

import re

import pytest

from scripts.fidelity import DOCUMENTS, PAGE, ROOT, Evidence, citations, cited_in, page, read_notes, rules_of

SPEC = ROOT / "docs" / "spec"


@pytest.fixture(scope="module")
def rules():
    return {rule.id: rule for name, letter in DOCUMENTS.items() for rule in rules_of((SPEC / name).read_text(), letter)}


def test_the_page_is_up_to_date():
    written, now = (ROOT / PAGE).read_text(), page()
    stale = sorted(set(written.splitlines()) ^ set(now.splitlines()))
    assert written == now, f"{PAGE} is stale, run `make fidelity`; lines that differ:\n" + "\n".join(stale[:10])


def test_every_cited_rule_exists(rules):
    families = {re.sub(r"\.\d+$", "", rule) for rule in rules}
    unknown = {
        rule: files for rule, files in citations(ROOT / "tests", rules).items() if rule not in rules.keys() | families
    }
    assert not unknown, "tests cite rules that docs/spec does not define"


def test_every_note_is_about_an_existing_rule(rules):
    notes = read_notes((SPEC / "notes.yaml").read_text())
    numbers = {re.match(r"[RHA]\d+", rule)[0] for rule in rules}
    exact = notes.unmet.keys() | notes.assumed.keys()
    # A note may cover all rows of a table (72.1 to 72.9) by their common number.
    assert exact <= rules.keys() | numbers
    assert notes.unmet_ranges.keys() & numbers


def test_no_rule_is_defined_twice(rules):
    defined = [r.id for name, letter in DOCUMENTS.items() for r in rules_of((SPEC / name).read_text(), letter)]
    assert len(defined) == len(set(defined)) == len(rules)


@pytest.mark.parametrize(
    ("line", "rule", "evidence"),
    [
        pytest.param("- R7. Text. [DomainNameFormat] [api:Shape]", "R7", Evidence.DOCUMENTED, id="a guide page"),
        pytest.param("- R7. Text. [Page] [obs:dig]", "R7", Evidence.OBSERVED, id="a capture outweighs the guide"),
        pytest.param("- R7. Text. [derived: 4 of 4; all]", "R7", Evidence.DERIVED, id="derived, with its check"),
        pytest.param("- R7. UNKNOWN: text [api:X]. Recommend: y.", "R7", Evidence.ASSUMED, id="opens with UNKNOWN"),
        pytest.param("- R7. Text. [rfc1034]", "R7", Evidence.ASSUMED, id="an RFC does not speak for Route 53"),
        pytest.param("- R7. `[obs:quoted]` text. [Page]", "R7", Evidence.DOCUMENTED, id="quoted text is no tag"),
        pytest.param("- **R7 (M)** Text [model; cap:x#1].", "R7", Evidence.OBSERVED, id="bold, with a level"),
        pytest.param("| Id | What | Source |\n|---|\n| R7.1 | x | derived |", "R7.1", Evidence.DERIVED, id="a row"),
        pytest.param("| Id | What | Answer |\n|---|\n| R7.1 | x | y |", "R7.1", Evidence.DERIVED, id="an example"),
        pytest.param("| Id | X |\n|---|\n| **R7** | x |\n\n[obs: all]", "R7", Evidence.OBSERVED, id="a table's source"),
    ],
)
def test_evidence_follows_from_the_source_tags(line, rule, evidence):
    (found,) = rules_of(line, "R")
    assert (found.id, found.evidence) == (rule, evidence)


# The sources below are assembled, so that this module cites no rule.
@pytest.mark.parametrize(
    ("source", "cited"),
    [
        pytest.param('"""Rule {R}72.1."""', {"72.1"}, id="a docstring"),
        pytest.param('pytest.param(1, id="{R}72.1 serves")', {"72.1"}, id="a case's id"),
        pytest.param('CASES = [("{R}72 serves", 1)]', {"72"}, id="a text that opens with a rule"),
        pytest.param('"""{R}72, {R}73: and ({R}74)."""', {"72", "73", "74"}, id="several"),
        pytest.param('"""{R}41–{R}57, {R}1-{R}3."""', set(), id="a range names nothing"),
        pytest.param('set_identifier = "{R}1"', set(), id="data is no claim"),
        pytest.param("def test_r72_1_r64_serves(): ...", {"72.1", "64"}, id="a test's name"),
        pytest.param("def test_router_2(): ...", set(), id="another name"),
        pytest.param("x = 1  # {R}72", set(), id="a comment is no claim"),
    ],
)
def test_citations_are_claims(source, cited):
    assert cited_in(source.replace("{R}", "R")) == {f"R{number}" for number in cited}


def test_a_scenario_cites_in_the_comments_of_its_answers(tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "answers.txt").write_text("# {R}62, {R}64.1\nwww A\n  {R}65\n".replace("{R}", "R"))
    (tmp_path / "weights" / "notes.txt").write_text("# {R}66".replace("{R}", "R"))
    rules = {f"R{number}" for number in (62, 64, 65, 66)}
    assert citations(tmp_path, rules) == {f"R{number}": ["weights/answers.txt"] for number in (62, 64)}
