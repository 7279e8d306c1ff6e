"""Operations and members of requests that the model has and no command carries out."""

import pytest

from dnsemu.commands.errors.requests import Unimplemented
from dnsemu.commands.registry import COMMANDS
from dnsemu.route53.model import service
from dnsemu.route53.not_implemented import refuse_operation, without_defaults

OPERATIONS = service().operations


def batch(**more):
    plain = {"Action": "CREATE", "ResourceRecordSet": {"Name": "a.test", "Type": "A"}}
    second = {"Action": "CREATE", "ResourceRecordSet": {"Name": "b.test", "Type": "A", **more}}
    return {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [plain, second]}}


def check(**config):
    return {"CallerReference": "r", "HealthCheckConfig": {"Type": "TCP", **config}}


def zone(**members):
    return {"Name": "a.test", "CallerReference": "r", **members}


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - COMMANDS.keys()))
def test_a70_an_operation_without_a_command_is_refused_by_name(name):
    with pytest.raises(Unimplemented) as refused:
        refuse_operation(OPERATIONS[name])
    assert (refused.value.status, refused.value.message) == (501, f"dnsemu does not implement {name}.")


@pytest.mark.parametrize("name", COMMANDS)
def test_operations_with_a_command_pass(name):
    refuse_operation(OPERATIONS[name])


@pytest.mark.parametrize(("operation", "request_", "named"), [
    pytest.param("ChangeResourceRecordSets", batch(AZAffinity={"LocationType": "Global", "LocationId": "global"}), "AZAffinity of ResourceRecordSet", id="A450 in the second change of a batch"),
    pytest.param("CreateHealthCheck", check(EndpointType="PRIVATE"), "EndpointType of HealthCheckConfig", id="A450 a private endpoint"),
    pytest.param("CreateHealthCheck", check(HealthCheckSourceId="s"), "HealthCheckSourceId of HealthCheckConfig", id="A450 a source"),
    pytest.param("UpdateHealthCheck", {"HealthCheckId": "h", "HealthCheckSourceId": "s"}, "HealthCheckSourceId of UpdateHealthCheckRequest", id="A450 a source of an update"),
    pytest.param("CreateHostedZone", zone(HostedZoneConfig={"HostedZoneTier": "ADVANCED"}), "HostedZoneTier of HostedZoneConfig", id="A450 a tier"),
    pytest.param("CreateHostedZone", zone(EnablePublicDNSFallback=True), "EnablePublicDNSFallback of CreateHostedZoneRequest", id="A450 a fallback"),
    pytest.param("CreateHostedZone", zone(ChangeGuardrails=[{"Name": "ALIAS_TARGET_CHECK", "Status": "ENABLED"}]), "ChangeGuardrails of CreateHostedZoneRequest", id="A450 guardrails"),
    pytest.param("UpdateHostedZoneFeatures", {"HostedZoneId": "Z1", "EnableAcceleratedRecovery": True, "DryRun": True}, "DryRun of UpdateHostedZoneFeaturesRequest", id="A450 a dry run"),
])  # fmt: skip
def test_a_member_that_no_command_reads_is_refused_by_name(operation, request_, named):
    with pytest.raises(Unimplemented) as refused:
        without_defaults(OPERATIONS[operation], request_)
    assert refused.value.message == f"dnsemu does not implement {named}."


@pytest.mark.parametrize(("operation", "request_", "read"), [
    pytest.param("UpdateHostedZoneFeatures", {"HostedZoneId": "Z1", "DryRun": False}, {"HostedZoneId": "Z1"}, id="A450 no dry run"),
    pytest.param("CreateHostedZone", zone(HostedZoneConfig={"Comment": "c", "HostedZoneTier": "STANDARD"}), zone(HostedZoneConfig={"Comment": "c"}), id="A450 the usual tier"),
    pytest.param("CreateHealthCheck", check(EndpointType="PUBLIC", Regions=["us-east-1"]), check(Regions=["us-east-1"]), id="A450 a public endpoint"),
    pytest.param("ChangeResourceRecordSets", batch(TTL=60), batch(TTL=60), id="a batch stays as it is"),
    pytest.param("ListTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1"}, {"ResourceType": "hostedzone", "ResourceId": "Z1"}, id="a request without such members"),
])  # fmt: skip
def test_members_that_ask_for_what_happens_anyway_are_left_out(operation, request_, read):
    assert without_defaults(OPERATIONS[operation], request_) == read
