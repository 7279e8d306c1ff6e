"""The spelling of fields."""

import pytest

from dnsemu.config.shapes.base import snake


@pytest.mark.parametrize(
    ("pascal", "name"),
    [
        ("TTL", "ttl"),
        ("DNSName", "dns_name"),
        ("IPAddress", "ip_address"),
        ("EnableSNI", "enable_sni"),
        ("AWSRegion", "aws_region"),
        ("HealthCheckId", "health_check_id"),
        ("ResourceRecordSets", "resource_record_sets"),
        ("CloudWatchAlarmConfiguration", "cloud_watch_alarm_configuration"),
        ("record_sets", "record_sets"),
        ("name", "name"),
    ],
)
def test_fields_are_spelled_as_botocore_does(pascal, name):
    assert snake(pascal) == name
