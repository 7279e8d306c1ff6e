"""Rules for a record set by itself, on the model: they hold for files, the API, snapshots and the store alike."""

from collections.abc import Iterator

from dnsemu.config import names
from dnsemu.config.errors import Path, Problem, quoted
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import (
    Failover,
    FailoverRole,
    Geoproximity,
    IpBased,
    Multivalue,
    Simple,
    Weighted,
)
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.group import subject
from dnsemu.config.rules.places import place_problem
from dnsemu.config.shapes.geo import is_location
from dnsemu.config.shapes.record_sets import (
    MAX_SET_IDENTIFIER_CHARACTERS,
    MAX_TTL_S,
    MAX_VALUE_CHARACTERS,
    MAX_VALUES,
)

MAX_SVC_PRIORITY = 32767
MAX_WEIGHT = 255
MAX_BIAS = 99
DEFAULT_LOCATION = "*"
"""Stands for clients of no CIDR location (R92)."""

_AT_VALUES = ("resource_records",)
_AT_PLACE = ("geo_proximity_location",)


def record_set_problems(record_set: RecordSet) -> Iterator[Problem]:
    """Yields problems of a record set alone: its fields, their ranges, and what goes with its policy."""
    yield from _source_problems(record_set)
    yield from _value_problems(record_set)
    if not isinstance(record_set.routing, Simple) or record_set.set_identifier is not None:
        yield from _identifier_problems(record_set)
        yield from _range_problems(record_set)
    yield from _policy_problems(record_set)


# --- values ---


def _source_problems(record_set: RecordSet) -> Iterator[Problem]:
    """Yields problems of the source of the answers: values with their TTL, an alias, or a traffic policy instance."""
    ttl, values = record_set.ttl, record_set.values
    if record_set.alias is not None or record_set.traffic_policy_instance_id is not None:
        kind = "an alias" if record_set.alias is not None else "a record set of a traffic policy instance"
        if record_set.alias is not None and record_set.traffic_policy_instance_id is not None:
            message = "an alias is of no traffic policy instance"
            yield Problem("alias-and-instance", "A311", message, "leave one out", ("alias_target",))
        for field, is_written in (("ttl", ttl is not None), ("resource_records", bool(values or record_set.rdata))):
            if is_written:
                yield Problem("alias-and-values", "R20", f"{kind} has no {field}", "leave it out", (field,))
        return
    if ttl is None:
        yield Problem("ttl-missing", "R20", "ttl is missing", f"write whole seconds from 0 to {MAX_TTL_S}")
    elif not 0 <= ttl <= MAX_TTL_S:
        yield _out_of_range("ttl-range", "R20", ttl, 0, MAX_TTL_S, ("ttl",))
    if not values:
        yield Problem("no-values", "A125", "there are no values", "write resource_records, or an alias_target")
    elif len(values) > MAX_VALUES:
        message = "Cannot have more than 400 records in a RRSet."
        plain = f"there are {len(values)} values, and a record set has at most {MAX_VALUES}"
        instead = "divide them among record sets with a routing policy"
        yield Problem("too-many-values", "A118", message, instead, _AT_VALUES, plain=plain)
    elif any(len(value) > MAX_VALUE_CHARACTERS for value in values):
        for index, value in enumerate(values):
            if len(value) > MAX_VALUE_CHARACTERS:
                message = f"the value has {len(value)} characters"
                yield Problem("value-length", "R17", message, "at most 4000 are allowed", (*_AT_VALUES, index))
    elif len(record_set.rdata) != len(values):
        yield Problem("rdata", "", "values and rdata differ in number", "write the values alone", _AT_VALUES)


def _value_problems(record_set: RecordSet) -> Iterator[Problem]:
    type = record_set.type
    if type in (RRType.CNAME, RRType.SOA) and len(record_set.values) > 1:
        name = names.to_text(record_set.name)
        message = f"RRSet of type {type.name} with DNS name {name} must contain exactly one resource record."
        plain = f"a {type.name} record set has one value, and this one has {len(record_set.values)}"
        yield Problem("one-value", "R15", message, "write one value", _AT_VALUES, plain=plain)
    if len(record_set.rdata) > 1 and len(set(record_set.rdata)) != len(record_set.rdata):
        seen: set[bytes] = set()
        for index, rdata in enumerate(record_set.rdata):
            if rdata in seen:
                message = f"Duplicate Resource Record: '{record_set.values[index]}'"
                plain = f"{quoted(record_set.values[index])} is written twice"
                yield Problem(
                    "value-twice", "A174", message, "write each value once", (*_AT_VALUES, index), plain=plain
                )
            seen.add(rdata)
    if type in (RRType.SVCB, RRType.HTTPS):
        for index, rdata in enumerate(record_set.rdata):
            if int.from_bytes(rdata[:2]) > MAX_SVC_PRIORITY:
                instead = f"write a priority from 0 to {MAX_SVC_PRIORITY}"
                message, plain = "Unsupported SvcPriority value.", f"the priority is above {MAX_SVC_PRIORITY}"
                yield Problem("svc-priority", "A173", message, instead, (*_AT_VALUES, index), plain=plain)


def _out_of_range(id: str, rule: str, value: float, least: float, most: float, path: Path) -> Problem:
    """Makes the problem of a number outside its range, in the words that files get from their shapes."""
    side = f"below {least}" if value < least else f"above {most}"
    message = f"{quoted(value)} is {side}" if value == value else f"{quoted(value)} is no number"
    return Problem(id, rule, message, f"write a number from {least} to {most}", path)


# --- the routing policy ---


def _identifier_problems(record_set: RecordSet) -> Iterator[Problem]:
    identifier, is_simple = record_set.set_identifier, isinstance(record_set.routing, Simple)
    at = ("set_identifier",)
    if identifier is None:
        message = f"{type(record_set.routing).__name__.lower()} routing needs a set_identifier"
        yield Problem("set-identifier-missing", "R30", message, "write one, unique in its group")
    elif is_simple:
        message = "set_identifier without a routing policy"
        yield Problem("set-identifier-alone", "R30", message, "leave it out, or write a routing policy", at)
    elif not 1 <= len(identifier) <= MAX_SET_IDENTIFIER_CHARACTERS:
        message = f"the set identifier has {len(identifier)} characters"
        yield Problem("set-identifier", "R30", message, f"write 1 to {MAX_SET_IDENTIFIER_CHARACTERS}", at)


def _range_problems(record_set: RecordSet) -> Iterator[Problem]:
    routing = record_set.routing
    if isinstance(routing, Weighted) and not 0 <= routing.weight <= MAX_WEIGHT:
        yield _out_of_range("weight-range", "R62", routing.weight, 0, MAX_WEIGHT, ("weight",))
    elif isinstance(routing, Geoproximity):
        yield from _geoproximity_problems(routing)
    elif isinstance(routing, IpBased) and routing.location != DEFAULT_LOCATION and not is_location(routing.location):
        message = f"{quoted(routing.location)} is no location name"
        path = ("cidr_routing_config", "location_name")
        yield Problem("location-name", "R199", message, "write 1 to 16 of 0-9 A-Z a-z _ -, or *", path)


def _geoproximity_problems(place: Geoproximity) -> Iterator[Problem]:
    point = place.latitude, place.longitude
    given = [place.region is not None, place.local_zone_group is not None, point != (None, None)]
    if sum(given) != 1 or (given[2] and None in point):
        message = "one place is wanted: a Region, a Local Zone group, or latitude and longitude"
        yield Problem("geoproximity-place", "R83", message, "write one of them", _AT_PLACE)
    for field, degrees, limit in (("latitude", place.latitude, 90), ("longitude", place.longitude, 180)):
        if degrees is not None and not abs(degrees) <= limit:
            yield _out_of_range("coordinates", "R83", degrees, -limit, limit, (*_AT_PLACE, "coordinates", field))
    if not -MAX_BIAS <= place.bias <= MAX_BIAS:
        yield _out_of_range("bias-range", "R83", place.bias, -MAX_BIAS, MAX_BIAS, (*_AT_PLACE, "bias"))


def _policy_problems(record_set: RecordSet) -> Iterator[Problem]:
    routing, type = record_set.routing, record_set.type
    is_simple, is_multivalue = isinstance(routing, Simple), isinstance(routing, Multivalue)
    if record_set.alias is not None:
        if type in (RRType.NS, RRType.SOA):
            name = names.to_text(record_set.name)
            message = (
                f"RRSet with DNS name {name}, type {type.name} contains an alias target, "
                "but aliases of that type are forbidden"
            )
            plain = f"a record set of type {type.name} cannot be an alias"
            yield Problem("alias-type", "A168", message, "write resource_records", ("alias_target",), plain=plain)
        if is_multivalue:
            message = "Multivalue answer rrset should not be an alias rrset. No changes made."
            plain = "a record set with multi_value_answer cannot be an alias"
            yield Problem("multivalue-alias", "A162", message, "write resource_records", ("alias_target",), plain=plain)
    if (type in (RRType.NS, RRType.SOA) and not is_simple) or (type is RRType.CNAME and is_multivalue):
        message = f"{subject(record_set)} cannot be created because this type of RRSet is not supported."
        plain = f"a record set of type {type.name} cannot have this routing policy"
        yield Problem("policy-type", "A163", message, "leave the routing policy out", plain=plain)
    if is_simple and record_set.health_check_id is not None:
        message = (
            "DNS name must have alternate ResourceRecordSet responses configured via a routing policy "
            "(e.g., Weight, Region, etc.) if a health check is attached. No changes made."
        )
        instead = "give it a routing policy, such as weight, or leave health_check_id out"
        plain, at = "a health check needs a record set with a routing policy", ("health_check_id",)
        yield Problem("simple-with-health-check", "H155", message, instead, at, plain=plain)
    if isinstance(routing, Failover):
        yield from _primary_problems(record_set, routing)
    if (problem := place_problem(routing)) is not None:
        yield problem


def _primary_problems(record_set: RecordSet, routing: Failover) -> Iterator[Problem]:
    if routing.role is not FailoverRole.PRIMARY or record_set.health_check_id is not None:
        return
    if record_set.alias is None:
        message = "A non-alias primary ResourceRecordSet must have an associated health check. No changes made."
        plain = "a primary record set needs a health check"
        yield Problem("primary-without-check", "R34", message, "write health_check_id", plain=plain)
    elif not record_set.alias.evaluate_target_health:
        message = (
            f"{subject(record_set)} cannot be a primary without EvaluateTargetHealth set to true or an associated "
            "health check as a secondary would never be returned."
        )
        instead = "write evaluate_target_health: true, or health_check_id"
        plain = "a primary alias without evaluate_target_health or a health check never fails over"
        yield Problem("primary-without-check", "A159", message, instead, plain=plain)
