"""ResourceRecordSet ↔ record set: conversion from and to the service model's members.

Both directions run for every record set of a zone, so they are written by hand, without pydantic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dnsemu.commands.errors.record_sets import InvalidChangeBatch
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.routing import (
    Failover,
    FailoverRole,
    Geolocation,
    Geoproximity,
    IpBased,
    Latency,
    Multivalue,
    Routing,
    Simple,
    Weighted,
)
from dnsemu.config.names import BadName
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import TYPES_BY_NAME, RRType
from dnsemu.config.shapes.record_sets import MAX_VALUES
from dnsemu.config.text.degrees import degrees_text, spelling
from dnsemu.config.text.ids import bare_id

UNSUPPORTED = (
    "This resource record set includes an attribute that is unsupported on this Route 53 API version. "
    "Please consider using a newer API version or a tool that does so."
)
"""The value with which the record set of a traffic policy instance is listed (A311)."""

TOO_MANY_VALUES = "Cannot have more than 400 records in a RRSet."

_SIMPLE = Simple()
_MULTIVALUE = Multivalue()
_ROLES = {role.value: Failover(role) for role in FailoverRole}


def to_api(record_set: RecordSet) -> dict[str, Any]:
    """Returns a ResourceRecordSet, members in the model's order (A201), names as Route 53 prints them (A49).

    Values are exactly as they were sent (A183). A location has the members that were sent, a bias of 0 too.
    """
    members: dict[str, Any] = {"Name": names.to_text(record_set.name), "Type": record_set.type.name}
    if record_set.set_identifier is not None:
        members["SetIdentifier"] = record_set.set_identifier
    last: dict[str, Any] = {}
    match record_set.routing:
        case Weighted(weight):
            members["Weight"] = weight
        case Latency(region):
            members["Region"] = region
        case Geolocation() as place:
            members["GeoLocation"] = _geo_location(place)
        case Failover(role):
            members["Failover"] = role.value
        case Multivalue():
            members["MultiValueAnswer"] = True
        case IpBased(collection_id, location):
            last["CidrRoutingConfig"] = {"CollectionId": collection_id, "LocationName": location}
        case Geoproximity() as place:
            last["GeoProximityLocation"] = _geo_proximity_location(place)
    if record_set.traffic_policy_instance_id is not None:
        members["ResourceRecords"] = [{"Value": UNSUPPORTED}]
        last["TrafficPolicyInstanceId"] = record_set.traffic_policy_instance_id
    elif record_set.alias is None:
        members["TTL"] = record_set.ttl
        members["ResourceRecords"] = [{"Value": value} for value in record_set.values]
    else:
        alias = record_set.alias
        members["AliasTarget"] = {
            "HostedZoneId": alias.hosted_zone_id,
            "DNSName": names.to_text(alias.name),
            "EvaluateTargetHealth": alias.evaluate_target_health,
        }
    if record_set.health_check_id is not None:
        members["HealthCheckId"] = record_set.health_check_id
    return members | last if last else members


def _geo_location(place: Geolocation) -> dict[str, Any]:
    codes = {
        "ContinentCode": place.continent,
        "CountryCode": place.country,
        "SubdivisionCode": place.subdivision,
    }
    return {member: code for member, code in codes.items() if code is not None}


def _geo_proximity_location(place: Geoproximity) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if place.region is not None:
        found["AWSRegion"] = place.region
    elif place.local_zone_group is not None:
        found["LocalZoneGroup"] = place.local_zone_group
    else:
        usual = degrees_text(place.latitude or 0.0), degrees_text(place.longitude or 0.0)
        latitude, longitude = place.spelling or usual
        found["Coordinates"] = {"Latitude": latitude, "Longitude": longitude}
    if place.bias or place.is_zero_bias_written:
        found["Bias"] = place.bias
    return found


@dataclass(frozen=True, slots=True)
class ParsedRecordSet:
    """The result of parsing a ResourceRecordSet.

    `messages` are Route 53's sentences about what is wrong; `record_set` is None if there are any.
    """

    key: RecordSetKey
    record_set: RecordSet | None
    messages: tuple[str, ...] = ()


def from_api(data: Mapping[str, Any]) -> ParsedRecordSet:
    """Parses a ResourceRecordSet that passed `check_members`; its name is absolute even without a last dot (A50).

    Raises:
        InvalidChangeBatch: the name is not valid; the message has no brackets (A52).
    """
    messages: list[str] = []
    try:
        name = names.parse(data["Name"])
    except BadName as error:
        raise InvalidChangeBatch.with_message(f"FATAL problem: {error}") from None
    type, identifier = TYPES_BY_NAME[data["Type"]], data.get("SetIdentifier")
    key = (name, type, identifier)
    target = data.get("AliasTarget")
    alias = _alias(target, messages) if target is not None else None
    values = tuple([record["Value"] for record in data.get("ResourceRecords", ())])
    rdata = _rdata(type, values, messages)
    if messages:
        return ParsedRecordSet(key, None, tuple(messages))
    check_id = data.get("HealthCheckId")
    record_set = RecordSet(
        name,
        type,
        _SIMPLE if identifier is None else _routing(data),
        identifier,
        data.get("TTL"),
        values,
        rdata,
        alias,
        HealthCheckId(check_id) if check_id is not None else None,
        data.get("TrafficPolicyInstanceId"),
    )
    return ParsedRecordSet(key, record_set)


def _alias(target: Mapping[str, Any], messages: list[str]) -> AliasTarget | None:
    try:
        name = names.parse(target["DNSName"])
    except BadName as error:
        messages.append(f"FATAL problem: {error}")
        return None
    return AliasTarget(HostedZoneId(bare_id(target["HostedZoneId"])), name, target["EvaluateTargetHealth"])


def _rdata(type: RRType, values: tuple[str, ...], messages: list[str]) -> tuple[bytes, ...]:
    if len(values) > MAX_VALUES:
        messages.append(TOO_MANY_VALUES)
        return ()
    rdata = []
    for value in values:
        try:
            rdata.append(parse_value(type, value))
        except BadValue as error:
            messages.append(f"Invalid Resource Record: '{error}'")
    return tuple(rdata)


def _routing(data: Mapping[str, Any]) -> Routing:
    """Returns the routing of a record set that has exactly one policy."""
    if (weight := data.get("Weight")) is not None:
        return Weighted(weight)
    if (region := data.get("Region")) is not None:
        return Latency(region)
    if (role := data.get("Failover")) is not None:
        return _ROLES[role]
    if data.get("MultiValueAnswer"):
        return _MULTIVALUE
    if (place := data.get("GeoLocation")) is not None:
        return Geolocation(place.get("ContinentCode"), place.get("CountryCode"), place.get("SubdivisionCode"))
    if (cidr := data.get("CidrRoutingConfig")) is not None:
        return IpBased(cidr["CollectionId"], cidr["LocationName"])
    near = data["GeoProximityLocation"]
    point = near.get("Coordinates")
    bias = near.get("Bias")
    place = Geoproximity(
        near.get("AWSRegion"), near.get("LocalZoneGroup"), bias=bias or 0, is_zero_bias_written=bias == 0
    )
    if point is None:
        return place
    latitude, longitude = point["Latitude"], point["Longitude"]
    written = spelling(latitude, longitude)
    return replace(place, latitude=float(latitude), longitude=float(longitude), spelling=written)
