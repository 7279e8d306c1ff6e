"""Route 53's messages against changes: the tables of api.md §6.1 and §6.2, and their order inside a batch."""

import pytest

from dnsemu.commands.record_sets.change import references_location
from dnsemu.config import names
from dnsemu.config.model.resources import Resource, ResourceKind
from tests.dnsemu.commands.batches import (
    CHANGE,
    CHECK,
    COLLECTION,
    OTHER,
    PRIVATE,
    SECOND,
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
)

N, WWW = "www.example.test.", "RRSet with DNS name www.example.test., type A"
S1, S2 = f"{WWW}, SetIdentifier s1", f"{WWW}, SetIdentifier s2"
PRIMARY, SECONDARY = {"Failover": "PRIMARY"}, {"Failover": "SECONDARY"}
JAPAN, AMERICA = {"GeoLocation": {"CountryCode": "JP"}}, {"GeoLocation": {"ContinentCode": "NA"}}
EAST, WEST = {"Region": "us-east-1"}, {"Region": "us-west-2"}
MULTI = {"MultiValueAnswer": True}
NEAR = {"GeoProximityLocation": {"AWSRegion": "us-east-1"}}
NAMED = "with the same name and type already exists."
LONG = ".".join(["x" * 48] * 5)[:240] + ".example.test"
TWO = ["192.0.2.1", "192.0.2.2"]


def cidr(location, collection=COLLECTION):
    return {"CidrRoutingConfig": {"CollectionId": collection, "LocationName": location}}


def routed(location, collection=COLLECTION):
    return f"routing to CidrCollectionId={collection} CidrLocationId={location}"


def outside(target, zone, *, is_ours=False):
    tried = f"Tried to create an alias that targets {target}, type A in zone {zone}, but"
    first = f"{tried} the alias target name does not lie within the target zone"
    return f"{first}, {tried} that target was not found" if is_ours else first


def loop(name, type="A"):
    return f"RRSet of type {type} with DNS name {name}.example.test. is not permitted as it creates a CNAME or alias loop in the zone."


TABLE = [
    pytest.param([a("www")], [create(a("www"))], f"Tried to create resource record set [name='{N}', type='A'] but it already exists", id="A140 R39.1 it exists"),
    pytest.param([member("s1", Weight=1)], [create(member("s1", Weight=2))], f"Tried to create resource record set [name='{N}', type='A', set-identifier='s1'] but it already exists", id="A140 R39.2 with an identifier"),
    pytest.param([], [delete(a("www"))], f"Tried to delete resource record set [name='{N}', type='A'] but it was not found", id="A141 A406 R39.3 it does not exist"),
    pytest.param([member("s1", Weight=1)], [delete(member("s2", Weight=1))], f"Tried to delete resource record set [name='{N}', type='A', set-identifier='s2'] but it was not found", id="A141 another identifier"),
    pytest.param([member("s1", Weight=1)], [delete(member("s1", Weight=2))], f"Tried to delete resource record set [name='{N}', type='A', set-identifier='s1'] but the values provided do not match the current values", id="A142 A112 another weight"),
    pytest.param([], [create(a("www.example.com"))], "RRSet with DNS name www.example.com. is not permitted in zone example.test.", id="A143 R10 outside the zone"),
    pytest.param([], [delete(a("www.example.com"))], "RRSet with DNS name www.example.com. is not permitted in zone example.test.", id="A143 a deletion outside the zone"),
    pytest.param([], [create(a("www.notexample.test"))], "RRSet with DNS name www.notexample.test. is not permitted in zone example.test.", id="A143 label by label"),
    pytest.param([], [create(leaf("example.test", "CNAME", "a.test"))], "RRSet of type CNAME with DNS name example.test. is not permitted at apex in zone example.test.", id="A144 A415 R39.9 CNAME at the apex"),
    pytest.param([a("www")], [create(leaf("www", "CNAME", "a.test"))], f"RRSet of type CNAME with DNS name {N} is not permitted as it conflicts with other records with the same DNS name in zone example.test.", id="A145 A415 R39.10 CNAME beside A"),
    pytest.param([leaf("www", "CNAME", "a.test")], [create(a("www"))], f"RRSet of type A with DNS name {N} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.test.", id="A146 A415 R39.11 A beside CNAME"),
    pytest.param([a("www")], [create(leaf("www", "CNAME", "a.test")), delete(a("www"))], f"RRSet of type CNAME with DNS name {N} is not permitted as it conflicts with other records with the same DNS name in zone example.test.", id="A113 A415 CREATE CNAME, then DELETE A"),
    pytest.param([member("s1", Weight=1)], [create(a("www"))], f"{WWW} cannot be created as other RRSets exist with the same name and type.", id="A147 A408 R39.4 simple among weighted"),
    pytest.param([a("www")], [create(member("s1", Weight=1))], f"{S1} cannot be created as a non-weighted set exists with the same name and type.", id="A148 A408 R39.5 weighted beside simple"),
    pytest.param([member("s1", Weight=1)], [create(member("s2", Weight=1, ttl=300))], "RRSet with DNS name www.example.test. and type A, SetIdentifier s2 cannot be created as weighted sets must contain the same TTL.", id="A149 A409 R39.8 R22 another TTL"),
    pytest.param([member("s1", Weight=1)], [create(member("s2", **EAST))], f"{S2}, and Region Name=us-east-1 cannot be created because a non-latency RRSet {NAMED}", id="A150 latency among weighted"),
    pytest.param([member("s1", **EAST)], [create(member("s2", **EAST))], f"{S2}, and Region Name=us-east-1 cannot be created because a latency RRSet with the same name, type and region already exists.", id="A151 A410 R39.7 a Region twice"),
    pytest.param([], [create(member("s1", Region="xx-fake-1"))], "Cannot find region 'xx-fake-1'. No changes made.", id="A152 no such Region"),
    pytest.param([member("s1", Weight=1)], [create(member("s2", **JAPAN))], f"{S2}, and routing to [country = (JP, Japan)}} cannot be created because a non-GEO RRSet {NAMED}", id="A153 geolocation among weighted"),
    pytest.param([member("s1", Weight=1)], [create(member("s2", **AMERICA))], f"{S2}, and routing to [continent = (NA, North America)}} cannot be created because a non-GEO RRSet {NAMED}", id="A153 a continent"),
    pytest.param([member("s1", **JAPAN)], [create(member("s2", **JAPAN))], f"{S2}, and routing to [country = (JP, Japan)}} cannot be created because a GEO RRSet with the same name, type and routing to [country = (JP, Japan)}} already exists.", id="A154 A432 a location twice"),
    pytest.param([], [create(member("s1", GeoLocation={"CountryCode": "ZZ"}))], "Cannot find location: 'country = ZZ'. No changes made.", id="A155 no such country"),
    pytest.param([], [create(member("s1", GeoLocation={"CountryCode": "BV"}))], "Cannot find location: 'country = BV'. No changes made.", id="A155 A432 R76 BV"),
    pytest.param([], [create(member("s1", GeoLocation={"ContinentCode": "XX"}))], "Cannot find location: ' continent = XX'. No changes made.", id="A155 no such continent"),
    pytest.param([], [create(member("s1", GeoLocation={"CountryCode": "US", "SubdivisionCode": "ZZ"}))], "Cannot find location: 'country = US subdivision = ZZ'. No changes made.", id="A155 no such state"),
    pytest.param([], [create(member("s1", GeoLocation={"CountryCode": "CA", "SubdivisionCode": "ON"}))], "Cannot find location: 'country = CA subdivision = ON'. No changes made.", id="A155 A432 Ontario"),
    pytest.param([], [create(member("s1", GeoLocation={"ContinentCode": "NA", "SubdivisionCode": "WA"}))], "Cannot find location: ' continent = NA subdivision = WA'. No changes made.", id="A155 a continent's state"),
    pytest.param([member("s1", Weight=1)], [create(member("s2", HealthCheckId=CHECK, **PRIMARY))], f"{S2}, and marked as primary cannot be created because a non-failover RRSet {NAMED}", id="A156 failover among weighted"),
    pytest.param([member("s1", HealthCheckId=CHECK, **PRIMARY)], [create(member("s2", HealthCheckId=CHECK, **PRIMARY))], f"{S2}, and marked as primary cannot be created because a failover RRSet with the same name, type and marked as primary already exists.", id="A157 R40 a second primary"),
    pytest.param([member("s1", **SECONDARY)], [create(member("s2", **SECONDARY))], f"{S2}, and marked as secondary cannot be created because a failover RRSet with the same name, type and marked as secondary already exists.", id="A157 a second secondary"),
    pytest.param([], [create(member("s1", **PRIMARY))], "A non-alias primary ResourceRecordSet must have an associated health check. No changes made.", id="A158 A414 R34 a primary without health check"),
    pytest.param([a("live")], [create(alias("www", "live", SetIdentifier="s1", **PRIMARY))], f"{S1} cannot be a primary without EvaluateTargetHealth set to true or an associated health check as a secondary would never be returned.", id="A159 a primary alias without either"),
    pytest.param([], [create(a("www", HealthCheckId=CHECK))], "DNS name must have alternate ResourceRecordSet responses configured via a routing policy (e.g., Weight, Region, etc.) if a health check is attached. No changes made.", id="A160 A413 simple with a health check"),
    pytest.param([a("live")], [create(alias("www", "live", HealthCheckId=CHECK))], "DNS name must have alternate ResourceRecordSet responses configured via a routing policy (e.g., Weight, Region, etc.) if a health check is attached. No changes made.", id="A160 a simple alias with a health check"),
    pytest.param([member("s1", Weight=1)], [create(member("s2", **MULTI))], f"{S2} cannot be created because a non multivalue answer rrset exists with the same name and type.", id="A161 R39.6 multivalue among weighted"),
    pytest.param([a("live")], [create(alias("www", "live", SetIdentifier="s1", **MULTI))], "Multivalue answer rrset should not be an alias rrset. No changes made.", id="A162 A431 a multivalue alias"),
    pytest.param([], [create(leaf("sub", "NS", "ns.test", SetIdentifier="s1", Weight=1))], "RRSet with DNS name sub.example.test., type NS, SetIdentifier s1 cannot be created because this type of RRSet is not supported.", id="A163 a weighted NS"),
    pytest.param([], [create(leaf("www", "CNAME", "a.test", SetIdentifier="s1", **MULTI))], "RRSet with DNS name www.example.test., type CNAME, SetIdentifier s1 cannot be created because this type of RRSet is not supported.", id="A163 A431 a multivalue CNAME"),
    pytest.param([member("s1", **cidr("paris"))], [create(member("s2", **cidr("paris", SECOND)))], f"{S2}, and {routed('paris', SECOND)} cannot be created because a CIDR RRSets with a different collection id ({COLLECTION}) already exist", id="A165 two collections"),
    pytest.param([member("s1", **cidr("paris"))], [create(member("s2", **cidr("paris")))], f"{S2}, and {routed('paris')} cannot be created because a CIDR RRSet with the same name, type and location already exists.", id="R33 a CIDR location twice"),
    pytest.param([], [create(member("s1", **cidr("paris", "no-such")))], "Cannot find CidrCollection 'no-such'. No changes made.", id="A166 no such collection"),
    pytest.param([], [create(member("s1", **cidr("rome")))], f"Cannot find CidrLocation 'rome' in CidrCollection '{COLLECTION}'. No changes made.", id="A166 no such location"),
    pytest.param([], [create(member("s1", GeoProximityLocation={"AWSRegion": "xx-fake-1"}))], "Cannot find GeoProximityLocation with AWSRegion = xx-fake-1. No changes made.", id="A167 no such Region"),
    pytest.param([], [create(member("s1", GeoProximityLocation={"LocalZoneGroup": "x"}))], "Cannot find GeoProximityLocation with LocalZoneGroup = x. No changes made.", id="A167 no such Local Zone group"),
    pytest.param([], [create(alias("sub", "example.test", "NS"))], "RRSet with DNS name sub.example.test., type NS contains an alias target, but aliases of that type are forbidden", id="A168 an NS alias"),
    pytest.param([], [create(alias("www", "www.example.com"))], f"Tried to create an alias that targets www.example.com., type A in zone {ZONE}, but the alias target name does not lie within the target zone, Tried to create an alias that targets www.example.com., type A in zone {ZONE}, but that target was not found", id="A169 R39.12 outside the zone given"),
    pytest.param([], [create(alias("www", "lb-1.us-east-1.elb.amazonaws.com"))], outside("lb-1.us-east-1.elb.amazonaws.com.", ZONE, is_ours=True), id="A169 A176 the zone's own id for a load balancer"),
    pytest.param([a("live")], [create(alias("www", "live.example.test", zone=OTHER))], outside("live.example.test.", OTHER, is_ours=True), id="A169 outside another zone of ours"),
    pytest.param([a("live")], [create(alias("www", "live", zone="ZUNKNOWN"))], outside("live.example.test.", "ZUNKNOWN"), id="A176 no such hosted zone, though the name is in ours"),
    pytest.param([], [create(alias("www", "anything.elsewhere.test", zone="ZUNKNOWN"))], outside("anything.elsewhere.test.", "ZUNKNOWN"), id="A176 no such hosted zone"),
    *(
        pytest.param([], [create(alias("www", target, zone=zone))], outside(f"{target.lower()}.", zone), id=f"A176 {id}")
        for target, zone, id in (
            ("lb-1.eu-west-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K", "a load balancer in another Region"),
            ("dualstack.LB-1.eu-west-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K", "a dualstack name in another Region"),
            ("lb-1.us-east-1.elb.amazonaws.com", "Z26RNL4JYFTOTI", "a classic name with a network load balancer's zone"),
            ("nlb-1.elb.us-east-1.amazonaws.com", "Z35SXDOTRQ7X7K", "a network load balancer with a classic zone"),
            ("lb-1.us-east-1.elb.amazonaws.com", "ZUNKNOWN", "a load balancer in an unknown zone"),
            ("anything.elsewhere.test", "Z35SXDOTRQ7X7K", "another name in a load balancer's zone"),
            ("www.example.test", "Z2FDTNDATAQYW2", "a name of ours in CloudFront's zone"),
            ("s3-website-us-east-1.amazonaws.com", "Z1BKCTXD74EZPE", "a website in another Region"),
            ("env.us-east-1.elasticbeanstalk.com", "Z2NYPWQ7DFZAZH", "Elastic Beanstalk in another Region"),
            ("d-1.execute-api.us-east-1.amazonaws.com", "Z2FDTNDATAQYW2", "a regional API with CloudFront's zone"),
            ("vpce-1.ec2.us-east-1.vpce.amazonaws.com", "Z35SXDOTRQ7X7K", "a VPC endpoint with a load balancer's zone"),
            ("d1.cloudfront.cn", "Z2FDTNDATAQYW2", "CloudFront in China with the other zone"),
            ("anything.amazonlightsail.com", "Z2FDTNDATAQYW2", "another service's name in CloudFront's zone"),
        )
    ),
    *(
        pytest.param([], [create(alias("www", target, type, zone=zone))], f"Tried to create an alias that targets {target}., type {type} in zone {zone}, but that target was not found", id=f"R106 A170 {type} of {target}")
        for target, zone, type in (
            ("d1.cloudfront.net", "Z2FDTNDATAQYW2", "MX"),
            ("d1.cloudfront.net", "Z2FDTNDATAQYW2", "CNAME"),
            ("lb-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K", "TXT"),
            ("lb-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K", "HTTPS"),
            ("x.some-service.us-east-1.amazonaws.com", "ZUNKNOWN", "MX"),
        )
    ),
    pytest.param([], [create(alias("www", "live.other.test", zone=OTHER))], f"Tried to create an alias that targets live.other.test., type A in zone {OTHER}, but that target was not found", id="A170 missing in another zone of ours"),
    pytest.param([], [create(alias("www", "live"))], f"Tried to create an alias that targets live.example.test., type A in zone {ZONE}, but that target was not found", id="A170 A420 R39.13 a missing target"),
    pytest.param([leaf("live", "CNAME", "a.test")], [create(alias("www", "live"))], f"Tried to create an alias that targets live.example.test., type A in zone {ZONE}, but that target was not found", id="A170 A420 a CNAME does not count for A"),
    pytest.param([], [create(alias("www", "live")), create(a("live"))], f"Tried to create an alias that targets live.example.test., type A in zone {ZONE}, but that target was not found", id="A170 A420 R37 the alias first"),
    pytest.param([a("live")], [create(alias("www", "live")), upsert(a("live", "192.0.2.2"))], f"Tried to create an alias that targets live.example.test., type A in zone {ZONE}, but that target was not found", id="A113 A170 A420 an existing target is UPSERTed later"),
    pytest.param([a("live")], [delete(a("live")), create(alias("www", "live"))], f"Tried to create an alias that targets live.example.test., type A in zone {ZONE}, but that target was not found", id="A113 the target is deleted first"),
    pytest.param([], [delete(leaf("example.test", "SOA", "x", ttl=1))], "Invalid Resource Record: 'FATAL problem: SOARRDATANotSevenFields (SOA record doesn't have 7 fields) encountered with 'x''", id="A175 a deletion of a bad value"),
    pytest.param([], [create(leaf("*.example.test", "NS", "ns.test"))], "Changing wildcard NS record sets are not supported. No changes made.", id="A172 a wildcard NS"),
    pytest.param([], [create(leaf("www", "HTTPS", "32768 ."))], "Unsupported SvcPriority value.", id="A173 HTTPS"),
    pytest.param([], [create(leaf("www", "SVCB", "65535 ."))], "Unsupported SvcPriority value.", id="A173 SVCB"),
    pytest.param([], [create(leaf("www", "A", "192.0.2.1", "192.0.2.1"))], "Duplicate Resource Record: '192.0.2.1'", id="A174 a value twice"),
    pytest.param([], [create(a("www", "192.0.2"))], "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2''", id="A175 a bad value"),
    pytest.param([], [create(leaf("www", "CNAME", "a.test", "b.test"))], f"RRSet of type CNAME with DNS name {N} must contain exactly one resource record.", id="A178 two values of a CNAME"),
    pytest.param([], [create(alias("www", "a.cloudfront.net", zone="ZELSEWHERE"))], outside("a.cloudfront.net.", "ZELSEWHERE"), id="A176 CloudFront's name in another's zone"),
    pytest.param([], [create(alias("www", "d1.cloudfront.net", zone="Z2FDTNDATAQYW2", healthy=True))], "EvaluateTargetHealth cannot be true for an alias to a CloudFront distribution", id="A177 CloudFront's health"),
    pytest.param([a("ab*")], [create(leaf("ab*", "CNAME", "a.test"))], r"RRSet of type CNAME with DNS name ab\052.example.test. is not permitted as it conflicts with other records with the same DNS name in zone example.test.", id="R7 A55 an asterisk in a message"),
    pytest.param([a("ab*")], [create(a(r"AB\052"))], r"Tried to create resource record set [name='ab\052.example.test.', type='A'] but it already exists", id="A50 A55 one name in two spellings"),
    pytest.param([], [create(alias("www", "www"))], f"Tried to create an alias that targets {N}, type A in zone {ZONE}, but that target was not found, {loop('www')}", id="A170a R112 an alias onto itself"),
    pytest.param([a("www")], [upsert(alias("www", "www"))], loop("www"), id="A170a an alias onto itself in place of values"),
    pytest.param([member("s1", Weight=1)], [create(alias("www", "www", SetIdentifier="s2", Weight=1))], loop("www"), id="A170a an alias onto its own group"),
    pytest.param([], [create(leaf("s", "CNAME", "S.example.test."))], loop("s", "CNAME"), id="A170a a CNAME onto itself"),
    pytest.param([a("s")], [create(leaf("s", "CNAME", "s.example.test"))], f"RRSet of type CNAME with DNS name s.example.test. is not permitted as it conflicts with other records with the same DNS name in zone example.test., {loop('s', 'CNAME')}", id="A170a A145 a CNAME onto itself beside another type"),
    pytest.param([leaf("a", "CNAME", "b.example.test"), leaf("b", "CNAME", "c.example.test")], [create(leaf("c", "CNAME", "a.example.test"))], loop("c", "CNAME"), id="A170a a ring of three CNAMEs"),
    pytest.param([leaf("c", "CNAME", "x.test"), alias("b", "c", "CNAME")], [upsert(leaf("c", "CNAME", "b.example.test"))], loop("c", "CNAME"), id="A170a a CNAME and an alias onto it"),
    pytest.param([a("c"), alias("b", "c"), alias("a", "b")], [upsert(alias("c", "a"))], loop("c"), id="A170a a ring of three aliases"),
    pytest.param([member("s1", "c", Weight=1), alias("b", "c")], [create(alias("c", "b", SetIdentifier="s2", Weight=0))], loop("c"), id="A170a a ring through one member of a group"),
    pytest.param([a("c"), alias("b", "c")], [delete(a("c")), create(a("d")), create(alias("c", "b"))], loop("c"), id="A170a A113 a ring inside a batch"),
    pytest.param([], [create(alias("www", "a..b.example.test"))], "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b.example.test'", id="A52 an alias target"),
    pytest.param([], [create(leaf("www", "A", *(f"192.0.{n // 256}.{n % 256}" for n in range(401))))], "Cannot have more than 400 records in a RRSet.", id="A118 A418 401 values"),
    pytest.param([a("www")], [upsert(member("s1", Weight=1))], f"{S1} cannot be created as a non-weighted set exists with the same name and type.", id="R38 UPSERT cannot change the policy"),
]  # fmt: skip


@pytest.mark.parametrize(("present", "changes", "message"), TABLE)
def test_refused(present, changes, message):
    emulated = emulation(*map(create, present))
    assert refused_message(emulated, *changes) == f"[{message}]"


@pytest.mark.parametrize(("changes", "problem"), [
    pytest.param([create(a("a" * 64))], f"DomainLabelTooLong (Domain label is too long) encountered with '{'a' * 64}'", id="A52 A428 a long label"),
    pytest.param([create(a("a" * 70 + "." + "b" * 70))], f"DomainLabelTooLong (Domain label is too long) encountered with '{'a' * 64}'", id="A52 a label is quoted up to the character that is too much"),
    pytest.param([create(a(LONG + "x"))], f"DomainNameTooLong (Domain name is too long) encountered with '{LONG}x'", id="A51 A52 A428 a name of 254 characters"),
    pytest.param([create(a("é"))], "UnsupportedCharacter (Value contains unsupported characters) encountered with '?'", id="A53 not in Punycode"),
    pytest.param([create(a("a b"))], "UnsupportedCharacter (Value contains unsupported characters) encountered with ' '", id="A52 a blank"),
    pytest.param([delete(a("a..b.example.test"))], "DomainLabelEmpty (Domain label is empty) encountered with 'a..b.example.test'", id="A52 a deletion"),
    pytest.param([create(a("www.elsewhere.test")), create(a("x..", "y"))], "DomainLabelEmpty (Domain label is empty) encountered with 'x..'", id="A52 alone, whatever else is wrong"),
])  # fmt: skip
def test_a_bad_name_is_refused_alone_and_without_brackets(changes, problem):
    assert refused_message(emulation(), *changes) == f"FATAL problem: {problem}"


ACCEPTED = [
    pytest.param([], [create(member("s1", **SECONDARY))], 1, id="A414 a secondary without health check"),
    pytest.param([a("live")], [create(alias("www", "live", SetIdentifier="s1", healthy=True, **PRIMARY))], 2, id="A159 a primary alias with its target's health"),
    pytest.param([], [create(leaf("sub", "DS", "1 8 2 ab", SetIdentifier="s1", Weight=1))], 1, id="A163 A431 a weighted DS"),
    pytest.param([], [create(leaf("sub", "NS", "ns.test")), create(leaf("sub", "DS", "1 8 2 ab")), create(a("www.sub.example.test"))], 2, id="A181 a delegation and what is below"),
    pytest.param([], [create(leaf("www", "CNAME", f"{c}.test", SetIdentifier=c, Weight=1)) for c in "ab"], 2, id="A180 CNAMEs under a policy"),
    pytest.param([], [create(leaf("www", "A", *TWO, SetIdentifier="s1", Weight=1))], 1, id="A179 R16 two values of a weighted set"),
    pytest.param([], [create(member("s1", Weight=0, ttl=0))], 1, id="A131 weight 0 and TTL 0"),
    pytest.param([a("www")], [delete(a("www")), create(leaf("www", "CNAME", "a.test"))], 1, id="A113 A415 DELETE A, then CREATE CNAME"),
    pytest.param([a("www")], [delete(a("www")), create(a("www", "192.0.2.2"))], 1, id="A114 A407 DELETE and CREATE"),
    pytest.param([a("www")], [delete(a("www")), upsert(a("www", "192.0.2.2"))], 1, id="A114 DELETE and UPSERT"),
    pytest.param([member("s1", **EAST)], [delete(member("s1", **EAST)), create(member("s2", **EAST))], 1, id="A113 A410 R38 the old identifier for a new one"),
    pytest.param([member(s, Weight=1) for s in "abc"], [upsert(member(s, Region=r)) for s, r in zip("abc", ("us-east-1", "us-west-2", "eu-west-1"), strict=True)], 3, id="A113 A411 a group's policy by UPSERTs of all its members"),
    pytest.param([member(s, Weight=1) for s in "ab"], [upsert(member(s, Weight=1, ttl=300)) for s in "ab"], 2, id="A113 a group's TTL by UPSERTs of all its members"),
    pytest.param([], [create(a("live")), create(alias("www", "live"))], 2, id="A420 R37 the target first"),
    pytest.param([a("live"), alias("www", "live")], [delete(a("live"))], 1, id="A116 an alias may be left without its target"),
    pytest.param([], [create(alias("www", "lb.eu-west-1.elb.amazonaws.com", zone="Z32O12XQLNTSW2", healthy=True))], 1, id="A176 a load balancer's zone"),
    *(
        pytest.param([], [create(alias("www", target, zone=zone))], 1, id=f"A176 {id}")
        for target, zone, id in (
            ("d1.cloudfront.net", "Z2FDTNDATAQYW2", "CloudFront"),
            ("d1.cloudfront.cn", "Z3RFFRIM2A3IF5", "CloudFront in China"),
            ("dualstack.lb-1.us-east-1.elb.amazonaws.com", "/hostedzone/Z35SXDOTRQ7X7K", "a load balancer"),
            ("lb-1.us-east-1.elb.amazonaws.com", "Z3DZXE0Q79N41H", "a load balancer in an older zone"),
            ("lb-1.cn-north-1.elb.amazonaws.com.cn", "Z1GDH35T77C1KE", "a load balancer in China"),
            ("nlb-1.elb.us-east-1.amazonaws.com", "Z26RNL4JYFTOTI", "a network load balancer"),
            ("s3-website.eu-central-1.amazonaws.com", "Z21DNDUVLTQW6Q", "a website"),
            ("a1.awsglobalaccelerator.com", "Z2BJ6XQ5FK7U4H", "Global Accelerator"),
            ("lb-1.eusc-de-east-1.elb.amazonaws.eu", "ZUNKNOWN", "a Region that is not known here"),
            ("lb-1.xx-fake-1.elb.amazonaws.com", "ZUNKNOWN", "a Region whose zone is not known here"),
            ("c1.us-east-1.cs.amazonlightsail.com", "Z06246771KYU0IRHI74W4", "a service that is not known here"),
        )
    ),
    pytest.param([], [create(alias("www", "d1.cloudfront.net", "HTTPS", zone="Z2FDTNDATAQYW2"))], 1, id="R106 HTTPS of CloudFront"),
    pytest.param([], [create(leaf("*.example.test", "CNAME", "x.example.test")), create(leaf("www", "CNAME", "y.example.test"))], 2, id="A170a what only a wildcard covers leads nowhere"),
    pytest.param([leaf("a", "CNAME", "b.example.test")], [create(leaf("b", "A", "192.0.2.1")), create(leaf("c", "CNAME", "a.example.test"))], 3, id="A170a chains are no rings"),
    pytest.param([a("c"), alias("b", "c"), leaf("c", "AAAA", "2001:db8::1")], [create(alias("b", "c", "AAAA")), upsert(a("c", "192.0.2.2"))], 4, id="A170a each type is by itself"),
    pytest.param([], [create(a("live")), create(alias("example.test", "live"))], 2, id="R105 an alias at the apex"),
    pytest.param([], [create(a("www")), create(leaf("www", "AAAA", "2001:db8::1")), create(member("s1", type="TXT", value='"a"', Weight=1))], 3, id="R31 each type is a group"),
    pytest.param([], [create(member(c, **cidr(c))) for c in ("paris", "tokyo", "*")], 3, id="R199 locations and the default"),
    pytest.param([], [create(a(name)) for name in ("*", "*abc", "ab*", r"a-\052.x.example.test", "cname-*.apps.example.test")], 5, id="R7 A55 asterisks in labels"),
    pytest.param([a("ab*")], [delete(a("ab*")), create(leaf("ab*", "NS", "ns.test"))], 0, id="R7 R9 an NS below no wildcard"),
    pytest.param([], [create(a(LONG))], 1, id="A51 A428 a name of 253 characters"),
    pytest.param([], [create(a("a" * 63))], 1, id="A428 a label of 63 characters"),
    pytest.param([], [create(a("!#$%&'()+,/:;<=>?@[]^`{|}~_.example.test"))], 1, id="A54 punctuation in a name"),
    pytest.param([], [create(leaf("www", "A", *(f"192.0.{n // 256}.{n % 256}" for n in range(400))))], 1, id="A118 R209.3 400 values"),
    pytest.param([], [create(member("s1", value="192.0.2.1", MultiValueAnswer=True)), create(a("live", MultiValueAnswer=False))], 2, id="A134 R36 MultiValueAnswer false is no policy"),
]  # fmt: skip


@pytest.mark.parametrize(("present", "changes", "left"), ACCEPTED)
def test_accepted(present, changes, left):
    emulated = emulation(*map(create, present))
    response = emulated.call(CHANGE, **batch(*changes))
    assert response["ChangeInfo"]["Status"] == "PENDING"
    assert len(listed(emulated)) == left


def test_a411_one_at_a_time_is_refused():
    emulated = emulation(*(create(member(s, Weight=1)) for s in "abc"))
    message = refused_message(emulated, upsert(member("a", **EAST)))
    assert "cannot be created because a non-latency RRSet" in message


def test_a164_cidr_in_a_private_zone():
    message = refused_message(emulation(), create(member("s1", **cidr("paris"))), zone=PRIVATE)
    assert message == f"[{S1} cannot be created because CIDR RRSet is not supported with private hosted zone.]"


@pytest.mark.parametrize(
    ("routing", "limit", "word"),
    [
        pytest.param(lambda n: {"Weight": 1}, 100, "weighted", id="A119 R209.4 weighted"),
        pytest.param(lambda n: MULTI, 100, "multivalue answer", id="A119 R209.4 multivalue"),
        pytest.param(
            lambda n: {"GeoProximityLocation": {"Coordinates": {"Latitude": str(n), "Longitude": "0"}}},
            30,
            "geo-proximity",
            id="A119 R209.5 geoproximity",
        ),
    ],
)
def test_a_group_has_a_limit(routing, limit, word):
    emulated = emulation()
    full = [create(member(f"s{n}", **routing(n))) for n in range(limit)]
    emulated.call(CHANGE, **batch(*full))
    message = refused_message(emulated, create(member("more", **routing(limit))))
    assert message == f"[Exceeded limit on number of {word} RRSets for www.example.test., type A in this zone.]"


# --- the apex ---


def apex(type, emulated):
    found = emulated.call("ListResourceRecordSets", HostedZoneId=ZONE)["ResourceRecordSets"]
    return next(data for data in found if data["Type"] == type)


NO_NS = "A HostedZone must contain at least one NS record for the zone itself."
NO_SOA = "A HostedZone must contain exactly one SOA record."


@pytest.mark.parametrize(
    ("type", "message"), [pytest.param("NS", NO_NS, id="A171 NS"), pytest.param("SOA", NO_SOA, id="A171 A416 SOA")]
)
def test_the_apex_keeps_its_record_sets(type, message):
    emulated = emulation()
    stored = apex(type, emulated)
    assert refused_message(emulated, delete(stored)) == f"[{message}]"
    emulated.call(CHANGE, **batch(delete(stored), create({**stored, "TTL": 60})))
    assert apex(type, emulated)["TTL"] == 60
    emulated.call(CHANGE, **batch(upsert({**stored, "TTL": 300})))
    assert apex(type, emulated)["TTL"] == 300


def test_a171_both_and_what_else_is_wrong_comes_last():
    emulated = emulation()
    both = [delete(apex(type, emulated)) for type in ("SOA", "NS")]
    message = refused_message(emulated, *both, create(a("www", "x")))
    bad = "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'x''"
    assert message == f"[{bad}, {NO_NS}, {NO_SOA}]"


def test_a171_a_change_that_was_refused_itself_is_told_once():
    emulated = emulation()
    message = refused_message(emulated, upsert({**apex("SOA", emulated), "ResourceRecords": [{"Value": "x"}]}))
    assert NO_SOA not in message


def test_r14_soa_below_the_apex():
    message = refused_message(emulation(), create(leaf("sub", "SOA", "a. b. 1 2 3 4 5")))
    assert message == "[RRSet of type SOA with DNS name sub.example.test. is not permitted below the apex]"


# --- the same identity twice ---

INVALID = "The request contains an invalid set of changes for a resource record set 'A www.example.test.'"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([create(a("www")), delete(a("www"))], id="A114 A407 CREATE, then DELETE"),
        pytest.param([upsert(a("www")), upsert(a("WWW"))], id="A114 A407 UPSERT twice"),
        pytest.param([create(a("www")), create(a("www"))], id="A114 CREATE twice"),
        pytest.param([delete(a("www")), delete(a("www"))], id="A114 R37 DELETE twice"),
        pytest.param([delete(a("www")), create(a("www")), upsert(a("www"))], id="A114 three times"),
        pytest.param(
            [upsert(member("s1", Weight=1)), upsert(member("s1", Weight=2))], id="A114 the identifier is not printed"
        ),
    ],
)
@pytest.mark.parametrize("is_there", [False, True])
def test_an_identity_twice(changes, is_there):
    emulated = emulation(*([create(a("www"))] if is_there else []))
    assert refused_message(emulated, *changes) == f"[{INVALID}]"


# --- the World outside the zone ---


@pytest.mark.parametrize("action", [create, upsert])
def test_a120_unknown_health_check(action):
    emulated = emulation()
    message = refused_message(
        emulated, action(member("s1", Weight=1, HealthCheckId="none")), action(a("b", "x")), code="NoSuchHealthCheck"
    )
    assert message == "No health check exists with the specified ID none"


def test_a120_a_record_set_outlives_its_health_check():
    emulated = emulation(create(member("s1", Weight=1, HealthCheckId=CHECK)))
    emulated.call("DeleteHealthCheck", HealthCheckId=CHECK)
    emulated.call(CHANGE, **batch(delete(member("s1", Weight=1, HealthCheckId=CHECK))))
    assert names_of(emulated) == []


def test_a166_a_record_set_outlives_its_collection():
    emulated = emulation(create(member("s1", **cidr("paris"))))
    state = emulated.state
    world = state.world
    emulated.state = type(state)(
        type(world)(hosted_zones=world.hosted_zones, cidr_collections=world.cidr_collections.delete(COLLECTION)),
        state.tables,
    )
    emulated.call(CHANGE, **batch(delete(member("s1", **cidr("paris")))))
    assert names_of(emulated) == []


def test_a287_which_locations_are_referred_to():
    emulated = emulation(create(member("s1", **cidr("paris"))))
    world = emulated.state.world
    assert references_location(world, COLLECTION, "paris")
    assert not references_location(world, COLLECTION, "tokyo")
    assert not references_location(world, SECOND, "paris")


def test_a176_the_zone_of_a_declared_resource():
    name = names.parse("lb.eu-west-1.elb.amazonaws.com")
    emulated = emulation()
    step = emulated.state
    resources = step.world.resources.set(name, Resource(name, ResourceKind.APPLICATION_LOAD_BALANCER, "eu-west-1"))
    world = type(step.world)(hosted_zones=step.world.hosted_zones, resources=resources)
    emulated.state = type(step)(world, step.tables)
    for target in ("lb.eu-west-1.elb.amazonaws.com", "dualstack.lb.eu-west-1.elb.amazonaws.com"):
        message = refused_message(emulated, create(alias("www", target, zone="Z2FDTNDATAQYW2")))
        assert message == f"[{outside(f'{target}.', 'Z2FDTNDATAQYW2')}]"
        assert (
            refused_message(emulated, create(alias("www", target))) == f"[{outside(f'{target}.', ZONE, is_ours=True)}]"
        )
        assert refused_message(emulated, create(alias("www", target, zone="ZX"))) == f"[{outside(f'{target}.', 'ZX')}]"
    emulated.call(CHANGE, **batch(create(alias("www", "lb.eu-west-1.elb.amazonaws.com", zone="Z32O12XQLNTSW2"))))


def test_a170_an_alias_into_another_zone_of_ours():
    emulated = emulation()
    emulated.call(CHANGE, **batch(create(a("live.other.test")), zone=OTHER))
    emulated.call(CHANGE, **batch(create(alias("www", "live.other.test", zone=OTHER))))
    assert names_of(emulated) == [N]


def test_a122_a_record_set_of_a_traffic_policy_instance():
    data = {"Name": "www.example.test", "Type": "A", "TrafficPolicyInstanceId": "i"}
    for as_listed in (data, data | {"ResourceRecords": [{"Value": "This resource record set includes …"}]}):
        for action in (create, delete, upsert):
            assert "traffic policy instance" in refused_message(emulation(), action(as_listed))


def test_a115_the_messages_of_all_changes_in_the_order_of_the_request():
    emulated = emulation()
    primaries = [create(member(f"s{n}", **PRIMARY)) for n in range(2)]
    message = refused_message(emulated, *primaries, delete(a("gone")), create(a("b", "x")))
    alone = "A non-alias primary ResourceRecordSet must have an associated health check. No changes made."
    gone = "Tried to delete resource record set [name='gone.example.test.', type='A'] but it was not found"
    assert message.startswith(f"[{alone}, {alone}, {gone}, Invalid Resource Record: ")


def test_a115_all_that_is_wrong_with_one_record_set():
    message = refused_message(emulation(), create(leaf("a", "A", "x", "192.0.2.1", "y")))
    assert message.count("encountered with") == 2
