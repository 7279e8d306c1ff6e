"""Reusable delegation sets: four name servers that several public hosted zones share (A230–A232)."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import (
    DelegationSetAlreadyCreated,
    DelegationSetAlreadyReusable,
    DelegationSetInUse,
    HostedZoneNotFound,
    NoSuchDelegationSet,
)
from dnsemu.commands.errors.requests import InvalidInput, LimitsExceeded, used_up
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL, ZONES, zone_row
from dnsemu.commands.pagination import marker_members, page, page_size
from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_DELEGATION_SETS = 100
"""Quota of an account (R209.9)."""
MAX_ZONES_OF_SET = 100
"""Quota of hosted zones for one set (R209.9)."""


@dataclass(frozen=True, slots=True)
class DelegationSetRow:
    """A reusable delegation set; name servers are stored without trailing dots."""

    caller_reference: str
    name_servers: tuple[str, ...]


DELEGATION_SETS = Table("delegation_sets", DelegationSetRow)
"""By id."""


def existing_set(step: Step, set_id: str) -> tuple[str, DelegationSetRow]:
    """Returns the bare id of a reusable delegation set, and its row.

    Raises:
        NoSuchDelegationSet: it does not exist (A232).
    """
    bare = bare_id(set_id)
    row = step.get(DELEGATION_SETS, bare)
    if row is None:
        raise NoSuchDelegationSet("A reusable delegation set with the specified ID does not exist.")
    return bare, row


def zones_of(step: Step, set_id: str) -> Iterator[str]:
    """Yields the ids of the zones that use a set, in no order. The row of a file's zone may outlive the zone."""
    zones = step.world.hosted_zones
    return (key[0] for key, row in step.all(ZONES) if row.delegation_set_id == set_id and key[0] in zones)


def delegation_set_to_api(step: Step, zone: HostedZone) -> dict[str, Any]:
    """Returns the DelegationSet of a public zone; a reusable one has an id (A83)."""
    set_id = zone_row(step, zone.id).delegation_set_id
    row = step.get(DELEGATION_SETS, set_id) if set_id is not None else None
    if set_id is None or row is None:
        return {"NameServers": list(zone.name_servers)}
    return _to_api(set_id, row)


def _to_api(set_id: str, row: DelegationSetRow) -> dict[str, Any]:
    return {
        "Id": f"/delegationset/{set_id}",
        "CallerReference": row.caller_reference,
        "NameServers": list(row.name_servers),
    }


def create_reusable_delegation_set(request: Request, step: Step, context: Context) -> Response:
    """Creates a set, of newly drawn name servers or of those of an existing zone (A230, A231)."""
    reference = request["CallerReference"]
    sets = dict(step.all(DELEGATION_SETS))
    if any(row.caller_reference == reference for row in sets.values()):
        raise DelegationSetAlreadyCreated(
            "A delegation set has already been created with the specified caller reference.",
        )
    if context.settings.has_quotas and len(sets) >= MAX_DELEGATION_SETS:
        raise LimitsExceeded(used_up("MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", "reusable delegation sets"))
    zone = _zone_to_share(step, request["HostedZoneId"]) if "HostedZoneId" in request else None
    set_id = context.ids.delegation_set()
    servers = zone.name_servers if zone is not None else name_servers.draw(names.ROOT, set_id)
    row = DelegationSetRow(reference, servers)
    step.put(DELEGATION_SETS, set_id, row=row)
    if zone is not None:
        step.put(ZONES, zone.id, row=replace(zone_row(step, zone.id), delegation_set_id=set_id))
    return {"DelegationSet": _to_api(set_id, row), "Location": f"{BASE_URL}/delegationset/{set_id}"}


def _zone_to_share(step: Step, zone_id: str) -> HostedZone:
    zone = step.world.hosted_zones.get(HostedZoneId(bare_id(zone_id)))
    if zone is None:
        raise HostedZoneNotFound("The specified HostedZone can't be found.")
    if zone.is_private:
        raise InvalidInput(f"Hosted zone {zone.id} is private: reusable delegation sets are for public hosted zones.")
    if zone_row(step, zone.id).delegation_set_id is not None:
        raise DelegationSetAlreadyReusable("The specified delegation set has already been marked as reusable.")
    return zone


def get_reusable_delegation_set(request: Request, step: Step, context: Context) -> Response:
    """Returns one set."""
    return {"DelegationSet": _to_api(*existing_set(step, request["Id"]))}


def delete_reusable_delegation_set(request: Request, step: Step, context: Context) -> Response:
    """Deletes a set that no zone uses (A232)."""
    set_id, _ = existing_set(step, request["Id"])
    if any(zones_of(step, set_id)):
        raise DelegationSetInUse(
            "The specified delegation contains associated hosted zones which must be deleted before the reusable "
            "delegation set can be deleted.",
        )
    step.drop(DELEGATION_SETS, set_id)
    return {}


def list_reusable_delegation_sets(request: Request, step: Step, context: Context) -> Response:
    """Lists the sets by ascending id (A190, A191)."""
    size = page_size(request)
    rows = {key[0]: row for key, row in step.all(DELEGATION_SETS)}
    ids = sorted(rows)
    start = bisect_left(ids, bare_id(request.get("Marker", "")))
    shown, following = page(ids[start:], size)
    return {
        "DelegationSets": [_to_api(set_id, rows[set_id]) for set_id in shown],
        **marker_members(request, size, following),
    }
