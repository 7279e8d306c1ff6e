"""Domain names: text to wire form and back (R1–R8, A49–A54)."""

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.names import BadName, DName

LABELS = st.lists(st.binary(min_size=1, max_size=63), max_size=8).filter(lambda ls: sum(len(x) + 1 for x in ls) < 255)
WIRE = LABELS.map(lambda ls: DName((b"".join(bytes([len(x)]) + x for x in ls) + b"\0").lower()))
PLAIN = st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), min_size=1, max_size=6).map(".".join)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        pytest.param("www.example.com", b"\3www\7example\3com\0", id="R2 without trailing dot"),
        pytest.param("www.example.com.", b"\3www\7example\3com\0", id="R2 with trailing dot"),
        pytest.param("WWW.Example.COM", b"\3www\7example\3com\0", id="R3 letters are folded"),
        pytest.param(r"\127\127\127.example.com", b"\3www\7example\3com\0", id="R3 letters from escapes are folded"),
        pytest.param(r"a\056b.test", b"\3a.b\4test\0", id="R4 a dot inside a label"),
        pytest.param(r"a\000\377.test", b"\3a\0\xff\4test\0", id="R4 any byte"),
        pytest.param(r"a\9b.test", b"\4a\\9b\4test\0", id="A50 another backslash is itself"),
        pytest.param(r"a\400.test", b"\5a\\400\4test\0", id="A50 over 377 is no escape"),
        pytest.param("*.example.com", b"\1*\7example\3com\0", id="R7 wildcard"),
        pytest.param(r"\052.example.com", b"\1*\7example\3com\0", id="A50 raw and escaped are one"),
        pytest.param("_dmarc.a@b/c.test", b"\6_dmarc\5a@b/c\4test\0", id="A54 all printable ASCII"),
        pytest.param(".", b"\0", id="the root"),
    ],
)
def test_parse(text, wire):
    assert names.parse(text) == wire


@pytest.mark.parametrize(
    ("text", "code", "encountered"),
    [
        pytest.param("", "DomainNameEmpty", "", id="A186 empty"),
        pytest.param("a..b", "DomainLabelEmpty", "a..b", id="A52 empty label"),
        pytest.param(".a", "DomainLabelEmpty", ".a", id="A52 leading dot"),
        pytest.param("a..", "DomainLabelEmpty", "a..", id="A52 two trailing dots"),
        pytest.param("x" * 64 + ".test", "DomainLabelTooLong", "x" * 64, id="A428 a label of 64"),
        pytest.param("x" * 99 + ".test", "DomainLabelTooLong", "x" * 64, id="A52 a longer label is quoted as far"),
        pytest.param(".".join(["a" * 61] * 4) + ".abcdef", "DomainNameTooLong", ..., id="A428 a name of 254"),
        pytest.param("a b.test", "UnsupportedCharacter", " ", id="A52 space"),
        pytest.param("é.test", "UnsupportedCharacter", "?", id="A53 not Punycode"),
        pytest.param("a\x7f.test", "UnsupportedCharacter", "?", id="A52 delete"),
        pytest.param("a\n.test", "UnsupportedCharacter", "\n", id="A52 control character"),
    ],
)
def test_bad_names(text, code, encountered):
    with pytest.raises(BadName) as caught:
        names.parse(text)
    assert caught.value.code == code
    assert caught.value.encountered == (text if encountered is ... else encountered)
    assert str(caught.value) == f"{code} ({caught.value.reason}) encountered with '{caught.value.encountered}'"


def test_a428_the_longest_names_pass():
    """A51: a label of 63, a name of 253 characters."""
    name = ".".join(["a" * 61] * 4) + ".abcde"
    assert len(name) == 253
    assert len(names.parse(name)) == len(names.parse(name + ".")) == 255
    assert names.parse("x" * 63)[0] == 63


@given(WIRE)
def test_a49_r5_printed_names_are_read_back(name):
    """R5: the API form escapes all but `a-z 0-9 - _`; both forms are read back as the same name."""
    text = names.to_text(name)
    assert names.parse(text) == names.parse(names.display(name)) == name
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.\\")
    assert text.endswith(".")


@given(PLAIN, st.randoms(use_true_random=False))
def test_r3_case_and_escapes_do_not_matter(text, random):
    spelled = "".join(
        f"\\{ord(c):03o}" if c != "." and random.random() < 0.3 else random.choice((c.upper(), c.lower())) for c in text
    )
    assert names.parse(spelled) == names.parse(text)


@given(PLAIN)
def test_plain_names_agree_with_dnspython(text):
    assert names.parse(text) == dns.name.from_text(text.lower()).to_wire()


@pytest.mark.parametrize(
    ("data", "api", "people"),
    [
        pytest.param(b"\1*\4test\0", r"\052.test.", "*.test.", id="A49 wildcard"),
        pytest.param(b"\3a.b\4test\0", r"a\056b.test.", r"a\056b.test.", id="A49 dot in a label"),
        pytest.param(b"\3a@b\4test\0", r"a\100b.test.", "a@b.test.", id="A49 at sign"),
        pytest.param(b"\2_a\4te-t\0", "_a.te-t.", "_a.te-t.", id="R6 underscore is never escaped"),
        pytest.param(b"\0", ".", ".", id="the root"),
    ],
)
def test_texts(data, api, people):
    assert names.to_text(DName(data)) == api
    assert names.display(DName(data)) == people


@given(WIRE, WIRE)
def test_r10_at_or_below_is_label_by_label(name, ancestor):
    expected = tuple(names.labels(name))[-len(tuple(names.labels(ancestor))) or len(name) :] == tuple(
        names.labels(ancestor)
    )
    assert names.is_at_or_below(name, ancestor) == (expected or ancestor == names.ROOT)


@pytest.mark.parametrize(
    ("name", "ancestor", "below"),
    [
        pytest.param("www.shop.test", "shop.test", True, id="R10 below"),
        pytest.param("shop.test", "shop.test", True, id="R10 equal"),
        pytest.param("bookshop.test", "shop.test", False, id="R10 not by characters"),
        pytest.param("test", "shop.test", False, id="R10 above"),
        pytest.param(r"a\004shop.test", "shop.test", False, id="R10 a length byte inside a label is no boundary"),
    ],
)
def test_is_at_or_below(name, ancestor, below):
    assert names.is_at_or_below(names.parse(name), names.parse(ancestor)) is below


@given(WIRE)
def test_ancestors_go_up_to_the_root(name):
    found = list(names.ancestors(name))
    assert found[0] == name
    assert found[-1] == names.ROOT
    assert [len(list(names.labels(n))) for n in found] == list(range(len(list(names.labels(name))), -1, -1))


def test_join_and_wildcards():
    zone = names.parse("shop.test")
    assert names.join(names.parse("a.b"), zone) == names.parse("a.b.shop.test")
    assert names.wildcard_below(zone) == names.parse("*.shop.test")
    assert names.is_wildcard(names.parse("*.shop.test"))
    assert not names.is_wildcard(names.parse("*a.shop.test"))
    with pytest.raises(BadName, match="DomainNameTooLong"):
        names.join(names.parse(".".join(["a" * 60] * 4)), names.parse("a-longer-zone.test"))
