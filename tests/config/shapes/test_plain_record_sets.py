"""The fast path for plain record sets gives the same as the general path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.shapes.base import validate
from dnsemu.config.shapes.plain_record_sets import parse_plain
from dnsemu.config.shapes.record_sets import MAX_TTL_S, RecordSetShape, convert

ZONE = names.parse("example.test")

NAMES = st.sampled_from(
    ["www", "@", "a.b", "*", "WWW", "example.test", "x.example.test", "x.example.test.", "elsewhere.test.", ".", "",
     "a..b", "x" * 64, r"\052.x", "a b", "é", "notexample.test", 7, None]
)  # fmt: skip
TYPES = st.sampled_from(["A", "AAAA", "CNAME", "TXT", "MX", "NS", "SOA", "CAA", "a", "ANY", "", 1, None])
TTLS = st.sampled_from([0, 60, MAX_TTL_S, MAX_TTL_S + 1, -1, True, 1.0, "60", None])
VALUES = st.sampled_from(
    ["192.0.2.1", "192.0.2.01", "192.0.2.256", " 192.0.2.1", "192.0.2.1 ", "1.2.3", "1.2.3.4.5", "１.2.3.4", "2001:db8::1",
     "::ffff:192.0.2.1", "www.example.net", "www.example.net.", '"text"', '"a" "b"', "text", "10 mail.example.net",
     'issue "x"', '0 issue "x"', "", "x" * 4001, "\ud800", 1, None, {"value": "192.0.2.1"}]
)  # fmt: skip
ENTRIES = st.fixed_dictionaries(
    {"name": NAMES, "type": TYPES, "ttl": TTLS, "resource_records": st.lists(VALUES, max_size=3) | st.none() | VALUES},
    optional={
        "weight": st.just(1),
        "set_identifier": st.just("a"),
        "TTL": st.just(60),
        "multi_value_answer": st.booleans(),
    },
)


def parse_generally(entry):
    """Reads an entry with its shape; returns the record set or None, and problems."""
    shape, problems = validate(RecordSetShape, entry)
    return (None, problems) if shape is None else convert(shape, ZONE, "Z1", {})


@given(ENTRIES)
def test_it_agrees_with_the_general_path(entry):
    plain = parse_plain(entry, ZONE)
    if plain is not None:
        assert (plain, []) == parse_generally(entry)


IPV4_PARTS = st.integers(-1, 300).map(str) | st.sampled_from(
    ["00", "01", "", " 1", "1 ", "+1", "1_0", "0x1", "²", "256"]
)


@given(st.lists(IPV4_PARTS, min_size=3, max_size=5).map(".".join))
def test_it_reads_the_same_addresses_as_the_general_path(address):
    entry = {"name": "www", "type": "A", "ttl": 60, "resource_records": [address]}
    assert parse_plain(entry, ZONE) == parse_generally(entry)[0]


@pytest.mark.parametrize(
    ("type", "value"),
    [("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("CNAME", "www.example.net"), ("TXT", '"text"'), ("MX", "1 a.test")],
)
def test_it_reads_the_most_common_values(type, value):
    entry = {"name": "www", "type": type, "ttl": 60, "resource_records": [value]}
    assert parse_plain(entry, ZONE) == parse_generally(entry)[0] is not None


@pytest.mark.parametrize(
    "more", [{"weight": 1}, {"set_identifier": "a"}, {"ttl": None}, {"resource_records": []}, {"TTL": 1}, {"name": 1}]
)
def test_it_leaves_other_entries_to_the_general_path(more):
    entry = {"name": "www", "type": "A", "ttl": 60, "resource_records": ["192.0.2.1"], **more}
    assert parse_plain(entry, ZONE) is None
    assert parse_plain([entry], ZONE) is None
