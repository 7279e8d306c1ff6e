"""Deletes hosted zones: checks that a zone is empty, and drops the rows that belong to it."""

from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.dnssec.key_signing_keys import DNSSEC, KEY_SIGNING_KEYS, is_signing, keys_of
from dnsemu.commands.errors.hosted_zones import HostedZoneNotEmpty
from dnsemu.commands.hosted_zones.hosted_zones import ZONES, existing_zone, zone_row
from dnsemu.commands.hosted_zones.query_logging import QUERY_LOGGING
from dnsemu.commands.record_sets.protections import PROTECTIONS, has_protections
from dnsemu.commands.tags import TAGS
from dnsemu.commands.traffic.policies import INSTANCES
from dnsemu.commands.vpcs import AUTHORIZATIONS
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.step import Step
from dnsemu.state.tables import Table


def delete_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Deletes a zone that holds only its NS and SOA, with its rows (A92, A93).

    Its caller reference stays used (A86), and its changes stay available.
    """
    zone = existing_zone(step, request["Id"])
    if (obstacle := _obstacle(step, zone)) is not None:
        raise HostedZoneNotEmpty(f"The specified hosted zone {obstacle} and so cannot be deleted.")
    drop_with_rows(step, zone.id)
    return {"ChangeInfo": context.change(step)}


def drop_with_rows(step: Step, zone_id: HostedZoneId) -> None:
    """Removes a zone, even one that is not empty, and all rows that belong to it."""
    step.drop_hosted_zone(zone_id)
    step.drop(TAGS, "hostedzone", zone_id)
    for table in _KEYED_BY_ZONE:
        for key in [key for key, _ in step.all(table) if key[0] == zone_id]:
            step.drop(table, *key)
    for table in _NAMING_A_ZONE:
        for key in [key for key, row in step.all(table) if row.hosted_zone_id == zone_id]:
            step.drop(table, *key)


def _obstacle(step: Step, zone: HostedZone) -> str | None:
    """Returns the reason why a zone cannot be deleted, or None (A92, A435)."""
    required = {(zone.name, RRType.NS, None), (zone.name, RRType.SOA, None)}
    if any(key not in required for key in zone.record_sets):
        return "contains non-required resource record sets"
    if keys_of(step, zone.id):
        return "contains DNSSEC Key Signing Keys"
    if is_signing(step, zone.id):
        return "has DNSSEC signing enabled"
    if has_protections(step, zone.id):
        return "contains resource record set protections"
    if any(row.hosted_zone_id == zone.id for _, row in step.all(INSTANCES)):
        return "contains traffic policy instances"
    if zone_row(step, zone.id).accelerated_recovery:
        return "has accelerated recovery enabled"
    return None


_KEYED_BY_ZONE: tuple[Table[Any], ...] = (ZONES, AUTHORIZATIONS, DNSSEC, KEY_SIGNING_KEYS, PROTECTIONS)
_NAMING_A_ZONE: tuple[Table[Any], ...] = (QUERY_LOGGING, INSTANCES)
