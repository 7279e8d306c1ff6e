"""Names of fields, and literal types that repeat a table."""

from typing import get_args

import pytest

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS
from dnsemu.config.model.resources import ResourceKind
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.shapes.base import snake
from dnsemu.config.shapes.health_checks import CheckerRegion
from dnsemu.config.shapes.record_sets import TypeName
from dnsemu.config.shapes.resources import KindName


@pytest.mark.parametrize(
    ("literal", "table"),
    [
        pytest.param(TypeName, RRType.__members__, id="R13 record types"),
        pytest.param(CheckerRegion, ALL_CHECKER_REGIONS, id="H14 checker Regions"),
        pytest.param(KindName, [kind.value for kind in ResourceKind], id="R106 resource kinds"),
    ],
)
def test_literal_types_list_the_table(literal, table):
    assert set(get_args(literal)) == set(table)


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
