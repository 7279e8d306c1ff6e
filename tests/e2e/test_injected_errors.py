"""Injected errors: clients see Route 53 throttle, be busy or fail."""

import json
import signal
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from dnsemu.commands.errors import ERRORS
from dnsemu.route53.model import service
from tests.e2e.asking import served
from tests.e2e.aws import CREDENTIALS, change, make_zone, refused, route53, upsert
from tests.serving import serving_files
from tests.waiting import until


@pytest.fixture(scope="module")
def server():
    with serving_files() as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_is_left(server):
    yield
    assert tell(server, "DELETE") == {"errors": []}


def tell(server, method, **body):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{server.url}/dnsemu/v1/api-errors", data, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


@pytest.mark.parametrize(("operation", "code", "status"), [
    pytest.param("*", "Throttling", 400, id="A360 throttled"),
    pytest.param("ListHostedZones", "ServiceUnavailable", 503, id="A29 unavailable"),
    pytest.param("ListHostedZones", "InternalFailure", 500, id="A29 a failure of the server"),
    pytest.param("ListHostedZones", "AccessDenied", 403, id="A29 forbidden"),
    pytest.param("ListHostedZones", "DelegationSetNotReusable", 400, id="A360 an error of this operation"),
])  # fmt: skip
def test_an_operation_fails_as_often_as_requested(server, operation, code, status):
    client = route53(server)
    told = tell(server, "POST", operation=operation, code=code, times=2)
    assert told == {"errors": [{"operation": operation, "code": code, "times": 2}]}
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            client.list_hosted_zones()
        error = raised.value.response
        assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    client.list_hosted_zones()


@pytest.mark.parametrize("code", [
    "ConcurrentModification", "DelegationSetNotReusable", "FeatureNotEnabled", "HealthCheckSourceAlreadyExists",
    "HostedZonePartiallyDelegated", "TooManyHealthCheckSources",
    "IncompatibleVersion", "InsufficientCloudWatchLogsResourcePolicy", "InvalidSigningStatus",
    "KeySigningKeyInParentDSRecord", "NoSuchCloudWatchLogsLogGroup", "NotAuthorizedException", "PriorRequestNotComplete",
    "ThrottlingException",
])  # fmt: skip
def test_a22_codes_that_come_on_request_only(server, code):
    operation = next(found for found in service().operations.values() if code in found.errors)
    tell(server, "POST", operation=operation.name, code=code, times=1)
    path = operation.path.replace("{Type}", "hostedzone")
    request = urllib.request.Request(server.url + path, method=operation.method)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as response:
        assert response.status == ERRORS[code].status
        assert f"<Code>{code}</Code>" in response.read().decode()


@pytest.mark.parametrize("code", ["Throttling", "PriorRequestNotComplete"])
def test_a121_a360_boto3_tries_again_and_gets_through(server, code):
    client = boto3.session.Session().client(
        "route53",
        endpoint_url=server.url,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}),
        **CREDENTIALS,
    )
    zone = make_zone(route53(server), reference=code)
    tell(server, "POST", operation="ChangeResourceRecordSets", code=code, times=1)
    change(client, zone, upsert("www.shop.test", "192.0.2.1"))
    assert tell(server, "GET") == {"errors": []}
    assert len(client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]) == 3


@pytest.mark.parametrize(("body", "says"), [
    pytest.param({"operation": "Nonsense", "code": "Throttling"}, "no operation", id="no operation"),
    pytest.param({"operation": "ListHostedZones", "code": "NoSuchHealthCheck"}, "never gives", id="a code of another operation"),
    pytest.param({"code": "Throttling", "times": 0}, "from 1 to 1,000,000", id="never"),
    pytest.param({"code": "Throttling", "times": "x"}, "times", id="no number"),
    pytest.param({"operation": "*"}, "code", id="no code"),
])  # fmt: skip
def test_invalid_injections_are_refused(server, body, says):
    with pytest.raises(urllib.error.HTTPError) as refused:
        tell(server, "POST", **body)
    with refused.value as response:
        assert response.status == 400
        assert says in response.read().decode()


def test_a360_r209_16_requests_beyond_the_rate_limit_are_throttled(tmp_path):
    file = tmp_path / "limited.yaml"
    file.write_text("api: {rate_limit: 3/h}")
    with serving_files(file) as server:
        client = route53(server)
        for _ in range(3):
            client.list_hosted_zones()
        assert refused(client.list_hosted_zones) == (400, "Throttling", "Rate exceeded")
        assert refused(make_zone, client)[:2] == (400, "Throttling")
        file.write_text("api: {}\nhosted_zones: [{name: shop.test}]")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: served(server.dns, "shop.test", "SOA") != ["REFUSED"], what="the reload")
        assert client.get_hosted_zone_count()["HostedZoneCount"] == 1
