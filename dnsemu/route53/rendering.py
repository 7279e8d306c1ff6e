"""Responses and errors → XML: one line, members in the model's order (A7–A12, A20)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.route53.model import NAMESPACE, ModelShape, Operation, service

PROLOG = '<?xml version="1.0"?>\n'

_SPECIAL = re.compile("[^ !#-%'-;=?-~\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that text cannot contain unescaped: `&`, `<`, `>`, `"`, control characters, code points of no character.

XML allows `"`, but Route 53 escapes it, and clients that read its XML as text rely on that (A10).
"""
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}

Write = Callable[[Any], str]


def render(operation: Operation, response: Mapping[str, Any]) -> bytes:
    """Writes a response's body: members in the model's order, without those that are absent or None (A7, A8, A12).

    Empty lists and structures become empty elements. For members that travel as headers see `response_headers`.

    Raises:
        ValueError: the response has a member that the model lacks: a bug in the command.
    """
    content = _content_of(operation.output)(response)
    return (PROLOG + _element(f"{operation.name}Response", content, f' xmlns="{NAMESPACE}"')).encode()


def response_headers(operation: Operation, response: Mapping[str, Any]) -> dict[str, str]:
    """Returns the members of a response that travel as HTTP headers: `Location` of a new resource (A11)."""
    members = operation.output.members.values()
    return {m.wire_name: response[m.name] for m in members if m.location == "header" and response.get(m.name)}


def render_error(error: ApiError, request_id: str) -> bytes:
    """Writes the envelope of every error; sender or receiver follows from the HTTP status (A20, A21).

    Members that the model gives an error stand behind its message (A436).
    """
    origin = "Sender" if error.status < 500 else "Receiver"
    code, message = _text(error.code), _text(error.message)
    members = _content_of(service().errors[error.code])(error.members) if error.members else ""
    content = f"<Error><Type>{origin}</Type><Code>{code}</Code><Message>{message}</Message>{members}</Error>"
    envelope = f"{content}<RequestId>{_text(request_id)}</RequestId>"
    return (PROLOG + _element("ErrorResponse", envelope, f' xmlns="{NAMESPACE}"')).encode()


def _element(name: str, content: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


@cache
def _content_of(shape: ModelShape) -> Write:
    """Returns a function that writes the content of an element. One for each shape, so that long lists are fast."""
    if shape.type == "structure":
        return _structure_content(shape)
    if shape.item:
        return _list_content(shape.item, shape.item_name)
    return _SCALARS.get(shape.type, _text)


def _structure_content(shape: ModelShape) -> Write:
    members = [(m.name, _writer(m.shape, m.name)) for m in shape.members.values() if m.location == "body"]

    def content(value: Mapping[str, Any]) -> str:
        if not value.keys() <= shape.members.keys():
            raise ValueError(f"{shape.name} has no {', '.join(sorted(value.keys() - shape.members.keys()))}")
        return "".join([write(value[name]) for name, write in members if value.get(name) is not None])

    return content


def _list_content(item: ModelShape, item_name: str) -> Write:
    write = _writer(item, item_name)

    def content(value: list[Any]) -> str:
        return "".join([write(part) for part in value])

    return content


@cache
def _writer(shape: ModelShape, name: str) -> Write:
    """Returns a function that writes an element with its tags."""
    content, start, end, empty = _content_of(shape), f"<{name}>", f"</{name}>", f"<{name}/>"
    if shape.type in ("structure", "list"):
        return lambda value: f"{start}{inner}{end}" if (inner := content(value)) else empty
    return lambda value: f"{start}{content(value)}{end}"


def _text(value: str) -> str:
    return _SPECIAL.sub(_escaped, value)


def _escaped(special: re.Match[str]) -> str:
    """Returns a character as a reference (A10); one that XML 1.0 §2.2 forbids even so becomes U+FFFD."""
    character = special[0]
    if character in _NAMED:
        return _NAMED[character]
    return f"&#{ord(character)};" if character in "\t\n\r" or "\x7f" <= character <= "\x9f" else "\ufffd"


def _timestamp(value: datetime) -> str:
    """Milliseconds, UTC, `Z` (A9)."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_SCALARS: Mapping[str, Write] = {
    "boolean": lambda value: "true" if value else "false",
    "integer": str,
    "long": str,
    "double": lambda value: str(float(value)),
    "timestamp": _timestamp,
}
