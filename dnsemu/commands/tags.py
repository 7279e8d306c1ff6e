"""Tags of hosted zones and health checks (A220–A223)."""

from dataclasses import dataclass, replace
from unicodedata import category

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.health_checks import NoSuchHealthCheck, NoSuchHealthCheckSource
from dnsemu.commands.errors.hosted_zones import NoSuchHostedZone
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_TAGS = 50
"""Tags of one resource (A223)."""

NAME_KEY = "Name"
"""The tag that names a health check for people, as in the console."""

_MAX_ZONE_ID = 32
_RESERVED = "aws:"
_SPECIAL = frozenset("_.:/=+-@")
_KINDS = frozenset("LNZ")
"""Letters, numbers and spaces, by the first letter of a character's Unicode category."""


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
        tags[_new_key(tag)] = _checked(tag.get("Value", ""))
    for key in request.get("RemoveTagKeys", ()):
        tags.pop(key, None)
    if len(tags) > MAX_TAGS:
        raise InvalidInput(f"A resource can have {MAX_TAGS} tags; {resource_id} would have {len(tags)}.")
    if kind == "healthcheck" and (name := tags.get(NAME_KEY) or None) != _tags(step, kind, resource_id).get(NAME_KEY):
        step.put_health_check(replace(step.world.health_checks[HealthCheckId(resource_id)], name=name))
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
    """Returns the type and id of an existing resource. A prefix is part of the id here, so it names nothing (A221).

    Raises:
        NoSuchHostedZone, NoSuchHealthCheck, NoSuchHealthCheckSource: the resource does not exist.
        InvalidInput: the id is too long for a hosted zone.
    """
    if kind == "healthcheck":
        if resource_id not in step.world.health_checks:
            raise NoSuchHealthCheck(resource_id)
    elif kind == "healthchecksource":
        raise NoSuchHealthCheckSource(resource_id)
    elif len(resource_id) > _MAX_ZONE_ID:
        raise InvalidInput(
            f"1 validation error detected: Value '{resource_id}' at 'resourceId' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MAX_ZONE_ID}",
        )
    elif resource_id not in step.world.hosted_zones:
        raise NoSuchHostedZone(resource_id)
    return kind, resource_id


def _new_key(tag: dict[str, str]) -> str:
    key = tag.get("Key", "")
    if not key:
        raise InvalidInput("A tag needs a Key of at least one character.")
    if key.startswith(_RESERVED):
        raise InvalidInput(f"Tag keys that start with {_RESERVED} are reserved, but found '{key}'.")
    return _checked(key)


def _checked(text: str) -> str:
    """Returns a key or value that has only the characters of tags (A223)."""
    if not all(char in _SPECIAL or category(char)[0] in _KINDS for char in text):
        raise InvalidInput(
            "Invalid parameter : Tags can only contain letters, numbers, spaces, and the following special characters: "
            "_ . : / = + - @"
        )
    return text
