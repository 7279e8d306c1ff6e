"""A request held against the model: everything that Route 53 refuses before it looks at any hosted zone (A30)."""

from collections.abc import Iterator, Mapping
from typing import Any

from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.route53.facets import SCHEMA_TYPES, facets, not_empty
from dnsemu.route53.invalid_input import constraint_fault, schema_fault
from dnsemu.route53.model import NAMESPACE, ModelShape, Operation

_NOT_EMPTY = {("CreateHostedZoneRequest", "Name")}
"""Strings that the schema wants a character of, although the model does not say so (A87)."""


def validate(operation: Operation, request: Mapping[str, Any]) -> dict[str, Any]:
    """Hold a request's values against the model's constraints, and return it as Route 53 reads it.

    The XML schema looks first, at the body alone, then the validator at everything; the first fault found wins.
    The one difference between what comes and what is returned: a health check's type in upper case (H2).

    Raises:
        InvalidInput: in the schema's words (A26) or the validator's (A27).
    """
    members = operation.input.members
    body = {name: value for name, value in request.items() if members[name].location == "body"}
    wanted = [name for name in operation.input.required if members[name].location == "body"]
    for fault in _schema_faults(operation.input, body, operation.root or operation.name, wanted):
        raise fault
    for fault in _missing_parameters(operation.input, request):
        raise fault
    for fault in _structure_faults(operation.input, request, ""):
        raise fault
    return _with_type_in_upper_case(request)


def _schema_faults(
    shape: ModelShape, value: Any, element: str, required: list[str] | None = None
) -> Iterator[InvalidInput]:
    """What the schema finds in a body, in document order; an element's missing content at its end.

    Args:
        required: where not all that the model requires of this structure is in the body.
    """
    if shape.type == "structure":
        for name, part in value.items():
            if (shape.name, name) in _NOT_EMPTY and not part:
                yield schema_fault(not_empty().refused(part, shape.members[name].shape.name))
            yield from _schema_faults(shape.members[name].shape, part, name)
        for name in shape.required if required is None else required:
            if name not in value:
                yield _incomplete(element, name)
    elif shape.item:
        for part in value:
            yield from _schema_faults(shape.item, part, shape.item_name)
        if not value and shape.minimum:
            yield _incomplete(element, shape.item_name)
    elif schema_type := SCHEMA_TYPES.get(shape.name):
        for facet in facets(shape):
            if not facet.holds(value):
                yield schema_fault(facet.refused(value, schema_type))


def _incomplete(element: str, missing: str) -> InvalidInput:
    return schema_fault(
        f"cvc-complex-type.2.4.b: The content of element '{element}' is not complete. "
        f"One of '{{\"{NAMESPACE}\":{missing}}}' is expected."
    )


def _missing_parameters(shape: ModelShape, request: Mapping[str, Any]) -> Iterator[InvalidInput]:
    """What should have come with the path or the query string; the schema saw to the body."""
    for name in shape.required:
        if name not in request:
            yield constraint_fault(None, _camel(name), "Member must not be null")


def _structure_faults(shape: ModelShape, value: Mapping[str, Any], path: str) -> Iterator[InvalidInput]:
    for name, part in value.items():
        yield from _constraint_faults(shape.members[name].shape, part, f"{path}{_camel(name)}")


def _constraint_faults(shape: ModelShape, value: Any, path: str) -> Iterator[InvalidInput]:
    if shape.type == "structure":
        yield from _structure_faults(shape, value, f"{path}.")
        return
    for facet in facets(shape):
        if not facet.holds(value):
            yield constraint_fault(value, path, facet.constraint)
    if shape.item and shape.item.type == "structure":
        for number, part in enumerate(value, 1):
            yield from _constraint_faults(shape.item, part, f"{path}.{number}.member")
    elif shape.item and not all(facet.holds(part) for part in value for facet in facets(shape.item)):
        # A list of plain values is quoted as a whole, with all that is demanded of each (H13).
        demands = ", ".join(facet.constraint for facet in facets(shape.item))
        yield constraint_fault(value, path, f"Member must satisfy constraint: [{demands}]")


def _camel(name: str) -> str:
    """`VPCRegion` → `vPCRegion` (A27)."""
    return name[0].lower() + name[1:]


def _with_type_in_upper_case(request: Mapping[str, Any]) -> dict[str, Any]:
    config = request.get("HealthCheckConfig")
    if config is None:
        return dict(request)
    return {**request, "HealthCheckConfig": {**config, "Type": config["Type"].upper()}}
