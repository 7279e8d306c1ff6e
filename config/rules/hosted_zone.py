"""Rules for a record set in its hosted zone.

`insertion_problems` checks a record set against those already in the zone, `alias.alias_problems` checks its target.
The API runs both per change, in the order of the batch (A113). For a file the second runs after all entries are read,
as their order does not matter.
"""

from collections.abc import Iterator, Sequence

from dnsemu.config import names
from dnsemu.config.errors import Problem
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.checked_zone import CheckedZone
from dnsemu.config.rules.group import group_problems
from dnsemu.config.rules.record_set import record_set_problems

_AT = ("name",)


def zone_name_problem(name: DName) -> Problem | None:
    """Returns the problem of a name that no hosted zone can have (R8, R12), if any."""
    if name == names.ROOT:
        return Problem("zone-name", "R12", "the root cannot be a hosted zone", "write a name such as shop.test", _AT)
    if names.is_wildcard(name):
        message = "Creation of hosted zone with a wildcard domain name is not supported."
        plain = "a hosted zone cannot have a wildcard's name"
        return Problem("zone-name", "R8", message, "leave the * out", _AT, plain=plain)
    return None


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
        shown, zone_name = names.display(record_set.name), names.display(zone.name)
        instead = "write a name in the zone, or leave its last dot out"
        plain = f"{shown} is not in the hosted zone {zone_name}"
        yield Problem("outside-zone", "R10", message, instead, ("name",), plain=plain)
    if names.is_wildcard(record_set.name) and record_set.type is RRType.NS:
        message = "Changing wildcard NS record sets are not supported. No changes made."
        plain = "a wildcard cannot be delegated"
        yield Problem("wildcard-ns", "A172", message, "delegate each name by itself", ("name",), plain=plain)
    if record_set.type is RRType.SOA and record_set.name != zone.name:
        message = f"RRSet of type SOA with DNS name {names.to_text(record_set.name)} is not permitted below the apex"
        plain = "a hosted zone has one SOA record set, at its own name"
        yield Problem("soa-below-apex", "R14", message, "write name: '@', or leave it out", ("name",), plain=plain)
    yield from record_set_problems(record_set)


# --- the record set and other types ---


def _cname_problems(record_set: RecordSet, zone: CheckedZone, here: Sequence[RecordSet]) -> Iterator[Problem]:
    at_apex = record_set.name == zone.name
    if not here and not (at_apex and record_set.type is RRType.CNAME):
        return
    name, zone_name = names.to_text(record_set.name), names.to_text(zone.name)
    if record_set.type is RRType.CNAME:
        if at_apex:
            message = f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone_name}"
            plain = f"a CNAME cannot stand at the hosted zone's own name, {names.display(zone.name)}"
            yield Problem("cname-at-apex", "R24", message, "write an alias_target of type A or AAAA", plain=plain)
        elif any(other.type is not RRType.CNAME for other in here):
            message = (
                f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with "
                f"the same DNS name in zone {zone_name}"
            )
            plain = f"a CNAME cannot share its name, and {names.display(record_set.name)} has other record sets"
            yield Problem("cname-alone", "R24", message, "give it another name", plain=plain)
    elif any(other.type is RRType.CNAME for other in here):
        message = (
            f"RRSet of type {record_set.type.name} with DNS name {name} is not permitted because a conflicting RRSet "
            f"of type CNAME with the same DNS name already exists in zone {zone_name}"
        )
        plain = f"{names.display(record_set.name)} has a CNAME, which cannot share its name"
        yield Problem("cname-alone", "R24", message, "give one of them another name", plain=plain)
