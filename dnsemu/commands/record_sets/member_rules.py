"""Checks which members of a ResourceRecordSet exclude or require each other (A125–A128, A134)."""

from collections.abc import Mapping
from typing import Any

from dnsemu.commands.errors.requests import InvalidInput

_POLICIES = (
    "Weight",
    "Region",
    "Failover",
    "GeoLocation",
    "MultiValueAnswer",
    "GeoProximityLocation",
    "CidrRoutingConfig",
)
_SIMPLE = frozenset({"Name", "Type", "TTL", "ResourceRecords"})
_SOURCES = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
_ONE_POLICY = "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]"
_PLACES = "[AWSRegion, LocalZoneGroup, or at least one of [Coordinates, or all of [Latitude, and Longitude]]]"


def check_members(data: Mapping[str, Any], action: str) -> None:
    """Checks that the members of a ResourceRecordSet go together.

    Args:
        action: the action of its change, which messages quote.
    Raises:
        InvalidInput: about the first rule that is broken.
    """
    if data.keys() == _SIMPLE:
        return
    name, type, identifier = data["Name"], data["Type"], data.get("SetIdentifier")
    quoted = "null" if identifier is None else identifier
    position = f" in Change with [Action={action}, Name={name}, Type={type}, SetIdentifier={quoted}]"
    has_ttl, has_values = "TTL" in data, "ResourceRecords" in data
    if "TrafficPolicyInstanceId" in data and not has_ttl:
        has_values = False  # as it is listed (A311)
    others = ("AliasTarget" in data) + ("TrafficPolicyInstanceId" in data)
    if others + (has_ttl or has_values) > 1:
        raise _not_one(_SOURCES, "more than one", position)
    if not others and not (has_ttl and has_values):
        raise _not_one(_SOURCES, "none", position)
    policies = [member for member in _POLICIES if member in data and data[member] is not False]
    if len(policies) > 1:
        raise _not_one(_ONE_POLICY, "more than one", position)
    if identifier is not None and not policies:
        raise _not_one(_ONE_POLICY, "none", position)
    if policies and identifier is None:
        raise InvalidInput(f"Invalid request: Missing field 'SetIdentifier'{position}")
    if (near := data.get("GeoProximityLocation")) is not None:
        places = sum(member in near for member in ("AWSRegion", "LocalZoneGroup", "Coordinates"))
        if places != 1:
            raise _not_one(_PLACES, "more than one" if places else "none", "")


def _not_one(expected: str, found: str, position: str) -> InvalidInput:
    return InvalidInput(f"Invalid request: Expected exactly one of {expected}, but found {found}{position}")
