"""Health checks in a file: which fields go together, in Route 53's words (H1–H36, H78–H94)."""

import pytest

from config.faults import Refused
from config.load import load_text
from config.world import (
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
    pytest.param("{id: a, type: CLOUDWATCH_METRIC, alarm_identifier: {region: x, name: y}, "
                 "insufficient_data_health_status: HEALTHY}", "H29", ".insufficient_data_health_status",
                 "'HEALTHY' is not known here", id="H29"),
    pytest.param("{id: a, type: RECOVERY_CONTROL}", "H32", "", "Routing control ARN must not be null", id="H32"),
    pytest.param("{id: a, type: RECOVERY_CONTROL, routing_control_arn: x}", "H33", ".routing_control_arn",
                 "'x' is no routing control's ARN", id="H33"),
    pytest.param("{id: a, type: HTTP, ip_address: '::1', enable_sni: true}", "H34", ".enable_sni",
                 "Invalid parameter : Health checks with HTTP type must not enable SNI support.", id="H34 H192"),
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
    with pytest.raises(Refused) as caught:
        load(entry)
    (fault,) = caught.value.faults
    assert (fault.rule, fault.where, fault.line) == (rule, f"health_checks[0]{field}", 2)
    assert words in fault.message


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
    ],
)
def test_accepted(entry, expected):
    assert config(entry) == expected


def test_pasted_from_the_api():
    """An entry of `aws route53 list-health-checks`, as it is."""
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
    with pytest.raises(Refused) as caught:
        load("{id: all, type: CALCULATED, health_threshold: 1, child_health_checks: [one]}", "{id: one, type: TCP}")
    assert {fault.line for fault in caught.value.faults} == {3}
