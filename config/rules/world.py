"""Validates a whole World, whatever entrance it came by: a snapshot, the store, files and the API together.

These are the rules that hold at every moment. A change has to obey more at the moment when it is made: an alias has a
target (A170), a health check exists (A120). Both may go later, so a stored World may lack them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dnsemu.config.errors import Problem
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.routing import Simple
from dnsemu.config.model.world import World
from dnsemu.config.names import DName, display, is_at_or_below
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.health_check import model_problems, ring_problems
from dnsemu.config.rules.hosted_zone import insertion_problems, zone_name_problem
from dnsemu.config.shapes.base import validate
from dnsemu.config.shapes.geo import CidrCollectionShape, written_collection
from dnsemu.config.shapes.hosted_zones import HostedZoneShape
from dnsemu.config.shapes.record_sets import MAX_TTL_S, MAX_VALUE_CHARACTERS

APEX_MISSING = "apex-missing"
"""Id of the problem that a hosted zone has no NS or SOA record set of its name."""

_ADDRESSES = (RRType.A, RRType.AAAA)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A declared thing that breaks a rule, and the problem; of a record set with the id of its hosted zone."""

    thing: HostedZone | RecordSet | str | CidrCollection
    """A health check by its id."""
    problem: Problem
    zone_id: HostedZoneId | None = None


def world_problems(world: World) -> Iterator[Misfit]:
    """Yields everything in a World that breaks a rule: the first problem of each thing."""
    for zone in world.hosted_zones.values():
        yield from zone_problems(zone)
    for check in world.health_checks.values():
        for problem in model_problems(check):
            yield Misfit(check.id, problem)
            break
    for check_id, problem in ring_problems(world.health_checks):
        yield Misfit(check_id, problem)
    for collection in world.cidr_collections.values():
        for problem in validate(CidrCollectionShape, written_collection(collection))[1]:
            yield Misfit(collection, problem)
            break


@dataclass(slots=True)
class _NameDraft:
    """A hosted zone as the rules read it: the record sets of one name that were accepted so far."""

    id: HostedZoneId
    name: DName
    accepted: list[RecordSet] = field(default_factory=list)

    def at(self, name: DName) -> Sequence[RecordSet]:
        """Returns the accepted record sets."""
        return self.accepted

    def has_group(self, name: DName, type: RRType) -> bool:
        """True if there is an accepted record set of this type."""
        return any(record_set.type is type for record_set in self.accepted)


def zone_problems(zone: HostedZone) -> Iterator[Misfit]:
    """Yields what breaks a rule in a hosted zone; of record sets that clash the one that lists show later."""
    fields = {"name": display(zone.name), "id": zone.id, "comment": zone.comment}
    problem = zone_name_problem(zone.name) or next(iter(validate(HostedZoneShape, fields)[1]), None)
    if problem is not None:
        yield Misfit(zone, problem)
        return
    draft = _NameDraft(zone.id, zone.name)
    for _, members in zone.record_sets.by_name():
        if len(members) == 1 and is_plain(members[0], zone.name):
            continue
        draft.accepted.clear()
        for record_set in members if len(members) == 1 else sorted(members, key=_position):
            problem = next(insertion_problems(record_set, draft), None)
            if problem is not None:
                yield Misfit(record_set, problem, zone.id)
            else:
                draft.accepted.append(record_set)
    for type in (RRType.NS, RRType.SOA):
        if not zone.record_sets.has_group(zone.name, type):
            message = f"the hosted zone has no {type.name} record set of its name"
            yield Misfit(zone, Problem(APEX_MISSING, "A171", message, f"add its {type.name} record set"))


def is_plain(record_set: RecordSet, zone: DName) -> bool:
    """True for the most common record set: one address by simple routing, alone at its name, which breaks no rule.

    It says nothing of others; the rules would take five times as long for a million of these.
    """
    return (
        record_set.type in _ADDRESSES
        and type(record_set.routing) is Simple
        and record_set.set_identifier is None
        and record_set.alias is None
        and record_set.health_check_id is None
        and record_set.traffic_policy_instance_id is None
        and record_set.ttl is not None
        and 0 <= record_set.ttl <= MAX_TTL_S
        and len(record_set.values) == len(record_set.rdata) == 1
        and len(record_set.values[0]) <= MAX_VALUE_CHARACTERS
        and is_at_or_below(record_set.name, zone)
    )


def _position(record_set: RecordSet) -> tuple[str, str]:
    return record_set.type.name, record_set.set_identifier or ""
