"""The two wordings of InvalidInput for a value that breaks the model: the XML schema's and the validator's."""

from typing import Any

from dnsemu.commands.errors.requests import InvalidInput

_SCHEMA = (
    "Invalid XML ; javax.xml.stream.XMLStreamException: org.xml.sax.SAXParseException; "
    "lineNumber: 1; columnNumber: 1; {}"
)


def schema_error(detail: str) -> InvalidInput:
    """An error of the XML schema about a body; `detail` is a `cvc-…` sentence. The position is always 1:1 (A26)."""
    return InvalidInput(_SCHEMA.format(detail))


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
