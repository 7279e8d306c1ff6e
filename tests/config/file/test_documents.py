"""Documents: YAML or JSON as plain data, with line numbers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file import documents
from dnsemu.config.file.documents import parse
from dnsemu.config.shapes.base import snake
from tests.config.file.refusals import refusal


@pytest.mark.parametrize("raw", [b"", b"# nothing\n", b"\xef\xbb\xbf"], ids=["empty", "a comment", "a byte order mark"])
def test_an_empty_file_is_none(raw):
    assert parse("f.yaml", raw).data is None


@pytest.mark.parametrize(
    ("raw", "line", "id"),
    [
        pytest.param("", 1, "json-syntax", id="empty"),
        pytest.param('{"a": 1,\n}', 2, "json-syntax", id="a comma too many"),
        pytest.param('{"a": 1,\n "a": 2}', 2, "key-twice", id="a name twice"),
        pytest.param('{"a": NaN}', 0, "json-syntax", id="NaN"),
        pytest.param("[" * 100_000, 0, "too-deep", id="deep"),
        pytest.param('{"a": ' + "9" * 10_000 + "}", 0, "json-syntax", id="a number of thousands of digits"),
        pytest.param(b'{"a": "\xff"}', 1, "not-utf8", id="not UTF-8"),
        pytest.param('{"a": 1,\n "b": "\\ud800:1"}', 2, "surrogate", id="a lone high surrogate"),
        pytest.param('{"a": 1,\n "\\uDFFF": 1}', 2, "surrogate", id="a lone low surrogate in a name"),
        pytest.param('["\\ud83d\\ude00\\ude00"]', 1, "surrogate", id="a low surrogate behind a pair"),
    ],
)
def test_json_refusals(raw, line, id):
    error = refusal("f.JSON", raw)
    assert (error.file, error.line, error.id) == ("f.JSON", line, id)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(r'["\ud83d\ude00"]', "\U0001f600", id="a pair"),
        pytest.param(r'["\\ud800"]', r"\ud800", id="an escaped backslash"),
    ],
)
def test_json_surrogates_in_order(text, value):
    assert parse("f.json", text).data == [value]


def test_a_file_may_not_be_endless(monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    assert refusal("f.yaml", b"a: 1\n" * 3).id == "file-too-long"


LINED = """\
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: a,
         Weight: 3}
      - name: b
        resource_records:
          - x
          - y
"""


@pytest.mark.parametrize(
    ("path", "line", "where"),
    [
        pytest.param((), 1, "", id="the file"),
        pytest.param(("hosted_zones", 0), 2, "hosted_zones[0]", id="a list entry"),
        pytest.param(
            ("hosted_zones", 0, "record_sets", 0, "weight"), 5, "hosted_zones[0].record_sets[0].Weight", id="A"
        ),
        pytest.param(
            ("hosted_zones", 0, "record_sets", 1, "resource_records", 1),
            9,
            "hosted_zones[0].record_sets[1].resource_records[1]",
            id="a value",
        ),
        pytest.param(
            ("hosted_zones", 0, "record_sets", 1, "ttl"),
            6,
            "hosted_zones[0].record_sets[1].ttl",
            id="what is not there",
        ),
    ],
)
def test_find(path, line, where):
    assert parse("f.yaml", LINED).find(path, snake) == (line, where)


def test_json_lines():
    text = json.dumps({"hosted_zones": [{"name": "é\n", "record_sets": [{"TTL": 1}]}]}, indent="\t")
    document = parse("f.json", text)
    assert document.find(("hosted_zones", 0, "record_sets", 0, "ttl"), snake)[0] == 7


TEXTS = st.text(st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=["Cs"]))
"""All texts except for line breaks of YAML 1.1, which libyaml still folds."""
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_json_is_read_as_json(value):
    assert parse("f.json", json.dumps(value)).data == value


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), JSON_VALUES, max_size=4))
def test_json_is_yaml(value):
    """JSON text parsed as YAML gives the same data, unless libyaml refuses a character."""
    try:
        data = parse("f.yaml", json.dumps(value, ensure_ascii=False)).data
    except FilesRefused as refused:
        assert refused.errors[0].id == "yaml-syntax"  # noqa: PT017
    else:
        assert data == value


@given(st.text() | st.binary(), st.sampled_from(["f.yaml", "f.json"]))
def test_nothing_crashes(raw, file):
    try:
        document = parse(file, raw)
    except FilesRefused as refused:
        assert refused.errors  # noqa: PT017
    else:
        assert document.find(("a", 0, "b"))[0] in (0, 1)
