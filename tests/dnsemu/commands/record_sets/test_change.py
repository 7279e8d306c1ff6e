"""ChangeResourceRecordSets: valid requests, equality of record sets, and the writes of a batch."""

import pytest

from dnsemu.config.model.settings import ApiSettings
from dnsemu.state.tables import RECORD_SET
from tests.dnsemu.commands.batches import (
    CHANGE,
    CHECK,
    COLLECTION,
    LIST,
    ZONE,
    a,
    alias,
    batch,
    create,
    delete,
    emulation,
    leaf,
    listed,
    member,
    names_of,
    refused_message,
    upsert,
    values,
)

# --- the request's members: InvalidInput, before anything is looked up ---

SOURCES = "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
POLICIES = "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]"
PLACES = "Invalid request: Expected exactly one of [AWSRegion, LocalZoneGroup, or at least one of [Coordinates, or all of [Latitude, and Longitude]]]"
BARE = {"Name": "www.example.test", "Type": "A"}
PLACE = " in Change with [Action=CREATE, Name=www.example.test, Type=A, SetIdentifier=null]"
WITH_S1 = PLACE.replace("null", "s1")
POINT = {"Latitude": "1", "Longitude": "2"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(BARE, f"{SOURCES}, but found none{PLACE}", id="A125 R39.16 nothing"),
        pytest.param({**BARE, "TTL": 60}, f"{SOURCES}, but found none{PLACE}", id="A125 R20 no values"),
        pytest.param({**BARE, **values("192.0.2.1")}, f"{SOURCES}, but found none{PLACE}", id="A125 R20 no TTL"),
        pytest.param({**a("www"), **alias("www", "live")}, f"{SOURCES}, but found more than one{PLACE}", id="A125 values and alias"),
        pytest.param({**alias("www", "live"), "TTL": 60}, f"{SOURCES}, but found more than one{PLACE}", id="A125 A177 R20 an alias with a TTL"),
        pytest.param({**a("www"), "TrafficPolicyInstanceId": "i"}, f"{SOURCES}, but found more than one{PLACE}", id="A125 values and instance"),
        pytest.param(a("www", SetIdentifier="s1"), f"{POLICIES}, but found none{WITH_S1}", id="A126 A412 R39.15 an identifier alone"),
        pytest.param(a("www", SetIdentifier="s1", MultiValueAnswer=False), f"{POLICIES}, but found none{WITH_S1}", id="A134 MultiValueAnswer false is no policy"),
        pytest.param(member("s1", Weight=0, Region="us-east-1"), f"{POLICIES}, but found more than one{WITH_S1}", id="A126 R31 two policies"),
        pytest.param(a("www", Weight=1), f"Invalid request: Missing field 'SetIdentifier'{PLACE}", id="A127 A412 R39.14 no identifier"),
        pytest.param(member("s1", GeoProximityLocation={}), f"{PLACES}, but found none", id="A128 no place"),
        pytest.param(member("s1", GeoProximityLocation={"AWSRegion": "us-east-1", "Coordinates": POINT}), f"{PLACES}, but found more than one", id="A128 two places"),
    ],
)  # fmt: skip
def test_shape(data, message):
    assert refused_message(emulation(), create(data), code="InvalidInput") == message


def test_a125_the_first_wins_and_deletions_are_looked_at():
    message = refused_message(
        emulation(), create(a("b", "x")), delete(BARE), create(a("www", Weight=1)), code="InvalidInput"
    )
    assert message == f"{SOURCES}, but found none{PLACE.replace('CREATE', 'DELETE')}"


def test_a30_shape_before_zone_before_contents():
    assert refused_message(emulation(), create(BARE), zone="ZNONE", code="InvalidInput")
    message = refused_message(emulation(), create(a("www", "x")), zone="ZNONE", code="NoSuchHostedZone")
    assert message == "No hosted zone found with ID: ZNONE"


# --- limits of a request ---


def many(count, start=0):
    return [f"192.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(start, start + count)]


def texts(characters):
    """Returns different TXT values with so many characters in total."""
    whole, rest = divmod(characters, 200)
    sizes = [200] * whole + ([rest] if rest else [])
    return ['"' + f"{n:03}".ljust(size - 2, "x") + '"' for n, size in enumerate(sizes)]


RECORDS, CHARACTERS = "Number of records limit of 1000 exceeded.", "RDATA character limit of 32000 exceeded."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param([create(leaf(n, "A", *many(size))) for n, size in zip("abc", (400, 400, 200), strict=True)], None, id="A117 A417 1000 values"),
        pytest.param([create(leaf(n, "A", *many(size))) for n, size in zip("abc", (400, 400, 201), strict=True)], RECORDS, id="A117 1001 values"),
        pytest.param([upsert(leaf(n, "A", *many(size))) for n, size in zip("ab", (251, 250), strict=True)], RECORDS, id="A117 A417 501 values by UPSERT"),
        pytest.param([upsert(leaf(n, "A", *many(250))) for n in "ab"], None, id="A117 500 values by UPSERT"),
        pytest.param([create(leaf("a", "A", *many(400))), create(leaf("b", "A", *many(400))), create(leaf("c", "A", *many(199))), create(alias("d", "a"))], None, id="A117 an alias counts one"),
        pytest.param([create(leaf("a", "A", *many(400))), create(leaf("b", "A", *many(400))), create(leaf("c", "A", *many(200))), create(alias("d", "a"))], RECORDS, id="A117 an alias too much"),
        pytest.param([create(leaf("a", "TXT", *texts(32_000)))], None, id="A117 32000 characters"),
        pytest.param([create(leaf("a", "TXT", *texts(32_010)))], CHARACTERS, id="A117 more characters"),
        pytest.param([upsert(leaf("a", "TXT", *texts(16_000)))], None, id="A117 16000 characters by UPSERT"),
        pytest.param([upsert(leaf("a", "TXT", *texts(16_010)))], CHARACTERS, id="A117 more characters by UPSERT"),
    ],
)  # fmt: skip
def test_limits(changes, message):
    emulated = emulation()
    if message is None:
        emulated.call(CHANGE, **batch(*changes))
        assert len(listed(emulated)) == len(changes)
    else:
        assert refused_message(emulated, *changes) == f"[{message}]"


@pytest.mark.parametrize("has_quotas", [False, True])
def test_r209_2_a_zone_of_ten_thousand(monkeypatch, has_quotas):
    monkeypatch.setattr("dnsemu.commands.record_sets.change.MAX_RECORD_SETS", 4)
    emulated = emulation(create(a("a")), settings=ApiSettings(has_quotas=has_quotas))
    emulated.call(CHANGE, **batch(delete(a("a")), create(a("b")), create(a("c"))))
    if has_quotas:
        assert refused_message(emulated, create(a("d"))) == f"[Exceeded limit MAX_RRSETS_BY_ZONE for zone: {ZONE}]"
        emulated.call(CHANGE, **batch(upsert(a("b", ttl=5)), delete(a("c"))))
    emulated.call(CHANGE, **batch(create(a("d"))))


# --- all or nothing ---


def test_a110_a404_one_bad_change_refuses_all():
    emulated = emulation()
    message = refused_message(emulated, create(a("a")), create(a("a2", "192.0.2")))
    assert message.startswith("[")
    assert message.endswith("]")
    assert names_of(emulated) == []


def test_a110_a214_the_change_info():
    emulated = emulation()
    info = emulated.call(CHANGE, **batch(create(a("a")), comment="why"))["ChangeInfo"]
    assert info.keys() == {"Id", "Status", "SubmittedAt", "Comment"}
    assert (info["Id"][:8], info["Status"], info["Comment"]) == ("/change/", "PENDING", "why")
    assert "Comment" not in emulated.call(CHANGE, **batch(create(a("b"))))["ChangeInfo"]


def test_a46_the_zone_id_may_have_its_prefix():
    emulated = emulation()
    emulated.call(CHANGE, **batch(create(a("a")), zone=f"/hostedzone/{ZONE}"))
    emulated.call(CHANGE, **batch(create(alias("b", "a", zone=f"/hostedzone/{ZONE}"))))
    assert [data["AliasTarget"]["HostedZoneId"] for data in listed(emulated) if "AliasTarget" in data] == [ZONE]


# --- equality ---

WEIGHTED = member("s1", Weight=1, HealthCheckId=CHECK)


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        pytest.param(WEIGHTED, {**WEIGHTED, "TTL": 61}, id="A112 A405 another TTL"),
        pytest.param(WEIGHTED, {**WEIGHTED, **values("192.0.2.2")}, id="A112 A405 another value"),
        pytest.param(WEIGHTED, {**WEIGHTED, **values("192.0.2.1", "192.0.2.2")}, id="A112 a value more"),
        pytest.param(WEIGHTED, {k: v for k, v in WEIGHTED.items() if k != "HealthCheckId"}, id="A112 A405 without the health check"),
        pytest.param(WEIGHTED, member("s1", Region="us-east-1", HealthCheckId=CHECK), id="A112 another policy"),
        pytest.param(a("to"), alias("to", "www"), id="A112 an alias instead of values"),
        pytest.param(alias("to", "www", healthy=True), alias("to", "www"), id="A112 EvaluateTargetHealth"),
        pytest.param(alias("to", "www"), alias("to", "mail"), id="A112 another target"),
        pytest.param(leaf("t", "TXT", '"a b"'), leaf("t", "TXT", '"a" " b"'), id="A112 another spelling of a text"),
        pytest.param(member("s1", GeoProximityLocation={"AWSRegion": "us-east-1"}), member("s1", GeoProximityLocation={"AWSRegion": "us-east-1", "Bias": 1}), id="A112 another bias"),
    ],
)  # fmt: skip
def test_a_deletion_must_match(stored, given):
    emulated = emulation(create(a("www")) if stored["Name"].startswith("to") else create(a("x")), create(stored))
    assert "but the values provided do not match the current values" in refused_message(emulated, delete(given))


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        pytest.param(leaf("b", "A", "192.0.2.1", "192.0.2.2"), leaf("b", "A", "192.0.2.2", "192.0.2.1"), id="A112 the order of values"),
        pytest.param(a("b"), {**a("b"), "Name": "B.Example.TEST."}, id="A112 A50 the name's case and dot"),
        pytest.param(leaf("*.example.test", "A", "192.0.2.1"), leaf(r"\052.example.test", "A", "192.0.2.1"), id="A50 an escaped name"),
        pytest.param(alias("b", "www"), alias("b", "WWW.example.test."), id="A112 the target's case and dot"),
        pytest.param(leaf("b", "CNAME", "A.test"), leaf("b", "CNAME", "a.test."), id="A112 A184 a value's case and dot"),
        pytest.param(leaf("b", "MX", "10 A.test."), leaf("b", "MX", "10 a.test"), id="A112 A184 a mail host's case and dot"),
        pytest.param(member("s1", "b", GeoProximityLocation={"Coordinates": {"Latitude": "1.50", "Longitude": "2"}, "Bias": 0}), member("s1", "b", GeoProximityLocation={"Coordinates": {"Latitude": "1.5", "Longitude": "2.0"}}), id="A112 coordinates as numbers"),
        pytest.param(leaf("b", "AAAA", "2001:db8::2", "2001:db8::1"), leaf("b", "AAAA", "2001:DB8:0::1", "2001:db8:0:0::2"), id="A112 IPv6 addresses as addresses"),
    ],
)  # fmt: skip
def test_a_deletion_may_be_spelled_otherwise(stored, given):
    emulated = emulation(create(a("www")), create(stored))
    emulated.call(CHANGE, **batch(delete(given)))
    assert names_of(emulated) == ["www.example.test."]


def record_set_writes(emulated):
    return [write for write in emulated.writes if write.table == RECORD_SET]


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([upsert(leaf("b", "A", "192.0.2.1", "192.0.2.2"))], id="A116 the same again"),
        pytest.param([upsert(leaf("b", "A", "192.0.2.2", "192.0.2.1")), upsert(leaf("c", "CNAME", "A.test"))], id="A112 A116 values in another order, in a batch"),
        pytest.param([delete(leaf("b", "A", "192.0.2.1", "192.0.2.2")), create(leaf("b", "A", "192.0.2.2", "192.0.2.1"))], id="A112 A116 DELETE and CREATE in another order"),
        pytest.param([upsert(leaf("v6", "AAAA", "2001:DB8:0::1", "2001:db8::2"))], id="A112 an IPv6 address in another spelling"),
        pytest.param([delete(leaf("b", "A", "192.0.2.1", "192.0.2.2")), create(leaf("B", "A", "192.0.2.1", "192.0.2.2"))], id="A116 DELETE and CREATE"),
        pytest.param([upsert(leaf("c", "CNAME", "A.test"))], id="A116 a CNAME"),
    ],
)  # fmt: skip
def test_what_says_what_is_stored_changes_nothing(again):
    emulated = emulation(
        create(leaf("b", "A", "192.0.2.1", "192.0.2.2")),
        create(leaf("c", "CNAME", "A.test")),
        create(leaf("v6", "AAAA", "2001:db8::1", "2001:db8::2")),
    )
    world = emulated.state.world
    info = emulated.call(CHANGE, **batch(*again))["ChangeInfo"]
    assert info["Status"] == "PENDING"
    assert emulated.state.world is world
    assert record_set_writes(emulated) == []


def test_a183_another_spelling_is_stored():
    emulated = emulation(create(leaf("c", "CNAME", "A.test")))
    emulated.call(CHANGE, **batch(upsert(leaf("c", "CNAME", "a.test."))))
    assert listed(emulated)[0]["ResourceRecords"] == [{"Value": "a.test."}]


def test_a112_a_lone_upsert_stores_the_order_of_its_values():
    emulated = emulation(create(leaf("b", "A", "192.0.2.1", "192.0.2.2")))
    emulated.call(CHANGE, **batch(upsert(leaf("b", "A", "192.0.2.2", "192.0.2.1"))))
    assert listed(emulated)[0]["ResourceRecords"] == [{"Value": "192.0.2.2"}, {"Value": "192.0.2.1"}]


@pytest.mark.parametrize(
    "others", [pytest.param([], id="A112 alone"), pytest.param([create(a("c"))], id="A112 in a batch")]
)
def test_an_ipv6_address_keeps_its_first_spelling(others):
    """A112: the order, the TTL and further values of an UPSERT are stored; the spelling of known addresses is kept."""
    emulated = emulation(create(leaf("b", "AAAA", "2001:DB8::0:1", "2001:db8::2")))
    change = upsert(leaf("b", "AAAA", "2001:db8::3", "2001:db8:0::2", "2001:db8::1", ttl=5))
    emulated.call(CHANGE, **batch(change, *others))
    assert listed(emulated)[0]["TTL"] == 5
    shown = [record["Value"] for record in listed(emulated)[0]["ResourceRecords"]]
    assert shown == ["2001:db8::3", "2001:db8::2", "2001:DB8::0:1"]


def test_a132_coordinates_are_listed_as_they_were_written():
    """A132, A183: another spelling of the same point is stored too."""
    emulated = emulation()
    for latitude, longitude in (("49.20", "+2"), ("49.2", "2"), ("49.", "02.0")):
        place = {"Coordinates": {"Latitude": latitude, "Longitude": longitude}}
        emulated.call(CHANGE, **batch(upsert(member("s1", GeoProximityLocation=place))))
        assert listed(emulated)[0]["GeoProximityLocation"] == place


@pytest.mark.parametrize("where", [
    pytest.param({"AWSRegion": "us-east-1"}, id="A132 of a Region"),
    pytest.param({"Coordinates": {"Latitude": "1", "Longitude": "2"}}, id="A132 of coordinates"),
])  # fmt: skip
def test_a_bias_of_0_is_listed_when_it_was_sent(where):
    emulated = emulation()
    for place in (where, where | {"Bias": 0}, where | {"Bias": -1}, where):
        emulated.call(CHANGE, **batch(upsert(member("s1", GeoProximityLocation=place))))
        assert listed(emulated)[0]["GeoProximityLocation"] == place


def test_a111_upsert_replaces_as_a_whole():
    emulated = emulation(create(member("s1", Weight=1, HealthCheckId=CHECK)))
    emulated.call(CHANGE, **batch(upsert(member("s1", Weight=2))))
    assert listed(emulated) == [{**member("s1", Weight=2), "Name": "www.example.test."}]


def test_only_what_changes_is_written():
    emulated = emulation(*(create(a(name)) for name in "abcd"))
    emulated.call(CHANGE, **batch(upsert(a("a")), upsert(a("b", ttl=5)), delete(a("c")), create(a("e"))))
    written = {write.key[1][1:2]: write.value for write in record_set_writes(emulated)}
    assert {name: value is not None for name, value in written.items()} == {b"b": True, b"c": False, b"e": True}


def test_a182_the_serial_stays():
    emulated = emulation()
    before = emulated.call(LIST, HostedZoneId=ZONE)["ResourceRecordSets"]
    emulated.call(CHANGE, **batch(create(a("a"))))
    assert emulated.call(LIST, HostedZoneId=ZONE)["ResourceRecordSets"][:2] == before


def test_a96_each_identifier_counts():
    emulated = emulation(*(create(member(s, Weight=1)) for s in "ab"))
    assert len(emulated.state.world.hosted_zones[ZONE].record_sets) == 4


def test_cidr_routing_is_kept():
    config = {"CollectionId": COLLECTION, "LocationName": "paris"}
    emulated = emulation(create(member("s1", CidrRoutingConfig=config)))
    assert listed(emulated)[0]["CidrRoutingConfig"] == config
