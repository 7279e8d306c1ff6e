"""Operations and members that dnsemu lacks are refused by name, as XML, so that no client retries or believes them done."""

import http.client
from xml.etree import ElementTree

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from dnsemu.commands.registry import COMMANDS
from dnsemu.route53.model import NAMESPACE, service
from tests.e2e.aws import CREDENTIALS, change, new_reference, new_zone, record_sets, refused, upsert

MISSING = {name: operation for name, operation in service().operations.items() if name not in COMMANDS}


@pytest.mark.parametrize("name", MISSING)
def test_a70_an_operation_without_a_command_answers_501_with_its_name(api, name):
    operation = MISSING[name]
    connection = http.client.HTTPConnection("127.0.0.1", api.http, timeout=10)
    try:
        path = operation.path.replace("{", "its-").replace("}", "")
        connection.request(operation.method, path, b"<any/>" if operation.root else None)
        reply = connection.getresponse()
        status, kind, body = reply.status, reply.headers["Content-Type"], reply.read()
    finally:
        connection.close()
    assert (status, kind) == (501, "text/xml")
    error = ElementTree.fromstring(body).find(f"{{{NAMESPACE}}}Error")
    assert [(part.tag.partition("}")[2], part.text) for part in error] == [
        ("Type", "Receiver"),
        ("Code", "NotImplemented"),
        ("Message", f"dnsemu does not implement {name}."),
    ]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a70_clients_do_not_retry_it(api, mode):
    client = boto3.session.Session().client(
        "route53",
        endpoint_url=api.url,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 3, "mode": mode}),
        **CREDENTIALS,
    )
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        client.list_health_check_sources()
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a450_nothing_of_a_refused_request_is_carried_out(boto):
    zone = new_zone(boto)
    before = boto.get_hosted_zone_count()["HostedZoneCount"]
    affine = {"SetIdentifier": "s", "AZAffinity": {"LocationType": "Global", "LocationId": "global"}}
    batch = [upsert("a.example.test", "192.0.2.1"), upsert("b.example.test", "192.0.2.2", **affine)]
    for call, request in [
        (change, (boto, zone, *batch)),
        (lambda: boto.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=True, DryRun=True), ()),
        (lambda: new_zone(boto, HostedZoneConfig={"HostedZoneTier": "ADVANCED"}), ()),
    ]:
        assert refused(call, *request)[:2] == (501, "NotImplemented")
    assert [type_ for _, type_, _ in record_sets(boto, zone)] == ["NS", "SOA"]
    assert "Features" not in boto.get_hosted_zone(Id=zone)["HostedZone"]
    assert boto.get_hosted_zone_count()["HostedZoneCount"] == before


def test_a450_a_member_that_asks_for_what_happens_anyway_is_accepted(boto):
    zone = new_zone(boto, HostedZoneConfig={"HostedZoneTier": "STANDARD"}, EnablePublicDNSFallback=False)
    boto.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=True, DryRun=False)
    assert boto.get_hosted_zone(Id=zone)["HostedZone"]["Features"] == {"AcceleratedRecoveryStatus": "ENABLED"}
    config = {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80, "EndpointType": "PUBLIC"}
    boto.create_health_check(CallerReference=new_reference(), HealthCheckConfig=config)
