import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file import documents
from dnsemu.config.file.documents import parse
from dnsemu.config.shapes.base import snake


def refusal(file, raw):
    with pytest.raises(FilesRefused) as caught:
        parse(file, raw)
    (error,) = caught.value.errors
    return error


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("NO", "NO", id="Norway is a country"),
        pytest.param("yes", "yes", id="yes is text"),
        pytest.param("1:30", "1:30", id="no base 60"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("017", 17, id="a leading zero is decimal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("-12", -12, id="negative"),
        pytest.param("1.5", 1.5, id="float"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param("-.inf", float("-inf"), id="infinity"),
        pytest.param("192.0.2.1", "192.0.2.1", id="an address is text"),
        pytest.param("2001:db8::1", "2001:db8::1", id="an IPv6 address is text"),
        pytest.param("2026-11-21", "2026-11-21", id="a date is text"),
        pytest.param("1_000", "1_000", id="no underscores"),
        pytest.param("~", None, id="null"),
        pytest.param("TRUE", True, id="true"),
        pytest.param("False", False, id="false"),
        pytest.param("'1'", "1", id="quoted"),
        pytest.param("!!str 1", "1", id="tagged as text"),
    ],
)
def test_core_schema(text, value):
    data = parse("f.yaml", f"a: {text}").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


def test_nan_is_a_number():
    value = parse("f.yaml", "a: .NaN").data["a"]
    assert value != value


def test_names_are_always_text():
    """A location may be called 1, a mapping's name is never resolved."""
    assert parse("f.yaml", "1: a\ntrue: b\n").data == {"1": "a", "true": "b"}


@pytest.mark.parametrize("raw", [b"", b"# nothing\n", b"\xef\xbb\xbf"], ids=["empty", "a comment", "a byte order mark"])
def test_an_empty_file_is_none(raw):
    assert parse("f.yaml", raw).data is None


@pytest.mark.parametrize(
    ("raw", "line", "id"),
    [
        pytest.param("a: 1\nb: 2\na: 3", 3, "key-twice", id="a name twice"),
        pytest.param("a:\n  b: 1\n\tc: 2", 3, "yaml-syntax", id="a tab"),
        pytest.param("a: 1\nb: {c: 1", 2, "yaml-syntax", id="an open bracket"),
        pytest.param("a: 1\n---\nb: 2", 2, "several-documents", id="two documents"),
        pytest.param("a: 1\nb: *nowhere", 2, "yaml-alias", id="an alias without anchor"),
        pytest.param("a: &a\n  - *a", 2, "yaml-alias", id="an anchor inside itself"),
        pytest.param("a: 1\n<<: 3", 2, "yaml-alias", id="a merge of a number"),
        pytest.param("a: 1\nb: !!python/object:os.system x", 2, "yaml-tag", id="a foreign tag"),
        pytest.param("a: !!set {b}", 1, "yaml-tag", id="a set"),
        pytest.param("a: !!int '1'", 1, "yaml-tag", id="a number by tag"),
        pytest.param("? [a]\n: b", 1, "yaml-key", id="a list as name"),
        pytest.param("a:\n  " + "[" * 100_000, 2, "too-deep", id="deep lists"),
        pytest.param("a:\n  " + "{b: " * 100_000, 2, "too-deep", id="deep mappings"),
        pytest.param("- " * 100_000, 1, "too-deep", id="deep block lists"),
        pytest.param("a: 1\nb: " + "9" * 10_000, 2, "value-type", id="a number of thousands of digits"),
        pytest.param("a: 1\nb: \x00", 2, "yaml-syntax", id="a zero byte"),
        pytest.param(b"a: 1\nb: \xff", 2, "not-utf8", id="not UTF-8"),
        pytest.param("a: 1".encode("utf-16"), 1, "not-utf8", id="UTF-16"),
        pytest.param(bytes(range(128, 256)) * 100, 1, "not-utf8", id="binary"),
    ],
)
def test_yaml_refusals(raw, line, id):
    error = refusal("f.yaml", raw)
    assert (error.file, error.line, error.id) == ("f.yaml", line, id)


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


@pytest.mark.parametrize("reader", [documents._EventReader, yaml.SafeLoader], ids=["libyaml", "without libyaml"])
@pytest.mark.parametrize("text", [r'a: "\ud800"', r'"\udfff": a'], ids=["a value", "a name"])
def test_yaml_has_no_surrogates(monkeypatch, reader, text):
    monkeypatch.setattr(documents, "_EventReader", reader)
    error = refusal("f.yaml", f"x: 1\n{text}")
    assert error.line == 2
    assert error.id in ("surrogate", "yaml-syntax")


def test_tabs_are_explained():
    assert refusal("f.yaml", "a:\n\tb: 1").instead == "indent with spaces, not with tabs"


def test_aliases_cannot_explode():
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    error = refusal("f.yaml", laughs)
    assert (error.line, error.id) == (6, "yaml-alias")


def test_a_file_may_not_be_endless(monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    assert refusal("f.yaml", b"a: 1\n" * 3).id == "file-too-long"


def test_aliases_and_merges():
    document = parse(
        "f.yaml",
        """\
base: &base
  ttl: 60
  type: A
one:
  <<: *base
  ttl: 5
two: {<<: [{type: B}, *base], name: x}
three: *base
""",
    )
    assert document.data == {
        "base": {"ttl": 60, "type": "A"},
        "one": {"ttl": 5, "type": "A"},
        "two": {"type": "B", "ttl": 60, "name": "x"},
        "three": {"ttl": 60, "type": "A"},
    }
    lines = {path: document.find(path)[0] for path in [("one", "ttl"), ("one", "type"), ("two", "ttl"), ("three",)]}
    assert lines == {("one", "ttl"): 6, ("one", "type"): 3, ("two", "ttl"): 2, ("three",): 8}


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
"""All but what YAML 1.1 folds as line breaks: libyaml still does."""
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
    """Read as YAML, JSON text gives the same data, unless libyaml does not know a character."""
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


@pytest.mark.parametrize(
    ("pascal", "name"),
    [
        ("TTL", "ttl"),
        ("DNSName", "dns_name"),
        ("IPAddress", "ip_address"),
        ("EnableSNI", "enable_sni"),
        ("AWSRegion", "aws_region"),
        ("HealthCheckId", "health_check_id"),
        ("ResourceRecordSets", "resource_record_sets"),
        ("CloudWatchAlarmConfiguration", "cloud_watch_alarm_configuration"),
        ("record_sets", "record_sets"),
        ("name", "name"),
    ],
)
def test_fields_are_spelled_as_botocore_does(pascal, name):
    assert snake(pascal) == name
