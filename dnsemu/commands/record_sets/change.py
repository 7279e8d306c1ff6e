"""ChangeResourceRecordSets: checks, parses and applies a change batch (api.md §6)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.health_checks import NoSuchHealthCheck
from dnsemu.commands.errors.record_sets import InvalidChangeBatch
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.commands.record_sets.batch import BatchChange, apply_batch
from dnsemu.commands.record_sets.conversion import from_api
from dnsemu.commands.record_sets.member_rules import check_members
from dnsemu.commands.record_sets.protections import protection_message
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.routing import IpBased
from dnsemu.config.model.world import World
from dnsemu.state.step import Step

MAX_RECORDS = 1000
"""Values in one batch (A117)."""
MAX_CHARACTERS = 32_000
"""Characters of all values in one batch (A117)."""
MAX_RECORD_SETS = 10_000
"""Quota of record sets for one hosted zone (R209)."""


def change_resource_record_sets(request: Request, step: Step, context: Context) -> Response:
    """Applies a change batch without a pause; result and errors are those of `change_in_steps`."""
    return at_once(change_in_steps(request, step, context))


def change_in_steps(request: Request, step: Step, context: Context) -> Steps[Response]:
    """Applies a change batch, all of it or nothing (A110–A122, A435).

    Raises:
        InvalidInput: the members of a record set do not go together (A125–A128).
        NoSuchHostedZone, NoSuchHealthCheck: the request names one that does not exist (A120).
        InvalidChangeBatch: for everything else that is wrong, in all changes at once (A115).
    """
    batch = request["ChangeBatch"]
    sent: Sequence[Mapping[str, Any]] = batch["Changes"]
    for change in sent:
        check_members(change["ResourceRecordSet"], change["Action"])
    zone = existing_zone(step, request["HostedZoneId"])
    if exceeded := list(_over_limits(sent)):
        raise InvalidChangeBatch(exceeded)
    changes = []
    for change in sent:
        changes.append(_batch_change(change, step, zone.id))
        yield
    _check_health_checks(changes, step.world)
    draft, messages = yield from apply_batch(changes, zone, step.world)
    if messages:
        raise InvalidChangeBatch(messages)
    removed, put = draft.difference(ignores_order=len(changes) > 1)
    allowed = max(MAX_RECORD_SETS, len(zone.record_sets))
    if context.settings.has_quotas and _count(zone, removed, put) > allowed:
        raise InvalidChangeBatch([f"Exceeded limit MAX_RRSETS_BY_ZONE for zone: {zone.id}"])
    if removed or put:
        step.change_record_sets(zone.id, removed=removed, put=put)
    return {"ChangeInfo": context.change(step, batch.get("Comment"))}


def _over_limits(sent: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a message for each exceeded limit; an UPSERT counts twice, an alias as one record (A117)."""
    records = characters = 0
    for change in sent:
        times = 2 if change["Action"] == "UPSERT" else 1
        values = change["ResourceRecordSet"].get("ResourceRecords")
        records += times * (len(values) if values is not None else 1)
        characters += times * sum(len(record["Value"]) for record in values or ())
    if records > MAX_RECORDS:
        yield f"Number of records limit of {MAX_RECORDS} exceeded."
    if characters > MAX_CHARACTERS:
        yield f"RDATA character limit of {MAX_CHARACTERS} exceeded."


def _batch_change(change: Mapping[str, Any], step: Step, zone_id: HostedZoneId) -> BatchChange:
    data = change["ResourceRecordSet"]
    parsed = from_api(data)
    refusal = None
    stored = step.world.hosted_zones[zone_id].record_sets.get(parsed.key)
    if "TrafficPolicyInstanceId" in data or (stored is not None and stored.traffic_policy_instance_id is not None):
        refusal = "Record sets of a traffic policy instance are changed through the instance. No changes made."
    else:
        refusal = protection_message(step, zone_id, *parsed.key[:2])
    return BatchChange(change["Action"], parsed, refusal)


def _check_health_checks(changes: Sequence[BatchChange], world: World) -> None:
    """Checks that health checks exist, except for deletions (A120)."""
    for change in changes:
        record_set = change.parsed.record_set
        if change.action == "DELETE" or record_set is None or record_set.health_check_id is None:
            continue
        if record_set.health_check_id not in world.health_checks:
            raise NoSuchHealthCheck(record_set.health_check_id)


def _count(zone: HostedZone, removed: Sequence[RecordSetKey], put: Sequence[RecordSet]) -> int:
    """Returns the number of record sets after the batch."""
    return len(zone.record_sets) - len(removed) + sum(record_set.key not in zone.record_sets for record_set in put)


def references_location(world: World, collection_id: str, location: str) -> bool:
    """True if a record set refers to a location of a CIDR collection (A287). Reads every record set."""
    routing = IpBased(collection_id, location)
    return any(
        record_set.routing == routing
        for zone in world.hosted_zones.values()
        for record_set in zone.record_sets.values()
    )
