"""Route 53's error messages: captured from the real service, compared verbatim over the wire."""

from types import SimpleNamespace

import pytest

from tests.e2e.aws import alias, change, create, delete, make_zone, new_check, new_reference, new_zone, refused, upsert

ADDRESS = "192.0.2.1"
ELSEWHERE = "Z2FDTNDATAQYW2"
COLLECTION = "00000000-0000-4000-8000-000000000000"
LOG_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/example.test"
KMS_KEY = "arn:aws:kms:us-east-1:000000000000:key/9c6a1f2e-0000-4000-8000-00000000000{}"
VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}


# --- names: one message, a different code for each operation ---

NAMES = [
    pytest.param("cname-apply-for-a-property-and-financial-affairs-deputyship-orders.test", "DomainLabelTooLong (Domain label is too long) encountered with 'cname-apply-for-a-property-and-financial-affairs-deputyship-orde'", id="A52 a long label is cut"),
    pytest.param("x" * 64 + ".test", "DomainLabelTooLong (Domain label is too long) encountered with '" + "x" * 64 + "'", id="A52 A428 a long label"),
    pytest.param("a..test", "DomainLabelEmpty (Domain label is empty) encountered with 'a..test'", id="A52 an empty label"),
    pytest.param("a b.test", "UnsupportedCharacter (Value contains unsupported characters) encountered with ' '", id="A52 A54 a space"),
    pytest.param("bücher.test", "UnsupportedCharacter (Value contains unsupported characters) encountered with '?'", id="A52 A53 an IDN that is no Punycode"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), NAMES)
def test_a_bad_name(boto, shared_zone, name, text):
    text = f"FATAL problem: {text}"
    assert refused(make_zone, boto, name, new_reference()) == (400, "InvalidDomainName", text)
    assert refused(boto.list_resource_record_sets, HostedZoneId=shared_zone, StartRecordName=name) == (
        400,
        "InvalidInput",
        text,
    )
    status, code, message = refused(change, boto, shared_zone, create(name, ADDRESS))
    assert (status, code, message) == (400, "InvalidChangeBatch", text)


# --- change batches ---


def policy(identifier="s", **routing):
    return {"SetIdentifier": identifier, **routing}


def weight(identifier="s"):
    return policy(identifier, Weight=1)


def region(name="us-east-1", identifier="s"):
    return policy(identifier, Region=name)


def place(identifier="s", **place):
    return policy(identifier, GeoLocation=place)


def near(identifier="s", **place):
    return policy(identifier, GeoProximityLocation=place)


def cidr(location="paris", identifier="s", collection=COLLECTION):
    return policy(identifier, CidrRoutingConfig={"CollectionId": collection, "LocationName": location})


def x(*values, name="x.example.test", make=create, **more):
    return make(name, *(values or [ADDRESS]), **more)


SET = "RRSet with DNS name x.example.test., type A, SetIdentifier s"
SIMPLE = "RRSet with DNS name x.example.test., type A"
JAPAN = "[country = (JP, Japan)}"

BATCHES = [
    pytest.param([x()], [x()], "Tried to create resource record set [name='x.example.test.', type='A'] but it already exists", id="A140 A28"),
    pytest.param([x(**weight())], [x(**weight())], "Tried to create resource record set [name='x.example.test.', type='A', set-identifier='s'] but it already exists", id="A140 with a set identifier"),
    pytest.param([], [x(make=delete)], "Tried to delete resource record set [name='x.example.test.', type='A'] but it was not found", id="A141 A28"),
    pytest.param([x(**weight())], [x("192.0.2.2", make=delete, **weight())], "Tried to delete resource record set [name='x.example.test.', type='A', set-identifier='s'] but the values provided do not match the current values", id="A142"),
    pytest.param([], [x(name="www.elsewhere.test")], "RRSet with DNS name www.elsewhere.test. is not permitted in zone example.test.", id="A143"),
    pytest.param([], [x("x.test", name="example.test", type_="CNAME")], "RRSet of type CNAME with DNS name example.test. is not permitted at apex in zone example.test.", id="A144"),
    pytest.param([x()], [x("x.test", type_="CNAME")], "RRSet of type CNAME with DNS name x.example.test. is not permitted as it conflicts with other records with the same DNS name in zone example.test.", id="A145"),
    pytest.param([x("x.test", type_="CNAME")], [x()], "RRSet of type A with DNS name x.example.test. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.test.", id="A146"),
    pytest.param([x(**weight())], [x()], f"{SIMPLE} cannot be created as other RRSets exist with the same name and type.", id="A147"),
    pytest.param([x()], [x(**weight())], f"{SET} cannot be created as a non-weighted set exists with the same name and type.", id="A148"),
    pytest.param([x(**weight("other"))], [x(ttl=61, **weight())], "RRSet with DNS name x.example.test. and type A, SetIdentifier s cannot be created as weighted sets must contain the same TTL.", id="A149"),
    pytest.param([x(**weight("other"))], [x(**region())], f"{SET}, and Region Name=us-east-1 cannot be created because a non-latency RRSet with the same name and type already exists.", id="A150"),
    pytest.param([x(**region(identifier="other"))], [x(**region())], f"{SET}, and Region Name=us-east-1 cannot be created because a latency RRSet with the same name, type and region already exists.", id="A151"),
    pytest.param([], [x(**region("xx-fake-1"))], "Cannot find region 'xx-fake-1'. No changes made.", id="A152"),
    pytest.param([x(**weight("other"))], [x(**place(CountryCode="JP"))], f"{SET}, and routing to {JAPAN} cannot be created because a non-GEO RRSet with the same name and type already exists.", id="A153"),
    pytest.param([x(**place("other", CountryCode="JP"))], [x(**place(CountryCode="JP"))], f"{SET}, and routing to {JAPAN} cannot be created because a GEO RRSet with the same name, type and routing to {JAPAN} already exists.", id="A154"),
    pytest.param([], [x(**place(CountryCode="ZZ"))], "Cannot find location: 'country = ZZ'. No changes made.", id="A155 a country"),
    pytest.param([], [x(**place(ContinentCode="XX"))], "Cannot find location: ' continent = XX'. No changes made.", id="A155 a continent"),
    pytest.param([], [x(**place(CountryCode="US", SubdivisionCode="ZZ"))], "Cannot find location: 'country = US subdivision = ZZ'. No changes made.", id="A155 a subdivision"),
    pytest.param([], [x(**place(ContinentCode="NA", SubdivisionCode="WA"))], "Cannot find location: ' continent = NA subdivision = WA'. No changes made.", id="A155 a subdivision of a continent"),
    pytest.param([x(**weight("other"))], [x(**policy(Failover="SECONDARY"))], f"{SET}, and marked as secondary cannot be created because a non-failover RRSet with the same name and type already exists.", id="A156"),
    pytest.param([x(**policy("other", Failover="SECONDARY"))], [x(**policy(Failover="SECONDARY"))], f"{SET}, and marked as secondary cannot be created because a failover RRSet with the same name, type and marked as secondary already exists.", id="A157"),
    pytest.param([], [x(**policy(Failover="PRIMARY"))], "A non-alias primary ResourceRecordSet must have an associated health check. No changes made.", id="A158"),
    pytest.param([], [create("x.example.test", **policy(Failover="PRIMARY"), **alias(ELSEWHERE, "d1.cloudfront.net"))], f"{SET} cannot be a primary without EvaluateTargetHealth set to true or an associated health check as a secondary would never be returned.", id="A159"),
    pytest.param([x(**weight("other"))], [x(**policy(MultiValueAnswer=True))], f"{SET} cannot be created because a non multivalue answer rrset exists with the same name and type.", id="A161"),
    pytest.param([], [create("x.example.test", **policy(MultiValueAnswer=True), **alias(ELSEWHERE, "d1.cloudfront.net"))], "Multivalue answer rrset should not be an alias rrset. No changes made.", id="A162"),
    pytest.param([], [x("ns.test", type_="NS", **weight())], "RRSet with DNS name x.example.test., type NS, SetIdentifier s cannot be created because this type of RRSet is not supported.", id="A163"),
    pytest.param([], [x(**cidr())], f"Cannot find CidrCollection '{COLLECTION}'. No changes made.", id="A166"),
    pytest.param([], [x(**near(AWSRegion="xx-fake-1"))], "Cannot find GeoProximityLocation with AWSRegion = xx-fake-1. No changes made.", id="A167"),
    pytest.param([], [create("x.example.test", type_="NS", **alias(ELSEWHERE, "d1.cloudfront.net"))], "RRSet with DNS name x.example.test., type NS contains an alias target, but aliases of that type are forbidden", id="A168"),
    pytest.param([], [x("ns.test", name="*.example.test", type_="NS")], "Changing wildcard NS record sets are not supported. No changes made.", id="A172"),
    pytest.param([], [x("40000 svc.test.", type_="HTTPS")], "Unsupported SvcPriority value.", id="A173"),
    pytest.param([], [x(ADDRESS, ADDRESS)], f"Duplicate Resource Record: '{ADDRESS}'", id="A174"),
    pytest.param([], [x("192.0.2.256"), x(name="www.elsewhere.test")], "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.256'', RRSet with DNS name www.elsewhere.test. is not permitted in zone example.test.", id="A21 A115 A175 the problems of all changes"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "batch", "text"), BATCHES)
def test_a_change_batch(boto, before, batch, text):
    zone = new_zone(boto)
    if before:
        change(boto, zone, *before)
    assert refused(change, boto, zone, *batch) == (400, "InvalidChangeBatch", f"[{text}]")


def test_a_health_check_needs_a_policy(boto, shared_zone):
    """A160: public and private."""
    text = (
        "[DNS name must have alternate ResourceRecordSet responses configured via a routing policy "
        "(e.g., Weight, Region, etc.) if a health check is attached. No changes made.]"
    )
    batch = x(HealthCheckId=new_check(boto))
    for zone in (shared_zone, new_zone(boto, VPC={**VPC, "VPCId": "vpc-a160"})):
        assert refused(change, boto, zone, batch) == (400, "InvalidChangeBatch", text)


def test_a120_h156_an_unknown_health_check_refuses_the_request(boto, shared_zone):
    status, code, _ = refused(change, boto, shared_zone, x(HealthCheckId=COLLECTION, **weight()))
    assert (status, code) == (404, "NoSuchHealthCheck")


def test_a164_a165_cidr_routing(boto):
    made = []
    for name in ("a165-a", "a165-b"):
        made.append(boto.create_cidr_collection(Name=name, CallerReference=new_reference())["Collection"]["Id"])
        put = {"LocationName": "paris", "Action": "PUT", "CidrList": ["192.0.2.0/24"]}
        boto.change_cidr_collection(Id=made[-1], Changes=[put])
    private = new_zone(boto, VPC={**VPC, "VPCId": "vpc-a164"})
    assert refused(change, boto, private, x(**cidr(collection=made[0])))[1:] == (
        "InvalidChangeBatch",
        f"[{SET} cannot be created because CIDR RRSet is not supported with private hosted zone.]",
    )
    public = new_zone(boto)
    change(boto, public, x(**cidr("*", "other", made[0])))
    assert refused(change, boto, public, x(**cidr(collection=made[1])))[1:] == (
        "InvalidChangeBatch",
        f"[{SET}, and routing to CidrCollectionId={made[1]} CidrLocationId=paris cannot be created "
        f"because a CIDR RRSets with a different collection id ({made[0]}) already exist]",
    )


def test_a169_a170_aliases_into_zones_of_ones_own(boto, shared_zone):
    def aliased(target):
        return create("x.example.test", **alias(shared_zone, target))

    tried = f"Tried to create an alias that targets {{}}, type A in zone {shared_zone}, but"
    elsewhere = tried.format("www.elsewhere.test.")
    assert refused(change, boto, shared_zone, aliased("www.elsewhere.test"))[1:] == (
        "InvalidChangeBatch",
        f"[{elsewhere} the alias target name does not lie within the target zone, "
        f"{elsewhere} that target was not found]",
    )
    assert refused(change, boto, shared_zone, aliased("none.example.test"))[1:] == (
        "InvalidChangeBatch",
        f"[{tried.format('none.example.test.')} that target was not found]",
    )


@pytest.mark.parametrize(
    ("at", "text"),
    [
        pytest.param(0, "A HostedZone must contain at least one NS record for the zone itself.", id="A171 NS"),
        pytest.param(1, "A HostedZone must contain exactly one SOA record.", id="A171 SOA"),
    ],
)
def test_the_apex_cannot_go(boto, shared_zone, at, text):
    stored = boto.list_resource_record_sets(HostedZoneId=shared_zone)["ResourceRecordSets"][at]
    assert refused(change, boto, shared_zone, {"Action": "DELETE", "ResourceRecordSet": stored}) == (
        400,
        "InvalidChangeBatch",
        f"[{text}]",
    )


VALUES = [
    pytest.param("A", "192.0.2.256", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.256'", id="A186 A"),
    pytest.param("A", "192.0.2.1 192.0.2.2", "ARRDATANotSingleField (Value contains spaces) encountered with '192.0.2.1 192.0.2.2'", id="A186 A with a space"),
    pytest.param("AAAA", "2001:db8::g", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '2001:db8::g'", id="A186 AAAA"),
    pytest.param("MX", "mail.test", "MXRRDATANotTwoFields (MX record doesn't have 2 fields) encountered with 'mail.test'", id="A186 MX"),
    pytest.param("SRV", "1 2 srv.test", "SRVRRDATANotFourFields (SRV record doesn't have 4 fields) encountered with '1 2 srv.test'", id="A186 SRV"),
    pytest.param("TXT", "bare", "InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'bare'", id="A186 TXT"),
    pytest.param("SPF", "bare", "InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'bare'", id="A186 SPF"),
    pytest.param("TXT", '"{}"'.format("t" * 256), "CharacterStringTooLong (Value is too long) encountered with '\"{}\"'".format("t" * 256), id="A186 TXT too long"),
    pytest.param("CAA", '0 foo "ca.test"', "CAARRDATAInvalidTag (Invalid tag) encountered with 'Only issue/issuewild/iodef is allowed for non critical flags.'", id="A186 CAA"),
    pytest.param("DS", "1 13 2", "DSRRDATAInvalidValue (Invalid value for field \"RData\") encountered with 'Wrong format or it doesn't contain all fields.'", id="A186 DS"),
    pytest.param("SSHFP", "1 3 abcd", "SSHFPInvalidValue (Invalid value for field \"Fingerprint Type\") encountered with 'Fingerprint Type value not supported: 3'", id="A186 SSHFP"),
    pytest.param("TLSA", "3 2 1 abcd", "TLSAInvalidValue (Invalid value for field \"Selector\") encountered with 'Selector value not supported: 2'", id="A186 TLSA"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "text"), VALUES)
def test_a_value(boto, shared_zone, type_, value, text):
    assert refused(change, boto, shared_zone, x(value, type_=type_)) == (
        400,
        "InvalidChangeBatch",
        f"[Invalid Resource Record: 'FATAL problem: {text}']",
    )


# --- other operations ---


@pytest.fixture(scope="module")
def shared_zone(boto):
    """A hosted zone in which every test here has its changes refused."""
    return new_zone(boto)


@pytest.fixture(scope="module")
def made(boto):
    """The resources that the calls below need: `{zone}` and the like in their requests and messages."""
    zone, private = new_zone(boto, "errors.test"), new_zone(boto, "errors.test", VPC={**VPC, "VPCId": "vpc-errors"})
    boto.create_hosted_zone(Name="taken.test", CallerReference="errors zone")
    boto.create_reusable_delegation_set(CallerReference="errors set")
    boto.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=LOG_GROUP)
    key = {"HostedZoneId": zone, "Status": "INACTIVE"}
    boto.create_key_signing_key(
        **key, CallerReference=new_reference(), Name="ksk_1", KeyManagementServiceArn=KMS_KEY.format(1)
    )
    collection = boto.create_cidr_collection(Name="errors", CallerReference=new_reference())["Collection"]["Id"]
    put = {"LocationName": "paris", "Action": "PUT", "CidrList": ["192.0.2.0/24"]}
    boto.change_cidr_collection(Id=collection, Changes=[put])
    set_id = boto.create_reusable_delegation_set(CallerReference=new_reference())["DelegationSet"]["Id"].split("/")[-1]
    boto.create_hosted_zone(Name="shared.test", CallerReference=new_reference(), DelegationSetId=set_id)
    return SimpleNamespace(zone=zone, private=private, collection=collection, set_id=set_id)


CALLS = [
    pytest.param("create_hosted_zone", {"Name": "errors.test", "VPC": {**VPC, "VPCId": "vpc-errors"}}, 400, "ConflictingDomainExists", "The VPC vpc-errors in region us-east-1 has already been associated with the hosted zone {private} with the same domain name.", id="A85 one VPC, one name"),
    pytest.param("create_hosted_zone", {"Name": "shared.test", "DelegationSetId": "{set_id}"}, 400, "ConflictingDomainExists", "Cannot create hosted zone with DelegationSetId DelegationSetId:{set_id} as the DNSName shared.test. conflicts with existing ones sharing the delegation set", id="A85 one delegation set, one name"),
    pytest.param("create_hosted_zone", {"Name": "another.test", "CallerReference": "errors zone"}, 409, "HostedZoneAlreadyExists", "A hosted zone has already been created with the specified caller reference.", id="A86"),
    pytest.param("create_hosted_zone", {"Name": "*.errors.test"}, 400, "InvalidDomainName", "Creation of hosted zone with a wildcard domain name is not supported.", id="A87 a wildcard"),
    pytest.param("get_hosted_zone", {"Id": "Z1"}, 404, "NoSuchHostedZone", "No hosted zone found with ID: Z1", id="A88"),
    pytest.param("associate_vpc_with_hosted_zone", {"HostedZoneId": "{zone}", "VPC": VPC}, 400, "PublicZoneVPCAssociation", "Attempting to associate public zone: {zone} with vpc: vpc-1", id="A241"),
    pytest.param("get_change", {"Id": "C15RYMEZ8RZJFM"}, 404, "NoSuchChange", "Could not find resource with ID: C15RYMEZ8RZJFM", id="A210"),
    pytest.param("create_reusable_delegation_set", {"CallerReference": "errors set"}, 400, "DelegationSetAlreadyCreated", "A delegation set has already been created with the specified caller reference.", id="A231"),
    pytest.param("create_query_logging_config", {"HostedZoneId": "{zone}", "CloudWatchLogsLogGroupArn": LOG_GROUP.replace("us-east-1", "eu-west-1")}, 400, "InvalidInput", "The ARN for the CloudWatch Logs log group is invalid.", id="A251 a Region"),
    pytest.param("create_query_logging_config", {"HostedZoneId": "{private}", "CloudWatchLogsLogGroupArn": LOG_GROUP}, 400, "InvalidInput", "You can't create a query logging config for a private hosted zone.", id="A251 a private zone"),
    pytest.param("create_query_logging_config", {"HostedZoneId": "{zone}", "CloudWatchLogsLogGroupArn": LOG_GROUP}, 409, "QueryLoggingConfigAlreadyExists", None, id="A251 R209.13 a second"),
    pytest.param("list_query_logging_configs", {"NextToken": "garbage"}, 400, "InvalidPaginationToken", "Route 53 can't get the next page of query logging configurations because the specified value for NextToken is invalid.", id="A196"),
    pytest.param("create_key_signing_key", {"HostedZoneId": "{zone}", "Name": "ksk_1", "KeyManagementServiceArn": KMS_KEY.format(2), "Status": "INACTIVE"}, 409, "KeySigningKeyAlreadyExists", "Key Signing Key with the same Name and/or KMS ARN already exist. Please make sure the Key Signing Key name and KMS ARN parameters of this request are not being used by another Key Signing Key in this Hosted Zone", id="A262 a name twice"),
    pytest.param("create_key_signing_key", {"HostedZoneId": "{zone}", "Name": "ksk_2", "KeyManagementServiceArn": KMS_KEY.format(2).replace("us-east-1", "eu-west-1"), "Status": "INACTIVE"}, 400, "InvalidKMSArn", None, id="A262 a Region"),
    pytest.param("activate_key_signing_key", {"HostedZoneId": "{zone}", "Name": "none"}, 404, "NoSuchKeySigningKey", None, id="A264"),
    pytest.param("enable_hosted_zone_dnssec", {"HostedZoneId": "{zone}"}, 400, "KeySigningKeyWithActiveStatusNotFound", "Hosted zone with ID '{zone}' does not have a Key Signing Key in ACTIVE status.", id="A266 no active key"),
    pytest.param("disable_hosted_zone_dnssec", {"HostedZoneId": "{zone}"}, 400, "DNSSECNotFound", None, id="A266 not signing"),
    pytest.param("change_cidr_collection", {"Id": "{collection}", "Changes": [{"LocationName": "rome", "Action": "PUT", "CidrList": ["192.0.2.0/24"]}]}, 400, "CidrBlockInUseException", None, id="A285 a block in two locations"),
    pytest.param("change_cidr_collection", {"Id": "{collection}", "CollectionVersion": 7, "Changes": [{"LocationName": "rome", "Action": "PUT", "CidrList": ["198.51.100.0/24"]}]}, 409, "CidrCollectionVersionMismatchException", None, id="A285 A23 a stale version"),
    pytest.param("change_cidr_collection", {"Id": "{collection}", "Changes": [{"LocationName": "rome", "Action": "PUT", "CidrList": ["192.0.2.0/25"]}]}, 400, "InvalidInput", "IPv4 cidr block 192.0.2.0/25 has network prefix length greater than account limit of 24", id="A286 a long prefix"),
    pytest.param("change_cidr_collection", {"Id": "{collection}", "Changes": [{"LocationName": "rome", "Action": "PUT", "CidrList": ["0.0.0.0/0"]}]}, 400, "InvalidInput", "Cidr prefix length must not be 0", id="A286 no prefix"),
    pytest.param("change_cidr_collection", {"Id": "{collection}", "Changes": [{"LocationName": "rome", "Action": "PUT", "CidrList": ["garbage"]}]}, 400, "InvalidInput", "Invalid CIDR Prefix", id="A286 garbage"),
    pytest.param("delete_cidr_collection", {"Id": "{collection}"}, 400, "CidrCollectionInUseException", None, id="A287"),
    pytest.param("list_cidr_blocks", {"CollectionId": "{collection}", "LocationName": "rome"}, 404, "NoSuchCidrLocationException", None, id="A288"),
    pytest.param("get_geo_location", {"CountryCode": "BV"}, 404, "NoSuchGeoLocation", None, id="A333"),
]  # fmt: skip


def filled(value, made):
    """Returns a request with the ids of those resources."""
    if isinstance(value, dict):
        return {name: filled(part, made) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, made) for part in value]
    return value.format(**vars(made)) if isinstance(value, str) else value


@pytest.mark.parametrize(("operation", "request_", "status", "code", "text"), CALLS)
def test_a_call(boto, made, operation, request_, status, code, text):
    wanted = boto.meta.service_model.operation_model(boto.meta.method_to_api_mapping[operation]).input_shape
    reference = {"CallerReference": new_reference()} if "CallerReference" in wanted.required_members else {}
    found = refused(getattr(boto, operation), **(reference | filled(request_, made)))
    assert found[:2] == (status, code), found
    assert found[2] == (text.format(**vars(made)) if text else found[2])
    assert found[2]


def test_a91_a_vpc_region_that_does_not_exist(unchecked):
    status, code, message = refused(new_zone, unchecked, VPC={"VPCRegion": "xx-fake-1", "VPCId": "vpc-1"})
    assert (status, code) == (400, "InvalidInput")
    assert message.startswith(
        "1 validation error detected: Value 'xx-fake-1' at 'vPC.vPCRegion' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    )


def test_a262_a265_keys_in_use(boto):
    zone = new_zone(boto, "keys.test")
    for number in (1, 2):
        boto.create_key_signing_key(
            HostedZoneId=zone,
            Name=f"ksk_{number}",
            CallerReference=new_reference(),
            KeyManagementServiceArn=KMS_KEY.format(number),
            Status="ACTIVE" if number == 1 else "INACTIVE",
        )
    third = {"Name": "ksk_3", "KeyManagementServiceArn": KMS_KEY.format(3), "Status": "INACTIVE"}
    assert refused(boto.create_key_signing_key, HostedZoneId=zone, CallerReference=new_reference(), **third) == (
        400,
        "TooManyKeySigningKeys",
        f"The Hosted Zone with Id {zone} has reached the limit of allowed Key Signing keys per Hosted Zone",
    )
    boto.enable_hosted_zone_dnssec(HostedZoneId=zone)
    first = {"HostedZoneId": zone, "Name": "ksk_1"}
    assert refused(boto.deactivate_key_signing_key, **first)[:2] == (400, "KeySigningKeyInUse")
    assert refused(boto.delete_key_signing_key, **first) == (
        400,
        "InvalidKeySigningKeyStatus",
        "Key Signing Key with name ksk_1 cannot be deleted because current status is not INACTIVE.",
    )
    boto.disable_hosted_zone_dnssec(HostedZoneId=zone)
    boto.deactivate_key_signing_key(**first)
    boto.delete_key_signing_key(**first)


def test_a301_a_policy_in_use(boto):
    document = (
        '{"AWSPolicyFormatVersion":"2015-10-01","RecordType":"A","StartEndpoint":"e",'
        '"Endpoints":{"e":{"Type":"value","Value":"192.0.2.1"}}}'
    )
    policy_id = boto.create_traffic_policy(Name="errors", Document=document)["TrafficPolicy"]["Id"]
    boto.create_traffic_policy_instance(
        HostedZoneId=new_zone(boto), Name="p.example.test", TTL=60, TrafficPolicyId=policy_id, TrafficPolicyVersion=1
    )
    assert refused(boto.delete_traffic_policy, Id=policy_id, Version=1) == (
        400,
        "TrafficPolicyInUse",
        "Policy is in use for at least one instance",
    )


def test_a_batch_of_nothing_but_upserts_can_be_refused_and_leaves_nothing(boto, shared_zone):
    """A110: the refused batches above changed nothing."""
    assert boto.get_hosted_zone(Id=shared_zone)["HostedZone"]["ResourceRecordSetCount"] == 2
    assert "not permitted in zone" in refused(change, boto, shared_zone, upsert("a.test", ADDRESS))[2]
