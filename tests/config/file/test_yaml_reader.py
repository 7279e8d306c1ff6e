"""YAML as plain data: the core schema, anchors, and what is refused."""

import pytest
import yaml

from dnsemu.config.file import yaml_reader
from dnsemu.config.file.documents import parse
from tests.config.file.refusals import refusal


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
    """Keys of mappings are never resolved: a location may be called 1."""
    assert parse("f.yaml", "1: a\ntrue: b\n").data == {"1": "a", "true": "b"}


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


@pytest.mark.parametrize("reader", [yaml_reader._EventReader, yaml.SafeLoader], ids=["libyaml", "without libyaml"])
@pytest.mark.parametrize("text", [r'a: "\ud800"', r'"\udfff": a'], ids=["a value", "a name"])
def test_yaml_has_no_surrogates(monkeypatch, reader, text):
    monkeypatch.setattr(yaml_reader, "_EventReader", reader)
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
