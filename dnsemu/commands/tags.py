"""Tags of hosted zones and health checks (A220–A223)."""

from dataclasses import dataclass

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.health_checks import NoSuchHealthCheckSource
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.health_checks.status import existing_check
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.config.text.ids import bare_id
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_TAGS = 50
"""Tags of one resource (A223)."""

_MAX_ZONE_ID = 32
_RESERVED = "aws:"


@dataclass(frozen=True, slots=True)
class TagsRow:
    """A resource's tags, as (key, value) in the order in which keys were added; never empty."""

    tags: tuple[tuple[str, str], ...]


TAGS = Table("tags", TagsRow)
"""By resource type (`hostedzone`, `healthcheck`) and bare id. Deleting the resource drops its row (A93, H105)."""


def change_tags_for_resource(request: Request, step: Step, context: Context) -> Response:
    """Adds tags or replaces their values, then removes keys; all of it or nothing (A220)."""
    kind, resource_id = _resource(request["ResourceType"], request["ResourceId"], step)
    if "AddTags" not in request and "RemoveTagKeys" not in request:
        raise InvalidInput("AddTags, RemoveTagKeys or both are needed.")
    tags = _tags(step, kind, resource_id)
    for tag in request.get("AddTags", ()):
        tags[_new_key(tag)] = tag.get("Value", "")
    for key in request.get("RemoveTagKeys", ()):
        tags.pop(key, None)
    if len(tags) > MAX_TAGS:
        raise InvalidInput(f"A resource can have {MAX_TAGS} tags; {resource_id} would have {len(tags)}.")
    if tags:
        step.put(TAGS, kind, resource_id, row=TagsRow(tuple(tags.items())))
    else:
        step.drop(TAGS, kind, resource_id)
    return {}


def list_tags_for_resource(request: Request, step: Step, context: Context) -> Response:
    """Lists the tags of one resource (A222)."""
    return {"ResourceTagSet": _tag_set(request["ResourceType"], request["ResourceId"], step)}


def list_tags_for_resources(request: Request, step: Step, context: Context) -> Response:
    """Lists the tags of several resources of one type; the request fails if one does not exist (A222)."""
    return {"ResourceTagSets": [_tag_set(request["ResourceType"], id, step) for id in request["ResourceIds"]]}


def _tag_set(kind: str, resource_id: str, step: Step) -> Response:
    kind, resource_id = _resource(kind, resource_id, step)
    tags = [{"Key": key, "Value": value} for key, value in _tags(step, kind, resource_id).items()]
    return {"ResourceType": kind, "ResourceId": resource_id, "Tags": tags}


def _tags(step: Step, kind: str, resource_id: str) -> dict[str, str]:
    row = step.get(TAGS, kind, resource_id)
    return dict(row.tags) if row is not None else {}


def _resource(kind: str, resource_id: str, step: Step) -> tuple[str, str]:
    """Returns the type and bare id of an existing resource.

    Raises:
        NoSuchHostedZone, NoSuchHealthCheck, NoSuchHealthCheckSource: the resource does not exist.
        InvalidInput: the id is too long for a hosted zone (A221).
    """
    bare = bare_id(resource_id)
    if kind == "healthcheck":
        existing_check(step, bare)
    elif kind == "healthchecksource":
        raise NoSuchHealthCheckSource(bare)
    elif len(bare) > _MAX_ZONE_ID:
        raise InvalidInput(
            f"1 validation error detected: Value '{bare}' at 'resourceId' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MAX_ZONE_ID}",
        )
    else:
        existing_zone(step, bare)
    return kind, bare


def _new_key(tag: dict[str, str]) -> str:
    key = tag.get("Key", "")
    if not key:
        raise InvalidInput("A tag needs a Key of at least one character.")
    if key.startswith(_RESERVED):
        raise InvalidInput(f"Tag keys that start with {_RESERVED} are reserved, but found '{key}'.")
    return key
