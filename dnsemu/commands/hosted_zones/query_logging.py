"""Query logging configurations of hosted zones (A250–A252)."""

import re
from dataclasses import dataclass

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import NoSuchQueryLoggingConfig, QueryLoggingConfigAlreadyExists
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL, existing_zone
from dnsemu.commands.pagination import token_page
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

_LOG_GROUP = re.compile(r"arn:aws[a-z-]*:logs:us-east-1:[0-9]{12}:log-group:[-._/#A-Za-z0-9]{1,512}(:\*)?")

_BAD_TOKEN = (
    "Route 53 can't get the next page of query logging configurations "
    "because the specified value for NextToken is invalid."
)


@dataclass(frozen=True, slots=True)
class QueryLoggingRow:
    """One query logging configuration; the log group's ARN is stored as it was sent."""

    hosted_zone_id: str
    log_group_arn: str


QUERY_LOGGING = Table("query_logging", QueryLoggingRow)
"""By id. Deleting the hosted zone drops the row (A93)."""


def configuration_of(step: Step, zone_id: str) -> str | None:
    """Returns the id of a hosted zone's query logging configuration, or None."""
    return next((id for (id,), row in step.all(QUERY_LOGGING) if row.hosted_zone_id == zone_id), None)


def create_query_logging_config(request: Request, step: Step, context: Context) -> Response:
    """Turns query logging of a public zone on; every log group in us-east-1 counts as existing (A250, A251)."""
    zone, arn = existing_zone(step, request["HostedZoneId"]), request["CloudWatchLogsLogGroupArn"]
    if not _LOG_GROUP.fullmatch(arn):
        raise InvalidInput("The ARN for the CloudWatch Logs log group is invalid.")
    if zone.is_private:
        raise InvalidInput("You can't create a query logging config for a private hosted zone.")
    if configuration_of(step, zone.id) is not None:
        message = "A query logging configuration already exists for this hosted zone"
        raise QueryLoggingConfigAlreadyExists(message)
    id, row = context.ids.uuid(), QueryLoggingRow(zone.id, arn)
    step.put(QUERY_LOGGING, id, row=row)
    return {"QueryLoggingConfig": _to_api(id, row), "Location": f"{BASE_URL}/queryloggingconfig/{id}"}


def get_query_logging_config(request: Request, step: Step, context: Context) -> Response:
    """Returns one configuration (A252)."""
    return {"QueryLoggingConfig": _to_api(request["Id"], _existing(step, request["Id"]))}


def delete_query_logging_config(request: Request, step: Step, context: Context) -> Response:
    """Turns query logging off (A252)."""
    _existing(step, request["Id"])
    step.drop(QUERY_LOGGING, request["Id"])
    return {}


def list_query_logging_configs(request: Request, step: Step, context: Context) -> Response:
    """Lists configurations by id: all, or that of one hosted zone (A252)."""
    zone_id = existing_zone(step, request["HostedZoneId"]).id if "HostedZoneId" in request else None
    rows = ((key, row) for key, row in step.all(QUERY_LOGGING) if zone_id in (None, row.hosted_zone_id))
    shown = ((key, _to_api(key[0], row)) for key, row in rows)
    return token_page("QueryLoggingConfigs", shown, request, bad_token=_BAD_TOKEN)


def _existing(step: Step, id: str) -> QueryLoggingRow:
    row = step.get(QUERY_LOGGING, id)
    if row is None:
        raise NoSuchQueryLoggingConfig("The query logging configuration does not exist")
    return row


def _to_api(id: str, row: QueryLoggingRow) -> Response:
    return {"Id": id, "HostedZoneId": row.hosted_zone_id, "CloudWatchLogsLogGroupArn": row.log_group_arn}
