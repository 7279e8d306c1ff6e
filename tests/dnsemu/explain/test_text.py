"""Explanations as text: the path taken is marked in front, lines are wrapped by words, signs survive any encoding."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.explain.lines import MIN_TEXT_COLUMNS, Line
from dnsemu.explain.text import brief_lines, explanation_lines
from dnsemu.explain.tree import explain
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.resources import compile_resource
from tests.builders import ANYONE, latency, primary, record_set, resource, secondary, target, weighted, zone
from tests.serving import dnsemu

W = "www.test"
CDN = "d222.cloudfront.net"
TREE = (
    latency(W, "us-east-1", id="use1", alias="us.test"),
    latency(W, "eu-west-1", id="euw1", alias="eu.test"),
    weighted("us.test", 1, "blue", alias="sorry.test", type_="A"),
    weighted("eu.test", 1, "green", values="192.0.2.2", check="g"),
    weighted("eu.test", 3, "red", values="192.0.2.3", check="r"),
    primary("sorry.test", values="192.0.2.1", check="b"),
    secondary("sorry.test", alias=CDN, alias_zone="Z0"),
)


def explained(*down, record_sets=TREE):
    catalog = Catalog.of([zone("test", *record_sets)], [compile_resource(resource(CDN, target("192.0.2.9")))])
    health = HealthSnapshot(1, Map(dict.fromkeys(down, Status.UNHEALTHY)))
    return explain(resolve(catalog, health, ANYONE, names.parse(W), 1), 24, lambda check: f"{check} in detail")


def told(explanation, columns=None):
    return [part for line in explanation_lines(explanation, columns) for part in line.wrapped(columns)]


def marked(explanation):
    """The first words behind each marker."""
    return [line.text.split()[1:4] for line in explanation_lines(explanation) if line.text.lstrip().startswith("→")]


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        pytest.param((), ["use1", "blue", "primary"], id="R72.1 the primary"),
        pytest.param(("b",), ["use1", "blue", "secondary", "192.0.2.9"], id="R72.2 the secondary"),
    ],
)
def test_the_path_taken_is_marked_in_front(down, expected):
    assert marked(explained(*down)) == [["100", "%", step] for step in expected]


def test_h162a_a_target_that_is_down_says_why():
    target_id = f"target/{CDN}./192.0.2.9"
    lines = [line.text for line in explanation_lines(explained("b", target_id))]
    (line,) = (line for line in lines if "192.0.2.9" in line and "unhealthy" in line)
    assert f"down with its failure domain: {target_id} in detail" in line


def test_a_branch_that_is_not_taken_shows_no_share():
    """R110: the unhealthy Region below is told, but nothing in it looks like a part of the answer."""
    far = (
        latency(W, "us-east-1", id="use1", alias="eu.test"),
        *TREE[1:],
        latency(W, "ap-northeast-1", values="192.0.2.7"),
    )
    explanation = explained("g", "r", record_sets=far)
    lines = list(explanation_lines(explanation))
    assert marked(explanation) == [["100", "%", "ap-northeast-1"]]
    below = [line for line in lines if "green" in line.text or "red" in line.text]
    assert below
    assert all("%" not in line.text and line.is_taken is False for line in below)
    heads = [line.text for line in lines if "weighted  eu.test." in line.text]
    assert heads
    assert all(head.endswith("(not taken: nothing below is healthy)") for head in heads)


def test_shares_are_those_of_all_answers():
    """R65: a quarter of a half is an eighth of the answers."""
    tree = (weighted(W, 1, "a", alias="eu.test", type_="A"), weighted(W, 1, "b", values="192.0.2.8"), *TREE[3:5])
    assert marked(explained(record_sets=tree)) == [
        ["50", "%", "a"],
        ["12.5", "%", "green"],
        ["37.5", "%", "red"],
        ["50", "%", "b"],
    ]


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        pytest.param((), "100 %  use1 / blue / primary → 192.0.2.1  www.test.  60  A", id="values"),
        pytest.param(("b",), f"100 %  use1 / blue / secondary → {CDN}. (192.0.2.9)  www.test.  60  A", id="a resource"),
    ],
)
def test_the_brief_form_is_the_path_to_each_answer(down, expected):
    assert [line.text.strip() for line in brief_lines(explained(*down))] == [expected]


def test_the_brief_form_of_no_answer():
    assert [line.text for line in brief_lines(explained(record_sets=[record_set("other.test")]))] == [
        "answer  NXDOMAIN: no record set is at the name or below it"
    ]


@given(st.integers(1, 200), st.sets(st.sampled_from(["b", "g", "r"])))
def test_lines_are_wrapped_by_words_at_any_width(columns, down):
    """No line is wider than the terminal unless it is one word, and no word is lost or cut."""
    explanation = explained(*down)
    wrapped = told(explanation, columns)
    assert all(len(line) <= columns or len(line.split()) == 1 for line in wrapped)
    words = [word for line in told(explanation) for word in line.split()]
    assert [word for line in wrapped for word in line.split()] == words


def test_continuation_lines_are_indented_as_far_as_there_is_room():
    line = Line("  → 100 %  " + "word " * 20, 13)
    assert {len(part) - len(part.lstrip()) for part in list(line.wrapped(60))[1:]} == {13}
    narrow = MIN_TEXT_COLUMNS + 2
    assert {len(part) - len(part.lstrip()) for part in list(line.wrapped(narrow))[1:]} == {2}


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "cp1252"])
def test_an_output_that_is_not_utf_8_gets_ascii(tmp_path, encoding):
    file = tmp_path / "zone.yaml"
    file.write_text(
        textwrap.dedent("""\
        hosted_zones:
          - name: shop.test
            record_sets:
              - {name: www, type: A, ttl: 1, set_identifier: "日本", weight: 1, resource_records: [192.0.2.1]}
        """),
        encoding="utf-8",
    )
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = dnsemu("explain", "www.shop.test", "--file", file, env=env, encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-> 100 %  ??" in done.stdout
    assert (
        r"\u65e5\u672c"
        in dnsemu("explain", "www.shop.test", "--file", file, "--json", env=env, encoding=encoding).stdout
    )
