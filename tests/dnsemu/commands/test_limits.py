"""Quotas and their use."""

import pytest
from botocore.session import get_session

from dnsemu.commands.limits import OF_ACCOUNT
from dnsemu.commands.traffic.policies import INSTANCES, POLICY_VERSIONS
from dnsemu.config.model.health_checks import CalculatedCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.step import Step
from tests.dnsemu.commands.emulation import Emulation

VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
OTHER = {"VPCRegion": "us-east-1", "VPCId": "vpc-2"}


@pytest.fixture
def aws() -> Emulation:
    return Emulation()


def created(aws, **more):
    response = aws.call("CreateHostedZone", Name="example.test", CallerReference="r1", **more)
    return response["HostedZone"]["Id"].rpartition("/")[2]


@pytest.mark.parametrize(("type", "value"), [
    pytest.param("MAX_HEALTH_CHECKS_BY_OWNER", 200, id="A350 R209.11 health checks"),
    pytest.param("MAX_HOSTED_ZONES_BY_OWNER", 500, id="A350 R209.1 hosted zones"),
    pytest.param("MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", 100, id="A350 R209.9 delegation sets"),
    pytest.param("MAX_TRAFFIC_POLICIES_BY_OWNER", 50, id="A350 R209.12 traffic policies"),
    pytest.param("MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", 5, id="A350 R209.12 traffic policy instances"),
])  # fmt: skip
def test_account(aws, type, value):
    assert aws.call("GetAccountLimit", Type=type) == {"Limit": {"Type": type, "Value": value}, "Count": 0}


def test_a350_a450_other_types_of_the_model_are_refused_by_name(aws):
    others = set(get_session().get_service_model("route53").shape_for("AccountLimitType").enum) - set(OF_ACCOUNT)
    assert others == {"MAX_HEALTH_CHECK_SOURCES_BY_OWNER"}
    for type in others:
        refused = aws.refused("GetAccountLimit", Type=type)
        assert (refused.code, refused.status) == ("NotImplemented", 501)
        assert refused.message == f"dnsemu does not implement the limit {type}."


def used(aws, type):
    return aws.call("GetAccountLimit", Type=type)["Count"]


def test_a350_what_counts(aws):
    created(aws)
    aws.call("CreateReusableDelegationSet", CallerReference="s1")
    aws.call("CreateReusableDelegationSet", CallerReference="s2")
    step = Step(aws.state)
    for number in range(3):
        step.put_health_check(HealthCheck(HealthCheckId(str(number)), CalculatedCheck((), 0)))
    aws.state = step.state
    assert used(aws, "MAX_HOSTED_ZONES_BY_OWNER") == 1
    assert used(aws, "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER") == 2
    assert used(aws, "MAX_HEALTH_CHECKS_BY_OWNER") == 3


def test_a350_a_policy_counts_once_however_many_versions_it_has(aws):
    step = Step(aws.state)
    for policy, version in (("p1", "1"), ("p1", "2"), ("p2", "1")):
        step.put(POLICY_VERSIONS, policy, version, row=object())
    step.put(INSTANCES, "i1", row=object())
    aws.state = step.state
    assert used(aws, "MAX_TRAFFIC_POLICIES_BY_OWNER") == 2
    assert used(aws, "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER") == 1


def zone_limit(aws, zone_id, type):
    return aws.call("GetHostedZoneLimit", HostedZoneId=zone_id, Type=type)


def test_a350_r209_2_record_sets_of_a_zone(aws):
    zone_id = created(aws)
    step = Step(aws.state)
    zone = step.world.hosted_zones[HostedZoneId(zone_id)]
    step.change_record_sets(zone.id, removed=[(zone.name, RRType.SOA, None)])
    aws.state = step.state
    assert zone_limit(aws, f"/hostedzone/{zone_id}", "MAX_RRSETS_BY_ZONE") == {
        "Limit": {"Type": "MAX_RRSETS_BY_ZONE", "Value": 10_000}, "Count": 1,
    }  # fmt: skip


def test_a350_r209_8_vpcs_of_a_zone(aws):
    zone_id = created(aws, VPC=VPC)
    aws.call("AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=OTHER)
    assert zone_limit(aws, zone_id, "MAX_VPCS_ASSOCIATED_BY_ZONE") == {
        "Limit": {"Type": "MAX_VPCS_ASSOCIATED_BY_ZONE", "Value": 300}, "Count": 2,
    }  # fmt: skip
    assert zone_limit(aws, zone_id, "MAX_RRSETS_BY_ZONE")["Count"] == 2


def test_a350_a_public_zone_has_no_vpcs(aws):
    error = aws.refused("GetHostedZoneLimit", HostedZoneId=created(aws), Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
    assert (error.code, error.message) == (
        "HostedZoneNotPrivate", "The specified hosted zone is a public hosted zone, not a private hosted zone.",
    )  # fmt: skip


@pytest.mark.parametrize("type", [
    pytest.param("MAX_RRSETS_BY_ZONE", id="A88 record sets"),
    pytest.param("MAX_VPCS_ASSOCIATED_BY_ZONE", id="A88 VPCs"),
])  # fmt: skip
def test_no_such_zone(aws, type):
    assert aws.refused("GetHostedZoneLimit", HostedZoneId="Z1", Type=type).code == "NoSuchHostedZone"


def test_a350_a232_r209_9_zones_of_a_delegation_set(aws):
    type = "MAX_ZONES_BY_REUSABLE_DELEGATION_SET"
    set_id = aws.call("CreateReusableDelegationSet", CallerReference="s1")["DelegationSet"]["Id"]
    created(aws, DelegationSetId=set_id)
    aws.call("CreateHostedZone", Name="elsewhere.test", CallerReference="r2")
    assert aws.call("GetReusableDelegationSetLimit", DelegationSetId=set_id, Type=type) == {
        "Limit": {"Type": type, "Value": 100}, "Count": 1,
    }  # fmt: skip
    assert aws.refused("GetReusableDelegationSetLimit", DelegationSetId="N1", Type=type).code == "NoSuchDelegationSet"
