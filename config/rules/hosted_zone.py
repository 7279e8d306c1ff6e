"""Rules for a record set in its hosted zone.

`insertion_problems` checks a record set against those already in the zone, `alias.alias_problems` checks its target.
The API runs both per change, in the order of the batch (A113). For a file the second runs after all entries are read,
as their order does not matter.
"""

from collections.abc import Iterator, Sequence

from dnsemu.config import names
from dnsemu.config.errors import Problem
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Failover, FailoverRole, Multivalue, Simple
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.checked_zone import CheckedZone
from dnsemu.config.rules.group import group_problems, subject
from dnsemu.config.rules.places import place_problem

MAX_SVC_PRIORITY = 32767


def insertion_problems(record_set: RecordSet, zone: CheckedZone) -> Iterator[Problem]:
    """Yields problems of adding a record set to a zone; alias targets are not checked."""
    yield from _own_problems(record_set, zone)
    here = zone.at(record_set.name)
    yield from _cname_problems(record_set, zone, here)
    group = [other for other in here if other.type is record_set.type]
    if group:
        yield from group_problems(record_set, group)


# --- the record set alone ---


def _own_problems(record_set: RecordSet, zone: CheckedZone) -> Iterator[Problem]:
    if not names.is_at_or_below(record_set.name, zone.name):
        name = names.to_text(record_set.name)
        message = f"RRSet with DNS name {name} is not permitted in zone {names.to_text(zone.name)}"
        yield Problem("outside-zone", "R10", message, "write a name in the zone, or leave its last dot out", ("name",))
    if names.is_wildcard(record_set.name) and record_set.type is RRType.NS:
        message = "Changing wildcard NS record sets are not supported. No changes made."
        yield Problem("wildcard-ns", "A172", message, "delegate each name by itself", ("name",))
    if record_set.type is RRType.SOA and record_set.name != zone.name:
        message = f"RRSet of type SOA with DNS name {names.to_text(record_set.name)} is not permitted below the apex"
        yield Problem("soa-below-apex", "R14", message, "write name: '@', or leave it out", ("name",))
    yield from _value_problems(record_set)
    yield from _policy_problems(record_set)


def _value_problems(record_set: RecordSet) -> Iterator[Problem]:
    type = record_set.type
    at = ("resource_records",)
    if type in (RRType.CNAME, RRType.SOA) and len(record_set.values) > 1:
        name = names.to_text(record_set.name)
        message = f"RRSet of type {type.name} with DNS name {name} must contain exactly one resource record."
        yield Problem("one-value", "R15", message, "write one value", at)
    if len(set(record_set.rdata)) != len(record_set.rdata):
        seen: set[bytes] = set()
        for index, rdata in enumerate(record_set.rdata):
            if rdata in seen:
                message = f"Duplicate Resource Record: '{record_set.values[index]}'"
                yield Problem("value-twice", "A174", message, "write each value once", (*at, index))
            seen.add(rdata)
    if type in (RRType.SVCB, RRType.HTTPS):
        for index, rdata in enumerate(record_set.rdata):
            if int.from_bytes(rdata[:2]) > MAX_SVC_PRIORITY:
                instead = f"write a priority from 0 to {MAX_SVC_PRIORITY}"
                yield Problem("svc-priority", "A173", "Unsupported SvcPriority value.", instead, (*at, index))


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
            yield Problem("alias-type", "A168", message, "write resource_records", ("alias_target",))
        if is_multivalue:
            message = "Multivalue answer rrset should not be an alias rrset. No changes made."
            yield Problem("multivalue-alias", "A162", message, "write resource_records", ("alias_target",))
    if (type in (RRType.NS, RRType.SOA) and not is_simple) or (type is RRType.CNAME and is_multivalue):
        message = f"{subject(record_set)} cannot be created because this type of RRSet is not supported."
        yield Problem("policy-type", "A163", message, f"leave the routing policy out: {type.name} takes none")
    if is_simple and record_set.health_check_id is not None:
        message = (
            "DNS name must have alternate ResourceRecordSet responses configured via a routing policy "
            "(e.g., Weight, Region, etc.) if a health check is attached. No changes made."
        )
        instead = "give it a routing policy, such as weight, or leave health_check_id out"
        yield Problem("simple-with-health-check", "H155", message, instead, ("health_check_id",))
    if isinstance(routing, Failover):
        yield from _primary_problems(record_set, routing)
    if (problem := place_problem(routing)) is not None:
        yield problem


def _primary_problems(record_set: RecordSet, routing: Failover) -> Iterator[Problem]:
    if routing.role is not FailoverRole.PRIMARY or record_set.health_check_id is not None:
        return
    if record_set.alias is None:
        message = "A non-alias primary ResourceRecordSet must have an associated health check. No changes made."
        yield Problem("primary-without-check", "R34", message, "write health_check_id")
    elif not record_set.alias.evaluate_target_health:
        message = (
            f"{subject(record_set)} cannot be a primary without EvaluateTargetHealth set to true or an associated "
            "health check as a secondary would never be returned."
        )
        instead = "write evaluate_target_health: true, or health_check_id"
        yield Problem("primary-without-check", "A159", message, instead)


# --- the record set and other types ---


def _cname_problems(record_set: RecordSet, zone: CheckedZone, here: Sequence[RecordSet]) -> Iterator[Problem]:
    at_apex = record_set.name == zone.name
    if not here and not (at_apex and record_set.type is RRType.CNAME):
        return
    name, zone_name = names.to_text(record_set.name), names.to_text(zone.name)
    if record_set.type is RRType.CNAME:
        if at_apex:
            message = f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone_name}"
            yield Problem("cname-at-apex", "R24", message, "write an alias_target of type A or AAAA")
        elif any(other.type is not RRType.CNAME for other in here):
            message = (
                f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with "
                f"the same DNS name in zone {zone_name}"
            )
            yield Problem("cname-alone", "R24", message, "give it another name")
    elif any(other.type is RRType.CNAME for other in here):
        message = (
            f"RRSet of type {record_set.type.name} with DNS name {name} is not permitted because a conflicting RRSet "
            f"of type CNAME with the same DNS name already exists in zone {zone_name}"
        )
        yield Problem("cname-alone", "R24", message, "give one of them another name")
