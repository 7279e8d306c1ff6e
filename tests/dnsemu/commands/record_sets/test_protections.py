"""Protections of record sets (api.md §25, A435)."""

import pytest

from tests.dnsemu.commands.batches import (
    CHANGE,
    OTHER,
    ZONE,
    a,
    batch,
    create,
    delete,
    emulation,
    leaf,
    refused_message,
    upsert,
)

CREATE, DELETE, LIST = (f"{verb}ResourceRecordSetProtections" for verb in ("Create", "Delete", "List"))
INVALID, EXISTS = "InvalidResourceRecordSetProtectionBatch", "ProtectionAlreadyExists"


def entry(name, type="A", **others):
    return {"RecordName": name, "RecordType": type, **others}


WWW, MAIL = entry("www.example.test"), entry("mail.example.test", "MX", Comment="the mail")


def protecting(*entries, zone=ZONE):
    return {"HostedZoneId": zone, "Protections": list(entries)}


def emulated_with(*entries):
    emulated = emulation(create(a("www")))
    if entries:
        assert emulated.call(CREATE, **protecting(*entries)) == {}
    return emulated


def shown(emulated, **request):
    return emulated.call(LIST, HostedZoneId=ZONE, **request)["ResourceRecordSetProtections"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(create(a("www", SetIdentifier="s", Weight=1)), id="A435 CREATE"),
        pytest.param(upsert(a("WWW")), id="A435 UPSERT"),
        pytest.param(delete(a("www")), id="A435 DELETE"),
    ],
)
def test_what_is_protected_does_not_change(change):
    emulated = emulated_with(entry("WWW.example.test.", Comment="keep out"))
    assert refused_message(emulated, change, create(a("b"))) == (
        "[RRSet with DNS name www.example.test., type A is protected against changes: keep out]"
    )


def test_a435_names_types_and_zones_apart():
    emulated = emulated_with(WWW)
    before = {zone: len(held.record_sets) for zone, held in emulated.state.world.hosted_zones.items()}
    emulated.call(CHANGE, **batch(create(leaf("www", "AAAA", "::1")), create(a("b"))))
    emulated.call(CHANGE, **batch(create(a("www.other.test")), zone=OTHER))
    after = {zone: len(held.record_sets) for zone, held in emulated.state.world.hosted_zones.items()}
    assert {zone: after[zone] - before[zone] for zone in after if after[zone] != before[zone]} == {ZONE: 2, OTHER: 1}


def test_a435_what_is_not_there_yet_may_be_protected_and_released():
    emulated = emulated_with(MAIL)
    mail = create(leaf("mail", "MX", "10 a.test"))
    assert refused_message(emulated, mail).endswith("type MX is protected against changes: the mail]")
    assert emulated.call(DELETE, **protecting(entry("Mail.example.test", "MX"))) == {}
    emulated.call(CHANGE, **batch(mail))
    assert shown(emulated) == []


@pytest.mark.parametrize(
    ("operation", "entries", "code", "words"),
    [
        pytest.param(CREATE, [WWW], EXISTS, ["ProtectionAlreadyExists: 'A www.example.test.'"], id="A435 every entry exists"),
        pytest.param(CREATE, [WWW, entry("new.example.test")], INVALID, ["ProtectionAlreadyExists: 'A www.example.test.'"], id="A435 one entry exists"),
        pytest.param(CREATE, [WWW, entry("www.other.test"), entry("a..b")], INVALID, ["InvalidInput: 'A www.other.test.'", "InvalidInput: 'A a..b'"], id="A435 invalid ones are told alone"),
        pytest.param(CREATE, [entry("a.example.test"), entry("A.example.test.")], INVALID, ["InvalidInput: 'A a.example.test.'"], id="A435 an entry twice"),
        pytest.param(DELETE, [WWW, MAIL], INVALID, ["ProtectionNotFound: 'MX mail.example.test.'"], id="A435 nothing to delete"),
        pytest.param(DELETE, [WWW, WWW], INVALID, ["InvalidInput: 'A www.example.test.'"], id="A435 a deletion twice"),
        pytest.param(CREATE, [entry(f"n{n}.example.test") for n in range(101)], "InvalidInput", ["100"], id="A435 101 entries"),
        pytest.param(DELETE, [entry(f"n{n}.example.test") for n in range(101)], "InvalidInput", ["100"], id="A435 101 deletions"),
    ],
)  # fmt: skip
def test_refused(operation, entries, code, words):
    emulated = emulated_with(WWW)
    before = emulated.state
    error = emulated.refused(operation, **protecting(*entries))
    assert emulated.state is before
    assert error.code == code
    assert all(word in error.message for word in words)
    assert error.message.count("': ") == (len(words) if code != "InvalidInput" else 0)


@pytest.mark.parametrize(
    ("operation", "entries", "failures"),
    [
        pytest.param(CREATE, [WWW], [("www.example.test.", "A", EXISTS, "The name and type are protected already.")], id="A436 every entry exists"),
        pytest.param(CREATE, [entry("new.example.test"), WWW], [("www.example.test.", "A", EXISTS, "The name and type are protected already.")], id="A436 one exists"),
        pytest.param(CREATE, [WWW, entry("a..b", "MX"), entry("www.other.test"), entry("n.example.test"), entry("n.example.test")], [("a..b", "MX", "InvalidInput", "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'"), ("www.other.test.", "A", "InvalidInput", "The name is not in zone example.test."), ("n.example.test.", "A", "InvalidInput", "The name and type are in the request more than once.")], id="A436 invalid entries alone"),
        pytest.param(DELETE, [WWW, MAIL, entry("x.example.test")], [("mail.example.test.", "MX", "ProtectionNotFound", "The name and type are not protected."), ("x.example.test.", "A", "ProtectionNotFound", "The name and type are not protected.")], id="A436 two do not exist"),
    ],
)  # fmt: skip
def test_the_entries_that_failed(operation, entries, failures):
    error = emulated_with(WWW).refused(operation, **protecting(*entries))
    members = ("RecordName", "RecordType", "Code", "Message")
    assert error.members == {"Errors": [dict(zip(members, failure, strict=True)) for failure in failures]}


def test_a435_a_hundred_entries():
    emulated = emulated_with(*(entry(f"n{n:02}.example.test") for n in range(100)))
    assert len(shown(emulated)) == 100


@pytest.mark.parametrize("operation", [CREATE, DELETE, LIST])
def test_no_such_zone(operation):
    request = {"HostedZoneId": "ZNONE"} | ({"Protections": [WWW]} if operation != LIST else {})
    assert emulation().refused(operation, **request).code == "NoSuchHostedZone"


def test_a435_a_zone_with_protections_stays():
    emulated = emulated_with(WWW)
    emulated.call(DELETE, **protecting(WWW))
    emulated.call(CHANGE, **batch(delete(a("www"))))
    emulated.call(CREATE, **protecting(WWW))
    assert emulated.refused("DeleteHostedZone", Id=ZONE).code == "HostedZoneNotEmpty"


# --- lists ---

THREE = [MAIL, WWW, entry("www.example.test", "AAAA")]
SPELLED = [
    entry("mail.example.test.", "MX", Comment="the mail"),
    entry("www.example.test."),
    entry("www.example.test.", "AAAA"),
]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({}, SPELLED, id="A435 A200 all"),
        pytest.param({"StartRecordName": "n.example.test"}, SPELLED[1:], id="A435 from a name"),
        pytest.param({"StartRecordName": "WWW.example.test", "StartRecordType": "AAAA"}, SPELLED[2:], id="A435 from a type"),
        pytest.param({"StartRecordName": "zzz"}, [], id="A435 behind all"),
    ],
)  # fmt: skip
def test_list(request_, expected):
    assert shown(emulated_with(*reversed(THREE)), **request_) == expected


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a435_pages_make_the_whole(size):
    emulated = emulated_with(*THREE)
    emulated.call(CREATE, **protecting(entry("www.other.test"), zone=OTHER))
    found, request = [], {"StartRecordName": "mail.example.test"}
    while True:
        response = emulated.call(LIST, HostedZoneId=ZONE, MaxResults=str(size), **request)
        found += response["ResourceRecordSetProtections"]
        if "NextToken" not in response:
            break
        request["NextToken"] = response["NextToken"]
    assert found == SPELLED


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param({"NextToken": "nonsense"}, "InvalidPaginationToken", id="A196 a token that no list gave out"),
        pytest.param({"StartRecordType": "A"}, "InvalidInput", id="A435 type without name"),
    ],
)
def test_what_cannot_be_listed(request_, code):
    assert emulation().refused(LIST, HostedZoneId=ZONE, **request_).code == code
