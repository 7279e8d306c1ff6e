"""Traffic policies: documents by version (api.md §16); what they make at a name is in `traffic_policy_instances`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import dropwhile
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.requests import InvalidInput
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
"""Of an account, where quotas count (R209.12)."""

MAX_VERSIONS = 1000
"""Of a policy; no higher number can be written either (A301)."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One version of a traffic policy; the document is kept as it was sent (A300)."""

    name: str
    type: str
    document: str
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the versions of a policy share: its place in the order of creation, and the highest version ever (R192)."""

    number: int
    highest_version: int


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """A tree of records that a policy version makes at a name of a zone; `ttl_s` is in seconds.

    It is `settling` (Creating, Updating) until it is applied at `applied_at`, in seconds since the epoch (R194).
    """

    hosted_zone_id: str
    name: str
    ttl_s: int
    policy_id: str
    policy_version: int
    type: str
    settling: str = "Creating"
    applied_at: float = 0.0


POLICIES = Table("traffic_policies", PolicyRow)
"""By id and version."""

LINEAGES = Table("traffic_policy_lineages", Lineage)
"""By id, as long as there is a version."""

INSTANCES = Table("traffic_policy_instances", InstanceRow)
"""By id."""


def create_traffic_policy(request: Request, step: Step, context: Context) -> Response:
    """A new policy, of version 1 (A300, R192)."""
    name = request["Name"]
    if any(row.name == name for _, row in step.all(POLICIES)):
        raise TrafficPolicyAlreadyExists(f"A traffic policy named {name} already exists.")
    numbers = [lineage.number for _, lineage in step.all(LINEAGES)]
    if context.settings.has_quotas and len(numbers) >= MAX_POLICIES:
        raise TooManyTrafficPolicies(f"This account has its {MAX_POLICIES} traffic policies already.")
    row = PolicyRow(name, _type(request["Document"]), request["Document"], request.get("Comment"))
    policy_id = context.ids.uuid()
    step.put(LINEAGES, policy_id, row=Lineage(max(numbers, default=0) + 1, 1))
    return _created(step, policy_id, 1, row)


def create_traffic_policy_version(request: Request, step: Step, context: Context) -> Response:
    """A new version of a policy, with the number after the highest that there ever was (R192)."""
    policy_id = request["Id"]
    lineage, versions = _existing_lineage(step, policy_id)
    version = lineage.highest_version + 1
    if version > MAX_VERSIONS:
        message = f"Traffic policy {policy_id} has had its {MAX_VERSIONS} versions: create another policy."
        raise TooManyTrafficPolicyVersionsForCurrentPolicy(message)
    name = next(iter(versions.values())).name
    row = PolicyRow(name, _type(request["Document"]), request["Document"], request.get("Comment"))
    step.put(LINEAGES, policy_id, row=replace(lineage, highest_version=version))
    return _created(step, policy_id, version, row)


def update_traffic_policy_comment(request: Request, step: Step, context: Context) -> Response:
    """Put another comment on a version: all that can change of it (A301)."""
    policy_id, version = request["Id"], request["Version"]
    row = replace(existing_version(step, policy_id, version), comment=request["Comment"])
    step.put(POLICIES, policy_id, str(version), row=row)
    return {"TrafficPolicy": _shown(policy_id, version, row)}


def delete_traffic_policy(request: Request, step: Step, context: Context) -> Response:
    """Take one version away that no instance uses; with the last one the policy is gone (A301, R198)."""
    policy_id, version = request["Id"], request["Version"]
    existing_version(step, policy_id, version)
    if any((row.policy_id, row.policy_version) == (policy_id, version) for _, row in step.all(INSTANCES)):
        raise TrafficPolicyInUse("Policy is in use for at least one instance")
    step.drop(POLICIES, policy_id, str(version))
    if not _versions(step, policy_id):
        step.drop(LINEAGES, policy_id)
    return {}


def get_traffic_policy(request: Request, step: Step, context: Context) -> Response:
    """One version of a policy, its document as it was sent (A300)."""
    row = existing_version(step, request["Id"], request["Version"])
    return {"TrafficPolicy": _shown(request["Id"], request["Version"], row)}


def list_traffic_policies(request: Request, step: Step, context: Context) -> Response:
    """The policies in the order of their creation, each with its latest version (A302).

    A marker of a policy that is gone has nothing behind it.
    """
    size = page_size(request)
    versions: dict[str, dict[int, PolicyRow]] = {}
    for (policy_id, version), row in step.all(POLICIES):
        versions.setdefault(policy_id, {})[int(version)] = row
    numbers = {key[0]: lineage.number for key, lineage in step.all(LINEAGES)}
    ids: Iterator[str] = iter(sorted(versions, key=lambda policy_id: numbers.get(policy_id, 0)))
    if marker := request.get("TrafficPolicyIdMarker"):
        ids = dropwhile(lambda policy_id: policy_id != marker, ids)
    here, following = page(ids, size)
    return {
        "TrafficPolicySummaries": [_summary(policy_id, versions[policy_id]) for policy_id in here],
        "IsTruncated": following is not None,
        "TrafficPolicyIdMarker": following or "",
        "MaxItems": str(size),
    }


def list_traffic_policy_versions(request: Request, step: Step, context: Context) -> Response:
    """The versions of a policy in the order of their numbers, from the marker's on (A191)."""
    size = page_size(request)
    _, versions = _existing_lineage(step, request["Id"])
    marker = request.get("TrafficPolicyVersionMarker") or "1"
    if not (marker.isascii() and marker.isdigit()):
        raise InvalidInput(f"TrafficPolicyVersionMarker is '{marker}': write the number of a version.")
    here, following = page((version for version in sorted(versions) if version >= int(marker)), size)
    return {
        "TrafficPolicies": [_shown(request["Id"], version, versions[version]) for version in here],
        "IsTruncated": following is not None,
        "TrafficPolicyVersionMarker": str(following) if following is not None else "",
        "MaxItems": str(size),
    }


def existing_version(step: Step, policy_id: str, version: int) -> PolicyRow:
    """A version of a policy.

    Raises:
        NoSuchTrafficPolicy: there is none.
    """
    row = step.get(POLICIES, policy_id, str(version))
    if row is None:
        raise NoSuchTrafficPolicy(policy_id, version)
    return row


def _existing_lineage(step: Step, policy_id: str) -> tuple[Lineage, dict[int, PolicyRow]]:
    versions = _versions(step, policy_id)
    if not versions:
        raise NoSuchTrafficPolicy(policy_id)
    return step.get(LINEAGES, policy_id) or Lineage(0, max(versions)), versions


def _versions(step: Step, policy_id: str) -> dict[int, PolicyRow]:
    return {int(key[1]): row for key, row in step.all(POLICIES) if key[0] == policy_id}


def _type(document: str) -> str:
    """The DNS type of a document that is in order."""
    try:
        return parse(document).type.name
    except BadDocument as error:
        raise InvalidTrafficPolicyDocument(str(error)) from None


def _created(step: Step, policy_id: str, version: int, row: PolicyRow) -> Response:
    step.put(POLICIES, policy_id, str(version), row=row)
    location = f"{BASE_URL}/trafficpolicy/{policy_id}/{version}"
    return {"TrafficPolicy": _shown(policy_id, version, row), "Location": location}


def _shown(policy_id: str, version: int, row: PolicyRow) -> dict[str, Any]:
    shown = {"Id": policy_id, "Version": version, "Name": row.name, "Type": row.type, "Document": row.document}
    return shown | ({"Comment": row.comment} if row.comment is not None else {})


def _summary(policy_id: str, versions: dict[int, PolicyRow]) -> dict[str, Any]:
    latest = max(versions)
    return {
        "Id": policy_id,
        "Name": versions[latest].name,
        "Type": versions[latest].type,
        "LatestVersion": latest,
        "TrafficPolicyCount": len(versions),
    }
