"""Names and values of a file, in any case and with any escapes, arrive on the wire as an independent reader sees them."""

import json
import random

import dns.message
import dns.name
import dns.rdatatype
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.file.load import load_text
from dnsemu.files.loading import compile_world
from tests.asking import Server

ZONE = (b"zone", b"test", b"")
LABELS = st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=4)
"""An asterisk in a label is an octet, and a wildcard answers for its own name too (R7)."""

RAW_IN_NAMES = frozenset(range(0x21, 0x7F)) - frozenset(b".\\")
RAW_IN_STRINGS = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


def in_any_case(labels, dice):
    """The labels with a random case for each letter."""
    return [bytes(map(dice.choice, zip(label.lower(), label.upper(), strict=True))) for label in labels]


def spelled(value, raw, dice):
    r"""The bytes as text: `\ooo` where it is required, and at random elsewhere."""
    return "".join(chr(byte) if byte in raw and dice.random() < 0.7 else f"\\{byte:03o}" for byte in value)


def served(owner, type_, value):
    """A server of one hosted zone with one record set, from a file."""
    record_set = {"name": owner, "type": type_, "ttl": 60, "resource_records": [value]}
    file = {"hosted_zones": [{"name": "zone.test", "record_sets": [record_set]}]}
    reading = compile_world(load_text("file.json", json.dumps(file)))
    return Server(*reading.published.catalog.zones.values())


def answered(server, labels, type_):
    """The one record that answers a question for these labels below the zone, owner and rdata."""
    query = dns.message.make_query(dns.name.Name([*labels, *ZONE]), type_)
    reply = dns.message.from_wire(server.raw(query.to_wire(), over_udp=False))
    assert query.is_response(reply)
    (rrset,) = reply.answer
    (rdata,) = rrset
    assert rrset.rdtype == dns.rdatatype.from_text(type_)
    return rrset.name, rdata


@given(LABELS, LABELS, st.integers())
def test_r3_r4_r141_names_go_from_file_to_wire(owner, target, seed):
    """R3, R4: any byte, any case, any escape; R141: the owner comes back as it was asked for."""
    dice = random.Random(seed)

    def name(labels):
        return ".".join(spelled(label, RAW_IN_NAMES, dice) for label in in_any_case(labels, dice)) + ".zone.test."

    asked = in_any_case(owner, dice)
    found, rdata = answered(served(name(owner), "PTR", name(target)), asked, "PTR")
    assert found.labels == (*asked, *ZONE)
    assert rdata.target == dns.name.Name([*target, *ZONE])


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=3), st.integers())
def test_r18_strings_go_from_file_to_wire(strings, seed):
    """R18: character strings keep every byte, and their case."""
    dice = random.Random(seed)
    value = " ".join(f'"{spelled(string, RAW_IN_STRINGS, dice)}"' for string in strings)
    _, rdata = answered(served("txt.zone.test.", "TXT", value), [b"txt"], "TXT")
    assert list(rdata.strings) == strings
