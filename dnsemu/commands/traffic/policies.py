"""Operations on traffic policies and their versions (api.md §16); `instances` has those on their instances."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.requests import InvalidInput, used_up
from dnsemu.commands.errors.traffic import (
    InvalidTrafficPolicyDocument,
    NoSuchTrafficPolicy,
    TooManyTrafficPolicies,
    TooManyTrafficPolicyVersionsForCurrentPolicy,
    TrafficPolicyAlreadyExists,
    TrafficPolicyInUse,
)
from dnsemu.commands.hosted_zones.hosted_zones import BASE_URL
from dnsemu.commands.pagination import page, page_size
from dnsemu.commands.traffic.document import parse
from dnsemu.commands.traffic.fields import BadDocument
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_POLICIES = 50
"""Quota of an account (R209.12)."""

MAX_VERSIONS = 1000
"""Versions of one policy; the API accepts no higher version number (A301)."""


@dataclass(frozen=True, slots=True)
class PolicyVersionRow:
    """One version of a traffic policy; the document is stored as it was sent (A300)."""

    name: str
    type: str
    document: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A traffic policy: its number in the order of creation, and the highest version that it ever had (R192)."""

    number: int
    highest_version: int


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance of a policy version at a name of a hosted zone; `ttl_s` is in seconds.

    Its state is `settling` (Creating, Updating) until `applied_at`, in seconds since the epoch (R194).
    """

    hosted_zone_id: str
    name: str
    ttl_s: int
    policy_id: str
    policy_version: int
    type: str
    settling: str = "Creating"
    applied_at: float = 0.0


POLICY_VERSIONS = Table("traffic_policies", PolicyVersionRow)
"""By id and version."""

POLICIES = Table("traffic_policy_lineages", PolicyRow)
"""By id, as long as the policy has a version."""

INSTANCES = Table("traffic_policy_instances", InstanceRow)
"""By id."""


def create_traffic_policy(request: Request, step: Step, context: Context) -> Response:
    """Creates a policy with version 1 (A300, R192)."""
    name = request["Name"]
    if any(row.name == name for _, row in step.all(POLICY_VERSIONS)):
        raise TrafficPolicyAlreadyExists(f"A traffic policy named {name} already exists.")
    numbers = [policy.number for _, policy in step.all(POLICIES)]
    if context.settings.has_quotas and len(numbers) >= MAX_POLICIES:
        raise TooManyTrafficPolicies(used_up("MAX_TRAFFIC_POLICIES_BY_OWNER", "traffic policies"))
    row = PolicyVersionRow(name, _document_type(request["Document"]), request["Document"], request.get("Comment"))
    policy_id = context.ids.uuid()
    step.put(POLICIES, policy_id, row=PolicyRow(max(numbers, default=0) + 1, 1))
    return _created_response(step, policy_id, 1, row)


def create_traffic_policy_version(request: Request, step: Step, context: Context) -> Response:
    """Creates a version of a policy, numbered after the highest one that the policy ever had (R192)."""
    policy_id = request["Id"]
    policy, versions = _existing_policy(step, policy_id)
    version = policy.highest_version + 1
    if version > MAX_VERSIONS:
        message = f"Traffic policy {policy_id} has had its {MAX_VERSIONS} versions: create another policy."
        raise TooManyTrafficPolicyVersionsForCurrentPolicy(message)
    name = next(iter(versions.values())).name
    row = PolicyVersionRow(name, _document_type(request["Document"]), request["Document"], request.get("Comment"))
    step.put(POLICIES, policy_id, row=replace(policy, highest_version=version))
    return _created_response(step, policy_id, version, row)


def update_traffic_policy_comment(request: Request, step: Step, context: Context) -> Response:
    """Changes the comment of a version; nothing else of a version can change (A301)."""
    policy_id, version = request["Id"], request["Version"]
    row = replace(existing_version(step, policy_id, version), comment=request["Comment"])
    step.put(POLICY_VERSIONS, policy_id, str(version), row=row)
    return {"TrafficPolicy": _to_api(policy_id, version, row)}


def delete_traffic_policy(request: Request, step: Step, context: Context) -> Response:
    """Deletes a version that no instance uses; deleting the last one deletes the policy (A301, R198)."""
    policy_id, version = request["Id"], request["Version"]
    existing_version(step, policy_id, version)
    if any((row.policy_id, row.policy_version) == (policy_id, version) for _, row in step.all(INSTANCES)):
        raise TrafficPolicyInUse("Policy is in use for at least one instance")
    step.drop(POLICY_VERSIONS, policy_id, str(version))
    if not _versions(step, policy_id):
        step.drop(POLICIES, policy_id)
    return {}


def get_traffic_policy(request: Request, step: Step, context: Context) -> Response:
    """Returns one version of a policy, its document as it was sent (A300)."""
    row = existing_version(step, request["Id"], request["Version"])
    return {"TrafficPolicy": _to_api(request["Id"], request["Version"], row)}


def list_traffic_policies(request: Request, step: Step, context: Context) -> Response:
    """Lists policies in the order of their creation, each with its latest version (A302).

    After the marker of a deleted policy the list is empty.
    """
    size = page_size(request)
    versions: dict[str, dict[int, PolicyVersionRow]] = {}
    for (policy_id, version), row in step.all(POLICY_VERSIONS):
        versions.setdefault(policy_id, {})[int(version)] = row
    numbers = {key[0]: policy.number for key, policy in step.all(POLICIES)}
    ids: Iterator[str] = iter(sorted(versions, key=lambda policy_id: numbers.get(policy_id, 0)))
    if marker := request.get("TrafficPolicyIdMarker"):
        ids = dropwhile(lambda policy_id: policy_id != marker, ids)
    shown, following = page(ids, size)
    return {
        "TrafficPolicySummaries": [_summary(policy_id, versions[policy_id]) for policy_id in shown],
        "IsTruncated": following is not None,
        "TrafficPolicyIdMarker": following or "",
        "MaxItems": str(size),
    }


def list_traffic_policy_versions(request: Request, step: Step, context: Context) -> Response:
    """Lists the versions of a policy by number, from the marker on (A191)."""
    size = page_size(request)
    _, versions = _existing_policy(step, request["Id"])
    marker = request.get("TrafficPolicyVersionMarker") or "1"
    if not (marker.isascii() and marker.isdigit()):
        raise InvalidInput(f"TrafficPolicyVersionMarker is '{marker}': write the number of a version.")
    shown, following = page((version for version in sorted(versions) if version >= int(marker)), size)
    return {
        "TrafficPolicies": [_to_api(request["Id"], version, versions[version]) for version in shown],
        "IsTruncated": following is not None,
        "TrafficPolicyVersionMarker": str(following) if following is not None else "",
        "MaxItems": str(size),
    }


def existing_version(step: Step, policy_id: str, version: int) -> PolicyVersionRow:
    """Returns a version of a policy.

    Raises:
        NoSuchTrafficPolicy: it does not exist.
    """
    row = step.get(POLICY_VERSIONS, policy_id, str(version))
    if row is None:
        raise NoSuchTrafficPolicy(policy_id, version)
    return row


def _existing_policy(step: Step, policy_id: str) -> tuple[PolicyRow, dict[int, PolicyVersionRow]]:
    versions = _versions(step, policy_id)
    if not versions:
        raise NoSuchTrafficPolicy(policy_id)
    return step.get(POLICIES, policy_id) or PolicyRow(0, max(versions)), versions


def _versions(step: Step, policy_id: str) -> dict[int, PolicyVersionRow]:
    return {int(key[1]): row for key, row in step.all(POLICY_VERSIONS) if key[0] == policy_id}


def _document_type(document: str) -> str:
    """Returns the DNS type of a document.

    Raises:
        InvalidTrafficPolicyDocument: the document is not valid.
    """
    try:
        return parse(document).type.name
    except BadDocument as error:
        raise InvalidTrafficPolicyDocument(str(error)) from None


def _created_response(step: Step, policy_id: str, version: int, row: PolicyVersionRow) -> Response:
    step.put(POLICY_VERSIONS, policy_id, str(version), row=row)
    location = f"{BASE_URL}/trafficpolicy/{policy_id}/{version}"
    return {"TrafficPolicy": _to_api(policy_id, version, row), "Location": location}


def _to_api(policy_id: str, version: int, row: PolicyVersionRow) -> dict[str, Any]:
    members = {"Id": policy_id, "Version": version, "Name": row.name, "Type": row.type, "Document": row.document}
    return members | ({"Comment": row.comment} if row.comment is not None else {})


def _summary(policy_id: str, versions: dict[int, PolicyVersionRow]) -> dict[str, Any]:
    latest = max(versions)
    return {
        "Id": policy_id,
        "Name": versions[latest].name,
        "Type": versions[latest].type,
        "LatestVersion": latest,
        "TrafficPolicyCount": len(versions),
    }
