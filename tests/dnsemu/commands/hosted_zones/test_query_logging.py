"""Query logging configurations (api.md §13)."""

import pytest

from tests.dnsemu.commands.declared import declared_zone, emulation

CREATE, GET, DELETE, LIST = (f"{what}QueryLoggingConfig" for what in ("Create", "Get", "Delete", "List"))
LIST += "s"
ARN = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/one.test"
NO_ARN = "The ARN for the CloudWatch Logs log group is invalid."


@pytest.fixture
def emulated():
    """Returns an emulation with public zones Z1 to Z3, and P1, a private one."""
    public = [declared_zone(f"Z{number}", f"z{number}.test") for number in (1, 2, 3)]
    return emulation(*public, declared_zone("P1", "private.test", is_private=True))


def created(emulated, zone="Z1", arn=ARN):
    return emulated.call(CREATE, HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)["QueryLoggingConfig"]


def test_a250_a_configuration_is_made_shown_and_taken_away(emulated):
    response = emulated.call(CREATE, HostedZoneId="/hostedzone/Z1", CloudWatchLogsLogGroupArn=ARN)
    config = response["QueryLoggingConfig"]
    assert config == {"Id": config["Id"], "HostedZoneId": "Z1", "CloudWatchLogsLogGroupArn": ARN}
    assert response["Location"] == f"https://route53.amazonaws.com/2013-04-01/queryloggingconfig/{config['Id']}"
    assert emulated.call(GET, Id=config["Id"]) == {"QueryLoggingConfig": config}
    assert emulated.call(DELETE, Id=config["Id"]) == {}
    assert emulated.call(LIST) == {"QueryLoggingConfigs": []}


@pytest.mark.parametrize("arn", [
    pytest.param(ARN + ":*", id="A252 the trailing :* of a log group stays"),
    pytest.param("arn:aws:logs:us-east-1:123456789012:log-group:a.b-c_d/e#f", id="A251 all that a log group's name may hold"),
])  # fmt: skip
def test_arns_are_kept_as_they_were_sent(emulated, arn):
    assert created(emulated, arn=arn)["CloudWatchLogsLogGroupArn"] == arn


@pytest.mark.parametrize(("zone", "arn", "code", "message"), [
    pytest.param("Z9", ARN, "NoSuchHostedZone", "No hosted zone found with ID: Z9", id="A251 unknown zone"),
    pytest.param("Z1", "log-group", "InvalidInput", NO_ARN, id="A251 no ARN"),
    pytest.param("Z1", ARN.replace("us-east-1", "eu-west-1"), "InvalidInput", NO_ARN, id="A251 another Region"),
    pytest.param("Z1", "arn:aws:logs:us-east-1:1:log-group:a", "InvalidInput", NO_ARN, id="A251 no account"),
    pytest.param("Z1", ARN + "\n", "InvalidInput", NO_ARN, id="A251 a line break"),
    pytest.param("P1", "log-group", "InvalidInput", NO_ARN, id="A251 the ARN comes before the zone's kind"),
    pytest.param("P1", ARN, "InvalidInput", "You can't create a query logging config for a private hosted zone.", id="A251 private zone"),
])  # fmt: skip
def test_configurations_that_are_refused(emulated, zone, arn, code, message):
    error = emulated.refused(CREATE, HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)
    assert (error.code, error.message) == (code, message)
    assert emulated.call(LIST) == {"QueryLoggingConfigs": []}


def test_a251_one_configuration_a_zone(emulated):
    config = created(emulated)
    error = emulated.refused(CREATE, HostedZoneId="Z1", CloudWatchLogsLogGroupArn=ARN + "-2")
    assert error.code == "QueryLoggingConfigAlreadyExists"
    emulated.call(DELETE, Id=config["Id"])
    assert created(emulated)["Id"] != config["Id"]


@pytest.mark.parametrize("operation", [GET, DELETE])
def test_a252_unknown_ids(emulated, operation):
    assert emulated.refused(operation, Id="nothing").code == "NoSuchQueryLoggingConfig"


def test_a252_one_zones_configuration_alone(emulated):
    created(emulated, "Z1")
    two = created(emulated, "Z2")
    assert emulated.call(LIST, HostedZoneId="/hostedzone/Z2") == {"QueryLoggingConfigs": [two]}
    assert emulated.call(LIST, HostedZoneId="Z3") == {"QueryLoggingConfigs": []}
    assert emulated.refused(LIST, HostedZoneId="Z9").code == "NoSuchHostedZone"


def test_a191_pages_hang_together(emulated):
    made = [created(emulated, zone) for zone in ("Z1", "Z2", "Z3")]
    first = emulated.call(LIST, MaxResults="2")
    rest = emulated.call(LIST, MaxResults="2", NextToken=first["NextToken"])
    assert first["QueryLoggingConfigs"] + rest["QueryLoggingConfigs"] == made
    assert "NextToken" not in rest


def test_a191_a_page_whose_first_row_has_gone_starts_at_the_next(emulated):
    made = [created(emulated, zone) for zone in ("Z1", "Z2", "Z3")]
    token = emulated.call(LIST, MaxResults="1")["NextToken"]
    emulated.call(DELETE, Id=made[1]["Id"])
    assert emulated.call(LIST, NextToken=token) == {"QueryLoggingConfigs": [made[2]]}


@pytest.mark.parametrize("token", ["nonsense", "", "WyJhIiwgImIiXQ=="])
def test_a196_a_token_that_no_list_gave_out(emulated, token):
    error = emulated.refused(LIST, NextToken=token)
    assert (error.code, error.message) == (
        "InvalidPaginationToken",
        "Route 53 can't get the next page of query logging configurations because the specified value for NextToken is invalid.",
    )
