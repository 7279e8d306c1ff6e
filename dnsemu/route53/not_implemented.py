"""Refuses operations and members of requests that the service model has and no command carries out (A70, A450)."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from dnsemu.commands.errors.requests import Unimplemented
from dnsemu.commands.registry import COMMANDS
from dnsemu.route53.model import ModelShape, Operation

MEMBERS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "CreateHostedZoneRequest": {"EnablePublicDNSFallback": (False,), "ChangeGuardrails": ()},
    "HealthCheckConfig": {"EndpointType": ("PUBLIC",), "HealthCheckSourceId": ()},
    "HostedZoneConfig": {"HostedZoneTier": ("STANDARD",)},
    "ResourceRecordSet": {"AZAffinity": ()},
    "UpdateHealthCheckRequest": {"HealthCheckSourceId": ()},
    "UpdateHostedZoneFeaturesRequest": {
        "EnablePublicDNSFallback": (False,),
        "ChangeGuardrails": (),
        "DryRun": (False,),
    },
}
"""By structure: members that no command reads, with the values that ask for what happens anyway."""


def refuse_operation(operation: Operation) -> None:
    """Refuses an operation that has no command.

    Raises:
        Unimplemented: it has none; the message names it.
    """
    if operation.name not in COMMANDS:
        raise Unimplemented(f"dnsemu does not implement {operation.name}.")


def without_defaults(operation: Operation, request: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a request without the members that no command reads and that ask for what happens anyway.

    Raises:
        Unimplemented: such a member asks for something else, so nothing is carried out (A450).
    """
    return _structure(operation.input, request) if _holds_any(operation.input) else dict(request)


def _structure(shape: ModelShape, value: Mapping[str, Any]) -> dict[str, Any]:
    refused = MEMBERS.get(shape.name, {})
    kept = {}
    for name, part in value.items():
        if name not in refused:
            member = shape.members[name].shape
            kept[name] = _part(member, part) if _holds_any(member) else part
        elif part not in refused[name]:
            raise Unimplemented(f"dnsemu does not implement {name} of {shape.name}.")
    return kept


def _part(shape: ModelShape, value: Any) -> Any:
    return [_part(shape.item, item) for item in value] if shape.item else _structure(shape, value)


@cache
def _holds_any(shape: ModelShape) -> bool:
    """True if a value of this shape may have a member of `MEMBERS`."""
    inner = (shape.item,) if shape.item else tuple(member.shape for member in shape.members.values())
    return shape.name in MEMBERS or any(map(_holds_any, inner))
