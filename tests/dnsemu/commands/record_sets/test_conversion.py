"""Conversion of record sets from and to the API (A49, A176, A177, A183, A201), and invalid values (A186)."""

import pytest

from dnsemu.commands.record_sets.conversion import from_api, to_api
from tests.dnsemu.commands.batches import (
    CHECK,
    COLLECTION,
    a,
    alias,
    batch,
    create,
    emulation,
    leaf,
    member,
    refused_message,
)

BOTH = '"v=spf1 -all" "\\351"'

ROUND_TRIPS = [
    pytest.param(a("www"), id="A201 simple"),
    pytest.param(leaf("www", "TXT", BOTH, '"B"'), id="A183 texts"),
    pytest.param(leaf("www", "TXT", '"a""b"', '"a b"'), id="A183 A185 texts without a blank between the strings"),
    pytest.param(leaf("www", "SPF", '"v=spf1 """"-all"'), id="A183 A185 an SPF of three strings"),
    pytest.param(leaf("www", "NAPTR", '1 2 "U""E2U+sip""!^.*$!x!" .'), id="A183 A185 a NAPTR without blanks between the strings"),
    pytest.param(leaf("www", "MX", "10 Mail.Example.Test"), id="A183 a host in capitals"),
    pytest.param(member("S 1", Weight=0, HealthCheckId=CHECK), id="A201 weighted"),
    pytest.param(member("s1", Region="eu-west-1"), id="A201 latency"),
    pytest.param(member("s1", Failover="SECONDARY"), id="A201 failover"),
    pytest.param(member("s1", MultiValueAnswer=True), id="A201 multivalue"),
    pytest.param(member("s1", GeoLocation={"CountryCode": "*"}), id="A201 the default location"),
    pytest.param(member("s1", GeoLocation={"CountryCode": "US", "SubdivisionCode": "WA"}), id="A201 a state"),
    pytest.param(member("s1", GeoLocation={"ContinentCode": "EU"}), id="A201 a continent"),
    pytest.param(member("s1", CidrRoutingConfig={"CollectionId": COLLECTION, "LocationName": "*"}), id="A201 CIDR"),
    pytest.param(member("s1", GeoProximityLocation={"AWSRegion": "us-east-1", "Bias": -5}), id="A201 a Region with a bias"),
    pytest.param(member("s1", GeoProximityLocation={"LocalZoneGroup": "us-west-2-den-1"}), id="A201 a Local Zone"),
    pytest.param(member("s1", GeoProximityLocation={"Coordinates": {"Latitude": "-49.22", "Longitude": "100"}}), id="A201 coordinates"),
    pytest.param(member("s1", GeoProximityLocation={"Coordinates": {"Latitude": "+49.20", "Longitude": "-0.0"}}), id="A132 A201 coordinates as written"),
    pytest.param(alias("www", "live", healthy=True), id="A177 an alias has neither TTL nor values"),
    pytest.param(alias("www", "live", SetIdentifier="s1", Weight=1, HealthCheckId=CHECK), id="A201 a weighted alias"),
]  # fmt: skip


def read_back(data):
    parsed = from_api(data)
    assert parsed.messages == ()
    return parsed.record_set


@pytest.mark.parametrize("data", ROUND_TRIPS)
def test_there_and_back(data):
    record_set = read_back(data)
    spelled = to_api(record_set)
    expected = {**data, "Name": "www.example.test."}
    if "AliasTarget" in data:
        expected["AliasTarget"] = {**data["AliasTarget"], "DNSName": "live.example.test."}
    assert spelled == expected
    assert read_back(spelled) == record_set


def test_a201_the_order_of_members():
    order = ["Name", "Type", "SetIdentifier", "Weight", "TTL", "ResourceRecords", "HealthCheckId"]
    assert list(to_api(read_back(member("s1", Weight=1, HealthCheckId=CHECK)))) == order
    cidr = {"CollectionId": COLLECTION, "LocationName": "paris"}
    spelled = to_api(read_back(member("s1", CidrRoutingConfig=cidr, HealthCheckId=CHECK)))
    assert list(spelled)[-2:] == ["HealthCheckId", "CidrRoutingConfig"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param("*.Example.TEST", r"\052.example.test.", id="A49 a wildcard"),
        pytest.param(r"\052.example.test.", r"\052.example.test.", id="A50 an escaped one"),
        pytest.param("a@b.example.test", r"a\100b.example.test.", id="A49 an at sign"),
        pytest.param("a/b.example.test", r"a\057b.example.test.", id="A49 a slash"),
        pytest.param(r"a\056b.example.test", r"a\056b.example.test.", id="A49 a dot in a label"),
        pytest.param(r"\101b.example.test", "ab.example.test.", id="A50 an escaped letter"),
        pytest.param(r"a\b.example.test", r"a\134b.example.test.", id="A50 a lone backslash"),
        pytest.param("_dmarc.example.test", "_dmarc.example.test.", id="A54 an underscore"),
        pytest.param("www.example.test", "www.example.test.", id="A50 absolute without its dot"),
    ],
)
def test_names(sent, shown):
    assert to_api(read_back({**a("www"), "Name": sent}))["Name"] == shown


def test_a176_an_alias_target_is_shown_in_lower_case_with_its_dot():
    data = alias("www", "D1.CloudFront.net", zone="/hostedzone/Z2FDTNDATAQYW2")
    target = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net.", "EvaluateTargetHealth": False}
    assert to_api(read_back(data))["AliasTarget"] == target


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        pytest.param(a("www", Weight=1), "InvalidInput", "Missing field 'SetIdentifier'", id="A127"),
        pytest.param(a("www.example.com"), "InvalidChangeBatch", "[RRSet with DNS name www.example.com. is not permitted in zone example.test.]", id="A143"),
        pytest.param(a("a" * 64), "InvalidChangeBatch", "DomainLabelTooLong", id="A52"),
        pytest.param(a("www", "x"), "InvalidChangeBatch", "ARRDATAIllegalIPv4Address", id="A175"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(data, code, words):
    error = emulation().refused("ChangeResourceRecordSets", **batch(create(data)))
    assert error.code == code
    assert words in error.message


BAD_VALUES = [
    ("A", "192.0.2", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"),
    ("A", "192.0.2.1 192.0.2.2", "ARRDATANotSingleField (Value contains spaces)"),
    ("AAAA", "192.0.2.1", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"),
    ("CNAME", "", "DomainNameEmpty (Domain name is empty) encountered with ''"),
    ("NS", "a..b", "DomainLabelEmpty (Domain label is empty) encountered with 'a..b'"),
    ("PTR", "a b", "UnsupportedCharacter (Value contains unsupported characters) encountered with ' '"),
    ("MX", "mail.test", "MXRRDATANotTwoFields (MX record doesn't have 2 fields)"),
    ("SRV", "1 2 a.test", "SRVRRDATANotFourFields (SRV record doesn't have 4 fields)"),
    ("TXT", "unquoted", "InvalidCharacterString (Value should be enclosed in quotation marks)"),
    ("SPF", "v=spf1", "InvalidCharacterString (Value should be enclosed in quotation marks)"),
    ("TXT", '"é"', "UnsupportedCharacter (Value contains unsupported characters) encountered with '?'"),
    ("TXT", f'"{"x" * 256}"', "CharacterStringTooLong (Value is too long)"),
    ("CAA", '0 foo "a.test"', "CAARRDATAInvalidTag (Invalid tag) encountered with 'Only issue/issuewild/iodef is allowed for non critical flags.'"),
    ("NAPTR", "1 2 3", "NAPTRRRDATANotValid (Invalid NAPTR record)"),
    ("NAPTR", '65536 2 "" "" "" .', "NAPTRRRDATAOrderOutOfBounds (NAPTR record order value is out of bounds)"),
    ("NAPTR", '1 65536 "" "" "" .', "NAPTRRRDATAPreferenceOutOfBounds (NAPTR record preference value is out of bounds)"),
    ("NAPTR", '1 2 "u" "s" "!a!b!" c.test', "WARNING problem: NAPTRRRDATARegexpAndReplacementError (NAPTR record can have only one field in regexp and replacement)"),
    ("SOA", "a. b. 1", "SOARRDATANotSevenFields (SOA record doesn't have 7 fields)"),
    ("DS", "1 8 2", """DSRRDATAInvalidValue (Invalid value for field "RData") encountered with 'Wrong format or it doesn't contain all fields.'"""),
    ("SSHFP", "1 1", "SSHFPMissingFields (Missing fields, needs: algorithm, fingerprint type, fingerprint)"),
    ("SSHFP", "1 3 ab", """SSHFPInvalidValue (Invalid value for field "Fingerprint Type") encountered with 'Fingerprint Type value not supported: 3'"""),
    ("TLSA", "3 1", "TLSAMissingFields (Missing fields, needs: certificate usage, selector, matching type, certificate association data)"),
    ("TLSA", "3 2 1 ab", """TLSAInvalidValue (Invalid value for field "Selector") encountered with 'Selector value not supported: 2'"""),
    ("HTTPS", "1", "SVCBIncorrectNumberOfFields (Incorrect number of fields, needs <svc priority>, <target name>. Optional fields include <svc param>)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type", "value", "words"),
    [
        pytest.param(*row, id=f"A186 {row[2].replace('WARNING problem: ', '').split(' ')[0]} of {row[0]}")
        for row in BAD_VALUES
    ],
)
def test_bad_values(type, value, words):
    name = "example.test" if type == "SOA" else "sub"
    emulated = emulation()
    data = leaf(name, type, value)
    message = refused_message(emulated, create(data) if type != "SOA" else ("UPSERT", data))
    level = "" if words.startswith("WARNING") else "FATAL problem: "
    assert message.startswith(f"[Invalid Resource Record: '{level}{words}")


def test_a419_a_text_without_quotes_in_full():
    message = refused_message(emulation(), create(leaf("www", "TXT", "hello")))
    assert message == (
        "[Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) "
        "encountered with 'hello'']"
    )
