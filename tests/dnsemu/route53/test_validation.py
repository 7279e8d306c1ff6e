"""The model's constraints, in Route 53's words."""

import pytest

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.errors.record_sets import NoSuchChange
from dnsemu.route53.model import service
from dnsemu.route53.parsing import parse
from dnsemu.route53.validation import validate

ZONE = {"HostedZoneId": "Z1"}
UUID = "0f4a8a1e-9a1e-4a7e-8b2a-0123456789ab"
PREFIXED = "/hostedzone/Z06776831VVYJZODRDBD9"
"""33 characters, one more than the model allows."""
VPC_REGIONS = service().operations["CreateHostedZone"].input.members["VPC"].shape.members["VPCRegion"].shape.enum

REGIONS = (
    "Member must satisfy constraint: [Member must have length less than or equal to 64, Member must have length greater than "
    "or equal to 1, Member must satisfy enum value set: [sa-east-1, us-west-1, us-west-2, us-east-1, eu-west-1, ap-southeast-1, "
    "ap-southeast-2, ap-northeast-1]]"
)
TYPES = "Member must satisfy enum value set: [AAAA, A, SVCB, CAA, NS, SOA, TLSA, SPF, HTTPS, MX, PTR, CNAME, DS, TXT, SSHFP, SRV, NAPTR]"


def schema(detail):
    return (
        "Invalid XML ; javax.xml.stream.XMLStreamException: org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; "
        f"cvc-{detail}"
    )


def incomplete(element, missing):
    return schema(
        f"complex-type.2.4.b: The content of element '{element}' is not complete. "
        f"One of '{{\"https://route53.amazonaws.com/doc/2013-04-01/\":{missing}}}' is expected."
    )


def validator(value, path, constraint):
    what = "null" if value is None else f"'{value}'"
    return f"1 validation error detected: Value {what} at '{path}' failed to satisfy constraint: {constraint}"


def changes(*records, action="CREATE"):
    sets = [{"Name": "www.example.test", "Type": "A", **record} for record in records]
    return {**ZONE, "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": s} for s in sets]}}


def check(**config):
    return {"CallerReference": "r", "HealthCheckConfig": {"Type": "HTTP", **config}}


def cidr(**change):
    return {"Id": UUID, "Changes": [{"LocationName": "here", "Action": "PUT", "CidrList": ["192.0.2.0/24"], **change}]}


def zone(**members):
    return {"Name": "example.test", "CallerReference": "r", **members}


def refused(operation, request):
    with pytest.raises(ApiError) as error:
        validate(service().operations[operation], request)
    assert error.value.code == "InvalidInput"
    return error.value.message


ENUM = "enumeration-valid: Value '{}' is not facet-valid with respect to enumeration '[{}]'. It must be a value from the enumeration."
SET = "changeBatch.changes.1.member.resourceRecordSet"


@pytest.mark.parametrize(("operation", "request_", "message"), [
    # Record sets
    pytest.param("ChangeResourceRecordSets", changes({}, action="MODIFY"), schema(ENUM.format("MODIFY", "CREATE, DELETE, UPSERT")), id="A129 A430 an unknown action"),
    pytest.param("ChangeResourceRecordSets", changes({"Failover": "THIRD"}), schema(ENUM.format("THIRD", "PRIMARY, SECONDARY")), id="A129 an unknown failover"),
    pytest.param("ChangeResourceRecordSets", changes({"Type": "a"}), validator("a", f"{SET}.type", TYPES), id="A130 an unknown type"),
    pytest.param("ChangeResourceRecordSets", changes({"Weight": 256}), validator("256", f"{SET}.weight", "Member must have value less than or equal to 255"), id="A131 A27 a weight too large"),
    pytest.param("ChangeResourceRecordSets", changes({}, {"Weight": -1}), validator("-1", "changeBatch.changes.2.member.resourceRecordSet.weight", "Member must have value greater than or equal to 0"), id="A27 the second change is number 2"),
    pytest.param("ChangeResourceRecordSets", changes({"TTL": 2147483648}), validator("2147483648", f"{SET}.tTL", "Member must have value less than or equal to 2147483647"), id="A131 A27 a TTL too large"),
    pytest.param("ChangeResourceRecordSets", changes({"SetIdentifier": "x" * 129}), schema(f"maxLength-valid: Value '{'x' * 129}' with length = '129' is not facet-valid with respect to maxLength '128' for type 'SetIdentifier'."), id="A132 A26 an identifier too long"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Bias": 150}}), schema("maxInclusive-valid: Value '150' is not facet-valid with respect to maxInclusive '99' for type 'Bias'."), id="A132 A26 a bias too large"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Coordinates": {"Latitude": "1.234", "Longitude": "1"}}}), schema("pattern-valid: Value '1.234' is not facet-valid with respect to pattern '[-+]?(90|[0-8]{0,1}[0-9](\\.[0-9]{0,2})?)' for type 'Latitude'."), id="A132 A26 a latitude of three decimals"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Coordinates": {"Latitude": "90.00", "Longitude": "1"}}}), schema("pattern-valid: Value '90.00' is not facet-valid with respect to pattern '[-+]?(90|[0-8]{0,1}[0-9](\\.[0-9]{0,2})?)' for type 'Latitude'."), id="A132 A26 nothing follows 90"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Coordinates": {"Latitude": "91", "Longitude": "1"}}}), schema("pattern-valid: Value '91' is not facet-valid with respect to pattern '[-+]?(90|[0-8]{0,1}[0-9](\\.[0-9]{0,2})?)' for type 'Latitude'."), id="A132 A26 beyond the pole"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Coordinates": {"Latitude": "1", "Longitude": "180.0"}}}), schema("pattern-valid: Value '180.0' is not facet-valid with respect to pattern '[-+]?(180|(1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{0,2})?)' for type 'Longitude'."), id="A132 A26 nothing follows 180"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Coordinates": {"Latitude": "1", "Longitude": "179.999"}}}), schema("pattern-valid: Value '179.999' is not facet-valid with respect to pattern '[-+]?(180|(1[0-7][0-9]|[0-9]{1,2})(\\.[0-9]{0,2})?)' for type 'Longitude'."), id="A132 A26 a longitude of three decimals"),
    pytest.param("ChangeResourceRecordSets", changes({"CidrRoutingConfig": {"CollectionId": UUID, "LocationName": "a b"}}), schema("pattern-valid: Value 'a b' is not facet-valid with respect to pattern '[0-9A-Za-z_\\-\\*]+' for type 'CidrLocationNameDefaultAllowed'."), id="A132 a location's name"),
    pytest.param("ChangeResourceRecordSets", changes({"CidrRoutingConfig": {"CollectionId": "u", "LocationName": "*"}}), validator("u", f"{SET}.cidrRoutingConfig.collectionId", "Member must satisfy regular expression pattern: [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), id="A132 A27 a collection's id"),
    pytest.param("ChangeResourceRecordSets", changes({"AliasTarget": {"HostedZoneId": "Z1", "DNSName": "a"}}), incomplete("AliasTarget", "EvaluateTargetHealth"), id="A133 A26 an alias target without EvaluateTargetHealth"),
    pytest.param("ChangeResourceRecordSets", changes({"TTL": 1, "ResourceRecords": []}), incomplete("ResourceRecords", "ResourceRecord"), id="A133 no values"),
    pytest.param("ChangeResourceRecordSets", {**ZONE, "ChangeBatch": {"Changes": []}}, incomplete("Changes", "Change"), id="A117 no changes"),
    pytest.param("ChangeResourceRecordSets", {**ZONE, "ChangeBatch": {}}, incomplete("ChangeBatch", "Changes"), id="A117 no list of changes"),
    pytest.param("ChangeResourceRecordSets", ZONE, incomplete("ChangeResourceRecordSetsRequest", "ChangeBatch"), id="A26 no change batch"),
    pytest.param("ChangeResourceRecordSets", changes({"TTL": 1, "ResourceRecords": [{"Value": "x" * 4001}]}), schema(f"maxLength-valid: Value '{'x' * 4001}' with length = '4001' is not facet-valid with respect to maxLength '4000' for type 'RData'."), id="A118 A26 a value too long"),
    pytest.param("ChangeResourceRecordSets", changes({"Weight": 256}, {"Failover": "THIRD"}), schema(ENUM.format("THIRD", "PRIMARY, SECONDARY")), id="A26 the schema speaks before the validator"),
    pytest.param("ChangeResourceRecordSets", changes({"Weight": 256, "TTL": -1}), validator("256", f"{SET}.weight", "Member must have value less than or equal to 255"), id="A27 the first one wins"),
    # Hosted zones
    pytest.param("CreateHostedZone", zone(Name=""), schema("minLength-valid: Value '' with length = '0' is not facet-valid with respect to minLength '1' for type 'DNSName'."), id="A87 an empty name"),
    pytest.param("CreateHostedZone", {"Name": "a"}, incomplete("CreateHostedZoneRequest", "CallerReference"), id="A26 no caller reference"),
    pytest.param("CreateHostedZone", zone(VPC={"VPCRegion": "moon-1", "VPCId": "vpc-1"}), validator("moon-1", "vPC.vPCRegion", f"Member must satisfy enum value set: [{', '.join(VPC_REGIONS)}]"), id="A91 A27 an unknown region"),
    pytest.param("CreateHostedZone", zone(CallerReference="x" * 129), validator("x" * 129, "callerReference", "Member must have length less than or equal to 128"), id="A27 a caller reference too long"),
    pytest.param("GetHostedZone", {"Id": "Z" * 33}, validator("Z" * 33, "id", "Member must have length less than or equal to 32"), id="A48 an id too long"),
    pytest.param("GetHostedZone", {"Id": PREFIXED}, validator(PREFIXED, "id", "Member must have length less than or equal to 32"), id="A46 A48 a prefix makes an id too long"),
    pytest.param("ListResourceRecordSets", {"HostedZoneId": PREFIXED}, validator(PREFIXED, "hostedZoneId", "Member must have length less than or equal to 32"), id="A46 A48 a zone's record sets"),
    pytest.param("CreateQueryLoggingConfig", {"HostedZoneId": PREFIXED, "CloudWatchLogsLogGroupArn": "a"}, validator(PREFIXED, "hostedZoneId", "Member must have length less than or equal to 32"), id="A46 A48 a prefix in a body"),
    pytest.param("CreateHostedZone", zone(DelegationSetId=f"/delegationset/N{'0' * 18}"), validator(f"/delegationset/N{'0' * 18}", "resourceId", "Member must have length less than or equal to 32"), id="A48 a delegation set's prefix"),
    pytest.param("ChangeResourceRecordSets", changes({"AliasTarget": {"HostedZoneId": PREFIXED, "DNSName": "a", "EvaluateTargetHealth": False}}), schema(f"maxLength-valid: Value '{PREFIXED}' with length = '33' is not facet-valid with respect to maxLength '32' for type 'ResourceId'."), id="A48 A26 an alias target's prefix"),
    pytest.param("GetTrafficPolicyInstance", {"Id": f"/trafficpolicyinstance/{UUID}"}, validator(f"/trafficpolicyinstance/{UUID}", "id", "Member must have length less than or equal to 36"), id="A46 an instance's prefix"),
    pytest.param("GetQueryLoggingConfig", {"Id": f"/queryloggingconfig/{UUID}"}, validator(f"/queryloggingconfig/{UUID}", "id", "Member must have length less than or equal to 36"), id="A46 a query logging config's prefix"),
    pytest.param("ListCidrLocations", {"CollectionId": f"/cidrcollection/{UUID}"}, validator(f"/cidrcollection/{UUID}", "collectionId", "Member must satisfy regular expression pattern: [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), id="A46 a collection's prefix"),
    pytest.param("CreateHealthCheck", {**check(), "CallerReference": "x" * 69}, schema(f"maxLength-valid: Value '{'x' * 69}' with length = '69' is not facet-valid with respect to maxLength '64' for type 'HealthCheckNonce'."), id="H96 A26 a caller reference too long"),
    pytest.param("ListHostedZonesByVPC", {"VPCId": "vpc-1"}, validator(None, "vPCRegion", "Member must not be null"), id="A27 a parameter that is not there"),
    *(pytest.param("ListHostedZones", {"MaxItems": size}, validator(size, "maxItems", "Member must have value greater than or equal to 1"), id=f"A192 {size[:9]!r} items") for size in ("0", "-1", "x", "", "1.5", "٣", "+1", "1" * 5000, "0" * 5000 + "1")),
    pytest.param("ListCidrLocations", {"CollectionId": UUID, "MaxResults": "0"}, validator("0", "maxResults", "Member must have value greater than or equal to 1"), id="A192 no results"),
    pytest.param("ListResourceRecordSets", {**ZONE, "StartRecordType": "X"}, validator("X", "startRecordType", TYPES), id="A130 an unknown type in the query"),
    pytest.param("ListCidrBlocks", {"CollectionId": UUID, "LocationName": "*"}, validator("*", "locationName", "Member must satisfy regular expression pattern: [0-9A-Za-z_\\-]+"), id="A27 the schema does not see the query"),
    # Tags
    pytest.param("ChangeTagsForResource", {"ResourceType": "zone", "ResourceId": "Z1"}, validator("zone", "resourceType", "Member must satisfy enum value set: [healthcheck, hostedzone, healthchecksource]"), id="A221 an unknown type of resource"),
    pytest.param("ChangeTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": []}, incomplete("AddTags", "Tag"), id="A220 no tags"),
    pytest.param("ChangeTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1", "RemoveTagKeys": list("abcdefghijk")}, validator("[a, b, c, d, e, f, g, h, i, j, k]", "removeTagKeys", "Member must have length less than or equal to 10"), id="A220 eleven keys"),
    pytest.param("ChangeTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": [{"Key": "k", "Value": "x" * 257}]}, validator("x" * 257, "addTags.1.member.value", "Member must have length less than or equal to 256"), id="A220 a value too long"),
    # CIDR collections
    pytest.param("ChangeCidrCollection", cidr(LocationName="*"), schema("pattern-valid: Value '*' is not facet-valid with respect to pattern '[0-9A-Za-z_\\-]+' for type 'CidrLocationNameDefaultNotAllowed'."), id="A286 the default location"),
    pytest.param("ChangeCidrCollection", {"Id": "u", **{k: v for k, v in cidr().items() if k != "Id"}}, validator("u", "id", "Member must satisfy regular expression pattern: [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), id="A27 a collection's id in the path"),
    pytest.param("CreateCidrCollection", {"Name": "a", "CallerReference": "é"}, validator("é", "callerReference", "Member must satisfy regular expression pattern: \\p{ASCII}+"), id="A27 a class of characters that Python lacks"),
    # Health checks
    pytest.param("CreateHealthCheck", check(RequestInterval=20), schema(ENUM.format("20", "10, 30")), id="H11 a request interval of 20 s"),
    pytest.param("CreateHealthCheck", check(Regions=["us-east-1", "us-west-1", "eu-central-1"]), validator("[us-east-1, us-west-1, eu-central-1]", "healthCheckConfig.regions", REGIONS), id="H13 an unknown region"),
    pytest.param("CreateHealthCheck", check(Regions=["us-east-1", "us-west-1"]), validator("[us-east-1, us-west-1]", "healthCheckConfig.regions", "Member must have length greater than or equal to 3"), id="H13 two regions"),
    pytest.param("CreateHealthCheck", check(InsufficientDataHealthStatus="HEALTHY"), validator("HEALTHY", "healthCheckConfig.insufficientDataHealthStatus", "Member must satisfy enum value set: [Unhealthy, Healthy, LastKnownStatus]"), id="H29 an unknown status"),
    pytest.param("CreateHealthCheck", check(Port=65536), validator("65536", "healthCheckConfig.port", "Member must have value less than or equal to 65535"), id="H36 a port too large"),
    pytest.param("CreateHealthCheck", check(ChildHealthChecks=["c"] * 257), validator(f"[{', '.join(['c'] * 257)}]", "healthCheckConfig.childHealthChecks", "Member must have length less than or equal to 256"), id="H82 257 children"),
    pytest.param("CreateHealthCheck", {"CallerReference": "r", "HealthCheckConfig": {}}, incomplete("HealthCheckConfig", "Type"), id="A26 no type"),
])  # fmt: skip
def test_refusals(operation, request_, message):
    assert refused(operation, request_) == message


def test_h2_an_unknown_type_breaks_the_pattern():
    message = refused("CreateHealthCheck", check(Type="SMTP"))
    assert message.startswith(
        schema(
            "pattern-valid: Value 'SMTP' is not facet-valid with respect to pattern '[Hh][Tt][Tt][Pp]|[Hh][Tt][Tt][Pp][Ss]|"
        )
    )
    assert message.endswith("' for type 'HealthCheckType'.")


@pytest.mark.parametrize(("sent", "read"), [("http", "HTTP"), ("Https_Str_Match", "HTTPS_STR_MATCH"), ("TCP", "TCP")])
def test_h2_the_case_of_a_type_does_not_matter(sent, read):
    request = check(Type=sent, Inverted=True)
    assert validate(service().operations["CreateHealthCheck"], request) == check(Type=read, Inverted=True)
    assert request == check(Type=sent, Inverted=True), "what came in is left alone"


@pytest.mark.parametrize(("operation", "request_"), [
    pytest.param("ChangeResourceRecordSets", changes({"Weight": 0, "TTL": 0, "SetIdentifier": "x" * 128}), id="A131 weight 0 and TTL 0"),
    pytest.param("ChangeResourceRecordSets", changes({"Weight": 255, "TTL": 2147483647}), id="A131 the largest weight and TTL"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Bias": -99, "Coordinates": {"Latitude": "-90", "Longitude": "180"}}}), id="A132 the poles and the date line"),
    pytest.param("ChangeResourceRecordSets", changes({"GeoProximityLocation": {"Coordinates": {"Latitude": "+89.99", "Longitude": "-179."}}}), id="A132 signs and decimals"),
    pytest.param("ChangeResourceRecordSets", changes({"TTL": 1, "ResourceRecords": [{"Value": "x" * 4000}]}), id="A118 the longest value"),
    pytest.param("ChangeResourceRecordSets", changes({"Region": "xx-fake-1"}), id="an unknown region is the command's to refuse"),
    pytest.param("ChangeResourceRecordSets", changes({"MultiValueAnswer": False}), id="MultiValueAnswer false"),
    pytest.param("ChangeResourceRecordSets", changes({}, {"Name": ""}), id="members that depend on each other are the command's to refuse"),
    pytest.param("CreateHealthCheck", check(ChildHealthChecks=[], HealthThreshold=0), id="no children, threshold 0"),
    pytest.param("UpdateHealthCheck", {"HealthCheckId": "h", "FullyQualifiedDomainName": "", "ResourcePath": "", "SearchString": ""}, id="empty strings"),
    pytest.param("CreateHealthCheck", check(ChildHealthChecks=["c"] * 256), id="H82 256 children"),
    pytest.param("GetHostedZone", {"Id": "Z" * 32}, id="A48 the longest id"),
    pytest.param("ListHostedZones", {"MaxItems": "9" * 30}, id="A192 above the cap is for the command to cap"),
    pytest.param("UpdateHostedZoneComment", {"Id": "Z1"}, id="no comment"),
])  # fmt: skip
def test_accepted(operation, request_):
    assert validate(service().operations[operation], request_) == request_


@pytest.mark.parametrize(("operation", "sent", "read"), [
    pytest.param("GetHostedZone", {"Id": "/hostedzone/Z1RWWTK7Y8UDDQ"}, {"Id": "Z1RWWTK7Y8UDDQ"}, id="A46 a short zone id"),
    pytest.param("GetChange", {"Id": "/change/C0123456789ABCDEFGHIJ"}, {"Id": "C0123456789ABCDEFGHIJ"}, id="A46 a change"),
    pytest.param("GetHealthCheck", {"HealthCheckId": f"/healthcheck/{UUID}"}, {"HealthCheckId": UUID}, id="A46 a health check"),
    pytest.param("ListHostedZones", {"DelegationSetId": "/delegationset/N1"}, {"DelegationSetId": "N1"}, id="A46 a delegation set"),
    pytest.param("CreateHealthCheck", check(Type="CALCULATED", ChildHealthChecks=[f"/healthcheck/{UUID}"]), check(Type="CALCULATED", ChildHealthChecks=[UUID]), id="A46 ids in a list"),
    pytest.param("ChangeResourceRecordSets", changes({"AliasTarget": {"HostedZoneId": "/hostedzone/Z1", "DNSName": "a/b", "EvaluateTargetHealth": True}}), changes({"AliasTarget": {"HostedZoneId": "Z1", "DNSName": "a/b", "EvaluateTargetHealth": True}}), id="A46 an alias target"),
    pytest.param("ChangeResourceRecordSets", changes({"SetIdentifier": "a/b", "HealthCheckId": f"/healthcheck/{UUID}"}), changes({"SetIdentifier": "a/b", "HealthCheckId": UUID}), id="A46 a set identifier is no id"),
    pytest.param("ListTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "/hostedzone/Z1"}, {"ResourceType": "hostedzone", "ResourceId": "/hostedzone/Z1"}, id="A221 a tagged resource keeps its prefix"),
])  # fmt: skip
def test_a_prefix_that_fits_is_stripped(operation, sent, read):
    assert validate(service().operations[operation], sent) == read


@pytest.mark.parametrize(("id", "strict", "read"), [
    pytest.param("/change/C1", False, "C1", id="A46 a prefix is taken off"),
    pytest.param("C1", True, "C1", id="A46 a bare id"),
    pytest.param("/change/C1", True, None, id="A46 Route 53 knows no change with its prefix"),
])  # fmt: skip
def test_the_prefix_of_a_change(id, strict, read):
    operation = service().operations["GetChange"]
    if read is None:
        with pytest.raises(NoSuchChange, match="Could not find resource with ID: /change/C1"):
            validate(operation, {"Id": id}, strict=strict)
    else:
        assert validate(operation, {"Id": id}, strict=strict) == {"Id": read}


def test_a26_an_empty_body_lacks_what_is_required():
    operation = service().operations["CreateHostedZone"]
    assert refused("CreateHostedZone", parse(operation, {}, {}, {}, b"")) == incomplete(
        "CreateHostedZoneRequest", "Name"
    )


def test_a26_faults_come_in_document_order():
    batch = "<Changes><Change><ResourceRecordSet><Failover>X</Failover></ResourceRecordSet><Action>Y</Action></Change></Changes>"
    body = f"<ChangeResourceRecordSetsRequest><ChangeBatch>{batch}</ChangeBatch></ChangeResourceRecordSetsRequest>"
    operation = service().operations["ChangeResourceRecordSets"]
    assert "Value 'X'" in refused("ChangeResourceRecordSets", parse(operation, {"Id": "Z1"}, {}, {}, body.encode()))
