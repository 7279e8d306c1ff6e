"""Each family of operations through boto3, from creation to deletion, with the answers of DNS in between."""

import json
import urllib.error
import urllib.request

import dns.edns
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
    refused,
    route53,
    upsert,
)
from tests.serving import serving_files

LOG_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/shop"
KMS_KEY = "arn:aws:kms:us-east-1:000000000000:key/9c6a1f2e-0000-4000-8000-000000000001"


def vpc(number, region="us-east-1"):
    return {"VPCRegion": region, "VPCId": f"vpc-{number}"}


def test_a82_a88_a89_a92_a93_a94_the_life_of_a_zone(boto):
    before = boto.get_hosted_zone_count()["HostedZoneCount"]
    made = boto.create_hosted_zone(
        Name="life.test", CallerReference=new_reference(), HostedZoneConfig={"Comment": "first", "PrivateZone": False}
    )
    zone = made["HostedZone"]
    assert len(made["DelegationSet"]["NameServers"]) == 4
    got = boto.get_hosted_zone(Id=zone["Id"])
    assert plain(got) == {"HostedZone": zone, "DelegationSet": made["DelegationSet"]}
    assert boto.get_hosted_zone_count()["HostedZoneCount"] == before + 1
    assert boto.update_hosted_zone_comment(Id=zone["Id"], Comment="second")["HostedZone"]["Config"] == {
        "Comment": "second",
        "PrivateZone": False,
        "HostedZoneTier": "STANDARD",
    }
    assert "Comment" not in boto.update_hosted_zone_comment(Id=zone["Id"])["HostedZone"]["Config"]
    tagged = {"ResourceType": "hostedzone", "ResourceId": zone["Id"].rpartition("/")[2]}
    boto.change_tags_for_resource(**tagged, AddTags=[{"Key": "k", "Value": "v"}])
    boto.delete_hosted_zone(Id=zone["Id"])
    assert boto.get_hosted_zone_count()["HostedZoneCount"] == before
    assert refused(boto.list_tags_for_resource, **tagged)[:2] == (404, "NoSuchHostedZone")


def test_a97_accelerated_recovery_is_kept_as_a_feature(boto):
    zone = new_zone(boto, "features.test")
    assert "Features" not in boto.get_hosted_zone(Id=zone)["HostedZone"]
    for is_on, status in ((True, "ENABLED"), (False, "DISABLED")):
        boto.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=is_on)
        features = boto.get_hosted_zone(Id=zone)["HostedZone"]["Features"]
        assert features["AcceleratedRecoveryStatus"] == status


def test_a110_a111_a116_a183_the_life_of_a_record_set(api, boto):
    zone = new_zone(boto, "records.test")
    text = r'"v=spf1 \"x\" \303\251" "more"'
    change(boto, zone, create("t.records.test", text, type_="TXT", ttl=0))
    stored = boto.list_resource_record_sets(HostedZoneId=zone, StartRecordName="t.records.test")["ResourceRecordSets"]
    assert stored == [
        {"Name": "t.records.test.", "Type": "TXT", "TTL": 0, "ResourceRecords": [{"Value": text}]},
    ]
    assert served(api.dns, "t.records.test", "TXT") == [r'"v=spf1 \"x\" \195\169" "more"']
    again = {"Action": "UPSERT", "ResourceRecordSet": stored[0]}
    assert change(boto, zone, again)["Id"] != change(boto, zone, again)["Id"]
    change(boto, zone, upsert("t.records.test", '"other"', type_="TXT"))
    assert served(api.dns, "t.records.test", "TXT") == ['"other"']
    change(boto, zone, delete("t.records.test", '"other"', type_="TXT"))
    assert served(api.dns, "t.records.test", "TXT") == ["NXDOMAIN"]


def test_h95_h98_h103_h104_the_life_of_a_health_check(boto):
    config = {
        "Type": "HTTP_STR_MATCH",
        "FullyQualifiedDomainName": "www.shop.test",
        "IPAddress": "192.0.2.1",
        "ResourcePath": "/up",
        "SearchString": "<ok> & well",
        "RequestInterval": 10,
        "FailureThreshold": 2,
        "Disabled": True,
    }
    made = boto.create_health_check(CallerReference=new_reference(), HealthCheckConfig=config)["HealthCheck"]
    assert made["HealthCheckVersion"] == 1
    assert made["HealthCheckConfig"].items() >= config.items()
    assert "Port" not in made["HealthCheckConfig"]  # H10: only what was sent
    check = {"HealthCheckId": made["Id"]}
    assert boto.get_health_check(**check)["HealthCheck"] == made
    changed = boto.update_health_check(
        **check, HealthCheckVersion=1, FailureThreshold=5, ResetElements=["ResourcePath"]
    )
    assert changed["HealthCheck"]["HealthCheckVersion"] == 2
    assert changed["HealthCheck"]["HealthCheckConfig"]["FailureThreshold"] == 5
    assert "ResourcePath" not in changed["HealthCheck"]["HealthCheckConfig"]
    stale = refused(boto.update_health_check, **check, HealthCheckVersion=1, FailureThreshold=1)
    assert stale[:2] == (409, "HealthCheckVersionMismatch")
    ranges = boto.get_checker_ip_ranges()["CheckerIpRanges"]
    assert ranges
    for status in (boto.get_health_check_status, boto.get_health_check_last_failure_reason):
        assert isinstance(status(**check)["HealthCheckObservations"], list)
    boto.delete_health_check(**check)
    assert refused(boto.get_health_check, **check)[:2] == (404, "NoSuchHealthCheck")


def test_a220_a221_a222_the_life_of_tags(boto):
    zone, check = new_zone(boto, "tags.test"), new_check(boto, Disabled=True)
    for type_, id_ in (("hostedzone", zone), ("healthcheck", check)):
        one = {"ResourceType": type_, "ResourceId": id_}
        assert boto.list_tags_for_resource(**one)["ResourceTagSet"] == {**one, "Tags": []}
        boto.change_tags_for_resource(**one, AddTags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
        boto.change_tags_for_resource(**one, AddTags=[{"Key": "a", "Value": "2"}], RemoveTagKeys=["b", "none"])
        kept = {**one, "Tags": [{"Key": "a", "Value": "2"}]}
        assert boto.list_tags_for_resource(**one)["ResourceTagSet"] == kept
        several = {"ResourceType": type_, "ResourceIds": [id_]}
        assert boto.list_tags_for_resources(**several)["ResourceTagSets"] == [kept]
        assert refused(boto.list_tags_for_resources, ResourceType=type_, ResourceIds=[id_, "none"])[0] == 404


def test_a280_a285_a287_the_life_of_a_cidr_collection(api, boto):
    made = boto.create_cidr_collection(Name="offices", CallerReference="offices")["Collection"]
    again = boto.create_cidr_collection(Name="offices", CallerReference="offices")["Collection"]
    assert (made["Version"], again["Id"]) == (1, made["Id"])
    assert made["Arn"] == f"arn:aws:route53:::cidrcollection/{made['Id']}"
    one = {"CollectionId": made["Id"]}

    def changed(action, *blocks, location="paris"):
        entry = {"LocationName": location, "Action": action, "CidrList": [*blocks]}
        change_id = boto.change_cidr_collection(Id=made["Id"], Changes=[entry])["Id"]
        assert boto.get_change(Id=change_id)["ChangeInfo"]["Status"] == "INSYNC"

    changed("PUT", "192.0.2.0/24", "2001:db8::/48")
    zone = new_zone(boto, "cidr.test")
    for location, address in (("paris", "192.0.2.1"), ("*", "192.0.2.2")):
        routing = {"CollectionId": made["Id"], "LocationName": location}
        change(boto, zone, create("www.cidr.test", address, SetIdentifier=location, CidrRoutingConfig=routing))
    from_paris = {"options": [dns.edns.ECSOption("192.0.2.0", 24)]}
    assert served(api.dns, "www.cidr.test", **from_paris) == ["192.0.2.1"]
    all_of_paris = {
        "LocationName": "paris",
        "Action": "DELETE_IF_EXISTS",
        "CidrList": ["192.0.2.0/24", "2001:db8::/48"],
    }
    in_use = refused(boto.change_cidr_collection, Id=made["Id"], Changes=[all_of_paris])
    assert in_use[:2] == (400, "CidrBlockInUseException")
    changed("PUT", "198.51.100.0/24")
    changed("DELETE_IF_EXISTS", "192.0.2.0/24", "203.0.113.0/24")
    assert served(api.dns, "www.cidr.test", **from_paris) == ["192.0.2.2"]
    blocks = [block["CidrBlock"] for block in boto.list_cidr_blocks(**one)["CidrBlocks"]]
    assert sorted(blocks) == ["198.51.100.0/24", "2001:db8::/48"]
    for location, address in (("paris", "192.0.2.1"), ("*", "192.0.2.2")):
        routing = {**one, "LocationName": location}
        change(boto, zone, delete("www.cidr.test", address, SetIdentifier=location, CidrRoutingConfig=routing))
    changed("DELETE_IF_EXISTS", *blocks)
    assert boto.list_cidr_locations(**one)["CidrLocations"] == []
    boto.delete_cidr_collection(Id=made["Id"])
    assert refused(boto.list_cidr_locations, **one)[:2] == (404, "NoSuchCidrCollectionException")


def test_a230_a232_a233_the_life_of_a_delegation_set(boto):
    made = boto.create_reusable_delegation_set(CallerReference=new_reference())["DelegationSet"]
    assert made["Id"].startswith("/delegationset/N")
    zone = boto.create_hosted_zone(Name="reused.test", CallerReference=new_reference(), DelegationSetId=made["Id"])
    assert zone["DelegationSet"] == made
    listed = boto.list_hosted_zones(DelegationSetId=made["Id"])["HostedZones"]
    assert [one["Name"] for one in listed] == ["reused.test."]
    limit = boto.get_reusable_delegation_set_limit(
        DelegationSetId=made["Id"], Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET"
    )
    assert (limit["Limit"]["Value"], limit["Count"]) == (100, 1)
    assert refused(boto.delete_reusable_delegation_set, Id=made["Id"])[:2] == (400, "DelegationSetInUse")
    boto.delete_hosted_zone(Id=zone["HostedZone"]["Id"])
    boto.delete_reusable_delegation_set(Id=made["Id"])
    assert refused(boto.get_reusable_delegation_set, Id=made["Id"])[:2] == (400, "NoSuchDelegationSet")
    unused = {"CallerReference": new_reference(), "HostedZoneId": "Z0000000000000"}
    assert refused(boto.create_reusable_delegation_set, **unused)[:2] == (400, "HostedZoneNotFound")
    shared = {"CallerReference": new_reference(), "HostedZoneId": new_zone(boto, "marked.test")}
    boto.create_reusable_delegation_set(**shared)
    again = shared | {"CallerReference": new_reference()}
    assert refused(boto.create_reusable_delegation_set, **again)[:2] == (400, "DelegationSetAlreadyReusable")


def test_a240_a241_a243_a244_a245_the_life_of_vpc_associations(api, boto):
    zone = new_zone(boto, "inside.test", VPC=vpc("first"))
    change(boto, zone, create("db.inside.test", "10.0.0.1"))
    assert served(api.dns, "db.inside.test") == ["REFUSED"]  # private zones are not answered
    second = {"HostedZoneId": zone, "VPC": vpc("second", "eu-west-1")}
    boto.create_vpc_association_authorization(**second)
    assert boto.list_vpc_association_authorizations(HostedZoneId=zone)["VPCs"] == [second["VPC"]]
    made = boto.associate_vpc_with_hosted_zone(**second, Comment="more")["ChangeInfo"]
    assert boto.get_change(Id=made["Id"])["ChangeInfo"] | {"Status": "PENDING"} == made
    assert made["Comment"] == "more"
    boto.delete_vpc_association_authorization(**second)
    missing = refused(boto.delete_vpc_association_authorization, **second)
    assert missing[:2] == (404, "VPCAssociationAuthorizationNotFound")
    assert boto.get_hosted_zone(Id=zone)["VPCs"] == [vpc("first"), second["VPC"]]
    listed = boto.list_hosted_zones_by_vpc(VPCId="vpc-second", VPCRegion="eu-west-1")["HostedZoneSummaries"]
    assert [(one["HostedZoneId"], one["Name"]) for one in listed] == [(zone, "inside.test.")]
    limit = boto.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
    assert (limit["Limit"]["Value"], limit["Count"]) == (300, 2)
    boto.disassociate_vpc_from_hosted_zone(**second)
    assert refused(boto.disassociate_vpc_from_hosted_zone, **second)[:2] == (404, "VPCAssociationNotFound")
    last = refused(boto.disassociate_vpc_from_hosted_zone, HostedZoneId=zone, VPC=vpc("first"))
    assert last[:2] == (400, "LastVPCAssociation")
    foreign = {"HostedZoneId": zone, "VPC": vpc("x") | {"VPCId": "subnet-1"}}
    assert refused(boto.associate_vpc_with_hosted_zone, **foreign)[:2] == (400, "InvalidVPCId")


def test_a250_a252_the_life_of_a_query_logging_config(boto):
    zone = new_zone(boto, "logged.test")
    made = boto.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=LOG_GROUP)
    config = made["QueryLoggingConfig"]
    assert config == {"Id": config["Id"], "HostedZoneId": zone, "CloudWatchLogsLogGroupArn": LOG_GROUP}
    assert made["Location"].endswith(f"/queryloggingconfig/{config['Id']}")
    assert boto.get_query_logging_config(Id=config["Id"])["QueryLoggingConfig"] == config
    assert boto.list_query_logging_configs(HostedZoneId=zone)["QueryLoggingConfigs"] == [config]
    boto.delete_query_logging_config(Id=config["Id"])
    assert refused(boto.get_query_logging_config, Id=config["Id"])[:2] == (404, "NoSuchQueryLoggingConfig")


def test_a260_a261_a263_the_states_of_dnssec_without_signatures(api, boto):
    zone = new_zone(boto, "signed.test")
    change(boto, zone, create("www.signed.test", "192.0.2.1"))
    key = {"HostedZoneId": zone, "Name": "ksk_1"}
    made = boto.create_key_signing_key(
        **key, CallerReference=new_reference(), KeyManagementServiceArn=KMS_KEY, Status="INACTIVE"
    )["KeySigningKey"]
    assert (made["Flag"], made["SigningAlgorithmMnemonic"], made["DigestAlgorithmMnemonic"]) == (
        257,
        "ECDSAP256SHA256",
        "SHA-256",
    )
    assert made["DSRecord"] == f"{made['KeyTag']} 13 2 {made['DigestValue']}"
    boto.activate_key_signing_key(**key)
    boto.enable_hosted_zone_dnssec(HostedZoneId=zone)
    seen = boto.get_dnssec(HostedZoneId=zone)
    assert seen["Status"]["ServeSignature"] == "SIGNING"
    assert [one["Status"] for one in seen["KeySigningKeys"]] == ["ACTIVE"]
    answer = {"use_edns": 0, "want_dnssec": True}
    assert served(api.dns, "www.signed.test", **answer) == ["192.0.2.1"]  # known difference: no RRSIG
    boto.disable_hosted_zone_dnssec(HostedZoneId=zone)
    assert boto.get_dnssec(HostedZoneId=zone)["Status"]["ServeSignature"] == "NOT_SIGNING"
    boto.deactivate_key_signing_key(**key)
    boto.delete_key_signing_key(**key)
    assert boto.get_dnssec(HostedZoneId=zone)["KeySigningKeys"] == []


def document(*addresses, type_="A"):
    """A traffic policy that answers with weighted values."""
    items = [{"EndpointReference": f"e{n}", "Weight": "1"} for n in range(len(addresses))]
    endpoints = {f"e{n}": {"Type": "value", "Value": address} for n, address in enumerate(addresses)}
    return json.dumps(
        {
            "AWSPolicyFormatVersion": "2015-10-01",
            "RecordType": type_,
            "StartRule": "weighted",
            "Endpoints": endpoints,
            "Rules": {"weighted": {"RuleType": "weighted", "Items": items}},
        }
    )


def test_a300_a301_a310_a311_a312_the_life_of_a_traffic_policy(api, boto):
    zone = new_zone(boto, "policy.test")
    first = boto.create_traffic_policy(Name="shop", Document=document("192.0.2.1"), Comment="one")["TrafficPolicy"]
    assert (first["Version"], first["Type"], first["Document"]) == (1, "A", document("192.0.2.1"))
    taken = refused(boto.create_traffic_policy, Name="shop", Document=document("192.0.2.1"))
    assert taken[:2] == (409, "TrafficPolicyAlreadyExists")
    broken = refused(boto.create_traffic_policy, Name="broken", Document="{}")
    assert broken[:2] == (400, "InvalidTrafficPolicyDocument")
    policy = {"Id": first["Id"]}
    second = boto.create_traffic_policy_version(**policy, Document=document("192.0.2.2"))["TrafficPolicy"]
    assert second["Version"] == 2
    boto.update_traffic_policy_comment(**policy, Version=2, Comment="two")
    assert boto.get_traffic_policy(**policy, Version=2)["TrafficPolicy"]["Comment"] == "two"
    versions = boto.list_traffic_policy_versions(**policy)["TrafficPolicies"]
    assert [one["Version"] for one in versions] == [1, 2]

    instance = boto.create_traffic_policy_instance(
        HostedZoneId=zone, Name="www.policy.test", TTL=60, TrafficPolicyId=first["Id"], TrafficPolicyVersion=1
    )["TrafficPolicyInstance"]
    assert instance["State"] == "Creating"
    one = {"Id": instance["Id"]}
    assert boto.get_traffic_policy_instance(**one)["TrafficPolicyInstance"]["State"] == "Applied"
    assert served(api.dns, "www.policy.test") == ["192.0.2.1"]
    listed = boto.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [r["Name"] for r in listed if r.get("TrafficPolicyInstanceId") == instance["Id"]] == ["www.policy.test."]
    boto.update_traffic_policy_instance(**one, TTL=60, TrafficPolicyId=first["Id"], TrafficPolicyVersion=2)
    assert served(api.dns, "www.policy.test") == ["192.0.2.2"]
    other = boto.create_traffic_policy(Name="v6", Document=document("2001:db8::1", type_="AAAA"))["TrafficPolicy"]
    wrong = {"TTL": 60, "TrafficPolicyId": other["Id"], "TrafficPolicyVersion": 1}
    assert refused(boto.update_traffic_policy_instance, **one, **wrong)[:2] == (400, "ConflictingTypes")
    assert refused(boto.delete_traffic_policy, **policy, Version=2)[:2] == (400, "TrafficPolicyInUse")
    assert refused(boto.delete_hosted_zone, Id=zone)[:2] == (400, "HostedZoneNotEmpty")
    again = {"HostedZoneId": zone, "Name": "www.policy.test", "TTL": 60, "TrafficPolicyId": first["Id"]}
    taken = refused(boto.create_traffic_policy_instance, **again, TrafficPolicyVersion=1)
    assert taken[:2] == (409, "TrafficPolicyInstanceAlreadyExists")
    boto.delete_traffic_policy_instance(**one)
    assert served(api.dns, "www.policy.test") == ["NXDOMAIN"]
    assert refused(boto.get_traffic_policy_instance, **one)[:2] == (404, "NoSuchTrafficPolicyInstance")
    for version in (1, 2):
        boto.delete_traffic_policy(**policy, Version=version)
    assert refused(boto.get_traffic_policy, **policy, Version=1)[:2] == (404, "NoSuchTrafficPolicy")
    boto.delete_hosted_zone(Id=zone)


def test_a330_a333_geo_locations(boto):
    listed = boto.list_geo_locations()["GeoLocationDetailsList"]
    assert listed[0] == {"CountryCode": "*", "CountryName": "Default"}
    washington = {"CountryCode": "US", "SubdivisionCode": "WA"}
    found = boto.get_geo_location(**washington)["GeoLocationDetails"]
    assert found == washington | {"CountryName": "United States", "SubdivisionName": "Washington"}
    assert found in listed


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        pytest.param("MAX_HEALTH_CHECKS_BY_OWNER", 200, id="A350 health checks"),
        pytest.param("MAX_HOSTED_ZONES_BY_OWNER", 500, id="A350 hosted zones"),
        pytest.param("MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", 100, id="A350 delegation sets"),
        pytest.param("MAX_TRAFFIC_POLICIES_BY_OWNER", 50, id="A350 traffic policies"),
        pytest.param("MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", 5, id="A350 traffic policy instances"),
    ],
)
def test_limits_of_the_account(boto, type_, value):
    limit = boto.get_account_limit(Type=type_)
    assert limit["Limit"] == {"Type": type_, "Value": value}
    assert limit["Count"] >= 0


def test_a350_limits_of_a_zone(boto):
    zone = new_zone(boto, "limits.test")
    limit = boto.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_RRSETS_BY_ZONE")
    assert (limit["Limit"]["Value"], limit["Count"]) == (10000, 2)
    of_vpcs = refused(boto.get_hosted_zone_limit, HostedZoneId=zone, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
    assert of_vpcs[:2] == (400, "HostedZoneNotPrivate")


def test_a435_a436_what_is_protected_does_not_change(boto):
    zone = new_zone(boto, "protected.test")
    change(boto, zone, create("www.protected.test", "192.0.2.1"))
    keys = [{"RecordName": "www.protected.test", "RecordType": "A"}]
    boto.create_resource_record_set_protections(HostedZoneId=zone, Protections=keys)
    with pytest.raises(boto.exceptions.ProtectionAlreadyExists) as twice:
        boto.create_resource_record_set_protections(HostedZoneId=zone, Protections=keys)
    failed = {"RecordName": "www.protected.test.", "RecordType": "A", "Code": "ProtectionAlreadyExists"}
    assert twice.value.response["Errors"] == [{**failed, "Message": "The name and type are protected already."}]
    assert refused(change, boto, zone, upsert("www.protected.test", "192.0.2.2"))[:2] == (400, "InvalidChangeBatch")
    listed = boto.list_resource_record_set_protections(HostedZoneId=zone)["ResourceRecordSetProtections"]
    assert listed == [{"RecordName": "www.protected.test.", "RecordType": "A"}]
    boto.delete_resource_record_set_protections(HostedZoneId=zone, Protections=keys)
    with pytest.raises(boto.exceptions.InvalidResourceRecordSetProtectionBatch) as absent:
        boto.delete_resource_record_set_protections(HostedZoneId=zone, Protections=keys)
    assert absent.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert [entry["Code"] for entry in absent.value.response["Errors"]] == ["ProtectionNotFound"]
    change(boto, zone, delete("www.protected.test", "192.0.2.1"))
    boto.delete_hosted_zone(Id=zone)


PLACES = """
geo:
  networks:
    - {network: 192.0.2.0/24, country: FR}
    - {network: 198.51.100.0/24, country: US, subdivision: WA}
    - {network: 203.0.113.0/24, country: JP}
"""


@pytest.fixture(scope="module")
def worldly(tmp_path_factory):
    """A server with located networks, and a geolocation group on it."""
    file = tmp_path_factory.mktemp("places") / "places.yaml"
    file.write_text(PLACES)
    with serving_files(file) as server:
        client = route53(server)
        zone = make_zone(client, "geo.test")
        places = {
            "eu": {"ContinentCode": "EU"},
            "wa": {"CountryCode": "US", "SubdivisionCode": "WA"},
            "*": {"CountryCode": "*"},
        }
        for number, (name, place) in enumerate(places.items(), 1):
            change(client, zone, create("www.geo.test", f"10.0.0.{number}", SetIdentifier=name, GeoLocation=place))
        yield server, client, zone


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        pytest.param("192.0.2.0", "10.0.0.1", id="A340 R136 a continent"),
        pytest.param("198.51.100.0", "10.0.0.2", id="A340 R136 a subdivision"),
        pytest.param("203.0.113.0", "10.0.0.3", id="A340 R136 everywhere else"),
    ],
)
def test_test_dns_answer_says_what_dns_says(worldly, network, expected):
    """A341: the resolver's address and the client subnet decide as they do on the wire."""
    server, client, zone = worldly
    asked = {"HostedZoneId": zone, "RecordName": "www.geo.test", "RecordType": "A"}
    by_subnet = {"EDNS0ClientSubnetIP": network, "EDNS0ClientSubnetMask": "24"}
    on_the_wire = served(server.dns, "www.geo.test", options=[dns.edns.ECSOption(network, 24)])
    for answer in (
        client.test_dns_answer(**asked, ResolverIP=f"{network.removesuffix('.0')}.7"),
        client.test_dns_answer(**asked, ResolverIP="203.0.113.9", **by_subnet),
    ):
        assert answer["RecordData"] == on_the_wire == [expected]
        assert (answer["ResponseCode"], answer["Protocol"], answer["RecordName"]) == ("NOERROR", "UDP", "www.geo.test")
        assert answer["Nameserver"] in client.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]


def test_r102a_an_alias_to_another_zone_is_answered_from_there(worldly):
    """A341: by DNS and by TestDNSAnswer; the zone that is asked for by id answers, not the one below it."""
    server, client, zone = worldly
    other, below = new_zone(client, "there.test"), new_zone(client, "below.geo.test")
    change(client, other, create("x.there.test", "10.0.1.1"))
    change(client, below, create("x.below.geo.test", "10.0.1.2"))
    change(client, zone, create("x.below.geo.test", "10.0.1.3"))
    change(client, zone, create("to-there.geo.test", **alias(other, "x.there.test", evaluates=True)))
    change(client, zone, create("to-below.geo.test", **alias(below, "x.below.geo.test")))

    def answer(name):
        return client.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType="A")["RecordData"]

    assert served(server.dns, "to-there.geo.test") == answer("to-there.geo.test") == ["10.0.1.1"]
    assert served(server.dns, "to-below.geo.test") == answer("to-below.geo.test") == ["10.0.1.2"]
    assert (served(server.dns, "x.below.geo.test"), answer("x.below.geo.test")) == (["10.0.1.2"], ["10.0.1.3"])
    change(client, other, upsert("x.there.test", "10.0.1.9"))
    assert served(server.dns, "to-there.geo.test") == answer("to-there.geo.test") == ["10.0.1.9"]


def test_a341_a342_what_is_not_there(worldly):
    _, client, zone = worldly

    def answer(name, type_="A"):
        found = client.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType=type_)
        return found["ResponseCode"], found["RecordData"]

    assert answer("none.geo.test") == ("NXDOMAIN", [])
    assert answer("www.geo.test", "MX") == ("NOERROR", [])
    assert answer("www.elsewhere.test") == ("REFUSED", [])


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A client of a server in strict mode with quotas."""
    file = tmp_path_factory.mktemp("strict") / "strict.yaml"
    file.write_text("api: {strict: true}")
    with serving_files(file) as server:
        yield route53(server)


def test_a87_strict_refuses_single_labels(strict):
    assert refused(make_zone, strict, "com") == (400, "InvalidDomainName", "com. is reserved by AWS!")
    assert refused(make_zone, strict, "local")[:2] == (400, "InvalidDomainName")


def test_a3_strict_requires_a_signature(strict):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{strict.meta.endpoint_url}/2013-04-01/hostedzone")
    with refusal.value as response:
        assert response.status == 403
        assert "<Code>MissingAuthenticationToken</Code>" in response.read().decode()


def test_a351_quotas_are_counted_where_they_are_switched_on(strict):
    policies = [strict.create_traffic_policy(Name=f"p{n}", Document=document("192.0.2.1")) for n in range(50)]
    over = refused(strict.create_traffic_policy, Name="over", Document=document("192.0.2.1"))
    assert over[:2] == (400, "TooManyTrafficPolicies")
    zone = new_zone(strict, "quota.example.com")
    policy = {"TrafficPolicyId": policies[0]["TrafficPolicy"]["Id"], "TrafficPolicyVersion": 1}

    def place(number):
        return strict.create_traffic_policy_instance(
            HostedZoneId=zone, Name=f"i{number}.quota.example.com", TTL=60, **policy
        )

    for number in range(5):
        place(number)
    assert refused(place, 5)[:2] == (400, "TooManyTrafficPolicyInstances")
    for _ in range(200):
        new_check(strict, IPAddress="52.0.0.1", Disabled=True)
    assert refused(new_check, strict, IPAddress="52.0.0.1")[:2] == (400, "TooManyHealthChecks")
