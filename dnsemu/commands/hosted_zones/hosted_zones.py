"""Hosted zones: their rows, the lookup that all operations share, and the operations on comment and features."""

from dataclasses import dataclass, replace
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import NoSuchHostedZone
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

BASE_URL = "https://route53.amazonaws.com/2013-04-01"
"""The start of the Location of every new resource (A11)."""

TIER = "STANDARD"
"""The tier of every hosted zone (A452)."""

Vpc = tuple[str, str]
"""A VPC: its Region and its id (A240)."""


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """Data of a hosted zone that only the API has; times are seconds since the epoch.

    `accelerated_recovery` is None until it is first turned on or off; it is in effect from `recovery_settled_at` on
    (A97). `created_at` is None for a zone from a file.
    """

    caller_reference: str
    created_at: float | None = None
    vpcs: tuple[Vpc, ...] = ()
    delegation_set_id: str | None = None
    accelerated_recovery: bool | None = None
    recovery_settled_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ZoneReference:
    """A used caller reference; it stays when its zone is deleted (A86)."""

    zone_id: str


ZONES = Table("zones", ZoneRow)
"""By zone id. A zone from a file gets its row when the API first changes something in it."""

ZONE_REFERENCES = Table("zone_references", ZoneReference)
"""By caller reference."""

_ROW_OF_FILE = ZoneRow("file")


def existing_zone(step: Step, zone_id: str) -> HostedZone:
    """Returns the zone of an id, bare or with the API's prefix.

    Raises:
        NoSuchHostedZone: it does not exist (A88).
    """
    bare = bare_id(zone_id)
    zone = step.world.hosted_zones.get(HostedZoneId(bare))
    if zone is None:
        raise NoSuchHostedZone(bare)
    return zone


def zone_row(step: Step, zone_id: str) -> ZoneRow:
    """Returns the row of a zone; for a zone from a file, the row that it would have."""
    return step.get(ZONES, zone_id) or _ROW_OF_FILE


def zone_to_api(zone: HostedZone, row: ZoneRow, now: float) -> dict[str, Any]:
    """Returns a HostedZone as the API shows it; `now` is in seconds since the epoch (A82, A96, A452)."""
    config = {"Comment": zone.comment} if zone.comment is not None else {}
    shown: dict[str, Any] = {
        "Id": f"/hostedzone/{zone.id}",
        "Name": names.to_text(zone.name),
        "CallerReference": row.caller_reference,
        "Config": config | {"PrivateZone": zone.is_private, "HostedZoneTier": TIER},
        "ResourceRecordSetCount": len(zone.record_sets),
    }
    if row.accelerated_recovery is not None:
        is_settled = now >= row.recovery_settled_at
        settled, settling = ("ENABLED", "ENABLING") if row.accelerated_recovery else ("DISABLED", "DISABLING")
        shown["Features"] = {"AcceleratedRecoveryStatus": settled if is_settled else settling}
    return shown


def update_hosted_zone_comment(request: Request, step: Step, context: Context) -> Response:
    """Changes or removes the comment of a zone (A89)."""
    zone = replace(existing_zone(step, request["Id"]), comment=request.get("Comment"))
    step.put_hosted_zone(zone)
    return {"HostedZone": zone_to_api(zone, zone_row(step, zone.id), context.now)}


def update_hosted_zone_features(request: Request, step: Step, context: Context) -> Response:
    """Turns accelerated recovery of a public zone on or off, in effect when a change would be in sync (A97)."""
    zone = existing_zone(step, request["HostedZoneId"])
    if zone.is_private:
        raise InvalidInput(
            f"Hosted zone {zone.id} is private: accelerated recovery is a feature of public hosted zones.",
        )
    wanted = request.get("EnableAcceleratedRecovery")
    row = zone_row(step, zone.id)
    if wanted is not None and wanted is not row.accelerated_recovery:
        settled_at = context.now + context.settings.change_delay_s
        step.put(ZONES, zone.id, row=replace(row, accelerated_recovery=wanted, recovery_settled_at=settled_at))
    return {}


def get_hosted_zone_count(request: Request, step: Step, context: Context) -> Response:
    """Counts the zones, public and private (A94)."""
    return {"HostedZoneCount": len(step.world.hosted_zones)}
