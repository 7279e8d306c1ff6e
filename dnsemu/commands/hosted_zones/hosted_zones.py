"""Hosted zones: what the API keeps of them besides the World, how they are shown, and how they are changed."""

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

LOCATION = "https://route53.amazonaws.com/2013-04-01"
"""What the Location of everything that is created starts with (A11)."""

Vpc = tuple[str, str]
"""A VPC: its Region and its id (A240)."""


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """What the API knows of a hosted zone besides; times are seconds since the epoch.

    `accelerated_recovery` is None until it was first asked for or refused, and settled from `recovery_settled_at` on
    (A97). `created_at` is None for a zone that a file declares.
    """

    caller_reference: str
    created_at: float | None = None
    vpcs: tuple[Vpc, ...] = ()
    delegation_set_id: str | None = None
    accelerated_recovery: bool | None = None
    recovery_settled_at: float = 0.0


@dataclass(frozen=True, slots=True)
class ZoneReference:
    """A caller reference that a zone was created with; kept when the zone is gone (A86)."""

    zone_id: str


ZONES = Table("zones", ZoneRow)
"""By zone id. A zone that a file declares has a row only once the API has something to keep of it."""

ZONE_REFERENCES = Table("zone_references", ZoneReference)
"""By caller reference."""

_OF_A_FILE = ZoneRow("file")


def existing_zone(step: Step, zone_id: str) -> HostedZone:
    """The zone of this id, bare or with the API's prefix.

    Raises:
        NoSuchHostedZone: (A88).
    """
    bare = bare_id(zone_id)
    zone = step.world.hosted_zones.get(HostedZoneId(bare))
    if zone is None:
        raise NoSuchHostedZone(bare)
    return zone


def zone_row(step: Step, zone_id: str) -> ZoneRow:
    """What is kept of a zone; of one that a file declares, what it would be."""
    return step.get(ZONES, zone_id) or _OF_A_FILE


def shown(zone: HostedZone, row: ZoneRow, now: float) -> dict[str, Any]:
    """A HostedZone as the API shows it; `now` is in seconds since the epoch (A82, A96)."""
    config = {"Comment": zone.comment} if zone.comment is not None else {}
    seen: dict[str, Any] = {
        "Id": f"/hostedzone/{zone.id}",
        "Name": names.to_text(zone.name),
        "CallerReference": row.caller_reference,
        "Config": config | {"PrivateZone": zone.is_private},
        "ResourceRecordSetCount": len(zone.record_sets),
    }
    if row.accelerated_recovery is not None:
        is_settled = now >= row.recovery_settled_at
        settled, settling = ("ENABLED", "ENABLING") if row.accelerated_recovery else ("DISABLED", "DISABLING")
        seen["Features"] = {"AcceleratedRecoveryStatus": settled if is_settled else settling}
    return seen


def update_hosted_zone_comment(request: Request, step: Step, context: Context) -> Response:
    """Put another comment on a zone, or none (A89)."""
    zone = replace(existing_zone(step, request["Id"]), comment=request.get("Comment"))
    step.put_hosted_zone(zone)
    return {"HostedZone": shown(zone, zone_row(step, zone.id), context.now)}


def update_hosted_zone_features(request: Request, step: Step, context: Context) -> Response:
    """Turn accelerated recovery of a public zone on or off; it settles when a change would be in sync (A97)."""
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
    """How many zones there are, public and private (A94)."""
    return {"HostedZoneCount": len(step.world.hosted_zones)}
