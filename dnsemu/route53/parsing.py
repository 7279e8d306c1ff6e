"""Requests → parameters, named and typed as in a botocore call."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from dnsemu.commands.errors.requests import InvalidInput, MalformedInput
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.route53.invalid_input import constraint_error, schema_error, unexpected_element
from dnsemu.route53.model import NAMESPACE, Member, ModelShape, Operation
from dnsemu.route53.xml_document import Element, read_document

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
"""At most 18 digits, so that every such number fits in 64 bits."""
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_XML_SPACE = " \t\r\n"


def parse(
    operation: Operation,
    path_parameters: Mapping[str, str],
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    strict: bool = False,
) -> dict[str, Any]:
    """Reads a request without a pause; parameters, result and errors are those of `parse_in_steps`."""
    return at_once(parse_in_steps(operation, path_parameters, query, headers, body, strict=strict))


def parse_in_steps(
    operation: Operation,
    path_parameters: Mapping[str, str],
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    strict: bool = False,
) -> Steps[dict[str, Any]]:
    """Reads a request into its operation's parameters, named and typed by the model.

    Absent members stay absent; an empty element is an empty string, list or structure. Elements may come in any
    order. Whatever the model does not know is refused by name, so that nothing a client asks for is dropped (A5).
    An empty body has no members.

    Args:
        query: percent-decoded, each name once.
        headers: looked up by the names of the model.
        strict: refuse a body outside Route 53's namespace (A25).
    Raises:
        MalformedInput: the body cannot be read, or is for another operation (A24).
        InvalidInput: a value, element or parameter is not valid or not known (A5, A25, A26, A27).
    """
    _refuse_unknown_parameters(operation, query)
    sources = {"uri": path_parameters, "querystring": query, "header": headers}
    request = {
        member.name: _parameter(member, sources[member.location][member.wire_name])
        for member in operation.input.members.values()
        if member.wire_name in sources.get(member.location, ())
    }
    if operation.root and body:
        document = yield from read_document(body)
        root = document.root
        if root.name != operation.root:
            raise MalformedInput(f"{root.name} is not valid, expected {operation.root}")
        if strict and document.namespace != NAMESPACE:
            raise InvalidInput(f"Invalid XML ; cvc-elt.1: Cannot find the declaration of element '{root.name}'.")
        request |= yield from _structure(operation.input, root)
    elif body:
        yield from _refuse_members(body)
    return request


def _refuse_unknown_parameters(operation: Operation, query: Mapping[str, str]) -> None:
    """Refuses parameters that the model does not know. Those of signatures and SDKs begin with `X-` or `x-`."""
    known = [member.wire_name for member in operation.input.members.values() if member.location == "querystring"]
    for name in query:
        if name not in known and not name.lower().startswith("x-"):
            takes = ", ".join(known) or "none"
            raise InvalidInput(f"Unknown query parameter '{name}': {operation.name} takes {takes}.")


def _refuse_members(body: bytes) -> Steps[None]:
    """Refuses members in the body of an operation that has none; a body that is not XML has no members (A4)."""
    try:
        document = yield from read_document(body)
    except MalformedInput:
        return
    if document.root.children:
        raise unexpected_element(document.root.children[0].name, ())


def _parameter(member: Member, text: str) -> Any:
    try:
        return _scalar(member.shape, text)
    except ValueError:
        path = member.name[0].lower() + member.name[1:]
        raise constraint_error(text, path, f"Member must be of type {member.shape.type}") from None


def _structure(shape: ModelShape, element: Element) -> Steps[dict[str, Any]]:
    _refuse_text(element)
    found: dict[str, Any] = {}
    for child in element.children:
        member = shape.members.get(child.name)
        if member is None or member.location != "body" or member.name in found:
            raise unexpected_element(child.name, _remaining(shape, found))
        found[member.name] = yield from _value(member.shape, child)
    return found


def _remaining(shape: ModelShape, found: Container[str]) -> Iterator[str]:
    """Yields the elements of a structure that have not come yet."""
    return (name for name, member in shape.members.items() if member.location == "body" and name not in found)


def _refuse_text(element: Element) -> None:
    """Refuses text where the schema has elements only."""
    if element.text.strip(_XML_SPACE):
        raise schema_error(
            f"cvc-complex-type.2.3: Element '{element.name}' cannot have character [children], because the type's "
            "content type is element-only."
        )


def _value(shape: ModelShape, element: Element) -> Steps[Any]:
    if shape.type == "structure":
        return (yield from _structure(shape, element))
    if shape.item:
        return (yield from _list(shape, shape.item, element))
    if element.children:
        raise schema_error(
            f"cvc-type.3.1.2: Element '{element.name}' is a simple type, so it must have no element information item "
            "[children]."
        )
    try:
        return _scalar(shape, element.text)
    except ValueError:
        type = shape.type if shape.type in ("boolean", "long") else "integer"
        raise schema_error(f"cvc-datatype-valid.1.2.1: '{element.text}' is not a valid value for '{type}'.") from None


def _list(shape: ModelShape, item: ModelShape, element: Element) -> Steps[list[Any]]:
    _refuse_text(element)
    # AWS also accepts `member` in a CidrList (A6).
    names = {shape.item_name, "member"} if shape.name == "CidrList" else {shape.item_name}
    for child in element.children:
        if child.name not in names:
            raise unexpected_element(child.name, [shape.item_name])
    values = []
    for child in element.children:
        values.append((yield from _value(item, child)))
        yield
    return values


def _scalar(shape: ModelShape, text: str) -> Any:
    """Reads a value as XML Schema does. Requests hold no other types than these.

    Raises:
        ValueError: the text is not a value of the type.
    """
    if shape.type in ("integer", "long"):
        if not _INTEGER.fullmatch(text.strip(_XML_SPACE)):
            raise ValueError(text)
        return int(text)
    if shape.type == "boolean":
        if (value := _BOOLEANS.get(text.strip(_XML_SPACE))) is None:
            raise ValueError(text)
        return value
    return text
