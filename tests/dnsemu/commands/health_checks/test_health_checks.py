"""Health checks through the API (health-checks.md §1, §10, §16; api.md §20)."""

from dataclasses import asdict, replace
from json import dumps, loads

import pytest
from immutables import Map

from dnsemu.commands.health_checks.conversion import from_api, to_api
from dnsemu.commands.health_checks.health_checks import CHECK_REFERENCES, HEALTH_CHECKS, HealthCheckRow
from dnsemu.commands.tags import TAGS
from dnsemu.config.model.health_checks import (
    AlarmConfiguration,
    CalculatedCheck,
    EndpointCheck,
    EndpointType,
    HealthCheck,
    InsufficientData,
    MetricCheck,
    RecoveryCheck,
)
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Weighted
from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.model.world import World
from dnsemu.config.names import parse
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.state.state import State
from tests.dnsemu.commands.emulation import Emulation

IP = "192.0.2.1"
BOTH = {"Inverted": False, "Disabled": False}
"""The switches of every type."""
SWITCHES = BOTH | {"MeasureLatency": False, "EnableSNI": False}
PACE = {"RequestInterval": 30, "FailureThreshold": 3}
HTTP = {"Type": "HTTP", "IPAddress": IP}
TCP = {"Type": "TCP", "IPAddress": IP, "Port": 22}
MATCH = {"Type": "HTTP_STR_MATCH", "IPAddress": IP, "SearchString": "ready"}
NAMED = {"Type": "HTTPS", "FullyQualifiedDomainName": "app.test"}
CALCULATED = {"Type": "CALCULATED", "HealthThreshold": 0}
METRIC = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": "cpu"}}
ARN = "arn:aws:route53-recovery-control::123456789012:controlpanel/abc/routingcontrol/def"
RECOVERY = {"Type": "RECOVERY_CONTROL", "RoutingControlArn": ARN}
ALREADY = "A different health check has already been created with the specified caller reference."


def create(emulated, config, reference="a"):
    return emulated.call("CreateHealthCheck", CallerReference=reference, HealthCheckConfig=config)["HealthCheck"]


def with_check(config, **settings):
    """Returns an emulation with one health check, and its id."""
    emulated = Emulation(settings=ApiSettings(**settings))
    return emulated, create(emulated, config)["Id"]


def with_file(*checks):
    """Returns an emulation whose file declares these checks."""
    return Emulation(State(World(health_checks=Map({check.id: check for check in checks}))))


def get(emulated, check):
    return emulated.call("GetHealthCheck", HealthCheckId=check)["HealthCheck"]


def config_of(emulated, check):
    return get(emulated, check)["HealthCheckConfig"]


def update(emulated, check, **changes):
    return emulated.call("UpdateHealthCheck", HealthCheckId=check, **changes)["HealthCheck"]


def code_and_message(error):
    return error.code, error.message


# --- responses ---


@pytest.mark.parametrize(("sent", "shown"), [
    pytest.param(HTTP, HTTP | SWITCHES | PACE, id="H10 H14 H17 no port and no Regions are invented, switches and pace are"),
    pytest.param(NAMED, NAMED | SWITCHES | PACE | {"EnableSNI": True}, id="H17 SNI is on for HTTPS"),
    pytest.param(NAMED | {"EnableSNI": False}, NAMED | SWITCHES | PACE, id="H35 SNI may be off"),
    pytest.param(TCP | {"EnableSNI": False, "MeasureLatency": True}, TCP | SWITCHES | PACE | {"MeasureLatency": True}, id="H35 TCP takes both"),
    pytest.param(HTTP | {"Type": "hTTp"}, HTTP | SWITCHES | PACE, id="H2 the type in upper case"),
    pytest.param(HTTP | {"ResourcePath": "healthz?deep=1"}, HTTP | {"ResourcePath": "/healthz?deep=1"} | SWITCHES | PACE, id="H12 a leading slash is added"),
    pytest.param(HTTP | {"ResourcePath": "/a%2Fb"}, HTTP | {"ResourcePath": "/a%2Fb"} | SWITCHES | PACE, id="H12 as sent otherwise"),
    pytest.param(HTTP | {"ResourcePath": ""}, HTTP | SWITCHES | PACE, id="H12 H17a an empty path is none"),
    pytest.param(HTTP | {"IPAddress": "2001:4860:4860::8842"}, HTTP | {"IPAddress": "2001:4860:4860:0:0:0:0:8842"} | SWITCHES | PACE, id="H16 IPv6 in eight groups"),
    pytest.param(HTTP | {"IPAddress": "2001:0DB8::00A1"}, HTTP | {"IPAddress": "2001:db8:0:0:0:0:0:a1"} | SWITCHES | PACE, id="H16 without leading zeros"),
    pytest.param(HTTP | {"Regions": ["us-east-1", "us-east-1", "sa-east-1"]}, HTTP | {"Regions": ["us-east-1", "us-east-1", "sa-east-1"]} | SWITCHES | PACE, id="H14 H15 Regions as sent"),
    pytest.param(HTTP | {"RequestInterval": 10, "FailureThreshold": 1, "Inverted": True}, HTTP | SWITCHES | {"RequestInterval": 10, "FailureThreshold": 1, "Inverted": True}, id="H17 what was sent stays"),
    pytest.param(CALCULATED, CALCULATED | BOTH, id="H17 neither MeasureLatency nor EnableSNI for CALCULATED; H79 a threshold of 0 is a value"),
    pytest.param(CALCULATED | {"ChildHealthChecks": []}, CALCULATED | BOTH, id="H83 no children"),
    pytest.param(METRIC, METRIC | BOTH, id="H17 nor for a metric; H89 any alarm, no settings shown"),
    pytest.param(METRIC | {"InsufficientDataHealthStatus": "Healthy"}, METRIC | BOTH | {"InsufficientDataHealthStatus": "Healthy"}, id="H17 unless it was sent"),
    pytest.param(CALCULATED | {"MeasureLatency": True}, CALCULATED | BOTH | {"MeasureLatency": True}, id="H17 unless they were sent"),
    pytest.param(RECOVERY, RECOVERY | BOTH, id="H17 nor for a routing control; H33 any ARN of the right form"),
])  # fmt: skip
def test_config_is_shown(sent, shown):
    emulated, check = with_check(sent)
    assert get(emulated, check) == {
        "Id": check,
        "CallerReference": "a",
        "HealthCheckConfig": shown,
        "HealthCheckVersion": 1,
    }


def test_h95_a365_the_response_of_a_create():
    response = Emulation().call("CreateHealthCheck", CallerReference="a", HealthCheckConfig=HTTP)
    made = "00000000-0000-0000-0000-000000000001"
    assert response["Location"] == f"https://route53.amazonaws.com/2013-04-01/healthcheck/{made}"
    assert (response["HealthCheck"]["Id"], response["HealthCheck"]["HealthCheckVersion"]) == (made, 1)
    assert "CloudWatchAlarmConfiguration" not in response["HealthCheck"]


def test_h95_a_created_check_is_declared():
    emulated, check = with_check(MATCH | {"Inverted": True, "Regions": ["us-east-1", "eu-west-1", "sa-east-1"]})
    assert emulated.state.world.health_checks[check] == HealthCheck(
        check,
        EndpointCheck(
            EndpointType.HTTP_STR_MATCH,
            ip_address=IP,
            search_string="ready",
            enable_sni=False,
            regions=("us-east-1", "eu-west-1", "sa-east-1"),
        ),
        inverted=True,
    )


@pytest.mark.parametrize(
    "config", [HTTP, NAMED, MATCH, TCP, CALCULATED, METRIC, RECOVERY], ids=lambda config: f"H1 {config['Type']}"
)
def test_what_is_kept_is_json(config):
    emulated, check = with_check(config)
    row = emulated.state.row(HEALTH_CHECKS, check)
    assert HealthCheckRow(**loads(dumps(asdict(row)))) == row


# --- errors (§1.1) ---

CHILD = {"ChildHealthChecks": ["x"]}
ONLY = "Invalid parameter : Only calculated health checks can have"
NO_CHILD = "Invalid parameter : Child health check IDs do not exist or are deleted:"

REFUSED = [
    pytest.param({"Type": "HTTP"}, "Invalid parameter : IP address and fully qualified domain name can not be both empty.", id="H4"),
    pytest.param({"Type": "HTTP", "FullyQualifiedDomainName": ""}, "Invalid parameter : IP address and fully qualified domain name can not be both empty.", id="H4 H17a an empty name is none"),
    pytest.param(TCP | {"FullyQualifiedDomainName": "a.test"}, "TCP health checks that have IP address must not have a fully qualified domain name specified.", id="H5"),
    pytest.param({"Type": "HTTP", "FullyQualifiedDomainName": "http://a.test/"}, 'Invalid fully qualified domain name: It may not contain reserved characters of RFC1738 ";/?:@=&"', id="H9"),
    pytest.param(TCP | {"ResourcePath": "/"}, "TCP health checks must not have a resource path specified.", id="H18"),
    pytest.param(HTTP | {"SearchString": "x"}, "HTTP health checks must not have a search string specified.", id="H19"),
    pytest.param(NAMED | {"SearchString": "x"}, "HTTPS health checks must not have a search string specified.", id="H19 HTTPS"),
    pytest.param({"Type": "HTTP_STR_MATCH", "IPAddress": IP}, "String match health checks must have a search string specified.", id="H20"),
    pytest.param(CALCULATED | {"FailureThreshold": 3}, "Calculated health checks must not have a failure threshold specified.", id="H21"),
    pytest.param(CALCULATED | {"Port": 80}, "Invalid parameter : Calculated health checks must not have a port specified.", id="H22 port"),
    pytest.param(CALCULATED | {"IPAddress": IP}, "Invalid parameter : Calculated health checks must not have an IP address specified.", id="H22 address"),
    pytest.param(CALCULATED | {"Regions": ["us-east-1", "us-west-1", "eu-west-1"]}, "Invalid parameter : Calculated health checks must not have regions specified.", id="H22 Regions"),
    pytest.param(HTTP | CHILD, f"{ONLY} child health checks specified.", id="H23 children"),
    pytest.param(HTTP | {"HealthThreshold": 0}, f"{ONLY} a health threshold specified.", id="H23 threshold"),
    pytest.param(CALCULATED | CHILD, f"{NO_CHILD} x", id="H24 an unknown child"),
    pytest.param(CALCULATED | {"ChildHealthChecks": ["x", "y: z"]}, f"{NO_CHILD} x, y: z", id="H24 several in one sentence"),
    pytest.param(HTTP | {"AlarmIdentifier": METRIC["AlarmIdentifier"]}, "Invalid parameter : Basic health checks must not have an metric region specified.", id="H25"),
    pytest.param(HTTP | {"InsufficientDataHealthStatus": "Healthy"}, "Invalid parameter : Basic health checks must not have an insufficient data health state specified.", id="H26"),
    pytest.param({"Type": "CLOUDWATCH_METRIC"}, "Alarm identifier must not be null.", id="H27"),
    pytest.param(METRIC | {"Port": 80}, "Invalid parameter : Metric-based health checks must not have a port specified.", id="H28 port"),
    pytest.param(METRIC | {"IPAddress": IP}, "Invalid parameter : Metric-based health checks must not have an IP address specified.", id="H28 address"),
    pytest.param({"Type": "RECOVERY_CONTROL"}, "Routing control ARN must not be null", id="H32"),
    pytest.param(RECOVERY | {"RoutingControlArn": "arn:aws:s3:::bucket"}, "Routing control ARN is not valid: 'arn:aws:s3:::bucket'", id="H33"),
    pytest.param(NAMED | {"FullyQualifiedDomainName": "a..b"}, "Invalid fully qualified domain name: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'", id="H9 no domain name"),
    pytest.param(HTTP | {"EnableSNI": True}, "Invalid parameter : Health checks with HTTP type must not enable SNI support.", id="H34 H192"),
    pytest.param(TCP | {"EnableSNI": True}, "Invalid parameter : Health checks with TCP type must not enable SNI support.", id="H34 TCP"),
    pytest.param({"Type": "TCP", "IPAddress": IP}, "Invalid parameter : TCP health checks must have a port specified.", id="H55"),
    pytest.param({"Type": "CALCULATED"}, "Invalid parameter : Calculated health checks must have a health threshold specified.", id="H83"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "message"), REFUSED)
def test_a_create_is_refused(config, message):
    emulated = Emulation()
    before = emulated.state
    error = emulated.refused("CreateHealthCheck", CallerReference="a", HealthCheckConfig=config)
    assert code_and_message(error) == ("InvalidInput", message)
    assert emulated.state is before


@pytest.mark.parametrize(("config", "changes", "message"), [
    pytest.param(HTTP, {"SearchString": "x"}, "HTTP health checks must not have a search string specified.", id="H101 H19"),
    pytest.param(MATCH, {"SearchString": ""}, "String match health checks must have a search string specified.", id="H101 H17a H20"),
    pytest.param(NAMED, {"FullyQualifiedDomainName": ""}, "Invalid parameter : IP address and fully qualified domain name can not be both empty.", id="H101 H17a H4"),
    pytest.param(NAMED, {"ResetElements": ["FullyQualifiedDomainName"]}, "Invalid parameter : IP address and fully qualified domain name can not be both empty.", id="H100 H101 H4"),
    pytest.param(TCP, {"FullyQualifiedDomainName": "a.test"}, "TCP health checks that have IP address must not have a fully qualified domain name specified.", id="H101 H5"),
    pytest.param(TCP, {"ResourcePath": "/"}, "TCP health checks must not have a resource path specified.", id="H101 H18"),
    pytest.param(CALCULATED, {"FailureThreshold": 3}, "Calculated health checks must not have a failure threshold specified.", id="H101 H21"),
    pytest.param(CALCULATED, {"IPAddress": IP}, "Invalid parameter : Calculated health checks must not have an IP address specified.", id="H101 H22"),
    pytest.param(HTTP, CHILD, f"{ONLY} child health checks specified.", id="H101 H23"),
    pytest.param(CALCULATED, CHILD, f"{NO_CHILD} x", id="H101 H24"),
    pytest.param(METRIC, {"Port": 80}, "Invalid parameter : Metric-based health checks must not have a port specified.", id="H101 H28"),
    pytest.param(HTTP, {"EnableSNI": True}, "Invalid parameter : Health checks with HTTP type must not enable SNI support.", id="H101 H34"),
    pytest.param(NAMED, {"IPAddress": IP}, "Invalid parameter : An IP address can not be added to a health check that was created without one.", id="H3 an address is not added"),
])  # fmt: skip
def test_an_update_is_refused(config, changes, message):
    emulated, check = with_check(config)
    before = emulated.state
    assert code_and_message(emulated.refused("UpdateHealthCheck", HealthCheckId=check, **changes)) == (
        "InvalidInput",
        message,
    )
    assert emulated.state is before


def test_h24_a_deleted_child_is_an_unknown_one():
    emulated, child = with_check(HTTP)
    emulated.call("DeleteHealthCheck", HealthCheckId=child)
    config = CALCULATED | {"ChildHealthChecks": [child]}
    error = emulated.refused("CreateHealthCheck", CallerReference="b", HealthCheckConfig=config)
    assert code_and_message(error) == ("InvalidInput", f"{NO_CHILD} {child}")


def test_h81_h193_a_calculated_child_counts_as_unknown():
    emulated, child = with_check(CALCULATED)
    config = CALCULATED | {"ChildHealthChecks": [child]}
    error = emulated.refused("CreateHealthCheck", CallerReference="b", HealthCheckConfig=config)
    assert code_and_message(error) == ("InvalidInput", f"{NO_CHILD} {child}")


@pytest.mark.parametrize("config", [HTTP, METRIC, RECOVERY], ids=lambda config: f"H81 {config['Type']} may be a child")
def test_children(config):
    emulated, child = with_check(config)
    parent = create(emulated, CALCULATED | {"ChildHealthChecks": [f"/healthcheck/{child}"]}, "b")
    assert parent["HealthCheckConfig"]["ChildHealthChecks"] == [child]
    assert emulated.state.world.health_checks[parent["Id"]].config == CalculatedCheck((child,), 0)


def test_h82_256_children_are_taken():
    emulated, child = with_check(HTTP)
    parent = create(emulated, CALCULATED | {"ChildHealthChecks": [child] * 256}, "b")
    assert len(parent["HealthCheckConfig"]["ChildHealthChecks"]) == 256


def test_h84_a_child_that_a_file_took_away_stays_until_its_parent_sends_it_again():
    emulated, child = with_check(HTTP)
    parent = create(emulated, CALCULATED | {"ChildHealthChecks": [child]}, "b")["Id"]
    checks = emulated.state.world.health_checks.delete(child)
    emulated.state = State(replace(emulated.state.world, health_checks=checks), emulated.state.tables)
    assert update(emulated, parent, Inverted=True)["HealthCheckConfig"]["ChildHealthChecks"] == [child]
    error = emulated.refused("UpdateHealthCheck", HealthCheckId=parent, ChildHealthChecks=[child])
    assert code_and_message(error) == ("InvalidInput", f"{NO_CHILD} {child}")


@pytest.mark.parametrize(("address", "message"), [
    pytest.param("10.0.0.10", "IPv4 address 10.0.0.10 is forbidden", id="H7 RFC 1918"),
    pytest.param("203.0.113.10", "IPv4 address 203.0.113.10 is forbidden", id="H7 documentation"),
    pytest.param("::1", "IPv6 address ::1 is forbidden", id="H7 IPv6"),
])  # fmt: skip
def test_strict_addresses(address, message):
    config = HTTP | {"IPAddress": address}
    strict = Emulation(settings=ApiSettings(is_strict=True))
    fleet = replace(World().health_checkers, strict_addresses=True)
    for emulated in (strict, Emulation(State(World(health_checkers=fleet)))):
        error = emulated.refused("CreateHealthCheck", CallerReference="a", HealthCheckConfig=config)
        assert code_and_message(error) == ("InvalidInput", message)
    assert with_check(config)


def test_h7_an_update_is_held_to_it_too():
    emulated, check = with_check(HTTP | {"IPAddress": "198.41.0.4"}, is_strict=True)
    error = emulated.refused("UpdateHealthCheck", HealthCheckId=check, IPAddress="127.0.0.1")
    assert code_and_message(error) == ("InvalidInput", "IPv4 address 127.0.0.1 is forbidden")


def test_h8_names_are_not_looked_up_even_so():
    assert with_check(NAMED, is_strict=True)


def test_h107_the_quota_holds_where_it_is_wanted():
    emulated = Emulation(settings=ApiSettings(has_quotas=True))
    for number in range(200):
        create(emulated, HTTP, f"reference {number}")
    error = emulated.refused("CreateHealthCheck", CallerReference="one more", HealthCheckConfig=HTTP)
    assert error.code == "TooManyHealthChecks"
    emulated.settings = ApiSettings()
    assert create(emulated, HTTP, "one more")


# --- the caller reference ---


@pytest.mark.parametrize("again", [
    pytest.param(NAMED, id="H96 H189 the same config"),
    pytest.param(NAMED | SWITCHES | PACE | {"EnableSNI": True}, id="H97 compared after defaulting"),
    pytest.param(NAMED | {"Type": "https"}, id="H97 and after H2"),
])  # fmt: skip
def test_the_same_request_shows_the_same_check(again):
    emulated, check = with_check(NAMED)
    before = emulated.state
    response = emulated.call("CreateHealthCheck", CallerReference="a", HealthCheckConfig=again)
    assert response["HealthCheck"] == get(emulated, check)
    assert response["Location"].endswith(f"/healthcheck/{check}")
    assert emulated.state.tables == before.tables
    assert emulated.state.world is before.world


def test_h96_h189_the_same_reference_with_another_config():
    emulated, _ = with_check(HTTP)
    error = emulated.refused("CreateHealthCheck", CallerReference="a", HealthCheckConfig=HTTP | {"Port": 8080})
    assert code_and_message(error) == ("HealthCheckAlreadyExists", ALREADY)


@pytest.mark.parametrize("config", [
    pytest.param(HTTP, id="H96 H189 the same config"),
    pytest.param(TCP, id="H96 H189 another config"),
])  # fmt: skip
def test_the_reference_of_a_deleted_check_stays_taken(config):
    emulated, check = with_check(HTTP)
    emulated.call("DeleteHealthCheck", HealthCheckId=check)
    error = emulated.refused("CreateHealthCheck", CallerReference="a", HealthCheckConfig=config)
    assert code_and_message(error) == ("HealthCheckAlreadyExists", ALREADY)


def test_h96_a_new_reference_makes_a_second_check_of_the_same_config():
    emulated, check = with_check(HTTP)
    assert create(emulated, HTTP, "b")["Id"] != check
    assert len(emulated.state.world.health_checks) == 2


def test_h97_an_updated_check_is_compared_as_it_was_created():
    emulated, check = with_check(HTTP)
    update(emulated, check, Port=8080)
    shown = create(emulated, HTTP)
    assert (shown["Id"], shown["HealthCheckVersion"], shown["HealthCheckConfig"]["Port"]) == (check, 2, 8080)
    error = emulated.refused("CreateHealthCheck", CallerReference="a", HealthCheckConfig=HTTP | {"Port": 8080})
    assert error.code == "HealthCheckAlreadyExists"


def test_h96_the_reference_is_kept_beside_the_check():
    emulated, check = with_check(HTTP)
    emulated.call("DeleteHealthCheck", HealthCheckId=check)
    assert [(key, row.health_check_id) for key, row in emulated.state.rows(CHECK_REFERENCES)] == [(("a",), check)]


# --- updates ---


def test_h98_h188_what_is_not_sent_is_kept():
    emulated, check = with_check(MATCH | {"Port": 8080, "ResourcePath": "/up"})
    before = get(emulated, check)
    after = update(emulated, check, Inverted=True)
    assert after == before | {
        "HealthCheckVersion": 2,
        "HealthCheckConfig": before["HealthCheckConfig"] | {"Inverted": True},
    }
    assert get(emulated, check) == after
    assert emulated.state.world.health_checks[check].inverted


def test_h98_every_update_counts():
    emulated, check = with_check(HTTP)
    assert [update(emulated, check)["HealthCheckVersion"] for _ in range(3)] == [2, 3, 4]


def test_h3_an_address_may_be_replaced():
    emulated, check = with_check(HTTP)
    assert update(emulated, check, IPAddress="2001:db8::1")["HealthCheckConfig"]["IPAddress"] == "2001:db8:0:0:0:0:0:1"
    assert emulated.state.world.health_checks[check].config.ip_address == "2001:db8::1"


def test_h99_h187_a_stale_version():
    emulated, check = with_check(HTTP)
    update(emulated, check, HealthCheckVersion=1, Port=81)
    before = emulated.state
    error = emulated.refused("UpdateHealthCheck", HealthCheckId=check, HealthCheckVersion=1, Port=82)
    assert code_and_message(error) == (
        "HealthCheckVersionMismatch",
        "HealthCheckVersion 1 does not match the current version 2.",
    )
    assert emulated.state is before


@pytest.mark.parametrize(("name", "config"), [
    pytest.param("ResourcePath", HTTP | {"ResourcePath": "/up"}, id="H100 ResourcePath"),
    pytest.param("FullyQualifiedDomainName", HTTP | {"FullyQualifiedDomainName": "app.test"}, id="H100 FullyQualifiedDomainName"),
    pytest.param("Regions", HTTP | {"Regions": ["us-east-1", "us-west-1", "eu-west-1"]}, id="H100 Regions"),
])  # fmt: skip
def test_an_element_is_reset(name, config):
    emulated, check = with_check(config)
    assert update(emulated, check, ResetElements=[name])["HealthCheckConfig"] == HTTP | SWITCHES | PACE
    assert emulated.state.world.health_checks[check].config == EndpointCheck(
        EndpointType.HTTP, ip_address=IP, enable_sni=False
    )


def test_h100_children_are_reset():
    emulated, child = with_check(HTTP)
    parent = create(emulated, CALCULATED | {"ChildHealthChecks": [child]}, "b")["Id"]
    assert update(emulated, parent, ResetElements=["ChildHealthChecks"])["HealthCheckConfig"] == CALCULATED | BOTH
    assert emulated.state.world.health_checks[parent].config == CalculatedCheck((), 0)


@pytest.mark.parametrize("name", ["ResourcePath", "FullyQualifiedDomainName"])
def test_h17a_an_empty_element_is_reset(name):
    emulated, check = with_check(HTTP | {name: "app.test"})
    assert update(emulated, check, **{name: ""})["HealthCheckConfig"] == HTTP | SWITCHES | PACE


@pytest.mark.parametrize("sent", [0, 1], ids=lambda sent: f"H79 a threshold of {sent}")
def test_thresholds(sent):
    emulated, check = with_check(CALCULATED | {"HealthThreshold": 5})
    assert update(emulated, check, HealthThreshold=sent)["HealthCheckConfig"]["HealthThreshold"] == sent
    assert emulated.state.world.health_checks[check].config.health_threshold == sent


# --- reading and deleting ---


@pytest.mark.parametrize("operation", [
    pytest.param("GetHealthCheck", id="H103 get"),
    pytest.param("UpdateHealthCheck", id="H103 update"),
    pytest.param("DeleteHealthCheck", id="H104 delete"),
])  # fmt: skip
def test_an_unknown_check(operation):
    error = Emulation().refused(operation, HealthCheckId="gone")
    assert code_and_message(error) == ("NoSuchHealthCheck", "No health check exists with the specified ID gone")


def test_h104_a_deleted_check_is_gone():
    emulated, check = with_check(HTTP)
    assert emulated.call("DeleteHealthCheck", HealthCheckId=check) == {}
    assert emulated.refused("GetHealthCheck", HealthCheckId=check).code == "NoSuchHealthCheck"
    assert check not in emulated.state.world.health_checks
    assert emulated.state.row(HEALTH_CHECKS, check) is None


def test_h105_its_tags_go_with_it():
    emulated, check = with_check(HTTP)
    other = create(emulated, HTTP, "b")["Id"]
    for tagged in (check, other):
        tags = [{"Key": "Name", "Value": "web"}]
        emulated.call("ChangeTagsForResource", ResourceType="healthcheck", ResourceId=tagged, AddTags=tags)
    emulated.call("DeleteHealthCheck", HealthCheckId=check)
    assert [key for key, _ in emulated.state.rows(TAGS)] == [("healthcheck", other)]


def test_h106_h191_a_check_in_use_is_deleted_and_its_record_set_counts_as_healthy():
    emulated, check = with_check(HTTP)
    name = parse("www.example.test")
    record_set = RecordSet(name, RRType.A, Weighted(1), "a", 60, (IP,), (b"\xc0\0\2\1",), health_check_id=check)
    zone = HostedZone("Z1", parse("example.test"), Map({record_set.key: record_set}))
    emulated.state = State(replace(emulated.state.world, hosted_zones=Map({"Z1": zone})), emulated.state.tables)
    assert emulated.call("DeleteHealthCheck", HealthCheckId=check) == {}
    (kept,) = emulated.state.world.hosted_zones["Z1"].record_sets.values()
    assert kept.health_check_id == check
    assert HealthSnapshot(1, Map()).is_healthy(kept.health_check_id)


@pytest.mark.parametrize("config", [HTTP, METRIC, RECOVERY], ids=lambda config: f"H106 {config['Type']}")
def test_a_child_of_a_calculated_check_is_not_deleted(config):
    emulated, child = with_check(config)
    parents = sorted(create(emulated, CALCULATED | {"ChildHealthChecks": [child]}, text)["Id"] for text in "bc")
    before = emulated.state
    error = emulated.refused("DeleteHealthCheck", HealthCheckId=f"/healthcheck/{child}")
    message = f"Health check {child} is a child of calculated health checks: {', '.join(parents)}"
    assert code_and_message(error) == ("HealthCheckInUse", message)
    assert emulated.state is before


def test_h106_a_child_is_deleted_once_its_parents_are_gone_or_without_it():
    emulated, child = with_check(HTTP)
    kept = create(emulated, CALCULATED | {"ChildHealthChecks": [child]}, "b")["Id"]
    deleted = create(emulated, CALCULATED | {"ChildHealthChecks": [child]}, "c")["Id"]
    emulated.call("DeleteHealthCheck", HealthCheckId=deleted)
    update(emulated, kept, ResetElements=["ChildHealthChecks"])
    assert emulated.call("DeleteHealthCheck", HealthCheckId=child) == {}


@pytest.mark.parametrize("sent", [
    pytest.param({}, id="H94a nothing"),
    pytest.param({"Inverted": True}, id="H94a a switch"),
    pytest.param({"Disabled": True, "HealthCheckVersion": 9}, id="H94a whatever the version"),
])  # fmt: skip
def test_a_check_of_a_routing_control_is_not_updated(sent):
    emulated, check = with_check(RECOVERY)
    before = emulated.state
    error = emulated.refused("UpdateHealthCheck", HealthCheckId=check, **sent)
    message = "Invalid parameter : Update is not supported for this health check type."
    assert code_and_message(error) == ("InvalidInput", message)
    assert emulated.state is before


def test_h156_a_record_set_needs_a_check_that_exists():
    emulated, check = with_check(HTTP)
    zone = HostedZone("Z1", parse("example.test"), Map(), ("ns-1.awsdns-01.com",))
    emulated.state = State(replace(emulated.state.world, hosted_zones=Map({"Z1": zone})), emulated.state.tables)
    record_set = {"Name": "www.example.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": IP}]}
    weighted = record_set | {"SetIdentifier": "a", "Weight": 1, "HealthCheckId": check}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": weighted}]}
    emulated.call("DeleteHealthCheck", HealthCheckId=check)
    error = emulated.refused("ChangeResourceRecordSets", HostedZoneId="Z1", ChangeBatch=batch)
    assert error.code == "NoSuchHealthCheck"


def ids(response):
    return [check["Id"] for check in response["HealthChecks"]]


def test_h108_pages_follow_each_other_by_id():
    emulated = Emulation()
    made = sorted(create(emulated, HTTP, f"{number}")["Id"] for number in range(5))
    first = emulated.call("ListHealthChecks", MaxItems="2")
    assert ids(first) == made[:2]
    assert (first["IsTruncated"], first["MaxItems"], first["NextMarker"]) == (True, "2", made[2])
    assert "Marker" not in first
    last = emulated.call("ListHealthChecks", MaxItems="3", Marker=made[2])
    assert ids(last) == made[2:]
    assert (last["IsTruncated"], last["MaxItems"], last["Marker"]) == (False, "3", made[2])
    assert "NextMarker" not in last


def test_h108_a_marker_of_a_check_that_went_starts_at_the_next():
    emulated = Emulation()
    made = sorted(create(emulated, HTTP, f"{number}")["Id"] for number in range(3))
    emulated.call("DeleteHealthCheck", HealthCheckId=made[1])
    assert ids(emulated.call("ListHealthChecks", Marker=made[1])) == made[2:]


@pytest.mark.parametrize(("sent", "shown"), [
    pytest.param({}, "100", id="H108 a hundred by default"),
    pytest.param({"MaxItems": "1000"}, "1000", id="H108 a thousand"),
    pytest.param({"MaxItems": "1001"}, "1000", id="H108 and no more"),
])  # fmt: skip
def test_page_size(sent, shown):
    response = Emulation().call("ListHealthChecks", **sent)
    assert response == {"HealthChecks": [], "IsTruncated": False, "MaxItems": shown}


def test_h108_the_count_is_of_all_kinds():
    emulated = Emulation()
    for reference, config in enumerate((HTTP, CALCULATED, METRIC, RECOVERY)):
        create(emulated, config, f"{reference}")
    assert emulated.call("GetHealthCheckCount") == {"HealthCheckCount": 4}


# --- checks from a file ---

ALARM = AlarmConfiguration(
    2, 80.0, "GreaterThanThreshold", 60, "CPUUtilization", "AWS/EC2", "Average", (("InstanceId", "i-1"),)
)


def test_h89_the_settings_of_a_declared_alarm_are_shown_until_another_is_followed():
    emulated = with_file(HealthCheck("cpu", MetricCheck("us-east-1", "cpu", configuration=ALARM)))
    assert get(emulated, "cpu")["CloudWatchAlarmConfiguration"] == {
        "EvaluationPeriods": 2,
        "Threshold": 80.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Period": 60,
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/EC2",
        "Statistic": "Average",
        "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
    }
    same = {"Region": "us-east-1", "Name": "cpu"}
    assert "CloudWatchAlarmConfiguration" in update(emulated, "cpu", AlarmIdentifier=same, Inverted=True)
    other = {"Region": "us-east-1", "Name": "memory"}
    assert "CloudWatchAlarmConfiguration" not in update(emulated, "cpu", AlarmIdentifier=other)


def test_h103_a_files_check_is_shown_like_any_other():
    emulated = with_file(HealthCheck("web", EndpointCheck(EndpointType.HTTPS, ip_address="::1"), disabled=True))
    assert get(emulated, "web") == {
        "Id": "web",
        "CallerReference": "file",
        "HealthCheckVersion": 1,
        "HealthCheckConfig": {
            "Type": "HTTPS", "IPAddress": "0:0:0:0:0:0:0:1", "RequestInterval": 30, "FailureThreshold": 3,
            "MeasureLatency": False, "Inverted": False, "Disabled": True, "EnableSNI": True,
        },
    }  # fmt: skip
    assert ids(emulated.call("ListHealthChecks")) == ["web"]


def test_h98_an_update_keeps_a_files_interval():
    declared_ = EndpointCheck(EndpointType.HTTP, ip_address=IP, request_interval_s=0.5)
    emulated = with_file(HealthCheck("web", declared_))
    shown = update(emulated, "web", Port=81)
    assert (shown["HealthCheckVersion"], shown["HealthCheckConfig"]["RequestInterval"]) == (2, 1)
    config = emulated.state.world.health_checks["web"].config
    assert (config.port, config.request_interval_s) == (81, 0.5)


@pytest.mark.parametrize("check", [
    pytest.param(HealthCheck("a", EndpointCheck(EndpointType.TCP, fully_qualified_domain_name="app.test", port=22, failure_threshold=1, measure_latency=True), inverted=True), id="H1 endpoint"),
    pytest.param(HealthCheck("a", EndpointCheck(EndpointType.HTTPS_STR_MATCH, ip_address="::1", search_string="x", resource_path="/up", regions=("us-east-1", "us-west-1", "eu-west-1"), enable_sni=True, request_interval_s=10.0)), id="H1 string match"),
    pytest.param(HealthCheck("a", CalculatedCheck(("b", "c"), 0)), id="H1 calculated"),
    pytest.param(HealthCheck("a", MetricCheck("us-east-1", "cpu")), id="H1 metric"),
    pytest.param(HealthCheck("a", MetricCheck("us-east-1", "cpu", InsufficientData.UNHEALTHY), disabled=True), id="H1 metric with another status for missing data"),
    pytest.param(HealthCheck("a", RecoveryCheck(ARN)), id="H1 recovery"),
])  # fmt: skip
def test_the_apis_spelling_declares_the_same(check):
    again = from_api(check.id, to_api(check))
    if isinstance(check.config, EndpointCheck):  # the API always sends SNI
        again = replace(again, config=replace(again.config, enable_sni=check.config.enable_sni))
    assert again == check
