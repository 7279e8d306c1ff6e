"""Operations on traffic policy instances: a policy version at a name of a hosted zone (api.md §16, R193–R196)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.requests import InvalidInput, used_up
from dnsemu.commands.errors.traffic import (
    ConflictingTypes,
    NoSuchTrafficPolicyInstance,
    TooManyTrafficPolicyInstances,
    TrafficPolicyInstanceAlreadyExists,
)
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL, existing_zone
from dnsemu.commands.pagination import page, page_size
from dnsemu.commands.record_sets.batch import ZoneDraft
from dnsemu.commands.traffic.policies import INSTANCES, InstanceRow, existing_version
from dnsemu.config import names
from dnsemu.config.errors import Severity
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.list_order import list_name
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.hosted_zone import insertion_problems
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step

MAX_INSTANCES = 5
"""Quota of an account (R209.12)."""

InstancePosition = tuple[str, str, str]
"""The position of an instance in a list: zone, name as lists compare it, type."""


def create_traffic_policy_instance(request: Request, step: Step, context: Context) -> Response:
    """Creates an instance at a name; one record set is listed for its whole tree (A310, A311, R195)."""
    zone = existing_zone(step, request["HostedZoneId"])
    if zone.is_private:
        message = f"Hosted zone {zone.id} is private: traffic policies are for public hosted zones."
        raise InvalidInput(message)
    policy_id, version = request["TrafficPolicyId"], request["TrafficPolicyVersion"]
    type = RRType[existing_version(step, policy_id, version).type]
    name = _name(request["Name"])
    _check_name(zone, name, type)
    if context.settings.has_quotas and sum(1 for _ in step.all(INSTANCES)) >= MAX_INSTANCES:
        quota = "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER"
        raise TooManyTrafficPolicyInstances(used_up(quota, "traffic policy instances"))
    instance_id = context.ids.uuid()
    row = InstanceRow(
        zone.id,
        names.to_text(name),
        request["TTL"],
        policy_id,
        version,
        type.name,
        applied_at=context.now + context.settings.change_delay_s,
    )
    step.put(INSTANCES, instance_id, row=row)
    step.change_record_sets(zone.id, put=[RecordSet(name, type, traffic_policy_instance_id=instance_id)])
    return {
        "TrafficPolicyInstance": _to_api(instance_id, row, row.settling),
        "Location": f"{BASE_URL}/trafficpolicyinstance/{instance_id}",
    }


def update_traffic_policy_instance(request: Request, step: Step, context: Context) -> Response:
    """Changes an instance's version or TTL, for all its answers at once (R193, R194, A312)."""
    row = _existing(step, request["Id"])
    policy_id, version = request["TrafficPolicyId"], request["TrafficPolicyVersion"]
    type = existing_version(step, policy_id, version).type
    if type != row.type:
        message = f"The instance answers type {row.type}, and version {version} of the traffic policy is for {type}."
        raise ConflictingTypes(message)
    row = replace(
        row,
        ttl_s=request["TTL"],
        policy_id=policy_id,
        policy_version=version,
        settling="Updating",
        applied_at=context.now + context.settings.change_delay_s,
    )
    step.put(INSTANCES, request["Id"], row=row)
    return {"TrafficPolicyInstance": _to_api(request["Id"], row, row.settling)}


def delete_traffic_policy_instance(request: Request, step: Step, context: Context) -> Response:
    """Deletes an instance and its listed record set (A312)."""
    instance_id = request["Id"]
    row = _existing(step, instance_id)
    step.drop(INSTANCES, instance_id)
    zone = step.world.hosted_zones.get(HostedZoneId(row.hosted_zone_id))
    key = names.parse(row.name), RRType[row.type], None
    listed = zone.record_sets.get(key) if zone is not None else None
    if zone is not None and listed is not None and listed.traffic_policy_instance_id == instance_id:
        step.change_record_sets(zone.id, removed=[key])
    return {}


def get_traffic_policy_instance(request: Request, step: Step, context: Context) -> Response:
    """Returns an instance; it is applied once its change is in sync (R194)."""
    row = _existing(step, request["Id"])
    return {"TrafficPolicyInstance": _to_api(request["Id"], row, _state(row, context))}


def get_traffic_policy_instance_count(request: Request, step: Step, context: Context) -> Response:
    """Counts the instances."""
    return {"TrafficPolicyInstanceCount": sum(1 for _ in step.all(INSTANCES))}


def list_traffic_policy_instances(request: Request, step: Step, context: Context) -> Response:
    """Lists all instances by zone, name and type."""
    return _listed(step.all(INSTANCES), request, context)


def list_traffic_policy_instances_by_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Lists the instances in a zone by name and type."""
    zone = existing_zone(step, request["HostedZoneId"])
    rows = ((key, row) for key, row in step.all(INSTANCES) if row.hosted_zone_id == zone.id)
    response = _listed(rows, request | {"HostedZoneIdMarker": zone.id}, context)
    response.pop("HostedZoneIdMarker", None)
    return response


def list_traffic_policy_instances_by_policy(request: Request, step: Step, context: Context) -> Response:
    """Lists the instances of a policy version by zone, name and type."""
    version = request["TrafficPolicyId"], request["TrafficPolicyVersion"]
    existing_version(step, *version)
    rows = ((key, row) for key, row in step.all(INSTANCES) if (row.policy_id, row.policy_version) == version)
    return _listed(rows, request, context)


def _listed(rows: Iterable[tuple[tuple[str, ...], InstanceRow]], request: Request, context: Context) -> Response:
    """Returns a page of instances, from the markers on, which need not be those of an existing instance (A191)."""
    size = page_size(request)
    start = _start(request)
    entries = sorted((_position(row), key[0], row) for key, row in rows)
    shown, following = page((entry for entry in entries if entry[0] >= start), size)
    response: Response = {
        "TrafficPolicyInstances": [_to_api(key, row, _state(row, context)) for _, key, row in shown],
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if following is None:
        return response
    row = following[2]
    return response | {
        "HostedZoneIdMarker": row.hosted_zone_id,
        "TrafficPolicyInstanceNameMarker": row.name,
        "TrafficPolicyInstanceTypeMarker": row.type,
    }


def _start(request: Request) -> InstancePosition:
    name = request.get("TrafficPolicyInstanceNameMarker")
    return (
        bare_id(request.get("HostedZoneIdMarker") or ""),
        list_name(_name(name)) if name else "",
        request.get("TrafficPolicyInstanceTypeMarker") or "",
    )


def _position(row: InstanceRow) -> InstancePosition:
    return row.hosted_zone_id, list_name(names.parse(row.name)), row.type


def _name(text: str) -> DName:
    try:
        return names.parse(text)
    except BadName as error:
        raise InvalidInput(f"FATAL problem: {error}") from None


def _check_name(zone: HostedZone, name: DName, type: RRType) -> None:
    """Checks that a record set of this name and type can be created in the zone (A310).

    Raises:
        TrafficPolicyInstanceAlreadyExists: there is one.
        InvalidInput: the rules forbid it.
    """
    if zone.record_sets.has_group(name, type):
        message = f"There is already a record set or traffic policy instance {names.to_text(name)} of type {type.name}."
        raise TrafficPolicyInstanceAlreadyExists(message)
    for problem in insertion_problems(RecordSet(name, type, traffic_policy_instance_id=""), ZoneDraft(zone)):
        if problem.severity is Severity.ERROR:
            raise InvalidInput(problem.message)


def _existing(step: Step, instance_id: str) -> InstanceRow:
    row = step.get(INSTANCES, instance_id)
    if row is None:
        raise NoSuchTrafficPolicyInstance(instance_id)
    return row


def _state(row: InstanceRow, context: Context) -> str:
    return "Applied" if context.now >= row.applied_at else row.settling


def _to_api(instance_id: str, row: InstanceRow, state: str) -> dict[str, Any]:
    return {
        "Id": instance_id,
        "HostedZoneId": row.hosted_zone_id,
        "Name": row.name,
        "TTL": row.ttl_s,
        "State": state,
        "Message": "",
        "TrafficPolicyId": row.policy_id,
        "TrafficPolicyVersion": row.policy_version,
        "TrafficPolicyType": row.type,
    }
