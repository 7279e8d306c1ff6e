"""The vectors of api.md §22 over the wire: boto3 against the real process, messages compared verbatim."""

import http.client
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.e2e.asking import served
from tests.e2e.aws import (
    alias,
    change,
    create,
    delete,
    make_zone,
    new_check,
    new_reference,
    new_zone,
    plain,
    record_sets,
    refused,
    route53,
    upsert,
)

XMLNS = "https://route53.amazonaws.com/doc/2013-04-01/"
NO_ZONE = "Z0000000000000"


@pytest.fixture
def zone(boto):
    """The id of a fresh hosted zone example.test."""
    return new_zone(boto)


@pytest.fixture
def apply(boto, zone):
    """A function that applies changes to that zone in one batch."""
    return lambda *changes: change(boto, zone, *changes)


@pytest.fixture
def refusal(boto, zone):
    """A function that sends a batch that must fail, and returns its message without the brackets."""

    def refusal(*changes):
        status, code, message = refused(change, boto, zone, *changes)
        assert (status, code) == (400, "InvalidChangeBatch"), message
        assert message[0] + message[-1] == "[]"
        return message[1:-1]

    return refusal


def call(api, method, path, body=None):
    """Sends a request exactly as written here; returns status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", api.http, timeout=10)
    try:
        connection.request(method, f"/2013-04-01/{path}", body)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def error_of(body):
    """Returns code and message of an error's document."""
    error = ElementTree.fromstring(body).find(f"{{{XMLNS}}}Error")
    return error.findtext(f"{{{XMLNS}}}Code"), error.findtext(f"{{{XMLNS}}}Message")


def weighted(identifier, **more):
    return {"SetIdentifier": identifier, "Weight": 1, **more}


def latency(identifier, region="us-east-1"):
    return {"SetIdentifier": identifier, "Region": region}


def located(identifier, **place):
    return {"SetIdentifier": identifier, "GeoLocation": place}


# --- zones and their lists ---


def test_a400_a_zone_is_made(boto):
    made = boto.create_hosted_zone(Name="Example.TEST", CallerReference=new_reference())
    assert made["HostedZone"]["Name"] == "example.test."
    assert made["HostedZone"]["ResourceRecordSetCount"] == 2
    assert made["ChangeInfo"]["Status"] == "PENDING"
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    bare = made["HostedZone"]["Id"].removeprefix("/hostedzone/")
    assert made["Location"] == f"https://route53.amazonaws.com/2013-04-01/hostedzone/{bare}"


def test_a401_a_new_zone_has_two_record_sets(boto, zone):
    listed = plain(boto.list_resource_record_sets(HostedZoneId=zone))
    assert [(r["Name"], r["Type"], r["TTL"]) for r in listed.pop("ResourceRecordSets")] == [
        ("example.test.", "NS", 172800),
        ("example.test.", "SOA", 900),
    ]
    assert listed == {"IsTruncated": False, "MaxItems": "100"}


def test_a402_a_caller_reference_is_good_once(boto):
    reference = new_reference()
    made = make_zone(boto, "once.test", reference)
    already = (
        409,
        "HostedZoneAlreadyExists",
        "A hosted zone has already been created with the specified caller reference.",
    )
    assert refused(make_zone, boto, "other.test", reference) == already
    boto.delete_hosted_zone(Id=made)
    assert refused(make_zone, boto, "once.test", reference) == already


def test_a403_a_wildcard_comes_back_escaped(boto, zone, apply):
    apply(create("*.example.test", "192.0.2.1"))
    star = (r"\052.example.test.", "A", None)
    assert star in record_sets(boto, zone)
    assert record_sets(boto, zone, StartRecordName="*.example.test") == [star]


def test_a404_a_batch_happens_as_a_whole_or_not(boto, zone, refusal):
    before = record_sets(boto, zone)
    message = refusal(create("a.example.test", "192.0.2.1"), create("a2.example.test", "192.0.2.300"))
    assert "ARRDATAIllegalIPv4Address" in message
    assert record_sets(boto, zone) == before


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"ttl": 61}, id="A405 another TTL"),
        pytest.param({"values": ["192.0.2.2"]}, id="A405 another value"),
        pytest.param({"HealthCheckId": None}, id="A405 no health check"),
    ],
)
def test_a_delete_repeats_what_is_stored(boto, zone, apply, refusal, given):
    stored = {"values": ["192.0.2.1"], "ttl": 60, **weighted("s"), "HealthCheckId": new_check(boto)}

    def put(values, **more):
        return [*values], {key: value for key, value in more.items() if value is not None}

    values, more = put(**stored)
    apply(upsert("x.example.test", *values, **more))
    wrong, wrong_more = put(**(stored | given))
    assert refusal(delete("x.example.test", *wrong, **wrong_more)) == (
        "Tried to delete resource record set [name='x.example.test.', type='A', set-identifier='s'] "
        "but the values provided do not match the current values"
    )
    apply(delete("x.example.test", *values, **more))


def test_a406_a_delete_of_nothing(refusal):
    assert refusal(delete("x.example.test", "192.0.2.1")) == (
        "Tried to delete resource record set [name='x.example.test.', type='A'] but it was not found"
    )


def test_a407_a_record_set_occurs_once_in_a_batch_or_is_replaced(apply, refusal):
    apply(create("x.example.test", "192.0.2.1"))
    apply(delete("x.example.test", "192.0.2.1"), create("x.example.test", "192.0.2.2"))
    invalid = "The request contains an invalid set of changes for a resource record set 'A x.example.test.'"
    assert refusal(create("x.example.test", "192.0.2.3"), delete("x.example.test", "192.0.2.2")) == invalid
    assert refusal(upsert("x.example.test", "192.0.2.3"), upsert("x.example.test", "192.0.2.4")) == invalid


def test_a408_a_group_is_simple_or_weighted(apply, refusal):
    apply(create("w.example.test", "192.0.2.1", **weighted("s1")), create("s.example.test", "192.0.2.1"))
    assert refusal(create("w.example.test", "192.0.2.2")) == (
        "RRSet with DNS name w.example.test., type A cannot be created as other RRSets exist with the same name and type."
    )
    assert refusal(create("s.example.test", "192.0.2.2", **weighted("s1"))) == (
        "RRSet with DNS name s.example.test., type A, SetIdentifier s1 cannot be created "
        "as a non-weighted set exists with the same name and type."
    )


def test_a409_a_weighted_group_has_one_ttl(apply, refusal):
    apply(create("w.example.test", "192.0.2.1", **weighted("s1")))
    assert "weighted sets must contain the same TTL." in refusal(
        create("w.example.test", "192.0.2.2", ttl=300, **weighted("s2"))
    )


def test_a410_a_latency_group_has_a_region_once(apply, refusal):
    apply(create("l.example.test", "192.0.2.1", **latency("old")))
    assert refusal(create("l.example.test", "192.0.2.2", **latency("new"))).endswith(
        "cannot be created because a latency RRSet with the same name, type and region already exists."
    )
    apply(
        delete("l.example.test", "192.0.2.1", **latency("old")), create("l.example.test", "192.0.2.1", **latency("new"))
    )


def test_a411_a_group_changes_its_policy_at_once(apply, refusal):
    regions = {"a": "us-east-1", "b": "eu-west-1", "c": "ap-south-1"}
    apply(*(create("p.example.test", "192.0.2.1", **weighted(name)) for name in regions))
    one_by_one = [upsert("p.example.test", "192.0.2.1", **latency(*item)) for item in regions.items()]
    assert "a non-latency RRSet with the same name and type already exists" in refusal(one_by_one[0])
    apply(*one_by_one)


def test_a412_a_policy_and_a_set_identifier_go_together(boto, zone):
    where = "in Change with [Action=CREATE, Name=x.example.test, Type=A, SetIdentifier="
    status, code, message = refused(change, boto, zone, create("x.example.test", "192.0.2.1", Weight=1))
    assert (status, code) == (400, "InvalidInput")
    assert message == f"Invalid request: Missing field 'SetIdentifier' {where}null]"
    status, code, message = refused(change, boto, zone, create("x.example.test", "192.0.2.1", SetIdentifier="s"))
    assert (status, code) == (400, "InvalidInput")
    assert message == (
        "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, "
        f"GeoProximityLocation, or CidrRoutingConfig], but found none {where}s]"
    )


def test_a413_a_simple_record_set_has_no_health_check(boto, refusal):
    assert "(e.g., Weight, Region, etc.) if a health check is attached. No changes made." in refusal(
        create("x.example.test", "192.0.2.1", HealthCheckId=new_check(boto))
    )


def test_a414_a_primary_needs_a_health_check_and_a_secondary_does_not(apply, refusal):
    assert refusal(create("f.example.test", "192.0.2.1", SetIdentifier="p", Failover="PRIMARY")) == (
        "A non-alias primary ResourceRecordSet must have an associated health check. No changes made."
    )
    apply(create("f.example.test", "192.0.2.1", SetIdentifier="s", Failover="SECONDARY"))


def test_a415_a_cname_is_alone(boto, apply, refusal):
    target = {"type_": "CNAME"}
    assert "is not permitted at apex in zone example.test." in refusal(create("example.test", "x.test", **target))
    apply(create("a.example.test", "192.0.2.1"), create("c.example.test", "x.test", **target))
    beside = "is not permitted as it conflicts with other records with the same DNS name in zone example.test."
    assert beside in refusal(create("a.example.test", "x.test", **target))
    assert "a conflicting RRSet of type CNAME with the same DNS name already exists" in refusal(
        create("c.example.test", "192.0.2.1")
    )
    gone, made = delete("a.example.test", "192.0.2.1"), create("a.example.test", "x.test", **target)
    assert beside in refusal(made, gone)
    apply(gone, made)


def test_a416_the_apex_keeps_its_ns_and_soa(boto, zone, apply, refusal):
    servers, soa = boto.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    apply({"Action": "UPSERT", "ResourceRecordSet": {**servers, "TTL": 300}})
    assert boto.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"][0]["TTL"] == 300
    assert refusal({"Action": "DELETE", "ResourceRecordSet": soa}) == (
        "A HostedZone must contain exactly one SOA record."
    )


def addresses(count):
    return [f"10.0.{number // 250}.{number % 250}" for number in range(count)]


def test_a417_a117_r209_14_a_request_has_a_thousand_values(boto, zone, apply, refusal):
    many = addresses(1000)
    apply(*(create(f"{n}.example.test", *many[n * 334 : (n + 1) * 334]) for n in range(3)))
    values = [many[:251], many[251:501]]
    assert "Number of records limit of 1000 exceeded." in refusal(
        *(upsert(f"u{n}.example.test", *part) for n, part in enumerate(values))
    )


def test_a418_a_record_set_has_four_hundred_values(apply, refusal):
    assert "Cannot have more than 400 records in a RRSet." in refusal(create("x.example.test", *addresses(401)))
    apply(create("x.example.test", *addresses(400)))


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [
        pytest.param("TXT", "no quotes", "InvalidCharacterString (Value should be enclosed", id="A419 TXT unquoted"),
        pytest.param("TXT", '"é"', "UnsupportedCharacter (Value contains unsupported", id="A419 TXT raw é"),
        pytest.param("CAA", '0 foo "ca.test"', "CAARRDATAInvalidTag (Invalid tag)", id="A419 CAA tag"),
    ],
)
def test_a_bad_value_is_named(refusal, type_, value, code):
    message = refusal(create("x.example.test", value, type_=type_))
    assert message.startswith("Invalid Resource Record: 'FATAL problem: ")
    assert code in message


def test_a420_an_alias_comes_after_its_target(zone, apply, refusal):
    to = alias(zone, "target.example.test")
    not_found = f"Tried to create an alias that targets target.example.test., type A in zone {zone}, but that target was not found"
    assert refusal(create("x.example.test", **to)) == not_found
    apply(create("target.example.test", "x.test", type_="CNAME"))
    assert refusal(create("x.example.test", **to)) == not_found
    apply(delete("target.example.test", "x.test", type_="CNAME"))
    assert refusal(create("x.example.test", **to), create("target.example.test", "192.0.2.1")) == not_found
    apply(create("target.example.test", "192.0.2.1"), create("x.example.test", **to))
    assert refusal(create("y.example.test", **to), upsert("target.example.test", "192.0.2.2")) == not_found


def test_a421_record_sets_have_one_order_whatever_the_pages(boto):
    zone = new_zone(boto, "example.com")
    greens = [upsert("www.example.com", "192.0.2.1", **weighted(name)) for name in ("green", "blue")]
    others = ("x.www", "www-1", "b.a", "a", "*", "_dmarc")
    change(boto, zone, *greens, *(upsert(f"{name}.example.com", "192.0.2.1") for name in others))
    change(boto, zone, upsert("example.com", "192.0.2.1"))
    whole = record_sets(boto, zone)
    assert whole == [
        ("example.com.", "A", None),
        ("example.com.", "NS", None),
        ("example.com.", "SOA", None),
        (r"\052.example.com.", "A", None),
        ("_dmarc.example.com.", "A", None),
        ("a.example.com.", "A", None),
        ("b.a.example.com.", "A", None),
        ("www-1.example.com.", "A", None),
        ("www.example.com.", "A", "blue"),
        ("www.example.com.", "A", "green"),
        ("x.www.example.com.", "A", None),
    ]
    pages = boto.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone, PaginationConfig={"PageSize": 1}
    )
    one_by_one = [(r["Name"], r["Type"], r.get("SetIdentifier")) for page in pages for r in page["ResourceRecordSets"]]
    assert one_by_one == whole


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param("{}", id="A422 bare"),
        pytest.param("/hostedzone/{}", id="A422 prefixed"),
        pytest.param("hostedzone/{}", id="A422 prefixed without a slash in front"),
    ],
)
def test_an_id_has_several_spellings(api, boto, zone, spelling):
    spelt = spelling.format(zone)
    assert boto.get_hosted_zone(Id=spelt)["HostedZone"]["Id"] == f"/hostedzone/{zone}"
    status, _, body = call(api, "GET", f"hostedzone/{spelt}/rrset")
    assert (status, body.count("<ResourceRecordSet>")) == (200, 2)
    boto.list_query_logging_configs(HostedZoneId=spelt)
    log = boto.create_query_logging_config(
        HostedZoneId=spelt, CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/x"
    )
    assert log["QueryLoggingConfig"]["HostedZoneId"] == zone


def test_a48_an_encoded_prefix_makes_an_id_too_long(api, zone):
    prefixed = f"/hostedzone/{zone}"
    status, _, body = call(api, "GET", f"hostedzone/{quote(prefixed, safe='')}/rrset")
    constraint = "Member must have length less than or equal to 32"
    assert status == 400
    assert f"Value '{prefixed}' at 'hostedZoneId' failed to satisfy constraint: {constraint}" in body


def test_a221_a_tagged_resource_takes_no_prefix(boto, zone):
    """Not even botocore strips it there."""
    tags = {"ResourceType": "hostedzone", "ResourceId": f"/hostedzone/{zone}"}
    constraint = "Member must have length less than or equal to 32"
    expected = f"1 validation error detected: Value '/hostedzone/{zone}' at 'resourceId' failed to satisfy constraint: {constraint}"
    assert refused(boto.list_tags_for_resource, **tags) == (400, "InvalidInput", expected)
    assert refused(boto.change_tags_for_resource, **tags, RemoveTagKeys=["a"]) == (400, "InvalidInput", expected)


def test_a423_an_unknown_zone(boto):
    assert refused(boto.get_hosted_zone, Id=NO_ZONE) == (
        404,
        "NoSuchHostedZone",
        f"No hosted zone found with ID: {NO_ZONE}",
    )


def test_a424_only_an_empty_zone_goes(boto, zone, apply):
    apply(create("a.example.test", "192.0.2.1"))
    assert refused(boto.delete_hosted_zone, Id=zone) == (
        400,
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
    )
    apply(delete("a.example.test", "192.0.2.1"))
    key = {"HostedZoneId": zone, "Name": "ksk_1"}
    boto.create_key_signing_key(
        **key,
        CallerReference=new_reference(),
        KeyManagementServiceArn="arn:aws:kms:us-east-1:000000000000:key/9c6a1f2e-0000-4000-8000-000000000001",
        Status="INACTIVE",
    )
    assert refused(boto.delete_hosted_zone, Id=zone) == (
        400,
        "HostedZoneNotEmpty",
        "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted.",
    )
    boto.delete_key_signing_key(**key)
    boto.delete_hosted_zone(Id=zone)
    assert refused(boto.get_hosted_zone, Id=zone)[1] == "NoSuchHostedZone"


def test_a425_a_private_zone_shows_its_vpcs(boto):
    vpc = {"VPCRegion": "eu-west-1", "VPCId": "vpc-0a425"}
    made = boto.create_hosted_zone(Name="private.test", CallerReference=new_reference(), VPC=vpc)
    assert made["VPC"] == vpc
    assert "DelegationSet" not in made
    got = boto.get_hosted_zone(Id=made["HostedZone"]["Id"])
    assert got["VPCs"] == [vpc]
    assert "DelegationSet" not in got
    assert got["HostedZone"]["Config"]["PrivateZone"] is True
    assert record_sets(boto, got["HostedZone"]["Id"])[0] == ("private.test.", "NS", None)


def test_a426_dnssec_is_off_and_not_for_private_zones(boto, zone):
    private = new_zone(boto, "secret.test", VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-0a426"})
    status, code, message = refused(boto.get_dnssec, HostedZoneId=private)
    assert (status, code) == (400, "InvalidArgument")
    assert message.startswith("Operation is unsupported for private")
    assert plain(boto.get_dnssec(HostedZoneId=zone)) == {
        "Status": {"ServeSignature": "NOT_SIGNING"},
        "KeySigningKeys": [],
    }


def test_a427_zones_by_name_are_in_order_of_their_labels(boto):
    names = ["a427-a.test.", "a427-b.test.", "c.a427-b.test.", "a427-z.com."]
    for name in names:
        new_zone(boto, name)

    def listed(**start):
        found = boto.list_hosted_zones_by_name(**start)["HostedZones"]
        return [zone["Name"] for zone in found if "a427" in zone["Name"]]

    assert listed() == ["a427-z.com.", "a427-a.test.", "a427-b.test.", "c.a427-b.test."]
    assert listed(DNSName="a427-b.test") == ["a427-b.test.", "c.a427-b.test."]


def name_of(length):
    """Returns a name of so many characters below example.test, with labels of at most 60."""
    text = "x" * (length - len(".example.test"))
    for at in range(60, len(text) - 1, 61):
        text = text[:at] + "." + text[at + 1 :]
    return f"{text}.example.test"


def test_a428_a51_r209_19_labels_and_names_have_a_longest(apply, boto, zone):
    apply(create(f"{'x' * 63}.example.test", "192.0.2.1"), create(name_of(253), "192.0.2.1"))
    for name, problem in [
        (f"{'x' * 64}.example.test", f"DomainLabelTooLong (Domain label is too long) encountered with '{'x' * 64}'"),
        (name_of(254), f"DomainNameTooLong (Domain name is too long) encountered with '{name_of(254)}'"),
    ]:
        found = refused(change, boto, zone, create(name, "192.0.2.1"))
        assert found == (400, "InvalidChangeBatch", f"FATAL problem: {problem}")


def test_a429_a_change_outlives_its_zone(boto):
    made = boto.create_hosted_zone(Name="gone.test", CallerReference=new_reference())
    boto.delete_hosted_zone(Id=made["HostedZone"]["Id"])
    assert boto.get_change(Id=made["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC"


def test_a430_a_body_that_is_not_what_it_should_be(api, unchecked, zone):
    path = f"hostedzone/{zone}/rrset/"
    status, headers, body = call(api, "POST", path, f'<ChangeBatch xmlns="{XMLNS}"/>')
    assert status == 400
    assert error_of(body) == ("MalformedInput", "ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest")
    assert headers["x-amzn-RequestId"] in body
    assert headers["Content-Type"].startswith("text/xml")
    status, _, body = call(api, "POST", path, "<ChangeResourceRecordSetsRequest><")
    assert (status, *error_of(body)) == (400, "MalformedInput", "Could not parse XML")
    status, code, message = refused(
        change, unchecked, zone, {**create("x.example.test", "192.0.2.1"), "Action": "MODIFY"}
    )
    assert (status, code) == (400, "InvalidInput")
    assert (
        "cvc-enumeration-valid: Value 'MODIFY' is not facet-valid with respect to enumeration '[CREATE, DELETE, UPSERT]'"
        in message
    )


def test_a431_policies_and_types_that_do_not_go_together(zone, apply, refusal):
    many = {"SetIdentifier": "m", "MultiValueAnswer": True}
    apply(create("target.example.test", "192.0.2.1"))
    assert refusal(create("m.example.test", **many, **alias(zone, "target.example.test"))) == (
        "Multivalue answer rrset should not be an alias rrset. No changes made."
    )
    assert refusal(create("m.example.test", "x.test", type_="CNAME", **many)) == (
        "RRSet with DNS name m.example.test., type CNAME, SetIdentifier m cannot be created "
        "because this type of RRSet is not supported."
    )
    apply(create("d.example.test", f"1 13 2 {'A' * 64}", type_="DS", **weighted("w")))


def test_a432_places_that_are_not_on_the_map_or_taken(apply, refusal):
    x = "g.example.test", "192.0.2.1"
    assert refusal(create(*x, **located("a", CountryCode="BV"))) == (
        "Cannot find location: 'country = BV'. No changes made."
    )
    assert refusal(create(*x, **located("a", CountryCode="CA", SubdivisionCode="ON"))) == (
        "Cannot find location: 'country = CA subdivision = ON'. No changes made."
    )
    apply(create(*x, **located("a", CountryCode="JP")))
    assert refusal(create(*x, **located("b", CountryCode="JP"))).endswith(
        "a GEO RRSet with the same name, type and routing to [country = (JP, Japan)} already exists."
    )


def test_a433_a212_the_waiter_asks_once(api, zone):
    client, asked = route53(api), []
    client.meta.events.register("before-call.route53.GetChange", lambda **_: asked.append(1))
    made = change(client, zone, upsert("x.example.test", "192.0.2.1"))
    assert made["Status"] == "PENDING"
    client.get_waiter("resource_record_sets_changed").wait(Id=made["Id"])
    assert len(asked) == 1


def test_a434_what_a_cidr_collection_refuses(boto, unchecked):
    made = boto.create_cidr_collection(Name="a434", CallerReference=new_reference())["Collection"]

    def put(client, location, *blocks, **more):
        changes = [{"LocationName": location, "Action": "PUT", "CidrList": [*blocks]}]
        return client.change_cidr_collection(Id=made["Id"], Changes=changes, **more)

    put(boto, "paris", "192.0.2.0/24", CollectionVersion=1)
    status, code, _ = refused(put, boto, "paris", "198.51.100.0/24", CollectionVersion=1)
    assert (status, code) == (409, "CidrCollectionVersionMismatchException")
    assert refused(put, boto, "paris", "198.51.100.0/25")[:2] == (400, "InvalidInput")
    assert refused(put, unchecked, "*", "198.51.100.0/24")[:2] == (400, "InvalidInput")
    assert len(boto.list_cidr_blocks(CollectionId=made["Id"])["CidrBlocks"]) == 1


# --- concurrent clients ---


def test_a14_a121_changes_that_come_at_once_are_carried_out_one_by_one(api, boto):
    """Eight clients switch one group between two policies, and each records its acknowledged changes."""
    zone = new_zone(boto, "busy.test")
    members = "abcdefgh"
    change(boto, zone, *(upsert("group.busy.test", "192.0.2.1", **weighted(one)) for one in members))

    def work(number):
        client = route53(api)
        for turn in range(10):
            ttl = 60 + number * 10 + turn
            changes = [upsert("group.busy.test", "192.0.2.1", ttl=ttl, **weighted(one)) for one in members]
            change(client, zone, *changes, create(f"{number}-{turn}.busy.test", "192.0.2.1"))
            ttls = {
                r["TTL"]
                for r in client.list_resource_record_sets(
                    HostedZoneId=zone, StartRecordName="group.busy.test", MaxItems="8"
                )["ResourceRecordSets"]
            }
            assert len(ttls) == 1, "a batch was seen half done"
            assert served(api.dns, f"{number}-{turn}.busy.test") == ["192.0.2.1"]

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, number) for number in range(8)]:
            done.result()
    assert boto.get_hosted_zone(Id=zone)["HostedZone"]["ResourceRecordSetCount"] == 2 + len(members) + 80
