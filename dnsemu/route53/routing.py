"""Method and path → operation, by a tree of path segments that is built once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote

from dnsemu.route53.model import Operation, service

_ID_PREFIXES = frozenset({"change", "delegationset", "hostedzone"})
"""Prefixes of ids in responses (A46). No id is equal to one of them."""


@dataclass(slots=True)
class _Node:
    literals: "dict[str, _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None
    is_id: bool = False
    """True if the segment that leads here is an id."""
    operations: dict[str, Operation] = field(default_factory=dict)
    """By method. Parameters are named by the operation, because methods name the same segment differently."""


def route(method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
    """Returns the operation that a request names, with the parameters in its path; None if there is no such operation.

    A final slash and doubled slashes are ignored, segments are percent-decoded once, and a prefix that stands in
    segments of the path is skipped: `/hostedzone//hostedzone/Z1` names Z1 (A1, A2).

    Args:
        path: as it was sent, not decoded, without the query string.
    """
    node, values = _tree(), []
    segments = [unquote(segment) for segment in path.split("/") if segment]
    for place, segment in enumerate(segments):
        if literal := node.literals.get(segment):
            node = literal
        elif not node.parameter:
            return None
        elif not (node.parameter.is_id and segment in _ID_PREFIXES and place + 1 < len(segments)):
            node = node.parameter
            values.append(segment)
    operation = node.operations.get(method)
    return (operation, dict(zip(_parameters(operation), values, strict=True))) if operation else None


@cache
def _parameters(operation: Operation) -> tuple[str, ...]:
    return tuple(s[1:-1] for s in operation.path.split("/") if s.startswith("{"))


@cache
def _tree() -> _Node:
    root = _Node()
    for operation in service().operations.values():
        ids = {m.wire_name for m in operation.input.members.values() if m.location == "uri" and m.shape.is_id}
        node = root
        for segment in filter(None, operation.path.split("/")):
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node(is_id=segment[1:-1] in ids)
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.operations[operation.method] = operation
    return root
