"""Health checks in a file: their fields, and the errors in Route 53's words (H1–H36, H78–H94)."""

import json
from dataclasses import replace

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text
from dnsemu.config.model.health_checks import (
    AlarmConfiguration,
    CalculatedCheck,
    EndpointCheck,
    EndpointType,
    InsufficientData,
    MetricCheck,
    RecoveryCheck,
)

ARN = "arn:aws:route53-recovery-control::111122223333:controlpanel/0123/routingcontrol/abcd"


def load(*entries):
    return load_text("c.yaml", "health_checks:\n" + "".join(f"  - {entry}\n" for entry in entries)).world.health_checks


def config(entry):
    (check,) = load(entry).values()
    return check.config


REFUSED = [
    pytest.param("{id: a, type: HTTP}", "H4", "", "Invalid parameter : IP address and fully qualified domain name can "
                 "not be both empty.", id="H4 no endpoint"),
    pytest.param("{id: a, type: TCP, port: 1, ip_address: '::1', fully_qualified_domain_name: x}", "H5",
                 ".fully_qualified_domain_name", "TCP health checks that have IP address must not have a fully qualified "
                 "domain name specified.", id="H5 TCP with both"),
    pytest.param("{id: a, type: HTTP, ip_address: 1.2.3}", "H7", ".ip_address", "'1.2.3' is no address", id="H7"),
    pytest.param("{id: a, type: HTTP, fully_qualified_domain_name: 'http://x/'}", "H9", ".fully_qualified_domain_name",
                 'It may not contain reserved characters of RFC1738 ";/?:@=&"', id="H9 a URL as name"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', port: 65536}", "H10", ".port", "65536 is above 65535", id="H10"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', regions: [us-east-1, us-west-1, eu-central-1]}", "H13",
                 ".regions[2]", "'eu-central-1' is not known here", id="H13 no checker there"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', regions: [us-east-1]}", "H13", ".regions", "shorter than 3",
                 id="H13 fewer than three"),
    pytest.param("{id: a, type: TCP, ip_address: '::1', port: 1, resource_path: /}", "H18", ".resource_path",
                 "TCP health checks must not have a resource path specified.", id="H18"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', search_string: x}", "H19", ".search_string",
                 "HTTP health checks must not have a search string specified.", id="H19"),
    pytest.param("{id: a, type: HTTPS_STR_MATCH, ip_address: '::1'}", "H20", "",
                 "String match health checks must have a search string specified.", id="H20"),
    pytest.param("{id: a, type: CALCULATED, health_threshold: 1, failure_threshold: 1}", "H21", ".failure_threshold",
                 "Calculated health checks must not have a failure threshold specified.", id="H21"),
    pytest.param("{id: a, type: CALCULATED, health_threshold: 1, port: 1}", "H22", ".port",
                 "Invalid parameter : Calculated health checks must not have a port specified.", id="H22"),
    pytest.param("{id: a, type: CALCULATED, health_threshold: 1, ip_address: '::1'}", "H22", ".ip_address",
                 "Invalid parameter : Calculated health checks must not have an IP address specified.",
                 id="H22 an address"),
    pytest.param("{id: a, type: CALCULATED, health_threshold: 1, regions: [us-east-1, us-west-1, us-west-2]}", "H22",
                 ".regions", "Invalid parameter : Calculated health checks must not have regions specified.",
                 id="H22 Regions"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', child_health_checks: []}", "H23", ".child_health_checks",
                 "Invalid parameter : Only calculated health checks can have child health checks specified.",
                 id="H23 children"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', health_threshold: 1}", "H23", ".health_threshold",
                 "Invalid parameter : Only calculated health checks can have a health threshold specified.", id="H23"),
    pytest.param("{id: a, type: CALCULATED, health_threshold: 1, child_health_checks: [nope]}", "H24",
                 ".child_health_checks[0]", "Invalid parameter : Child health check IDs do not exist or are deleted: nope",
                 id="H24"),
    pytest.param("{id: a, type: CALCULATED, health_threshold: 1, child_health_checks: [a]}", "H81",
                 ".child_health_checks[0]", "Child health check IDs do not exist or are deleted: a", id="H81 H193"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', alarm_identifier: {region: x, name: y}}", "H25",
                 ".alarm_identifier", "Basic health checks must not have an metric region specified.", id="H25"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', insufficient_data_health_status: Healthy}", "H26",
                 ".insufficient_data_health_status", "must not have an insufficient data health state", id="H26"),
    pytest.param("{id: a, type: CLOUDWATCH_METRIC}", "H27", "", "Alarm identifier must not be null.", id="H27"),
    pytest.param("{id: a, type: CLOUDWATCH_METRIC, port: 1, alarm_identifier: {region: x, name: y}}", "H28", ".port",
                 "Metric-based health checks must not have a port specified.", id="H28"),
    pytest.param("{id: a, type: CLOUDWATCH_METRIC, ip_address: '::1', alarm_identifier: {region: x, name: y}}", "H28",
                 ".ip_address", "Metric-based health checks must not have an IP address specified.",
                 id="H28 an address"),
    pytest.param("{id: a, type: CLOUDWATCH_METRIC, alarm_identifier: {region: x, name: y}, "
                 "insufficient_data_health_status: HEALTHY}", "H29", ".insufficient_data_health_status",
                 "'HEALTHY' is not known here", id="H29"),
    pytest.param("{id: a, type: RECOVERY_CONTROL}", "H32", "", "Routing control ARN must not be null", id="H32"),
    pytest.param("{id: a, type: RECOVERY_CONTROL, routing_control_arn: x}", "H33", ".routing_control_arn",
                 "Routing control ARN is not valid: 'x'", id="H33"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', enable_sni: true}", "H34", ".enable_sni",
                 "Invalid parameter : Health checks with HTTP type must not enable SNI support.", id="H34 H192"),
    pytest.param("{id: a, type: TCP, ip_address: '::1', port: 1, enable_sni: true}", "H34", ".enable_sni",
                 "Invalid parameter : Health checks with TCP type must not enable SNI support.", id="H34 TCP"),
    pytest.param("{id: a, type: HTTP_STR_MATCH, ip_address: '::1', search_string: " + 256 * "x" + "}", "H20",
                 ".search_string", "is longer than 255", id="H20 a search string that is too long"),
    pytest.param("{id: a, type: HTTPS, ip_address: '::1', search_string: x}", "H19", ".search_string",
                 "HTTPS health checks must not have a search string specified.", id="H19 HTTPS"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', resource_path: /" + 255 * "x" + "}", "H12", ".resource_path",
                 "is longer than 255", id="H12 a path that is too long"),
    pytest.param("{id: a, type: TCP, ip_address: '::1'}", "H55", "",
                 "Invalid parameter : TCP health checks must have a port specified.", id="H55 TCP without port"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', request_interval: 0.05}", "H63", ".request_interval",
                 "0.05 is below 0.1", id="H63 interval"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', request_interval: .nan}", "H63", ".request_interval", "nan",
                 id="H63 an interval that is no number"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', failure_threshold: 11}", "H64", ".failure_threshold",
                 "11 is above 10", id="H64 threshold"),
    pytest.param("{id: a, type: CALCULATED}", "H83", "",
                 "Invalid parameter : Calculated health checks must have a health threshold specified.", id="H83"),
    pytest.param("{type: HTTP, ip_address: '::1'}", "H95", "", "id is missing", id="H95 a check needs an id"),
    pytest.param("{id: a b, type: HTTP, ip_address: '::1'}", "H95", ".id", "'a b' is not accepted", id="H95 its form"),
    pytest.param("{id: a, type: HTP, ip_address: '::1'}", "H1", ".type", "'HTP' is not known here", id="H1 type"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "rule", "field", "words"), REFUSED)
def test_refused(entry, rule, field, words):
    with pytest.raises(FilesRefused) as caught:
        load(entry)
    (error,) = caught.value.errors
    assert (error.rule, error.where, error.line) == (rule, f"health_checks[0]{field}", 2)
    assert words in (error.sentence or error.message)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param(
            "{id: a, type: http, ip_address: 10.0.0.1}",
            EndpointCheck(EndpointType.HTTP, "10.0.0.1"),
            id="H2 H7 any case, private addresses, H10 no invented port",
        ),
        pytest.param(
            "{id: a, type: HTTPS, fully_qualified_domain_name: app.test, resource_path: 'up?x=1'}",
            EndpointCheck(EndpointType.HTTPS, fully_qualified_domain_name="app.test", resource_path="/up?x=1"),
            id="H12 a leading slash is added",
        ),
        pytest.param(
            "{id: a, type: HTTP, fully_qualified_domain_name: app.test, resource_path: '/%7ea b?x=%C3%A9&y'}",
            EndpointCheck(
                EndpointType.HTTP, fully_qualified_domain_name="app.test", resource_path="/%7ea b?x=%C3%A9&y"
            ),
            id="H12 a path stays as it was written",
        ),
        pytest.param(
            "{id: a, type: HTTP, ip_address: '::1', regions: [us-east-1, us-east-1, sa-east-1]}",
            EndpointCheck(EndpointType.HTTP, "::1", regions=("us-east-1", "us-east-1", "sa-east-1")),
            id="H15 Regions stay as they were written",
        ),
        pytest.param(
            "{id: a, type: TCP, ip_address: '2001:DB8:0::1', port: 9, measure_latency: true, enable_sni: false}",
            EndpointCheck(EndpointType.TCP, "2001:db8::1", port=9, measure_latency=True, enable_sni=False),
            id="H35 TCP with measure_latency and enable_sni: false",
        ),
        pytest.param(
            "{id: a, type: HTTP, ip_address: '::1', request_interval: 0.1, failure_threshold: 1}",
            EndpointCheck(EndpointType.HTTP, "::1", request_interval_s=0.1, failure_threshold=1),
            id="H63 a tenth of a second in a file",
        ),
        pytest.param(
            "{id: a, type: CALCULATED, health_threshold: 0}", CalculatedCheck((), 0), id="H79 H83 threshold 0"
        ),
        pytest.param(
            "{id: a, type: CLOUDWATCH_METRIC, alarm_identifier: {region: us-east-1, name: cpu}}",
            MetricCheck("us-east-1", "cpu", InsufficientData.LAST_KNOWN),
            id="H88 metric",
        ),
        pytest.param(
            f"{{id: a, type: RECOVERY_CONTROL, routing_control_arn: '{ARN}'}}", RecoveryCheck(ARN), id="H33 recovery"
        ),
        pytest.param(
            f"{{id: a, type: RECOVERY_CONTROL, routing_control_arn: '{ARN}', request_interval: 10, "
            "failure_threshold: 2, measure_latency: true}",
            RecoveryCheck(ARN),
            id="H94 what a recovery check does not use is ignored silently",
        ),
    ],
)
def test_accepted(entry, expected):
    assert config(entry) == expected


def test_pasted_from_the_api():
    """An entry of `aws route53 list-health-checks`, unchanged."""
    pasted = """\
{"HealthChecks": [{"Id": "5f3c", "CallerReference": "web-1", "HealthCheckVersion": 3, "HealthCheckConfig": {
  "IPAddress": "127.0.0.1", "Port": 8080, "Type": "HTTP_STR_MATCH", "ResourcePath": "/healthz",
  "SearchString": "ready", "RequestInterval": 10, "FailureThreshold": 1, "MeasureLatency": false,
  "Inverted": true, "Disabled": false, "EnableSNI": false}}]}"""
    (check,) = load_text("c.json", pasted).world.health_checks.values()
    assert (check.id, check.inverted, check.disabled) == ("5f3c", True, False)
    assert check.config == EndpointCheck(
        EndpointType.HTTP_STR_MATCH,
        "127.0.0.1",
        port=8080,
        resource_path="/healthz",
        search_string="ready",
        request_interval_s=10.0,
        failure_threshold=1,
        enable_sni=False,
    )


def test_order_never_matters():
    """H24: a child may be declared later."""
    found = load(
        "{id: all, type: CALCULATED, health_threshold: 1, child_health_checks: [one]}",
        "{id: one, type: TCP, ip_address: 127.0.0.1, port: 1}",
    )
    assert found["all"].config == CalculatedCheck(("one",), 1)


def test_a_broken_child_is_not_also_missing():
    with pytest.raises(FilesRefused) as caught:
        load("{id: all, type: CALCULATED, health_threshold: 1, child_health_checks: [one]}", "{id: one, type: TCP}")
    assert {error.line for error in caught.value.errors} == {3}


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        ("HTTP", "ip_address: '::1'"),
        ("HTTPS", "ip_address: '::1'"),
        ("HTTP_STR_MATCH", "ip_address: '::1', search_string: x"),
        ("HTTPS_STR_MATCH", "ip_address: '::1', search_string: x"),
        ("TCP", "ip_address: '::1', port: 1"),
    ],
)
def test_h1_h2_the_endpoint_types_in_any_case(kind, rest):
    """The other three types are tested above."""
    assert config(f"{{id: a, type: {kind.title()}, {rest}}}").type is EndpointType(kind)


@pytest.mark.parametrize("count", [256, 257])
def test_h82_a_calculated_check_has_up_to_256_children(count):
    ids = [f"c{number}" for number in range(count)]
    parent = f"{{id: all, type: CALCULATED, health_threshold: 1, child_health_checks: [{', '.join(ids)}]}}"
    children = [f"{{id: {child}, type: TCP, ip_address: 127.0.0.1, port: 1}}" for child in ids]
    if count == 256:
        assert load(parent, *children)["all"].config == CalculatedCheck(tuple(ids), 1)
        return
    with pytest.raises(FilesRefused) as caught:
        load(parent, *children)
    (error,) = caught.value.errors
    assert (error.rule, error.where) == ("H82", "health_checks[0].child_health_checks")
    assert error.message.endswith("longer than 256")


# --- strict addresses ---

STRICT = "health_checkers: {strict_addresses: true}\n"


def load_endpoint(endpoint, before):
    return load_text("c.yaml", f"{before}health_checks: [{{id: a, type: HTTP, {endpoint}}}]\n").world.health_checks["a"]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        pytest.param("10.0.0.10", "IPv4 address 10.0.0.10 is forbidden", id="H7 private"),
        pytest.param("203.0.113.10", "IPv4 address 203.0.113.10 is forbidden", id="H7 for documentation"),
        pytest.param("'::1'", "IPv6 address ::1 is forbidden", id="H7 IPv6"),
    ],
)
def test_reserved_addresses(address, message):
    assert load_endpoint(f"ip_address: {address}", "").config.ip_address == address.strip("'")
    with pytest.raises(FilesRefused) as caught:
        load_endpoint(f"ip_address: {address}", STRICT)
    (error,) = caught.value.errors
    assert (error.line, error.where, error.rule) == (2, "health_checks[0].ip_address", "H7")
    assert error.sentence == message


def test_h7_strict_wherever_it_is_written():
    with pytest.raises(FilesRefused, match=r"Route 53 does not probe 127\.0\.0\.1"):
        load_text("c.yaml", "health_checks: [{id: a, type: HTTP, ip_address: 127.0.0.1}]\n" + STRICT)


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("ip_address: 8.8.8.8", id="H7 a public address"),
        pytest.param("fully_qualified_domain_name: localhost", id="H8 a name, whatever its address"),
        pytest.param("fully_qualified_domain_name: 10.0.0.1", id="H8 a name that looks like an address"),
    ],
)
def test_strict_addresses_leave_the_rest_alone(endpoint):
    assert load_endpoint(endpoint, STRICT) == load_endpoint(endpoint, "")


# --- alarms ---

ALARM = {
    "evaluation_periods": 2,
    "threshold": 80,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
    "period": 60,
    "metric_name": "CPUUtilization",
    "namespace": "AWS/EC2",
    "statistic": "Average",
}


def metric(alarm, type="CLOUDWATCH_METRIC"):
    fields = {"alarm_identifier": {"region": "us-east-1", "name": "cpu"}} if type == "CLOUDWATCH_METRIC" else {}
    check = {"id": "a", "type": type, **fields, "cloud_watch_alarm_configuration": alarm}
    return load_text("c.json", json.dumps({"health_checks": [check]})).world.health_checks["a"].config


def test_h89_an_alarms_configuration_is_kept():
    dimensions = [{"name": "InstanceId", "value": "i-1"}, {"name": "A", "value": "b"}]
    expected = AlarmConfiguration(
        2,
        80.0,
        "GreaterThanOrEqualToThreshold",
        60,
        "CPUUtilization",
        "AWS/EC2",
        "Average",
        (("InstanceId", "i-1"), ("A", "b")),
    )
    assert metric(ALARM | {"dimensions": dimensions}).configuration == expected
    assert metric(ALARM).configuration == replace(expected, dimensions=())


def test_h89_pasted_from_the_api():
    pasted = """\
{"HealthChecks": [{"Id": "5f3c", "CallerReference": "cpu", "HealthCheckVersion": 1, "HealthCheckConfig": {
  "Type": "CLOUDWATCH_METRIC", "Inverted": false, "Disabled": false, "InsufficientDataHealthStatus": "Unhealthy",
  "AlarmIdentifier": {"Region": "us-east-1", "Name": "cpu"}}, "CloudWatchAlarmConfiguration": {
  "EvaluationPeriods": 1, "Threshold": 0.5, "ComparisonOperator": "LessThanThreshold", "Period": 300,
  "MetricName": "Up", "Namespace": "Mine", "Statistic": "SampleCount",
  "Dimensions": [{"Name": "Host", "Value": "a"}]}}]}"""
    (check,) = load_text("c.json", pasted).world.health_checks.values()
    alarm = AlarmConfiguration(
        1, 0.5, "LessThanThreshold", 300, "Up", "Mine", "SampleCount", dimensions=(("Host", "a"),)
    )
    assert check.config == MetricCheck("us-east-1", "cpu", InsufficientData.UNHEALTHY, alarm)


def test_h89_without_a_configuration():
    assert metric(None).configuration is None


@pytest.mark.parametrize(
    ("changes", "rule", "field", "message"),
    [
        pytest.param({"statistic": "p90"}, "H30", ".statistic",
                     "Route 53 does not support extended CloudWatch metric statistics", id="H30 H90 a percentile"),
        pytest.param({"statistic": "average"}, "H30", ".statistic",
                     "Route 53 does not support extended CloudWatch metric statistics", id="H30 case matters"),
        pytest.param({"extended_statistic": "p90"}, "", ".extended_statistic", "'extended_statistic' is no field here",
                     id="H30 H90 an extended statistic"),
        pytest.param({"metrics": []}, "", ".metrics", "'metrics' is no field here", id="H30 H90 metric math"),
        pytest.param({"period": 59}, "H31", ".period",
                     "Route 53 does not support high-resolution CloudWatch alarms", id="H31 H90 half a minute"),
        pytest.param({"period": 60.5}, "H31", ".period", "60.5 is a number", id="H31 no whole number"),
        pytest.param({"comparison_operator": "GreaterThanTreshold"}, "H89", ".comparison_operator",
                     "'GreaterThanTreshold' is not known here", id="H89 no such comparison"),
        pytest.param({"evaluation_periods": 0}, "H89", ".evaluation_periods", "0 is below 1", id="H89 no periods"),
        pytest.param({"datapoints_to_alarm": 1}, "H90", "",
                     "Route 53 does not support alarms of M out of N datapoints", id="H90 M out of N"),
    ],
)  # fmt: skip
def test_alarms_that_route_53_does_not_support(changes, rule, field, message):
    with pytest.raises(FilesRefused) as caught:
        metric(ALARM | changes)
    (error,) = caught.value.errors
    assert (error.rule, error.where) == (rule, f"health_checks[0].cloud_watch_alarm_configuration{field}")
    assert error.message == message
    assert error.instead


def test_h90_as_many_datapoints_as_periods():
    assert metric(ALARM | {"datapoints_to_alarm": 2}) == metric(ALARM)


def test_h89_an_alarm_belongs_to_a_metric_check():
    with pytest.raises(FilesRefused, match="only CLOUDWATCH_METRIC health checks follow an alarm, not TCP") as caught:
        metric(ALARM, "TCP")
    assert "health_checks[0].cloud_watch_alarm_configuration" in {error.where for error in caught.value.errors}
