"""The two wordings of InvalidInput for a value that breaks the model: the XML schema's and the validator's."""

from collections.abc import Iterable
from typing import Any

from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.route53.model import NAMESPACE

_SCHEMA = (
    "Invalid XML ; javax.xml.stream.XMLStreamException: org.xml.sax.SAXParseException; "
    "lineNumber: 1; columnNumber: 1; {}"
)


def schema_error(detail: str) -> InvalidInput:
    """An error of the XML schema about a body; `detail` is a `cvc-…` sentence. The position is always 1:1 (A26)."""
    return InvalidInput(_SCHEMA.format(detail))


def unexpected_element(name: str, expected: Iterable[str]) -> InvalidInput:
    """An error of the XML schema about an element that is unknown where it stands, or comes a second time (A5).

    Args:
        expected: the elements that may stand there; none if there is no more room.
    """
    found = f"Invalid content was found starting with element '{name}'."
    if choices := quoted_elements(expected):
        return schema_error(f"cvc-complex-type.2.4.a: {found} One of {choices} is expected.")
    return schema_error(f"cvc-complex-type.2.4.d: {found} No child element is expected at this point.")


def quoted_elements(names: Iterable[str]) -> str:
    """Formats names of elements as the schema does, `'{"https://…/":Name}'`; empty if there are none."""
    listed = ", ".join(f'"{NAMESPACE}":{name}' for name in names)
    return f"'{{{listed}}}'" if listed else ""


def constraint_error(value: Any, path: str, constraint: str) -> InvalidInput:
    """An error of the validator about a member, at a path such as `changeBatch.changes.1.member.action` (A27)."""
    quoted = "null" if value is None else f"'{quotable(value)}'"
    return InvalidInput(
        f"1 validation error detected: Value {quoted} at '{path}' failed to satisfy constraint: {constraint}",
    )


def quotable(value: Any) -> str:
    """Returns a value as Route 53 quotes it: lists in brackets, booleans in lower case."""
    if isinstance(value, list):
        return f"[{', '.join(map(quotable, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={quotable(part)}' for name, part in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
