"""ListResourceRecordSets: order, start, pages (A190–A192, A197–A201); a change of a large zone looks at few names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.model import list_order
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.list_order import list_name
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.step import Step
from tests.config.model.listed import IDENTITIES, naive, record_sets
from tests.dnsemu.commands.batches import CHANGE, LIST, ZONE, a, batch, create, delete, emulation, leaf, member, upsert

# --- order ---

EXAMPLE = [
    a("*.example.test"),
    leaf("_dmarc.example.test", "TXT", '"x"'),
    a("a"),
    a("b.a.example.test"),
    a("www-1"),
    member("blue", Weight=1),
    member("green", Weight=1),
    a("x.www.example.test"),
]
EXAMPLE_ORDER = [
    ("example.test.", "A", None),
    ("example.test.", "NS", None),
    ("example.test.", "SOA", None),
    (r"\052.example.test.", "A", None),
    ("_dmarc.example.test.", "TXT", None),
    ("a.example.test.", "A", None),
    ("b.a.example.test.", "A", None),
    ("www-1.example.test.", "A", None),
    ("www.example.test.", "A", "blue"),
    ("www.example.test.", "A", "green"),
    ("x.www.example.test.", "A", None),
]


def example():
    return emulation(*(create(data) for data in [*reversed(EXAMPLE), a("example.test")]))


def identities(data):
    return [(found["Name"], found["Type"], found.get("SetIdentifier")) for found in data]


def pages(emulated, size, zone=ZONE):
    """Returns all pages, each requested with the members of the one before it (A199)."""
    found, start = [], {}
    while True:
        response = emulated.call(LIST, HostedZoneId=zone, MaxItems=str(size), **start)
        found.append(response["ResourceRecordSets"])
        if not response["IsTruncated"]:
            assert not any(member.startswith("Next") for member in response)
            return found
        parts = ("Name", "Type", "Identifier")
        start = {f"StartRecord{p}": response[f"NextRecord{p}"] for p in parts if f"NextRecord{p}" in response}


@pytest.mark.parametrize(
    "size", [pytest.param(n, id=f"A199 A200 A421 maxitems={n}") for n in (1, 2, 3, 5, 10, 11, 12, 300)]
)
def test_the_order_of_the_specification(size):
    found = pages(example(), size)
    assert all(len(page) == size for page in found[:-1])
    assert identities(data for page in found for data in page) == EXAMPLE_ORDER


@pytest.mark.parametrize(("name", "shown"), [
    pytest.param("cname-*.apps.example.test", r"cname-\052.apps.example.test.", id="A49 A55 as external-dns names its texts"),
    pytest.param(r"a-\052.x.example.test", r"a-\052.x.example.test.", id="A55 escaped"),
    pytest.param("ab*", r"ab\052.example.test.", id="A55 at the end of a label"),
    pytest.param("*abc", r"\052abc.example.test.", id="A55 at its start"),
    pytest.param("**", r"\052\052.example.test.", id="A55 two of them"),
])  # fmt: skip
def test_an_asterisk_in_a_label_is_listed_in_octal(name, shown):
    emulated = emulation(create(a("aa")), create(a(name)), create(a("zz")))
    assert [data["Name"] for data in pages(emulated, 300)[0]].count(shown) == 1
    for start in (name if "." in name else f"{name}.example.test", shown):
        listed = emulated.call(LIST, HostedZoneId=ZONE, StartRecordName=start, MaxItems="1")["ResourceRecordSets"]
        assert [data["Name"] for data in listed] == [shown]


def test_a200_types_and_absent_identifiers():
    types = ("TXT", "AAAA", "MX", "CAA")
    values = {"TXT": '"x"', "AAAA": "::1", "MX": "1 a.test", "CAA": '0 issue "a"'}
    emulated = emulation(*(create(leaf("www", type, values[type])) for type in types), create(a("www")))
    found = pages(emulated, 300)[0]
    assert [data["Type"] for data in found if data["Name"] == "www.example.test."] == ["A", "AAAA", "CAA", "MX", "TXT"]


def test_a401_a_new_zone():
    response = emulation().call(LIST, HostedZoneId=ZONE)
    assert [data["Type"] for data in response.pop("ResourceRecordSets")] == ["NS", "SOA"]
    assert response == {"IsTruncated": False, "MaxItems": "100"}


# --- start and size ---


@pytest.mark.parametrize(
    ("start", "first"),
    [
        pytest.param(("*.example.test",), (r"\052.example.test.", "A", None), id="A197 A403 a raw wildcard"),
        pytest.param((r"\052.EXAMPLE.test.", "A"), (r"\052.example.test.", "A", None), id="A197 an escaped one"),
        pytest.param(("a.example.test", "A"), ("a.example.test.", "A", None), id="A197 the place itself"),
        pytest.param(("a.example.test", "AAAA"), ("b.a.example.test.", "A", None), id="A197 behind the type"),
        pytest.param(("www.example.test", "A"), ("www.example.test.", "A", "blue"), id="A197 a group from its start"),
        pytest.param(("www.example.test", "A", "cyan"), ("www.example.test.", "A", "green"), id="A191 A197 inside a group"),
        pytest.param(("www.example.test", "A", "z"), ("x.www.example.test.", "A", None), id="A197 behind a group"),
        pytest.param(("m.example.test",), ("www-1.example.test.", "A", None), id="A191 A197 a name that is not there"),
        pytest.param(("com",), ("example.test.", "A", None), id="A197 a name before the zone"),
    ],
)  # fmt: skip
def test_start(start, first):
    parts = dict(zip(("StartRecordName", "StartRecordType", "StartRecordIdentifier"), start, strict=False))
    response = example().call(LIST, HostedZoneId=ZONE, MaxItems="1", **parts)
    assert identities(response["ResourceRecordSets"]) == [first]


def test_a197_a_name_behind_the_zone():
    response = example().call(LIST, HostedZoneId=ZONE, StartRecordName="zzz")
    assert response == {"ResourceRecordSets": [], "IsTruncated": False, "MaxItems": "100"}


def test_a198_what_the_next_page_starts_with():
    emulated = example()
    response = emulated.call(LIST, HostedZoneId=ZONE, MaxItems="8")
    following = {member: text for member, text in response.items() if member.startswith("Next")}
    assert following == {
        "NextRecordName": "www.example.test.",
        "NextRecordType": "A",
        "NextRecordIdentifier": "blue",
    }
    assert "NextRecordIdentifier" not in emulated.call(LIST, HostedZoneId=ZONE, MaxItems="7")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        pytest.param({"StartRecordType": "A"}, "StartRecordName", id="A197 type without name"),
        pytest.param({"StartRecordIdentifier": "s"}, "StartRecordName", id="A197 identifier alone"),
        pytest.param({"StartRecordName": "a", "StartRecordIdentifier": "s"}, "StartRecordType", id="A197 identifier without type"),
        pytest.param({"StartRecordName": "a..b"}, "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'", id="A52 a bad name"),
        pytest.param({"MaxItems": "0"}, "MaxItems", id="A192 no items"),
    ],
)  # fmt: skip
def test_what_cannot_be_listed(request_, words):
    error = emulation().refused(LIST, HostedZoneId=ZONE, **request_)
    assert error.code == "InvalidInput"
    assert words in error.message


def test_no_such_zone():
    error = emulation().refused(LIST, HostedZoneId="ZNONE")
    assert (error.code, error.message) == ("NoSuchHostedZone", "No hosted zone found with ID: ZNONE")


def test_a192_a198_more_than_the_cap():
    emulated = emulation()
    emulated.call(CHANGE, **batch(*(create(a(f"n{n}")) for n in range(301))))
    response = emulated.call(LIST, HostedZoneId=ZONE, MaxItems="9999")
    assert (len(response["ResourceRecordSets"]), response["MaxItems"]) == (300, "300")


# --- pages, and changes between them ---


@settings(deadline=None)
@given(IDENTITIES, st.integers(1, 7))
def test_a199_pages_make_the_whole(identities, size):
    emulated = emulation()
    held = record_sets(identities)
    zone = HostedZone(HostedZoneId("ZPAGES"), names.parse("example.test"), held)
    step = Step(emulated.state)
    step.put_hosted_zone(zone)
    emulated.state = step.state
    found = [data for page in pages(emulated, size, "ZPAGES") for data in page]
    assert identities_of(held) == [(data["Name"], data["Type"], data["SetIdentifier"]) for data in found]


def identities_of(held):
    ordered = sorted(held.values(), key=naive)
    return [(names.to_text(r.name), r.type.name, r.set_identifier) for r in ordered]


def test_a_step_that_is_not_taken_over_leaves_no_trace():
    emulated = emulation(create(a("a")))
    before = emulated.state
    emulated.call(CHANGE, **batch(create(a("b")), delete(a("a"))))
    emulated.state = before
    assert [name for name, _, _ in identities(pages(emulated, 300)[0])][-1] == "a.example.test."
    emulated.call(CHANGE, **batch(delete(a("a"))))


def test_a_change_that_was_made_without_a_command_is_listed():
    emulated = emulation(create(a("a")))
    step = Step(emulated.state)
    record_set = RecordSet(
        names.parse("c.example.test"), RRType.A, ttl=1, values=("192.0.2.1",), rdata=(b"\xc0\0\2\1",)
    )
    step.change_record_sets(HostedZoneId(ZONE), put=[record_set])
    emulated.state = step.state
    assert [data["Name"] for data in pages(emulated, 300)[0]][-1] == "c.example.test."
    emulated.call(CHANGE, **batch(upsert(a("c"))))


def test_a_change_looks_at_its_own_names_only(monkeypatch):
    """Of three thousand names, neither a change of one nor a page looks at the others again."""
    emulated = emulation()
    for thousand in range(3):
        made = [create(a(f"n{n}.example.test")) for n in range(1000 * thousand, 1000 * thousand + 1000)]
        emulated.call(CHANGE, **batch(*made))
    emulated.call(LIST, HostedZoneId=ZONE)
    asked = []
    monkeypatch.setattr(list_order, "list_name", lambda name: asked.append(name) or list_name(name))
    monkeypatch.setattr(list_order, "Preparation", None)
    emulated.call(CHANGE, **batch(create(a("new"))))
    emulated.call(LIST, HostedZoneId=ZONE)
    assert names.parse("new.example.test") in asked
    assert len(asked) < 50  # two searches that halve three thousand each time
