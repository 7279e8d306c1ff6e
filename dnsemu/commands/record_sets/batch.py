"""Applies a change batch to a draft of the hosted zone, in Route 53's order (A113).

First every record set that an UPSERT names is removed. Then the changes are applied in the order of the request, and
each insertion is checked against the draft at that point. The apex rules come last. One message refuses the batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dnsemu.commands.record_sets.conversion import ParsedRecordSet
from dnsemu.config import names
from dnsemu.config.aws.services import names_of, without_dualstack
from dnsemu.config.errors import Problem, Severity
from dnsemu.config.model.batches import Steps
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Geoproximity, IpBased
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.alias import MISSING, OUTSIDE, WRONG_ZONE, alias_problems, missing_message
from dnsemu.config.rules.checked_zone import StoredZone
from dnsemu.config.rules.group import identity_text, subject
from dnsemu.config.rules.hosted_zone import insertion_problems
from dnsemu.config.rules.loops import closes_loop, loop_message

_TYPES_WITH_NAMES = frozenset({RRType.CNAME, RRType.NS, RRType.PTR, RRType.MX, RRType.SRV})
"""Types whose values end in a domain name."""

NO_APEX_NS = "A HostedZone must contain at least one NS record for the zone itself."
NO_APEX_SOA = "A HostedZone must contain exactly one SOA record."


@dataclass(frozen=True, slots=True)
class BatchChange:
    """One change of a batch: CREATE, DELETE or UPSERT, and its record set.

    `refusal` is a message that refuses the change without regard to the zone's record sets, such as a protection.
    """

    action: str
    parsed: ParsedRecordSet
    refusal: str | None = None


class ZoneDraft:
    """A hosted zone while a batch changes it: the zone before the batch, and the names that were touched."""

    def __init__(self, zone: HostedZone) -> None:
        self.id: HostedZoneId = zone.id
        self.name: DName = zone.name
        self._before = zone.record_sets
        self._touched: dict[DName, dict[RecordSetKey, RecordSet]] = {}

    def at(self, name: DName) -> Sequence[RecordSet]:
        """Returns all record sets of exactly this name."""
        touched = self._touched.get(name)
        return self._before.at(name) if touched is None else tuple(touched.values())

    def has_group(self, name: DName, type: RRType) -> bool:
        """True if there is a record set of exactly this name and type."""
        if name in self._touched:
            return any(key[1] is type for key in self._touched[name])
        return self._before.has_group(name, type)

    def get(self, key: RecordSetKey) -> RecordSet | None:
        """Returns a record set, or None."""
        touched = self._touched.get(key[0])
        return self._before.get(key) if touched is None else touched.get(key)

    def put(self, record_set: RecordSet) -> None:
        """Adds a record set, or replaces the one with its key."""
        self._touch(record_set.name)[record_set.key] = record_set

    def remove(self, key: RecordSetKey) -> None:
        """Removes a record set if it exists."""
        if self.get(key) is not None:
            del self._touch(key[0])[key]

    def _touch(self, name: DName) -> dict[RecordSetKey, RecordSet]:
        if name not in self._touched:
            self._touched[name] = {record_set.key: record_set for record_set in self._before.at(name)}
        return self._touched[name]

    def difference(self, *, ignores_order: bool = True) -> tuple[list[RecordSetKey], list[RecordSet]]:
        """Returns the removed keys and the added record sets; a record set put back unchanged is in neither (A116).

        Args:
            ignores_order: True if other order of the values is no change.
        """
        removed, put = [], []
        for name, touched in self._touched.items():
            removed += [record_set.key for record_set in self._before.at(name) if record_set.key not in touched]
            for key, record_set in touched.items():
                before = self._before.get(key)
                if before is None or not _is_unchanged(record_set, before, ignores_order=ignores_order):
                    put.append(record_set)
        return removed, put


def apply_batch(changes: Sequence[BatchChange], zone: HostedZone, world: World) -> Steps[tuple[ZoneDraft, list[str]]]:
    """Applies the changes to a draft of the zone.

    Returns:
        The draft, and Route 53's messages against the batch: those of all changes in the order of the request (A115),
        then those about the apex. If there is any message, discard the draft.
    """
    draft = ZoneDraft(zone)
    actions = _actions_by_key(changes)
    if any(map(_is_invalid_set, actions.values())):
        return draft, list(_invalid_sets(changes, actions))
    for upserted in (key for key, requested in actions.items() if requested == ["UPSERT"]):
        draft.remove(upserted)
    messages: list[str] = []
    failed: set[RecordSetKey] = set()
    for change in changes:
        problems = list(_problems(change, draft, world))
        key, record_set = change.parsed.key, change.parsed.record_set
        if problems or record_set is None:
            messages += problems
            failed.add(key)
        elif change.action == "DELETE":
            draft.remove(key)
        else:
            stored = zone.record_sets.get(key) if change.action == "UPSERT" else None
            draft.put(record_set if stored is None else _with_first_spelling(record_set, stored))
        yield
    return draft, [*messages, *_apex_problems(draft, zone, failed)]


def _actions_by_key(changes: Sequence[BatchChange]) -> dict[RecordSetKey, list[str]]:
    """Returns the requested actions for each record set, in order."""
    actions: dict[RecordSetKey, list[str]] = {}
    for change in changes:
        actions.setdefault(change.parsed.key, []).append(change.action)
    return actions


def _is_invalid_set(actions: Sequence[str]) -> bool:
    """True unless a record set occurs once, or as DELETE and then CREATE or UPSERT (A114)."""
    return len(actions) > 1 and not (len(actions) == 2 and actions[0] == "DELETE" != actions[1])


def _invalid_sets(changes: Sequence[BatchChange], actions: dict[RecordSetKey, list[str]]) -> Iterator[str]:
    """Yields a message for each invalid set at its first change, and those of parsing; the zone is not read."""
    reported: set[RecordSetKey] = set()
    for change in changes:
        yield from change.parsed.messages
        key = change.parsed.key
        if key not in reported and _is_invalid_set(actions[key]):
            reported.add(key)
            identity = f"{key[1].name} {names.to_text(key[0])}"
            yield f"The request contains an invalid set of changes for a resource record set '{identity}'"


# --- one change ---


def _problems(change: BatchChange, draft: ZoneDraft, world: World) -> Iterator[str]:
    record_set = change.parsed.record_set
    if change.refusal is not None:
        yield change.refusal
    elif record_set is None:
        yield from change.parsed.messages
    elif change.action == "DELETE":
        yield from _deletion_problems(record_set, draft)
    else:
        yield from _insertion_problems(record_set, draft, world)


def _deletion_problems(record_set: RecordSet, draft: ZoneDraft) -> Iterator[str]:
    name = names.to_text(record_set.name)
    if not names.is_at_or_below(record_set.name, draft.name):
        yield f"RRSet with DNS name {name} is not permitted in zone {names.to_text(draft.name)}"
        return
    tried = f"Tried to delete resource record set [{identity_text(record_set)}] but"
    stored = draft.get(record_set.key)
    if stored is None:
        yield f"{tried} it was not found"
    elif not is_same(record_set, stored):
        yield f"{tried} the values provided do not match the current values"


def _insertion_problems(record_set: RecordSet, draft: ZoneDraft, world: World) -> Iterator[str]:
    yield from _messages(insertion_problems(record_set, draft))
    if record_set.alias is not None:
        yield from _alias_problems(record_set, record_set.alias, draft, world)
    if closes_loop(record_set, draft):
        yield loop_message(record_set)
    if isinstance(record_set.routing, IpBased):
        yield from _cidr_problems(record_set, record_set.routing, world.hosted_zones[draft.id], world)


def _messages(problems: Iterator[Problem]) -> Iterator[str]:
    return (problem.message for problem in problems if problem.severity is Severity.ERROR)


def _resources(name: DName, world: World) -> Mapping[DName, Resource]:
    """Returns the declared resource that has this name, by this name; a resource may have two names."""
    resource = world.resources.get(name) or world.resources.get(without_dualstack(name))
    return {name: resource} if resource is not None and name in names_of(resource) else {}


def _alias_problems(record_set: RecordSet, alias: AliasTarget, draft: ZoneDraft, world: World) -> Iterator[str]:
    """Checks an alias's target (A169, A170, A176).

    A name outside a hosted zone of ours is reported as not found as well. An alias onto itself is found if it replaces
    a record set, though the batch has taken that out by now.
    """
    named = world.hosted_zones.get(alias.hosted_zone_id)
    target_zone = draft if alias.hosted_zone_id == draft.id else StoredZone(named) if named is not None else None
    is_onto_itself = target_zone is draft and alias.name == record_set.name
    was_there = world.hosted_zones[draft.id].record_sets.has_group(record_set.name, record_set.type)
    for problem in alias_problems(record_set, draft, target_zone, _resources(alias.name, world)):
        if problem.severity is Severity.ERROR and not (problem.id == MISSING and is_onto_itself and was_there):
            yield problem.message
        if problem.id in (OUTSIDE, WRONG_ZONE) and target_zone is not None:
            yield missing_message(record_set, alias)


def _cidr_problems(record_set: RecordSet, routing: IpBased, zone: HostedZone, world: World) -> Iterator[str]:
    """Checks the CIDR collection and location of a record set (A164, A166)."""
    if zone.is_private:
        yield f"{subject(record_set)} cannot be created because CIDR RRSet is not supported with private hosted zone."
    collection = world.cidr_collections.get(routing.collection_id)
    if collection is None:
        yield f"Cannot find CidrCollection '{routing.collection_id}'. No changes made."
    elif routing.location != "*" and routing.location not in collection.locations:
        where = f"'{routing.location}' in CidrCollection '{routing.collection_id}'"
        yield f"Cannot find CidrLocation {where}. No changes made."


# --- the apex ---


def _apex_problems(draft: ZoneDraft, zone: HostedZone, failed: set[RecordSetKey]) -> Iterator[str]:
    """Checks that the zone keeps its NS and SOA (A171), unless their own change was refused."""
    for type, message in ((RRType.NS, NO_APEX_NS), (RRType.SOA, NO_APEX_SOA)):
        key = (zone.name, type, None)
        if key in zone.record_sets and key not in failed and draft.get(key) is None:
            yield message


# --- comparison ---


def is_same(given: RecordSet, stored: RecordSet) -> bool:
    """True if a DELETE repeats the stored record set (A112).

    Order of values, case and last dot of names, and the spelling of IPv6 addresses and coordinates do not matter.
    """
    return _without_values(given) == _without_values(stored) and _comparable_values(given) == _comparable_values(stored)


def _is_unchanged(given: RecordSet, stored: RecordSet, *, ignores_order: bool) -> bool:
    """True if an UPSERT repeats the stored record set, in the same spelling."""
    order = sorted if ignores_order else list
    return (
        order(given.values) == order(stored.values)
        and _spelling(given) == _spelling(stored)
        and _without_values(given) == _without_values(stored)
    )


def _with_first_spelling(given: RecordSet, stored: RecordSet) -> RecordSet:
    """Returns the record set with each IPv6 address spelt as in the stored one (A112)."""
    if given.type is not RRType.AAAA or not given.values or given.values == stored.values:
        return given
    first = dict(zip(stored.rdata, stored.values, strict=True))
    values = (first.get(rdata, value) for rdata, value in zip(given.rdata, given.values, strict=True))
    return replace(given, values=tuple(values))


def _comparable_values(record_set: RecordSet) -> Sequence[str | bytes]:
    if record_set.type is RRType.AAAA:
        return sorted(record_set.rdata)
    if record_set.type in _TYPES_WITH_NAMES:
        return sorted(value.lower().removesuffix(".") for value in record_set.values)
    return sorted(record_set.values)


def _spelling(record_set: RecordSet) -> tuple[object, ...]:
    place = record_set.routing
    return (place.spelling, place.is_zero_bias_written) if isinstance(place, Geoproximity) else ()


def _without_values(record_set: RecordSet) -> tuple[object, ...]:
    routing = record_set.routing
    # The formula of a bias is a setting of the emulator, which no client can send.
    place = (
        (routing.region, routing.local_zone_group, routing.latitude, routing.longitude, routing.bias)
        if isinstance(routing, Geoproximity)
        else routing
    )
    return record_set.key, place, record_set.ttl, record_set.alias, record_set.health_check_id
