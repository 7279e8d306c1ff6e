"""A real Route 53 client for a dnsemu server."""

import itertools

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from tests.error_texts import check_listed

CREDENTIALS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}

_references = (f"reference-{number}" for number in itertools.count(1))


def route53(server, *, validates=True, **credentials):
    """Returns boto3's client, which neither retries nor reads this machine's configuration.

    Args:
        validates: whether boto3 itself refuses what its model does; without, the server has to.
    """
    return boto3.session.Session().client(
        "route53",
        endpoint_url=server.url,
        region_name="us-east-1",
        config=Config(
            retries={"max_attempts": 0},
            connect_timeout=5,
            read_timeout=30,
            parameter_validation=validates,
            max_pool_connections=32,
        ),
        **(CREDENTIALS | credentials),
    )


def environment(server):
    """Returns environment variables that point programs with AWS's libraries at a server, and at no local configuration."""
    return {
        "AWS_ENDPOINT_URL_ROUTE_53": server.url,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def new_reference():
    """Returns an unused caller reference."""
    return next(_references)


def upsert(name, *values, type_="A", ttl=60, **more):
    """Returns a change that upserts a record set."""
    records = [{"Value": value} for value in values]
    record_set = {"Name": name, "Type": type_, **({"TTL": ttl, "ResourceRecords": records} if values else {}), **more}
    return {"Action": "UPSERT", "ResourceRecordSet": record_set}


def create(name, *values, **more):
    """Returns a change that creates a record set."""
    return {**upsert(name, *values, **more), "Action": "CREATE"}


def delete(name, *values, **more):
    """Returns a change that deletes a record set."""
    return {**upsert(name, *values, **more), "Action": "DELETE"}


def alias(zone_id, target, *, evaluates=False):
    """Returns the members that make a record set an alias of `target`; for `upsert` and the like."""
    return {"AliasTarget": {"HostedZoneId": zone_id, "DNSName": target, "EvaluateTargetHealth": evaluates}}


def change(client, zone_id, *changes):
    """Applies a batch; returns its ChangeInfo."""
    return client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": list(changes)})[
        "ChangeInfo"
    ]


def make_zone(client, name="shop.test", reference="one", **more):
    """Creates a hosted zone; returns its id."""
    return client.create_hosted_zone(Name=name, CallerReference=reference, **more)["HostedZone"]["Id"]


def new_zone(client, name="example.test", **more):
    """Creates a hosted zone whose name others may have; returns its bare id."""
    return make_zone(client, name, new_reference(), **more).rpartition("/")[2]


def new_check(client, **more):
    """Creates a TCP health check; returns its id."""
    config = {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80} | more
    return client.create_health_check(CallerReference=new_reference(), HealthCheckConfig=config)["HealthCheck"]["Id"]


def refused(call, *arguments, **request):
    """Makes a call that must fail; returns its HTTP status, code and message."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(*arguments, **request)
    response = raised.value.response
    code, message = response["Error"]["Code"], response["Error"]["Message"]
    if not message.startswith("["):  # lists of sentences are checked where they are made
        check_listed(code, message)
    return response["ResponseMetadata"]["HTTPStatusCode"], code, message


def record_sets(client, zone_id, **start):
    """Returns (name, type, set identifier) of each record set on a page."""
    listed = client.list_resource_record_sets(HostedZoneId=zone_id, **start)["ResourceRecordSets"]
    return [(found["Name"], found["Type"], found.get("SetIdentifier")) for found in listed]


def plain(response):
    """Returns a response without its transport's metadata."""
    return {member: value for member, value in response.items() if member != "ResponseMetadata"}
