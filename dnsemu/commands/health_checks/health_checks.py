"""Creates, shows, changes and deletes health checks (H95–H109)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.health_checks import (
    HealthCheckAlreadyExists,
    HealthCheckInUse,
    HealthCheckVersionMismatch,
    TooManyHealthChecks,
)
from dnsemu.commands.errors.requests import InvalidInput, used_up
from dnsemu.commands.health_checks.conversion import alarm_to_api, from_api, normalized, to_api, with_file_settings
from dnsemu.commands.health_checks.status import existing_check
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL
from dnsemu.commands.pagination import page, page_size
from dnsemu.commands.tags import TAGS
from dnsemu.config.model.health_checks import (
    CalculatedCheck,
    CheckConfig,
    EndpointCheck,
    HealthCheck,
    HealthCheckId,
    MetricCheck,
    RecoveryCheck,
)
from dnsemu.config.model.world import World
from dnsemu.config.rules.health_check import address_problems, child_problems
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_PAGE = 1000
"""Health checks on a page at most (H108)."""

MAX_HEALTH_CHECKS = 200
"""Quota of an account (H107)."""

_RESET = "ResetElements"
_NOT_IN_CONFIG = frozenset({"HealthCheckId", "HealthCheckVersion", _RESET})


@dataclass(frozen=True, slots=True)
class HealthCheckRow:
    """Data of a health check that only the API has.

    `config` is the current HealthCheckConfig in normal form, `original` the one at creation (H97).
    """

    caller_reference: str
    version: int
    config: dict[str, Any]
    original: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CheckReference:
    """A used caller reference; it stays when its health check is deleted (H96)."""

    health_check_id: str


HEALTH_CHECKS = Table("health_checks", HealthCheckRow)
"""By id. A check from a file gets its row when the API first updates it."""

CHECK_REFERENCES = Table("health_check_references", CheckReference)
"""By caller reference."""


def create_health_check(request: Request, step: Step, context: Context) -> Response:
    """Creates a check, or returns the one that the same request created before (H95–H97)."""
    reference = request["CallerReference"]
    config = normalized(request["HealthCheckConfig"])
    used = step.get(CHECK_REFERENCES, reference)
    if used is not None:
        row = step.get(HEALTH_CHECKS, used.health_check_id)
        if row is not None and row.original == config:
            return _created_response(existing_check(step, used.health_check_id), row)
    check_id = HealthCheckId(context.ids.uuid())
    check = from_api(check_id, config)
    _refuse_unknown_children(check, step.world)
    _refuse_forbidden_address(check, step.world, context)
    if used is not None:
        message = "A different health check has already been created with the specified caller reference."
        raise HealthCheckAlreadyExists(message)
    if context.settings.has_quotas and len(step.world.health_checks) >= MAX_HEALTH_CHECKS:
        raise TooManyHealthChecks(used_up("MAX_HEALTH_CHECKS_BY_OWNER", "health checks"))
    row = HealthCheckRow(reference, 1, config, config)
    step.put_health_check(check)
    step.put(HEALTH_CHECKS, check_id, row=row)
    step.put(CHECK_REFERENCES, reference, row=CheckReference(check_id))
    return _created_response(check, row)


def get_health_check(request: Request, step: Step, context: Context) -> Response:
    """Returns one check (H103)."""
    check = existing_check(step, request["HealthCheckId"])
    return {"HealthCheck": _to_api(check, _row(check, step))}


def update_health_check(request: Request, step: Step, context: Context) -> Response:
    """Changes the members that are sent and keeps the others (H98–H101).

    Raises:
        NoSuchHealthCheck, HealthCheckVersionMismatch: there is no such check, or not in the version that is expected.
        InvalidInput: the check follows a routing control (H94a), or the result is not valid.
    """
    before = existing_check(step, request["HealthCheckId"])
    if isinstance(before.config, RecoveryCheck):  # H94a
        raise InvalidInput("Invalid parameter : Update is not supported for this health check type.")
    row = _row(before, step)
    expected = request.get("HealthCheckVersion", row.version)
    if expected != row.version:
        message = f"HealthCheckVersion {expected} does not match the current version {row.version}."
        raise HealthCheckVersionMismatch(message)
    config = _merged(row.config, request)
    written = from_api(before.id, config)
    check = replace(written, config=with_file_settings(written.config, before.config), name=before.name)
    _refuse_added_address(before.config, check.config)
    if "ChildHealthChecks" in request:  # a list that is not sent keeps children that were deleted (H84)
        _refuse_unknown_children(check, step.world)
    _refuse_forbidden_address(check, step.world, context)
    row = replace(row, version=row.version + 1, config=config)
    step.put_health_check(check)
    step.put(HEALTH_CHECKS, check.id, row=row)
    return {"HealthCheck": _to_api(check, row)}


def delete_health_check(request: Request, step: Step, context: Context) -> Response:
    """Deletes a check, even if record sets refer to it (H104–H106); its caller reference stays used (H96).

    Raises:
        NoSuchHealthCheck: there is no such check.
        HealthCheckInUse: calculated checks have it as a child (H106).
    """
    check = existing_check(step, request["HealthCheckId"])
    if parents := _parents(check.id, step.world):
        message = f"Health check {check.id} is a child of calculated health checks: {', '.join(parents)}"
        raise HealthCheckInUse(message)
    step.drop_health_check(check.id)
    step.drop(HEALTH_CHECKS, check.id)
    step.drop(TAGS, "healthcheck", check.id)
    return {}


def list_health_checks(request: Request, step: Step, context: Context) -> Response:
    """Lists checks by ascending id; a marker is the lowest id to show, and need not exist (H108)."""
    size = page_size(request, cap=MAX_PAGE)
    start = bare_id(request.get("Marker", ""))
    checks = step.world.health_checks
    shown, following = page(sorted(check_id for check_id in checks if check_id >= start), size)
    response: Response = {
        "HealthChecks": [_to_api(checks[check_id], _row(checks[check_id], step)) for check_id in shown],
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if "Marker" in request:
        response["Marker"] = request["Marker"]
    if following is not None:
        response["NextMarker"] = following
    return response


def get_health_check_count(request: Request, step: Step, context: Context) -> Response:
    """Counts the checks of all kinds (H108)."""
    return {"HealthCheckCount": len(step.world.health_checks)}


def _row(check: HealthCheck, step: Step) -> HealthCheckRow:
    """Returns the row of a check; for a check from a file, the row that it would have."""
    row = step.get(HEALTH_CHECKS, check.id)
    if row is None:
        config = to_api(check)
        row = HealthCheckRow("file", 1, config, config)
    return row


def _to_api(check: HealthCheck, row: HealthCheckRow) -> dict[str, Any]:
    """Returns a HealthCheck as the API shows it."""
    shown = {
        "Id": check.id,
        "CallerReference": row.caller_reference,
        "HealthCheckConfig": dict(row.config),
        "HealthCheckVersion": row.version,
    }
    alarm = check.config.configuration if isinstance(check.config, MetricCheck) else None
    return shown | ({"CloudWatchAlarmConfiguration": alarm_to_api(alarm)} if alarm is not None else {})


def _created_response(check: HealthCheck, row: HealthCheckRow) -> Response:
    return {"HealthCheck": _to_api(check, row), "Location": f"{BASE_URL}/healthcheck/{check.id}"}


def _merged(config: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """Returns a config without the members that an update resets, and with the ones that it sends (H98, H100)."""
    reset = request.get(_RESET, ())
    kept = {name: value for name, value in config.items() if name not in reset}
    sent = {name: value for name, value in request.items() if name not in _NOT_IN_CONFIG}
    return normalized(kept | sent)


def _parents(child: HealthCheckId, world: World) -> list[HealthCheckId]:
    """Returns the calculated checks that have this child, by id."""
    checks = world.health_checks.values()
    return sorted(c.id for c in checks if isinstance(c.config, CalculatedCheck) and child in c.config.children)


def _refuse_unknown_children(check: HealthCheck, world: World) -> None:
    """Refuses children that do not exist or are calculated, all in one sentence (H24, H81)."""

    def kind_of(check_id: HealthCheckId) -> type[CheckConfig] | None:
        child = world.health_checks.get(check_id)
        return type(child.config) if child is not None else None

    sentences = [problem.message for problem in child_problems(check, kind_of)]
    if sentences:
        start = sentences[0].rpartition(": ")[0]
        unknown = ", ".join(sentence.removeprefix(f"{start}: ") for sentence in sentences)
        raise InvalidInput(f"{start}: {unknown}")


def _refuse_forbidden_address(check: HealthCheck, world: World, context: Context) -> None:
    """Refuses an address that Route 53 does not probe, if the settings ask for it (H7)."""
    if world.health_checkers.strict_addresses or context.settings.is_strict:
        for problem in address_problems(check):
            raise InvalidInput(problem.message)


def _refuse_added_address(before: CheckConfig, after: CheckConfig) -> None:
    """Refuses to add an address to a check of a name (H3); the API has no way to remove an address."""
    if not (isinstance(before, EndpointCheck) and isinstance(after, EndpointCheck)):
        return
    if before.ip_address is None and after.ip_address is not None:
        message = "Invalid parameter : An IP address can not be added to a health check that was created without one."
        raise InvalidInput(message)
