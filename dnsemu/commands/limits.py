"""Quotas and their use; quotas are enforced only if the settings say so (A350, A351, R209)."""

from collections.abc import Callable
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import HostedZoneNotPrivate
from dnsemu.commands.errors.requests import Unimplemented
from dnsemu.commands.health_checks.health_checks import MAX_HEALTH_CHECKS
from dnsemu.commands.hosted_zones.creation import MAX_ZONES_OF_ACCOUNT
from dnsemu.commands.hosted_zones.delegation_sets import (
    DELEGATION_SETS,
    MAX_DELEGATION_SETS,
    MAX_ZONES_OF_SET,
    existing_set,
    zones_of,
)
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone, zone_row
from dnsemu.commands.record_sets.change import MAX_RECORD_SETS
from dnsemu.commands.traffic.policies import INSTANCES, POLICY_VERSIONS
from dnsemu.commands.vpcs import MAX_VPCS
from dnsemu.state.step import Step

OF_ACCOUNT: dict[str, tuple[int, Callable[[Step], int]]] = {
    "MAX_HEALTH_CHECKS_BY_OWNER": (MAX_HEALTH_CHECKS, lambda step: len(step.world.health_checks)),
    "MAX_HOSTED_ZONES_BY_OWNER": (MAX_ZONES_OF_ACCOUNT, lambda step: len(step.world.hosted_zones)),
    "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": (
        MAX_DELEGATION_SETS,
        lambda step: sum(1 for _ in step.all(DELEGATION_SETS)),
    ),
    "MAX_TRAFFIC_POLICIES_BY_OWNER": (50, lambda step: len({key[0] for key, _ in step.all(POLICY_VERSIONS)})),
    "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER": (5, lambda step: sum(1 for _ in step.all(INSTANCES))),
}
"""By type: the quota of an account, and the function that counts its use."""


def get_account_limit(request: Request, step: Step, context: Context) -> Response:
    """Returns a quota of the account (A350); quotas of what dnsemu does not have are refused by name (A450)."""
    if request["Type"] not in OF_ACCOUNT:
        raise Unimplemented(f"dnsemu does not implement the limit {request['Type']}.")
    value, used = OF_ACCOUNT[request["Type"]]
    return _limit(request, value, used(step))


def get_hosted_zone_limit(request: Request, step: Step, context: Context) -> Response:
    """Returns a quota of one zone; only private zones have a quota of VPCs (A350)."""
    zone = existing_zone(step, request["HostedZoneId"])
    if request["Type"] == "MAX_RRSETS_BY_ZONE":
        return _limit(request, MAX_RECORD_SETS, len(zone.record_sets))
    if not zone.is_private:
        raise HostedZoneNotPrivate("The specified hosted zone is a public hosted zone, not a private hosted zone.")
    return _limit(request, MAX_VPCS, len(zone_row(step, zone.id).vpcs))


def get_reusable_delegation_set_limit(request: Request, step: Step, context: Context) -> Response:
    """Returns the quota of hosted zones for one delegation set (A350)."""
    set_id, _ = existing_set(step, request["DelegationSetId"])
    return _limit(request, MAX_ZONES_OF_SET, sum(1 for _ in zones_of(step, set_id)))


def _limit(request: Request, value: int, used: int) -> dict[str, Any]:
    return {"Limit": {"Type": request["Type"], "Value": value}, "Count": used}
