"""Dataclasses to JSON and back, and what is refused on the way back."""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal

import pytest
from hypothesis import given
from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.addresses import IPAddress
from dnsemu.config.names import DName
from dnsemu.store.codec import BadRow, codec_of, path_text
from tests.dnsemu.store.samples import Colour, Part, Piece, Thing, things, unhurried

GOOD = {
    "text": "t", "number": 1, "parts": [{"size": 1.5, "label": None}], "pair": ["a", 1], "either": {"is": "Piece", "size": 3},
    "either_type": "x", "colour": "red", "extra": {"k": [1, None]}, "counts": {"n": 1}, "is_good": True,
}  # fmt: skip


@unhurried
@given(things)
def test_any_row_survives_as_json(thing):
    codec = codec_of(Thing)
    assert codec.decode(json.loads(json.dumps(codec.encode(thing)))) == thing


def test_a_field_that_is_missing_takes_its_default():
    thing = codec_of(Thing).decode(GOOD)
    assert thing == Thing(
        "t", 1, (Part(1.5),), ("a", 1), Piece(3), "x", Colour.RED, {"k": [1, None]}, Map(n=1), is_good=True, later=7
    )


@pytest.mark.parametrize(("changed", "message"), [
    pytest.param({"newer": 1}, "newer: this version does not know this field", id="a field of a newer version"),
    pytest.param({"text": 1}, "text: a text is wanted, not 1", id="text"),
    pytest.param({"number": True}, "number: a whole number is wanted, not True", id="a boolean is no number"),
    pytest.param({"number": 1.5}, "number: a whole number is wanted, not 1.5", id="whole"),
    pytest.param({"is_good": 0}, "is_good: true or false is wanted, not 0", id="boolean"),
    pytest.param({"parts": {}}, "parts: a list is wanted, not {}", id="list"),
    pytest.param({"parts": [{"size": "x"}]}, "parts[0].size: a number is wanted, not 'x'", id="deep inside"),
    pytest.param({"parts": [{}]}, "parts[0].size: this field is missing", id="missing"),
    pytest.param({"parts": [3]}, "parts[0]: an object is wanted, not 3", id="object"),
    pytest.param({"pair": ["a"]}, "pair: a list of 2 is wanted, not ['a']", id="length"),
    pytest.param({"either": {"is": "Whole"}}, "either.is: one of Part, Piece is wanted, not 'Whole'", id="a kind of a newer version"),
    pytest.param({"either": {"is": []}}, "either.is: one of Part, Piece is wanted, not []", id="a kind that is no text"),
    pytest.param({"either": 1}, "either: an object is wanted, not 1", id="kind"),
    pytest.param({"either_type": None}, "either_type: one of int, str is wanted, not None", id="union"),
    pytest.param({"colour": "pink"}, "colour: one of red, blue is wanted, not 'pink'", id="enum"),
    pytest.param({"colour": {}}, "colour: one of red, blue is wanted, not {}", id="enum of another kind"),
    pytest.param({"counts": {"n": "x"}}, "counts.n: a whole number is wanted, not 'x'", id="mapping"),
    pytest.param({"counts": 1}, "counts: an object is wanted, not 1", id="no mapping"),
    pytest.param({"text": ["y" * 99]}, f"text: a text is wanted, not ['{'y' * 58}…", id="a long value is cut"),
])  # fmt: skip
def test_a_value_that_cannot_be_read_is_named(changed, message):
    with pytest.raises(BadRow) as error:
        codec_of(Thing).decode(GOOD | changed)
    assert str(error.value) == message


@pytest.mark.parametrize(("hint", "value", "stored"), [
    (DName, names.parse("*.a\\056b.example"), "*.a\\056b.example."),
    (IPAddress, ip_address("2001:db8::1"), "2001:db8::1"),
    (Literal["a", "b"], "a", "a"),
])  # fmt: skip
def test_types_that_json_lacks_are_stored_as_text(hint, value, stored):
    codec = codec_of(hint)
    assert codec.encode(value) == stored
    assert codec.decode(stored) == value
    for bad in ("..", 5, None):
        with pytest.raises(BadRow):
            codec.decode(bad)


@dataclass(frozen=True)
class Odd:
    field: set[str]


@pytest.mark.parametrize("hint", [Odd, complex, dict[int, str], int | tuple[int, ...]])
def test_a_type_that_cannot_be_stored_is_found_when_the_codec_is_made(hint: Any):
    with pytest.raises(TypeError):
        codec_of(hint)


def test_paths():
    assert path_text(("a", 3, "b", 0)) == "a[3].b[0]"


def test_the_keys_of_an_object_are_in_order():
    thing = codec_of(Thing).decode(GOOD | {"counts": {f"k{number}": number for number in (3, 1, 2, 9, 8, 7)}})
    assert list(codec_of(Thing).encode(thing)["counts"]) == ["k1", "k2", "k3", "k7", "k8", "k9"]
