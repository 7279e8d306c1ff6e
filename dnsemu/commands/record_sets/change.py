"""Changing the record sets of a hosted zone (api.md §6)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.health_checks import NoSuchHealthCheck
from dnsemu.commands.errors.record_sets import InvalidChangeBatch
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.commands.record_sets.batch import BatchChange, work_off
from dnsemu.commands.record_sets.conversion import read
from dnsemu.commands.record_sets.member_rules import check_members
from dnsemu.commands.record_sets.protections import protected
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.routing import IpBased
from dnsemu.config.model.world import World
from dnsemu.state.step import Step

MAX_RECORDS = 1000
MAX_CHARACTERS = 32_000
MAX_RECORD_SETS = 10_000
"""Of one zone; an account quota (R209)."""


def change_resource_record_sets(request: Request, step: Step, context: Context) -> Response:
    """Carry out a change batch, all of it or nothing (A110–A122, A435).

    Raises:
        InvalidInput: the members of a record set do not go together (A125–A128).
        NoSuchHostedZone, NoSuchHealthCheck: (A120).
        InvalidChangeBatch: for all other mistakes, those of all changes at once (A115).
    """
    batch = request["ChangeBatch"]
    given: Sequence[Mapping[str, Any]] = batch["Changes"]
    for change in given:
        check_members(change["ResourceRecordSet"], change["Action"])
    zone = existing_zone(step, request["HostedZoneId"])
    if over := list(_over_limits(given)):
        raise InvalidChangeBatch(over)
    changes = [_read(change, step, zone.id) for change in given]
    _check_health_checks(changes, step.world)
    draft, messages = work_off(changes, zone, step.world)
    if messages:
        raise InvalidChangeBatch(messages)
    gone, put = draft.difference()
    if context.settings.has_quotas and (sets := _count(zone, gone, put)) > max(MAX_RECORD_SETS, len(zone.record_sets)):
        message = f"{sets} record sets are more than the {MAX_RECORD_SETS} that a hosted zone may have."
        raise InvalidChangeBatch([message])
    if gone or put:
        step.change_record_sets(zone.id, gone=gone, put=put)
    return {"ChangeInfo": context.change(step, batch.get("Comment"))}


def _over_limits(given: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A117: what an UPSERT says counts twice, an alias as one record."""
    records = characters = 0
    for change in given:
        times = 2 if change["Action"] == "UPSERT" else 1
        values = change["ResourceRecordSet"].get("ResourceRecords")
        records += times * (len(values) if values is not None else 1)
        characters += times * sum(len(record["Value"]) for record in values or ())
    if records > MAX_RECORDS:
        yield f"Number of records limit of {MAX_RECORDS} exceeded."
    if characters > MAX_CHARACTERS:
        yield f"RDATA character limit of {MAX_CHARACTERS} exceeded."


def _read(change: Mapping[str, Any], step: Step, zone_id: HostedZoneId) -> BatchChange:
    data = change["ResourceRecordSet"]
    reading = read(data)
    refusal = None
    held = step.world.hosted_zones[zone_id].record_sets.get(reading.key) if reading.key is not None else None
    if "TrafficPolicyInstanceId" in data or (held is not None and held.traffic_policy_instance_id is not None):
        refusal = "Record sets of a traffic policy instance are changed through the instance. No changes made."
    elif reading.key is not None:
        refusal = protected(step, zone_id, *reading.key[:2])
    return BatchChange(change["Action"], reading, refusal)


def _check_health_checks(changes: Sequence[BatchChange], world: World) -> None:
    """A120; a record set may well be deleted whose health check is gone."""
    for change in changes:
        record_set = change.reading.record_set
        if change.action == "DELETE" or record_set is None or record_set.health_check_id is None:
            continue
        if record_set.health_check_id not in world.health_checks:
            raise NoSuchHealthCheck(record_set.health_check_id)


def _count(zone: HostedZone, gone: Sequence[RecordSetKey], put: Sequence[RecordSet]) -> int:
    """How many record sets a zone will have."""
    return len(zone.record_sets) - len(gone) + sum(record_set.key not in zone.record_sets for record_set in put)


def references_location(world: World, collection_id: str, location: str) -> bool:
    """Whether a record set answers for a location of a CIDR collection (A287). It looks at every record set."""
    routing = IpBased(collection_id, location)
    return any(
        record_set.routing == routing
        for zone in world.hosted_zones.values()
        for record_set in zone.record_sets.values()
    )
