"""The two ways in which Route 53 words a value that breaks the model: its XML schema's, and its validator's."""

from typing import Any

from dnsemu.commands.errors.requests import InvalidInput

_SCHEMA = (
    "Invalid XML ; javax.xml.stream.XMLStreamException: org.xml.sax.SAXParseException; "
    "lineNumber: 1; columnNumber: 1; {}"
)


def schema_fault(detail: str) -> InvalidInput:
    """A body that the XML schema refuses; `detail` is a `cvc-…` sentence. The place is always given as 1:1 (A26)."""
    return InvalidInput(_SCHEMA.format(detail))


def constraint_fault(value: Any, path: str, constraint: str) -> InvalidInput:
    """A member that breaks a constraint, at a path such as `changeBatch.changes.1.member.action` (A27)."""
    what = "null" if value is None else f"'{shown(value)}'"
    return InvalidInput(
        f"1 validation error detected: Value {what} at '{path}' failed to satisfy constraint: {constraint}",
    )


def shown(value: Any) -> str:
    """A value as Route 53 quotes it: lists in brackets, booleans in lower case."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={shown(part)}' for name, part in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
