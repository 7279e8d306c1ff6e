"""Checks a request against the model, as Route 53 does before it looks at any hosted zone (A30)."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any

from dnsemu.commands.errors.record_sets import NoSuchChange
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.config.text.ids import bare_id
from dnsemu.route53.facets import SCHEMA_MEMBERS, SCHEMA_TYPES, facets, not_empty
from dnsemu.route53.invalid_input import constraint_error, quoted_elements, schema_error
from dnsemu.route53.model import ModelShape, Operation

_NOT_EMPTY: Mapping[str, str] = {"CreateHostedZoneRequest": "Name"}
"""By structure: a string that the schema requires not to be empty, although the model does not (A87)."""

_PATHS: Mapping[str, Mapping[str, str]] = {"CreateHostedZoneRequest": {"DelegationSetId": "resourceId"}}
"""By structure: paths in the validator's messages that are not named after their member (A48)."""

_NONE: Mapping[str, str] = {}

Errors = Iterator[InvalidInput | None]
"""The errors of a request, the first of which is raised; None after each part of a list, to pause there."""


def validate(operation: Operation, request: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """Checks a request without a pause; parameters, result and errors are those of `validate_in_steps`."""
    return at_once(validate_in_steps(operation, request, strict=strict))


def validate_in_steps(
    operation: Operation, request: Mapping[str, Any], *, strict: bool = False
) -> Steps[dict[str, Any]]:
    """Checks a request's values against the model's constraints, and returns the request as Route 53 reads it.

    First the XML schema checks the body, then the validator checks everything; the first error found is raised.
    The returned request differs in the type of a health check, which is in upper case (H2), and in ids, which have
    lost their prefix (A46).

    Args:
        strict: keep the prefix where Route 53 does not take it off.
    Raises:
        InvalidInput: in the schema's wording (A26) or the validator's (A27).
        NoSuchChange: with `strict`, for the id of a change with its prefix.
    """
    members = operation.input.members
    body = {name: value for name, value in request.items() if members[name].location == "body"}
    required = [name for name in operation.input.required if members[name].location == "body"]
    for error in chain(
        _schema_errors(operation.input, body, operation.root or operation.name, required),
        _missing_parameters(operation.input, request),
        _structure_errors(operation.input, request, ""),
    ):
        if error is not None:
            raise error
        yield
    if strict and operation.name == "GetChange" and "/" in request["Id"]:
        raise NoSuchChange(request["Id"])
    return _with_type_in_upper_case((yield from _bare(operation.input, request)))


def _schema_errors(
    shape: ModelShape, value: Any, element: str, required: list[str] | None = None, schema_type: str | None = None
) -> Errors:
    """Yields the schema's errors about a body, in document order; about missing content at the element's end.

    Args:
        required: the members that must be in the body, if not all that the model requires are sent there.
        schema_type: the schema's name for the type of this member, if it is not that of the shape.
    """
    if shape.type == "structure":
        not_empty_name, types = _NOT_EMPTY.get(shape.name), SCHEMA_MEMBERS.get(shape.name, _NONE)
        for name, part in value.items():
            if name == not_empty_name and not part:
                yield schema_error(not_empty().schema_sentence(part, shape.members[name].shape.name))
            yield from _schema_errors(shape.members[name].shape, part, name, schema_type=types.get(name))
        for name in shape.required if required is None else required:
            if name not in value:
                yield _incomplete(element, name)
    elif shape.item:
        for part in value:
            yield from _schema_errors(shape.item, part, shape.item_name)
            yield None
        if not value and shape.minimum:
            yield _incomplete(element, shape.item_name)
    elif schema_type := schema_type or SCHEMA_TYPES.get(shape.name):
        for facet in facets(shape):
            if not facet.holds(value):
                yield schema_error(facet.schema_sentence(value, schema_type))


def _incomplete(element: str, missing: str) -> InvalidInput:
    return schema_error(
        f"cvc-complex-type.2.4.b: The content of element '{element}' is not complete. "
        f"One of {quoted_elements([missing])} is expected."
    )


def _missing_parameters(shape: ModelShape, request: Mapping[str, Any]) -> Iterator[InvalidInput]:
    """Yields an error for each missing parameter in the path or query string; the schema checks the body."""
    for name in shape.required:
        if name not in request:
            yield constraint_error(None, _camel(name), "Member must not be null")


def _structure_errors(shape: ModelShape, value: Mapping[str, Any], path: str) -> Errors:
    paths = _PATHS.get(shape.name, _NONE)
    for name, part in value.items():
        at = paths.get(name) or f"{path}{_camel(name)}"
        yield from _constraint_errors(shape.members[name].shape, part, at)


def _constraint_errors(shape: ModelShape, value: Any, path: str) -> Errors:
    if shape.type == "structure":
        yield from _structure_errors(shape, value, f"{path}.")
        return
    for facet in facets(shape):
        if not facet.holds(value):
            yield constraint_error(value, path, facet.constraint)
    if shape.item and shape.item.type == "structure":
        for number, part in enumerate(value, 1):
            yield from _constraint_errors(shape.item, part, f"{path}.{number}.member")
            yield None
    elif shape.item and not all(facet.holds(part) for part in value for facet in facets(shape.item)):
        # A list of plain values is quoted as a whole, with all constraints on its items (H13).
        constraints = ", ".join(facet.constraint for facet in facets(shape.item))
        yield constraint_error(value, path, f"Member must satisfy constraint: [{constraints}]")


def _camel(name: str) -> str:
    """`VPCRegion` → `vPCRegion` (A27)."""
    return name[0].lower() + name[1:]


def _bare(shape: ModelShape, value: Any) -> Steps[Any]:
    """Returns a value without the prefixes of ids in it; the value itself if there are none."""
    if shape.is_id:
        return bare_id(value)
    if shape.item:
        return (yield from _bare_parts(shape.item, value)) if _holds_ids(shape.item) else value
    stripped = {}
    for name, inner in _with_ids(shape):
        if name in value:
            stripped[name] = yield from _bare(inner, value[name])
    return {**value, **stripped} if stripped else value


def _bare_parts(shape: ModelShape, values: list[Any]) -> Steps[list[Any]]:
    bare = []
    for value in values:
        bare.append((yield from _bare(shape, value)))
        yield
    return bare


@cache
def _with_ids(shape: ModelShape) -> tuple[tuple[str, ModelShape], ...]:
    """Returns the members of a structure that may have an id in them."""
    return tuple((name, member.shape) for name, member in shape.members.items() if _holds_ids(member.shape))


@cache
def _holds_ids(shape: ModelShape) -> bool:
    """True if a value of this shape may have an id in it."""
    inner = (shape.item,) if shape.item else tuple(member.shape for member in shape.members.values())
    return shape.is_id or any(map(_holds_ids, inner))


def _with_type_in_upper_case(request: Mapping[str, Any]) -> dict[str, Any]:
    config = request.get("HealthCheckConfig")
    if config is None:
        return dict(request)
    return {**request, "HealthCheckConfig": {**config, "Type": config["Type"].upper()}}
