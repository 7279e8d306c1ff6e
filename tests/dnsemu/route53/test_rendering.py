"""Rendering of responses and errors."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dnsemu.commands.errors.cidr import CidrBlockInUseException
from dnsemu.commands.errors.hosted_zones import NoSuchHostedZone
from dnsemu.commands.errors.record_sets import (
    InvalidChangeBatch,
    NoSuchChange,
    ProtectionAlreadyExists,
    ProtectionFailure,
)
from dnsemu.commands.errors.requests import InvalidInput, ServiceUnavailable
from dnsemu.route53 import rendering
from dnsemu.route53.model import service
from dnsemu.route53.rendering import render_error, response_headers

START = '<?xml version="1.0"?>\n'
NS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'


def render(operation, response):
    return rendering.render(service().operations[operation], response).decode()


def inside(operation, response):
    text = render(operation, response)
    start, end = f"{START}<{operation}Response {NS}>", f"</{operation}Response>"
    assert text.startswith(start)
    assert text.endswith(end)
    return text.removeprefix(start).removesuffix(end)


SUBMITTED = datetime(2026, 11, 21, 10, 15, 30, 123_900, UTC)


def test_a7_a9_a46_the_example_of_a_new_zone():
    servers = ["ns-11.awsdns-01.com", "ns-522.awsdns-01.net"]
    response = {
        "Location": "https://route53.amazonaws.com/2013-04-01/hostedzone/Z0ABCDEF12345",
        "DelegationSet": {"NameServers": servers},
        "ChangeInfo": {"SubmittedAt": SUBMITTED, "Status": "PENDING", "Id": "/change/C0ABCDEF12345"},
        "HostedZone": {
            "ResourceRecordSetCount": 2, "Config": {"PrivateZone": False}, "CallerReference": "r1",
            "Name": "example.test.", "Id": "/hostedzone/Z0ABCDEF12345",
        },
    }  # fmt: skip
    assert render("CreateHostedZone", response) == (
        f"{START}<CreateHostedZoneResponse {NS}><HostedZone><Id>/hostedzone/Z0ABCDEF12345</Id><Name>example.test.</Name>"
        "<CallerReference>r1</CallerReference><Config><PrivateZone>false</PrivateZone></Config><ResourceRecordSetCount>2"
        "</ResourceRecordSetCount></HostedZone><ChangeInfo><Id>/change/C0ABCDEF12345</Id><Status>PENDING</Status><SubmittedAt>"
        "2026-11-21T10:15:30.123Z</SubmittedAt></ChangeInfo><DelegationSet><NameServers><NameServer>ns-11.awsdns-01.com"
        "</NameServer><NameServer>ns-522.awsdns-01.net</NameServer></NameServers></DelegationSet></CreateHostedZoneResponse>"
    )


def test_a201_the_members_of_a_record_set_in_order():
    names = [
        *("Name", "Type", "SetIdentifier", "Weight", "Region", "GeoLocation", "Failover", "MultiValueAnswer", "TTL"),
        *(
            "ResourceRecords",
            "AliasTarget",
            "HealthCheckId",
            "TrafficPolicyInstanceId",
            "CidrRoutingConfig",
            "GeoProximityLocation",
            "AZAffinity",
        ),
    ]
    record_set = service().operations["ListResourceRecordSets"].output.members["ResourceRecordSets"].shape.item
    assert list(record_set.members) == names


@pytest.mark.parametrize(("operation", "response", "expected"), [
    pytest.param("ListHostedZones", {"HostedZones": [], "IsTruncated": False, "MaxItems": "100"}, "<HostedZones/><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>", id="A8 an empty list"),
    pytest.param("GetDNSSEC", {"Status": {"ServeSignature": "NOT_SIGNING"}, "KeySigningKeys": []}, "<Status><ServeSignature>NOT_SIGNING</ServeSignature></Status><KeySigningKeys/>", id="A8 an empty list called member"),
    pytest.param("GetHostedZone", {"HostedZone": {"Name": "a.", "Config": {"Comment": "", "PrivateZone": True}}}, "<HostedZone><Name>a.</Name><Config><Comment></Comment><PrivateZone>true</PrivateZone></Config></HostedZone>", id="A12 an empty comment stays"),
    pytest.param("GetHostedZone", {"HostedZone": {"Name": "a.", "Config": None, "Features": {}}, "VPCs": None}, "<HostedZone><Name>a.</Name><Features/></HostedZone>", id="A12 what has no value is left out"),
    pytest.param("GetCheckerIpRanges", {"CheckerIpRanges": ["192.0.2.0/24"]}, "<CheckerIpRanges><member>192.0.2.0/24</member></CheckerIpRanges>", id="A6 items called member"),
    pytest.param("GetHostedZoneCount", {"HostedZoneCount": 0}, "<HostedZoneCount>0</HostedZoneCount>", id="A9 zero is a value"),
    pytest.param("CreateCidrCollection", {"Location": "https://x", "Collection": {"Version": 1}}, "<Collection><Version>1</Version></Collection>", id="A11 a Location is no element"),
    pytest.param("GetChange", {"ChangeInfo": {"Comment": "<\"&'>\té\r\n\x7f\x00\ud800"}}, "<ChangeInfo><Comment>&lt;&quot;&amp;'&gt;&#9;é&#13;&#10;&#127;\ufffd\ufffd</Comment></ChangeInfo>", id="A10 text"),
    pytest.param("ListResourceRecordSets", {"ResourceRecordSets": [{"SetIdentifier": 'the "1st"', "ResourceRecords": [{"Value": '"it\'s"'}]}]}, "<ResourceRecordSets><ResourceRecordSet><SetIdentifier>the &quot;1st&quot;</SetIdentifier><ResourceRecords><ResourceRecord><Value>&quot;it's&quot;</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets>", id="A10 quotation marks of a value and a set identifier"),
    pytest.param("GetTrafficPolicy", {"TrafficPolicy": {"Document": '{"a": 1}'}}, "<TrafficPolicy><Document>{&quot;a&quot;: 1}</Document></TrafficPolicy>", id="A10 quotation marks of a document"),
    pytest.param("ListTagsForResource", {"ResourceTagSet": {"Tags": [{"Key": '"', "Value": '""'}]}}, "<ResourceTagSet><Tags><Tag><Key>&quot;</Key><Value>&quot;&quot;</Value></Tag></Tags></ResourceTagSet>", id="A10 quotation marks of a tag"),
    pytest.param("GetHealthCheckStatus", {"HealthCheckObservations": [{"StatusReport": {"Status": 'Failure: "x"'}}]}, "<HealthCheckObservations><HealthCheckObservation><StatusReport><Status>Failure: &quot;x&quot;</Status></StatusReport></HealthCheckObservation></HealthCheckObservations>", id="A10 quotation marks of an observation"),
    pytest.param("GetChange", {"ChangeInfo": {"SubmittedAt": datetime(2026, 1, 2, 1, 0, tzinfo=timezone(timedelta(hours=2)))}}, "<ChangeInfo><SubmittedAt>2026-01-01T23:00:00.000Z</SubmittedAt></ChangeInfo>", id="A9 a time is in UTC"),
    pytest.param("GetHealthCheck", {"HealthCheck": {"CloudWatchAlarmConfiguration": {"Threshold": 5}}}, "<HealthCheck><CloudWatchAlarmConfiguration><Threshold>5.0</Threshold></CloudWatchAlarmConfiguration></HealthCheck>", id="a threshold is a double"),
])  # fmt: skip
def test_content(operation, response, expected):
    assert inside(operation, response) == expected


def filled(shape):
    """Returns a value of a shape in which every text is a quotation mark and an apostrophe."""
    if shape.type == "structure":
        return {name: filled(member.shape) for name, member in shape.members.items()}
    if shape.item:
        return [filled(shape.item)]
    return {"timestamp": SUBMITTED, "boolean": True, "integer": 1, "long": 1, "double": 1.0}.get(shape.type, "\"'")


@pytest.mark.parametrize("operation", service().operations.values(), ids=lambda op: f"A10 {op.name}")
def test_every_text_has_its_quotation_marks_escaped(operation):
    text = render(operation.name, filled(operation.output)).removeprefix(START).replace(NS, "")
    assert '"' not in text
    assert text.count("&quot;") == text.count("'")


def test_a8_no_output_is_an_empty_root_element():
    assert render("DeleteHealthCheck", {}) == f"{START}<DeleteHealthCheckResponse {NS}/>"


@pytest.mark.parametrize("response", [{"HostedZones": []}, {"HostedZone": {"ID": "Z1"}}])
def test_a_member_that_the_model_lacks_is_a_mistake(response):
    with pytest.raises(ValueError, match="has no"):
        render("GetHostedZone", response)


def test_a11_location_travels_as_a_header():
    operation = service().operations["CreateHostedZone"]
    assert response_headers(operation, {"Location": "https://x"}) == {"Location": "https://x"}
    assert response_headers(operation, {}) == {}


@pytest.mark.parametrize(("error", "content"), [
    pytest.param(NoSuchHostedZone("Z1"), "<Type>Sender</Type><Code>NoSuchHostedZone</Code><Message>No hosted zone found with ID: Z1</Message>", id="A20 a sender's error"),
    pytest.param(ServiceUnavailable("m"), "<Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>m</Message>", id="A20 a receiver's error"),
    pytest.param(InvalidChangeBatch(["Tried '<a>'", "b"]), "<Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>[Tried '&lt;a&gt;', b]</Message>", id="A21 a change batch's error has the same envelope"),
    pytest.param(InvalidInput("One of '{\"urn:x\":Name}' is expected."), "<Type>Sender</Type><Code>InvalidInput</Code><Message>One of '{&quot;urn:x&quot;:Name}' is expected.</Message>", id="A10 quotation marks of a message"),
    pytest.param(CidrBlockInUseException("m"), "<Type>Sender</Type><Code>CidrBlockInUseException</Code><Message>m</Message>", id="A23 and so have CIDR's"),
    pytest.param(
        ProtectionAlreadyExists([ProtectionFailure("www.test.", "A", "ProtectionAlreadyExists", 'm "1"'), ProtectionFailure("b.test.", "MX", "ProtectionAlreadyExists", "m")]),
        "<Type>Sender</Type><Code>ProtectionAlreadyExists</Code><Message>[ProtectionAlreadyExists: 'A www.test.': m &quot;1&quot;, ProtectionAlreadyExists: 'MX b.test.': m]</Message>"
        "<Errors><ProtectionError><RecordName>www.test.</RecordName><RecordType>A</RecordType><Code>ProtectionAlreadyExists</Code><Message>m &quot;1&quot;</Message></ProtectionError>"
        "<ProtectionError><RecordName>b.test.</RecordName><RecordType>MX</RecordType><Code>ProtectionAlreadyExists</Code><Message>m</Message></ProtectionError></Errors>",
        id="A436 the entries of a protection's error",
    ),
    pytest.param(NoSuchChange.with_message(""), "<Type>Sender</Type><Code>NoSuchChange</Code><Message></Message>", id="no message"),
])  # fmt: skip
def test_errors(error, content):
    expected = f"{START}<ErrorResponse {NS}><Error>{content}</Error><RequestId>3b6a</RequestId></ErrorResponse>"
    assert render_error(error, "3b6a").decode() == expected
