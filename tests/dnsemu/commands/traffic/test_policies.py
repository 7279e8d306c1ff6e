"""Operations on traffic policies and their instances (api.md §16, A300–A312; routing.md R185–R198)."""

import json

import pytest

from dnsemu.config import names
from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.rdata.rrtypes import RRType
from tests.dnsemu.commands.batches import LIST, OTHER, PRIVATE, ZONE, batch, create, delete, emulation, upsert
from tests.dnsemu.commands.traffic.traffic_documents import (
    at_endpoint,
    document,
    endpoint,
    failover,
    geo,
    geoproximity,
    latency,
    make_instance,
    make_policy,
    multivalue,
    rule,
    value,
    weighted,
)

QUOTAS = ApiSettings(has_quotas=True)
UNKNOWN = "99999999-9999-9999-9999-999999999999"
UNSUPPORTED = (
    "This resource record set includes an attribute that is unsupported on this Route 53 API version. "
    "Please consider using a newer API version or a tool that does so."
)
ONE_ITEM = weighted(endpoint("a", Weight="1"))


@pytest.fixture
def aws():
    return emulation()


def version(aws, policy, text=None, **more):
    made = aws.call("CreateTrafficPolicyVersion", Id=policy, Document=text or at_endpoint(), **more)
    return made["TrafficPolicy"]["Version"]


# --- documents ---


def proximity(version="2023-05-09", **more):
    return document({"top": geoproximity(endpoint("a", **more))}, version=version)


def place(**location):
    return proximity(Location=location)


LB = {"Type": "application-load-balancer", "Value": "lb.us-east-1.elb.amazonaws.com"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(at_endpoint(), id="R185 an endpoint alone"),
        pytest.param(at_endpoint(Rules=None), id="R185 without Rules"),
        pytest.param(document({"top": ONE_ITEM}, version="2023-05-09"), id="R185 the newer format"),
        pytest.param(document({"top": weighted(endpoint("a", Weight=10, EvaluateTargetHealth=True))}), id="R188 JSON numbers and booleans"),
        pytest.param(document({"top": weighted(endpoint("a", Weight="10", EvaluateTargetHealth="True"))}), id="R188 texts"),
        pytest.param(document({"top": weighted(endpoint("a", Weight=0, HealthCheck="", RuleReference=None))}), id="R188 empty is absent"),
        pytest.param(document({"top": failover(endpoint("a"), endpoint("b"))}), id="R187 failover"),
        pytest.param(document({"top": latency(endpoint("a", Region="us-east-1"))}), id="R187 latency"),
        pytest.param(document({"top": multivalue(endpoint("a"), endpoint("b", HealthCheck="c"))}), id="R187 multivalue"),
        pytest.param(document({"top": geo(endpoint("a", Country="US", Subdivision="CA"), endpoint("b", Continent="EU"), endpoint("c", IsDefault="true"))}), id="R187 geo"),
        pytest.param(document({"top": geo(endpoint("a", Country="*", IsDefault=True))}), id="R189 Country * is the default"),
        pytest.param(proximity("2015-10-01", Region="aws:route53:us-east-1", Bias="-5"), id="R187 geoproximity of 2015: Region"),
        pytest.param(proximity("2015-10-01", Latitude="-90", Longitude=179.99), id="R187 geoproximity of 2015: coordinates"),
        pytest.param(place(Type="Region", LocationName="aws:route53:eu-west-1"), id="R187 geoproximity of 2023: Region"),
        pytest.param(place(Type="LocalZone", LocationName="aws:route53:us-west-2-den-1a"), id="R187 R84 geoproximity of 2023: LocalZone"),
        pytest.param(place(Type="Coordinate", Latitude="51.5", Longitude="0"), id="R187 geoproximity of 2023: Coordinate"),
        pytest.param(document({"top": ONE_ITEM, "unused": ONE_ITEM}), id="R191 an unused rule"),
        pytest.param(at_endpoint(endpoints={"a": value("10 mail.test"), "x": value("20 other.test")}, type="MX"), id="R191 an unused endpoint"),
        *(
            pytest.param(at_endpoint(endpoints={"a": LB | {"Type": kind}}), id=f"R186 {kind}")
            for kind in ("cloudfront", "application-load-balancer", "elastic-load-balancer", "network-load-balancer", "elastic-beanstalk")
        ),
        *(
            pytest.param(at_endpoint(endpoints={"a": {**endpoint_, "Region": "us-east-1"}}), id=f"R186 a Region beside {endpoint_['Type']} is ignored")
            for endpoint_ in (value("192.0.2.1"), *(LB | {"Type": kind} for kind in ("cloudfront", "elastic-load-balancer", "elastic-beanstalk")))
        ),
        pytest.param(at_endpoint(endpoints={"a": {"Type": "s3-website", "Region": "us-east-1", "Value": "www.example.test"}}), id="R186 s3-website"),
        pytest.param(document({f"r{n}": weighted(rule(f"r{n + 1}", Weight=1)) for n in range(14)} | {"r14": ONE_ITEM}, start="r0"), id="R112 as deep as aliases are followed"),
    ],
)  # fmt: skip
def test_good_documents(aws, text):
    """A300"""
    made = aws.call("CreateTrafficPolicy", Name="p", Document=text)["TrafficPolicy"]
    assert made["Type"] == json.loads(text)["RecordType"]
    assert made["Document"] == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("{", "The document is not JSON", id="A300 no JSON"),
        pytest.param("[" * 100_000, "The document is nested too deeply.", id="A300 hostile nesting"),
        pytest.param('{"a": NaN}', "NaN is no number", id="A300 NaN"),
        pytest.param('{"a": ' + "9" * 5000 + "}", "a number that is too long", id="A300 a hostile number"),
        pytest.param("[]", "an object is wanted, not []", id="A300 no object"),
        pytest.param('{"Rules": {"a": {}, "a": {}}}', "The document has 'a' twice", id="R191 a rule twice"),
        pytest.param(at_endpoint(version="2015-01-01"), "AWSPolicyFormatVersion: '2015-01-01' is not known; write one of 2015-10-01, 2023-05-09", id="R185 version"),
        pytest.param(at_endpoint(AWSPolicyFormatVersion=None), "AWSPolicyFormatVersion: this is missing", id="R185 no version"),
        pytest.param(at_endpoint(type="NS"), "RecordType: 'NS' is not known", id="R185 type"),
        pytest.param(at_endpoint(StartRule="top"), "StartEndpoint or with StartRule, and has both", id="R185 two starts"),
        pytest.param(at_endpoint(StartEndpoint=None), "StartEndpoint or with StartRule, and has neither", id="R185 no start"),
        pytest.param(at_endpoint("z"), "StartEndpoint: there is no endpoint z", id="R191 start endpoint"),
        pytest.param(document(), "StartRule: there is no rule top", id="R191 start rule"),
        pytest.param(at_endpoint(endpoints=[]), "Endpoints: an object is wanted, not []", id="R185 endpoints"),
        pytest.param(at_endpoint(Extra=1), "Extra: this is not known", id="R191 an unknown field"),
        pytest.param(at_endpoint(endpoints={"a": {"Type": "ec2", "Value": "x"}}), "Endpoints.a.Type: 'ec2' is not known; write one of value, cloudfront", id="R186 type"),
        pytest.param(at_endpoint(endpoints={"a": value("2001:db8::1")}), "Endpoints.a.Value: FATAL problem: ARRDATAIllegalIPv4Address", id="R191 value"),
        pytest.param(at_endpoint(endpoints={"a": value({})}), "Endpoints.a.Value: a text is wanted, not {}", id="R188 value"),
        pytest.param(at_endpoint(endpoints={"a": LB}, type="MX"), "Endpoints.a.Type: application-load-balancer answers with addresses only", id="R186 addresses only"),
        pytest.param(at_endpoint(endpoints={"a": {"Type": "s3-website", "Value": "b"}}), "Endpoints.a.Region: this is missing", id="R186 a bucket without Region"),
        pytest.param(at_endpoint(endpoints={"a": LB | {"Value": "a..b"}}), "Endpoints.a.Value: DomainLabelEmpty", id="R186 name"),
        pytest.param(document({"top": {"RuleType": "cidr"}}), "Rules.top.RuleType: 'cidr' is not known", id="R187 rule type"),
        pytest.param(document({"top": {"RuleType": "weighted", "Regions": []}}), "Rules.top.Regions: a rule of type weighted has Items", id="R187 container"),
        pytest.param(document({"top": weighted()}), "Rules.top.Items: a list of one object or more is wanted", id="R187 empty"),
        pytest.param(document({"top": weighted(3)}), "Rules.top.Items[0]: an object is wanted, not 3", id="R187 item"),
        pytest.param(document({"top": {"RuleType": "failover"}}), "Rules.top: Primary and Secondary are missing", id="R187 failover"),
        pytest.param(document({"top": weighted({"Weight": 1})}), "Rules.top.Items[0]: EndpointReference or RuleReference is wanted, and there is neither", id="R187 no reference"),
        pytest.param(document({"top": weighted(endpoint("a", RuleReference="x", Weight=1))}), "and there is both", id="R187 two references"),
        pytest.param(document({"top": weighted(endpoint("a"))}), "Rules.top.Items[0].Weight: this is missing", id="R187 no weight"),
        pytest.param(document({"top": weighted(endpoint("a", Weight="256"))}), "Rules.top.Items[0].Weight: a whole number from 0 to 255 is wanted, not '256'", id="R62 weight"),
        pytest.param(document({"top": weighted(endpoint("a", Weight=1.5))}), "not '1.5'", id="R188 weight"),
        pytest.param(document({"top": weighted(endpoint("a", Weight=1, EvaluateTargetHealth="yes"))}), "Items[0].EvaluateTargetHealth: true or false is wanted, not 'yes'", id="R188 flag"),
        pytest.param(document({"top": weighted(endpoint("a", Weight=1, HealthCheckId="c"))}), "Items[0].HealthCheckId: this is not known", id="R187 a misspelt field"),
        pytest.param(document({"top": weighted(endpoint("z", Weight=1))}), "Rules.top.Items[0].EndpointReference: there is no endpoint z", id="R191 endpoint reference"),
        pytest.param(document({"top": weighted(endpoint("a", Weight=1)), "unused": failover(rule("z"), rule("top"))}), "Rules.unused.Primary.RuleReference: there is no rule z", id="R191 rule reference"),
        pytest.param(document({"top": failover(rule("two"), endpoint("a")), "two": failover(rule("top"), endpoint("a"))}), "Rules: these lead in a circle: t", id="R191 a circle"),
        pytest.param(document({"top": failover(rule("top"), endpoint("a"))}), "Rules: these lead in a circle: top -> top", id="R191 a rule onto itself"),
        pytest.param(document({f"r{n}": weighted(rule(f"r{n + 1}", Weight=1)) for n in range(15)} | {"r15": ONE_ITEM}, start="r0"), "16 rules one below the other, and 15 are followed", id="R112 too deep"),
        pytest.param(document({f"r{n}": weighted(rule(f"r{n + 1}", Weight=1)) for n in range(1500)} | {"r1500": ONE_ITEM}, start="r0"), "1501 rules", id="R112 much too deep"),
        pytest.param(document({"top": latency(endpoint("a", Region="mars"))}), "Rules.top.Regions[0]: Cannot find region 'mars'. Please write a Region such as us-east-1.", id="R69 Region"),
        pytest.param(document({"top": latency(endpoint("a", Region="us-east-1"), endpoint("b", Region="us-east-1"))}), "Regions[1]: this place is there twice", id="R33 a Region twice"),
        pytest.param(document({"top": geo(endpoint("a", Country="*"), endpoint("b", IsDefault="true"))}), "Rules.top.Locations[1]: this place is there twice", id="R189 two defaults"),
        pytest.param(document({"top": geo(endpoint("a", Country="US", IsDefault="true"))}), "Locations[0].IsDefault: the default is no place", id="R189 a default that is a place"),
        pytest.param(document({"top": geo(endpoint("a", Country="XX"))}), "Locations[0]: Cannot find location: 'country = XX'. Please write a Continent such as EU, a Country such as JP, or a Country of US or UA with a Subdivision.", id="R75 country"),
        pytest.param(document({"top": geo(endpoint("a"))}), "Locations[0]: the location is empty. Please write a Continent", id="R75 no location"),
        pytest.param(proximity("2015-10-01", Latitude="1.234", Longitude="0"), "GeoproximityLocations[0].Latitude: 1.234 has more than two decimals; write 1.23", id="R189 decimals"),
        pytest.param(proximity("2015-10-01", Latitude="91", Longitude="0"), "Latitude: degrees from -90 to 90 are wanted, not '91'", id="R83 latitude"),
        pytest.param(proximity("2015-10-01", Latitude="1"), "Longitude: this is missing", id="R187 longitude"),
        pytest.param(proximity("2015-10-01", Region="aws:route53:us-east-1", Latitude="1"), "Latitude: a location is named or has coordinates", id="R187 two places"),
        pytest.param(proximity("2015-10-01", Region="us-east-1", Bias="100"), "Bias: a whole number from -99 to 99 is wanted, not '100'", id="R83 bias"),
        pytest.param(proximity("2015-10-01", Location={"Type": "Region"}), "Location: this is not known", id="R187 the newer place in the older format"),
        pytest.param(proximity(Region="us-east-1"), "Region: this is not known", id="R187 the older place in the newer format"),
        pytest.param(place(Type="Planet"), "Location.Type: 'Planet' is not known; write one of Region, LocalZone, Coordinate", id="R187 type of location"),
        pytest.param(place(Type="LocalZone", LocationName="us-west-2-xyz-1a"), "Location: Cannot find GeoProximityLocation with LocalZoneGroup = us-west-2-xyz-1", id="R84 LocalZone"),
        pytest.param(place(Type="Region", LocationName="us-east-1", Latitude="1"), "Location.Latitude: a location is named or has coordinates", id="R187 a Region with coordinates"),
        pytest.param(document({"top": multivalue(rule("x"))}), "Items[0].RuleReference: this is not known; write one of EndpointReference, HealthCheck", id="R187 multivalue"),
        pytest.param(document({"top": multivalue(endpoint("a"))}, endpoints={"a": LB}), "multivalue answers are values, and a is an AWS resource", id="R90 multivalue"),
        pytest.param(document({"top": multivalue(endpoint("a"))}, endpoints={"a": value("x.test")}, type="CNAME"), "Rules.top.RuleType: multivalue answers are not for CNAME", id="R90 multivalue CNAME"),
    ],
)  # fmt: skip
def test_r191_bad_documents(aws, text, says):
    error = aws.refused("CreateTrafficPolicy", Name="p", Document=text)
    assert error.code == "InvalidTrafficPolicyDocument"
    assert says in error.message
    policy = make_policy(aws, at_endpoint())
    error = aws.refused("CreateTrafficPolicyVersion", Id=policy, Document=text)
    assert error.code == "InvalidTrafficPolicyDocument"


# --- policies and versions ---


def test_a300_what_creating_a_policy_gives(aws):
    text = " " + at_endpoint() + "\r\n"
    made = aws.call("CreateTrafficPolicy", Name="p", Document=text, Comment="c")
    policy = made["TrafficPolicy"]
    assert policy == {"Id": policy["Id"], "Version": 1, "Name": "p", "Type": "A", "Document": text, "Comment": "c"}
    assert made["Location"] == f"https://route53.amazonaws.com/2013-04-01/trafficpolicy/{policy['Id']}/1"
    assert aws.call("GetTrafficPolicy", Id=policy["Id"], Version=1) == {"TrafficPolicy": policy}


def test_a300_r192_a_name_is_there_once(aws):
    policy = make_policy(aws, at_endpoint(), "p")
    assert aws.refused("CreateTrafficPolicy", Name="p", Document=at_endpoint()).code == "TrafficPolicyAlreadyExists"
    aws.call("DeleteTrafficPolicy", Id=policy, Version=1)
    assert make_policy(aws, at_endpoint(), "p") != policy


def test_r192_version_numbers_are_never_used_again(aws):
    policy = make_policy(aws, at_endpoint())
    assert [version(aws, policy), version(aws, policy)] == [2, 3]
    aws.call("DeleteTrafficPolicy", Id=policy, Version=3)
    made = aws.call("CreateTrafficPolicyVersion", Id=policy, Document=at_endpoint(), Comment="four")
    assert made["TrafficPolicy"]["Version"] == 4
    assert made["Location"].endswith(f"/trafficpolicy/{policy}/4")
    assert (made["TrafficPolicy"]["Name"], made["TrafficPolicy"]["Comment"]) == ("policy", "four")


def test_a301_there_is_no_version_above_1000(aws):
    policy = make_policy(aws, at_endpoint())
    for number in range(2, 1001):
        assert version(aws, policy) == number
    error = aws.refused("CreateTrafficPolicyVersion", Id=policy, Document=at_endpoint())
    assert error.code == "TooManyTrafficPolicyVersionsForCurrentPolicy"


def test_a301_only_the_comment_changes(aws):
    policy = make_policy(aws, at_endpoint())
    before = aws.call("GetTrafficPolicy", Id=policy, Version=1)["TrafficPolicy"]
    changed = aws.call("UpdateTrafficPolicyComment", Id=policy, Version=1, Comment="new")["TrafficPolicy"]
    assert changed == before | {"Comment": "new"} == aws.call("GetTrafficPolicy", Id=policy, Version=1)["TrafficPolicy"]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetTrafficPolicy", {"Version": 2}),
        ("DeleteTrafficPolicy", {"Version": 2}),
        ("UpdateTrafficPolicyComment", {"Version": 2, "Comment": "c"}),
    ],
)
def test_a300_no_such_version(aws, operation, more):
    policy = make_policy(aws, at_endpoint())
    assert aws.refused(operation, Id=policy, **more).code == "NoSuchTrafficPolicy"


@pytest.mark.parametrize(
    ("operation", "more"), [("ListTrafficPolicyVersions", {}), ("CreateTrafficPolicyVersion", {"Document": "{"})]
)
def test_a300_no_such_policy(aws, operation, more):
    assert aws.refused(operation, Id=UNKNOWN, **more).code == "NoSuchTrafficPolicy"


def test_r209_12_quotas():
    aws = emulation(settings=QUOTAS)
    for number in range(50):
        policy = make_policy(aws, at_endpoint(), str(number))
    assert aws.refused("CreateTrafficPolicy", Name="x", Document=at_endpoint()).code == "TooManyTrafficPolicies"
    for number in range(5):
        make_instance(aws, policy, ZONE, f"{number}.example.test")
    with pytest.raises(Exception, match="TooManyTrafficPolicyInstances"):
        make_instance(aws, policy, ZONE)


def test_a302_policies_are_listed_in_the_order_of_creation(aws):
    policies = [make_policy(aws, at_endpoint(), name) for name in ("z", "y", "x")]
    version(aws, policies[1], at_endpoint(endpoints={"a": value("2001:db8::1")}, type="AAAA"))
    version(aws, policies[1])
    aws.call("DeleteTrafficPolicy", Id=policies[1], Version=3)
    listed = aws.call("ListTrafficPolicies")
    assert [summary["Name"] for summary in listed.pop("TrafficPolicySummaries")] == ["z", "y", "x"]
    assert listed == {"IsTruncated": False, "TrafficPolicyIdMarker": "", "MaxItems": "100"}
    page = aws.call("ListTrafficPolicies", MaxItems="1", TrafficPolicyIdMarker=policies[1])
    summary = {"Id": policies[1], "Name": "y", "Type": "AAAA", "LatestVersion": 2, "TrafficPolicyCount": 2}
    assert page == {
        "TrafficPolicySummaries": [summary],
        "IsTruncated": True,
        "TrafficPolicyIdMarker": policies[2],
        "MaxItems": "1",
    }
    assert aws.call("ListTrafficPolicies", TrafficPolicyIdMarker=UNKNOWN)["TrafficPolicySummaries"] == []


def test_versions_are_listed_by_number(aws):
    """A191: the marker is the first of the next page, and need not exist."""
    policy = make_policy(aws, at_endpoint())
    for _ in range(10):
        version(aws, policy)
    aws.call("DeleteTrafficPolicy", Id=policy, Version=3)
    page = aws.call("ListTrafficPolicyVersions", Id=policy, MaxItems="2", TrafficPolicyVersionMarker="3")
    assert [one["Version"] for one in page["TrafficPolicies"]] == [4, 5]
    assert (page["IsTruncated"], page["TrafficPolicyVersionMarker"], page["MaxItems"]) == (True, "6", "2")
    page = aws.call("ListTrafficPolicyVersions", Id=policy, TrafficPolicyVersionMarker="10")
    assert [one["Version"] for one in page["TrafficPolicies"]] == [10, 11]
    assert (page["IsTruncated"], page["TrafficPolicyVersionMarker"]) == (False, "")
    assert aws.refused("ListTrafficPolicyVersions", Id=policy, TrafficPolicyVersionMarker="x").code == "InvalidInput"


# --- instances ---


def listed_at(aws, name="www.example.test.", zone=ZONE):
    sets = aws.call(LIST, HostedZoneId=zone)["ResourceRecordSets"]
    return [found for found in sets if found["Name"] == name]


def test_a310_what_creating_an_instance_gives(aws):
    policy = make_policy(aws, at_endpoint())
    wanted = {"HostedZoneId": f"/hostedzone/{ZONE}", "Name": "WWW.example.test", "TTL": 30}
    made = aws.call("CreateTrafficPolicyInstance", **wanted, TrafficPolicyId=policy, TrafficPolicyVersion=1)
    instance = made["TrafficPolicyInstance"]
    assert made["Location"] == f"https://route53.amazonaws.com/2013-04-01/trafficpolicyinstance/{instance['Id']}"
    assert instance == {
        "Id": instance["Id"],
        "HostedZoneId": ZONE,
        "Name": "www.example.test.",
        "TTL": 30,
        "State": "Creating",
        "Message": "",
        "TrafficPolicyId": policy,
        "TrafficPolicyVersion": 1,
        "TrafficPolicyType": "A",
    }
    got = aws.call("GetTrafficPolicyInstance", Id=instance["Id"])["TrafficPolicyInstance"]
    assert got == instance | {"State": "Applied"}


def listed_root(instance):
    values = [{"Value": UNSUPPORTED}]
    return {"Name": "www.example.test.", "Type": "A", "ResourceRecords": values, "TrafficPolicyInstanceId": instance}


def test_a311_r195_the_root_alone_is_listed(aws):
    policy = make_policy(aws, document({"top": weighted(rule("r", Weight=1)), "r": ONE_ITEM}))
    instance = make_instance(aws, policy, ZONE)
    root = listed_root(instance)
    assert listed_at(aws) == [root]
    assert len(aws.state.world.hosted_zones[ZONE].record_sets) == 3
    assert aws.refused("DeleteHostedZone", Id=ZONE).code == "HostedZoneNotEmpty"


@pytest.mark.parametrize("action", [create, delete])
def test_a122_the_root_is_not_changed_by_hand(aws, action):
    instance = make_instance(aws, make_policy(aws, at_endpoint()), ZONE)
    root = listed_root(instance)
    assert aws.refused("ChangeResourceRecordSets", **batch(action(root))).code == "InvalidChangeBatch"
    assert listed_at(aws) == [root]


@pytest.mark.parametrize("action", [upsert, delete])
def test_a122_nor_by_leaving_the_instance_out(aws, action):
    instance = make_instance(aws, make_policy(aws, at_endpoint()), ZONE)
    other = {"Name": "www.example.test.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.99"}]}
    assert aws.refused("ChangeResourceRecordSets", **batch(action(other))).code == "InvalidChangeBatch"
    assert listed_at(aws) == [listed_root(instance)]


def test_r194_states_follow_the_clock():
    aws = emulation(settings=ApiSettings(change_delay_s=60))
    policy = make_policy(aws, at_endpoint())
    instance = make_instance(aws, policy, ZONE)

    def state():
        return aws.call("GetTrafficPolicyInstance", Id=instance)["TrafficPolicyInstance"]["State"]

    assert state() == "Creating"
    aws.now += 60
    assert state() == "Applied"
    change = {"TTL": 31, "TrafficPolicyId": policy, "TrafficPolicyVersion": 1}
    changed = aws.call("UpdateTrafficPolicyInstance", Id=instance, **change)["TrafficPolicyInstance"]
    assert (changed["State"], changed["TTL"], state()) == ("Updating", 31, "Updating")
    aws.now += 60
    assert state() == "Applied"


def test_a312_the_type_of_an_instance_stays(aws):
    """R193"""
    policy = make_policy(aws, at_endpoint())
    version(aws, policy, at_endpoint(endpoints={"a": value("2001:db8::1")}, type="AAAA"))
    instance = make_instance(aws, policy, ZONE)
    change = {"Id": instance, "TTL": 1, "TrafficPolicyId": policy}
    assert aws.refused("UpdateTrafficPolicyInstance", **change, TrafficPolicyVersion=2).code == "ConflictingTypes"
    assert aws.refused("UpdateTrafficPolicyInstance", **change, TrafficPolicyVersion=3).code == "NoSuchTrafficPolicy"
    change["Id"] = UNKNOWN
    error = aws.refused("UpdateTrafficPolicyInstance", **change, TrafficPolicyVersion=1)
    assert error.code == "NoSuchTrafficPolicyInstance"


def test_a312_deleting_an_instance_removes_its_record_set(aws):
    instance = make_instance(aws, make_policy(aws, at_endpoint()), ZONE)
    assert aws.call("GetTrafficPolicyInstanceCount") == {"TrafficPolicyInstanceCount": 1}
    assert aws.call("DeleteTrafficPolicyInstance", Id=instance) == {}
    assert aws.call("GetTrafficPolicyInstanceCount") == {"TrafficPolicyInstanceCount": 0}
    assert listed_at(aws) == []
    for operation in ("GetTrafficPolicyInstance", "DeleteTrafficPolicyInstance"):
        assert aws.refused(operation, Id=instance).code == "NoSuchTrafficPolicyInstance"
    aws.call("DeleteHostedZone", Id=ZONE)


def test_r198_a_version_in_use_stays(aws):
    """A301"""
    policy = make_policy(aws, at_endpoint())
    version(aws, policy)
    instance = make_instance(aws, policy, ZONE, version=2)
    error = aws.refused("DeleteTrafficPolicy", Id=policy, Version=2)
    assert (error.code, error.message) == ("TrafficPolicyInUse", "Policy is in use for at least one instance")
    aws.call("DeleteTrafficPolicy", Id=policy, Version=1)
    aws.call("DeleteTrafficPolicyInstance", Id=instance)
    aws.call("DeleteTrafficPolicy", Id=policy, Version=2)
    assert aws.call("ListTrafficPolicies")["TrafficPolicySummaries"] == []


A = {"Name": "www.example.test", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.9"}]}
CNAME = A | {"Type": "CNAME", "ResourceRecords": [{"Value": "x.test"}]}


@pytest.mark.parametrize(
    ("there", "wanted", "code"),
    [
        pytest.param([A], {}, "TrafficPolicyInstanceAlreadyExists", id="A310 a record set of the name and type"),
        pytest.param([CNAME], {}, "InvalidInput", id="A146 R24 beside a CNAME"),
        pytest.param([], {"HostedZoneId": "Z0NONE"}, "NoSuchHostedZone", id="A310 no such zone"),
        pytest.param([], {"HostedZoneId": PRIVATE}, "InvalidInput", id="R196 a private zone"),
        pytest.param([], {"Name": "www.other.test"}, "InvalidInput", id="R10 a name outside the zone"),
        pytest.param([], {"Name": "a..example.test"}, "InvalidInput", id="A52 no name"),
        pytest.param([], {"TrafficPolicyId": UNKNOWN}, "NoSuchTrafficPolicy", id="A310 no such policy"),
        pytest.param([], {"TrafficPolicyVersion": 2}, "NoSuchTrafficPolicy", id="A310 no such version"),
    ],
)
def test_what_an_instance_cannot_be(there, wanted, code):
    aws = emulation(*map(create, there))
    policy = make_policy(aws, at_endpoint())
    asked = {"HostedZoneId": ZONE, "Name": "www.example.test", "TTL": 1, "TrafficPolicyId": policy}
    error = aws.refused("CreateTrafficPolicyInstance", **(asked | {"TrafficPolicyVersion": 1} | wanted))
    assert error.code == code


def test_a310_instances_of_two_types_share_a_name_but_not_two_of_one(aws):
    policy = make_policy(aws, at_endpoint())
    version(aws, policy, at_endpoint(endpoints={"a": value("2001:db8::1")}, type="AAAA"))
    make_instance(aws, policy, ZONE)
    make_instance(aws, policy, ZONE, version=2)
    assert [found["Type"] for found in listed_at(aws)] == ["A", "AAAA"]
    with pytest.raises(Exception, match="TrafficPolicyInstanceAlreadyExists"):
        make_instance(aws, policy, ZONE)


@pytest.fixture
def several(aws):
    """Returns instances in two zones, of two versions."""
    policy = make_policy(aws, at_endpoint())
    version(aws, policy, at_endpoint(endpoints={"a": value("2001:db8::1")}, type="AAAA"))
    made = [("b", ZONE, 1), ("a", ZONE, 2), ("a", ZONE, 1), ("x", OTHER, 1)]
    for label, zone, number in made:
        make_instance(aws, policy, zone, f"{label}.{'example' if zone == ZONE else 'other'}.test", version=number)
    return aws, policy


def shown(page):
    return [(found["Name"].partition(".")[0], found["TrafficPolicyType"]) for found in page["TrafficPolicyInstances"]]


def test_instances_are_listed_by_zone_name_and_type(several):
    """A191: the markers are the first of the next page."""
    aws, _ = several
    page = aws.call("ListTrafficPolicyInstances")
    assert shown(page) == [("a", "A"), ("a", "AAAA"), ("b", "A"), ("x", "A")]
    assert (page["IsTruncated"], page["MaxItems"], len(page)) == (False, "100", 3)
    found, more = [], {}
    for _ in range(4):
        page = aws.call("ListTrafficPolicyInstances", MaxItems="1", **more)
        found += shown(page)
        more = {member: value for member, value in page.items() if member.endswith("Marker")}
    assert (found, more) == ([("a", "A"), ("a", "AAAA"), ("b", "A"), ("x", "A")], {})
    start = {"HostedZoneIdMarker": f"/hostedzone/{ZONE}", "TrafficPolicyInstanceNameMarker": "aa.example.test"}
    assert shown(aws.call("ListTrafficPolicyInstances", **start)) == [("b", "A"), ("x", "A")]


def test_instances_of_a_zone(several):
    aws, _ = several
    page = aws.call("ListTrafficPolicyInstancesByHostedZone", HostedZoneId=ZONE, MaxItems="2")
    assert shown(page) == [("a", "A"), ("a", "AAAA")]
    markers = {member: value for member, value in page.items() if member.endswith("Marker")}
    assert markers == {"TrafficPolicyInstanceNameMarker": "b.example.test.", "TrafficPolicyInstanceTypeMarker": "A"}
    assert shown(aws.call("ListTrafficPolicyInstancesByHostedZone", HostedZoneId=ZONE, **markers)) == [("b", "A")]
    assert aws.refused("ListTrafficPolicyInstancesByHostedZone", HostedZoneId="Z0NONE").code == "NoSuchHostedZone"


def test_instances_of_a_version(several):
    aws, policy = several
    of = "ListTrafficPolicyInstancesByPolicy"
    assert shown(aws.call(of, TrafficPolicyId=policy, TrafficPolicyVersion=2)) == [("a", "AAAA")]
    page = aws.call(of, TrafficPolicyId=policy, TrafficPolicyVersion=1, MaxItems="2")
    assert (shown(page), page["HostedZoneIdMarker"]) == ([("a", "A"), ("b", "A")], OTHER)
    assert aws.refused(of, TrafficPolicyId=policy, TrafficPolicyVersion=3).code == "NoSuchTrafficPolicy"


def test_r113_an_alias_may_lead_to_an_instance(aws):
    make_instance(aws, make_policy(aws, at_endpoint()), ZONE)
    target = {"HostedZoneId": ZONE, "DNSName": "www.example.test", "EvaluateTargetHealth": True}
    aws.call(
        "ChangeResourceRecordSets", **batch(create({"Name": "alias.example.test", "Type": "A", "AliasTarget": target}))
    )
    assert aws.state.world.hosted_zones[ZONE].record_sets[names.parse("alias.example.test"), RRType.A, None].alias
