"""Reconciles the state with the files: they decide about what they name, and about nothing else."""

from collections.abc import AsyncIterator

from immutables import Map

from dnsemu.commands.cidr.collections import CIDR
from dnsemu.commands.from_file import FROM_FILE, FileRow
from dnsemu.commands.health_checks.health_checks import HEALTH_CHECKS
from dnsemu.commands.hosted_zones.deletion import drop_with_rows
from dnsemu.commands.tags import TAGS
from dnsemu.commands.traffic.policies import INSTANCES
from dnsemu.config.model.batches import batches
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.world import World
from dnsemu.state.step import Step
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE

RECORD_SETS_PER_PIECE = 500


async def reconcile(step: Step, declared: World, *, is_durable: bool) -> AsyncIterator[None]:
    """Makes a step's state match what files declare, in pieces of about a millisecond.

    What files no longer name is removed with its rows; what they name becomes as declared, and API changes of it are
    undone; everything else stays.

    Args:
        is_durable: True if a store keeps the writes, which then have to list the record sets that differ.
    """
    named = {
        *((HOSTED_ZONE, str(zone_id)) for zone_id in declared.hosted_zones),
        *((HEALTH_CHECK, str(check_id)) for check_id in declared.health_checks),
        *((CIDR_COLLECTION, collection_id) for collection_id in declared.cidr_collections),
    }
    for (kind, id), _ in list(step.all(FROM_FILE)):
        if (kind, id) not in named:
            _remove(step, kind, id)
            step.drop(FROM_FILE, kind, id)
    for kind, id in named:
        if step.get(FROM_FILE, kind, id) is None:
            step.put(FROM_FILE, kind, id, row=FileRow())
    for zone in declared.hosted_zones.values():
        async for _ in _match_zone(step, zone, is_durable=is_durable):
            yield
    for check in declared.health_checks.values():
        if step.world.health_checks.get(check.id) != check:
            step.put_health_check(check)
        step.drop(HEALTH_CHECKS, check.id)
    for collection in declared.cidr_collections.values():
        if step.world.cidr_collections.get(collection.id) != collection:
            step.put_cidr_collection(collection)
        step.drop(CIDR, collection.id)
    step.declare_settings(declared)
    yield


async def _match_zone(step: Step, wanted: HostedZone, *, is_durable: bool) -> AsyncIterator[None]:
    current = step.world.hosted_zones.get(wanted.id)
    if current is not None and (current.is_private or current.name != wanted.name):
        _remove(step, HOSTED_ZONE, current.id)
        current = None
    before = current.record_sets if current is not None else Map()
    differences: dict[RecordSetKey, RecordSet | None] = {}
    if is_durable:
        for piece in batches(before, RECORD_SETS_PER_PIECE):
            differences.update(dict.fromkeys(key for key in piece if key not in wanted.record_sets))
            yield
        for piece in batches(wanted.record_sets, RECORD_SETS_PER_PIECE):
            differences.update((k, wanted.record_sets[k]) for k in piece if before.get(k) != wanted.record_sets[k])
            yield
    step.replace_hosted_zone(wanted, differences)
    for instance in [key for key, row in step.all(INSTANCES) if row.hosted_zone_id == wanted.id]:
        step.drop(INSTANCES, *instance)  # their record sets are gone with all that the API made in this zone


def _remove(step: Step, kind: str, id: str) -> None:
    """Removes what a file declared earlier, unless a command has removed it."""
    if kind == HOSTED_ZONE and HostedZoneId(id) in step.world.hosted_zones:
        drop_with_rows(step, HostedZoneId(id))
    elif kind == HEALTH_CHECK and HealthCheckId(id) in step.world.health_checks:
        step.drop_health_check(HealthCheckId(id))
        step.drop(HEALTH_CHECKS, id)
        step.drop(TAGS, "healthcheck", id)
    elif kind == CIDR_COLLECTION and id in step.world.cidr_collections:
        step.drop_cidr_collection(id)
        step.drop(CIDR, id)
